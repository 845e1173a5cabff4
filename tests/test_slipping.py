"""Slipping: a sensor that moves on the leg is told once, one that stays put never; real walkers, turned on purpose."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import realdata
from surefoot.records import Samples, Slip
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.slipping import SlipParams, SlipWatch
from surefoot.signal.walk import WalkStream, analyze


def frame(degrees):
    return Aligned(Rotation.from_euler("y", degrees, degrees=True).as_matrix(), 3.0, 150.0)


def told(degrees):
    watch = SlipWatch(SlipParams(settled_blocks=5, lasting_blocks=3, new_home_blocks=10))
    return [watch.update(frame(d)) for d in degrees]


def test_a_frame_that_wanders_is_no_slip():
    assert not any(told([*np.linspace(0, 10, 50), *np.linspace(10, -10, 50)]))


def test_a_slip_is_told_once_and_a_second_one_again():
    found = told([0.0] * 10 + [30.0] * 40 + [60.0] * 10)
    assert [k for k, x in enumerate(found) if x is not None] == [12, 52]
    assert found[12] == pytest.approx(30.0)
    assert found[52] == pytest.approx(30.0)


def test_one_odd_block_and_blocks_without_walking_are_no_slip():
    watch = SlipWatch(SlipParams(settled_blocks=2, lasting_blocks=2))
    still = frame(40.0)
    states = [NotYet("x"), frame(0.0), frame(0.0), frame(0.0), still, still, still, frame(1.0)]
    assert [watch.update(s) for s in states] == [None] * len(states)


def test_a_real_sensor_turned_half_way_is_found_and_one_left_alone_is_not():
    turned = 0
    for recording in list(realdata.recordings("movingreality"))[::4]:
        acc, gyr = recording.sensors["right_shank"]
        assert analyze({"right": (acc, gyr)}, recording.rate_hz).slips == []
        half = len(acc) // 2
        up = acc.mean(axis=0) / np.linalg.norm(acc.mean(axis=0))
        turn = Rotation.from_rotvec(np.deg2rad(45.0) * up)
        after = [np.concatenate([x[:half], turn.apply(x[half:])]) for x in (acc, gyr)]
        (slip,) = analyze({"right": tuple(after)}, recording.rate_hz).slips
        assert slip.side == "right"
        assert 0 < slip.at_s - half / recording.rate_hz < 60.0
        turned += 1
    assert turned >= 6


def test_nothing_slips_in_hours_outdoors():
    for recording in realdata.recordings("terrain"):
        (sensor,) = recording.sensors.values()
        assert analyze({"left": sensor}, recording.rate_hz).slips == [], recording.id


def test_the_cutting_does_not_matter():
    recording = next(realdata.recordings("movingreality"))
    acc, gyr = (x.copy() for x in recording.sensors["right_shank"])
    turn = Rotation.from_euler("xyz", [40, 30, 0], degrees=True)
    acc[9000:], gyr[9000:] = turn.apply(acc[9000:]), turn.apply(gyr[9000:])
    whole = analyze({"right": (acc, gyr)}, 100.0).slips
    stream = WalkStream(["right"])
    cuts = [0, *sorted(np.random.default_rng(3).integers(0, len(acc), 200)), len(acc)]
    found = [stream.update(Samples("right", "shank", a / 100.0, 100.0, acc[a:b], gyr[a:b])) for a, b in pairwise(cuts)]
    assert [s for f in [*found, stream.close()] for s in f.checks if isinstance(s, Slip)] == whole != []
