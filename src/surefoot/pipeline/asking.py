"""Asking: which questions a patient has open, the sensors' and the clinic's, and whether one has been answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.alerts.alike import KIND as SHOES
from surefoot.pipeline.orderbook import GivenOrder
from surefoot.pipeline.store import Store
from surefoot.records import Answer, CheckIn, Incident, Question, TestResult

ABOUT = ("giving_way", "stumble", "fall")  # incidents the patient is asked about


@dataclass(frozen=True, slots=True)
class AskParams:
    """How long a question stays open (P): what happened days ago is not remembered well."""

    incident_s: float = 2 * 86400.0
    most: int = 3  # incidents at once, the newest; only probable ones are asked about unless the clinic asks
    question_s: float = 7 * 86400.0


@dataclass(frozen=True, slots=True)
class Answers:
    """All that may answer a question."""

    check_ins: Sequence[CheckIn]
    answers: Sequence[Answer]
    tests: Sequence[TestResult]
    shoes: Sequence[float]  # when it was said which were worn


def answers_in(store: Store, gateway: str) -> Answers:
    alerts = (one.alert for one in store.alerts(gateway))
    shoes = [one.resolved_s for one in alerts if one.kind == SHOES and one.resolved_s is not None]
    return Answers(store.diary.check_ins(gateway), store.answers(gateway), store.tests(gateway), shoes)


def answered_s(question: Question, asked_s: float, known: Answers) -> float | None:
    """When the patient answered; None: not yet. A check-in or test counts from the moment it was asked for."""
    match question.about:
        case "check_in":
            found = [one.at_s for one in known.check_ins if one.at_s >= asked_s]
        case "test":
            found = [one.end_s for one in known.tests if one.kind == question.test and one.end_s >= asked_s]
        case "shoes":
            found = [at_s for at_s in known.shoes if at_s >= asked_s]
        case _:
            about = (question.kind, question.side, question.start_s)
            found = [one.at_s for one in known.answers if (one.kind, one.side, one.start_s) == about]
    return min(found, default=None)


def reached_s(given: GivenOrder) -> float | None:
    """When a question reached its home, by the home's own clock; None: not yet, or it is none that holds."""
    word = given.confirmation
    asked = word is not None and word.verdict == "applied" and isinstance(given.order.what, Question)
    return word.at_s if word is not None and asked else None


@dataclass(frozen=True, slots=True)
class Open:
    """What a patient is to be asked now; ``incidents`` newest first."""

    check_in: bool  # the clinic asks for it
    tests: tuple[Question, ...]
    incidents: tuple[Incident, ...]


def open_questions(store: Store, now_s: float, params: AskParams | None = None) -> Open:
    """At home: what the clinic asked and nobody has answered, and incidents of the last days."""
    p, gateway = params or AskParams(), store.gateway()
    known = answers_in(store, gateway)
    asked = [(one.order.what, at_s) for one in store.orders.given(gateway) if (at_s := reached_s(one)) is not None]
    still = [
        what
        for what, at_s in asked
        if isinstance(what, Question) and now_s - at_s < p.question_s and answered_s(what, at_s, known) is None
    ]
    wanted = {(one.kind, one.side, one.start_s) for one in still if one.about == "incident"}
    since_s = min([now_s - p.incident_s, *(start_s for _, _, start_s in wanted if start_s is not None)])
    said = {(one.kind, one.side, one.start_s) for one in known.answers}
    lately = [
        one
        for one in store.incidents(gateway, since_s, now_s + 60)
        if one.kind in ABOUT and (one.kind, one.side, one.start_s) not in said
    ]
    own = [one for one in lately if one.certainty == "probable" and one.start_s >= now_s - p.incident_s][-p.most :]
    by_clinic = [one for one in lately if (one.kind, one.side, one.start_s) in wanted and one not in own]
    return Open(
        any(one.about == "check_in" for one in still),
        tuple(one for one in still if one.about == "test"),
        tuple(reversed([*by_clinic, *own])),
    )
