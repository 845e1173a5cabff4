"""How well each product's times are told: what docs/clock.md says of them, with slack, over the links that it names."""

from __future__ import annotations

import numpy as np
import pytest

from packets import START_S, errors, sent, streamed
from surefoot.records import Array
from surefoot.sensors.makers.products import product

UNDER_WAY_S = 0.004
KNOWN_S = 120.0  # from then on


def pair(key: str, delays: str, seconds: float, parts: int = 1, seed: int = 0) -> tuple[Array, Array]:
    """Of two sensors with 2 % lost: how far off each time told is from ``KNOWN_S`` on, and that of the legs' times."""
    sides = []
    for fast in (80.0, -80.0):
        rng = np.random.default_rng([seed, int(fast > 0)])
        made = sent(rng, product(key).traits, seconds, ppm=fast, lost=0.02, delays=delays, parts=parts)
        at, error = errors(made, streamed(made)[1])
        sides.append((at, error - UNDER_WAY_S))
    grid = START_S + np.arange(KNOWN_S, seconds - 5, 0.1)
    off = np.concatenate([np.abs(error[at > START_S + KNOWN_S]) for at, error in sides])
    return off, np.abs(np.interp(grid, *sides[0]) - np.interp(grid, *sides[1]))


@pytest.mark.parametrize(("key", "parts"), [("dot", 1), ("metamotion", 1), ("open", 1), ("movesense", 2), ("polar", 2)])
def test_packets_late_by_themselves_and_in_order(key: str, parts: int):
    off, apart = pair(key, "uniform", 240.0, parts)
    assert np.quantile(off, 0.95) <= 0.006
    assert np.quantile(apart, 0.95) <= 0.009


@pytest.mark.parametrize(("key", "parts"), [("dot", 1), ("open", 1), ("movesense", 2), ("polar", 2)])
def test_packets_that_a_link_holds_back_and_lets_go_together(key: str, parts: int):
    off, apart = pair(key, "turns", 240.0, parts)
    assert np.quantile(off, 0.95) <= 0.006
    assert np.quantile(apart, 0.95) <= 0.008
