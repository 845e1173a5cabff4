"""Leans: a shank tilting forward and back is one, however it is worn and however its hops come."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Array
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.hops import reduce_to_hops
from surefoot.signal.leans import Lean, LeanFinder
from surefoot.signal.rests import RestMeter, Rests

RATE_HZ, BLOCK = 50.0, 20
HOP_S = 5 / RATE_HZ
UNKNOWN = NotYet("no walking seen yet")
KNOWN = Aligned(np.eye(3), 2.0, 100.0, np.eye(3))  # forward, up, to the right


def shank(tilt_deg: Array) -> tuple[Array, Array]:
    """(3, n) readings of a shank that tilts forward by so much over time."""
    tilt = np.deg2rad(tilt_deg)
    rate = -np.gradient(tilt_deg) * RATE_HZ
    acc = 9.81 * np.stack([-np.sin(tilt), np.cos(tilt), 0 * tilt])
    return acc, np.stack([0 * rate, 0 * rate, rate])


def tilting(*leans: tuple[float, float, float], seconds: float = 40.0) -> Array:
    """At rest but for leans (when, how long, how far)."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return sum((far * np.sin(np.pi * np.clip((t - at) / took, 0, 1)) ** 2 for at, took, far in leans), np.zeros_like(t))


def found(tilt_deg: Array, frame: Aligned | NotYet = KNOWN, turn: Array | None = None) -> list[Lean]:
    acc, gyr = ((turn @ x if turn is not None else x) for x in shank(tilt_deg))
    hops = reduce_to_hops(acc, gyr, 5)
    movements = LeanFinder(HOP_S, BLOCK, 0.0).update(hops, [frame] * (len(hops) // BLOCK), last=True)
    return [lean for movement in movements for lean in movement.leans]


@pytest.mark.parametrize("frame", [KNOWN, UNKNOWN])
def test_one_lean(frame: Aligned | NotYet) -> None:
    (lean,) = found(tilting((10.0, 2.0, 15.0)), frame)
    assert lean.size_deg == pytest.approx(15.0, abs=1.0)
    assert lean.at_s == pytest.approx(11.0, abs=0.15)
    assert 10.0 < lean.start_s < 10.6 and 11.4 < lean.end_s < 12.1
    assert not lean.rough


def test_any_mounting_sees_the_same_before_it_is_known() -> None:
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    plain, turned = (found(tilting((10.0, 2.0, 15.0)), UNKNOWN, x) for x in (None, turn))
    assert [x.at_s for x in turned] == pytest.approx([x.at_s for x in plain])


def test_several_without_a_rest_between_them() -> None:
    leans = found(tilting(*((5.0 + 1.2 * k, 1.2, 12.0) for k in range(10))))
    assert [lean.at_s for lean in leans] == pytest.approx([5.6 + 1.2 * k for k in range(10)], abs=0.15)
    assert all(a.end_s <= b.start_s for a, b in pairwise(leans))


@pytest.mark.parametrize(
    "tilt_deg",
    [
        tilting(),
        tilting((10.0, 2.0, 3.0)),  # too little
        tilting((10.0, 2.0, -15.0)),  # backward: bending down with straight knees
        80.0 * np.clip((np.arange(2000) - 500) / 100, 0, 1),  # lying down
    ],
)
def test_no_lean(tilt_deg: Array) -> None:
    assert found(tilt_deg) == []


def staying(took_s: float, far_deg: float, jerk_deg: float = 0.0) -> Array:
    """At rest, tilted for good from the tenth second on; ``jerk_deg``: and a step's swing on the way."""
    t = np.arange(1500) / RATE_HZ - 10.0
    course = far_deg * np.sin(0.5 * np.pi * np.clip(t / took_s, 0, 1)) ** 2
    return np.asarray(course + jerk_deg * np.sin(np.pi * np.clip((t - 0.5) / 0.4, 0, 1)) ** 2)


@pytest.mark.parametrize(("jerk_deg", "leans"), [(0.0, 0), (20.0, 1)])
def test_only_a_foot_that_stepped_can_be_drawn_back_below_the_seat(jerk_deg: float, leans: int) -> None:
    assert len(found(staying(2.0, 40.0, jerk_deg), UNKNOWN)) == leans
    assert len(found(staying(2.0, 25.0, jerk_deg), UNKNOWN)) == 1
    assert found(staying(2.0, 70.0, jerk_deg), UNKNOWN) == [], "lying"


def test_a_foot_put_elsewhere_at_once_is_no_lean() -> None:
    assert len(found(staying(1.2, 14.0), UNKNOWN)) == 1
    assert found(staying(0.5, 8.0), UNKNOWN) == []


def test_a_movement_tells_how_the_leg_hung_before_and_behind_it() -> None:
    tilt = staying(2.0, 20.0)
    swings = 40.0 * np.sin(2 * np.pi * 1.0 * np.arange(1500) / RATE_HZ) ** 2  # too long to be one
    walk = np.where((np.arange(1500) > 250) & (np.arange(1500) < 1250), 4 * swings, 0.0)
    for course in (tilt, tilt + walk):
        hops = reduce_to_hops(*shank(course), 5)
        moved = LeanFinder(HOP_S, BLOCK, 0.0).update(hops, [UNKNOWN] * (len(hops) // BLOCK), last=True)
        assert moved[-1].before == pytest.approx((0.0, 1.0, 0.0), abs=0.02)
        assert moved[-1].behind == pytest.approx((-np.sin(np.deg2rad(20)), np.cos(np.deg2rad(20)), 0.0), abs=0.02)
    assert len(moved) == 2 and moved[0].behind is None, "the two edges of the walk"
    whole = LeanFinder(HOP_S, BLOCK, 0.0).update(reduce_to_hops(*shank(tilt[540:]), 5), [UNKNOWN] * 9, last=True)
    assert whole[0].before is None, "it moved already when the recording began"


def test_a_rough_movement_is_one_lean_and_a_long_one_none() -> None:
    shaking = tilting(*((10.0 + 0.4 * k, 0.4, 35.0) for k in range(5)))
    (lean,) = found(shaking)
    assert lean.rough
    assert found(tilting(*((5.0 + 0.4 * k, 0.4, 35.0) for k in range(60)))) == []


TILT = tilting((5.0, 1.5, 12.0), (20.0, 2.0, 18.0), (30.0, 1.0, 10.0), (31.0, 1.0, 9.0), (80.0, 2.0, 14.0), seconds=120)
TILT += tilting((58.9, 0.9, 12.0), (60.3, 0.9, 12.0), seconds=120)  # a pause too short to part them, as a block ends
HOPS = reduce_to_hops(*shank(TILT), 5)
BLOCKS = len(HOPS) // BLOCK


@given(st.lists(st.integers(0, len(HOPS)), max_size=30))
def test_leans_and_rests_are_the_same_however_cut(cuts: list[int]) -> None:
    frames = [UNKNOWN if k < 10 else KNOWN for k in range(BLOCKS)]
    whole = LeanFinder(HOP_S, BLOCK, 7.0), RestMeter(HOP_S, BLOCK, 7.0)
    expected = whole[0].update(HOPS, frames) + whole[0].update(HOPS[:0], [], last=True)
    rests = whole[1].update(HOPS, frames)
    assert sum(len(movement.leans) for movement in expected) == 7
    assert all(movement.before and movement.behind for movement in expected)
    leans, meter, parts, told = LeanFinder(HOP_S, BLOCK, 7.0), RestMeter(HOP_S, BLOCK, 7.0), [], []
    for a, b in zip([0, *sorted(cuts)], [*sorted(cuts), len(HOPS)], strict=True):
        new = frames[a // BLOCK : b // BLOCK]
        told += leans.update(HOPS[a:b], new)
        part = meter.update(HOPS[a:b], new)
        parts += [part] if part is not None else []
    assert told + leans.update(HOPS[:0], [], last=True) == expected
    joined = Rests.joined(parts)
    assert rests is not None
    for name in Rests.__slots__:
        assert np.array_equal(getattr(joined, name), getattr(rests, name), equal_nan=True), name


def test_a_rest_tells_sway_shake_and_hang() -> None:
    t = np.arange(400) / RATE_HZ
    acc, gyr = shank(5.0 * np.sin(2 * np.pi * 0.5 * t))
    acc[0] += np.where(t > 4, np.random.default_rng(2).normal(0, 1.0, 400), 0.0)
    rests = RestMeter(HOP_S, BLOCK, 0.0).update(reduce_to_hops(acc, gyr, 5), [KNOWN] * 4)
    assert rests is not None
    assert rests.sway_dps[0] == pytest.approx(5.0 * np.pi / np.sqrt(2), rel=0.1)
    assert (rests.shake_mps2[2:] > 2 * rests.shake_mps2[:2]).all()
    assert rests.upright == pytest.approx(np.ones(4), abs=0.02)
