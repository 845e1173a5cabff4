"""Escalation: who is told of an alert, when again, and when the next person is (facts/clinical.md 7.8).

Two clocks run for an urgent alert (T3, T4). The clock of the answer: told again every hour until a person acknowledges,
and after four hours the next person as well. The clock of delivery, for as long as no notice has gone out at all: the
next person after 5 minutes and then every 10 (facts/reliability.md 5). A review (T2) goes to the next person after two
working days and stays a review. A snooze holds back the reminders of those already told and nothing else: neither the
next person nor the place of the alert on the pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal

from surefoot.alerts.alertlife import AlertEvent, Channel, Life
from surefoot.records import Tier

URGENT: tuple[Tier, ...] = ("T3", "T4")
SILENT_HOME = "gateway_silent"  # kind of the alert about a home that nothing is heard of


@dataclass(frozen=True, slots=True)
class EscalationParams:
    """Who is told, and when. The times are our own proposal (P) where no other source stands beside them."""

    clinical: tuple[str, ...] = ("on call", "deputy")  # told one after another, as far as it takes
    technical: tuple[str, ...] = ("technician",)
    therapists: tuple[str, ...] = ()  # told of a review before those on call (7.8); none: those on call
    review_days: int = 2  # working days, T2 (clinical.md 7.8)
    urgent_again_s: float = 3600.0  # T3 and T4, until somebody acknowledges (7.8)
    urgent_next_s: float = 4 * 3600.0  # T3: the next person as well (7.8)
    undelivered_s: float = 300.0  # no notice of a T3 has gone out: the next person (reliability.md 5)
    undelivered_again_s: float = 600.0  # and the one after
    information_s: float = 14 * 86400.0  # T1 grows old (7.8)
    silent_home_s: float = 12 * 3600.0  # a single silent home is listed at once; its technician is told then (7.8)
    longest_snooze_s: float = 7200.0  # reliability.md 5
    lease_s: float = 60.0  # a notice begun and not ended for so long counts as failed: whoever began it died
    retry_s: float = 60.0  # after a notice that failed
    patient_tries: int = 5  # then less often:
    slow_retry_s: float = 600.0
    zone: tzinfo = UTC  # of working days
    holidays: frozenset[str] = frozenset()  # local dates that are no working days

    def people(self, channel: Channel, tier: Tier) -> tuple[str, ...]:
        """Who is told, one after another."""
        if channel == "technical":
            return self.technical
        return tuple(dict.fromkeys((*self.therapists, *self.clinical))) if tier == "T2" else self.clinical


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done next about an alert. ``at_s`` may be past: it is overdue."""

    what: Literal["tell", "escalate", "expire"]
    at_s: float
    to: tuple[str, ...] = ()


def next_due(life: Life, now_s: float, params: EscalationParams | None = None, kind: str = "") -> Due | None:
    """The next thing to be done about an alert, None when nothing is: it is closed, or waits for a person only.

    ``kind`` is that of the alert. What is dated later than ``now_s`` counts as done and not as recent: a clock that was
    once ahead holds nothing back.
    """
    p = params or EscalationParams()
    if not life.is_open or life.stored_s is None:
        return None
    past = [e for e in life.events if e.at_s <= now_s]
    known_s = life.stored_s if life.stored_s <= now_s else min((e.at_s for e in past), default=now_s)
    found = (_old(life, known_s, p), _next_person(life, past, known_s, p), _notice(life, past, known_s, p, kind))
    return min((due for due in found if due is not None), key=lambda due: due.at_s, default=None)


def reached(life: Life, params: EscalationParams) -> tuple[str, ...]:
    """Who is to be told by now; of a T4 everybody at once."""
    people = params.people(life.channel, life.tier)
    return people if life.tier == "T4" else people[: life.level + 1]


def event_of(due: Due, life: Life, now_s: float) -> AlertEvent:
    """What is written down before a due step is taken: whoever writes it first is the one to take it."""
    match due.what:
        case "tell":
            return AlertEvent("telling", life.tier, now_s, life.next_number("telling"), to=due.to)
        case "escalate":
            return AlertEvent("escalated", life.tier, now_s, life.level + 1, to=due.to)
        case "expire":
            return AlertEvent("expired", life.tier, now_s)


