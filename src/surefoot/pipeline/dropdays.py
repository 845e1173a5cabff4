"""Foot-drop days: the foot-drop score of each day of a leg, how far its signs have gone from the first days'.

The same points and groups as of strides (``signal/dropscore.py``), of the days' medians. Those that follow speed come
at the person's usual speed already, for a fortnight of days is too little to learn their course from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surefoot.records import Array, Placement
from surefoot.signal.adjustment import AdjustmentParams
from surefoot.signal.dropscore import SIGNS, DropScoreParams, learn, point_size, points, score

PLACED = "foot_pitch_at_contact_deg"  # told of days with sensors on the feet only
_GROUP = {"heel_strike_mps3": 0, "slap_index": 0, "foot_pitch_at_contact_deg": 1, "foot_flat_s": 2} | dict.fromkeys(
    ("swing_height_m", "shank_tilt_max_deg", "lateral_excursion_m"), 3
)
PARAMS = DropScoreParams(adjustment=AdjustmentParams(least_values=1))  # when there are days enough the chart decides


@dataclass(frozen=True, slots=True)
class Sign:
    """A number of a day, and the SD that moving it to the usual speed has added."""

    value: float
    doubt: float = 0.0


def scores(
    signs: Mapping[str, Mapping[str, Sign]], placement: Placement, learned: int, params: DropScoreParams = PARAMS
) -> dict[str, Sign]:
    """The score of each day that has a sign, by day; ``signs``: name -> day -> value. The first ``learned`` are usual.

    A sign that is not known on half of those is left out: of a score made now of these and now of those signs nobody
    knows what changed.
    """
    known = {name: signs.get(name, {}) for name in SIGNS[placement]}
    days = sorted({day for mine in known.values() for day in mine})
    first = days[:learned]
    known = {n: mine if 2 * sum(day in mine for day in first) >= len(first) else {} for n, mine in known.items()}
    seen = {name: _column(mine, days) for name, mine in known.items()}
    seen["speed_mps"] = np.zeros(len(days))  # all alike, for the move is made
    usual = learn({name: column[:learned] for name, column in seen.items()}, placement, params)
    if usual is None:
        return {}
    found = points(seen, usual, params)
    weight = {name: params.landing_weight if _GROUP[name] == 0 else 1.0 for name in found}
    doubts = np.sqrt(sum((weight[name] * _in_points(name, known[name], days, params)) ** 2 for name in found))
    doubts = doubts / sum({_GROUP[name]: weight[name] for name in found}.values())
    values = score(found, params)
    return {
        day: Sign(float(value), float(doubt))
        for day, value, doubt in zip(days, values, doubts, strict=True)
        if np.isfinite(value)
    }


def _column(known: Mapping[str, Sign], days: list[str]) -> Array:
    return np.array([known[day].value if day in known else np.nan for day in days])


def _in_points(name: str, known: Mapping[str, Sign], days: list[str], params: DropScoreParams) -> Array:
    """The doubts of a sign, in points; that of a logarithm is the doubt's share of the value."""
    doubts = np.array([known[day].doubt if day in known else 0.0 for day in days])
    if name == "heel_strike_mps3":
        values = np.abs(_column(known, days))
        doubts = np.divide(doubts, values, out=np.zeros(len(days)), where=values > 0)
    return np.abs(doubts / point_size(params)[name])
