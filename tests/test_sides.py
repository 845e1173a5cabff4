"""Sides: sensors on the wrong legs are told within twenty strides, those on the right ones never are; real walkers."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import realdata
from surefoot.records import SIDES, Samples, SideCheck
from surefoot.signal.sides import SideParams
from surefoot.signal.told import WalkParams
from surefoot.signal.walk import WalkStream, analyze
from surefoot.simulation.walker import Walker, simulate_walk

OTHER = {"left": "right", "right": "left"}
SHORT = {"marpino": 3, "ipol1": 8, "oudre1020": 3}  # strides of each leg there are


def worn(recording, placement, sides=SIDES):
    return {
        side: recording.sensors[f"{side}_{placement}"] for side in sides if f"{side}_{placement}" in recording.sensors
    }


def verdicts(sensors, rate_hz, placement, params=None):
    walk = analyze(sensors, rate_hz, placement, params or WalkParams())
    return [check for check in walk.checks if isinstance(check, SideCheck)]


@pytest.mark.parametrize("placement", ["shank", "foot"])
def test_legs_after_stroke_are_what_they_are_told_to_be_and_exchanged_ones_are_not(placement):
    for recording in realdata.recordings("movingreality"):
        sensors = worn(recording, placement)
        assert [c.verdict for c in verdicts(sensors, recording.rate_hz, placement)] == ["as_told"], recording.id
        exchanged = {OTHER[side]: sensor for side, sensor in sensors.items()}
        (check,) = verdicts(exchanged, recording.rate_hz, placement)
        assert check.verdict == "swapped", recording.id
        walk = analyze(exchanged, recording.rate_hz, placement)
        seen = walk.strides["end_s"][walk.strides["valid"]] <= check.at_s
        assert seen.sum() <= 80, recording.id  # of both legs


@pytest.mark.parametrize("which", ["marpino", "ipol1"])
def test_short_walks_of_the_healthy_are_never_told_exchanged(which):
    placement = "foot" if which == "ipol1" else "shank"
    short = WalkParams(sides=SideParams(strides=SHORT[which]))
    told = [verdicts(worn(r, placement), r.rate_hz, placement, short) for r in realdata.recordings(which)]
    assert sum(bool(checks) for checks in told) >= 0.6 * len(told)
    assert {check.verdict for checks in told for check in checks} == {"as_told"}


@pytest.mark.parametrize("side", SIDES)
def test_one_sensor_on_the_other_leg_is_told(side):
    for recording in list(realdata.recordings("movingreality"))[::3]:
        sensor = recording.sensors[f"{side}_shank"]
        assert {c.verdict for c in verdicts({side: sensor}, recording.rate_hz, "shank")} <= {"as_told"}
        (check,) = verdicts({OTHER[side]: sensor}, recording.rate_hz, "shank")
        assert (check.verdict, check.legs) == ("swapped", 1)


def test_the_mounting_does_not_matter():
    recording = next(realdata.recordings("movingreality"))
    turns = Rotation.random(2, rng=np.random.default_rng(5))
    sensors = {
        side: tuple(turn.apply(x) for x in sensor)
        for turn, (side, sensor) in zip(turns, worn(recording, "shank").items(), strict=True)
    }
    (plain,) = verdicts(worn(recording, "shank"), recording.rate_hz, "shank")
    (turned,) = verdicts(sensors, recording.rate_hz, "shank")
    assert (turned.at_s, turned.margin) == pytest.approx((plain.at_s, plain.margin), abs=1e-6)


def test_sensors_put_on_the_wrong_legs_at_noon_are_told_and_told_again_when_they_are_right():
    walks = [simulate_walk(Walker(), np.random.default_rng(k), strides=60, start_s=3600.0 * k)[0] for k in range(3)]
    stream = WalkStream()
    found = []
    for number, walk in enumerate(walks):
        for side in SIDES:
            block = walk[OTHER[side] if number == 1 else side]
            found.append(stream.update(Samples(side, "shank", block.start_s, block.rate_hz, block.acc, block.gyr)))
    found.append(stream.close())
    checks = [c for f in found for c in f.checks if isinstance(c, SideCheck)]
    assert [c.verdict for c in checks] == ["as_told", "swapped", "as_told"]
    assert [int(c.at_s // 3600) for c in checks] == [0, 1, 2]


def test_without_gravity_nothing_is_said():
    short = WalkParams(sides=SideParams(strides=SHORT["oudre1020"]))
    for recording in list(realdata.recordings("oudre1020"))[::10]:
        assert verdicts(worn(recording, "foot"), recording.rate_hz, "foot", short) == []


def test_checks_are_the_same_however_cut():
    recording = list(realdata.recordings("movingreality"))[3]
    sensors = worn(recording, "shank")
    rng = np.random.default_rng(11)
    stream, items = WalkStream(), []
    for side, (acc, gyr) in sensors.items():
        edges = [0, *np.sort(rng.integers(1, len(acc), 60)).tolist(), len(acc)]
        items += [
            Samples(side, "shank", a / recording.rate_hz, recording.rate_hz, acc[a:b], gyr[a:b])
            for a, b in pairwise(edges)
        ]
    items.sort(key=lambda block: block.end_s)
    found = [stream.update(item) for item in items] + [stream.close()]
    assert [c for f in found for c in f.checks] == analyze(sensors, recording.rate_hz).checks
    assert len({type(c) for f in found for c in f.checks}) == 2  # sides and clocks
