"""Latecomers: readings that a sensor recorded by itself, kept, until the days they belong to are told anew.

They come in a burst when somebody comes home, of one sensor after the other: it is waited until no more come. Telling
a day anew takes a while, and live waits meanwhile: so it is not done again and again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surefoot.pipeline.resumed import over_by
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store
from surefoot.records import DaySummary, Samples


@dataclass(frozen=True, slots=True)
class LateParams:
    """When days are told anew (P)."""

    rest_s: float = 60.0  # after the last readings that came late
    share: float = 0.1  # of the time may be spent on it
    most_s: float = 900.0  # behind the readings at the latest, whatever it costs
    whole_h: float = 0.1  # so much less of a day may be recorded than was understood when it was told
    look_s: float = 5.0


def seconds(blocks: Sequence[Samples]) -> float:
    """So long they are together."""
    return sum(block.end_s - block.start_s for block in blocks)


class Latecomers:
    """``now_s`` is gateway time. All but ``begin_s`` is for the event loop."""

    def __init__(self, now_s: Callable[[], float], params: LateParams = LateParams()) -> None:
        self._now_s, self._params = now_s, params
        self._from_s: float | None = None  # the oldest reading that no day was told with
        self._came_s = self._first_s = 0.0  # when: the last, the first
        self._due_s = float("-inf")  # not before

    def note(self, blocks: Sequence[Samples]) -> None:
        """These are kept."""
        now_s, oldest_s = self._now_s(), min(block.start_s for block in blocks)
        self._first_s = now_s if self._from_s is None else self._first_s
        self._from_s = oldest_s if self._from_s is None else min(self._from_s, oldest_s)
        self._came_s = now_s

    async def settled(self) -> None:
        """Until some are waiting, and it is time to work on them."""
        p = self._params
        while True:
            now_s = self._now_s()
            rested = now_s >= max(self._came_s + p.rest_s, self._due_s) or now_s >= self._first_s + p.most_s
            if self._from_s is not None and rested:
                return
            await asyncio.sleep(p.look_s)

    def take(self) -> float:
        """When the oldest of those that wait was measured: they are worked on now."""
        from_s, self._from_s = self._from_s, None
        assert from_s is not None
        return from_s

    def took(self, seconds: float) -> None:
        """So long was needed to tell it anew."""
        self._due_s = self._now_s() + seconds / self._params.share

    def begin_s(self, store: Store, ring: Ring, from_s: float) -> float:
        """From when on days are told anew: the first one they touch of which all is still recorded; waits for disks."""
        days = over_by(store.days(store.gateway()), self._now_s())
        begin_s = days[-1].end_s if days else 0.0
        for day in reversed([day for day in days if day.end_s > from_s]):
            if not self._is_whole(day, ring):
                break
            begin_s = day.start_s
        return begin_s

    def _is_whole(self, day: DaySummary, ring: Ring) -> bool:
        held = ring.sensors(day.start_s, day.end_s).values()
        longest_s = max((sum(told.end_s - told.start_s for told in labels) for labels in held), default=0.0)
        return longest_s / 3600.0 >= day.recorded_h - self._params.whole_h
