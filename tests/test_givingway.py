"""Giving way: simulated buckles in walking and standing are found; what looks a little like one is not taken for it."""

from functools import partial

import numpy as np
import pytest

from surefoot.records import Gap, Samples
from surefoot.signal.givingway import GivingWay
from surefoot.signal.table import StrideTable
from surefoot.signal.walk import WalkStream, analyze
from surefoot.simulation.chairs import chair_stands, rising, sitting_down
from surefoot.simulation.falls import giving_way
from surefoot.simulation.floor import kneeling
from surefoot.simulation.gait import Leg
from surefoot.simulation.ground import Ground
from surefoot.simulation.pulses import Buckle
from surefoot.simulation.riding import riding
from surefoot.simulation.scene import record
from surefoot.simulation.standing import bending, squatting, standing, turning_on_the_spot
from surefoot.simulation.strides import Turn
from surefoot.simulation.walker import Walker, plan_walk, simulate_walk


def told(samples, sides=("left", "right"), rate_hz=100.0):
    found = analyze({side: (samples[side].acc, samples[side].gyr) for side in sides}, rate_hz).incidents
    return [i for i in found if i.kind != "foot_drop"]


def walking(flexion_deg, outcome="arrested", fall_g=0.3, seed=0, **how):
    rng = np.random.default_rng([seed, round(100 * fall_g)])
    walker = Walker(speed_mps=float(rng.uniform(0.6, 1.3)), left=Leg(quad=0.6))
    buckle = Buckle("left", fall_g, flexion_deg, 15, outcome)
    samples, truth = simulate_walk(walker, rng, strides=22, buckles=[buckle], **how)
    return samples, truth.buckles[0].start_s


@pytest.mark.parametrize("outcome", ["arrested", "rescue"])
def test_most_buckles_above_15_deg_are_found_in_walking(outcome):
    found = []
    for seed, fall_g in enumerate((0.15, 0.3, 0.6)):
        for flexion_deg in (17.0, 25.0):
            samples, at_s = walking(flexion_deg, outcome, fall_g, seed)
            incidents = told(samples)
            assert all(i.kind == "giving_way" and i.side == "left" for i in incidents)
            found.append(any(abs(i.start_s - at_s) < 0.5 for i in incidents))
    assert np.mean(found) >= 0.95


def test_the_evidence_holds_the_numbers_and_the_raw_signal():
    samples, at_s = walking(25.0)
    (incident,) = told(samples)
    evidence = dict(incident.evidence)
    assert incident.certainty == "probable"
    assert 7 < evidence["added_tilt_deg"] < 18
    assert evidence["stride_time_s"] > evidence["usual_stride_time_s"] + 0.05
    assert {piece.side for piece in incident.snippet} == {"left", "right"}
    for side in ("left", "right"):  # people who walk put each foot down about once a second
        touched = [at_s for leg, kind, at_s in incident.contacts if (leg, kind) == (side, "initial")]
        assert 5 <= len(touched) <= 13
        assert all(abs(at_s - incident.start_s) <= 5.0 for at_s in touched)
    assert list(incident.contacts) == sorted(incident.contacts, key=lambda one: (one[2], one[0]))
    assert all(piece.start_s <= at_s - 4.5 and piece.end_s >= at_s + 4.5 for piece in incident.snippet)


def test_one_leg_alone_finds_large_ones():
    samples, at_s = walking(30.0)
    (incident,) = told(samples, ["left"])
    assert abs(incident.start_s - at_s) < 0.5


@pytest.mark.parametrize("outcome", ["arrested", "rescue"])
def test_buckles_in_standing_are_found(outcome):
    walker = Walker()
    for seed, flexion_deg in enumerate((15.0, 25.0)):
        buckle = Buckle("right", 0.3, flexion_deg, None, outcome)
        plans = [partial(plan_walk, walker, strides=14), partial(giving_way, walker, buckle=buckle)]
        samples, truths = record([*plans, plans[0]], np.random.default_rng(seed))
        (incident,) = told(samples)
        assert (incident.kind, incident.side) == ("giving_way", "right")
        assert abs(incident.start_s - truths[1].buckles[0].start_s) < 0.3


