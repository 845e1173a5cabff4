"""Stands: repetitions counted in a lean, however the feet stand, however fast, and which way is forward."""

from __future__ import annotations

import numpy as np
import pytest

from surefoot.signal.guided.readings import smoothed
from surefoot.signal.guided.stands import forward_of, stands_of

RATE_HZ = 100.0
PHASES = np.array([0.0, 0.06, 0.22, 0.42, 0.53, 0.72, 0.92, 1.0])


def lean(
    count: int,
    sat: float = 0.0,
    stood: float = 0.0,
    over: float = 14.0,
    back: float | None = None,
    took_s: float = 2.2,
    uneven: float = 0.05,
    whole: bool = True,
    seed: int = 0,
) -> np.ndarray:
    """Lean of a shank, zero at rest: so many rises over ``over`` deg to ``stood`` and back, eased between postures."""
    rng = np.random.default_rng(seed)
    path = np.array([sat, sat, over, stood, stood, over if back is None else back, sat, sat])
    pieces = [np.full(250, sat)]
    for k in range(count):
        n = int(took_s * (1 + uneven * rng.standard_normal()) * RATE_HZ)
        q = np.arange(n) / n
        at = np.searchsorted(PHASES, q, side="right") - 1
        s = (q - PHASES[at]) / np.diff(PHASES)[at]
        rise = path[at] + np.diff(path)[at] * s**3 * (10 - 15 * s + 6 * s**2)
        pieces.append(rise if whole or k < count - 1 else rise[: n // 2])
    pieces.append(np.full(250, pieces[-1][-1]))
    noise = 0.1 * rng.standard_normal(sum(map(len, pieces)))
    return smoothed(np.concatenate(pieces) - sat + noise, 5.0, RATE_HZ)


CASES = {
    "feet under the knees": {},
    "feet drawn back": {"sat": 12.0, "over": 18.0},
    "feet drawn back, hardly further": {"sat": 14.0, "over": 15.0},
    "feet ahead": {"sat": -10.0},
    "feet far ahead": {"sat": -20.0},
    "half-way": {"sat": 5.0},
    "leans little when sitting down": {"back": 6.0},
    "leans little when rising": {"over": 6.0, "back": 14.0},
    "fast": {"took_s": 1.1},
    "slow": {"took_s": 6.0},
    "uneven": {"uneven": 0.2},
}


@pytest.mark.parametrize("count", [1, 2, 5, 9])
@pytest.mark.parametrize("name", CASES)
def test_repetitions_are_counted(name: str, count: int) -> None:
    for seed in range(3):
        x = lean(count, seed=seed, **CASES[name])
        stands = stands_of(x, RATE_HZ)
        assert len(stands) == count
        assert (stands.begun < stands.stood).all() and (stands.stood < stands.sat).all()
        assert (stands.begun[1:] >= stands.sat[:-1]).all() and (stands.risen <= stands.stood).all()


@pytest.mark.parametrize("name", CASES)
def test_the_first_move_and_the_last_rest_are_found(name: str) -> None:
    case = CASES[name]
    x = lean(5, **case)
    stands, took_s = stands_of(x, RATE_HZ), case.get("took_s", 2.2)
    if name == "feet drawn back, hardly further":  # one degree forward is no move that can be seen
        return
    assert stands.begun[0] / RATE_HZ == pytest.approx(2.5 + 0.06 * took_s, abs=0.07 * took_s)
    assert stands.sat[-1] / RATE_HZ == pytest.approx(len(x) / RATE_HZ - 2.5 - 0.08 * took_s, abs=0.07 * took_s)


def test_somebody_who_stays_up_has_not_sat_down_again() -> None:
    assert len(stands_of(lean(5, whole=False), RATE_HZ)) == 4
    assert len(stands_of(lean(5, sat=12.0, over=18.0, whole=False), RATE_HZ)) == 5  # the level tells the standing


def test_nothing_is_counted_in_rest() -> None:
    assert len(stands_of(np.zeros(1000), RATE_HZ)) == 0


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("feet drawn back, hardly further",)])
def test_forward_is_never_taken_for_backward(name: str) -> None:
    told = []
    for seed in range(5):
        x = lean(5, seed=seed, **CASES[name])
        told += [forward_of(x, RATE_HZ), -forward_of(-x, RATE_HZ)]
    assert -1 not in told
