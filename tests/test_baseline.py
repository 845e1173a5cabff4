"""The personal baseline: what is normal, how much it wanders, and what change is more than that."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.pipeline.baseline import BaselineParams, learn, smallest_real_change
from surefoot.records import Baseline
from weeks import name

P = BaselineParams()
steady = st.lists(st.floats(-1e3, 1e3), min_size=P.provisional_days, max_size=30)


def learned(values: list[float], floor: float = 0.1) -> Baseline | None:
    return learn([name(k) for k in range(len(values))], values, floor, P)


def test_no_baseline_before_the_provisional_number_of_days() -> None:
    assert learned([1.0, 2.0] * 3) is None
    first = learned([1.0, 2.0] * 3 + [3.0])
    assert first is not None and first.provisional and (first.days, first.last_day) == (7, name(6))


def test_a_baseline_is_final_on_its_last_day_and_never_moves_again() -> None:
    values = np.random.default_rng(1).normal(10, 1, 40).tolist()
    final = learned(values[:14])
    assert final is not None and not final.provisional and (final.days, final.first_day) == (14, name(0))
    assert all(learned(values[:n]) == final for n in range(15, 41))


def test_centre_and_spread() -> None:
    values = [10.0] * 12 + [12.0, 40.0]
    found = learned(values)
    assert found is not None and found.centre == 10.0 and found.spread == pytest.approx(np.std(values, ddof=1))
    calm = learned([5.0] * 14, floor=0.7)
    assert calm is not None and calm.spread == 0.7
    wide = learned([0.0, 10.0] * 7)
    assert wide is not None and wide.spread == pytest.approx(1.4826 * 5.0)


def test_one_odd_day_does_not_move_the_centre() -> None:
    usual = [10.0, 10.2, 9.8] * 4 + [10.1]
    with_odd, without = learned([*usual, 500.0]), learned([*usual, 10.0])
    assert with_odd is not None and without is not None and abs(with_odd.centre - without.centre) < 0.1


@given(steady)
def test_the_spread_is_never_below_its_floor(values: list[float]) -> None:
    found = learned(values, floor=0.25)
    assert found is not None and found.spread >= 0.25 and min(values) <= found.centre <= max(values)


def test_a_number_without_any_spread_says_nothing() -> None:
    """A floor in percent of a centre of 0 is 0: nothing could be divided by it."""
    assert learned([0.0] * 14, floor=0.0) is None


# ---- the smallest real change


def test_smallest_real_change_of_independent_days() -> None:
    values = [1.0, -1.0] * 7  # no positive autocorrelation
    found = learned(values)
    assert found is not None
    assert smallest_real_change(values, found, 3, P) == pytest.approx(
        1.96 * found.spread * np.sqrt(1 / 14 + 1 / 3), rel=1e-9
    )


def test_days_that_hang_together_tell_less() -> None:
    wandering = np.sin(np.arange(14) / 3).tolist()
    found = learned(wandering)
    assert found is not None
    share = (1 - P.most_autocorrelation) / (1 + P.most_autocorrelation)
    most = 1.96 * found.spread * np.sqrt(1 / (14 * share) + 1.0)  # three such days are worth no more than one
    assert smallest_real_change(wandering, found, 3, P) == pytest.approx(most, rel=1e-9)


@given(steady, st.integers(1, 3))
def test_a_smallest_real_change_is_always_a_number(values: list[float], recent: int) -> None:
    found = learned(values, floor=0.25)
    assert found is not None
    change = smallest_real_change(values, found, recent, P)
    assert np.isfinite(change) and change >= 1.96 * found.spread * np.sqrt(1 / 14 + 1 / 3)


def test_noise_alone_reaches_it_once_in_twenty() -> None:
    """Known spread, independent days: the formula is what it says it is."""
    rng = np.random.default_rng(7)
    known, recent = rng.standard_normal((20_000, 14)), rng.standard_normal((20_000, 3))
    mdc = smallest_real_change([1.0, -1.0] * 7, Baseline(0, 1.0, 14, name(0), name(13), False), 3, P)
    reached = (np.abs(recent.mean(1) - known.mean(1)) > mdc).mean()
    assert abs(reached - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 20_000)
