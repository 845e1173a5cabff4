"""A leg held after its swing and put down late: the contact is where it lands, live as in the whole."""

import numpy as np
import pytest

import realdata
import surefoot
from surefoot.records import SIDES, Samples
from surefoot.signal.walk import WalkStream

RATE_HZ, STRIDE_S = 100.0, 1.6


def walking(late_s, seconds=40.0, shock=40.0):
    """A shank that swings from 0.55 to 0.85 s of each stride and lands so much later (None: without any shock)."""
    rng = np.random.default_rng(1)
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phase_s = t % STRIDE_S
    swing = 300 * np.exp(-(((phase_s - 0.75) / 0.1) ** 2)) - 130 * np.exp(-(((phase_s - 0.5) / 0.08) ** 2))
    rate = np.where(phase_s < 0.3, -30.0, 0.0) + swing
    acc = np.stack([np.zeros_like(t), np.full_like(t, 9.81), np.zeros_like(t)], axis=1)
    landed = np.empty(0)
    if late_s is not None:
        landed = np.arange(1, int(seconds / STRIDE_S) - 1) * STRIDE_S + 0.92 + late_s
        at = np.rint(landed * RATE_HZ).astype(int)
        acc[at, 1] += shock
        acc[at + 1, 1] -= shock
    gyr = np.stack([np.zeros_like(t), np.zeros_like(t), rate], axis=1)
    return acc + rng.normal(0, 0.1, acc.shape), gyr + rng.normal(0, 0.5, gyr.shape), landed


@pytest.mark.parametrize("late_s", [0.0, 0.15, 0.25, 0.35])
def test_the_contact_is_where_the_foot_lands(late_s):
    acc, gyr, landed = walking(late_s)
    walk = surefoot.analyze({"left": (acc, gyr)}, RATE_HZ)
    found = walk.initial_contacts["left"]
    nearest = np.array([found[np.abs(found - at).argmin()] for at in landed])
    np.testing.assert_allclose(nearest, landed, atol=0.03)
    struck = ~walk.strides["no_heel_strike"]
    assert struck[1:-2].all()  # the first and the last landings were left out


@pytest.mark.parametrize("late_s", [None, 0.8])
def test_without_a_landing_in_time_the_swing_tells(late_s):
    acc, gyr, _ = walking(late_s)
    walk = surefoot.analyze({"left": (acc, gyr)}, RATE_HZ)
    assert len(walk.strides) > 15
    assert walk.strides["no_heel_strike"].all()


@pytest.mark.parametrize("late_s", [0.0, 0.25, None])
def test_waiting_for_a_late_landing_changes_nothing_but_when_it_is_told(late_s):
    acc, gyr, _ = walking(late_s, seconds=80.0)
    whole = surefoot.analyze({"left": (acc, gyr)}, RATE_HZ).initial_contacts["left"]
    stream = WalkStream(["left"])
    found, delays = [], []
    for k in range(0, len(acc), 3):
        block = Samples("left", "shank", k / RATE_HZ, RATE_HZ, acc[k : k + 3], gyr[k : k + 3])
        told = stream.update(block).contacts.get("left", (np.empty(0),))[0]
        found.append(told)
        delays += [block.end_s - at for at in told if at > 65]  # the frame of the sensor is known
    found.append(stream.close().contacts.get("left", (np.empty(0),))[0])
    assert np.array_equal(np.concatenate(found), whole)
    assert len(delays) > 2
    assert max(delays) < 1.0


def test_a_real_leg_put_down_late():
    """Subject 1 after stroke: shank and foot of the weak leg agree on the landing; hardly any has no strike."""
    recording = realdata.recording("movingreality", "1019_pp01_exported003")
    shank, foot = (
        surefoot.analyze({side: recording.sensors[f"{side}_{where}"] for side in SIDES}, recording.rate_hz, where)
        for where in ("shank", "foot")
    )
    mine, its = (w.strides.of_side("left")["end_s"] for w in (shank, foot))
    apart = np.array([np.abs(its - at).min() for at in mine])
    assert len(mine) > 75
    assert np.mean(apart < 0.08) > 0.9
    assert shank.strides.of_side("left")["no_heel_strike"].mean() < 0.1
