"""Calibration: the factors, from 20 m walks, that put one person's lengths and speeds right, leg by leg.

A day keeps the factors it was measured with. That they change, by a first walk or a better one, is no change of the
person: days are compared on the scale of the day that is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import fmean, median

from surefoot.pipeline.measures import MEASURES
from surefoot.records import SIDES, DayMetric, DaySummary, Placement, Side, TestResult
from surefoot.signal.lengths import ALONG


@dataclass(frozen=True, slots=True)
class CalibrationParams:
    """Which walks count (P)."""

    newest: int = 4  # a fortnight of two a week: the middle of them outlives a tape read wrongly


def length_factors(
    tests: Sequence[TestResult], placement: Placement, params: CalibrationParams = CalibrationParams()
) -> tuple[tuple[Side, float], ...]:
    """Each leg's factor for sensors that sit there, from tests given oldest first; legs without one are left out."""
    walks = [dict(test.details) for test in tests if test.kind == "walk_20m" and test.value is not None]
    found = ((side, [walk[name] for walk in walks if (name := f"{placement}_factor_{side}") in walk]) for side in SIDES)
    return tuple((side, round(median(mine[-params.newest :]), 4)) for side, mine in found if mine)


def on_scale_of(day: DaySummary, like: DaySummary) -> DaySummary:
    """The day as it would have been told with the other day's factors."""
    if day.length_factors == like.length_factors:
        return day
    own, other = (_of_each(one.length_factors) for one in (day, like))
    ratio = {side: other[side] / own[side] for side in own}
    metrics = tuple(_scaled(metric, ratio) for metric in day.metrics)
    return replace(day, metrics=metrics, length_factors=like.length_factors)


def _of_each(told: Sequence[tuple[Side, float]]) -> dict[Side | None, float]:
    """The factor of each leg, and of both together."""
    legs = [dict(told).get(side, 1.0) for side in SIDES]
    return {**dict(zip(SIDES, legs, strict=True)), None: fmean(legs)}


def _scaled(metric: DayMetric, ratio: dict[Side | None, float]) -> DayMetric:
    measure = MEASURES.get(metric.name)
    if metric.value is None or measure is None or measure.field not in ALONG:
        return metric
    if measure.how == "asymmetry":
        return replace(metric, value=metric.value + 100.0 * log(ratio["right"] / ratio["left"]))
    if measure.how != "median":  # a variation is of one scale
        return metric
    return replace(metric, value=metric.value * ratio[metric.side])