def test_a_buckle_before_the_sensor_is_aligned_is_found_once_it_is():
    samples, truth = simulate_walk(
        Walker(), np.random.default_rng(2), strides=20, buckles=[Buckle("left", 0.3, 20.0)], stand_s=(8.0, 3.0)
    )
    (incident,) = told(samples)
    assert abs(incident.start_s - truth.buckles[0].start_s) < 0.3


SCENES = {
    "chair": chair_stands,
    "rise": rising,
    "sit": sitting_down,
    "stand": standing,
    "squat": partial(squatting, lean_deg=15.0, took_s=(0.5, 0.1, 0.6)),
    "kneel": partial(kneeling, knees=("left",)),
    "bend": bending,
    "turn": turning_on_the_spot,
    "ride": partial(riding, seconds=60.0),
    "stairs up": partial(plan_walk, strides=12, ground=Ground("stairs_up")),
    "stairs down": partial(plan_walk, strides=12, ground=Ground("stairs_down")),
    "ramp": partial(plan_walk, strides=14, ground=Ground("ramp_down")),
    "turns": partial(plan_walk, strides=20, turns=(Turn(8, 180), Turn(14, -90))),
}


@pytest.mark.parametrize("name", SCENES)
def test_daily_life_is_not_taken_for_it(name):
    walker = Walker()
    walk = partial(plan_walk, walker, strides=14)
    samples, _ = record([walk, partial(SCENES[name], walker), walk], np.random.default_rng(7))
    assert told(samples) == []
    assert told(samples, ["left"]) == []


def test_sensors_put_on_another_way_round_tell_nothing_until_they_are_aligned_anew():
    samples, _ = simulate_walk(Walker(), np.random.default_rng(3), strides=60)
    stream, found = WalkStream(), []
    for side, s in samples.items():
        turn = np.diag([-1.0, 1.0, -1.0]) if side == "left" else np.array([[0, 0, 1.0], [1.0, 0, 0], [0, 1.0, 0]])
        cut = 3500
        first = Samples(side, "shank", 0.0, s.rate_hz, s.acc[:cut], s.gyr[:cut])
        rest = Samples(side, "shank", first.end_s + 20.0, s.rate_hz, s.acc[cut:] @ turn, s.gyr[cut:] @ turn)
        for item in (first, Gap(side, "shank", first.end_s, rest.start_s, "charged"), rest):
            found += stream.update(item).incidents
    found += stream.close().incidents
    assert [i for i in found if i.kind != "foot_drop"] == []


def test_a_gap_in_the_middle_of_a_buckle_leaves_nothing_to_tell():
    samples, at_s = walking(25.0)
    stream = WalkStream()
    found = []
    for side, s in samples.items():
        cut = round((at_s + 0.1) * s.rate_hz)
        first = Samples(side, "shank", 0.0, s.rate_hz, s.acc[:cut], s.gyr[:cut])
        rest = Samples(side, "shank", first.end_s + 0.5, s.rate_hz, s.acc[cut + 50 :], s.gyr[cut + 50 :])
        for item in (first, Gap(side, "shank", first.end_s, rest.start_s, "test"), rest):
            found += stream.update(item).incidents
    found += stream.close().incidents
    assert [i for i in found if i.kind == "giving_way"] == []


def test_a_clipped_gyroscope_still_tells_a_buckle():
    samples, at_s = walking(25.0)
    clipped = {
        side: Samples(side, "shank", 0.0, s.rate_hz, s.acc, np.clip(s.gyr, -256, 256)) for side, s in samples.items()
    }
    assert any(abs(i.start_s - at_s) < 0.5 for i in told(clipped))


