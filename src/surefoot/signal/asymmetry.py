"""Asymmetry: how far the two legs stand apart in a number, as a logarithm of their ratio.

100 ln(right / left) (facts/clinical.md 6.3): symmetric, additive, and for small differences a percentage; positive
where the right leg's number is larger. Which side is the weak one is not said here: a weak push-off shortens the other
leg's step. Below 5 in healthy people (6.2, M, E2), but everyone has their own: compare with the own baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES
from surefoot.signal.table import StrideTable

COMPARED = ("step_time_s", "stride_length_m", "push_off_rate_dps")


@dataclass(frozen=True, slots=True)
class AsymmetryParams:
    """How many strides a comparison asks for."""

    least_strides: int = 10  # of each leg: means are stable after ten (Konig 2014, E2)


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """``log_ratio_pct`` of one number of the two legs; None where it cannot be said, and why."""

    name: str
    log_ratio_pct: float | None
    strides: int  # of the leg with fewer
    reason: str = ""


def asymmetry(strides: StrideTable, name: str, params: AsymmetryParams = AsymmetryParams()) -> Asymmetry:
    """Of the middle of a positive number over the valid strides of each leg; ``COMPARED`` are the usual ones."""
    values = []
    for side in SIDES:
        mine = strides.of_side(side)
        x = mine[name][mine["valid"]]
        values.append(x[np.isfinite(x) & (x > 0)])
    count, side = min((len(x), side) for side, x in zip(SIDES, values, strict=True))
    if count < params.least_strides:
        return Asymmetry(name, None, count, f"{side} leg: known of {count} strides, {params.least_strides} are needed")
    left, right = (float(np.median(x)) for x in values)
    return Asymmetry(name, 100.0 * float(np.log(right / left)), count)
