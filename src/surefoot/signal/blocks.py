"""Blocks: the arrays of a whole recording, checked, and cut into parts in which the legs take turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from surefoot.records import SIDES, Array, Placement, Samples

IN_TURN_S = 1200.0  # of one leg, then of the other: whatever waits for both legs stays as small as in a short recording


def block_of(side: str, acc: Array, gyr: Array, rate_hz: float, placement: Placement) -> Samples:
    """Readings of one leg from time 0 on. ValueError, which says what was expected, for anything else."""
    if side not in SIDES:
        raise ValueError(f"sensor {side!r}: expected 'left' or 'right'")
    if placement not in ("shank", "foot"):
        raise ValueError(f"placement {placement!r}: expected 'shank' or 'foot'")
    if not rate_hz > 0:
        raise ValueError(f"rate_hz is {rate_hz!r}: expected a positive number")
    acc, gyr = (np.ascontiguousarray(x, dtype=np.float64) for x in (acc, gyr))
    if acc.ndim != 2 or acc.shape[1] != 3 or acc.shape != gyr.shape:
        raise ValueError(f"{side}: acc {acc.shape} and gyr {gyr.shape}, expected two arrays (n, 3) of the same length")
    if not (np.isfinite(acc).all() and np.isfinite(gyr).all()):
        raise ValueError(f"{side}: values that are not finite; use surefoot.load, which makes them gaps")
    return Samples(SIDES[SIDES.index(side)], placement, 0.0, float(rate_hz), acc, gyr)


def in_turn(blocks: Sequence[Samples]) -> Iterator[Samples]:
    """The blocks of all legs, cut into parts that take turns."""
    size = max(1, round(IN_TURN_S * blocks[0].rate_hz))
    for first in range(0, max(len(block) for block in blocks), size):
        part = slice(first, first + size)
        for b in blocks:
            if first < len(b):
                yield Samples(b.side, b.placement, first / b.rate_hz, b.rate_hz, b.acc[part], b.gyr[part])
