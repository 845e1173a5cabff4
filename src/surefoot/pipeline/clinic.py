"""The clinic's side of the wire: take what homes send, store it, answer after the commit, and see to the alerts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from surefoot.alerts.messages import (
    Refused,
    Rejection,
    StatusMessage,
    UpMessage,
    ack_payload,
    ack_topic,
    read_up,
    up_filter,
)
from surefoot.alerts.mqtt import Link, LinkError, PublishError, Received, Session
from surefoot.alerts.notice import Notice, notice_topic
from surefoot.pipeline import noticed, weekly
from surefoot.pipeline.duty import STEP_S, DutyParams, look, settle, watch
from surefoot.pipeline.inbox import Receipt
from surefoot.pipeline.postman import Postman
from surefoot.pipeline.store import Store, StoreError
from surefoot.pipeline.weekly import WeeklyParams
from surefoot.records import SurefootError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ClinicParams:
    """How the clinic takes messages. Engineering choices, not from the field."""

    batch: int = 100  # messages in one transaction
    answers: int = 40  # sequence numbers in one answer, so that it stays small whatever the reasons
    pause_s: float = 0.5  # before a batch that the database did not take is tried again,
    tries: int = 10  # so often; then the homes send it again
    share: str = "clinic"  # several programs of one clinic deal its messages out among them (MQTT 5)
    look_s: float = 10.0  # between two looks at open alerts and silent homes
    weekly_s: float = 300.0  # between two looks at whether the weekly digest is due
    days_s: float = 300.0  # between two looks at how the sensors were worn
    duty: DutyParams = field(default_factory=DutyParams)
    weekly: WeeklyParams = field(default_factory=WeeklyParams)


async def serve(
    store: Store,
    link: Link | Sequence[Link],
    clock: Callable[[], float] = time.time,
    params: ClinicParams | None = None,
    *,
    ready: asyncio.Event | None = None,
    on_trouble: Callable[[SurefootError], None] | None = None,
    on_look: Callable[[], None] | None = None,
) -> None:
    """Ingest and see to the alerts, for ever.

    Of several brokers it listens to all at once: homes use whichever answers them.

    ``ready`` is set whenever the clinic listens; troubles go to ``on_trouble`` (default: the log); ``on_look`` hears of
    each look at alerts and homes, also of one that failed.

    When the database fails nothing is answered, so every home keeps its rows and sends them again. Notices to people go
    out on the same line; while there is none, each is tried again.
    """
    params, tell = params or ClinicParams(), on_trouble or _log
    line = _Line(clock)

    async def talk(link: Link, session: Session) -> None:
        await session.subscribe(up_filter(params.share if link.protocol == "5" else ""))
        with line.through(session):
            await listen(session)

    async def listen(session: Session) -> None:
        if ready is not None:
            ready.set()
        async for batch in session.batches(params.batch):
            await session.publish_all(await stored(batch), tell)  # a home that is not answered sends again

    async def stored(batch: list[Received]) -> list[tuple[str, bytes]]:
        for _ in range(params.tries):
            try:
                return await asyncio.to_thread(take, store, batch, clock(), params)
            except StoreError as error:
                tell(error)
                await asyncio.sleep(params.pause_s)
        return []

    async with asyncio.TaskGroup() as both:
        keepers = [
            both.create_task(_keep_duty(store, line, clock, params, tell, on_look or _nothing)),
            both.create_task(_keep_weekly(store, line, clock, params, tell)),
        ]
        async with asyncio.TaskGroup() as lines:
            for one in [link] if isinstance(link, Link) else link:
                lines.create_task(one.keep(partial(talk, one), on_trouble))
        for keeper in keepers:
            keeper.cancel()


def take(
    store: Store, batch: Sequence[Received], now_s: float, params: ClinicParams | None = None
) -> list[tuple[str, bytes]]:
    """Validate and store a batch; the answers (topic, payload) to send now that it is committed."""
    messages: list[UpMessage] = []
    refused: list[Refused] = []
    for one in batch:
        read = read_up(one.topic, one.payload)
        if isinstance(read, Refused):
            log.warning("A message on %s is refused: %s", read.topic, read.reason)
            refused.append(read)
        else:
            messages.append(read)
    answers = _answers(store.ingest(messages, now_s, refused), (params or ClinicParams()).answers)
    try:
        return answers + _words(store, messages)
    except StoreError as error:  # what is stored is answered for whatever else cannot be read; they ask again
        log.warning("What has become of alerts cannot be told to their homes: %s", error)
        return answers


class _Line:
    """The way out for notices, and since when it has been open or closed, or this computer's clock as it is."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: list[Session] = []
        self.since_s = clock()
        self._ahead_s: float | None = None

    def look(self, now_s: float, running_s: float) -> None:
        """A clock that was set tells nothing of how long homes have been silent: they are given their time anew."""
        ahead_s = now_s - running_s
        if self._ahead_s is not None and abs(ahead_s - self._ahead_s) > STEP_S:
            self.since_s = now_s
        self._ahead_s = ahead_s

    @contextmanager
    def through(self, session: Session) -> Iterator[None]:
        self._sessions, self.since_s = [*self._sessions, session], self._clock()
        try:
            yield
        finally:
            self._sessions = [one for one in self._sessions if one is not session]
            self.since_s = self._clock()

    async def send(self, notice: Notice) -> str:
        """Why it did not go out; empty when a broker has taken it."""
        failure = "there is no line to the broker"
        for session in self._sessions:
            failure = await _handed(session, notice_topic(notice.channel), notice.payload())
            if not failure:
                break
        return failure

    async def publish(self, topic: str, payload: bytes) -> None:
        """To a home, on every line: it listens on one of them."""
        for session in self._sessions:
            await _handed(session, topic, payload)


