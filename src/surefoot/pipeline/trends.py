"""Trends: every day's numbers against the patient's own baseline, and one chart per root and leg that adds them up.

The chart is a CUSUM of the oriented deviation z (positive = worse), S = max(0, S + clip(z, -4, 4) - k), alarmed when
S > h (Page 1954; k = 1, h = 6: 4.6 % false alarms in 30 days and chart with a 14-day baseline, facts/clinical.md 7.3,
simulated). It must also be a change that can be told from noise and is worth telling (the MDC gate, 7.2). A day that
is missing is not seen by the chart at all. The chart begins behind the last day of the whole baseline: a provisional
one is shown and compared with, but judges nothing, so no verdict is taken back when the baseline is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from surefoot.pipeline.baseline import BaselineParams, learn, smallest_real_change
from surefoot.pipeline.measures import DAY_MEASURES, DayMeasure, Root
from surefoot.records import SIDES, Array, DaySummary, Side, Trend

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


@dataclass(frozen=True, slots=True)
class _Series:
    """One number over the good days it is known on."""

    days: tuple[str, ...]
    values: tuple[float, ...]
    strides: int  # of the newest day


def judge(days: Sequence[DaySummary], params: TrendParams | None = None) -> list[Trend]:
    """Trends of the newest day, given all days oldest first: each measure of each leg, then each root's chart."""
    p = params or TrendParams()
    if not days:
        return []
    today = days[-1]
    charts = [(m, side) for m in DAY_MEASURES for side in (SIDES if m.per_side else (None,))]
    known = [(m, side) for m, side in charts if any(d.metric(side, m.name) for d in days)]
    trends = [_trend(_series(days, side, m.name), today, side, m, p) for m, side in known]
    for root in ROOTS:
        trends += [t for side in SIDES if (t := _composite(days, side, root, p)) is not None]
    return trends


def _series(days: Iterable[DaySummary], side: Side | None, name: str) -> _Series:
    known = [(d.day, m) for d in days if not d.missing and (m := d.metric(side, name)) and m.value is not None]
    strides = known[-1][1].strides if known else 0
    return _Series(tuple(d for d, _ in known), tuple(float(m.value) for _, m in known if m.value is not None), strides)


def _trend(series: _Series, today: DaySummary, side: Side | None, measure: DayMeasure, p: TrendParams) -> Trend:
    centre = float(np.median(series.values[: p.baseline.days])) if series.values else 0.0
    chart = _Chart(measure.name, side, measure.worse, measure.floor_at(centre), measure.least_change_at(centre))
    return chart.trend(series, today, p)


@dataclass(frozen=True, slots=True)
class _Chart:
    """What a chart needs to know of its number."""

    name: str
    side: Side | None
    worse: int
    floor: float
    least_change: float

    def trend(self, series: _Series, today: DaySummary, p: TrendParams) -> Trend:
        def cannot_say(reason: str) -> Trend:
            return Trend(today.day, self.side, self.name, "cannot_say", worn_h=today.worn_h, reason=reason)

        if today.missing:
            return cannot_say(today.missing)
        if not series.days or series.days[-1] != today.day:
            known = today.metric(self.side, self.name)
            return cannot_say(known.reason if known and known.reason else "not known today")
        baseline = learn(series.days, series.values, self.floor, p.baseline)
        if baseline is None:
            return cannot_say(_not_learned(len(series.values), p.baseline))
        z = self.worse * (np.array(series.values) - baseline.centre) / baseline.spread
        after = z[baseline.days :]
        path = cusum(after, p)
        chart = path[-1] if path else None
        recent = np.array(series.values[-p.recent_days :] if len(after) >= p.recent_days else series.values[-1:])
        change = (self.worse or 1) * (float(np.median(recent)) - baseline.centre)
        mdc = max(smallest_real_change(series.values, baseline, len(recent), p.baseline), self.least_change)
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
            reason="" if chart is not None else _learning(baseline.days, p.baseline),
        )


def _composite(days: Sequence[DaySummary], side: Side, root: Root, p: TrendParams) -> Trend | None:
    """The root's chart of one leg: the mean oriented z of its features; None where the leg never had enough of them."""
    features = [m for m in DAY_MEASURES if m.root == root]
    rows: dict[str, list[float]] = {}
    newest = 0
    for measure in features:
        series = _series(days, side, measure.name)
        centre = float(np.median(series.values[: p.baseline.days])) if series.values else 0.0
        baseline = learn(series.days, series.values, measure.floor_at(centre), p.baseline)
        if baseline is None:
            continue
        newest = max(newest, series.strides)
        for day, value in zip(series.days, series.values, strict=True):
            rows.setdefault(day, []).append(measure.worse * (value - baseline.centre) / baseline.spread)
    if not any(d.metric(side, m.name) for d in days for m in features) or len(features) < p.least_features:
        return None
    enough = {day: float(np.mean(z)) for day, z in rows.items() if len(z) >= p.least_features}
    ordered = [d.day for d in days if d.day in enough]
    series = _Series(tuple(ordered), tuple(enough[d] for d in ordered), newest)
    chart = _Chart(root + COMPOSITE, side, 1, p.composite_floor, p.composite_change)
    today = days[-1]
    if not today.missing and not ordered:
        good = sum(not d.missing for d in days)
        few = f"fewer than {p.least_features} of its numbers have a baseline"
        reason = _not_learned(good, p.baseline) if good < p.baseline.provisional_days else few
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


def _not_learned(good_days: int, params: BaselineParams) -> str:
    """Why there is no baseline."""
    if good_days < params.provisional_days:
        return f"learning what is normal: {good_days} of at least {params.provisional_days} good days"
    return "it never varied on the days it was learned from: no change can be measured against that"


def _learning(good_days: int, params: BaselineParams) -> str:
    """Why there is no chart yet."""
    return f"learning what is normal: {good_days} of {params.days} good days"


def _run(flags: np.ndarray) -> int:
    """How many of the last values in a row are true."""
    false = np.flatnonzero(~flags)
    return len(flags) - (int(false[-1]) + 1 if len(false) else 0)
