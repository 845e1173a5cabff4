"""Days: what was found becomes one summary per local day, with its coverage; a thin day is missing, never zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import numpy as np

from surefoot.pipeline.measures import DAY_MEASURES, DayMeasure
from surefoot.pipeline.wear import WearParams, recorded_and_worn_h
from surefoot.records import SIDES, Bout, DayMetric, DaySummary, Incident, Minute, Side
from surefoot.signal.table import StrideTable
from surefoot.signal.walk import WalkFindings


@dataclass(frozen=True, slots=True)
class DayParams:
    """The least a day must hold to count (facts/clinical.md 6.3, P)."""

    least_worn_h: float = 6.0
    least_bouts: int = 3
    bout_s: float = 10.0  # bouts longer than this count
    least_strides: int = 100  # valid straight strides of each leg, in bouts
    grace_s: float = 900.0  # a day is closed this long after its end: its last bout may run over midnight
    longest_absence_days: int = 60  # so many days without a reading are told one by one


class DayBook:
    """Collects findings and closes days. ``sides`` are the legs with a sensor."""

    def __init__(
        self,
        params: DayParams | None = None,
        timezone: tzinfo | None = None,
        sides: Sequence[Side] = SIDES,
        wear: WearParams | None = None,
    ) -> None:
        self._params = params or DayParams()
        self._zone = timezone or ZoneInfo("UTC")
        self._sides = tuple(sides)
        self._wear = wear or WearParams()
        self._strides: list[StrideTable] = []
        self._bouts: list[Bout] = []
        self._incidents: list[Incident] = []
        self._minutes: list[Minute] = []
        self._day: datetime | None = None  # local midnight that begins the open day

    def update(self, findings: WalkFindings) -> list[DaySummary]:
        """Take findings; return the days they close, in order, days without a reading among them."""
        if len(findings.strides):
            self._strides.append(findings.strides)
        self._bouts += findings.bouts
        self._incidents += findings.incidents
        self._minutes += findings.minutes
        if not findings.minutes:
            return []
        if self._day is None:
            self._day = self._midnight(self._minutes[0].start_s)
        closed = []
        newest_s = max(m.start_s for m in findings.minutes)
        while newest_s >= self._end_s() + self._params.grace_s and len(closed) < self._params.longest_absence_days:
            closed.append(self._close_day())
        return closed

    def close(self) -> list[DaySummary]:
        """Close the day that is open, if there is one: nothing more will come."""
        left = bool(self._minutes or self._strides or self._bouts)
        if self._day is None and left:
            self._day = self._midnight(min(x.start_s for x in (*self._minutes, *self._bouts)))
        closed = []
        while self._minutes or self._bouts:
            closed.append(self._close_day())
        return closed

    def _midnight(self, time_s: float) -> datetime:
        local = datetime.fromtimestamp(time_s, self._zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    def _end_s(self) -> float:
        assert self._day is not None
        return self._next_midnight(self._day).timestamp()

    def _next_midnight(self, day: datetime) -> datetime:
        return self._midnight((day + timedelta(days=1, hours=6)).timestamp())  # days of 23 and 25 hours too

    def _close_day(self) -> DaySummary:
        assert self._day is not None
        start, end_s = self._day, self._end_s()
        minutes = [m for m in self._minutes if m.start_s < end_s]
        self._minutes = [m for m in self._minutes if m.start_s >= end_s]
        bouts = [b for b in self._bouts if b.start_s < end_s]
        self._bouts = [b for b in self._bouts if b.start_s >= end_s]
        incidents = [i for i in self._incidents if i.start_s < end_s]
        self._incidents = [i for i in self._incidents if i.start_s >= end_s]
        strides = self._strides_before(end_s)
        self._day = self._next_midnight(start)
        return self._summary(start, end_s, minutes, bouts, incidents, strides)

    def _strides_before(self, end_s: float) -> StrideTable | None:
        if not self._strides:
            return None
        table = StrideTable.joined(self._strides[0].placement, self._strides)
        before = table["start_s"] < end_s
        self._strides = [table.take(~before)] if not before.all() else []
        return table.take(before)

    def _summary(
        self,
        start: datetime,
        end_s: float,
        minutes: Sequence[Minute],
        bouts: Sequence[Bout],
        incidents: Sequence[Incident],
        strides: StrideTable | None,
    ) -> DaySummary:
        recorded_h, worn_h = recorded_and_worn_h(minutes, self._sides, self._wear)
        walked = _of_bouts(strides, bouts)
        counts = {side: 0 if walked is None else len(walked.of_side(side)) for side in self._sides}
        missing = self._missing(recorded_h, worn_h, bouts, counts)
        kinds = Counter((i.side, i.kind) for i in incidents)
        return DaySummary(
            day=start.date().isoformat(),
            start_s=start.timestamp(),
            end_s=end_s,
            recorded_h=round(recorded_h, 3),
            worn_h=round(worn_h, 3),
            walking_min=round(sum(b.duration_s for b in bouts) / 60.0, 2),
            bouts=len(bouts),
            strides=tuple(counts.items()),
            incidents=tuple((side, kind, count) for (side, kind), count in sorted(kinds.items(), key=str)),
            metrics=tuple(_metrics(walked, self._sides, self._params.least_strides)),
            missing=missing,
        )

    def _missing(self, recorded_h: float, worn_h: float, bouts: Sequence[Bout], strides: dict[Side, int]) -> str:
        """Why the day does not count; empty when it does."""
        p = self._params
        long_bouts = sum(b.duration_s > p.bout_s for b in bouts)
        if recorded_h == 0:
            return "no readings: the sensors were off, out of reach, or charging"
        if worn_h == 0:
            return "the sensors lay still: not worn"
        if worn_h < p.least_worn_h:
            return f"worn {worn_h:.1f} h, less than {p.least_worn_h:g} h"
        if long_bouts < p.least_bouts:
            return f"{long_bouts} walks longer than {p.bout_s:g} s, fewer than {p.least_bouts}"
        short = [side for side in self._sides if strides[side] < p.least_strides]
        if short:
            told = ", ".join(f"{side} {strides[side]}" for side in short)
            return f"too few straight strides ({told}; at least {p.least_strides} are needed)"
        return ""


def _of_bouts(strides: StrideTable | None, bouts: Sequence[Bout]) -> StrideTable | None:
    """The valid strides that lie in a walking bout: what moved a chair or a bed is not walking."""
    if strides is None or not bouts:
        return None
    start, end = (np.array([getattr(b, name) for b in bouts]) for name in ("start_s", "end_s"))
    order = np.argsort(start)
    which = np.searchsorted(start[order], strides["start_s"], side="right") - 1
    inside = (which >= 0) & (strides["start_s"] < end[order][which])
    return strides.take(inside & strides["valid"])


def _metrics(walked: StrideTable | None, sides: Sequence[Side], least: int) -> list[DayMetric]:
    metrics = []
    for measure in DAY_MEASURES:
        for side in sides if measure.per_side else (None,):
            mine = walked if walked is None or side is None else walked.of_side(side)
            metrics.append(_metric(measure, side, mine, least))
    return metrics


def _metric(measure: DayMeasure, side: Side | None, strides: StrideTable | None, least: int) -> DayMetric:
    count = 0 if strides is None else len(strides)
    if strides is None or count < least:
        return DayMetric(side, measure.name, None, count, f"{count} strides, at least {least} are needed")
    values = measure.of(strides)
    values = values[np.isfinite(values)]
    if len(values) < least:
        return DayMetric(side, measure.name, None, len(values), f"known of {len(values)} strides only")
    value = values.mean() if measure.is_share else np.median(values)
    return DayMetric(side, measure.name, float(value), len(values))