def strides_with_a_late_load(before_s):
    """Twelve strides; the last shank leans 0.16 s later, as do both feet, and the stride before it is shorter."""
    table = StrideTable.of("shank", 12)
    table["stride_time_s"], table["other_contact_s"] = np.full(12, 1.1), np.full(12, 0.55)
    table["stride_time_s"][-2:] += (-before_s, 0.16)
    table["other_contact_s"][-1] += 0.16
    table["end_s"] = np.cumsum(table["stride_time_s"])
    table["start_s"] = table["landed_s"] = table["end_s"] - table["stride_time_s"]
    table["lean_middle"], table["lean_whole"], table["no_heel_strike"] = np.full(12, 22), np.full(12, 28), np.zeros(12)
    piece = np.arange(table.leans.shape[0])[:, None] - 8 * (np.arange(12) == 11)
    table.leans[:] = np.interp(piece, [3, 8, 11, 18], [140.0, -40.0, -40.0, 80.0])
    return table


@pytest.mark.parametrize(("before_s", "found"), [(0.0, 1), (0.02, 1), (0.16, 0)])
def test_a_landing_told_early_is_not_taken_for_it(before_s, found):
    """Then the stride before it was told as much shorter; a knee shortens nothing that was before."""
    told = GivingWay().find(strides_with_a_late_load(before_s))
    assert [i.kind for i in told] == ["giving_way"] * found


@pytest.mark.parametrize(("pause_s", "found"), [(30.0, True), (90.0, False)])
def test_strides_from_before_the_sensor_was_put_on_are_no_measure(pause_s, found):
    """Ten strides, a pause, eight more: after a minute off the leg they are not what is usual."""
    samples, at_s = walking(25.0)
    stream, told = WalkStream(), []
    for side, s in samples.items():
        cut = round((at_s - 9.0) * s.rate_hz)
        first = Samples(side, "shank", 0.0, s.rate_hz, s.acc[:cut], s.gyr[:cut])
        rest = Samples(side, "shank", first.end_s + pause_s, s.rate_hz, s.acc[cut:], s.gyr[cut:])
        for item in (first, rest):
            told += stream.update(item).incidents
    told += stream.close().incidents
    assert any(i.kind == "giving_way" for i in told) == found


@pytest.mark.parametrize(
    ("longer_s", "later_s", "found"), [(0.08, 0.0, 1), (0.0, -0.08, 1), (-0.08, 0.0, 0), (0.0, 0.0, 0)]
)
def test_a_small_lean_needs_a_late_leg_or_an_early_other_foot(longer_s, later_s, found):
    """A stride that is shorter, with the other foot in time, is a quicker step and no knee that gave way."""
    table = strides_with_a_late_load(0.0)
    piece = np.arange(len(table.leans))
    table.leans[:] = np.interp(piece, [3, 8], [140.0, 30.0])[:, None]
    table.leans[:, -1] += np.interp(piece, [8, 10, 13, 15, 19, 21], [0, 60, 60, -20, -20, 0])
    table["stride_time_s"][-1], table["other_contact_s"][-1] = 1.1 + longer_s, 0.55 + later_s
    table["end_s"][-1] = table["start_s"][-1] + 1.1 + longer_s
    assert len(GivingWay().find(table)) == found


@pytest.mark.parametrize(("alone", "found"), [(0, 1), (3, 1), (6, 0), (11, 0)])
def test_the_other_foot_is_early_only_where_its_usual_time_is_known(alone, found):
    """Strides without the other foot's contact, as while its sensor is not yet aligned, do not tell when it lands."""
    table = strides_with_a_late_load(0.0)
    piece = np.arange(len(table.leans))
    table.leans[:] = np.interp(piece, [3, 8], [140.0, 30.0])[:, None]
    table.leans[:, -1] += np.interp(piece, [8, 10, 13, 15, 19, 21], [0, 60, 60, -20, -20, 0])
    table["stride_time_s"][-1], table["other_contact_s"][-1] = 1.1, 0.47
    table["end_s"][-1] = table["start_s"][-1] + 1.1
    table["other_contact_s"][:alone] = np.nan
    assert len(GivingWay().find(table)) == found
    table["other_contact_s"][1:11] = np.linspace(0.25, 0.85, 10)  # a sensor put on another way round
    assert len(GivingWay().find(table)) == 0
