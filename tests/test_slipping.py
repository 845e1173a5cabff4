"""Slipping: a sensor that moves on the leg is told once, one that stays put never; real walkers, turned on purpose."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import realdata
from surefoot.records import Samples, Slip
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.slipping import SlipParams, Slipped, SlipWatch
from surefoot.signal.walk import WalkStream, analyze


def frame(degrees, lately=None):
    turned, recent = (
        Rotation.from_euler("y", x, degrees=True).as_matrix() for x in (degrees, degrees if lately is None else lately)
    )
    return Aligned(turned, 3.0, 150.0, recent)


def told(degrees):
    watch = SlipWatch(SlipParams(settled_blocks=5, lasting_blocks=3))
    return [watch.update(frame(d)) for d in degrees]


def test_a_frame_that_wanders_is_no_slip():
    assert not any(told([*np.linspace(0, 10, 50), *np.linspace(10, -10, 50)]))


def test_a_slip_is_told_once_and_a_second_one_again():
    found = told([0.0] * 10 + [30.0] * 40 + [60.0] * 10)
    assert [k for k, x in enumerate(found) if x is not None] == [11, 51]
    assert found[11] == pytest.approx(30.0)
    assert found[51] == pytest.approx(30.0)


def test_one_odd_block_and_blocks_without_walking_are_no_slip():
    watch = SlipWatch(SlipParams(settled_blocks=2, lasting_blocks=2))
    still = frame(40.0)
    states = [NotYet("x"), frame(0.0), frame(0.0), frame(0.0), still, still, still, frame(1.0)]
    assert [watch.update(s) for s in states] == [None] * len(states)


def test_a_large_turn_is_seen_before_the_frame_of_a_minute_follows():
    watch = SlipWatch(SlipParams(settled_blocks=2, lasting_lately_blocks=2))
    states = [frame(0.0), frame(0.0), frame(4.0, 30.0), frame(0.0, 2.0), frame(5.0, 30.0), frame(6.0, 31.0)]
    assert [watch.update(s) for s in states] == [None] * 5 + [pytest.approx(31.0)]


def turned(recording, side, degrees):
    """One sensor, turned about a slanted axis half-way through."""
    acc, gyr = recording.sensors[f"{side}_shank"]
    half = len(acc) // 2
    up = acc.mean(axis=0) / np.linalg.norm(acc.mean(axis=0)) + 0.3 * np.eye(3)[0]
    turn = Rotation.from_rotvec(np.deg2rad(degrees) * up / np.linalg.norm(up))
    return tuple(np.concatenate([x[:half], turn.apply(x[half:])]) for x in (acc, gyr)), half / recording.rate_hz


@pytest.mark.parametrize(("degrees", "most_strides"), [(30, 20), (45, 15)])
def test_a_real_sensor_turned_half_way_is_found_within_twenty_strides_and_one_left_alone_is_not(degrees, most_strides):
    counts = []
    for recording in list(realdata.recordings("movingreality"))[::4]:
        assert analyze({"right": recording.sensors["right_shank"]}, recording.rate_hz).slips == []
        sensor, at_s = turned(recording, "right", degrees)
        walk = analyze({"right": sensor}, recording.rate_hz)
        slip = walk.slips[0]
        assert slip.side == "right"
        ends = walk.strides["end_s"]
        counts.append(int(((ends > at_s) & (ends < slip.at_s)).sum()) if slip.at_s > at_s else 10**6)
    assert len(counts) >= 6
    assert max(counts) <= most_strides


def test_a_slow_drift_adds_up_and_is_told():
    recording = next(realdata.recordings("terrain"))
    (sensor,) = recording.sensors.values()
    count = min(len(sensor[0]), round(600 * recording.rate_hz))
    slowly = Rotation.from_rotvec(np.linspace(0, np.deg2rad(40), count)[:, None] * np.array([0.6, 0.8, 0.0]))
    acc, gyr = (slowly.apply(x[:count]) for x in sensor)
    assert len(analyze({"left": (acc, gyr)}, recording.rate_hz).slips) >= 1


def test_after_a_slip_the_mounting_says_so_until_the_frame_has_settled():
    recording = next(realdata.recordings("movingreality"))
    (acc, gyr), at_s = turned(recording, "right", 45)
    stream, seen, step = WalkStream(["right"]), [], round(10 * recording.rate_hz)
    for k in range(0, len(acc), step):
        block = Samples(
            "right", "shank", k / recording.rate_hz, recording.rate_hz, acc[k : k + step], gyr[k : k + step]
        )
        stream.update(block)
        seen.append((block.end_s, type(stream.mounting("right"))))
    assert seen[0][1] is NotYet
    assert {kind for end_s, kind in seen if 30.0 < end_s < at_s} == {Aligned}
    assert Slipped in {kind for end_s, kind in seen if at_s < end_s < at_s + 40.0}
    assert seen[-1][1] is Aligned


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


def test_no_foot_slips_that_is_only_dragged():
    for recording in realdata.recordings("movingreality", "ipol1", "gaitmap"):
        for side in ("left", "right"):
            walk = analyze({side: recording.sensors[f"{side}_foot"]}, recording.rate_hz, "foot")
            assert walk.slips == [], (recording.id, side)
