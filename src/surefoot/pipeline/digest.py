"""The digest: one patient's week as a therapist reads it (tier T1), from the clinic's store alone.

What belongs to T1 (facts/clinical.md 7.8) is here and raises no alert: nothing of it needs an answer, and nobody is
called for it. A chart that neared its limit is told for 14 days.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import TypeVar

from surefoot.pipeline.orderbook import GivenOrder, held
from surefoot.pipeline.plan import plan_of
from surefoot.pipeline.recovery import NUMBERS, Recovery, deficits, recovery
from surefoot.pipeline.roots import COMPOSITE, ROOTS
from surefoot.pipeline.store import Patient, Store, StoredAlert
from surefoot.pipeline.told import events, standing
from surefoot.records import (
    SIDES,
    Affected,
    Answer,
    CheckIn,
    DaySummary,
    Incident,
    IncidentKind,
    Renewal,
    Side,
    Treatment,
    Trend,
)

_FAR_S = 2 * 86400.0  # by which a home's midnight, and the alert of a day that has hardly begun, may lie before ours
_OfHome = TypeVar("_OfHome", StoredAlert, GivenOrder)


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
    unheard: tuple[GivenOrder, ...]  # a therapist's orders that the home has not confirmed, or refused this week

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


def weeks(store: Store, patients: Sequence[Patient], last_day: str, params: DigestParams | None = None) -> list[Week]:
    """The week of each patient that ends with ``last_day``, a date of the calendar: a few questions for all of them."""
    known = _read(store, [one.gateway for one in patients], last_day, params or DigestParams())
    return [_week(patient, known) for patient in patients]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of all of them, by gateway; a home that tells nothing of something may be lacking there."""

    first: str  # of the week
    before: str  # first day of the week before
    since: str  # first day of those on which a chart that neared its limit is told
    last: str
    params: DigestParams
    days: Mapping[str, Sequence[DaySummary]]  # of the week
    trends: Mapping[str, Sequence[Trend]]
    alerts: Mapping[str, Sequence[StoredAlert]]  # clinical ones: open, or of this week
    happened: Mapping[str, Sequence[Incident]]
    answers: Mapping[str, Sequence[Answer]]
    check_ins: Mapping[str, Sequence[CheckIn]]
    treatments: Mapping[str, Sequence[Treatment]]
    given: Mapping[str, Sequence[GivenOrder]]
    lived: Callable[[str, str], Sequence[DaySummary]]  # asked for each whose affected leg is set: home, since


def _read(store: Store, homes: Sequence[str], last_day: str, p: DigestParams) -> _Known:
    lists, ends = store.lists, date.fromisoformat(last_day)
    first, before, since, longest = (
        (ends - timedelta(days=back - 1)).isoformat() for back in (p.days, 2 * p.days, p.watched_days, p.affected_days)
    )
    days = lists.days_between(homes, first, last_day)
    start_s = min((of[0].start_s for of in days.values() if of), default=0.0)
    end_s = max((of[-1].end_s for of in days.values() if of), default=0.0)
    answers = lists.answers_between(homes, start_s, end_s)
    kinds: set[IncidentKind] = {"giving_way", *(one.kind for said in answers.values() for one in said)}
    charts = [root + COMPOSITE for root in ROOTS]
    return _Known(
        first, before, since, last_day, p, days,
        trends=lists.trends_between(homes, min(since, before), last_day, charts),
        alerts=_by_home(store.alert_log.waiting_or_since("clinical", _midnight_s(first) - _FAR_S)),
        happened=lists.incidents_between(homes, start_s, end_s, kinds),
        answers=answers,
        check_ins=lists.check_ins_between(homes, first, last_day),
        treatments=lists.treatments_between(homes, first, last_day),
        given=_by_home(store.orders.given()),
        lived=lambda home, day: lists.days_between([home], max(day, longest), last_day)[home],
    )  # fmt: skip


def _week(patient: Patient, known: _Known) -> Week:
    home, first, p = patient.gateway, known.first, known.params
    charts: dict[tuple[str, Side | None], list[Trend]] = {
        (root + COMPOSITE, side): [] for root in ROOTS for side in SIDES
    }
    for trend in known.trends[home]:
        if (course := charts.get((trend.metric, trend.side))) is not None:
            course.append(trend)
    alerts, given = known.alerts.get(home, ()), known.given.get(home, ())
    probable, possible = _giving_way(known.days[home], known.happened[home], known.answers[home])
    return Week(
        patient=patient,
        first_day=first,
        last_day=known.last,
        days=tuple(known.days[home]),
        open_alerts=tuple(one for one in alerts if one.life.is_open),
        closed=sum(not one.life.is_open and first <= one.alert.day <= known.last for one in alerts),
        watched=tuple(one for course in charts.values() for one in _watched(course, known.since)),
        moved=tuple(one for course in charts.values() for one in _moved(course, first, known.before, p)),
        compared=any(one.z is not None and one.day >= first for course in charts.values() for one in course),
        probable=probable,
        possible=possible,
        check_ins=tuple(known.check_ins[home]),
        recoveries=_recoveries(plan_of(held(given)).affected, lambda since: known.lived(home, since)),
        treatments=tuple(known.treatments[home]),
        unheard=tuple(one for one in given if _unheard(one, first)),
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
    days: Sequence[DaySummary], happened: Sequence[Incident], answers: Sequence[Answer]
) -> tuple[Counter[Side | None], Counter[Side | None]]:
    """``happened``: of these days and, as homes live in several time zones, of the hours around them."""
    mine = [one for one in happened if days and days[0].start_s <= one.start_s < days[-1].end_s]
    counted = Counter(one.side for one in events(mine, answers))
    unsure = [one for one in mine if one.kind == "giving_way" and one.certainty == "possible"]
    return counted, Counter(one.side for one in unsure if standing(answers, one) is None)


def _recoveries(
    affected: Affected | None, lived_since: Callable[[str], Sequence[DaySummary]]
) -> tuple[tuple[str, Recovery], ...]:
    if affected is None:
        return ()
    lived = lived_since(affected.since)
    courses = ((metric, deficits(lived, affected.side, metric)) for metric in NUMBERS)
    return tuple((metric, recovery(course, course[0].day)) for metric, course in courses if course)


def _by_home(many: Iterable[_OfHome]) -> dict[str, list[_OfHome]]:
    found: defaultdict[str, list[_OfHome]] = defaultdict(list)
    for one in many:
        found[one.gateway].append(one)
    return found


def _unheard(one: GivenOrder, first: str) -> bool:
    if isinstance(one.order.what, Renewal):  # whoever runs the clinic's computer is told
        return False
    word = one.confirmation
    return word is None or (word.verdict == "refused" and word.at_s >= _midnight_s(first))


def _midnight_s(day: str) -> float:
    return (date.fromisoformat(day) - date(1970, 1, 1)).days * 86400.0
