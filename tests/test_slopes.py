"""Slopes: a course up or down, how likely by chance, and what a few odd or missing days do to it."""

from __future__ import annotations

import numpy as np
import pytest

from surefoot.pipeline.shift import ShiftParams
from surefoot.pipeline.slopes import SlopeParams, mann_kendall, root_slopes, slope
from weeks import days, name

FORTNIGHT = [name(k) for k in range(14)]


def test_a_straight_course_has_its_slope_and_no_chance() -> None:
    found = slope("m", "left", FORTNIGHT, [0.1 * k for k in range(14)])
    assert found is not None
    assert (found.per_fortnight, found.days) == (pytest.approx(1.4), 14) and found.p < 0.001


def test_two_odd_days_turn_nothing_and_missing_days_count_in_time() -> None:
    values = [0.1 * k for k in range(14)]
    values[3], values[9] = 40.0, -40.0
    found = slope("m", "left", FORTNIGHT, values)
    assert found is not None and found.per_fortnight == pytest.approx(1.4, abs=0.2)
    some = [k for k in range(14) if k not in (4, 5, 6, 7)]
    found = slope("m", "left", [FORTNIGHT[k] for k in some], [0.1 * k for k in some])
    assert found is not None and (found.per_fortnight, found.days) == (pytest.approx(1.4), 10)


def test_only_the_last_fortnight_counts_and_too_few_days_say_nothing() -> None:
    old = [name(k) for k in range(-30, 0)]
    assert slope("m", None, old + FORTNIGHT, [9.0] * 30 + [0.1 * k for k in range(14)]) == slope(
        "m", None, FORTNIGHT, [0.1 * k for k in range(14)]
    )
    assert slope("m", None, FORTNIGHT[:7], list(range(7))) is None
    assert slope("m", None, [*FORTNIGHT[:7], name(13)], list(range(8))) is not None
    assert slope("m", None, FORTNIGHT, [1.0] * 14) is None
    assert slope("m", None, [], []) is None


def test_by_chance_it_is_as_rare_as_it_says() -> None:
    """Days that hang together by 0.3: one in twenty at most, where p is below 0.05; not so without the widening."""
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(1500, 14 + 20))
    for k in range(1, noise.shape[1]):
        noise[:, k] = 0.3 * noise[:, k - 1] + np.sqrt(1 - 0.09) * noise[:, k]
    lived = noise[:, -14:]
    assert 0.03 < np.mean([mann_kendall(row, 0.3) < 0.05 for row in lived]) < 0.06
    assert np.mean([mann_kendall(row) < 0.05 for row in lived]) > 0.09


def test_p_is_that_of_the_textbook() -> None:
    """n = 10, S = 29, no ties: z = 28 / sqrt(125) = 2.504, p = 0.0123."""
    values = np.array([1, 2, 3, 4, 5, 10, 9, 8, 7, 6], float)
    pairs = sum(np.sign(values[j] - values[i]) for i in range(10) for j in range(i + 1, 10))
    assert pairs == 25
    assert mann_kendall(values) == pytest.approx(0.0318, abs=0.0002)
    assert mann_kendall(np.array([1.0, 2, 1, 2, 1, 2, 1, 2])) > 0.3


def test_it_hangs_together_as_the_charts_do() -> None:
    assert SlopeParams().hanging == ShiftParams().hanging


def test_roots_have_their_slopes() -> None:
    assert root_slopes([]) == [] and root_slopes(days(13)) != root_slopes(days(20))
    found = {(one.metric, one.side): one for one in root_slopes(days(24, weak_from=18))}
    assert found["l5_composite", "left"].per_fortnight > 2 > abs(found["l5_composite", "right"].per_fortnight)
