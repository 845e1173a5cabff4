"""Giving way: a knee that buckles under load, seen at the shank as a sudden forward lean in mid-stance.

After facts/clinical.md 4.3 and 4.4 (P throughout: no public recording of a buckle at the ankle exists; tested on
simulation for finding it and on real walking for not inventing it). This detector looks at strides; a buckle in quiet
standing is not looked for. Without a thigh sensor a lurch of the trunk can look the same: "giving-way-like".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surefoot.records import SIDES, Array, Incident
from surefoot.signal.recent import Recent
from surefoot.signal.table import StrideTable


@dataclass(frozen=True, slots=True)
class GivingWayParams:
    """Trigger and score (facts/clinical.md 4.4, P)."""

    usual_strides: int = 10
    least_excess_dps: float = 60.0  # above the usual dip
    spreads: float = 5.0
    least_tilt_deg: float = 8.0
    strong_dps: float = 150.0
    strong_tilt_deg: float = 15.0
    return_dps: float = 40.0
    early_share: float = 0.75  # the other foot's contact, of its usual delay
    off_spreads: float = 4.0  # stride time
    off_s: float = 0.10  # stride time at least this much off (P: keeps a tiny spread from deciding)
    possible: int = 2
    probable: int = 3


class GivingWay:
    """Looks through strides of both legs, in order of their end, for a dip out of the ordinary."""

    def __init__(self, params: GivingWayParams = GivingWayParams()) -> None:
        self._params = params
        self._usual = [Recent(params.usual_strides, 4) for _ in SIDES]

    def find(self, strides: StrideTable) -> list[Incident]:
        """The incidents in these strides, in time order; their snippets are still to be cut."""
        found: list[Incident] = []
        for k, side in enumerate(SIDES):
            mine = strides.take(strides["side"] == k)
            if len(mine) == 0:
                continue
            other_s = mine["other_contact_s"]
            other_s = np.where(np.isfinite(other_s), other_s, mine["stride_time_s"])
            measures = np.stack([mine["dip_rate_dps"], mine["stride_time_s"], other_s, mine["dip_tilt_deg"]], axis=1)
            self._usual[k].add(mine["end_s"], measures)
            centre, spread = self._usual[k].usual(mine["end_s"])
            for row in np.flatnonzero(self._triggered(mine, centre, spread)):
                score, evidence = self._score(mine, measures[row], int(row), centre[row], spread[row])
                if score >= self._params.possible:
                    certainty: Literal["possible", "probable"] = (
                        "probable" if score >= self._params.probable else "possible"
                    )
                    at = float(mine["dip_s"][row])
                    found.append(Incident("giving_way", side, at, at + 0.5, certainty, evidence))
            self._usual[k].forget_before(float(mine["end_s"].min()) - 10.0)
        return sorted(found, key=lambda incident: (incident.start_s, incident.side or ""))

    def _triggered(self, mine: StrideTable, centre: Array, spread: Array) -> np.ndarray:
        p = self._params
        with np.errstate(invalid="ignore"):
            excess = mine["dip_rate_dps"] - centre[:, 0]
            beyond = excess > np.maximum(p.least_excess_dps, p.spreads * spread[:, 0])
            straight = ~mine["turning"] & (mine["context"] == 0)
            return np.asarray(beyond & (mine["dip_tilt_deg"] - centre[:, 3] >= p.least_tilt_deg) & straight)

    def _score(
        self, mine: StrideTable, measures: Array, row: int, centre: Array, spread: Array
    ) -> tuple[int, tuple[tuple[str, float], ...]]:
        p = self._params
        dip, stride_s, other_s, _ = measures
        tilt, back = measures[3] - centre[3], mine["dip_return_dps"][row]
        early = other_s < p.early_share * centre[2]
        off = abs(stride_s - centre[1]) > max(p.off_s, p.off_spreads * spread[1])
        score = sum((dip > p.strong_dps, tilt > p.strong_tilt_deg, back > p.return_dps, early, off))
        evidence = (
            ("lean_rate_dps", float(dip)),
            ("usual_lean_rate_dps", float(centre[0])),
            ("added_tilt_deg", float(tilt)),
            ("return_rate_dps", float(back)),
            ("stride_time_s", float(stride_s)),
            ("usual_stride_time_s", float(centre[1])),
            ("score", float(score)),
        )
        return int(score), evidence
