"""The gateway: readings of worn sensors are recorded, understood, kept and sent, for months, whatever happens to it.

A day is told when it is over. A gateway that starts in the middle of one first works through what was recorded of it,
on the same path as what comes then: a restart at noon loses nothing, and the day's summary covers the whole day.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from surefoot.alerts.mqtt import Link, LinkError, Session
from surefoot.alerts.redflags import EMERGENCY, FALLEN
from surefoot.alerts.technical import Upkeep
from surefoot.cli.alignment import worth_keeping
from surefoot.cli.board import Board
from surefoot.cli.checks import said
from surefoot.cli.identified import link_params
from surefoot.cli.watched import WatchedWalk, mounting_check
from surefoot.config import Config
from surefoot.pipeline.acute import Sudden
from surefoot.pipeline.calibration import length_factors
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.live import in_thread, run
from surefoot.pipeline.resumed import resumed
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, StoreError
from surefoot.records import (
    Alert,
    Bout,
    Check,
    DaySummary,
    Donning,
    Gap,
    Incident,
    Placement,
    Samples,
    SensorStatus,
    SideCheck,
    Stride,
    SurefootError,
    Trend,
    WornSensor,
)
from surefoot.sensors.joining import joined
from surefoot.signal.told import USUAL

log = logging.getLogger(__name__)

LOOK_S = 5.0  # between two looks at the outbox
RETRY_S = 5.0  # between two attempts to write what could not be written
BACKLOG = 5000  # blocks that wait while the day so far is worked through: twenty minutes of two sensors
REPLAYED_S = 20.0  # of the recording at once: well below what pipeline.silence takes for a loss
Say = Callable[[str], None]
Reading = Samples | Gap
Fresh = asyncio.Queue[Reading | None]
T = TypeVar("T")


def analysed(worn: Sequence[WornSensor]) -> Placement:
    """Where the sensors sit that are understood: at the ankles, where there are any; those of feet are recorded."""
    return "shank" if any(sensor.placement == "shank" for sensor in worn) else "foot"


class Gateway:
    """One home at work. ``say`` is told what a person might want to know, from whatever thread."""

    def __init__(self, store: Store, ring: Ring, config: Config, board: Board, say: Say) -> None:
        self._store, self._ring, self._board, self._say = store, ring, board, say
        self._ring_is_free = asyncio.Lock()
        self._zone = config.zone
        self._params = link_params(config)
        self._broker = ""  # its address, as people are shown it
        self._stopping = threading.Event()
        self._keeper = _Keeper(store, board, self._now_s, say, self._stopping)
        self._offset_s, self._clock_s = 0.0, lambda: 0.0
        self._upkeep = Upkeep()
        self._kept_ppm = {(one.side, one.placement): one.clock_ppm for one in board.worn}
        self._walk: WatchedWalk | None = None

    async def work(self, radio: AsyncGenerator[Reading, None], unix_offset_s: float, broker: str | None = None) -> None:
        """Until it is cancelled, or the radio ends."""
        self._offset_s, self._clock_s = unix_offset_s, asyncio.get_running_loop().time
        fresh: Fresh = asyncio.Queue(BACKLOG)
        readings = self._readings(fresh, await asyncio.to_thread(self._open_day_s), self._now_s())
        known = await asyncio.to_thread(lambda: self._store.alerts(self._store.gateway()))
        self._upkeep = Upkeep(one.alert for one in known)
        async with asyncio.TaskGroup() as tasks:
            others = [tasks.create_task(self._look())]
            if broker is not None:
                others.append(tasks.create_task(self._send(broker)))
            tasks.create_task(self._record(radio, fresh))
            tasks.create_task(self._understand(readings, others))

    def _now_s(self) -> float:
        return self._clock_s() + self._offset_s

    def _open_day_s(self) -> float:
        """When the first day begins that is not told yet."""
        days = self._store.days(self._store.gateway())
        return days[-1].end_s if days else 0.0

    async def _record(self, radio: AsyncGenerator[Reading, None], fresh: Fresh) -> None:
        """The recording comes first: what is understood later can be understood again."""
        try:
            async with aclosing(radio):
                async for item in radio:
                    await self._in_ring(self._ring.keep, item)
                    await fresh.put(item)
            await fresh.put(None)
        finally:
            await self._in_ring(self._ring.flush)

    async def _in_ring(self, call: Callable[..., T], *arguments: object) -> T:
        """The ring waits for the disk, and is one thread's at a time."""
        async with self._ring_is_free:
            return await in_thread(call, *arguments)

    async def _readings(self, fresh: Fresh, begin_s: float, until_s: float) -> AsyncIterator[Reading]:
        """What was recorded of the day that is open, then what is received."""
        recorded = joined(self._ring.items(begin_s, until_s), REPLAYED_S)
        self._board.phase = "working through what was recorded of today"
        while (item := await self._in_ring(next, recorded, None)) is not None:
            if item.placement == self._board.analysed:
                yield item
        self._board.phase = ""
        while (item := await fresh.get()) is not None:
            if item.placement == self._board.analysed:
                yield item

    async def _understand(self, readings: AsyncIterator[Reading], others: Iterable[asyncio.Task[None]]) -> None:
        """To the end of the readings, and the others with it."""
        sides = [sensor.side for sensor in self._board.worn if sensor.placement == self._board.analysed]
        store, placement, begin_s = self._store, self._board.analysed, self._open_day_s()
        factors = length_factors(store.tests(store.gateway()), placement)
        book = DayBook(timezone=self._zone, sides=sides, length_factors=factors)
        course = resumed(store, self._zone, self._ask, until_s=begin_s)
        check = mounting_check(store, sides, placement, self._now_s())
        params = replace(USUAL, length_factors=factors)
        walk = self._walk = WatchedWalk(sides, placement, params, check, self._keeper.keep_donning)
        await run(readings, walk, book, self._keeper, course, self._day_told, self._checked)
        for task in others:
            task.cancel()

    def _day_told(self, day: DaySummary) -> None:
        told = day.missing or f"walked {day.walking_min:.0f} min, {sum(n for _, n in day.strides)} strides"
        self._say(f"the day {day.day} is over: {told}")

    def _ask(self, sudden: Sudden) -> None:
        """The moment for the patient to say what may explain it, before the care team hears of it."""
        self._say(
            f"the {sudden.side} leg walks differently than usual since a while. Is it because of a brace, a stick or "
            "other shoes? Then say so within half an hour: surefoot log aid --help"
        )

    def _checked(self, check: Check) -> None:
        if not (isinstance(check, SideCheck) and check.verdict == "as_told"):  # the mounting check says so sooner
            self._say(said(check))
        self._keep_technical(self._upkeep.checked(check, self._today()))

    def _keep_technical(self, alert: Alert | None) -> None:
        if alert is not None:
            self._keeper.keep_alert(alert)

    def _keep_clock(self, status: SensorStatus) -> None:
        key = status.side, status.placement
        if status.clock_ppm is not None and worth_keeping(status, self._kept_ppm.get(key)):
            address = next(one.address for one in self._board.worn if (one.side, one.placement) == key)
            self._keeper.keep_clock(address, status.clock_ppm, status.clock_within_s)
            self._kept_ppm[key] = status.clock_ppm

    def _today(self) -> str:
        return datetime.fromtimestamp(self._now_s(), self._zone).date().isoformat()

    async def _look(self) -> None:
        """Now and then: what waits for the clinic, whether readings are recorded, and how the batteries are."""
        try:
            while True:
                waiting = await asyncio.to_thread(self._store.outbox.count)
                if waiting < self._board.waiting or not waiting:
                    self._board.clinic = self._broker  # whatever the trouble was
                self._board.waiting = waiting
                if self._ring.trouble != self._board.recording:
                    self._board.recording = self._ring.trouble
                    self._say(self._ring.trouble or "readings are recorded again")
                self._board.walked = self._walk.clock_offset if self._walk else None
                for status in tuple(self._board.statuses.values()):
                    await asyncio.to_thread(self._keep_clock, status)
                    low = self._upkeep.charged(status, self._now_s(), self._today())
                    await asyncio.to_thread(self._keep_technical, low)
                await asyncio.sleep(LOOK_S)
        finally:
            self._stopping.set()  # the worker's thread may be waiting for a full disk

    async def _send(self, broker: str) -> None:
        """The outbox goes to the clinic, by MQTT 5, or by 3.1.1 where the broker knows no other."""
        name = f"surefoot-{self._store.gateway()}"
        self._board.clinic = self._broker = str(Link(broker, name).address)
        link = Link(broker, name, params=self._params)
        if not await self._speaks_5(link):
            link = Link(broker, name, protocol="3.1.1", params=self._params)
        await deliver(self._store, link, on_trouble=self._note)

    async def _speaks_5(self, link: Link) -> bool:
        """Ask the broker, once it can be reached."""

        def not_5(trouble: LinkError) -> None:
            self._note(trouble)
            if trouble.trouble == "protocol":
                raise trouble

        async def enough(_: Session) -> None:
            return None

        try:
            await link.keep(enough, not_5)
        except LinkError:
            return False
        return True

    def _note(self, trouble: SurefootError) -> None:
        self._board.clinic = trouble.what
        log.info("%s", trouble)


