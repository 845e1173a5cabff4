"""Trends: every day's numbers against the patient's own baseline, and one chart per root and leg that joins them.

Days with a brace, a stick or other shoes are compared with days with the same, and with no others (7.6). Numbers that
follow walking speed are compared at the person's usual speed (pipeline/speed.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from surefoot.pipeline.calibration import on_scale_of
from surefoot.pipeline.chart import Chart, Series, TrendParams
from surefoot.pipeline.dropdays import PLACED, Sign, scores
from surefoot.pipeline.measures import DAY_MEASURES, DayMeasure
from surefoot.pipeline.roots import Feature, Features, root_charts, root_trends
from surefoot.pipeline.speed import at_usual_speed
from surefoot.records import SIDES, DayMetric, DaySummary, Side, Trend


def judge(days: Sequence[DaySummary], params: TrendParams | None = None) -> list[Trend]:
    """Trends of the newest day, given all days oldest first: each measure of each leg, then each root's chart."""
    if not days:
        return []
    p = (params or TrendParams()).on(days[-1].day)
    trends, features = _measured(days, p)
    return trends + root_trends(features, _lived(days, p), p)


def root_courses(
    days: Sequence[DaySummary], params: TrendParams | None = None
) -> dict[tuple[str, Side], dict[str, float]]:
    """Each root's chart of each leg day by day, in spreads of its baseline as it is by now; positive is worse."""
    if not days:
        return {}
    p = (params or TrendParams()).on(days[-1].day)
    charts = root_charts(_measured(days, p)[1], _lived(days, p), p)
    return {(chart.chart.name, side): chart.deviations() for (_, side), chart in charts.items()}


def rearmed_days(days: Sequence[DaySummary], params: TrendParams | None = None) -> dict[tuple[str, Side], str]:
    """By root's chart and leg: since which day an alert may be raised again, whatever today knows."""
    if not days:
        return {}
    p = (params or TrendParams()).on(days[-1].day)
    charts = root_charts(_measured(days, p)[1], _lived(days, p), p)
    seen = {name: one.deviations() for name, one in charts.items()}
    return {
        (one.chart.name, name[1]): one.chart.rearmed(one.series, p, [seen[other] for other in charts if other != name])
        for name, one in charts.items()
    }


def number_courses(
    days: Sequence[DaySummary], params: TrendParams | None = None
) -> dict[tuple[str, Side], dict[str, float]]:
    """Each number that a root's chart is made of, of each leg, day by day; as `root_courses` otherwise."""
    p = (params or TrendParams()).on(days[-1].day)
    features = _measured(days, p)[1]
    return {(one.chart.name, side): one.deviations() for (_, side), mine in features.items() if side for one in mine}


def _lived(days: Sequence[DaySummary], p: TrendParams) -> list[DaySummary]:
    """The days that today is compared with."""
    return [on_scale_of(day, days[-1]) for day in days if day.aids == days[-1].aids and day.day >= p.since]


def _measured(days: Sequence[DaySummary], p: TrendParams) -> tuple[list[Trend], Features]:
    """The trend of each measure of each leg, and what the roots' charts are made of."""
    today = days[-1]
    alike = [_Known(d, {(m.side, m.name): m for m in d.metrics}) for d in _lived(days, p)]
    features: Features = {}
    made: dict[tuple[str, Side | None], Series] = {}
    trends: list[Trend] = []
    for measure in DAY_MEASURES:
        for side in SIDES if measure.per_side else (None,):
            scored = measure.how == "score"
            series = _scored(alike, side, made, p) if scored else _series(alike, side, measure, p)
            made[measure.name, side] = series
            chart = _chart(series, side, measure, p)
            told = alike[-1:] if measure.how == "test" else alike  # a test is not missed on the days between
            if series.days if scored else any((side, measure.name) in d.metrics for d in told):
                trends.append(chart.trend(series, today, p))
            if measure.root:
                features.setdefault((measure.root, side), []).append(Feature(chart, series))
    return trends, features


@dataclass(frozen=True, slots=True)
class _Known:
    """A day and its numbers by leg and name."""

    day: DaySummary
    metrics: dict[tuple[Side | None, str], DayMetric]

    def value(self, side: Side | None, name: str) -> float | None:
        metric = self.metrics.get((side, name))
        return None if metric is None else metric.value


def _series(days: Sequence[_Known], side: Side | None, measure: DayMeasure, p: TrendParams) -> Series:
    """A measure over the days that count, at the usual speed where it follows speed and that is known."""
    told = [d for d in days if (not d.day.missing or measure.how == "test") and d.value(side, measure.name) is not None]
    by_speed = measure.speed if p.speed and any(d.value(side, "speed_mps") is not None for d in told) else None
    told = [d for d in told if by_speed is None or d.value(side, "speed_mps") is not None]
    if not told:
        return Series()
    values = np.array([d.value(side, measure.name) for d in told], dtype=np.float64)
    doubts = np.zeros(len(values))
    learned = min(len(values), p.baseline.days)
    if by_speed and p.speed and learned >= p.baseline.provisional_days:
        pace = np.array([d.value(side, "speed_mps") for d in told], dtype=np.float64)
        floor = measure.floor_at(median(values[:learned].tolist()))
        values, doubts = at_usual_speed(values, pace, learned, floor, by_speed, p.speed)
    strides = told[-1].metrics[side, measure.name].strides
    return Series(tuple(d.day.day for d in told), tuple(values.tolist()), tuple(doubts.tolist()), strides)


def _scored(
    days: Sequence[_Known], side: Side | None, made: Mapping[tuple[str, Side | None], Series], p: TrendParams
) -> Series:
    """The foot-drop score of each day, from its signs at the usual speed; of sensors that sit as today's do."""
    on_feet = (side, PLACED) in days[-1].metrics
    names = {d.day.day for d in days if ((side, PLACED) in d.metrics) == on_feet}
    signs: dict[str, dict[str, Sign]] = {}
    for (name, of), one in made.items():
        if of == side:
            known = zip(one.days, one.values, one.doubts, strict=True)
            signs[name] = {day: Sign(value, doubt) for day, value, doubt in known if day in names}
    found = scores(signs, "foot" if on_feet else "shank", p.baseline.days)
    strides = days[-1].day.strides
    return Series(
        tuple(found),
        tuple(one.value for one in found.values()),
        tuple(one.doubt for one in found.values()),
        next((count for of, count in strides if of == side), 0),
    )


def _chart(series: Series, side: Side | None, measure: DayMeasure, p: TrendParams) -> Chart:
    few = measure.baseline_days
    own = p.baseline if few is None else replace(p.baseline, days=few, provisional_days=few)
    centre = median(series.values[: own.days]) if series.values else 0.0
    gates = measure.floor_at(centre), measure.least_change_at(centre)
    return Chart(measure.name, side, measure.worse, *gates, own, measure.how == "test")
