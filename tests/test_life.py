"""A day of life: everything happens, the truth says when, and the samples say what the plan says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from surefoot.records import SIDES, Gap, Samples, Side
from surefoot.simulation import faults
from surefoot.simulation.day import Habits
from surefoot.simulation.gait import Leg
from surefoot.simulation.life import LifeDay, LifeHabits, life_day
from surefoot.simulation.person import Walker
from surefoot.simulation.scene import source

SHORT = LifeHabits(worn_h=2.0, walking=Habits(strides=500, bout_s=(6.0, 60.0)), outings=(8, 12), flights=(2, 3))


@cache
def short_day() -> LifeDay:
    return life_day(Walker(), 3, habits=SHORT, start_s=1000.0)


@cache
def blocks() -> tuple[Samples, ...]:
    return tuple(short_day().blocks())


def of_side(side: Side) -> list[Samples]:
    return [b for b in blocks() if b.side == side]


def test_a_whole_day_holds_everything_and_four_thousand_strides() -> None:
    days = [life_day(Walker(), seed) for seed in range(4)]
    for day in days:
        last = day.parts[-1]
        assert (last.first + last.samples) / 100 == pytest.approx(8 * 3600, abs=900)
        assert all(3600 < n < 4400 for n in day.strides.values())
        assert not day.events  # a healthy person
    kinds = {c.kind for day in days for c in day.context}
    assert kinds == {
        *("sit", "rise", "sit_down", "stand", "walk", "turn", "stairs_up", "stairs_down", "ramp_up", "ramp_down"),
        *("shift", "step_on_spot", "turn_on_spot", "squat", "kneel_down", "kneel", "kneel_up", "bend"),
        *("lie_down", "lie", "get_up", "ride", "handled", "off"),
    }
    spent = {kind: sum(c.end_s - c.start_s for d in days for c in d.context if c.kind == kind) / 4 for kind in kinds}
    assert 3.5 * 3600 < spent["sit"] < 6.5 * 3600
    assert 3600 < spent["walk"] < 1.6 * 3600
    assert spent["ride"] > 8 * 60


def test_parts_and_context_join_without_a_hole() -> None:
    day = short_day()
    assert day.parts[0].first == 100_000
    assert all(a.first + a.samples == b.first for a, b in pairwise(day.parts))
    along = [c for c in day.context if c.kind != "turn"]
    assert all(-1e-6 <= b.start_s - a.end_s < 0.0101 for a, b in pairwise(along))


def test_blocks_are_contiguous_and_in_order() -> None:
    assert [b.side for b in blocks()] == ["left", "right"] * (len(blocks()) // 2)
    for side in SIDES:
        mine = of_side(side)
        assert mine[0].start_s == 1000.0
        assert all(abs(a.end_s - b.start_s) < 1e-6 for a, b in pairwise(mine))
        assert sum(len(b) for b in mine) == sum(p.samples for p in short_day().parts)
        assert all(np.isfinite(b.acc).all() and np.isfinite(b.gyr).all() for b in mine)


def rates_in(kind: str) -> np.ndarray:
    """How fast the right shank turns in all spans of a kind, deg/s."""
    got = []
    for c in short_day().context:
        for b in of_side("right"):
            if c.kind == kind and b.start_s < c.end_s and b.end_s > c.start_s:
                span = slice(max(0, int((c.start_s - b.start_s) * 100)), int((c.end_s - b.start_s) * 100))
                got.append(np.linalg.norm(b.gyr[span], axis=1))
    return np.concatenate(got)


def test_legs_swing_in_walks_and_not_in_chairs() -> None:
    turning = {kind: rates_in(kind) for kind in ("sit", "walk", "ride", "stairs_up", "handled")}
    assert np.percentile(turning["walk"], 90) > 200
    assert np.percentile(turning["stairs_up"], 90) > 120
    assert np.percentile(turning["sit"], 90) < 4
    assert np.percentile(turning["ride"], 50) < 8
    assert turning["handled"].max() > 200


def test_removal_changes_the_mounting_but_not_where_the_sensor_lies() -> None:
    day = short_day()
    assert len(day.sensors) >= 2
    assert not np.allclose(day.sensors[0]["left"].rotation, day.sensors[1]["left"].rotation)
    k = next(i for i, (a, b) in enumerate(pairwise(day.parts)) if a.donning != b.donning)
    for side in SIDES:
        before, after = of_side(side)[:0], of_side(side)[:0]
        at_s = day.parts[k + 1].first / 100
        before = [b for b in of_side(side) if b.end_s == pytest.approx(at_s)]
        after = [b for b in of_side(side) if b.start_s == pytest.approx(at_s)]
        a, b = before[0].acc[-100:].mean(axis=0), after[0].acc[:100].mean(axis=0)
        assert a == pytest.approx(b, abs=0.4)  # but for the bias of the new donning


def test_impaired_legs_fail_on_their_own_side() -> None:
    weak = Walker(left=Leg(quad=0.8), right=Leg(dorsi=0.9))
    habits = replace(LifeHabits(), falls=(1, 1), buckles_standing=(2, 2))
    day = life_day(weak, 5, habits=habits)
    buckles = [b for t in day.truths for b in t.buckles]
    assert {b.side for b in buckles} == {"left"}
    assert sum(b.standing for b in buckles) == 2
    assert 6 < len(buckles) < 45
    assert {b.outcome for b in buckles} == {"arrested", "rescue"}
    stumbles = [s for t in day.truths for s in t.stumbles]
    assert {s.side for s in stumbles} == {"right"}
    assert 3 < len(stumbles) < 30
    assert sum(len(t.falls) for t in day.truths) == 1
    assert len(day.events) == len(buckles) + len(stumbles) + 1
    assert all(a.start_s <= b.start_s for a, b in pairwise(day.events))
    assert sum(len(t.legs["right"].drags_s) for t in day.truths if t.legs) > 300


def test_a_day_is_a_source() -> None:
    async def first(count: int) -> list[Samples | Gap]:
        got = []
        async for block in source(faults.clip(short_day().blocks(), gyr_dps=250.0)):
            got.append(block)
            if len(got) == count:
                break
        return got

    got = asyncio.run(first(6))
    assert [(b.side, b.start_s) for b in got] == [(b.side, b.start_s) for b in blocks()[:6]]


def test_same_seed_same_day() -> None:
    again = life_day(Walker(), 3, habits=SHORT, start_s=1000.0)
    got = again.blocks()
    for one in blocks()[:60]:
        other = next(got)
        assert np.array_equal(one.acc, other.acc)
        assert np.array_equal(one.gyr, other.gyr)
    assert life_day(Walker(), 4, habits=SHORT, start_s=1000.0).parts[0].samples != short_day().parts[0].samples
