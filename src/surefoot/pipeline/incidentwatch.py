"""The incident watch: what one incident makes of an alert at once: giving way too often, a fall without rising."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from surefoot.alerts.decline import decide_both_legs
from surefoot.alerts.givingway import WEEK_S, GivingWayLimitParams, decide_giving_way, fallen
from surefoot.alerts.perroot import one_per_root
from surefoot.alerts.redflags import NotUpParams, not_up
from surefoot.pipeline.told import Told, giving_way, standing
from surefoot.records import Alert, DaySummary, Incident
from surefoot.signal.told import WalkFindings

LATE_S = WEEK_S  # an answer about a fall longer ago than this calls nobody (P)


class IncidentWatch:
    """Findings in as they become known; alerts out. A possible fall is held back while somebody may answer for it.

    ``day_of`` tells the local date of a moment; ``since_s``: falls from then on that nobody was told of are taken up
    again, as after a restart. What happened before ``past_s`` becomes known late: nothing is told before all until then
    is known, then only what is still true: too many by that time, and falls behind which nobody has walked.
    """

    def __init__(
        self,
        day_of: Callable[[float], str],
        told: Told,
        since_s: float = float("inf"),
        limits: GivingWayLimitParams | None = None,
        falls: NotUpParams | None = None,
        past_s: float = float("-inf"),
    ) -> None:
        self._past_s, self._walked_s, self._gave_way_late = past_s, float("-inf"), False
        self._day_of, self._told = day_of, told
        self._limits, self._rules = limits or GivingWayLimitParams(), falls or NotUpParams()
        self._falls = [one for one in told.incidents(since_s, float("inf")) if one.kind == "fall"]

    def update(self, findings: WalkFindings, days: Sequence[DaySummary], before: Sequence[Alert] = ()) -> list[Alert]:
        new = list(findings.incidents)
        falls = [one for one in new if one.kind == "fall"]
        again = {one.start_s for one in falls}  # as after a restart that works through the day anew
        self._falls = [*(one for one in self._falls if one.start_s not in again), *falls]
        gave_way = [one for one in new if one.kind == "giving_way"]
        self._walked_s = max(self._walked_s, *(bout.end_s for bout in findings.bouts), float("-inf"))
        known_s = max((*(m.start_s for m in findings.minutes), *(one.end_s for one in new)), default=None)
        if known_s is None or not (self._falls or gave_way or self._gave_way_late):
            return []
        if known_s < self._past_s:
            self._gave_way_late |= bool(gave_way)
            return []
        before = [*before, *self._told.alerts()]
        alerts = self._fallen(known_s, before)
        if self._gave_way_late:
            alerts += too_often(known_s, self._day_of(known_s), days, self._told, [*before, *alerts], new, self._limits)
            self._gave_way_late = False
        for one in gave_way:
            at_s, known = one.end_s, [*before, *alerts]
            alerts += too_often(at_s, self._day_of(at_s), days, self._told, known, new, self._limits)
        return alerts

    def close(self) -> list[Alert]:
        """Nothing more will come: a fall that nobody answered for is told now."""
        return self._fallen(float("inf"), self._told.alerts())

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
