"""Backfill: readings that came late, from a sensor's own log, kept beside the ring and put where they were missing.

Each delivery is a file of its own, one sensor's readings in order. Who reads the ring meets them in the place of the
gap they fill, so that a day is understood with them as if they had come in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count, groupby
from pathlib import Path

from surefoot.pipeline.packed import Label, label, pack, unpack
from surefoot.pipeline.segments import Damaged, Segments, frames
from surefoot.records import Gap, Placement, Samples, Side

Sensor = tuple[Side, Placement]
NEAR, ALIKE = 0.25, 1e-4  # of a reading's time, and of a rate: late readings follow on (P)


@dataclass(frozen=True, slots=True)
class BackfillParams:
    """How late readings are kept (P)."""

    piece_s: float = 1.0  # packed together, as those that come in time are
    longest_s: float = 172800.0  # from the first reading of a delivery to its last: no sensor's memory holds more
    keep_share: float = 0.25  # of what the ring may take
    apart_s: float = 120.0  # in a ring, items of one sensor come no further behind another's; a gap, in pieces of 60 s


class Backfill:
    """Late readings in, once; what a ring gave in, with them in their places, out."""

    def __init__(self, folder: Path, keep_s: float, keep_bytes: int, params: BackfillParams = BackfillParams()) -> None:
        self._segments = Segments(folder)
        self._keep_s, self._keep_bytes, self._params = keep_s, params.keep_share * keep_bytes, params

    def keep(self, blocks: Sequence[Samples]) -> bool:
        """Whether all of them are on the disk now; the same may be given again."""
        try:
            for _, mine in groupby(sorted(blocks, key=_order), key=lambda block: (block.side, block.placement)):
                for part in (part for block in mine for part in _pieces(block, self._params.piece_s)):
                    self._segments.append(pack([part]), part.start_s)
                self._segments.close()
            self._make_room(max((block.end_s for block in blocks), default=0.0))
        except OSError:
            return False
        return True

    def seconds(self, start_s: float, end_s: float) -> float:
        """Of [start_s, end_s) that came late, of the sensor of which most did."""
        found: dict[Sensor, float] = {}
        for told, _ in self._labelled(start_s, end_s):
            sensor = told.side, told.placement
            spent_s = min(told.end_s, end_s) - max(told.start_s, start_s)
            found[sensor] = found.get(sensor, 0.0) + max(0.0, spent_s)
        return max(found.values(), default=0.0)

    def into(
        self, items: Iterator[Samples | Gap], start_s: float, end_s: float, sensor: Sensor | None = None
    ) -> Iterator[Samples | Gap]:
        """What a ring holds of [start_s, end_s), each sensor's in its order, with the late readings where they belong.

        A gap they fill is told no more, or only what is left of it. All come in order of time then, so that no leg
        seems to be silent while the other one's minute is told.
        """
        waiting = self._waiting(start_s, end_s, sensor)
        if not waiting:
            yield from items
            return
        held = _InOrder()
        for item in items:
            until_s = item.start_s - self._params.apart_s
            mine = waiting.get((item.side, item.placement))
            held.add(_until(waiting, until_s))
            held.add((item,) if mine is None else mine.around(item))
            yield from held.before(until_s)
        held.add(_until(waiting, float("inf")))
        yield from held.before(float("inf"))

    def _waiting(self, start_s: float, end_s: float, sensor: Sensor | None) -> dict[Sensor, _Late]:
        found: dict[Sensor, list[tuple[float, bytes]]] = {}
        for told, content in self._labelled(start_s, end_s):
            if sensor in (None, (told.side, told.placement)):
                found.setdefault((told.side, told.placement), []).append((told.start_s, content))
        return {key: _Late(sorted(packed)) for key, packed in sorted(found.items())}

    def _labelled(self, start_s: float, end_s: float) -> Iterator[tuple[Label, bytes]]:
        for segment in self._segments.all():
            if segment.start_s >= end_s or segment.start_s + self._params.longest_s < start_s:
                continue
            for content in frames(segment):
                if isinstance(content, Damaged):  # the end of one that was not kept, or a failing disk
                    continue
                told = label(content)
                if told.start_s < end_s and told.end_s > start_s:
                    yield told, content

    def _make_room(self, now_s: float) -> None:
        """Remove files that are too old, and the oldest of too many bytes."""
        segments = self._segments.all()
        room = sum(segment.bytes for segment in segments) - self._keep_bytes
        for segment in segments[:-1]:
            if room <= 0 and segment.start_s + self._params.longest_s >= now_s - self._keep_s:
                break
            self._segments.remove(segment)
            room -= segment.bytes


class _Late:
    """One sensor's late readings, packed, the oldest first; ``reached``: what was told of the sensor so far."""

    def __init__(self, packed: list[tuple[float, bytes]]) -> None:
        self._packed, self._next = packed, 0
        self._reached_s, self._rate_hz = float("-inf"), 1.0

    def before(self, time_s: float) -> Iterator[Samples]:
        """Those that begin before this time."""
        while self._next < len(self._packed) and self._packed[self._next][0] < time_s:
            for block in unpack(self._packed[self._next][1]):
                if isinstance(block, Samples) and (new := later_part(block, self._reached_s)) is not None:
                    new = self._following(new)
                    self._reached_s, self._rate_hz = new.end_s, new.rate_hz
                    yield new
            self._next += 1

    def _following(self, block: Samples) -> Samples:
        """At the pace of what it follows, where that is hardly another: no stride is cut in two where both meet."""
        off = abs(block.start_s - self._reached_s) * self._rate_hz
        if off > NEAR or abs(block.rate_hz / self._rate_hz - 1) > ALIKE:
            return block
        return replace(block, start_s=self._reached_s, rate_hz=self._rate_hz)

    def around(self, item: Samples | Gap) -> Iterator[Samples | Gap]:
        """An item of the ring, and the late readings that come before it, or in it where it is a gap."""
        if isinstance(item, Samples):
            yield from self.before(item.start_s)
            new = later_part(item, self._reached_s)
            self._reached_s, self._rate_hz = max(self._reached_s, item.end_s), item.rate_hz
            yield from () if new is None else (new,)
            return
        yield from self.before(item.start_s)
        at_s, half_s = max(item.start_s, self._reached_s), 0.0
        for block in self.before(item.end_s):
            half_s = 0.5 / block.rate_hz
            if block.start_s - at_s > half_s:
                yield replace(item, start_s=at_s, end_s=block.start_s)
            at_s = block.end_s
            yield block
        if item.end_s - at_s > half_s:
            yield replace(item, start_s=at_s)
        self._reached_s = max(self._reached_s, item.end_s)


