"""Wear: hours in which the sensors recorded, and hours in which they were on a leg."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import Minute, Side


@dataclass(frozen=True, slots=True)
class WearParams:
    """When a sensor counts as worn (P)."""

    still_min: int = 30  # a sensor that did not move for so many minutes on end lies somewhere
    least_recorded_s: float = 30.0  # of a minute, for the minute to count


def recorded_and_worn_h(minutes: Sequence[Minute], sides: Sequence[Side], params: WearParams) -> tuple[float, float]:
    """Hours recorded by the sensor that recorded most; hours in which every used sensor was worn."""
    if not minutes:
        return 0.0, 0.0
    told = [_of_side(minutes, side) for side in sides]
    worn = set.intersection(*(_worn(mine, params) for mine in told))
    return max(sum(m.recorded_s for m in mine) for mine in told) / 3600.0, len(worn) / 60.0


def _of_side(minutes: Sequence[Minute], side: Side) -> list[Minute]:
    """Its minutes in order; of one told twice, the fuller."""
    fullest: dict[float, Minute] = {}
    for m in minutes:
        if m.side == side and (m.start_s not in fullest or m.recorded_s > fullest[m.start_s].recorded_s):
            fullest[m.start_s] = m
    return [fullest[start_s] for start_s in sorted(fullest)]


def _worn(minutes: Sequence[Minute], params: WearParams) -> set[int]:
    """Numbers of the minutes, given in order, in which one sensor was on a leg."""
    counted = [(round(m.start_s / 60.0), m.moving_s > 0) for m in minutes if m.recorded_s >= params.least_recorded_s]
    if not counted:
        return set()
    number = np.array([n for n, _ in counted])
    moved = np.array([m for _, m in counted])
    if not moved.any():
        return set()
    times = number[moved]
    since = number - times[np.clip(np.searchsorted(times, number, side="right") - 1, 0, None)]
    until = times[np.clip(np.searchsorted(times, number, side="left"), None, len(times) - 1)] - number
    since, until = (np.where(x < 0, params.still_min, x) for x in (since, until))  # nothing known: not worn
    return set(number[since + until <= params.still_min].tolist())
