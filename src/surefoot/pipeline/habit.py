"""Habit: in what this patient's right leg differs from the left one, as the strides of earlier days show it.

A leg's own share of weakness, of habit and of build makes a pattern that goes along when the sensors are exchanged. It
is kept apart from the signs themselves: weakness that changes sides turns it round as well, so it never decides
against what the landing of the feet says (``signal.sides``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from surefoot.records import SIDES, Side, Stride

COMPARED = (
    "swing_s",
    "step_time_s",
    "mid_swing_rate_dps",
    "push_off_rate_dps",
    "loading_rate_dps",
    "shank_tilt_max_deg",
    "swing_height_m",
)


@dataclass(frozen=True, slots=True)
class HabitParams:
    """P; set on movingreality, other trials of the same person taken for earlier days (docs/methods.md, Mounting)."""

    window_strides: int = 20  # of both legs: as many as one check sees
    least_windows: int = 10
    least_spread: float = 0.08  # of a logarithm of right over left: nobody is known better
    most_each: float = 3.0  # points of one number: they are not independent


@dataclass(frozen=True, slots=True)
class Habit:
    """Middle and spread of log(right / left) of each number, over windows of walking."""

    centres: tuple[tuple[str, float, float], ...]

    def points(self, now: Mapping[str, float], params: HabitParams = HabitParams()) -> float:
        """For the sensors being on the legs they are told to be on, against exchanged: log of the odds, each capped."""
        total = 0.0
        for name, centre, spread in self.centres:
            if name in now:
                odds = 2.0 * centre * now[name] / spread**2
                total += max(-params.most_each, min(params.most_each, odds))
        return total


Legs = Mapping[Side, Mapping[str, Sequence[float]]]  # numbers of each leg's strides


def differences(legs: Legs) -> dict[str, float]:
    """log(right / left) of the medians of whatever is positive in both legs."""
    found = {}
    for name in COMPARED:
        left, right = ([x for x in legs[side][name] if x > 0] for side in SIDES)
        if left and right:
            found[name] = math.log(median(right) / median(left))
    return found


def habit_of(strides: Sequence[Stride], params: HabitParams = HabitParams()) -> Habit | None:
    """What is usual in these strides of good days; None where there are too few of them."""
    valid = sorted((stride for stride in strides if stride.valid), key=lambda stride: stride.start_s)
    size = params.window_strides
    windows = [differences(numbers_of(valid[k : k + size])) for k in range(0, len(valid) - size + 1, size)]
    known = []
    for name in COMPARED:
        seen = [window[name] for window in windows if name in window]
        if len(seen) >= params.least_windows:
            centre = median(seen)
            spread = 1.4826 * median(abs(x - centre) for x in seen)
            known.append((name, centre, math.hypot(spread, params.least_spread)))
    return Habit(tuple(known)) if known else None


def numbers_of(strides: Sequence[Stride]) -> dict[Side, dict[str, list[float]]]:
    """What is compared, of each leg."""
    legs: dict[Side, dict[str, list[float]]] = {side: {name: [] for name in COMPARED} for side in SIDES}
    for stride in strides:
        for name in COMPARED:
            value = getattr(stride, name)
            if value is not None:
                legs[stride.side][name].append(value)
    return legs
