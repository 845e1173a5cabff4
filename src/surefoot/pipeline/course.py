"""The course of one patient: days come in one by one, trends and alerts come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from surefoot.alerts.rules import CHART_RULES, decide_sudden
from surefoot.pipeline.acute import AcuteParams
from surefoot.pipeline.aids import with_aids
from surefoot.pipeline.incidentwatch import IncidentWatch
from surefoot.pipeline.rulebook import Known, RulebookParams, decide_day
from surefoot.pipeline.tested import with_tests
from surefoot.pipeline.today import Today
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge, rearmed_days
from surefoot.records import Aid, Alert, DaySummary, Side, TestResult, Trend
from surefoot.signal.told import WalkFindings

CHART_OF = {rule.kind: rule.chart for rule in CHART_RULES}
_ACUTE = AcuteParams()
SUDDEN_LIMIT = (
    f"{_ACUTE.in_a_row} times 50 strides in a row beyond {_ACUTE.least_z:g} spreads and beyond all that was usual, "
    "the usual limit"
)


class Course:
    """Remembers the days and alerts of a patient; begins with those a store still knows.

    ``aids`` tells what the patient has logged by now, ``tests`` the guided tests done: asked for each day, for both may
    be told at any time. Without ``tests`` a day keeps those it came with. ``told``: incidents, answers and treatments.
    ``today`` looks at strides as they come, ``watch`` at incidents; without them only whole days are judged.
    ``late_s``: how much of the time from one moment to another became known late.
    """

    def __init__(
        self,
        params: RulebookParams | None = None,
        days: Sequence[DaySummary] = (),
        alerts: Sequence[Alert] = (),
        aids: Callable[[], Sequence[Aid]] = tuple,
        tests: Callable[[], Sequence[TestResult]] | None = None,
        today: Today | None = None,
        told: Told | None = None,
        watch: IncidentWatch | None = None,
        late_s: Callable[[float, float], float] | None = None,
    ) -> None:
        self._params = params or RulebookParams()
        self._days = list(days)
        self._alerts = list(alerts)
        self._aids, self._tests = aids, tests
        self._today, self._told_of, self._watch = today, told or Told(), watch
        self._late_s = late_s
        self._rearmed: dict[tuple[str, Side], str] | None = None  # of the days by now; None: not asked for yet

    @property
    def days(self) -> list[DaySummary]:
        """All days judged so far, oldest first, as they are told by now."""
        return list(self._days)

    def as_told(self, day: DaySummary) -> DaySummary:
        """The day as it is to be kept: with what the patient walked with, the tests done on it, and how late it is."""
        (told,) = self._told([day])
        late_s = self._late_s(day.start_s, day.end_s) if self._late_s else 0.0
        return replace(told, late_min=round(late_s / 60, 1)) if late_s else told

    def update(self, day: DaySummary) -> tuple[list[Trend], list[Alert]]:
        """Judge a day that closed; a day seen before is judged anew in its place.

        A day that comes late gets its trends, but raises an alert only if it makes the newest day one to tell of.
        """
        params = self._params.of(self._told_of.plan())
        days = [*(d for d in self._days if d.day != day.day), day]
        self._days = sorted(self._told(days), key=lambda d: d.day)
        until = [d for d in self._days if d.day <= day.day]
        trends = judge(until, params.trends)
        newest = self._days[-1]
        now = trends if newest.day == day.day else judge(self._days, params.trends)
        self._rearmed = None
        known = Known(self._days, now, self._told_of, params)
        before = [*self._alerts, *self._told_of.alerts()]
        alerts = [alert for _, alert in decide_day(known, before)]
        self._alerts += alerts
        return trends, alerts

    def over(self, trends: Sequence[Trend], day: DaySummary) -> list[Alert]:
        """Alerts of the charts that have been quiet for long enough, with the word that what they told of is over.

        It closes nothing: a person does.
        """
        quiet = {(trend.metric, trend.side) for trend in trends if trend.cleared}
        if not quiet or day.day != self._days[-1].day:
            return []
        known = {alert.alert_id: alert for alert in (*self._told_of.alerts(), *self._alerts)}
        going_on = [a for a in known.values() if (CHART_OF.get(a.kind), a.side) in quiet and a.resolved_s is None]
        ended = [replace(alert, resolved_s=day.end_s) for alert in going_on if alert.day < day.day]
        gone = {alert.alert_id for alert in ended}
        self._alerts = [*(alert for alert in self._alerts if alert.alert_id not in gone), *ended]
        return ended

    def walked(self, findings: WalkFindings | None, known_s: float | None = None) -> list[Alert]:
        """What strides tell before their day is over; None: nothing more will come.

        ``known_s``: up to when all is known, where no minute says it: while no sensor sends.
        """
        alerts: list[Alert] = []
        if self._watch is not None:
            before = self._alerts
            watch, known = self._watch, (self._days, before)
            alerts += watch.close(*known) if findings is None else watch.update(findings, *known, known_s)
        if self._today is None:
            self._alerts += alerts
            return alerts
        for sudden in self._today.close() if findings is None else self._today.update(findings, known_s):
            chart = replace(sudden.chart, rearmed=self._rearmed_days().get((sudden.chart.metric, sudden.side), ""))
            span = sudden.start_s, sudden.at_s
            found = decide_sudden(chart, sudden.features, span, sudden.both_legs, [*self._alerts, *alerts])
            alerts += [replace(alert, limit=SUDDEN_LIMIT) for alert in found]
        self._alerts += alerts
        return alerts

    def _rearmed_days(self) -> dict[tuple[str, Side], str]:
        """Since when each chart may alarm again: known from the days, also right after a restart."""
        if self._rearmed is None:
            params = self._params.of(self._told_of.plan()).trends
            self._rearmed = rearmed_days(sorted(self._told(self._days), key=lambda d: d.day), params)
        return self._rearmed

    def _told(self, days: Sequence[DaySummary]) -> list[DaySummary]:
        aids, tests = self._aids(), None if self._tests is None else self._tests()
        told = [with_aids(day, aids) for day in days]
        return told if tests is None else [with_tests(day, tests) for day in told]
