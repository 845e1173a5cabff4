"""Day metrics: all that was found on one day becomes its numbers; what a day does not support is None, with why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from surefoot.pipeline.activities import totals_of
from surefoot.pipeline.measures import DAY_MEASURES, DayMeasure
from surefoot.pipeline.walkmetrics import ending_of, screen_of
from surefoot.records import Activity, Array, Bout, DayMetric, Incident, Side
from surefoot.signal.asymmetry import AsymmetryParams, asymmetry
from surefoot.signal.bouts import bout_numbers, by_bout
from surefoot.signal.table import StrideTable

_WHOLE = ("walks", "incidents", "activity")  # of the whole day


@dataclass(frozen=True, slots=True)
class DayFindings:
    """What was found from ``start_s`` to ``end_s``."""

    start_s: float
    end_s: float
    sides: Sequence[Side]
    walked: StrideTable | None  # valid strides, in bouts
    bouts: Sequence[Bout]
    incidents: Sequence[Incident]
    activities: Sequence[Activity]


def metrics_of(day: DayFindings, missing: str, least_strides: int) -> list[DayMetric]:
    """Every measure of every leg that has a sensor; those of activities where there were any.

    ``missing`` says why the day does not count: then its counts and times are not known.
    """
    walks = by_bout(day.walked, day.bouts) if day.walked is not None else []
    return [
        replace(metric, value=None, reason="the day does not count") if missing and measure.how in _WHOLE else metric
        for measure in DAY_MEASURES
        if measure.placement in (None, None if day.walked is None else day.walked.placement)
        for side in (day.sides if measure.per_side else (None,))
        for metric in _metric(measure, side, day, walks, least_strides)
    ]


def bout_lengths_s(start_s: Array, bouts: Sequence[Bout]) -> Array:
    """Length of the walking bout each stride lies in; NaN outside: what moved a chair or a bed is not walking."""
    lengths_s = np.array([*(b.end_s - b.start_s for b in bouts), np.nan])
    return np.asarray(lengths_s[bout_numbers(start_s, bouts)])


def _metric(
    measure: DayMeasure, side: Side | None, day: DayFindings, walks: Sequence[StrideTable], least: int
) -> Iterator[DayMetric]:
    match measure.how:
        case "score" | "test":  # come another way: pipeline/dropdays.py, pipeline/tested.py
            return
        case "ending":
            yield ending_of(measure, side, walks)
        case "screen" if side:
            yield screen_of(measure, side, walks)
        case "activity":
            if day.activities:
                yield DayMetric(side, measure.name, _of_activities(measure.field, day), 0)
        case "walks":
            yield DayMetric(side, measure.name, _of_walks(measure.field, day.bouts), 0)
        case "incidents":
            found = sum((i.kind, i.side) == (measure.field, side) for i in day.incidents)
            yield DayMetric(side, measure.name, float(found), 0)
        case "asymmetry":
            yield _asymmetry(measure, day, measure.least_strides or least)
        case _:
            yield _of_strides(measure, side, _strides(measure, side, day), measure.least_strides or least)


def _strides(measure: DayMeasure, side: Side | None, day: DayFindings) -> StrideTable | None:
    """The strides a measure is about."""
    strides = day.walked
    if strides is not None and measure.bout_s is not None:
        length_s = bout_lengths_s(strides["start_s"], day.bouts)
        strides = strides.take((length_s > measure.bout_s[0]) & (length_s <= measure.bout_s[1]))
    return strides if strides is None or side is None else strides.of_side(side)


def _of_strides(measure: DayMeasure, side: Side | None, strides: StrideTable | None, least: int) -> DayMetric:
    count = 0 if strides is None else len(strides)
    if strides is None or count < least:
        return DayMetric(side, measure.name, None, count, f"{count} strides, at least {least} are needed")
    values = measure.of(strides)
    values = values[np.isfinite(values)]
    if len(values) < least:
        return DayMetric(side, measure.name, None, len(values), f"known of {len(values)} strides only")
    match measure.how:
        case "share":
            value = values.mean()
        case "variation":
            value = 100.0 * values.std(ddof=1) / values.mean()
        case _:
            value = np.median(values)
    return DayMetric(side, measure.name, float(value), len(values))


def _asymmetry(measure: DayMeasure, day: DayFindings, least: int) -> DayMetric:
    strides = _strides(measure, None, day)
    if strides is None:
        return DayMetric(None, measure.name, None, 0, f"0 strides, at least {least} are needed")
    said = asymmetry(strides, measure.field, AsymmetryParams(least))
    return DayMetric(None, measure.name, said.log_ratio_pct, said.strides, said.reason)


def _of_walks(field: str, bouts: Sequence[Bout]) -> float:
    if field == "total_min":
        return sum(b.duration_s for b in bouts) / 60.0
    if field == "longest_min":
        return max((b.duration_s for b in bouts), default=0.0) / 60.0
    return float(sum(b.length_class == field for b in bouts))


def _of_activities(field: str, day: DayFindings) -> float:
    totals = totals_of(sorted(day.activities, key=lambda a: a.start_s), day.start_s, day.end_s)
    return float(getattr(totals, field))
