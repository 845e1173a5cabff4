"""Endurance: a walk that ends as it began, one that tires, and those too short to say."""

import numpy as np
import pytest

import surefoot
from surefoot.signal.endurance import EnduranceParams, endurance
from surefoot.signal.table import StrideTable
from surefoot.simulation.walker import Walker, simulate_walk


def walk(seconds=300.0, tiring=True, sides=(0, 1)):
    """Strides of 1 s that, if tiring, become slower, push off less, and drop the left foot at the end."""
    tables = []
    for side in sides:
        start = np.arange(0.5 * side, seconds, 1.0)
        late = start > 200.0 if tiring else np.zeros(len(start), bool)
        table = StrideTable.of("shank", len(start))
        table["side"][:] = side
        table["start_s"], table["end_s"] = start, start + 1.0
        table["stride_time_s"] = np.where(late, 1.25, 1.0)
        table["push_off_rate_dps"] = np.where(late & (side == 0), 150.0, 200.0)
        table["foot_drop"] = late & (side == 0) & (np.arange(len(start)) % 2 == 0)
        tables.append(table)
    return StrideTable.joined("shank", tables)


def test_a_walk_that_tires():
    said = endurance(walk())
    assert said.change(None, "cadence_spm") == pytest.approx(-20.0)
    assert said.change("left", "push_off_rate_dps") == pytest.approx(-25.0)
    assert said.change("right", "push_off_rate_dps") == pytest.approx(0.0)
    assert said.change("left", "foot_drop_pct") == pytest.approx(50.0, abs=1.0)
    assert said.reason == ""


def test_a_walk_that_does_not():
    assert {c.change for c in endurance(walk(tiring=False)).changes} == {0.0}


def test_one_leg_tells_of_itself():
    said = endurance(walk(sides=(0,)))
    assert said.change("left", "push_off_rate_dps") == pytest.approx(-25.0)
    assert said.change("right", "push_off_rate_dps") is None


def test_what_is_not_known_of_enough_strides_is_not_told():
    table = walk()
    table["push_off_rate_dps"][table["side"] == 0] = np.nan
    said = endurance(table)
    assert said.change("left", "push_off_rate_dps") is None
    assert said.change("left", "foot_drop_pct") == pytest.approx(50.0, abs=1.0)


@pytest.mark.parametrize(("seconds", "told"), [(100.0, "walk lasted"), (0.0, "no valid strides")])
def test_too_short_a_walk_cannot_be_said(seconds, told):
    said = endurance(walk(seconds))
    assert said.changes == ()
    assert told in said.reason


def test_a_walk_full_of_turns_cannot_be_said():
    turning = walk()
    turning["valid"] = np.arange(len(turning)) % 20 == 0
    assert "fewer than" in endurance(turning).reason


def test_a_pretend_walk_of_two_minutes_stays_itself():
    sensors, _ = simulate_walk(Walker(), np.random.default_rng(5), strides=130)
    strides = surefoot.analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, 100.0).strides
    assert strides["end_s"].max() - strides["start_s"].min() > EnduranceParams().least_s
    said = endurance(strides)
    assert len(said.changes) == 5
    assert all(abs(c.change) < 5 for c in said.changes)
