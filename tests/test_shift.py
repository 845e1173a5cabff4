"""The shift: the last days against all before, alone and beside the other charts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.pipeline.shift import ShiftParams, shift_path
from surefoot.records import Array

ALONE = np.empty((0, 0))
FIRST = 14
USUAL = ShiftParams()


def path(z: Array, others: Array = ALONE, params: ShiftParams = USUAL) -> Array:
    return shift_path(z, others.reshape(-1, len(z)), FIRST, 0.7, params)


def noise(days: int, seed: int, charts: int = 1) -> Array:
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal(days)
    return np.sqrt(0.5) * shared + np.sqrt(0.5) * rng.standard_normal((charts, days))


def test_it_is_the_largest_difference_of_two_means_in_its_standard_errors() -> None:
    z = noise(20, 1)[0]
    p = ShiftParams(clip=99.0, alone=0.0)

    def variance(m: int) -> float:
        return (1 + 2 * sum((1 - k / m) * 0.3**k for k in range(1, m))) / m

    found = []
    for m in range(2, 7):
        old, new = z[: 20 - m], z[20 - m :]
        spread = max(0.7, float(np.sqrt(old.var() / (1 - variance(len(old))))))
        found.append((new.mean() - old.mean()) / (spread * np.sqrt(variance(m) + variance(len(old)))))
    assert path(z, params=p)[-1] == pytest.approx(max(0.0, *found))


def test_nothing_is_told_of_one_day_and_a_day_counts_only_so_much() -> None:
    z = np.concatenate([noise(14, 2)[0], [50.0]])
    assert path(z).tolist() == [0.0]
    assert path(np.append(z, 50.0))[-1] == path(np.append(z[:-1], [5.0, 5.0]))[-1] > USUAL.urgent


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_what_was_told_does_not_change_with_the_days_that_follow(seed: int, until: int) -> None:
    charts = noise(FIRST + 30, seed, 3)
    charts[0, 20:] += 3.0
    whole = path(charts[0], charts[1:])
    part = charts[:, : FIRST + until]
    assert path(part[0], part[1:]).tolist() == pytest.approx(whole[:until].tolist(), abs=1e-9)


def test_a_weakness_that_stays_does_not_become_normal() -> None:
    z = noise(FIRST + 60, 3)[0]
    z[20:] += 4.0
    assert (path(z)[20:] > USUAL.review).all()
    z[60:] -= 4.0
    assert path(z)[-1] < USUAL.watch, "and its end is seen"


def test_a_slow_decline_is_not_learned_either() -> None:
    z = noise(FIRST + 90, 4)[0] + 0.05 * np.arange(FIRST + 90)
    assert (path(z)[-20:] > USUAL.review).all()


def test_beside_the_others_a_change_of_one_is_seen_sooner_and_one_of_all_still() -> None:
    sooner, later = 0, 0
    for seed in range(60):
        charts = noise(FIRST + 10, 100 + seed, 6)
        mine = charts.copy()
        mine[0, FIRST:] += 2.5
        sooner += bool((path(mine[0], mine[1:]) > USUAL.review).any())
        later += bool((path(mine[0]) > USUAL.review).any())
    assert sooner > 1.3 * later
    every = noise(FIRST + 10, 5, 6)
    every[:, FIRST:] += 5.0
    assert path(every[0], every[1:])[-1] > USUAL.urgent


def test_others_that_are_not_known_that_day_are_left_out() -> None:
    charts = noise(FIRST + 10, 6, 3)
    unknown = np.full((2, FIRST + 10), np.nan)
    assert path(charts[0], unknown).tolist() == path(charts[0], params=replace(USUAL, alone=0.0)).tolist()
    charts[1, 5] = np.nan
    assert np.isfinite(path(charts[0], charts[1:])).all()
