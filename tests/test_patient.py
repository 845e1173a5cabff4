"""The patient: weeks of samples that say what the plan says, cheaply and always the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from surefoot.records import SIDES, Gap, Samples, Side
from surefoot.simulation.day import Habits
from surefoot.simulation.patient import Patient, patient_blocks, patient_days, patient_source

LITTLE = Patient(
    seed=5,
    days=4,
    onset_day=3,
    ramp_days=2,
    short_days=(2,),
    drawer_days=(4,),
    habits=Habits(strides=150, worn_h=2.5, short_h=0.8),
)


@pytest.fixture(scope="module")
def blocks() -> list[Samples | Gap]:
    return list(patient_blocks(LITTLE))


def of_side(blocks: Iterable[Samples | Gap], side: Side) -> list[Samples | Gap]:
    return [b for b in blocks if b.side == side]


def on_day(blocks: Iterable[Samples | Gap], patient: Patient, number: int) -> list[Samples]:
    start_s = patient.first_day_s + (number - 1) * 86400
    return [b for b in blocks if isinstance(b, Samples) and start_s <= b.start_s < start_s + 86400]


def test_blocks_join_without_a_hole(blocks: list[Samples | Gap]) -> None:
    for side in SIDES:
        mine = of_side(blocks, side)
        assert mine[0].start_s == LITTLE.first_day_s
        assert mine[-1].end_s == LITTLE.first_day_s + 4 * 86400
        assert all(abs(a.end_s - b.start_s) < 1e-5 for a, b in pairwise(mine))
        assert {b.reason for b in mine if isinstance(b, Gap)} == {"charging"}


def test_blocks_come_in_time_order_left_before_right(blocks: list[Samples | Gap]) -> None:
    ends = [b.end_s for b in blocks]
    assert ends == sorted(ends)
    assert [b.side for b in blocks] == ["left", "right"] * (len(blocks) // 2)


def test_blocks_are_finite_shank_readings(blocks: list[Samples | Gap]) -> None:
    for block in blocks:
        assert block.placement == "shank"
        if isinstance(block, Samples):
            assert block.acc.shape == block.gyr.shape == (len(block), 3)
            assert 0 < len(block) <= 900 * 100
            assert np.isfinite(block.acc).all()
            assert np.isfinite(block.gyr).all()


def test_recorded_hours_are_the_plans(blocks: list[Samples | Gap]) -> None:
    for day in patient_days(LITTLE):
        for side in SIDES:
            got = sum(len(b) for b in on_day(of_side(blocks, side), LITTLE, day.number)) / 100
            assert got == pytest.approx(day.recorded_s(100.0))
        assert day.worn_s(100.0) == (0 if day.kind == "drawer" else day.recorded_s(100.0))


def test_day_walks_about_the_strides_it_should() -> None:
    days = list(patient_days(Patient()))
    assert len(days) == 28
    worn = [d for d in days if d.kind == "worn"]
    assert len(worn) == 26
    for day in worn:
        assert 450 <= day.strides["left"] <= 780
        assert day.strides["left"] == day.strides["right"]
        assert 7.9 <= day.worn_s(100.0) / 3600 <= 10.1
        assert all(8 < w.end_s - w.start_s < 170 for w in day.walks)
        assert all(a.end_s < b.start_s for a, b in pairwise(day.walks))
    (short,) = (d for d in days if d.kind == "short")
    assert short.worn_s(100.0) < 3 * 3600
    assert short.strides["left"] < 300


def test_contacts_are_where_the_truth_says(blocks: list[Samples | Gap]) -> None:
    """After each contact of a healthy walk the sensor shakes."""
    day = next(iter(patient_days(LITTLE)))
    walk = max(day.walks, key=lambda w: w.end_s)
    for side in SIDES:
        (block,) = (b for b in of_side(blocks, side) if b.start_s == pytest.approx(walk.start_s, abs=1e-5))
        force = np.linalg.norm(block.acc, axis=1)
        contacts = np.round((walk.legs[side].initial_contacts_s[1:-1] - block.start_s) * 100).astype(int)
        assert np.median([force[k : k + 6].max() for k in contacts]) > 20
        assert np.median([force[k - 12 : k - 2].max() for k in contacts]) < 20


def test_drawer_is_perfectly_still(blocks: list[Samples | Gap]) -> None:
    for side in SIDES:
        lying = on_day(of_side(blocks, side), LITTLE, 4)
        assert lying
        acc = np.concatenate([b.acc for b in lying])
        gyr = np.concatenate([b.gyr for b in lying])
        assert np.abs(acc - acc.mean(axis=0)).max() < 0.1
        assert np.abs(gyr - gyr.mean(axis=0)).max() < 2.5
        assert np.linalg.norm(acc.mean(axis=0)) == pytest.approx(9.81, abs=0.3)
    assert not list(patient_days(LITTLE))[3].walks


def test_sitting_fidgets_every_few_minutes(blocks: list[Samples | Gap]) -> None:
    walks = {round(w.start_s, 3) for d in patient_days(LITTLE) for w in d.walks}
    sitting = [b for b in on_day(blocks, LITTLE, 1) if round(b.start_s, 3) not in walks]
    minutes = sum(len(b) for b in sitting) / 6000
    fidgets = 0
    for block in sitting:
        moving = np.linalg.norm(block.gyr - np.median(block.gyr, axis=0), axis=1) > 8
        starts = np.flatnonzero(np.diff(moving.astype(int)) == 1)
        fidgets += int(np.sum(np.diff(starts, prepend=-10_000) > 1500))
        assert not moving[:1].any()  # cut at quiet places
    assert 0.1 < fidgets / minutes < 1.0
    assert np.concatenate([b.gyr for b in sitting]).std() < 12


def test_sitting_is_shared_and_cannot_be_written(blocks: list[Samples | Gap]) -> None:
    shared = [b for b in blocks if isinstance(b, Samples) and b.acc.base is not None and not b.acc.flags.writeable]
    assert len(shared) > len(blocks) / 3
    with pytest.raises(ValueError, match="read-only"):
        shared[0].acc[0, 0] = 0.0


def test_unworn_day_is_one_gap() -> None:
    patient = replace(LITTLE, days=3, unworn_days=(2,), drawer_days=())
    got = list(patient_blocks(patient))
    assert not on_day(got, patient, 2)
    gaps = [b for b in of_side(got, "left") if isinstance(b, Gap)]
    assert max(g.end_s - g.start_s for g in gaps) > 24 * 3600


def test_leg_weakens_on_its_day() -> None:
    patient = Patient(onset_day=20, ramp_days=3, severity=0.6, weak_side="right", weakness="push")
    days = list(patient_days(patient))
    assert [round(d.severity, 3) for d in days[17:23]] == [0, 0, 0.2, 0.4, 0.6, 0.6]
    for day in days:
        assert day.walker.right.push == day.severity
        assert day.walker.left.push == day.walker.right.dorsi == 0
    before = np.mean([d.walker.speed_mps for d in days[:19]])
    after = np.mean([d.walker.speed_mps for d in days[22:]])
    assert 0.02 < before - after < 0.15
    rates = [np.median(np.concatenate([w.legs["right"].push_off_rates_dps for w in d.walks])) for d in days if d.walks]
    assert np.mean(rates[-6:]) < 0.88 * np.mean(rates[:18])


def test_later_days_are_the_same_without_those_before(blocks: list[Samples | Gap]) -> None:
    alone = list(patient_blocks(LITTLE, first_day=3))
    assert min(block.start_s for block in alone) == LITTLE.first_day_s + 2 * 86400
    for mine, known in zip(on_day(alone, LITTLE, 3), on_day(blocks, LITTLE, 3), strict=True):
        assert mine.start_s == known.start_s and np.array_equal(mine.acc, known.acc)


def test_who_is_only_slower_is_no_weaker() -> None:
    patient = replace(LITTLE, weakness="none", severity=1.0, slowing_pct=20.0, short_days=(), drawer_days=())
    before, after = (next(patient_days(patient, day)).walker for day in (1, 4))
    assert after.left == after.right == before.left and after.speed_mps < 0.9 * before.speed_mps


def test_days_differ_by_the_noise_floor() -> None:
    days = list(
        patient_days(Patient(seed=3, days=300, severity=0.0, short_days=(), drawer_days=(), habits=Habits(strides=6)))
    )
    speeds = np.array([d.walker.speed_mps for d in days])
    lifts = np.array([d.walker.left_manner.lift_m for d in days])
    assert speeds.std() == pytest.approx(0.04, rel=0.15)
    assert lifts.std() == pytest.approx(0.007, rel=0.15)
    assert np.corrcoef(speeds[:-1], speeds[1:])[0, 1] == pytest.approx(0.3, abs=0.12)


def test_weak_thigh_gives_way_and_weak_foot_stumbles() -> None:
    def events(weakness: str) -> tuple[int, int]:
        patient = Patient(weakness=weakness, days=14, onset_day=1, ramp_days=1, severity=1.0)
        walks = [w for d in patient_days(patient) for w in d.walks]
        assert all(b.side == "left" for w in walks for b in w.buckles)
        return sum(len(w.buckles) for w in walks), sum(len(w.stumbles) for w in walks)

    buckles, stumbles = events("quad")
    assert 20 < buckles < 80
    assert stumbles == 0
    buckles, stumbles = events("dorsi")
    assert buckles == 0
    assert 8 < stumbles < 50


def test_same_seed_same_weeks_in_any_loop(blocks: list[Samples | Gap]) -> None:
    async def collect() -> list[Samples | Gap]:
        got = []
        async for block in patient_source(LITTLE):
            got.append(block)
            await asyncio.sleep(0)
        return got

    again = asyncio.run(collect())
    assert len(again) == len(blocks)
    for a, b in zip(blocks, again, strict=True):
        assert type(a) is type(b)
        assert (a.side, a.start_s, a.end_s) == (b.side, b.start_s, b.end_s)
        if isinstance(a, Samples) and isinstance(b, Samples):
            assert np.array_equal(a.acc, b.acc)
            assert np.array_equal(a.gyr, b.gyr)
    other = next(b for b in patient_blocks(replace(LITTLE, seed=6)) if isinstance(b, Samples))
    assert not np.array_equal(other.acc[:100], next(b for b in blocks if isinstance(b, Samples)).acc[:100])


def test_changing_one_day_leaves_the_others_alone() -> None:
    """Sensors, walks and form of a day do not depend on what happened on another."""
    plain, moved = (replace(LITTLE, drawer_days=days) for days in ((4,), (1,)))
    third = [on_day(patient_blocks(p), p, 3) for p in (plain, moved)]
    assert len(third[0]) == len(third[1])
    assert all(np.array_equal(a.gyr, b.gyr) for a, b in zip(*third, strict=True))
