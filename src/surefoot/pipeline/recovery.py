"""Recovery: how far the weak leg still stands behind the other, and whether that goes as recoveries do.

The deficit is in % of the unaffected leg. A band for display: d0 exp(-t / tau), tau of three weeks for mild to moderate
weakness and ten for severe (facts/clinical.md 7.5; P: sources give 4 to 6 weeks, and months). What is said rests on the
patient's own days: Theil-Sen slopes against the smallest change that noise does not reach. It assumes that the other
leg is well: where both are weak, it shows less than there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import exp
from statistics import median
from typing import Literal

import numpy as np

from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.slopes import SlopeParams, slope
from surefoot.records import DaySummary, Side

RecoveryState = Literal["cannot_say", "improving", "plateau", "worse", "even"]
NO_IMPROVEMENT = "no improvement at six weeks"
NUMBERS = ("push_off_rate_dps", "heel_rise_count", "heel_strike_mps3", "loading_rate_dps")  # less is worse, of each leg


@dataclass(frozen=True, slots=True)
class RecoveryParams:
    """How a recovery is judged (7.5; P where not said)."""

    mild_weeks: float = 3.0  # tau of the band's near edge
    severe_weeks: float = 10.0  # and of its far edge
    first_days: int = 7  # of the calendar: the deficit it began with, and the deficit of now
    least_days: int = 3  # of them with a number
    slope_days: int = 21  # three weeks without change are a plateau ...
    plateau_weeks: float = 6.0  # ... from this week on
    improving_share: float = 0.25  # of the smallest real change, a week
    worse_days: int = 14  # a slope over so long, worse than the smallest real change ...
    worse_p: float = 0.05  # ... and hardly by chance
    floor_pct: float = 5.0  # least spread of a day believed (7.4: push-off)


@dataclass(frozen=True, slots=True)
class Deficit:
    """How far the affected leg stood behind the other one on a day; below zero it was ahead."""

    day: str
    pct: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """Where a recovery stands. ``reason`` says why nothing can be said, or what must be known with the state."""

    state: RecoveryState
    reason: str = ""
    week: float = 0.0  # since the start
    began_pct: float | None = None
    now_pct: float | None = None
    mild_pct: float | None = None  # the band at this time
    severe_pct: float | None = None
    per_week_pct: float | None = None  # of the last three weeks; below zero the deficit shrinks
    mdc_pct: float | None = None
    findings: tuple[str, ...] = ()


def deficits(days: Sequence[DaySummary], affected: Side, metric: str) -> list[Deficit]:
    """The deficit of each good day on which both legs have this number, of which less must be worse.

    Raise ValueError for a number of which more is worse: its share of the other leg says nothing.
    """
    if MEASURES[metric].worse != -1 or not MEASURES[metric].per_side:
        raise ValueError(f"{metric} is no number of a leg of which less is worse")
    other: Side = "right" if affected == "left" else "left"
    found = []
    for day in (d for d in days if not d.missing or MEASURES[metric].how == "test"):
        own, good = day.metric(affected, metric), day.metric(other, metric)
        if own and good and own.value is not None and good.value is not None and good.value > 0:
            found.append(Deficit(day.day, 100.0 * (1 - own.value / good.value)))
    return found


def expected_pct(began_pct: float, weeks: float, params: RecoveryParams = RecoveryParams()) -> tuple[float, float]:
    """The band: a mild to moderate and a severe weakness after so many weeks."""
    return began_pct * exp(-weeks / params.mild_weeks), began_pct * exp(-weeks / params.severe_weeks)


def recovery(course: Sequence[Deficit], start_day: str, params: RecoveryParams = RecoveryParams()) -> Recovery:
    """Judge the course of a deficit, oldest first, since the day that it began or was treated."""
    lived = [one for one in course if one.day >= start_day]
    if not lived:
        return Recovery("cannot_say", "no day since the start tells of both legs")
    week = _days(start_day, lived[-1].day) / 7
    first = [one.pct for one in lived if _days(start_day, one.day) < params.first_days]
    last = [one.pct for one in lived if _days(one.day, lived[-1].day) < params.first_days]
    if len(first) < params.least_days:
        return Recovery("cannot_say", f"{len(first)} days of the first week tell of both legs", week)
    began, now = median(first), median(last)
    mdc = 1.96 * _noise_pct(lived, params) * (1 / len(first) + 1 / len(last)) ** 0.5
    if began <= mdc:
        reason = f"it began {began:.0f} % behind the other leg, which noise reaches too ({mdc:.0f} %)"
        return Recovery("cannot_say", reason, week, began, now, mdc_pct=mdc)
    mild, severe = expected_pct(began, week, params)
    fell = _slope(lived, params.slope_days)
    state, reason = _state(lived, week, now, mdc, fell, params)
    late = week >= params.plateau_weeks and began - now < mdc
    findings = (f"{NO_IMPROVEMENT} or later: {began:.0f} % behind at first, {now:.0f} % now",) if late else ()
    return Recovery(state, reason, week, began, now, mild, severe, fell, mdc, findings)


def _state(
    lived: Sequence[Deficit], week: float, now: float, mdc: float, per_week: float | None, p: RecoveryParams
) -> tuple[RecoveryState, str]:
    lately = slope("deficit", None, *_columns(lived), SlopeParams(days=p.worse_days))
    if lately is not None and lately.per_fortnight > mdc and lately.p < p.worse_p:
        return "worse", ""
    if now < mdc and week * 7 >= p.first_days:
        return "even", f"the legs differ by {now:.0f} %, less than noise reaches ({mdc:.0f} %)"
    if per_week is None:
        return "cannot_say", "too few days of the last three weeks tell of both legs"
    if per_week < -p.improving_share * mdc:
        return "improving", ""
    if week >= p.plateau_weeks:
        return "plateau", ""
    return "cannot_say", f"no clear direction yet; a plateau is said from week {p.plateau_weeks:.0f} on"


def _slope(lived: Sequence[Deficit], days: int) -> float | None:
    """% a week over the last so many days."""
    found = slope("deficit", None, *_columns(lived), SlopeParams(days=days))
    return None if found is None else 7 * found.per_fortnight / days


def _columns(lived: Sequence[Deficit]) -> tuple[list[str], list[float]]:
    return [one.day for one in lived], [one.pct for one in lived]


def _noise_pct(lived: Sequence[Deficit], p: RecoveryParams) -> float:
    """The spread of a day around its neighbours: a course that goes anywhere is no noise."""
    steps = np.diff([one.pct for one in lived])
    if len(steps) < p.least_days:
        return p.floor_pct
    return max(p.floor_pct, 1.4826 * float(np.median(np.abs(steps))) / 2**0.5)


def _days(day: str, later: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(day)).days
