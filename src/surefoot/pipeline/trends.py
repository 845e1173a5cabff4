"""Trends: every day's numbers against the patient's own baseline, and one chart per root and leg that adds them up.

The chart is a CUSUM of the oriented deviation z (positive = worse), S = max(0, S + clip(z, -4, 4) - k), alarmed when
S > h (Page 1954; k = 1, h = 6: 4.6 % false alarms in 30 days and chart with a 14-day baseline, facts/clinical.md 7.3,
simulated). It must also be a change that can be told from noise and is worth telling (the MDC gate, 7.2). A day that
is missing is not seen by the chart at all. The chart begins behind the last day of the whole baseline: a provisional
one is shown and compared with, but judges nothing, so no verdict is taken back when the baseline is complete.

Days with a brace, a stick or other shoes are compared with days with the same, and with no others (7.6). Numbers that
follow walking speed are compared at the person's usual speed (pipeline/speed.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot
from statistics import fmean, median

import numpy as np

from surefoot.pipeline.baseline import BaselineParams, learn, smallest_real_change
from surefoot.pipeline.calibration import on_scale_of
from surefoot.pipeline.dropdays import PLACED, Sign, scores
from surefoot.pipeline.measures import DAY_MEASURES, DayMeasure, Root
from surefoot.pipeline.speed import SpeedParams, at_usual_speed
from surefoot.records import SIDES, Array, Baseline, DayMetric, DaySummary, Side, Trend

COMPOSITE = "_composite"
ROOTS: tuple[Root, ...] = ("l4", "l5", "s1")


@dataclass(frozen=True, slots=True)
class TrendParams:
    """The chart (facts/clinical.md 7.2, 7.3, 7.8)."""

    slack: float = 1.0  # k, in spreads
    limit: float = 6.0  # h
    clip: float = 4.0
    rearm_days: int = 7  # good days below half the limit after which an alert may be raised again (7.8)
    recent_days: int = 3  # the change is that of the median of so many last good days
    least_features: int = 2  # of a root, to make a composite (section 10)
    composite_floor: float = 0.5  # least spread of a mean of z (P)
    composite_change: float = 1.0  # least change of it worth telling (P)
    baseline: BaselineParams = field(default_factory=BaselineParams)
    speed: SpeedParams | None = field(default_factory=SpeedParams)  # None: numbers are compared as they are


@dataclass(frozen=True, slots=True)
class _Series:
    """One number over the good days it is known on, and the SD that moving it to the usual speed has added."""

    days: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    doubts: tuple[float, ...] = ()
    strides: int = 0  # of the newest day


@dataclass(frozen=True, slots=True)
class _Chart:
    """What a chart needs to know of its number."""

    name: str
    side: Side | None
    worse: int
    floor: float
    least_change: float
    baseline: BaselineParams
    any_day: bool = False  # a guided test counts on a day that does not

    def learn(self, series: _Series) -> Baseline | None:
        return learn(series.days, series.values, self.floor, self.baseline)

    def deviations(self, series: _Series, baseline: Baseline) -> Array:
        """Oriented, in spreads of the baseline: positive is worse."""
        return np.asarray(self.worse * (np.array(series.values) - baseline.centre) / baseline.spread)

    def z(self, series: _Series, baseline: Baseline) -> Array:
        """The deviations, less where moving to the usual speed has made them unsure."""
        return np.asarray(self.deviations(series, baseline) / np.hypot(1.0, np.array(series.doubts) / baseline.spread))

    def trend(self, series: _Series, today: DaySummary, p: TrendParams) -> Trend:
        def cannot_say(reason: str) -> Trend:
            return Trend(today.day, self.side, self.name, "cannot_say", worn_h=today.worn_h, reason=reason)

        if today.missing and not self.any_day:
            return cannot_say(today.missing)
        if not series.days or series.days[-1] != today.day:
            return cannot_say(_not_today(today.metric(self.side, self.name)))
        baseline = self.learn(series)
        if baseline is None:
            return cannot_say(_not_learned(len(series.values), self.baseline, today))
        z = self.z(series, baseline)
        after = z[baseline.days :]
        path = cusum(after, p)
        chart = path[-1] if path else None
        recent = slice(-p.recent_days if len(after) >= p.recent_days else -1, None)
        count = len(series.values[recent])
        change = (self.worse or 1) * (median(series.values[recent]) - baseline.centre)
        noise = smallest_real_change(series.values, baseline, count, self.baseline)
        mdc = max(float(np.hypot(noise, 1.96 * median(series.doubts[recent]))), self.least_change)
        worse = self.worse != 0 and chart is not None and chart > p.limit and change > mdc
        return Trend(
            day=today.day,
            side=self.side,
            metric=self.name,
            state="cannot_say" if chart is None else "worse" if worse else "quiet",
            value=series.values[-1],
            baseline=baseline,
            z=float(z[-1]) if self.worse else None,
            cusum=chart if self.worse else None,
            change=change,
            mdc=mdc,
            worse_days=_run(after > p.slack),
            rearmed=_rearmed(path, series.days[baseline.days :], p),
            strides=series.strides,
            worn_h=today.worn_h,
            reason="" if chart is not None else _learning(baseline.days, self.baseline, today),
        )


def judge(days: Sequence[DaySummary], params: TrendParams | None = None) -> list[Trend]:
    """Trends of the newest day, given all days oldest first: each measure of each leg, then each root's chart."""
    p = params or TrendParams()
    if not days:
        return []
    today = days[-1]
    lived = (on_scale_of(day, today) for day in days if day.aids == today.aids)
    alike = [_Known(d, {(m.side, m.name): m for m in d.metrics}) for d in lived]
    features: dict[tuple[Root, Side | None], list[_Feature]] = {}
    made: dict[tuple[str, Side | None], _Series] = {}
    trends = []
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
                features.setdefault((measure.root, side), []).append(_Feature(chart, series))
    for root in ROOTS:
        for side in SIDES:
            own, of_both = features.get((root, side), []), features.get((root, None), [])
            if any(f.series.days for f in own) or any((side, f.chart.name) in d.metrics for f in own for d in alike):
                trends.append(_composite(root, side, [*own, *of_both], [d.day for d in alike], p))
    return trends


