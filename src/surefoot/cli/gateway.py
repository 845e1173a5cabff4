"""The gateway: readings of worn sensors are recorded, understood, kept and sent, for months, whatever happens to it.

A day is told when it is over. A gateway that starts in the middle of one first works through what was recorded of it,
on the same path as what comes then: a restart at noon loses nothing, and the day's summary covers the whole day. The
same is done when readings come late: the days they belong to are begun anew.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from surefoot.alerts.mqtt import Link
from surefoot.alerts.orders import Unreadable
from surefoot.alerts.technical import Upkeep
from surefoot.cli.alignment import KeptClocks
from surefoot.cli.backlog import Backlog, Reading
from surefoot.cli.board import Board
from surefoot.cli.checks import said
from surefoot.cli.homekeeper import HomeKeeper, Say
from surefoot.cli.housekeeping import Housekeeping
from surefoot.cli.identified import identified
from surefoot.cli.latecomers import Latecomers, seconds
from surefoot.cli.marks import Marks
from surefoot.cli.owncertificate import OwnCertificate
from surefoot.cli.pulse import Pulse
from surefoot.cli.readings import Readings
from surefoot.cli.watched import WatchedWalk, mounting_check, show
from surefoot.config import Config
from surefoot.pipeline.acute import Sudden
from surefoot.pipeline.calibration import length_factors
from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.live import in_thread, run
from surefoot.pipeline.resumed import open_day_s, resumed
from surefoot.pipeline.retold import Retold
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, StoreError
from surefoot.pipeline.suddenask import question
from surefoot.records import (
    Alert,
    Check,
    Confirmation,
    DaySummary,
    Held,
    Order,
    Samples,
    SideCheck,
    SurefootError,
    WornSensor,
)
from surefoot.signal.told import USUAL
from surefoot.web.ordered import said as order_words

log = logging.getLogger(__name__)

LOOK_S = 5.0  # between two looks at the outbox
MOVES_S = {"radio": 90.0, "looking": 120.0, "understanding": 300.0}  # longer without a sign of it, and it is stuck
T = TypeVar("T")


class Gateway:
    """One home at work. ``say`` is told what a person might want to know, from whatever thread."""

    def __init__(
        self, store: Store, ring: Ring, config: Config, board: Board, say: Say, pulse: Pulse | None = None
    ) -> None:
        self._store, self._ring, self._board, self._say = store, ring, board, say
        self._pulse = pulse or Pulse(MOVES_S, time.monotonic)
        self._ring_is_free = asyncio.Lock()
        self._zone = config.zone
        self._config, self._certificate = config, OwnCertificate.of(config)
        self._broker = ""  # its address, as people are shown it
        self._stopping = threading.Event()
        self._house = Housekeeping(store, ring, config, board)
        self._keeper = HomeKeeper(store, board, self._now_s, say, self._stopping, self._house.make_room, self._waits)
        self._offset_s, self._clock_s = 0.0, lambda: 0.0
        self._upkeep = Upkeep()
        self._late = Latecomers(self._now_s)
        self._readings = Readings(ring, self._in_ring, board, self._pulse, self._now_s)
        self._fresh = Backlog()
        self._ended = False  # the radio
        self._clocks = KeptClocks(board.worn, self._keeper.keep_clock)
        self._walk: WatchedWalk | None = None

    async def work(
        self, radio: AsyncGenerator[Reading, None], unix_offset_s: float, brokers: Sequence[str] = ()
    ) -> None:
        """Until it is cancelled, or the radio ends."""
        self._offset_s, self._clock_s = unix_offset_s, asyncio.get_running_loop().time
        begin_s, until_s = await asyncio.to_thread(self._open_day_s), self._now_s()
        known = await asyncio.to_thread(lambda: self._store.alerts(self._store.gateway()))
        self._upkeep = Upkeep(one.alert for one in known)
        await self._regain(begin_s)
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(self._look())]
            if brokers:
                others.append(tasks.create_task(self._send(brokers)))
            tasks.create_task(self._record(radio))
            tasks.create_task(self._understand(begin_s, until_s, others))

    async def take_late(self, blocks: Sequence[Samples]) -> bool:
        """Readings that came late, from a sensor's own memory: whether they are kept. The day is told anew, soon."""
        if not await self._in_ring(self._ring.keep_late, blocks):
            self._say("readings came late from a sensor's own memory, and cannot be kept: they stay in the sensor")
            return False
        mine = [block for block in blocks if block.placement == self._board.analysed]
        if mine:
            told = f"{seconds(mine) / 60:.1f} min came late from the {mine[0].side} sensor's own memory"
            self._say(f"{told}: told anew with them soon")
            self._late.note(mine)
        return True

    async def take_held(self, sensor: WornSensor, held: Held) -> None:
        """Readings whose times are not known yet: on the disk as soon as the others."""
        await self._in_ring(self._ring.hold, (sensor.side, sensor.placement), held)

    async def _regain(self, told_s: float) -> None:
        """What the last run held when it ended, where it belongs."""
        gained = await self._in_ring(self._ring.regain)
        if gained:
            told = f"{seconds(gained):.0f} sensor seconds whose times were not known yet when the last run ended"
            self._say(f"{told} are in their place now")
        if any(block.start_s < told_s for block in gained):
            self._late.note(gained)

    def _now_s(self) -> float:
        return self._clock_s() + self._offset_s

    def _open_day_s(self) -> float:
        """When the first day begins that is not told yet."""
        return open_day_s(self._store.days(self._store.gateway()), self._now_s())

    async def _record(self, radio: AsyncGenerator[Reading, None]) -> None:
        """The recording comes first: what is understood later can be understood again."""
        try:
            async with aclosing(radio):
                async for item in radio:
                    async with self._ring_is_free:
                        await in_thread(self._ring.keep, item)
                        self._fresh.put(item)  # what is begun anew from here on will read it from the ring
            self._ended = True
            self._fresh.put(None)
        finally:
            await self._in_ring(self._ring.regain)

    def _waits(self) -> None:
        """What is found waits for the store: nothing that starting anew would mend."""
        for part in ("looking", "understanding"):
            self._pulse.beat(part)

    async def _in_ring(self, call: Callable[..., T], *arguments: object) -> T:
        """The ring waits for the disk, and is one thread's at a time."""
        async with self._ring_is_free:
            return await in_thread(call, *arguments)

    async def _understand(self, begin_s: float, until_s: float, others: Iterable[asyncio.Task[None]]) -> None:
        """To the end of the readings, and the others with it; anew whenever some have come late."""
        past_s = float("-inf")
        while True:
            readings = self._readings.of(self._fresh, begin_s, until_s, self._late.took)
            telling = asyncio.create_task(self._tell(readings, begin_s, until_s, past_s))
            late = asyncio.create_task(self._late.settled())
            try:
                await asyncio.wait({telling, late}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (telling, late):
                    task.cancel()
                await asyncio.wait({telling, late})
                if not telling.cancelled():
                    telling.result()  # what it failed with, also where we are cancelled
            if not telling.cancelled():
                break
            late.result()
            begin_s = await self._in_ring(self._late.begin_s, self._store, self._ring, self._late.take())
            async with self._ring_is_free:
                await in_thread(self._ring.flush)
                self._fresh, until_s = Backlog(), self._now_s()
                past_s = until_s
            if self._ended:
                self._fresh.put(None)
        for task in others:
            task.cancel()

    async def _tell(self, readings: AsyncIterator[Reading], begin_s: float, until_s: float, past_s: float) -> None:
        """All that is found from ``begin_s`` on; what happened before ``until_s`` may have been told already."""
        walk, book, course = await in_thread(self._begun, begin_s, until_s, past_s)
        self._walk = walk
        self._keeper.anew_until_s = until_s
        self._board.begin_anew()
        try:
            doing = self._board.take_doing
            await run(readings, walk, book, self._keeper, course, self._day_told, self._checked, doing)
        finally:
            await in_thread(self._keeper.flush)

    def _begun(self, begin_s: float, until_s: float, past_s: float) -> tuple[WatchedWalk, DayBook, Course]:
        """With all that the store knows of before; reads weeks."""
        sides, store, placement = self._board.sides(), self._store, self._board.analysed
        factors = length_factors(store.tests(store.gateway()), placement)
        book = DayBook(timezone=self._zone, sides=sides, length_factors=factors)
        late_s, now_s = self._ring.late_s, self._now_s
        course = resumed(store, self._zone, self._ask, until_s=begin_s, past_s=past_s, late_s=late_s, now_s=now_s)
        check = mounting_check(store, sides, placement, self._now_s())
        params = replace(USUAL, length_factors=factors)
        retold = Retold(store.incidents(store.gateway(), begin_s, until_s))
        marks = Marks(store, self._keeper, self._zone, sides if placement == "shank" else (), self._say)
        return WatchedWalk(sides, placement, params, check, self._keeper.keep_donning, retold, marks), book, course

    def _day_told(self, day: DaySummary) -> None:
        told = day.missing or f"walked {day.walking_min:.0f} min, {sum(n for _, n in day.strides)} strides"
        self._say(f"the day {day.day} is over: {told}")

    def _ask(self, sudden: Sudden) -> None:
        """The moment for the patient to say what may explain it, before the care team hears of it."""
        self._board.asked = (*self._board.asked, question(self._store, sudden))
        self._say(
            f"the {sudden.side} leg walks differently than usual since a while. Is it because of a brace, a stick or "
            "other shoes? Then say so within half an hour, on your page or with: surefoot log aid --help"
        )

    def _checked(self, check: Check) -> None:
        if not (isinstance(check, SideCheck) and check.verdict == "as_told"):  # the mounting check says so sooner
            self._say(said(check))
        self._keep_technical(self._upkeep.checked(check, self._today()))

    def _keep_technical(self, alert: Alert | None) -> None:
        if alert is not None:
            self._keeper.keep_alert(alert)

    def _today(self) -> str:
        return datetime.fromtimestamp(self._now_s(), self._zone).date().isoformat()

    async def _look(self) -> None:
        """Now and then: what waits for the clinic, whether readings are recorded, and how the batteries are."""
        try:
            while True:
                self._pulse.beat("looking")
                if self._fresh.is_empty():
                    self._pulse.beat("understanding")  # nothing to do
                waiting = await asyncio.to_thread(self._house.look, self._now_s())
                if waiting < self._board.waiting or not waiting:
                    self._board.clinic = self._broker  # whatever the trouble was
                self._board.waiting = waiting
                if self._board.note_fault("not_recording", self._ring.trouble):
                    self._say(self._ring.trouble or "readings are recorded again")
                await asyncio.to_thread(self._keeper.tell_unanswered)
                show(self._walk, self._board)
                for status in tuple(self._board.statuses.values()):
                    await asyncio.to_thread(self._clocks.take, status)
                    low = self._upkeep.charged(status, self._now_s(), self._today())
                    await asyncio.to_thread(self._keep_technical, low)
                await asyncio.sleep(LOOK_S)
        finally:
            self._stopping.set()  # the worker's thread may be waiting for a full disk

    async def _send(self, brokers: Sequence[str]) -> None:
        """The outbox goes to the clinic, by the first of its brokers that answers."""
        name, params = f"surefoot-{self._store.gateway()}", await identified(self._config, self._note)
        links = [Link(url, name, protocol="any", params=params) for url in brokers]
        self._board.clinic = self._broker = " or ".join(str(link.address) for link in links)
        told = {
            "on_trouble": self._note,
            "on_order": self._ordered,
            "install": self._certificate and self._certificate.install,
        }
        await deliver(self._store, links, clock=self._now_s, faults=self._board.open_faults, **told)

    def _ordered(self, order: Order | Unreadable, said: Confirmation) -> None:
        """What the clinic has decided, told where the patient may see it."""
        what = order_words(order.what, self._zone) if isinstance(order, Order) else "something this program cannot read"
        self._say(f"the clinic: {what}{f' (refused: {said.reason})' if said.verdict == 'refused' else ''}")

    def _note(self, trouble: SurefootError) -> None:
        if isinstance(trouble, StoreError) and trouble.trouble == "damaged":  # whoever opened it begins anew
            raise trouble
        self._board.clinic = trouble.what
        log.info("%s", trouble)
