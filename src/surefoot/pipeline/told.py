"""Told: what is known of a patient beside the days, asked for whenever something is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from surefoot.alerts.givingway import WEEK_S, Event, Usual
from surefoot.pipeline.plan import Plan
from surefoot.records import Alert, Answer, DaySummary, Incident, Treatment

FEW_BEFORE = 14  # good days that tell how often a leg gives way (facts/clinical.md 4.5)


def _none(*_: object) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class Told:
    """Where to ask; by default nothing is known. ``incidents`` of [start_s, end_s), ``alerts`` by whomever raised."""

    incidents: Callable[[float, float], Sequence[Incident]] = _none
    answers: Callable[[], Sequence[Answer]] = _none
    treatments: Callable[[], Sequence[Treatment]] = _none
    alerts: Callable[[], Sequence[Alert]] = _none
    plan: Callable[[], Plan] = Plan  # what the clinic has set


def standing(answers: Sequence[Answer], incident: Incident) -> Answer | None:
    """The answer about this incident that stands: the last one."""
    about = [a for a in answers if (a.kind, a.side, a.start_s) == (incident.kind, incident.side, incident.start_s)]
    return max(about, key=lambda answer: answer.at_s, default=None)


def events(incidents: Sequence[Incident], answers: Sequence[Answer]) -> list[Event]:
    """What counts as giving way, in time order: probable events, without those that were none as the patient says.

    A possible one counts when the patient says that the leg gave way, and so does what looked like a stumble or a fall.
    """
    found = {}
    for one in incidents:
        said = standing(answers, one)
        confirmed = said is not None and said.answer == "gave_way"
        looks = one.kind == "giving_way" and one.certainty == "probable"
        if confirmed or (looks and said is None):
            found[one.side, one.start_s] = Event(one.side, one.start_s, confirmed)
    return sorted(found.values(), key=lambda event: event.at_s)


def usual_before(now_s: float, days: Sequence[DaySummary]) -> list[DaySummary]:
    """The first good days, but not those of the week that is judged."""
    good = [day for day in days if not day.missing and day.end_s <= now_s - WEEK_S]
    return good[:FEW_BEFORE]


def giving_way(
    now_s: float, days: Sequence[DaySummary], told: Told, new: Sequence[Incident] = ()
) -> list[tuple[list[Event], Usual]]:
    """For each leg with an event in the last week: all its events that matter, and what was usual for it.

    ``new``: incidents of now that may not have been kept yet.
    """
    answers = told.answers()
    known_before = usual_before(now_s, days)
    lately = events([*told.incidents(now_s - 5 * WEEK_S, float("inf")), *new], answers)
    before: list[Event] = []
    if known_before:
        before = events(told.incidents(known_before[0].start_s, known_before[-1].end_s), answers)
    found = []
    for side in {one.side for one in lately if now_s - WEEK_S < one.at_s <= now_s}:
        count = sum(
            any(day.start_s <= one.at_s < day.end_s for day in known_before) for one in before if one.side == side
        )
        mine = [one for one in lately if one.side == side and one.at_s <= now_s]
        found.append((mine, Usual(count, len(known_before))))
    return found
