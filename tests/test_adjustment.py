"""Adjustment for speed: a known course is found again, outliers or not, and no slope is made up."""

import numpy as np
import pytest

from surefoot.signal.adjustment import AdjustmentParams, speed_line

RNG = np.random.default_rng(3)
SPEED = RNG.uniform(0.6, 1.4, 400)


def course(v):
    return 40.0 + 12.0 * (v - 1.0) - 6.0 * (v - 1.0) ** 2


def test_a_curve_is_found_through_noise_and_outliers():
    values = course(SPEED) + RNG.normal(0, 1.0, len(SPEED))
    values[:60] += 40.0  # one stride in seven is something else
    line = speed_line(SPEED, values)
    assert line is not None
    v = np.linspace(0.65, 1.35, 8)
    np.testing.assert_allclose(line.usual(v), course(v), atol=0.6)
    assert line.spread == pytest.approx(1.3, abs=0.4)


def test_a_slow_day_is_no_weak_day():
    line = speed_line(SPEED, course(SPEED))
    slow = np.full(50, 0.7)
    assert np.median(line.adjusted(slow, course(slow))) == pytest.approx(course(line.v_ref_mps), abs=0.05)
    assert abs(np.median(course(slow)) - course(line.v_ref_mps)) > 3


def test_fourteen_days_give_a_line():
    v = RNG.normal(1.0, 0.06, 14)
    line = speed_line(v, 10.0 + 5.0 * v)
    assert len(line.terms) == 2
    assert line.terms[1] == pytest.approx(5.0, rel=0.02)


def test_one_speed_gives_no_slope():
    v = RNG.normal(1.0, 0.01, 100)
    line = speed_line(v, RNG.normal(5.0, 1.0, 100))
    assert len(line.terms) == 1
    assert line.usual(np.array([0.3, 2.0])).tolist() == [line.terms[0]] * 2


def test_beyond_what_was_walked_the_course_is_level():
    line = speed_line(SPEED, course(SPEED))
    assert line.usual(np.array([2.5]))[0] == line.usual(np.array([line.fastest_mps]))[0]


def test_too_little_or_nothing_known_is_none():
    assert speed_line(SPEED[:9], course(SPEED[:9])) is None
    absent = np.where(np.arange(400) < 395, np.nan, course(SPEED))
    assert speed_line(SPEED, absent) is None


def test_a_number_that_never_changes_is_its_own_middle():
    line = speed_line(SPEED, np.full(400, 3.0))
    assert line.terms == (3.0,)
    assert line.spread == 0.0


def test_an_unknown_speed_is_taken_as_the_usual_one():
    line = speed_line(SPEED, course(SPEED))
    assert line.usual(np.array([np.nan]))[0] == pytest.approx(line.terms[0])


def test_absent_strides_do_not_count():
    params = AdjustmentParams()
    v, y = SPEED[: params.least_values].copy(), course(SPEED[: params.least_values])
    assert speed_line(v, y) is not None
    v[0] = np.nan
    assert speed_line(v, y) is None
