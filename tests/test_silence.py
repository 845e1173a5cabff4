"""Silence: a sensor that drops out without a word holds nothing back for longer than it is waited for."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.pipeline.days import DayBook
from surefoot.pipeline.live import run
from surefoot.pipeline.silence import Silence, SilenceParams
from surefoot.records import SIDES, Gap, Samples, Side, Stride
from surefoot.signal.walk import WalkStream
from surefoot.simulation.walker import Walker, simulate_walk

RATE_HZ = 100.0
P = SilenceParams()
Block = Samples | Gap
WALK = simulate_walk(Walker(), np.random.default_rng(5), strides=260)[0]  # some five minutes


def part(side: Side, from_s: float, to_s: float = np.inf, every_s: float = 2.0, clock_s: float = 0.0) -> list[Samples]:
    """The readings of one leg in this time, in blocks; ``clock_s``: what its clock shows more."""
    whole = WALK[side]
    a, b = round(from_s * RATE_HZ), min(len(whole), round(min(to_s, 1e6) * RATE_HZ))
    edges = [*range(a, b, round(every_s * RATE_HZ)), b]
    return [block(side, first, last, clock_s) for first, last in pairwise(edges)]


def block(side: Side, first: int, last: int, clock_s: float = 0.0) -> Samples:
    whole = WALK[side]
    return Samples(side, "shank", clock_s + first / RATE_HZ, RATE_HZ, whole.acc[first:last], whole.gyr[first:last])


def in_time(*blocks: Iterable[Samples]) -> Iterator[Samples]:
    return heapq.merge(*blocks, key=lambda item: item.end_s)


def nothing(side: Side, start_s: float, rate_hz: float = 1.0, seconds: int = 2) -> Samples:
    return Samples(side, "shank", start_s, rate_hz, np.zeros((seconds, 3)), np.zeros((seconds, 3)))


def gaps_of(items: Iterable[Block], sides: tuple[Side, ...] = SIDES) -> list[Gap]:
    silence = Silence(sides, "shank")
    return [gap for item in items for gap in silence.before(item)]


class Kept:
    """A keeper that remembers strides, and how far the readings had come when each was kept."""

    def __init__(self) -> None:
        self.strides: list[Stride] = []
        self.late_s: list[float] = []
        self.read_s = 0.0

    def keep_strides(self, strides: Iterable[Stride]) -> None:
        strides = list(strides)
        self.strides += strides
        self.late_s += [self.read_s - s.end_s for s in strides]

    def keep_bout(self, _: object) -> None: ...
    def keep_incident(self, _: object) -> None: ...
    def keep_day(self, *_: object) -> None: ...
    def keep_alert(self, _: object) -> None: ...


def lived(items: Iterable[Block]) -> Kept:
    keeper = Kept()

    async def source() -> AsyncIterator[Block]:
        for item in items:
            keeper.read_s = max(keeper.read_s, item.end_s)
            yield item

    asyncio.run(run(source(), WalkStream(), DayBook(), keeper))
    return keeper


def strides_of(items: Iterable[Block]) -> list[Stride]:
    """What a walk makes of these, without anybody listening for silence."""
    stream = WalkStream()
    return [s for found in (*(stream.update(item) for item in items), stream.close()) for s in found.strides]


# ---- what counts as silence


def test_two_sensors_that_take_turns_are_not_silent() -> None:
    assert gaps_of(in_time(part("left", 0), part("right", 0))) == []
    assert gaps_of(nothing(side, t, seconds=900) for t in range(0, 7200, 900) for side in SIDES) == []
    short = [nothing("left", t) for t in range(0, 1800, 2)]
    assert gaps_of(sorted([nothing("right", 0.0, seconds=1800), *short], key=lambda x: x.start_s)) == []


def test_one_sensor_alone_waits_for_nobody() -> None:
    assert gaps_of(part("left", 0), ("left",)) == []


@pytest.mark.parametrize("spoke", [True, False])
def test_a_silent_sensor_is_lost_step_by_step_as_long_as_it_is_waited_for_behind(spoke: bool) -> None:
    """The one that never spoke, too: from when the other one began."""
    first = [nothing("right", 100.0)] if spoke else []
    gaps = gaps_of([*first, *(nothing("left", t) for t in range(100, 200, 2))])
    start_s = 102.0 if spoke else 100.0
    assert [(g.side, g.start_s, g.end_s) for g in gaps] == [("right", start_s, start_s + 10.0 * k) for k in (1, 2, 3)]
    assert gaps[-1].end_s <= 198.0 - P.patience_s


def test_a_sensor_that_speaks_again_is_waited_for_again() -> None:
    silence = Silence(SIDES, "shank")
    told = []
    for t in range(0, 400, 2):
        told += silence.before(nothing("left", float(t)))
        if t == 150:
            told += silence.before(nothing("right", float(t)))
    assert {g.start_s for g in told} == {0.0, 152.0}
    assert [g.end_s for g in told if g.start_s] == [162.0 + 10.0 * k for k in range(18)]


@pytest.mark.parametrize("announced", [True, False])
def test_a_sensor_that_comes_back_says_nothing_of_the_other_one(announced: bool) -> None:
    """Its time stood still while it was lost."""
    items: list[Block] = [nothing("left", float(t)) for t in range(0, 1000, 2)]
    items[:0] = [nothing("right", 0.0)]
    items += [Gap("right", "shank", 2.0, 1000.0, "radio")] if announced else []
    items += [nothing(side, float(t)) for t in range(1000, 1100, 2) for side in SIDES[::-1]]
    assert {g.side for g in gaps_of(items)} == {"right"}


def test_a_gap_that_the_source_tells_is_a_word() -> None:
    lost = (Gap("right", "shank", 0.0, float(t), "radio") for t in range(2, 600, 20))
    assert gaps_of(heapq.merge(part("left", 0), lost, key=lambda item: item.end_s)) == []


def test_clocks_that_stand_apart_are_no_silence() -> None:
    """And a sensor that then does fall silent is missed in its own time."""
    apart = in_time(part("left", 0), [])
    right = iter(part("right", 0, clock_s=-3600.0))
    items = [item for left in apart for item in (left, next(right)) if item is not None]
    assert gaps_of(items) == []
    gone = [item for item in items if item.side == "left" or item.start_s < -3500.0]
    gaps = gaps_of(gone)
    assert gaps[0].start_s == pytest.approx(-3500.0) and gaps[-1].end_s < -3600.0 + 300.0 - P.patience_s


# ---- what becomes of the other leg


def test_the_other_leg_is_heard_on() -> None:
    """Without the bound every stride behind the drop-out would be told at the end only."""
    items = list(in_time(part("left", 0), part("right", 0, 60.0)))
    kept = lived(items)
    behind = [late for s, late in zip(kept.strides, kept.late_s, strict=True) if 60.0 < s.end_s < 180.0]
    assert len(behind) > 80 and max(behind) < P.patience_s + P.every_s + 20.0
    waiting = strides_of(items)
    assert [s for s in kept.strides if s.side == "left"] == [s for s in waiting if s.side == "left"]


def test_it_is_the_same_as_if_the_source_had_told_of_it() -> None:
    """Right is off from 60 s to 200 s, and comes back."""
    items = list(in_time(part("left", 0), part("right", 0, 60.0), part("right", 200.0)))
    told = [Gap("right", "shank", 60.0, 200.0, "radio")]
    assert lived(items).strides == strides_of(heapq.merge(items, told, key=lambda item: item.end_s))


@settings(max_examples=6, deadline=None)
@given(st.floats(0.1, 20.0), st.floats(0.1, 20.0), st.floats(0.0, P.patience_s))
def test_readings_less_late_than_that_are_never_lost(left_s: float, right_s: float, late_s: float) -> None:
    """However the stream is cut."""
    left, right = part("left", 0, every_s=left_s), part("right", 0, every_s=right_s)
    items = heapq.merge(
        ((item.start_s, item) for item in left),
        ((item.start_s + late_s, item) for item in right),
        key=lambda pair: pair[0],
    )
    order = [item for _, item in items]
    held = strides_of([*left, *right])
    assert lived(order).strides == held and len(held) > 400
