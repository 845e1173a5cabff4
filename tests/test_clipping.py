"""Clipping and low rates: what is cut off or falls between readings is counted and said, and nothing else is."""

import numpy as np
import pytest

import realdata
from surefoot.sensors.files.clipping import clipping_notes
from surefoot.signal.rates import not_at_this_rate
from surefoot.simulation.faults import clip
from surefoot.simulation.walker import Walker, simulate_walk


def walked():
    return simulate_walk(Walker(speed_mps=1.3), np.random.default_rng(4), strides=12)[0]["left"]


def test_a_walk_within_the_range_is_not_clipped():
    samples = walked()
    assert clipping_notes(samples.acc, samples.gyr) == []
    assert clipping_notes(np.tile([0.0, 9.81, 0.0], (500, 1)), np.zeros((500, 3))) == []
    assert clipping_notes(np.empty((0, 3)), np.empty((0, 3))) == []


@pytest.mark.parametrize("limit_dps", [250.0, 150.0])
def test_a_gyroscope_that_ends_in_the_swing_is_told_with_its_limit_and_count(limit_dps):
    (samples,) = clip([walked()], gyr_dps=limit_dps)
    (told,) = clipping_notes(samples.acc, samples.gyr)
    count = int((np.abs(samples.gyr) >= limit_dps).any(axis=1).sum())
    assert f"at {limit_dps:.0f} deg/s" in told and "swing" in told
    assert abs(int(told.split()[0]) - count) <= 0.1 * count


def test_real_recordings_within_their_range_are_not_told_of():
    for recording in realdata.recordings("marpino", "ipol1", "movingreality", "gaitmap"):
        for name, (acc, gyr) in recording.sensors.items():
            assert clipping_notes(acc, gyr) == [], (recording.id, name)


def test_a_replay_says_so(tmp_path, capsys):
    from surefoot.cli import main as cli

    (samples,) = clip([walked()], gyr_dps=150.0)
    path = realdata.write_csv((samples.acc[::4], samples.gyr[::4]), tmp_path / "left.csv", rate_hz=25.0)
    with pytest.raises(SystemExit):
        cli.main(["replay", str(path)])
    told = capsys.readouterr().err
    assert "readings of the gyroscope stand at 150 deg/s" in told
    assert "at 25 readings a second slap of the foot and toe drag cannot be seen" in told


def test_what_a_rate_cannot_give_grows_as_it_falls():
    counts = [len(not_at_this_rate(rate_hz, "shank")) for rate_hz in (200.0, 100.0, 60.0, 40.0, 25.0)]
    assert counts == [0, 0, 2, 2, 3]
    assert not any("stumble" in told for told in not_at_this_rate(25.0, "foot"))