class _InOrder:
    """Items of several sensors, given out in order of time, each sensor's in its own."""

    def __init__(self) -> None:
        self._held: list[tuple[float, int, Samples | Gap]] = []
        self._reached_s: dict[Sensor, float] = {}
        self._number = count()

    def add(self, items: Iterable[Samples | Gap]) -> None:
        for item in items:
            sensor = item.side, item.placement
            self._reached_s[sensor] = max(item.start_s, self._reached_s.get(sensor, item.start_s))
            heappush(self._held, (self._reached_s[sensor], next(self._number), item))

    def before(self, time_s: float) -> Iterator[Samples | Gap]:
        while self._held and self._held[0][0] < time_s:
            yield heappop(self._held)[-1]


def _until(waiting: Mapping[Sensor, _Late], time_s: float) -> Iterator[Samples]:
    for late in waiting.values():
        yield from late.before(time_s)


def later_part(block: Samples, reached_s: float) -> Samples | None:
    """The readings that are later than all that was told: the same may have been fetched twice."""
    first = max(0, round((reached_s - block.start_s) * block.rate_hz)) if reached_s > block.start_s else 0
    if first >= len(block):
        return None
    if not first:
        return block
    start_s = block.start_s + first / block.rate_hz
    return replace(block, start_s=start_s, acc=block.acc[first:], gyr=block.gyr[first:])


def _order(block: Samples) -> tuple[str, str, float]:
    return block.side, block.placement, block.start_s


def _pieces(block: Samples, seconds: float) -> Iterator[Samples]:
    """Of about so long each."""
    each = max(1, round(seconds * block.rate_hz))
    for k in range(0, len(block), each):
        start_s = block.start_s + k / block.rate_hz
        yield replace(block, start_s=start_s, acc=block.acc[k : k + each], gyr=block.gyr[k : k + each])
