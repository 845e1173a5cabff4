"""Before and after: numpy says the same; what days do by themselves is no change; too few days say nothing."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from surefoot.pipeline.beforeafter import BeforeAfterParams, before_after

BEGUN = date(2026, 3, 1)


def days(first: int, values: list[float]) -> dict[str, float]:
    return {(BEGUN + timedelta(days=first + k)).isoformat(): value for k, value in enumerate(values)}


def test_middles_and_spreads_are_those_of_the_days_on_either_side() -> None:
    rng = np.random.default_rng(1)
    before, after = rng.normal(10, 1, 20).tolist(), rng.normal(14, 2, 12).tolist()
    made = before_after(days(-20, before) | days(0, after), BEGUN.isoformat())
    assert (made.before.days, made.after.days) == (20, 12)
    assert made.before.middle == pytest.approx(float(np.median(before)))
    assert made.after.spread == pytest.approx(1.4826 * float(np.median(np.abs(after - np.median(after)))))
    assert made.change == pytest.approx(float(np.median(after) - np.median(before)))
    assert made.state == "more"
    assert before_after(days(-20, after) | days(0, before), BEGUN.isoformat()).state == "less"


def test_the_first_day_belongs_to_after_and_nothing_beyond_four_weeks_counts() -> None:
    made = before_after(days(-40, [1.0] * 80), BEGUN.isoformat())
    assert (made.before.days, made.after.days) == (28, 28)


@pytest.mark.parametrize(("before", "after"), [(4, 20), (20, 4), (0, 0)])
def test_too_few_days_on_either_side_say_nothing(before: int, after: int) -> None:
    made = before_after(days(-before, [1.0] * before) | days(0, [9.0] * after), BEGUN.isoformat())
    assert (made.change, made.state) == (None, "cannot_say")
    assert f"at least {BeforeAfterParams().least}" in made.reason


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6])
def test_chance_alone_is_told_as_a_change_about_once_in_twenty(rho: float) -> None:
    """Days that wander by themselves, each like the one before by ``rho``, 1500 times over."""
    rng = np.random.default_rng(7)
    told = 0
    for _ in range(1500):
        x = rng.normal(0, 1, 56)
        for k in range(1, 56):
            x[k] = rho * x[k - 1] + np.sqrt(1 - rho**2) * x[k]
        told += before_after(days(-28, (50 + 3 * x).tolist()), BEGUN.isoformat()).state != "noise"
    assert 0.02 < told / 1500 < 0.09


def test_a_change_of_three_spreads_is_never_taken_for_noise() -> None:
    rng = np.random.default_rng(8)
    for _ in range(200):
        values = (rng.normal(50, 1, 56) + 3 * (np.arange(56) >= 28)).tolist()
        assert before_after(days(-28, values), BEGUN.isoformat()).state == "more"


def test_days_that_go_on_to_change_are_not_said_to_wander() -> None:
    """The middle of a course from 0 to 14 lies far within what such days would set apart by themselves."""
    rng = np.random.default_rng(9)
    before, after = rng.normal(0, 0.3, 10).tolist(), (np.linspace(0, 14, 10) + rng.normal(0, 0.3, 10)).tolist()
    assert before_after(days(-10, before) | days(0, after), BEGUN.isoformat()).course == "up"
    assert before_after(days(-10, before) | days(0, after[::-1]), BEGUN.isoformat()).course == "down"


@pytest.mark.parametrize("rho", [0.0, 0.3])
def test_days_that_wander_seldom_look_as_if_they_went_on(rho: float) -> None:
    rng = np.random.default_rng(10)
    told = 0
    for _ in range(1500):
        x = rng.normal(0, 1, 56)
        for k in range(1, 56):
            x[k] = rho * x[k - 1] + np.sqrt(1 - rho**2) * x[k]
        told += before_after(days(-28, x.tolist()), BEGUN.isoformat()).course != ""
    assert told / 1500 < 0.02
