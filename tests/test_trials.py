"""Trials: pretend people doing guided tests, consistent in themselves and true to their truth."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from surefoot.records import SIDES, TestKind
from surefoot.simulation.gait import Leg
from surefoot.simulation.sensor import Sensor
from surefoot.simulation.trials import WRONG, simulate_trial

KINDS = get_args(TestKind)
PERFECT = {side: Sensor() for side in SIDES}
FOOT = ("heel_walk", "toe_tap")


def trial(kind: str, seed: int = 1, **how: object):
    placement = "foot" if kind in FOOT else "shank"
    return simulate_trial(kind, np.random.default_rng(seed), placement=placement, **how)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_is_whole_and_its_truth_lies_within(kind: str) -> None:
    sensors, truth = trial(kind)
    assert set(sensors) == set(SIDES)
    for samples in sensors.values():
        assert samples.acc.shape == samples.gyr.shape and np.isfinite(samples.acc).all()
        assert 0 < truth.start_s < truth.end_s <= samples.end_s
    assert (np.diff(truth.repetitions_s) > 0).all()
    assert truth.start_s <= truth.repetitions_s[0] and truth.repetitions_s[-1] <= truth.end_s


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_is_the_same_trial(kind: str) -> None:
    one, other = trial(kind, 7)[0], trial(kind, 7)[0]
    assert np.array_equal(one["left"].gyr, other["left"].gyr)
    assert not np.array_equal(one["left"].gyr[:300], trial(kind, 8)[0]["left"].gyr[:300])


@pytest.mark.parametrize("kind", ["sit_to_stand_5", "chair_stand_30s", "heel_rise"])
def test_gyroscope_and_gravity_tell_the_same_tilt(kind: str) -> None:
    """On the spot the acceleration is gravity's on average: its direction and the integral of the rate agree."""
    sensors, _ = trial(kind, 3, sensors=PERFECT)
    samples = sensors["left"]
    by_gyr = np.cumsum(samples.gyr[:, 1]) / samples.rate_hz
    by_acc = np.rad2deg(np.arctan2(-samples.acc[:, 0], samples.acc[:, 2]))
    apart = by_acc - by_acc[0] - by_gyr
    smooth = np.convolve(apart, np.ones(300) / 300, mode="valid")
    assert np.abs(smooth).max() < 2.0


def test_toes_are_flat_again_after_tapping() -> None:
    sensors, _ = trial("toe_tap", 3, sensors=PERFECT)
    pitch = -np.cumsum(sensors["left"].gyr[:, 1]) / 100
    assert pitch.max() > 10 and abs(pitch[-1]) < 0.5 and pitch.min() > -1


@pytest.mark.parametrize(
    ("kind", "leg", "slower"),
    [
        ("sit_to_stand_5", Leg(quad=0.8), True),
        ("chair_stand_30s", Leg(quad=0.8), False),
        ("heel_rise", Leg(push=0.7), False),
        ("toe_tap", Leg(dorsi=0.8), False),
        ("heel_walk", Leg(dorsi=0.8), False),
    ],
)
def test_a_weak_leg_does_worse(kind: str, leg: Leg, slower: bool) -> None:
    weak, well = trial(kind, leg=leg)[1].value, trial(kind)[1].value
    assert (weak > 1.3 * well) if slower else (weak < 0.8 * well)


def test_heels_come_up_by_what_is_believed_of_a_calf() -> None:
    """Twice integrated, a perfect sensor's readings give 5 to 8 cm for a healthy first rise."""
    sensors, truth = trial("heel_rise", 2, sensors=PERFECT)
    samples = sensors["left"]
    first = slice(int((truth.start_s - 0.2) * 100), int(truth.repetitions_s[0] * 100))
    up = np.linalg.norm(samples.acc[first], axis=1) - 9.81
    assert 0.045 < np.cumsum(np.cumsum(up)).max() / 1e4 < 0.09


def test_every_wrong_way_is_played_and_no_other() -> None:
    for kind, ways in WRONG.items():
        for wrong in ways:
            sensors, _ = trial(kind, wrong=wrong)
            assert min(len(s) for s in sensors.values()) > 100
    with pytest.raises(ValueError, match="no way to do toe_tap wrongly"):
        trial("toe_tap", wrong="upside down")
