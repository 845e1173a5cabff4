"""The incident watch: what one incident makes of an alert: giving way too often, a fall without rising."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import inf

from surefoot.alerts.decline import decide_both_legs
from surefoot.alerts.givingway import WEEK_S, GivingWayLimitParams, decide_giving_way, fallen
from surefoot.alerts.perroot import one_per_root
from surefoot.alerts.redflags import NotUpParams, not_up
from surefoot.pipeline.told import Told, giving_way, standing
from surefoot.records import Alert, DaySummary, Incident
from surefoot.signal.told import WalkFindings

LATE_S = WEEK_S  # an answer about a fall longer ago than this calls nobody (P)


class IncidentWatch:
    """Findings in as they become known; alerts out. A possible fall, and a day's second giving way, are held back while
    somebody may answer for them.

    ``day_of`` tells the local date of a moment; ``since_s``: what happened from then on and nobody was told of is taken
    up again, as after a restart. What happened before ``past_s`` becomes known late: nothing is told before all until
    then is known, then only what is still true: too many by that time, and falls behind which nobody has walked.
    """

    def __init__(
        self,
        day_of: Callable[[float], str],
        told: Told,
        since_s: float = inf,
        limits: GivingWayLimitParams | None = None,
        falls: NotUpParams | None = None,
        past_s: float = -inf,
    ) -> None:
        self._past_s, self._walked_s, self._gave_way_late = past_s, -inf, False
        self._day_of, self._told = day_of, told
        self._limits, self._rules = limits or GivingWayLimitParams(), falls or NotUpParams()
        before = told.incidents(since_s - self._limits.ask_s, inf)
        self._falls = [one for one in before if one.kind == "fall" and one.start_s >= since_s]
        self._due = self._due_s(before)  # when answers are waited for no more

    def update(
        self,
        findings: WalkFindings,
        days: Sequence[DaySummary],
        before: Sequence[Alert] = (),
        known_s: float | None = None,
    ) -> list[Alert]:
        """``known_s``: up to when all is known, where no minute says it."""
        new = list(findings.incidents)
        falls = [one for one in new if one.kind == "fall"]
        again = {one.start_s for one in falls}  # as after a restart that works through the day anew
        self._falls = [*(one for one in self._falls if one.start_s not in again), *falls]
        gave_way = [one for one in new if one.kind == "giving_way"]
        self._due |= self._due_s(gave_way)
        self._walked_s = max(self._walked_s, *(bout.end_s for bout in findings.bouts), -inf)
        known_s = max((*(m.start_s for m in findings.minutes), *(one.end_s for one in new)), default=known_s)
        if known_s is None or not (
            self._falls or self._gave_way_late or min(self._due, default=inf) <= known_s or gave_way
        ):
            return []
        if known_s < self._past_s:
            self._gave_way_late |= bool(gave_way)
            return []
        before = [*before, *self._told.alerts()]
        alerts = self._fallen(known_s, before)
        if self._gave_way_late:
            unasked = replace(self._limits, ask_s=inf)
            told, day = [*before, *alerts], self._day_of(known_s)
            alerts += too_often(known_s, day, days, self._told, told, new, unasked)
            self._gave_way_late = False
        over = {at_s for at_s in self._due if at_s <= known_s}
        self._due -= over
        return alerts + self._too_often({*(one.end_s for one in gave_way), *over}, days, [*before, *alerts], new)

    def close(self, days: Sequence[DaySummary] = (), before: Sequence[Alert] = ()) -> list[Alert]:
        """Nothing more will come: what nobody answered for is told now."""
        before = [*before, *self._told.alerts()]
        alerts = self._fallen(inf, before)
        return alerts + self._too_often(self._due, days, [*before, *alerts])

    def _due_s(self, happened: Sequence[Incident]) -> set[float]:
        """Half an hour after each giving way, or after it has become known."""
        gave_way = (one for one in happened if one.kind == "giving_way")
        return {max(one.start_s, self._past_s) + self._limits.ask_s for one in gave_way}

    def _too_often(
        self,
        moments: Iterable[float],
        days: Sequence[DaySummary],
        before: Sequence[Alert],
        new: Sequence[Incident] = (),
    ) -> list[Alert]:
        alerts: list[Alert] = []
        for at_s in sorted(moments):
            alerts += too_often(at_s, self._day_of(at_s), days, self._told, [*before, *alerts], new, self._limits)
        return alerts

    def _fallen(self, now_s: float, before: Sequence[Alert]) -> list[Alert]:
        answers = self._told.answers() if self._falls else ()
        known, alerts = {alert.alert_id for alert in before}, []
        waiting = []
        for fall in self._falls:
            if fall.end_s < self._past_s and fall.end_s < self._walked_s:
                continue
            at_s = min(now_s, fall.end_s + self._rules.ask_s)
            made = not_up(fall, standing(answers, fall), at_s, self._day_of(fall.end_s), self._rules)
            alerts += [alert for alert in made if alert.alert_id not in known]
            if not made and now_s < fall.end_s + self._rules.ask_s:
                waiting.append(fall)
        self._falls = waiting
        return alerts


def too_often(
    now_s: float,
    day: str,
    days: Sequence[DaySummary],
    told: Told,
    before: Sequence[Alert] = (),
    new: Sequence[Incident] = (),
    params: GivingWayLimitParams | None = None,
) -> list[Alert]:
    """Alerts for legs that by now gave way too often. ``new``: incidents that may not have been kept yet."""
    plan = told.plan()
    p = plan.giving_way(params or GivingWayLimitParams())
    found = [
        replace(alert, limit=alert.limit or plan.said("giving_way_day" if alert.tier >= "T3" else "giving_way_week"))
        for mine, usual in giving_way(now_s, days, told, new)
        for alert in decide_giving_way(mine, usual, now_s, day, before, p)
    ]
    found += decide_both_legs(found, now_s, before)
    return [alert for alert in one_per_root(found, before) if alert is not None]


def answered(incident: Incident, now_s: float, day: str, days: Sequence[DaySummary], told: Told) -> list[Alert]:
    """Alerts that the answer about an incident raises, now that it is kept; each episode once."""
    said, before = standing(told.answers(), incident), told.alerts()
    alerts = too_often(now_s, day, days, told, before)
    if incident.kind == "fall" and said is not None and now_s < incident.end_s + LATE_S:
        alerts += not_up(incident, said, now_s, day)
        if said.answer != "no":
            alerts.append(fallen(incident.side, incident.start_s, now_s, day))
    known = {alert.alert_id for alert in before}
    return [alert for alert in alerts if alert.alert_id not in known]
