"""The course of one patient: days come in one by one, trends and alerts come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from surefoot.alerts.rules import RuleParams, decide
from surefoot.pipeline.aids import with_aids
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.tested import with_tests
from surefoot.pipeline.trends import judge
from surefoot.records import Aid, Alert, DaySummary, TestResult, Trend


@dataclass(frozen=True, slots=True)
class CourseParams:
    """How a patient's days are judged."""

    trends: TrendParams = field(default_factory=TrendParams)
    rules: RuleParams = field(default_factory=RuleParams)


class Course:
    """Remembers the days and alerts of a patient; begins with those a store still knows.

    ``aids`` tells what the patient has logged by now, ``tests`` the guided tests done: asked for each day, for both may
    be told at any time.
    """

    def __init__(
        self,
        params: CourseParams | None = None,
        days: Sequence[DaySummary] = (),
        alerts: Sequence[Alert] = (),
        aids: Callable[[], Sequence[Aid]] = tuple,
        tests: Callable[[], Sequence[TestResult]] = tuple,
    ) -> None:
        self._params = params or CourseParams()
        self._days = list(days)
        self._alerts = list(alerts)
        self._aids, self._tests = aids, tests

    @property
    def days(self) -> list[DaySummary]:
        """All days judged so far, oldest first, as they are told by now."""
        return list(self._days)

    def as_told(self, day: DaySummary) -> DaySummary:
        """The day as it is to be kept: with what the patient walked with, and the tests done on it."""
        return with_tests(with_aids(day, self._aids()), self._tests())

    def update(self, day: DaySummary) -> tuple[list[Trend], list[Alert]]:
        """Judge a day that closed; a day seen before is judged anew in its place.

        A day that comes late gets its trends, but raises an alert only if it makes the newest day one to tell of.
        """
        aids, tests = self._aids(), self._tests()
        days = [*(d for d in self._days if d.day != day.day), day]
        self._days = sorted((with_tests(with_aids(d, aids), tests) for d in days), key=lambda d: d.day)
        until = [d for d in self._days if d.day <= day.day]
        trends = judge(until, self._params.trends)
        newest = self._days[-1]
        now = trends if newest.day == day.day else judge(self._days, self._params.trends)
        alerts = decide(now, newest.end_s, self._alerts, self._params.rules)
        self._alerts += alerts
        return trends, alerts
