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
    recorded_s = [sum(m.recorded_s for m in minutes if m.side == side) for side in sides]
    worn = set.intersection(*(_worn([m for m in minutes if m.side == side], params) for side in sides))
    return max(recorded_s) / 3600.0, len(worn) / 60.0


def _worn(minutes: Sequence[Minute], params: WearParams) -> set[int]:
    """Numbers of the minutes in which one sensor was on a leg."""
    counted = sorted(
        (round(m.start_s / 60.0), m.moving_s > 0) for m in minutes if m.recorded_s >= params.least_recorded_s
    )
    if not counted:
        return set()
    number = np.array([n for n, _ in counted])
    moved = np.array([m for _, m in counted])
    if not moved.any():
        return set()
    times = number[moved]
    since = number - times[np.clip(np.searchsorted(times, number, side="right") - 1, 0, None)]
    until = times[np.clip(np.searchsorted(times, number, side="left"), None, len(times) - 1)] - number
    since, until = (np.where(x < 0, params.still_min, x) for x in (since, until))
    return set(number[since + until < params.still_min].tolist())
