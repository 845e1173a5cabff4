"""Days: what was found becomes one summary per local day, with its coverage; a thin day is missing, never zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from surefoot.pipeline.daymetrics import DayFindings, bout_lengths_s, metrics_of
from surefoot.pipeline.wear import WearParams, recorded_and_worn_h
from surefoot.records import SIDES, Activity, Bout, DaySummary, Incident, Minute, Side, SideCheck, Slip
from surefoot.signal.bouts import BoutParams
from surefoot.signal.table import StrideTable
from surefoot.signal.told import WalkFindings

T = TypeVar("T", Minute, Bout, Incident)


@dataclass(frozen=True, slots=True)
class DayParams:
    """The least a day must hold to count (facts/clinical.md 6.3, P)."""

    least_worn_h: float = 6.0
    least_bouts: int = 3
    bout_s: float = 10.0  # bouts longer than this count
    least_strides: int = 100  # valid straight strides of each leg, in bouts
    late_s: float = 120.0  # before a sensor is known to have moved or to be on the other leg, it already was
    resettling_s: float = 60.0  # after it is known to have moved, before its new seat is known
    grace_s: float = 900.0  # a day is closed this long after its end, and not before its last walk is over
    longest_absence_days: int = 60  # of a longer time without a reading no day is told
    walks: BoutParams = field(default_factory=BoutParams)


def day_without_readings(at_s: float, timezone: tzinfo, sides: Sequence[Side] = SIDES) -> DaySummary:
    """The local day that holds this moment, of which no reading is known."""
    return DayBook(timezone=timezone, sides=sides).without_readings(at_s)


class DayBook:
    """Collects findings and closes days. ``sides`` are the legs with a sensor, ``length_factors`` the walk stream's.

    A walk belongs, whole, to the day in which it begins. What is told of a day already closed does not change it.
    """

    def __init__(
        self,
        params: DayParams | None = None,
        timezone: tzinfo | None = None,
        sides: Sequence[Side] = SIDES,
        wear: WearParams | None = None,
        length_factors: tuple[tuple[Side, float], ...] = (),
    ) -> None:
        self._params = params or DayParams()
        self._zone = timezone or ZoneInfo("UTC")
        self._sides = tuple(sides)
        self._wear = wear or WearParams()
        self._length_factors = length_factors
        self._strides: list[StrideTable] = []
        self._bouts: list[Bout] = []
        self._incidents: list[Incident] = []
        self._minutes: list[Minute] = []
        self._slips: list[Slip] = []
        self._sided: list[SideCheck] = []  # of this day, and the last one before it
        self._activities: list[Activity] = []
        self._day: datetime | None = None  # local midnight that begins the open day

    def update(self, findings: WalkFindings, known_s: float | None = None) -> list[DaySummary]:
        """Take findings; return the days they close, in order, days without a reading among them.

        ``known_s``: up to when all is known, while no sensor sends: it closes the day that was lived, and no other.
        """
        if len(findings.strides):
            self._remember(findings.strides)
        self._bouts += findings.bouts
        self._incidents += [replace(one, snippet=()) for one in findings.incidents]  # raw signal is kept elsewhere
        if findings.strides.placement == "shank":  # a foot on the floor is as still when one stands as when one sits
            self._activities += findings.activities
        self._minutes += findings.minutes
        self._slips += [c for c in findings.checks if isinstance(c, Slip)]
        self._sided += [c for c in findings.checks if isinstance(c, SideCheck)]
        if not findings.minutes:
            first_s = None if self._day is None else self._first_s()
            lived = first_s is not None and first_s < self._end_s()
            return [self._close_day()] if known_s is not None and lived and self._is_over(known_s) else []
        if self._day is None:
            self._day = self._midnight(min(m.start_s for m in self._minutes))
        self._skip_absence()
        closed = []
        newest_s = max(m.start_s for m in findings.minutes)
        while self._is_over(newest_s):
            closed.append(self._close_day())
        return closed

    def _is_over(self, newest_s: float) -> bool:
        end_s = self._end_s()
        return newest_s >= end_s + self._params.grace_s and not self._walking_since(end_s, newest_s)

    def close(self) -> list[DaySummary]:
        """Close the days that are open: nothing more will come."""
        closed = []
        while (first_s := self._first_s()) is not None:
            self._day = self._day or self._midnight(first_s)
            closed.append(self._close_day())
        return closed

    def without_readings(self, at_s: float) -> DaySummary:
        """Of a book in which nothing was noted: the day that holds this moment."""
        self._day = self._midnight(at_s)
        return self._close_day()

    def _remember(self, strides: StrideTable) -> None:
        """Tables of a stride or two, each with its own overhead, become few large ones as the day goes on."""
        self._strides.append(strides.told())
        while len(self._strides) > 1 and len(self._strides[-2]) <= 2 * len(self._strides[-1]):
            self._strides[-2:] = [StrideTable.joined(strides.placement, self._strides[-2:])]

    def _first_s(self) -> float | None:
        """Start of the first finding not yet told in a day. What comes after its day was told is told in none."""
        starts = [float(table["start_s"].min()) for table in self._strides]
        for found in (self._minutes, self._bouts, self._incidents):
            starts += [x.start_s for x in found]
        begin_s = float("-inf") if self._day is None else self._day.timestamp()
        return min((start_s for start_s in starts if start_s >= begin_s), default=None)

    def _walking_since(self, end_s: float, newest_s: float) -> bool:
        """Whether a walk that began before ``end_s`` may still be under way: its bout is told when it is over."""
        if not self._strides:
            return False
        self._strides = [StrideTable.joined(self._strides[0].placement, self._strides)]
        order = np.argsort(self._strides[0]["start_s"])
        start, end = (self._strides[0][name][order] for name in ("start_s", "end_s"))
        reached = np.maximum.accumulate(end)
        over_s = self._params.walks.longest_break_s + self._params.walks.longest_stride_s
        breaks = np.flatnonzero(start[1:] - reached[:-1] > over_s)
        since_s = start[breaks[-1] + 1] if len(breaks) else start[0]
        return bool(since_s < end_s and reached[-1] + over_s > newest_s + 60.0)

    def _midnight(self, time_s: float) -> datetime:
        local = datetime.fromtimestamp(time_s, self._zone)
        return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)

    def _end_s(self) -> float:
        assert self._day is not None
        return self._next_midnight(self._day).timestamp()

    def _next_midnight(self, day: datetime) -> datetime:
        return self._midnight((day + timedelta(days=1, hours=6)).timestamp())  # days of 23 and 25 hours too

    def _close_day(self) -> DaySummary:
        assert self._day is not None
        start, end_s = self._day, self._end_s()
        minutes, self._minutes = _of_day(self._minutes, start.timestamp(), end_s)
        bouts, self._bouts = _of_day(self._bouts, start.timestamp(), end_s)
        self._slips = [slip for slip in self._slips if slip.at_s >= start.timestamp()]
        incidents, self._incidents = _of_day(self._incidents, start.timestamp(), end_s)
        activities = [a for a in self._activities if a.start_s < end_s and a.end_s > start.timestamp()]
        self._activities = [a for a in self._activities if a.end_s > end_s]
        walked = self._walked(bouts, end_s)
        found = DayFindings(start.timestamp(), end_s, self._sides, walked, bouts, incidents, activities)
        exchanged = any(c.verdict == "swapped" and c.at_s < end_s for c in self._sided)
        self._sided = [c for c in self._sided if c.at_s >= end_s or c is _last_before(self._sided, end_s)]
        self._day = self._next_midnight(start)
        self._skip_absence()
        return self._summary(start.date().isoformat(), found, minutes, exchanged)

    def _skip_absence(self) -> None:
        """Of a long time without a reading no day is told: the next one is that of the next reading."""
        assert self._day is not None
        first_s, longest = self._first_s(), timedelta(days=self._params.longest_absence_days)
        if first_s is not None and first_s >= (self._day + longest).timestamp():
            self._day = self._midnight(first_s)

    def _walked(self, bouts: Sequence[Bout], end_s: float) -> StrideTable | None:
        """Take out the valid strides of these walks; those outside any walk before ``end_s`` are let go."""
        if not self._strides:
            return None
        table = StrideTable.joined(self._strides[0].placement, self._strides)
        inside = np.isfinite(bout_lengths_s(table["start_s"], bouts))
        later = ~inside & (table["start_s"] >= end_s)
        self._strides = [table.take(later)] if later.any() else []
        return table.take(inside & table["valid"] & ~self._slipping(table) & ~self._exchanged(table))

    def _slipping(self, table: StrideTable) -> NDArray[np.bool_]:
        """Strides measured with a sensor that had moved, before that was known and until its new seat is."""
        found = np.zeros(len(table), bool)
        for slip in self._slips:
            before_s = slip.at_s - table["start_s"]
            near = (before_s > -self._params.resettling_s) & (before_s < self._params.late_s)
            found |= (table["side"] == SIDES.index(slip.side)) & near
        return found

    def _slipped(self, end_s: float) -> set[Side]:
        return {slip.side for slip in self._slips if slip.at_s < end_s}

    def _exchanged(self, table: StrideTable) -> NDArray[np.bool_]:
        """Strides told of the wrong leg: from somewhat before that was known until it was known to be right again."""
        found = np.zeros(len(table), bool)
        ends = [*(check.at_s for check in self._sided[1:]), np.inf]
        for check, until_s in zip(self._sided, ends, strict=False):
            if check.verdict == "swapped":
                found |= (table["start_s"] >= check.at_s - self._params.late_s) & (table["start_s"] < until_s)
        return found

    def _summary(self, name: str, found: DayFindings, minutes: Sequence[Minute], exchanged: bool) -> DaySummary:
        recorded_h, worn_h = recorded_and_worn_h(minutes, self._sides, self._wear)
        walked = found.walked
        counts = {side: 0 if walked is None else len(walked.of_side(side)) for side in self._sides}
        silent = [side for side in self._sides if not any(m.side == side for m in minutes)]
        still = [side for side in self._sides if not any(m.side == side and m.moving_s > 0 for m in minutes)]
        missing = self._missing((recorded_h, worn_h), silent, still, found.bouts, counts, exchanged)
        kinds = Counter((i.side, i.kind) for i in found.incidents)
        return DaySummary(
            day=name,
            start_s=found.start_s,
            end_s=found.end_s,
            recorded_h=round(recorded_h, 3),
            worn_h=round(worn_h, 3),
            walking_min=round(sum(b.duration_s for b in found.bouts) / 60.0, 2),
            bouts=len(found.bouts),
            strides=tuple(counts.items()),
            incidents=tuple((side, kind, count) for (side, kind), count in sorted(kinds.items(), key=str)),
            metrics=tuple(metrics_of(found, missing, self._params.least_strides)),
            missing=missing,
            length_factors=self._length_factors,
            slipped=tuple(side for side in self._sides if side in self._slipped(found.end_s)),
        )

    def _missing(
        self,
        hours: tuple[float, float],
        silent: Sequence[Side],
        still: Sequence[Side],
        bouts: Sequence[Bout],
        strides: dict[Side, int],
        exchanged: bool,
    ) -> str:
        """Why the day does not count; empty when it does."""
        p, (recorded_h, worn_h) = self._params, hours
        long_bouts = sum(b.duration_s > p.bout_s for b in bouts)
        if recorded_h == 0:
            return "no readings: the sensors were off, out of reach, or charging"
        if silent:
            return f"no readings of the {silent[0]} sensor: it was off, out of reach, or charging"
        if worn_h == 0 and still:
            return "the sensors lay still: not worn"
        if worn_h < p.least_worn_h:
            worn = f"{int(10 * worn_h) / 10:.1f} h" if worn_h >= 1 else f"{int(60 * worn_h + 1e-6)} min"
            return f"worn {worn}, less than {p.least_worn_h:g} h"
        if long_bouts < p.least_bouts:
            return f"{long_bouts} walks longer than {p.bout_s:g} s, fewer than {p.least_bouts}"
        short = [side for side in self._sides if strides[side] < p.least_strides]
        if short and exchanged:
            return "the sensors seem to be on the wrong legs: what was measured so is left out"
        if short:
            told = ", ".join(f"{side} {strides[side]}" for side in short)
            return f"too few straight strides ({told}; at least {p.least_strides} are needed)"
        return ""


def _last_before(checks: Sequence[SideCheck], end_s: float) -> SideCheck | None:
    """What still holds at ``end_s``."""
    return next((check for check in reversed(checks) if check.at_s < end_s), None)


def _of_day(found: Sequence[T], start_s: float, end_s: float) -> tuple[list[T], list[T]]:
    """What starts in [start_s, end_s), and what comes after; anything earlier came after its day was told."""
    return [x for x in found if start_s <= x.start_s < end_s], [x for x in found if x.start_s >= end_s]