class _Keeper:
    """The store as the pipeline writes to it, in the worker's thread: a full disk is waited out, not died of."""

    def __init__(
        self, store: Store, board: Board, now_s: Callable[[], float], say: Say, stopping: threading.Event
    ) -> None:
        self._store, self._board, self._now_s, self._say, self._stopping = store, board, now_s, say, stopping

    def keep_strides(self, strides: Sequence[Stride]) -> None:
        self._kept(lambda: self._store.keep_strides(strides))
        self._board.take_strides(strides, self._now_s())

    def keep_bout(self, bout: Bout) -> None:
        self._kept(lambda: self._store.keep_bout(bout))

    def keep_incident(self, incident: Incident) -> None:
        self._kept(lambda: self._store.keep_incident(incident))
        self._board.take_incident(incident)

    def keep_day(self, day: DaySummary, trends: Sequence[Trend]) -> None:
        self._kept(lambda: self._store.keep_day(day, trends))

    def keep_alert(self, alert: Alert) -> None:
        if alert.tier == "T4":  # before anything that could fail or wait
            for line in (FALLEN if alert.kind == "fall_not_up" else EMERGENCY).splitlines():
                self._say(line)
        self._kept(lambda: self._store.keep_alert(alert))
        over = " This is over." if alert.resolved_s is not None else ""
        self._say(f"ALERT {alert.tier}: {alert.sentence}{over}")

    def keep_clock(self, address: str, ppm: float, within_s: float | None) -> None:
        self._kept(lambda: self._store.keep_clock(address, ppm, within_s))

    def keep_donning(self, donning: Donning) -> None:
        self._kept(lambda: self._store.keep_donning(donning))
        self._board.mounting = donning.words
        self._say(donning.words)

    def _kept(self, keep: Callable[[], None]) -> None:
        while True:
            try:
                keep()
                return
            except StoreError as trouble:
                self._say(f"{trouble} It is tried again; readings are recorded meanwhile.")
                if self._stopping.wait(RETRY_S):
                    raise
