"""Faults: each does what was asked for and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from surefoot.records import SIDES, Gap, Samples, Side
from surefoot.simulation import faults
from surefoot.simulation.person import Walker
from surefoot.simulation.sensor import Sensor, any_rotation
from surefoot.simulation.walker import plan_walk

SENSOR = Sensor(rotation=any_rotation(np.random.default_rng(2)))
WALK = plan_walk(Walker(), np.random.default_rng(1), strides=20)


def blocks(seconds: float = 20.0, cut: int = 333) -> Iterator[Samples | Gap]:
    """A walk of both legs in blocks, with a gap on the left behind it and some more."""
    whole = {side: WALK.readings(side, "shank", SENSOR) for side in SIDES}
    for first in range(0, int(seconds * 100), cut):
        for side in SIDES:
            w = whole[side]
            yield Samples(side, "shank", first / 100, 100.0, w.acc[first : first + cut], w.gyr[first : first + cut])
            last_s = (first + len(w.acc[first : first + cut])) / 100
    for side in SIDES:
        yield Gap(side, "shank", last_s, last_s + 7.0, "charging")
        yield Samples(side, "shank", last_s + 7.0, 100.0, whole[side].acc[:500], whole[side].gyr[:500])


def joined(got: list[Samples | Gap], side: Side, name: str = "gyr") -> np.ndarray:
    return np.concatenate([getattr(b, name) for b in got if b.side == side and isinstance(b, Samples)])


def assert_contiguous(got: list[Samples | Gap]) -> None:
    for side in SIDES:
        mine = [b for b in got if b.side == side]
        assert all(abs(a.end_s - b.start_s) < 1e-6 for a, b in pairwise(mine))


def test_skewed_clocks_drift_apart_and_keep_the_readings() -> None:
    plain = list(blocks())
    got = list(faults.skew(plain, ppm={"left": 20.0}, offset_s={"right": 0.1}))
    assert_contiguous(got)
    for side in SIDES:
        assert np.array_equal(joined(got, side), joined(plain, side))
    left, right = ([b for b in got if b.side == side][-1] for side in SIDES)
    true = plain[-1].end_s
    assert left.end_s - true == pytest.approx(20e-6 * true, rel=1e-3)
    assert right.end_s - true == pytest.approx(0.1)
    assert isinstance(left, Samples)
    assert left.rate_hz == pytest.approx(100 / (1 + 20e-6), rel=1e-12)


def test_drift_grows_by_the_hour_wherever_it_is_cut() -> None:
    rate = np.array([3.0, -2.0, 0.0])
    plain = list(blocks())
    got = list(faults.drift(plain, dps_per_h={"left": rate}))
    added = joined(got, "left") - joined(plain, "left")
    assert added[-1] == pytest.approx(rate * (plain[-1].end_s - 0.01) / 3600)
    assert np.array_equal(joined(got, "right"), joined(plain, "right"))
    other = list(faults.drift(blocks(cut=100), dps_per_h={"left": rate}))
    n = 1998
    assert joined(other, "left")[:n] == pytest.approx(joined(got, "left")[:n], abs=1e-12)


@pytest.mark.parametrize("over_s", [0.0, 5.0])
def test_a_slipped_sensor_reads_as_one_mounted_turned(over_s: float) -> None:
    """Against a sensor that sat so from the beginning."""
    axis = SENSOR.rotation @ [0.0, 0.0, 1.0]
    got = list(faults.slip(blocks(), side="left", axis=axis, at_s=6.0, turned_deg=40.0, over_s=over_s))
    c, s = np.cos(np.deg2rad(40)), np.sin(np.deg2rad(40))
    turned = Sensor(rotation=SENSOR.rotation @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T)
    for name in ("acc", "gyr"):
        before, after = joined(got, "left", name), getattr(WALK.readings("left", "shank", turned), name)
        assert before[:600] == pytest.approx(joined(list(blocks()), "left", name)[:600])
        assert before[1100:1990] == pytest.approx(after[1100:1990])
    assert np.array_equal(joined(got, "right"), joined(list(blocks()), "right"))
    if over_s:  # its own turning is felt, and gives the angle
        still = joined(list(blocks()), "left") @ axis
        own = joined(got, "left") @ axis - still
        assert own.sum() / 100 == pytest.approx(40.0, rel=0.01)


def test_clipping_stops_at_the_range() -> None:
    got = list(faults.clip(blocks(), gyr_dps=256.0, acc_mps2=39.0))
    assert np.abs(joined(got, "left")).max() == 256.0
    assert np.abs(joined(got, "left", "acc")).max() == 39.0
    plain = joined(list(blocks()), "left")
    assert np.array_equal(joined(got, "left")[np.abs(plain) < 256], plain[np.abs(plain) < 256])


@pytest.mark.parametrize("every", [3, 5])
def test_a_slow_sensor_averages_and_keeps_time(every: int) -> None:
    got = list(faults.slow_down(blocks(), every=every))
    assert_contiguous(got)
    assert {round(b.rate_hz * every, 9) for b in got if isinstance(b, Samples)} == {100.0}
    plain = joined(list(blocks()), "left")[:1800]
    slow = joined(got, "left")[: 1800 // every]
    first = next(b for b in got if isinstance(b, Samples))
    assert slow == pytest.approx(plain.reshape(-1, every, 3).mean(axis=1))
    assert first.start_s == pytest.approx((every - 1) / 200)


def test_lost_packets_are_filled_or_told() -> None:
    plain = list(blocks())
    got = list(faults.lose(plain, np.random.default_rng(3), share=0.05, bursts_per_h=600, burst_s=(0.2, 0.4)))
    assert_contiguous(got)
    told = [b for b in got if isinstance(b, Gap) and b.reason == "radio"]
    assert told
    assert all(g.end_s - g.start_s > 0.05 for g in told)
    assert sum(len(b) for b in got if isinstance(b, Samples)) + sum(
        round((g.end_s - g.start_s) * 100) for g in told
    ) == sum(len(b) for b in plain if isinstance(b, Samples))
    changed = 0
    for block in got:  # what is delivered is what was read, or a straight line
        if isinstance(block, Samples) and block.end_s < 20:
            at = round(block.start_s * 100)
            true = joined(plain, block.side)[at : at + len(block)]
            differs = (block.gyr != true).any(axis=1)
            changed += int(differs.sum())
            bends = np.abs(np.diff(block.gyr, 2, axis=0)).max(axis=1)
            inside = differs[:-2] & differs[1:-1] & differs[2:]
            assert not inside.any() or bends[inside].max() < 1e-9
    assert 50 < changed < 500
    assert not any(
        isinstance(b, Gap) and b.reason == "radio" for b in faults.lose(plain, np.random.default_rng(3), share=0)
    )


def test_faults_stand_behind_one_another_and_repeat() -> None:
    def all_of_them() -> list[Samples | Gap]:
        rng = np.random.default_rng(5)
        skewed = faults.skew(blocks(), ppm={"left": 20.0, "right": -10.0})
        return list(faults.lose(faults.slow_down(faults.clip(skewed, gyr_dps=300.0), every=4), rng, bursts_per_h=300))

    once, again = all_of_them(), all_of_them()
    assert len(once) == len(again)
    assert all(np.array_equal(a.gyr, b.gyr) for a, b in zip(once, again, strict=True) if isinstance(a, Samples))
