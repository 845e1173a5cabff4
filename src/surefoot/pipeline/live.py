"""Live: one source of samples, whatever it is, becomes findings, days, trends and alerts in a keeper.

A recording, a simulated patient and two radios run through this same loop. The arithmetic runs in a thread, so that
whatever shares the event loop (a link, pages) stays awake; the source is read a few blocks ahead and no further.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol

from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.records import Alert, Bout, DaySummary, Gap, Incident, Samples, Stride, Trend
from surefoot.signal.walk import WalkFindings, WalkStream

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
) -> None:
    """Work through a source to its end. What is found is kept as soon as it is certain, days when they are over.

    ``on_day`` hears of each day after it is kept, in the worker's thread.
    """
    work = _Work(walk, book, keeper, course or Course(), on_day or (lambda day: None))
    blocks: asyncio.Queue[Samples | Gap | None] = asyncio.Queue(AHEAD)

    async def collect() -> None:
        async for item in source:
            await blocks.put(item)
        await blocks.put(None)

    async def understand() -> None:
        while (item := await blocks.get()) is not None:
            await asyncio.to_thread(work.take, item)
        await asyncio.to_thread(work.close)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(collect())
        tasks.create_task(understand())


class _Work:
    """From one block to everything that becomes certain with it."""

    def __init__(
        self, walk: WalkStream, book: DayBook, keeper: Keeper, course: Course, on_day: Callable[[DaySummary], None]
    ) -> None:
        self._walk, self._book, self._keeper, self._course, self._on_day = walk, book, keeper, course, on_day

    def take(self, item: Samples | Gap) -> None:
        self._keep(self._walk.update(item))

    def close(self) -> None:
        self._keep(self._walk.close())
        for day in self._book.close():
            self._judge(day)

    def _keep(self, findings: WalkFindings) -> None:
        if len(findings.strides):
            self._keeper.keep_strides(list(findings.strides))
        for bout in findings.bouts:
            self._keeper.keep_bout(bout)
        for incident in findings.incidents:
            self._keeper.keep_incident(incident)
        for day in self._book.update(findings):
            self._judge(day)

    def _judge(self, day: DaySummary) -> None:
        trends, alerts = self._course.update(day)
        self._keeper.keep_day(day, trends)
        for alert in alerts:
            self._keeper.keep_alert(alert)
        self._on_day(day)
