"""Endurance: how a long walk ends against how it began, for those who "have trouble walking for long".

The last third of a bout is held against its first third: cadence, push-off and foot-drop strides. A weak muscle of
grade 4 of 5 may show itself only so (facts/clinical.md 3.1, M). P: no limits are published, so numbers are given and
nothing is judged; and a road that climbs towards its end, or a wish to get home, changes them as fatigue does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Side
from surefoot.signal.table import StrideTable


@dataclass(frozen=True, slots=True)
class EnduranceParams:
    """Which bouts are long enough (P)."""

    least_s: float = 120.0  # shorter walks tire few; a six-minute walk has thirds of two minutes
    least_strides: int = 15  # of each leg and third


@dataclass(frozen=True, slots=True)
class Change:
    """A number in the first and last third of a bout, and the change: per cent, or points where it is a share."""

    side: Side | None
    name: str  # cadence_spm, push_off_rate_dps, foot_drop_pct
    first: float
    last: float
    change: float


@dataclass(frozen=True, slots=True)
class Endurance:
    """The changes of one bout; none where it cannot be said, and why."""

    changes: tuple[Change, ...]
    reason: str = ""

    def change(self, side: Side | None, name: str) -> float | None:
        return next((c.change for c in self.changes if c.side == side and c.name == name), None)


def endurance(strides: StrideTable, params: EnduranceParams = EnduranceParams()) -> Endurance:
    """Of the strides of one bout, both legs together."""
    walked = strides.take(strides["valid"])
    if len(walked) == 0:
        return Endurance((), "no valid strides")
    start_s, end_s = float(walked["start_s"].min()), float(walked["end_s"].max())
    if end_s - start_s < params.least_s:
        return Endurance((), f"the walk lasted {end_s - start_s:.0f} s, {params.least_s:g} s are needed")
    third_s = (end_s - start_s) / 3
    thirds = walked["start_s"] < start_s + third_s, walked["start_s"] >= end_s - third_s
    changes = list(_cadence(walked, *thirds))
    for k, side in enumerate(SIDES):
        mine = walked["side"] == k
        first, last = (walked.take(mine & third) for third in thirds)
        if min(len(first), len(last)) < params.least_strides:
            continue
        pushed = [x["push_off_rate_dps"][np.isfinite(x["push_off_rate_dps"])] for x in (first, last)]
        if min(map(len, pushed)) >= params.least_strides:
            a, b = (float(np.median(x)) for x in pushed)
            changes.append(Change(side, "push_off_rate_dps", a, b, 100.0 * (b / a - 1)))
        a, b = (100.0 * float(x["foot_drop"].mean()) for x in (first, last))
        changes.append(Change(side, "foot_drop_pct", a, b, b - a))
    if not changes[1:]:
        return Endurance((), f"fewer than {params.least_strides} valid strides of a leg in a third of the walk")
    return Endurance(tuple(changes))


def _cadence(walked: StrideTable, first: NDArray[np.bool_], last: NDArray[np.bool_]) -> tuple[Change, ...]:
    if not (first.any() and last.any()):
        return ()
    a, b = (120.0 / float(np.median(walked["stride_time_s"][third])) for third in (first, last))
    return (Change(None, "cadence_spm", a, b, 100.0 * (b / a - 1)),)
