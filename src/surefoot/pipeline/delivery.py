"""Delivery: the home's side of the wire. Rows go out, and leave the outbox when the clinic has answered for them.

What the clinic orders comes in by the same line, is done at once and confirmed by a row of the outbox.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

from surefoot.alerts.bodies import StatusBody
from surefoot.alerts.homefaults import HomeFault
from surefoot.alerts.keeping import keep
from surefoot.alerts.messages import Noticed, ack_topic, read_ack, up_payload, up_topic
from surefoot.alerts.mqtt import Link, LinkError, PublishError, Received, Session, Will
from surefoot.alerts.orders import Unreadable, order_filters, read_order
from surefoot.pipeline import noticed
from surefoot.pipeline.obeying import Install, obey
from surefoot.pipeline.outbox import Pending
from surefoot.pipeline.store import Store, StoreError
from surefoot.pipeline.window import DeliveryParams, Window
from surefoot.records import Confirmation, Order, SurefootError

log = logging.getLogger(__name__)
Tell = Callable[[SurefootError], None]
Heard = Callable[[Order | Unreadable, Confirmation], None]


async def deliver(
    store: Store,
    link: Link | Sequence[Link],
    params: DeliveryParams | None = None,
    *,
    until_empty: bool = False,
    on_trouble: Tell | None = None,
    on_order: Heard | None = None,
    clock: Callable[[], float] | None = None,
    faults: Callable[[], tuple[HomeFault, ...]] = tuple,
    install: Install | None = None,
) -> int:
    """Send the outbox to the clinic, for ever or until it is empty; return how many rows the clinic answered for.

    Of several brokers the first that answers is used.

    A broker that is away, a clinic that is silent and a full disk are waited out; each trouble is handed to
    ``on_trouble`` (default: the log), which may raise to give up. Bound it with ``asyncio.timeout``: the rows stay.
    With each sign of life goes the home's time by ``clock``, and what keeps it from its work (``faults``). ``on_order``
    hears of each order of the clinic when it has been done or refused. ``install`` puts a certificate that the clinic
    has made anew in its place.
    """
    gateway = await asyncio.to_thread(store.gateway)
    sender = _Sender(store, gateway, params or DeliveryParams(), until_empty, on_trouble or _log)
    sender.clock, sender.faults, sender.on_order, sender.install = clock, faults, on_order, install
    loop = asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has just ended
            loop.call_soon_threadsafe(sender.wake.set)

    stop_listening = store.outbox.listen(wake)
    try:
        will = Will(up_topic(gateway, "status"), sender.gone)
        await keep(
            [one.with_will(will) for one in ([link] if isinstance(link, Link) else link)], sender.talk, on_trouble
        )
    finally:
        stop_listening()
    return sender.settled


class _Sender:
    """What one home has under way, across connections."""

    def __init__(self, store: Store, gateway: str, params: DeliveryParams, until_empty: bool, tell: Tell) -> None:
        self.wake = asyncio.Event()
        self.settled = 0
        self.clock: Callable[[], float] | None = None
        self.faults: Callable[[], tuple[HomeFault, ...]] = tuple
        self._settling = asyncio.Lock()  # what is settled is counted before the outbox is called empty
        self.gone = _status(gateway, StatusBody(link="down"))
        self.on_order: Heard | None = None
        self.install: Install | None = None
        self._store, self._outbox = store, store.outbox
        self._gateway = gateway
        self._params = params
        self._until_empty = until_empty
        self._tell = tell
        self._window = Window(params)
        self._now_s = asyncio.get_running_loop().time
        self._next_status_s = self._heard_s = 0.0

    async def talk(self, session: Session) -> None:
        """One connection: listen for answers and send; returns when the outbox is empty and that was asked for."""
        for topic in (ack_topic(self._gateway), *order_filters(self._gateway)):
            await session.subscribe(topic)
        self._window.reconnected(self._now_s())
        self._heard_s = self._now_s()
        self._next_status_s = self._now_s()
        try:
            async with asyncio.TaskGroup() as both:
                answers = both.create_task(self._settle(session))
                await self._send(session)
                answers.cancel()
        finally:  # whoever leaves says so, and what stays behind; the last will is for those who cannot
            with suppress(LinkError):
                await self._say(session, "down")

    async def _send(self, session: Session) -> None:
        while True:
            self.wake.clear()
            try:
                await self._say_status(session)
                rows = await self._next_rows()
                if not rows and self._until_empty and await self._is_empty():
                    return
            except StoreError as error:
                self._tell(error)
                await asyncio.sleep(self._params.look_s)
                continue
            for row in rows:
                self._window.sent(row.seq, self._now_s(), random.random(), alert=row.kind == "alert")
            await session.publish_all([self._message(row) for row in rows], self._tell)  # what is not taken stays
            if not rows:
                self._expect_an_answer()
                await self._pause()

    def _message(self, row: Pending) -> tuple[str, bytes]:
        return up_topic(self._gateway, row.kind), up_payload(self._gateway, row.seq, row.kind, row.body)

    def _expect_an_answer(self) -> None:
        """A broker that takes rows, and nobody behind it who answers: another one may lead to the clinic."""
        if self._window.next_due_s() is None:
            self._heard_s = self._now_s()
        elif self._now_s() - self._heard_s > self._params.unanswered_s:
            what = f"The broker took the rows, and for {self._params.unanswered_s:g} s no clinic has answered."
            raise LinkError("unanswered", what, "Look whether the clinic runs and reaches this broker.")

    async def _is_empty(self) -> bool:
        async with self._settling:
            return await asyncio.to_thread(self._outbox.count) == 0

    async def _next_rows(self) -> list[Pending]:
        """A burst of rows; when the window is full, only alerts."""
        now_s = self._now_s()
        skip, room = self._window.waiting(now_s), self._window.room(now_s)
        limit = min(room or self._params.window, self._params.burst)
        return await asyncio.to_thread(self._outbox.pending, limit, skip, only_alerts=room == 0)

    async def _settle(self, session: Session) -> None:
        async for batch in session.batches(self._params.window):
            stored: list[int] = []
            rejected: dict[int, str] = {}
            told: list[Noticed] = []
            is_answered = False  # an order says that the clinic is there, not that it takes rows
            for received in batch:
                await self._obey(received)
                ack = read_ack(received.topic, received.payload)
                if ack is not None:
                    is_answered = True
                    stored += ack.stored
                    rejected |= {row.seq: row.reason for row in ack.rejected}
                    told += ack.noticed
            for seq, reason in rejected.items():
                log.warning("The clinic rejected row %d (%s). It is kept aside at home.", seq, reason)
            try:
                async with self._settling:
                    self.settled += await asyncio.to_thread(self._outbox.settle, stored, rejected)
                if told:
                    await asyncio.to_thread(noticed.keep, self._store, told)
            except StoreError as error:  # the rows are sent again, and answered again
                self._tell(error)
                continue
            self._heard_s = self._now_s() if is_answered else self._heard_s
            self._window.answered([*stored, *rejected])
            self.wake.set()

    async def _obey(self, received: Received) -> None:
        """An order that fails is not confirmed, so it comes again."""
        order = read_order(received.topic, received.payload)
        if order is None:
            return
        try:
            confirmation = await asyncio.to_thread(obey, self._store, order, time.time(), self.install)
        except StoreError as error:
            self._tell(error)
            return
        if confirmation is not None:
            log.info("An order of the clinic is %s. %s", confirmation.verdict, confirmation.reason)
            if self.on_order is not None:
                self.on_order(order, confirmation)

    async def _say_status(self, session: Session) -> None:
        if self._now_s() < self._next_status_s:
            return
        self._next_status_s = self._now_s() + self._params.status_s
        await self._say(session, "up")

    async def _say(self, session: Session, link: Literal["up", "down"]) -> None:
        """A sign of life, also where the outbox cannot be read: then of that alone."""
        faults = self.faults()
        told = StatusBody(link=link, faults=faults, at_s=self.clock() if self.clock else None)
        try:
            now = await asyncio.to_thread(self._outbox.standing)
            known = {"pending": now.pending, "oldest": now.oldest, "newest": now.newest}
            now_s = self.clock() if self.clock else time.time()
            asks = await asyncio.to_thread(noticed.to_ask, self._store, now_s) if link == "up" else ()
            told = told.model_copy(update={**known, "asks": asks})
        except StoreError:
            told = told.model_copy(update={"faults": tuple({*faults, "store_failing"})})
        try:
            await session.publish(up_topic(self._gateway, "status"), _status(self._gateway, told))
        except PublishError as error:
            self._tell(error)

    async def _pause(self) -> None:
        """Until something is queued or answered, a row is due again, or it is time to look."""
        now_s, due_s = self._now_s(), self._window.next_due_s()
        pause_s = self._params.look_s if due_s is None else min(self._params.look_s, max(due_s - now_s, 0.01))
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self.wake.wait()


def _status(gateway: str, body: StatusBody) -> bytes:
    return up_payload(gateway, None, "status", body.json_text())


def _log(trouble: SurefootError) -> None:
    log.warning("%s", trouble)
