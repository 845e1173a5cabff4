"""A chart: one number of one leg over the patient's days, against its own baseline, and what that says today.

It asks whether the last days have moved away from all before (``shift.py``). It must also be a change that can be told
from noise and is worth telling (the MDC gate, facts/clinical.md 7.2). A day that is missing is not seen at all. The
chart begins behind the last day of the whole baseline: a provisional one is shown and compared with, but judges
nothing, so no verdict is taken back when the baseline is complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np

from surefoot.pipeline.baseline import BaselineParams, learn, smallest_real_change
from surefoot.pipeline.shift import ShiftParams, shift_path
from surefoot.pipeline.speed import SpeedParams
from surefoot.records import Array, Baseline, DayMetric, DaySummary, Learning, Side, Trend, TrendState


@dataclass(frozen=True, slots=True)
class TrendParams:
    """The charts (facts/clinical.md 7.2, 7.3, 7.8)."""

    shift: ShiftParams = field(default_factory=ShiftParams)
    bad_day: float = 1.0  # spreads from the centre, in the sentence "on so many days in a row" (P)
    rearm_days: int = 7  # good days below half the limit after which an alert may be raised again (7.8)
    clear_days: int = 3  # good days below a third of the limit after which what was told is over (7.8)
    recent_days: int = 3  # the change is that of the median of so many last good days
    least_features: int = 2  # of a root, to make a composite (section 10)
    composite_floor: float = 0.5  # least spread of a mean of z (P)
    composite_change: float = 1.0  # least change of it worth telling (P)
    baseline: BaselineParams = field(default_factory=BaselineParams)
    speed: SpeedParams | None = field(default_factory=SpeedParams)  # None: numbers are compared as they are
    learnings: tuple[Learning, ...] = ()  # when normal is learned anew, or from more days
    since: str = ""  # no day before this one is compared with

    def on(self, day: str) -> TrendParams:
        """How this day is judged: by what was to be learned last by then."""
        last = max((one for one in self.learnings if one.first_day <= day), key=lambda one: one.first_day, default=None)
        if last is None:
            return self
        provisional = min(self.baseline.provisional_days, last.days)
        baseline = replace(self.baseline, days=last.days, provisional_days=provisional)
        return replace(self, since=last.first_day, baseline=baseline)


@dataclass(frozen=True, slots=True)
class Series:
    """One number over the good days it is known on, and the SD that moving it to the usual speed has added."""

    days: tuple[str, ...] = ()
    values: tuple[float, ...] = ()
    doubts: tuple[float, ...] = ()
    strides: int = 0  # of the newest day


@dataclass(frozen=True, slots=True)
class Chart:
    """What a chart needs to know of its number."""

    name: str
    side: Side | None
    worse: int
    floor: float
    least_change: float
    baseline: BaselineParams
    any_day: bool = False  # a guided test counts on a day that does not

    def learn(self, series: Series) -> Baseline | None:
        return learn(series.days, series.values, self.floor, self.baseline)

    def deviations(self, series: Series, baseline: Baseline) -> Array:
        """Oriented, in spreads of the baseline: positive is worse."""
        return np.asarray(self.worse * (np.array(series.values) - baseline.centre) / baseline.spread)

    def z(self, series: Series, baseline: Baseline) -> Array:
        """The deviations, less where moving to the usual speed has made them unsure."""
        return np.asarray(self.deviations(series, baseline) / np.hypot(1.0, np.array(series.doubts) / baseline.spread))

    def trend(
        self, series: Series, today: DaySummary, p: TrendParams, others: Sequence[Mapping[str, float]] = ()
    ) -> Trend:
        def cannot_say(reason: str) -> Trend:
            told = {"worn_h": today.worn_h, "reason": reason, "rearmed": p.since}
            return Trend(today.day, self.side, self.name, "cannot_say", **told)

        if today.missing and not self.any_day:
            return cannot_say(today.missing)
        if not series.days or series.days[-1] != today.day:
            return cannot_say(_not_today(today.metric(self.side, self.name)))
        baseline = self.learn(series)
        if baseline is None:
            return cannot_say(not_learned(len(series.values), self.baseline, today))
        z = self.z(series, baseline)
        after = z[baseline.days :]
        told = self.worse != 0
        path = self._path(series, baseline, p, others) if told else 0.0 * after
        shift = float(path[-1]) if len(path) else None
        recent = slice(-p.recent_days if len(after) >= p.recent_days else -1, None)
        count = len(series.values[recent])
        change = (self.worse or 1) * (median(series.values[recent]) - baseline.centre)
        noise = smallest_real_change(series.values, baseline, count, self.baseline)
        mdc = max(float(np.hypot(noise, 1.96 * median(series.doubts[recent]))), self.least_change)
        return Trend(
            day=today.day,
            side=self.side,
            metric=self.name,
            state=_state(shift, change, mdc, p.shift) if shift is not None else "cannot_say",
            value=series.values[-1],
            baseline=baseline,
            z=float(z[-1]) if told else None,
            shift=shift if told else None,
            change=change,
            mdc=mdc,
            worse_days=_run(after > p.bad_day),
            cleared=told and _run(path < p.shift.review / 3) >= p.clear_days,
            rearmed=max(p.since, rearmed(path, series.days[baseline.days :], p)),
            strides=series.strides,
            worn_h=today.worn_h,
            reason="" if shift is not None else _learning(baseline.days, self.baseline, today),
        )

    def rearmed(self, series: Series, p: TrendParams, others: Sequence[Mapping[str, float]] = ()) -> str:
        """As the trend of the last day with this number has it: also where nothing is known of today."""
        baseline = self.learn(series)
        if baseline is None:
            return p.since
        return max(p.since, rearmed(self._path(series, baseline, p, others), series.days[baseline.days :], p))

    def _path(self, series: Series, baseline: Baseline, p: TrendParams, others: Sequence[Mapping[str, float]]) -> Array:
        """How far the last days stand away from those before, day by day behind the baseline, beside other charts."""
        z = self.z(series, baseline)
        beside = np.array([[other.get(day, np.nan) for day in series.days] for other in others]).reshape(-1, len(z))
        return shift_path(z, beside, baseline.days, self.floor / baseline.spread, p.shift)


def rearmed(path: Array, days: Sequence[str], p: TrendParams) -> str:
    """The last day that ended a run of ``rearm_days`` good days with the chart below half its limit; "" if none did."""
    run, last = 0, ""
    for value, day in zip(path.tolist(), days, strict=True):
        run = run + 1 if value < p.shift.review / 2 else 0
        last = day if run >= p.rearm_days else last
    return last


def _state(shift: float, change: float, mdc: float, p: ShiftParams) -> TrendState:
    """What a chart says, given the change and the smallest one that noise does not reach."""
    if change > mdc and shift > p.review:
        return "much_worse" if shift > p.urgent else "worse"
    return "watch" if change > mdc / 2 and shift > p.watch else "quiet"


def _not_today(known: DayMetric | None) -> str:
    if known is None or (known.value is None and not known.reason):
        return "not known today"
    return known.reason or "it depends on walking speed, which is not known today"


def not_learned(good_days: int, params: BaselineParams, today: DaySummary) -> str:
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
