"""Roots: one chart per nerve root and leg, the mean deviation of its numbers, beside the patient's other charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from statistics import fmean

from surefoot.pipeline.chart import Chart, Series, TrendParams, not_learned
from surefoot.pipeline.measures import Root
from surefoot.records import SIDES, DaySummary, Side, Trend

COMPOSITE = "_composite"
ROOTS: tuple[Root, ...] = ("l4", "l5", "s1")


@dataclass(frozen=True, slots=True)
class Feature:
    """One of the numbers a root's chart is made of."""

    chart: Chart
    series: Series

    def deviations(self) -> dict[str, float]:
        """By day, in spreads of its baseline; none while that is not known."""
        baseline = self.chart.learn(self.series)
        if baseline is None:
            return {}
        return dict(zip(self.series.days, self.chart.z(self.series, baseline).tolist(), strict=True))


Features = dict[tuple[Root, Side | None], list[Feature]]


def root_trends(features: Features, lived: Sequence[DaySummary], p: TrendParams) -> list[Trend]:
    """Each root's chart of each leg, seen beside the patient's other ones."""
    charts = root_charts(features, lived, p)
    seen = {name: one.deviations() for name, one in charts.items()}
    return [
        _root_trend(one, lived, [seen[other] for other in charts if other != name], p) for name, one in charts.items()
    ]


def root_charts(features: Features, lived: Sequence[DaySummary], p: TrendParams) -> dict[tuple[Root, Side], Feature]:
    """What each root's chart of each leg stands on: its mean deviation day by day."""
    known = {(m.side, m.name) for day in lived for m in day.metrics}
    charts: dict[tuple[Root, Side], Feature] = {}
    for root in ROOTS:
        for side in SIDES:
            own, of_both = features.get((root, side), []), features.get((root, None), [])
            if any(f.series.days for f in own) or any((side, f.chart.name) in known for f in own):
                charts[root, side] = _composite(root, side, [*own, *of_both], lived, p)
    return charts


def _composite(
    root: Root, side: Side, features: Sequence[Feature], days: Sequence[DaySummary], p: TrendParams
) -> Feature:
    """The mean deviation of a root's features of one leg, of tests of both legs together too."""
    rows: dict[str, list[tuple[float, float]]] = {}  # deviation and doubt, in spreads
    newest = 0
    for one in features:
        baseline = one.chart.learn(one.series)
        if baseline is None:
            continue
        newest = max(newest, one.series.strides)
        deviations = one.chart.deviations(one.series, baseline).tolist()
        for day, deviation, doubt in zip(one.series.days, deviations, one.series.doubts, strict=True):
            rows.setdefault(day, []).append((deviation, doubt / baseline.spread))
    ordered = [d.day for d in days if len(rows.get(d.day, ())) >= p.least_features and not d.missing]
    values = tuple(fmean(deviation for deviation, _ in rows[day]) for day in ordered)
    doubts = tuple(hypot(*(doubt for _, doubt in rows[day])) / len(rows[day]) for day in ordered)
    series = Series(tuple(ordered), values, doubts, newest)
    return Feature(Chart(root + COMPOSITE, side, 1, p.composite_floor, p.composite_change, p.baseline), series)


def _root_trend(
    one: Feature, days: Sequence[DaySummary], others: Sequence[Mapping[str, float]], p: TrendParams
) -> Trend:
    today = days[-1]
    if not today.missing and not one.series.days:
        good = sum(not d.missing for d in days)
        few = f"fewer than {p.least_features} of its numbers have a baseline"
        reason = not_learned(good, p.baseline, today) if good < p.baseline.provisional_days else few
        told = {"worn_h": today.worn_h, "reason": reason, "rearmed": p.since}
        return Trend(today.day, one.chart.side, one.chart.name, "cannot_say", **told)
    return one.chart.trend(one.series, today, p, others)