@dataclass(frozen=True, slots=True)
class _Known:
    """A day and its numbers by leg and name."""

    day: DaySummary
    metrics: dict[tuple[Side | None, str], DayMetric]

    def value(self, side: Side | None, name: str) -> float | None:
        metric = self.metrics.get((side, name))
        return None if metric is None else metric.value


@dataclass(frozen=True, slots=True)
class _Feature:
    """One of the numbers a root's chart is made of."""

    chart: _Chart
    series: _Series


def _series(days: Sequence[_Known], side: Side | None, measure: DayMeasure, p: TrendParams) -> _Series:
    """A measure over the days that count, at the usual speed where it follows speed and that is known."""
    told = [d for d in days if (not d.day.missing or measure.how == "test") and d.value(side, measure.name) is not None]
    by_speed = measure.speed if p.speed and any(d.value(side, "speed_mps") is not None for d in told) else None
    told = [d for d in told if by_speed is None or d.value(side, "speed_mps") is not None]
    if not told:
        return _Series()
    values = np.array([d.value(side, measure.name) for d in told], dtype=np.float64)
    doubts = np.zeros(len(values))
    learned = min(len(values), p.baseline.days)
    if by_speed and p.speed and learned >= p.baseline.provisional_days:
        pace = np.array([d.value(side, "speed_mps") for d in told], dtype=np.float64)
        floor = measure.floor_at(median(values[:learned].tolist()))
        values, doubts = at_usual_speed(values, pace, learned, floor, by_speed, p.speed)
    strides = told[-1].metrics[side, measure.name].strides
    return _Series(tuple(d.day.day for d in told), tuple(values.tolist()), tuple(doubts.tolist()), strides)


def _scored(
    days: Sequence[_Known], side: Side | None, made: Mapping[tuple[str, Side | None], _Series], p: TrendParams
) -> _Series:
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
    return _Series(
        tuple(found),
        tuple(one.value for one in found.values()),
        tuple(one.doubt for one in found.values()),
        next((count for of, count in strides if of == side), 0),
    )


def _chart(series: _Series, side: Side | None, measure: DayMeasure, p: TrendParams) -> _Chart:
    few = measure.baseline_days
    own = p.baseline if few is None else replace(p.baseline, days=few, provisional_days=few)
    centre = median(series.values[: own.days]) if series.values else 0.0
    gates = measure.floor_at(centre), measure.least_change_at(centre)
    return _Chart(measure.name, side, measure.worse, *gates, own, measure.how == "test")


def _composite(
    root: Root, side: Side, features: Sequence[_Feature], days: Sequence[DaySummary], p: TrendParams
) -> Trend:
    """The root's chart of one leg: the mean deviation of its features, of tests of both legs together too."""
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
    series = _Series(tuple(ordered), values, doubts, newest)
    chart = _Chart(root + COMPOSITE, side, 1, p.composite_floor, p.composite_change, p.baseline)
    today = days[-1]
    if not today.missing and not ordered:
        good = sum(not d.missing for d in days)
        few = f"fewer than {p.least_features} of its numbers have a baseline"
        reason = _not_learned(good, p.baseline, today) if good < p.baseline.provisional_days else few
        return Trend(today.day, side, chart.name, "cannot_say", worn_h=today.worn_h, reason=reason)
    return chart.trend(series, today, p)


def _rearmed(path: Sequence[float], days: Sequence[str], p: TrendParams) -> str:
    """The last day that ended a run of ``rearm_days`` good days with the chart below half its limit; "" if none did."""
    run, last = 0, ""
    for value, day in zip(path, days, strict=True):
        run = run + 1 if value < p.limit / 2 else 0
        last = day if run >= p.rearm_days else last
    return last


def cusum(z: Array, params: TrendParams) -> list[float]:
    """The chart after each of the days whose oriented deviations are ``z``."""
    total, path = 0.0, []
    for step in np.clip(z, -params.clip, params.clip).tolist():
        total = max(0.0, total + step - params.slack)
        path.append(total)
    return path


def _not_today(known: DayMetric | None) -> str:
    if known is None or (known.value is None and not known.reason):
        return "not known today"
    return known.reason or "it depends on walking speed, which is not known today"


def _not_learned(good_days: int, params: BaselineParams, today: DaySummary) -> str:
    """Why there is no baseline."""
    if good_days < params.provisional_days:
        return f"learning what is normal{_with(today)}: {good_days} of at least {params.provisional_days} good days"
    return "it never varied on the days it was learned from: no change can be measured against that"


def _learning(good_days: int, params: BaselineParams, today: DaySummary) -> str:
    """Why there is no chart yet."""
    return f"learning what is normal{_with(today)}: {good_days} of {params.days} good days"


def _with(day: DaySummary) -> str:
    return f" with {' and '.join(day.aids)}" if day.aids else ""


def _run(flags: np.ndarray) -> int:
    """How many of the last values in a row are true."""
    false = np.flatnonzero(~flags)
    return len(flags) - (int(false[-1]) + 1 if len(false) else 0)
