"""The digest: one patient's week as a therapist reads it (tier T1), from the clinic's store alone.

What belongs to T1 (facts/clinical.md 7.8) is here and raises no alert: nothing of it needs an answer, and nobody is
called for it. A chart that neared its limit is told for 14 days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from surefoot.pipeline.orderbook import GivenOrder
from surefoot.pipeline.recovery import NUMBERS, Recovery, deficits, recovery
from surefoot.pipeline.roots import COMPOSITE, ROOTS
from surefoot.pipeline.store import Patient, Store, StoredAlert
from surefoot.pipeline.told import events, standing
from surefoot.records import SIDES, Affected, CheckIn, DaySummary, Side, Treatment, Trend


@dataclass(frozen=True, slots=True)
class DigestParams:
    """What is worth a line (P where not said)."""

    days: int = 7
    watched_days: int = 14  # a T1 expires (7.8)
    moved: float = 2.0  # spreads: a root's week against the week before; chance does so in some 1 week of 10
    affected_days: int = 400  # looked back for a recovery


@dataclass(frozen=True, slots=True)
class Moved:
    """A root's chart: the middle of this week and of the one before, in spreads; positive is worse."""

    metric: str
    side: Side | None
    now: float
    before: float


@dataclass(frozen=True, slots=True)
class Week:
    """All that a paragraph is made of. Days are those of the calendar up to ``last_day``."""

    patient: Patient
    first_day: str
    last_day: str
    days: tuple[DaySummary, ...]
    open_alerts: tuple[StoredAlert, ...]  # clinical
    closed: int  # clinical ones raised this week that somebody has closed
    watched: tuple[Trend, ...]  # the newest of each chart that neared its limit and did not pass it
    moved: tuple[Moved, ...]
    compared: bool  # at least one root's chart of this week stands against own normal
    probable: Mapping[Side | None, int]  # giving way that counts, by leg
    possible: Mapping[Side | None, int]  # and that nobody can say of
    check_ins: tuple[CheckIn, ...]
    recoveries: tuple[tuple[str, Recovery], ...]
    treatments: tuple[Treatment, ...]  # begun this week
    unheard: tuple[GivenOrder, ...]  # orders that the home has not confirmed, or refused this week

    @property
    def worth_reading(self) -> bool:
        """Whether something is told that is not there every week."""
        found = [one for _, one in self.recoveries if one.findings or one.state in ("plateau", "worse")]
        flags = any(one.flags for one in self.check_ins)
        unsure = self.probable or self.possible or self.unheard or not self.monitored
        return bool(self.open_alerts or self.closed or self.watched or self.moved or found or flags or unsure)

    @property
    def monitored(self) -> bool:
        """Whether any day of it counts."""
        return any(not day.missing for day in self.days)


def week(store: Store, patient: Patient, last_day: str, params: DigestParams | None = None) -> Week:
    """The week that ends with ``last_day``, a date of the calendar."""
    p, gateway = params or DigestParams(), patient.gateway
    ends = date.fromisoformat(last_day)
    first = (ends - timedelta(days=p.days - 1)).isoformat()
    plan = store.orders.plan(gateway)
    looked = p.affected_days if plan.affected else 2 * p.days
    known = [day for day in store.days(gateway, newest=looked) if day.day <= last_day]
    days = tuple(day for day in known if day.day >= first)
    since = (ends - timedelta(days=p.watched_days - 1)).isoformat()
    before = (ends - timedelta(days=2 * p.days - 1)).isoformat()
    charts = {
        (root, side): [
            t for t in store.trends(gateway, root + COMPOSITE, side, since=min(since, before)) if t.day <= last_day
        ]
        for root in ROOTS
        for side in SIDES
    }
    alerts = [one for one in store.alerts(gateway) if one.alert.channel == "clinical"]
    probable, possible = _giving_way(store, gateway, days)
    return Week(
        patient=patient,
        first_day=first,
        last_day=last_day,
        days=days,
        open_alerts=tuple(one for one in alerts if one.life.is_open),
        closed=sum(not one.life.is_open and first <= one.alert.day <= last_day for one in alerts),
        watched=tuple(one for course in charts.values() for one in _watched(course, since)),
        moved=tuple(one for course in charts.values() for one in _moved(course, first, before, p)),
        compared=any(one.z is not None and one.day >= first for course in charts.values() for one in course),
        probable=probable,
        possible=possible,
        check_ins=tuple(one for one in store.diary.check_ins(gateway) if first <= one.day <= last_day),
        recoveries=_recoveries(known, plan.affected),
        treatments=tuple(one for one in store.diary.treatments(gateway) if first <= one.day <= last_day),
        unheard=tuple(one for one in store.orders.given(gateway) if _unheard(one, first)),
    )


def _watched(course: Sequence[Trend], since: str) -> list[Trend]:
    """The newest day on which it neared its limit; nothing where it has passed it since: that is an alert's."""
    lately = [one for one in course if one.day >= since and one.state != "cannot_say"]
    newest = next((one for one in reversed(lately) if one.state != "quiet"), None)
    return [newest] if newest is not None and newest.state == "watch" else []


def _moved(course: Sequence[Trend], first: str, before: str, p: DigestParams) -> list[Moved]:
    now = [one.z for one in course if one.day >= first and one.z is not None]
    then = [one.z for one in course if before <= one.day < first and one.z is not None]
    if len(now) < 3 or len(then) < 3 or abs(median(now) - median(then)) < p.moved:
        return []
    return [Moved(course[-1].metric, course[-1].side, median(now), median(then))]


def _giving_way(
    store: Store, gateway: str, days: Sequence[DaySummary]
) -> tuple[Counter[Side | None], Counter[Side | None]]:
    if not days:
        return Counter(), Counter()
    happened = store.incidents(gateway, days[0].start_s, days[-1].end_s)
    answers = store.answers(gateway) if happened else []
    counted = Counter(one.side for one in events(happened, answers))
    unsure = [one for one in happened if one.kind == "giving_way" and one.certainty == "possible"]
    return counted, Counter(one.side for one in unsure if standing(answers, one) is None)


def _recoveries(days: Sequence[DaySummary], affected: Affected | None) -> tuple[tuple[str, Recovery], ...]:
    if affected is None:
        return ()
    lived = [day for day in days if day.day >= affected.since]
    courses = ((metric, deficits(lived, affected.side, metric)) for metric in NUMBERS)
    return tuple((metric, recovery(course, course[0].day)) for metric, course in courses if course)


def _unheard(one: GivenOrder, first: str) -> bool:
    word = one.confirmation
    return word is None or (word.verdict == "refused" and word.at_s >= _midnight_s(first))


def _midnight_s(day: str) -> float:
    return (date.fromisoformat(day) - date(1970, 1, 1)).days * 86400.0
