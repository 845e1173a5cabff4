"""What is ordered, in words: each decision, who took it, and what the patient's home says to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo

from surefoot.alerts.limits import RANGE, RANGES, changes
from surefoot.pipeline.asking import Answers, answered_s, answers_in
from surefoot.pipeline.orderbook import GivenOrder
from surefoot.pipeline.plan import USUAL, Plan
from surefoot.pipeline.store import Store
from surefoot.records import Affected, Learning, Limits, Ordered, Question, Treatment, TreatmentKind
from surefoot.web.words import INCIDENTS, TESTS, count, local, side

TREATMENTS: Mapping[TreatmentKind, str] = {
    "physiotherapy": "Physiotherapy",
    "injection": "Injection",
    "shockwave": "Shockwave",
    "stimpod": "Stimpod",
    "surgery": "Surgery",
    "medication": "Medication",
    "exercise": "Exercise",
    "other": "Other",
}


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit as the form shows it."""

    name: str
    words: str
    unit: str
    usual: str
    lowest: str
    highest: str
    step: str
    own: str  # empty: as usual


def limit_rows(limits: Limits) -> list[LimitRow]:
    return [
        LimitRow(
            one.name,
            one.words[0].upper() + one.words[1:],
            one.unit,
            "by the leg's own rate" if (usual := getattr(USUAL, one.name)) is None else one.said(usual),
            f"{one.lowest:g}",
            f"{one.highest:g}",
            "1" if one.whole else "any",
            "" if (own := getattr(limits, one.name)) is None else f"{own:g}",
        )
        for one in RANGES
    ]


def said(what: Ordered, zone: tzinfo | None) -> str:
    """A decision in a sentence."""
    match what:
        case Limits():
            own = changes(what, USUAL)
            return f"Limits: {'; '.join(own)}" if own else "Limits: the usual ones"
        case Learning(first_day="", days=days):
            return f"Normal is learned from the first {count(days, 'good day')}"
        case Learning(first_day=day, days=days):
            return f"Normal is learned anew from {day} on, from {count(days, 'good day')}"
        case Affected(side=of, since=day):
            return f"The {side(of)} leg is the affected one, since {day}"
        case Treatment(kind=kind, day=day, withdrawn=gone):
            return f"{TREATMENTS[kind]}, first day {day}" + (" (taken back: logged by mistake)" if gone else "")
        case Question():
            return f"The patient is asked {asked(what, zone)}"


def asked(question: Question, zone: tzinfo | None) -> str:
    """What is asked, in words."""
    if question.about == "test" and question.test is not None:
        return f"to do a guided test ({TESTS[question.test]})"
    if question.about == "incident" and question.kind is not None and question.start_s is not None:
        return f"whether the leg gave way ({INCIDENTS[question.kind]}, {local(question.start_s, zone)})"
    return "for the check-in: pain and red flags"


def answer(given: GivenOrder, zone: tzinfo | None, known: Answers | None = None) -> str:
    """What the home says to it, and to a question the patient."""
    word = given.confirmation
    if word is None:
        return "Not yet: the home has not confirmed it. It is sent until it does."
    at = local(word.at_s, zone)
    if word.verdict == "refused":
        return f"REFUSED by the home, {at}: {word.reason.rstrip('.')}. It does not hold."
    if isinstance(given.order.what, Question) and known is not None:
        answered = answered_s(given.order.what, word.at_s, known)
        return f"Asked {at}; " + ("not answered yet" if answered is None else f"ANSWERED {local(answered, zone)}")
    return f"Holds at home since {at}" + (f": {word.reason}" if word.reason else "")


def history(store: Store, gateway: str, zone: tzinfo | None) -> list[tuple[str, ...]]:
    """Rows of a table, newest first: when, who, what, why, what the home says."""
    known, rows = answers_in(store, gateway), []
    for one in store.orders.given(gateway):
        when, what = local(one.order.given_s, zone), said(one.order.what, zone)
        rows.append((when, one.who, what, one.note or "no note", answer(one, zone, known)))
    return rows


def in_short(plan: Plan) -> list[str]:
    """What differs from the usual by now, as the home has confirmed it."""
    own = [f"{RANGE[one.name].words}: {plan.said(one.name)}" for one in RANGES if getattr(plan.limits, one.name)]
    return own + [said(one, None) for one in plan.learnings]
