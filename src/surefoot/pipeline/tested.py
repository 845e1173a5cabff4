"""Tested days: guided tests, each put on the day it was done on, whatever else is known of that day and whenever.

A test comes another way than readings: before they are told, after, or without any. Then its day holds nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo

import numpy as np

from surefoot.pipeline.days import day_without_readings
from surefoot.pipeline.measures import DAY_MEASURES, MEASURES, DayMeasure
from surefoot.records import SIDES, DayMetric, DaySummary, Side, TestResult

_TESTS = [measure for measure in DAY_MEASURES if measure.how == "test"]


def with_tests(day: DaySummary, tests: Sequence[TestResult]) -> DaySummary:
    """The day with the numbers of the tests that began on it, and of no others."""
    own = [test for test in tests if day.start_s <= test.start_s < day.end_s]
    others = (metric for metric in day.metrics if not _is_test(metric.name))
    told = (
        metric
        for measure in _TESTS
        for side in (SIDES if measure.per_side else (None,))
        for metric in _of(measure, side, [test for test in own if (test.kind, test.side) == (measure.field, side)])
    )
    return replace(day, metrics=(*others, *told))


def day_of(test: TestResult, days: Sequence[DaySummary], timezone: tzinfo) -> DaySummary:
    """The day of these on which a test was done; where there is none yet, one that holds nothing but tests."""
    for day in days:
        if day.start_s <= test.start_s < day.end_s:
            return day
    sides: list[Side] = [side for side, _ in days[-1].strides] if days else []
    empty = day_without_readings(test.start_s, timezone, sides or SIDES)
    return replace(empty, metrics=(), missing="no readings of this day are known, only guided tests")


def only_tests(day: DaySummary) -> bool:
    """Whether nothing but guided tests has come of this day so far."""
    return day.recorded_h == 0 and bool(day.metrics) and all(_is_test(metric.name) for metric in day.metrics)


def _is_test(name: str) -> bool:
    measure = MEASURES.get(name)
    return measure is not None and measure.how == "test"


def _of(measure: DayMeasure, side: Side | None, tests: Sequence[TestResult]) -> Iterator[DayMetric]:
    """The median of the day's usable tests; nothing on a day without a test."""
    if not tests:
        return
    usable = [t.value for t in tests if t.value is not None and t.unit == measure.unit]
    other = next((t for t in tests if t.value is not None and t.unit != measure.unit), None)
    strange = f"told in {other.unit or 'no unit'}, not in {measure.unit or 'a plain count'}" if other else ""
    reason = "" if usable else strange or tests[-1].reason or "not usable"
    yield DayMetric(side, measure.name, float(np.median(usable)) if usable else None, 0, reason)
