"""Live: one source of samples, whatever it is, becomes findings, days, trends and alerts in a keeper.

A recording, a simulated patient and two radios run through this same loop. The arithmetic runs in a thread, so that
whatever shares the event loop (a link, pages) stays awake; the source is read a few blocks ahead and no further. A
sensor that falls silent without a word does not hold the other one back for ever (``silence.py``).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from typing import Protocol, TypeVar

from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.silence import Silence
from surefoot.records import Activity, Alert, Bout, Check, DaySummary, Gap, Incident, Rise, Samples, Side, Stride, Trend
from surefoot.signal.told import WalkFindings
from surefoot.signal.walk import WalkStream

T = TypeVar("T")
AHEAD = 4  # blocks read before they are worked on


class Keeper(Protocol):
    """Where findings go: a store, or something that stands before one."""

    def keep_strides(self, strides: Sequence[Stride], /) -> None: ...
    def keep_bout(self, bout: Bout, /) -> None: ...
    def keep_incident(self, incident: Incident, /) -> None: ...
    def keep_day(self, day: DaySummary, trends: Sequence[Trend], /) -> None: ...
    def keep_alert(self, alert: Alert, /) -> None: ...


async def run(
    source: AsyncIterator[Samples | Gap],
    walk: WalkStream,
    book: DayBook,
    keeper: Keeper,
    course: Course | None = None,
    on_day: Callable[[DaySummary], None] | None = None,
    on_check: Callable[[Check], None] | None = None,
    on_doing: Callable[[Activity | Rise], None] | None = None,
) -> None:
    """Work through a source to its end, and close it. What is found is kept as soon as it is certain, days when over.

    ``on_day`` hears of each day after it is kept, ``on_check`` of what is found about the sensors (moved, exchanged,
    clocks apart), ``on_doing`` of what the person did, in the worker's thread. Raise an ExceptionGroup of what the
    source, the keeper or one of these raised; all the source gave before is worked on. Whether it ends by that or is
    cancelled: a day that is not over is not kept, and no thread goes on behind it.
    """
    work = _Work(walk, book, keeper, course or Course(), on_day or _ignore, on_check or _ignore, on_doing or _ignore)
    blocks: asyncio.Queue[Samples | Gap | None] = asyncio.Queue(AHEAD)

    async def collect() -> None:
        try:
            async for item in source:
                await blocks.put(item)
        except Exception:
            await blocks.join()
            raise
        await blocks.put(None)

    async def understand() -> None:
        while (item := await blocks.get()) is not None:
            await in_thread(work.take, item)
            blocks.task_done()
        await in_thread(work.close)

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(collect())
            tasks.create_task(understand())
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


async def in_thread(function: Callable[..., T], *arguments: object) -> T:
    """Call in a thread. When cancelled, wait for it: a thread cannot be stopped, and whoever cancels may close next."""
    call = asyncio.create_task(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        await asyncio.wait({call})
        if error := call.exception():
            raise error from None
        raise


def _ignore(_: object) -> None:
    return None


class _Work:
    """From one block to everything that becomes certain with it."""

    def __init__(
        self,
        walk: WalkStream,
        book: DayBook,
        keeper: Keeper,
        course: Course,
        on_day: Callable[[DaySummary], None],
        on_check: Callable[[Check], None],
        on_doing: Callable[[Activity | Rise], None],
    ) -> None:
        self._walk, self._book, self._keeper, self._course = walk, book, keeper, course
        self._on_day, self._on_check, self._on_doing = on_day, on_check, on_doing
        self._silence = Silence(walk.sides, walk.placement)
        self._away_s: dict[Side, float] = {}  # of each sensor from which nothing comes: the end of its gap so far

    def take(self, item: Samples | Gap) -> None:
        for heard in (*self._silence.before(item), item):
            self._keep(self._walk.update(heard), self._nothing_until(heard))

    def _nothing_until(self, item: Samples | Gap) -> float | None:
        """Up to when nothing more will be found, by the gaps; None while a sensor sends: its minutes tell that."""
        if item.placement == self._walk.placement:
            self._away_s.pop(item.side, None)
            if isinstance(item, Gap):
                self._away_s[item.side] = item.end_s
        return min(self._away_s.values()) if len(self._away_s) == len(self._walk.sides) else None

    def close(self) -> None:
        self._keep(self._walk.close())
        self._alarm(self._course.walked(None))
        for day in self._book.close():
            self._judge(day)

    def _keep(self, findings: WalkFindings, known_s: float | None = None) -> None:
        if len(findings.strides):
            self._keeper.keep_strides(list(findings.strides))
        for bout in findings.bouts:
            self._keeper.keep_bout(bout)
        for incident in findings.incidents:
            self._keeper.keep_incident(incident)
        self._alarm(self._course.walked(findings, known_s))
        for check in findings.checks:
            self._on_check(check)
        for doing in (*findings.activities, *findings.rises):
            self._on_doing(doing)
        for day in self._book.update(findings, known_s):
            self._judge(day)

    def _judge(self, day: DaySummary) -> None:
        day = self._course.as_told(day)
        trends, alerts = self._course.update(day)
        alerts += self._course.over(trends, day)
        self._alarm(alerts)  # before its day: a day that is kept is not judged again after a power cut between the two
        self._keeper.keep_day(day, trends)
        self._on_day(day)

    def _alarm(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self._keeper.keep_alert(alert)