async def _handed(session: Session, topic: str, payload: bytes) -> str:
    """Why the broker did not take it; empty when it has."""
    try:
        await session.publish(topic, payload)
    except (LinkError, PublishError) as error:
        return error.what
    return ""


async def _keep_duty(
    store: Store,
    line: _Line,
    clock: Callable[[], float],
    params: ClinicParams,
    tell: Callable[[SurefootError], None],
    looked: Callable[[], None],
) -> None:
    """Look at homes, alerts and orders, again and again; what fails is tried again and holds up no other."""
    days_due_s, postman = 0.0, Postman()

    async def notify(now_s: float) -> None:
        for claim in await asyncio.to_thread(look, store, now_s, params.duty):
            failure = await line.send(claim.notice)
            try:
                await asyncio.to_thread(settle, store, claim, clock(), failure)
            except StoreError as error:  # it goes out once more, and the next ones now
                tell(error)

    async def post(now_s: float) -> None:
        for letter in await asyncio.to_thread(postman.due, store, now_s):
            await line.publish(*letter)  # one that does not go out goes again

    async def see_to_homes(now_s: float) -> None:
        nonlocal days_due_s
        line.look(now_s, asyncio.get_running_loop().time())
        days = not 0 <= days_due_s - now_s <= params.days_s
        await asyncio.to_thread(watch, store, now_s, line.since_s, params.duty, days=days)
        days_due_s = now_s + params.days_s if days else days_due_s

    while True:
        for see_to in (see_to_homes, notify, post):
            try:
                await see_to(clock())
            except StoreError as error:
                tell(error)
        looked()
        await asyncio.sleep(params.look_s)


async def _keep_weekly(
    store: Store, line: _Line, clock: Callable[[], float], params: ClinicParams, tell: Callable[[SurefootError], None]
) -> None:
    """Beside the duty, which must not wait for it. Of two programs on one database both may tell: better than none."""
    while True:
        try:
            now_s = clock()
            digest = await asyncio.to_thread(weekly.due, store, now_s, params.weekly)
            if digest is not None and not await line.send(digest.notice):
                await asyncio.to_thread(store.orders.tell_of_week, digest.monday, now_s, digest.notice.to)
        except StoreError as error:
            tell(error)
        await asyncio.sleep(params.weekly_s)


def _answers(receipt: Receipt, most: int) -> list[tuple[str, bytes]]:
    stored: defaultdict[str, list[int]] = defaultdict(list)
    rejected: defaultdict[str, list[Rejection]] = defaultdict(list)
    for gateway, seq in receipt.stored:
        stored[gateway].append(seq)
    for gateway, seq, reason in receipt.rejected:
        rejected[gateway].append(Rejection(seq=seq, reason=reason))
    answers = []
    for gateway in {**stored, **rejected}:
        for start in range(0, max(len(stored[gateway]), len(rejected[gateway])), most):
            part = slice(start, start + most)
            payload = ack_payload(gateway, stored[gateway][part], rejected[gateway][part])
            answers.append((ack_topic(gateway), payload))
    return answers


def _words(store: Store, messages: Sequence[UpMessage]) -> list[tuple[str, bytes]]:
    """What has become of the alerts that homes ask about."""
    asking = {one.gateway: one.body.asks for one in messages if isinstance(one, StatusMessage) and one.body.asks}
    told = {gateway: noticed.answer(store, gateway, asks) for gateway, asks in asking.items()}
    return [(ack_topic(gateway), ack_payload(gateway, (), (), words)) for gateway, words in told.items() if words]


def _log(trouble: SurefootError) -> None:
    log.warning("%s", trouble)


def _nothing() -> None:
    return None
