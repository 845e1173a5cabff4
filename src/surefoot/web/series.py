"""A series: one metric of one leg, by day, and the days it may stand on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surefoot.pipeline.measures import MEASURES
from surefoot.records import WORSE, DaySummary, Side, Trend

WINDOW_DAYS = 180


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one leg, by day."""

    side: Side | None
    values: dict[str, float]
    reasons: dict[str, str]
    strides: dict[str, int]
    worse: frozenset[str]
    newest: Trend | None  # the newest trend that has a baseline


def series_of(name: str, of: Side | None, days: Sequence[DaySummary], trends: list[Trend]) -> Series | None:
    mine = [trend for trend in trends if trend.side == of]
    metrics = {day.day: metric for day in days if (metric := day.metric(of, name)) is not None}
    if not mine and not metrics:
        return None
    measure = MEASURES.get(name)
    any_day = measure is not None and measure.how == "test"  # done on a day that may not count
    missing = set() if any_day else {day.day for day in days if day.missing}
    values = {day: m.value for day, m in metrics.items() if m.value is not None and day not in missing}
    if measure is not None and measure.speed is not None:  # as it was judged
        values |= {t.day: t.value for t in mine if t.value is not None and t.day in values}
    reasons = {day: m.reason for day, m in metrics.items() if m.reason}
    if not metrics:  # judged from other numbers; a root pattern's own is how far it stands from normal
        told = {trend.day: trend.z if measure is None else trend.value for trend in mine}
        values = {day: value for day, value in told.items() if value is not None}
        reasons = {trend.day: trend.reason for trend in mine if trend.reason}
    strides = {trend.day: trend.strides for trend in mine} | {day: metric.strides for day, metric in metrics.items()}
    newest = next((trend for trend in reversed(mine) if trend.baseline is not None), None)
    return Series(of, values, reasons, strides, frozenset(t.day for t in mine if t.state in WORSE), newest)


def first_shown(days: Sequence[DaySummary]) -> str | None:
    """The first day that pictures reach back to; None: all of them."""
    shown = whole_calendar([day.day for day in days])
    return shown[0] if shown else None


def whole_calendar(names: Sequence[str]) -> list[str]:
    """Every day from the first to the last, at most the last ``WINDOW_DAYS``; names that are no dates are left out."""
    known = [date.fromisoformat(name) for name in names if is_day(name)]
    if not known:
        return []
    length = min((max(known) - min(known)).days, WINDOW_DAYS - 1)
    return [(max(known) - timedelta(days=back)).isoformat() for back in range(length, -1, -1)]


def is_day(name: str) -> bool:
    """Whether it is a date: what a home with a broken clock sends may be none."""
    try:
        date.fromisoformat(name)
    except ValueError:
        return False
    return True
