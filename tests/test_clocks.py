"""Clocks: the offset between two sensors from the shock that crosses over, on real walkers with clocks set apart."""

from functools import cache

import numpy as np
import pytest

import realdata
from surefoot.records import SIDES, Samples
from surefoot.signal.clocks import ClockOffset, OffsetNotKnown
from surefoot.signal.walk import WalkStream, analyze


def offset(recording, placement, late=0):
    """The right sensor's clock ahead by so many samples: what happens at t is told as t + late."""
    sensors = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
    if late > 0:
        sensors["left"] = tuple(x[late:] for x in sensors["left"])
    elif late < 0:
        sensors["right"] = tuple(x[-late:] for x in sensors["right"])
    return analyze(sensors, recording.rate_hz, placement).clock_offset


@cache
def synchronised(which):
    """What is told of each recording as it is."""
    return [offset(recording, "shank") for recording in realdata.recordings(which)]


@pytest.mark.parametrize(("which", "least_known"), [("movingreality", 0.6), ("marpino", 0.9)])
def test_synchronised_sensors_stand_together(which, least_known):
    told = synchronised(which)
    known = np.array([x.offset_s for x in told if isinstance(x, ClockOffset)])
    assert len(known) >= least_known * len(told)
    assert np.median(np.abs(known)) <= 0.016
    assert np.mean(np.abs(known) <= 0.030) >= 0.9


@pytest.mark.parametrize("late", [-4, -2, 3])
def test_clocks_set_apart_are_told_with_their_sign(late):
    changes = []
    for recording, before in zip(realdata.recordings("movingreality"), synchronised("movingreality"), strict=True):
        after = offset(recording, "shank", late) if isinstance(before, ClockOffset) else before
        if isinstance(before, ClockOffset) and isinstance(after, ClockOffset):
            changes.append(after.offset_s - before.offset_s)
    assert len(changes) >= 12
    assert np.median(changes) == pytest.approx(late / 100.0, abs=0.005)


def test_sensors_whose_rates_differ_a_little_are_held_against_each_other():
    recording = next(realdata.recordings("movingreality"))
    told = []
    for fast in (1.0, 1.0004):
        walk = WalkStream()
        for side, rate_hz in (("left", 100.0), ("right", 100.0 * fast)):
            walk.update(Samples(side, "shank", 0.0, rate_hz, *recording.sensors[f"{side}_shank"]))
        walk.close()
        told.append(walk.clock_offset)
    assert all(isinstance(offset, ClockOffset) for offset in told)
    assert told[1].landings > 0.8 * told[0].landings


def test_feet_say_nothing():
    told = offset(next(realdata.recordings("ipol1")), "foot")
    assert told == OffsetNotKnown("a foot does not feel the other one land")


def test_one_leg_or_nobody_walking_says_why():
    still = (np.tile([0.0, 9.81, 0.0], (3000, 1)), np.zeros((3000, 3)))
    assert analyze({"left": still}, 100.0).clock_offset == OffsetNotKnown("one leg has no sensor")
    told = analyze({"left": still, "right": still}, 100.0).clock_offset
    assert isinstance(told, OffsetNotKnown)
    assert "landings" in told.reason