def after_working_days(start_s: float, days: int, zone: tzinfo, holidays: frozenset[str] = frozenset()) -> float:
    """The same time of day so many working days later; what comes on a day off counts from the next working day on."""

    def is_off(day: datetime) -> bool:
        return day.weekday() >= 5 or day.date().isoformat() in holidays

    at = datetime.fromtimestamp(start_s, zone)
    while is_off(at):
        at = (at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(days):
        at += timedelta(days=1)
        while is_off(at):
            at += timedelta(days=1)
    return at.timestamp()


def _old(life: Life, known_s: float, p: EscalationParams) -> Due | None:
    return Due("expire", known_s + p.information_s) if life.tier == "T1" else None


def _next_person(life: Life, past: list[AlertEvent], known_s: float, p: EscalationParams) -> Due | None:
    people = p.people(life.channel, life.tier)
    if life.tier not in ("T2", "T3") or life.level + 1 >= len(people):
        return None
    since_s = max((e.at_s for e in past if e.what == "escalated"), default=known_s)
    to = (people[life.level + 1],)
    if life.tier == "T2":
        return Due("escalate", after_working_days(since_s, p.review_days, p.zone, p.holidays), to)
    undelivered_s = p.undelivered_again_s if life.level else p.undelivered_s
    delivered = life.first("notified") is not None
    return Due("escalate", since_s + (p.urgent_next_s if delivered else min(p.urgent_next_s, undelivered_s)), to)


def _notice(life: Life, past: list[AlertEvent], known_s: float, p: EscalationParams, kind: str) -> Due | None:
    to = reached(life, p)
    if life.tier == "T1" or not to:
        return None  # an information is read when its list is read
    begun = max((e for e in past if e.what == "telling"), key=lambda e: e.number, default=None)
    answer = None if begun is None else _answer(life, begun)
    if begun is not None and answer is None:
        return Due("tell", begun.at_s + p.lease_s, to)
    untold = tuple(name for name in to if name not in life.told())
    if not untold and any(e.what == "notified" for e in past):
        return _reminder(life, past, p, to)
    if begun is None:
        at_s = known_s + (p.silent_home_s if kind == SILENT_HOME else 0.0)
    elif answer == "failed":
        at_s = begun.at_s + (p.retry_s if begun.number < p.patient_tries else p.slow_retry_s)
    else:
        at_s = max((e.at_s for e in past if e.what == "escalated"), default=begun.at_s)
    return Due("tell", at_s, untold if _quiet_s(life, past, at_s) != at_s else to)


def _reminder(life: Life, past: list[AlertEvent], p: EscalationParams, to: tuple[str, ...]) -> Due | None:
    """Everybody to be told has been: when again. The end of a snooze is a reminder of its own."""
    last_s = max(e.at_s for e in past if e.what == "notified")
    snooze = life.snooze
    if snooze is not None and snooze.until_s is not None and snooze in past and last_s <= snooze.at_s:
        return Due("tell", snooze.until_s, to)
    if life.tier in URGENT:
        return Due("tell", _quiet_s(life, past, last_s + p.urgent_again_s), to)
    if life.tier == "T2" and life.level + 1 >= len(p.people(life.channel, life.tier)):
        at_s = after_working_days(last_s, p.review_days, p.zone, p.holidays)
        return Due("tell", _quiet_s(life, past, at_s), to)
    return None


def _quiet_s(life: Life, past: list[AlertEvent], at_s: float) -> float:
    """The same time, or the end of the snooze that it falls into."""
    snooze = life.snooze
    if snooze is None or snooze.until_s is None or snooze not in past:
        return at_s
    return snooze.until_s if snooze.at_s <= at_s < snooze.until_s else at_s


def _answer(life: Life, begun: AlertEvent) -> str | None:
    """How the notice ended: "notified", "failed", or None while it is under way."""
    ends = [e.what for e in life.events if e.what in ("notified", "failed") and e.number == begun.number]
    return ends[0] if ends else None
