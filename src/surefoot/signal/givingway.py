"""Giving way: a knee that buckles under load, seen at the shank as a sudden forward lean in mid-stance.

After facts/clinical.md 4.3 and 4.4 (P throughout: no public recording of a buckle at the ankle exists; tested on
simulation for finding it and on real walking for not inventing it). The lean of every stride is compared with what
this leg usually does at the same time after its contact. This detector looks at strides; a buckle in quiet standing is
not looked for. Without a thigh sensor a lurch of the trunk can look the same: "giving-way-like".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Array, Incident
from surefoot.signal.recent import Recent
from surefoot.signal.stance import BIN_S, BINS
from surefoot.signal.table import LEANS, StrideTable


@dataclass(frozen=True, slots=True)
class GivingWayParams:
    """Trigger and score (facts/clinical.md 4.4, P)."""

    usual_strides: int = 10
    least_excess_dps: float = 75.0  # above the usual lean at the same time after the contact, for 40 ms
    spreads: float = 5.0
    counted_dps: float = 20.0  # excess beyond this adds to the tilt (P)
    least_tilt_deg: float = 8.0
    strong_dps: float = 150.0
    strong_tilt_deg: float = 15.0
    least_return_dps: float = -25.0  # the lean must end: one that goes on is pushing off, or walking down
    return_dps: float = 40.0
    early_share: float = 0.75  # the other foot's contact, of its usual delay
    off_spreads: float = 4.0  # stride time
    off_s: float = 0.10  # stride time at least this much off (P: keeps a tiny spread from deciding)
    possible: int = 2
    probable: int = 3


class GivingWay:
    """Looks through strides of both legs, in order of their end, for a lean out of the ordinary."""

    def __init__(self, params: GivingWayParams = GivingWayParams()) -> None:
        self._params = params
        self._usual = [Recent(params.usual_strides, 2 + BINS) for _ in SIDES]

    def find(self, strides: StrideTable) -> list[Incident]:
        """The incidents in these strides, in time order; their snippets are still to be cut."""
        found: list[Incident] = []
        for k, side in enumerate(SIDES):
            mine = strides.take(strides["side"] == k)
            if len(mine) == 0:
                continue
            other_s = mine["other_contact_s"]
            other_s = np.where(np.isfinite(other_s), other_s, mine["stride_time_s"])
            leans = np.stack([mine[name] for name in LEANS], axis=1)
            measures = np.column_stack([mine["stride_time_s"], other_s, leans])
            level = ~mine["turning"] & (mine["context"] == 0)
            self._usual[k].add(mine["end_s"][level], measures[level])
            centre, spread = self._usual[k].usual(mine["end_s"])
            excess = np.where(np.arange(BINS) < mine["lean_bins"][:, None], leans - centre[:, 2:], np.nan)
            tilt = BIN_S * np.nansum(np.where(excess > self._params.counted_dps, excess, 0.0), axis=1)
            for row in np.flatnonzero(self._triggered(mine, excess, spread[:, 2:], tilt)):
                worst = float(np.nanmax(excess[row]))
                score, evidence = self._score(mine, int(row), worst, float(tilt[row]), centre[row], spread[row])
                if score >= self._params.possible:
                    certainty: Literal["possible", "probable"]
                    certainty = "probable" if score >= self._params.probable else "possible"
                    at = float(mine["lean_s"][row])
                    found.append(Incident("giving_way", side, at, at + 0.5, certainty, evidence))
            self._usual[k].forget_before(float(mine["end_s"].min()) - 10.0)
        return sorted(found, key=lambda incident: (incident.start_s, incident.side or ""))

    def _triggered(self, mine: StrideTable, excess: Array, spread: Array, tilt: Array) -> NDArray[np.bool_]:
        p = self._params
        with np.errstate(invalid="ignore"):
            beyond = (excess > np.maximum(p.least_excess_dps, p.spreads * spread)).any(axis=1)
            ended = mine["lean_return_dps"] > p.least_return_dps
            level = ~mine["turning"] & (mine["context"] == 0)
            return np.asarray(beyond & ended & level & (tilt >= p.least_tilt_deg))

    def _score(
        self, mine: StrideTable, row: int, excess_dps: float, tilt_deg: float, centre: Array, spread: Array
    ) -> tuple[int, tuple[tuple[str, float], ...]]:
        p = self._params
        lean, back, stride_s, other_s = (
            float(mine[name][row]) for name in ("lean_rate_dps", "lean_return_dps", "stride_time_s", "other_contact_s")
        )
        early = other_s < p.early_share * centre[1]
        off = abs(stride_s - centre[0]) > max(p.off_s, p.off_spreads * spread[0])
        score = sum((lean > p.strong_dps, tilt_deg > p.strong_tilt_deg, back > p.return_dps, early, off))
        evidence = (
            ("lean_rate_dps", lean),
            ("beyond_usual_dps", excess_dps),
            ("added_tilt_deg", tilt_deg),
            ("return_rate_dps", back),
            ("stride_time_s", stride_s),
            ("usual_stride_time_s", float(centre[0])),
            ("score", float(score)),
        )
        return int(score), evidence
