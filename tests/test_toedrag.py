"""Toe drag: a scrape of known length in the middle of a swing, and what is none."""

import numpy as np
import pytest

import realdata
import surefoot
from surefoot.records import SIDES
from surefoot.signal.contacts import JERK, RATE, SLOW
from surefoot.signal.ring import Ring
from surefoot.signal.toedrag import toe_drag_s

RATE_HZ = 100.0
FINAL, CONTACT = np.array([20.0]), np.array([70.0])  # 20-70 % of the swing: samples 30 to 55


def swung(scrape=(38, 46), jerk=900.0, held_dps=80.0, rate_hz=RATE_HZ):
    x = np.zeros((9, 100))
    x[JERK] = 60.0
    x[JERK, slice(*scrape)] = jerk
    x[SLOW, 20:70] = x[RATE, 20:70] = 250.0
    x[RATE, slice(*scrape)] -= held_dps
    ring = Ring(9)
    ring.append(x)
    return toe_drag_s(ring, FINAL, CONTACT, rate_hz)[0]


def test_a_scrape_is_as_long_as_it_was():
    assert swung() == pytest.approx(0.08, abs=0.021)  # smoothed over 30 ms


@pytest.mark.parametrize(
    "how",
    [
        {"jerk": 150.0},  # not rough enough
        {"held_dps": 20.0},  # the swing goes on
        {"scrape": (62, 70)},  # late in the swing: that is the landing
        {"scrape": (40, 41), "jerk": 400.0},  # one sample is a knock
    ],
)
def test_no_scrape(how):
    assert swung(**how) == 0.0


def test_a_slow_sensor_cannot_tell():
    assert np.isnan(swung(rate_hz=40.0))


def test_a_stride_without_its_final_contact_cannot_tell():
    ring = Ring(9)
    ring.append(np.zeros((9, 100)))
    assert np.isnan(toe_drag_s(ring, np.array([np.nan]), CONTACT, RATE_HZ)[0])


@pytest.mark.parametrize(("which", "placement"), [("marpino", "shank"), ("ipol1", "foot")])
def test_healthy_feet_do_not_drag(which, placement):
    dragged, count = 0, 0
    for recording in realdata.recordings(which):
        legs = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
        strides = surefoot.analyze(legs, recording.rate_hz, placement).strides
        strides = strides.take(strides["valid"])
        dragged += int((strides["toe_drag_s"] > 0).sum())
        count += len(strides)
    assert count > 200
    assert dragged / count < 0.01
