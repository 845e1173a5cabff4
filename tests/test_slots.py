"""Slots: how quiet a sensor can be is learned and forgotten; a walk before the frame is known is no handling."""

from functools import partial

import numpy as np
import pytest

from surefoot.records import SIDES
from surefoot.signal.rests import Rests
from surefoot.signal.slots import PAST, SLOT_S, Floors, Slots
from surefoot.signal.walk import analyze
from surefoot.simulation import chairs
from surefoot.simulation.scene import record
from surefoot.simulation.walker import Walker, plan_walk


def floors_of(values, period, told=5, ahead=4, first=1000):
    """Of one sensor, told some slots at a time."""
    floors, found = Floors(1, period), []
    for at in range(0, len(values) - ahead, told):
        seen = np.broadcast_to(values[at : at + told + ahead], (2, 1, len(values[at : at + told + ahead])))
        found += floors.update(seen, first + at, told)[0, 0, :told].tolist()
    return found


def test_the_quietest_so_far_counts():
    assert floors_of(np.array([3, 2, 5, np.nan, 4, 6, 1, 7, 8, 9, 0.5, 9, 9, 9]), 1000)[:10] == [
        3,
        2,
        2,
        2,
        2,
        2,
        1,
        1,
        1,
        1,
    ]


def test_a_bad_floor_is_forgotten_after_the_next_period():
    values = np.r_[4.0, 0.01, np.full(58, 4.0)]
    found = floors_of(values, 20)
    assert found[1:40] == [0.01] * 39  # of this period and the one before
    assert found[40:] == [4.0] * len(found[40:])


def test_readings_that_never_change_are_no_quiet():
    assert set(floors_of(np.r_[0.0, np.full(20, 4.0)], 1000)[1:]) == {4.0}


@pytest.mark.parametrize("told", [1, 3, 20])
def test_how_many_are_told_at_once_does_not_matter(told):
    values = np.random.default_rng(1).uniform(1, 9, 70)
    assert floors_of(values, 17, told)[:50] == floors_of(values, 17, 5)[:50]


def rests(first, sway_dps, upright):
    start_s = SLOT_S * (first + np.arange(len(sway_dps)))
    flat = np.full(len(sway_dps), 0.01)
    return Rests(start_s, start_s + SLOT_S, sway_dps, flat, np.where(sway_dps > 1, 300.0, 1.0), upright)


@pytest.mark.parametrize(
    ("noise_dps", "sway_dps", "standing"),
    [(0.1, 0.1, -0.15), (0.1, 0.4, -0.04), (0.1, 0.6, 0.25), (0.4, 0.6, -0.04), (0.4, 0.9, 0.25), (0.4, 60.0, 0.0)],
)
def test_what_a_leg_at_rest_says_for_standing(noise_dps, sway_dps, standing):
    """Quiet, at rest, swaying, moving: as far as the quietest moment of the sensor lets it be seen."""
    slots = Slots(["left"])
    slots.add("left", rests(PAST, np.array([noise_dps, sway_dps]), np.full(2, np.nan)))
    assert slots.tell(PAST, 2, 0, np.zeros(PAST + 2, bool))[1].standing == pytest.approx(standing)


@pytest.mark.parametrize(("upright", "off"), [(np.nan, False), (0.5, True), (0.95, False)])
def test_only_a_sensor_known_to_lie_askew_was_put_down(upright, off):
    """Fast turning, then stillness: a walk and a seat, or hands and a table; before a frame is known nobody can say."""
    slots = Slots(["left"])
    sway = np.r_[np.full(5, 200.0), np.full(40, 0.1)]
    slots.add("left", rests(PAST, sway, np.full(45, upright)))
    told = slots.tell(PAST, 45, 0, np.zeros(PAST + 45, bool))
    assert any(slot.off for slot in told) == off


def test_a_few_steps_and_a_seat_right_after_putting_on_are_not_told_as_not_worn():
    """Too few for a frame."""
    walker = Walker()
    plans = [partial(plan_walk, walker, strides=4, seated=(True, True)), partial(chairs.sitting, walker, seconds=180.0)]
    samples, _ = record(plans, np.random.default_rng(3))
    told = analyze({side: (samples[side].acc, samples[side].gyr) for side in SIDES}, 100.0).activities
    assert "not_worn" not in {activity.kind for activity in told}
