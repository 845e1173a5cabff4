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
from surefoot.records import Affected, Learning, Limits, Ordered, Question, Renewal, Treatment, TreatmentKind
from surefoot.web.language import N_, _, _n, day_words, numerals
from surefoot.web.retold import retold
from surefoot.web.words import INCIDENTS, TESTS, local, sentence, unit_words

TREATMENTS: Mapping[TreatmentKind, str] = {
    "physiotherapy": N_("Physiotherapy"),
    "injection": N_("Injection"),
    "shockwave": N_("Shockwave"),
    "stimpod": N_("Stimpod"),
    "surgery": N_("Surgery"),
    "medication": N_("Medication"),
    "exercise": N_("Exercise"),
    "other": N_("Other"),
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
            sentence(retold(one.words)),
            unit_words(one.unit),
            _("by the leg's own rate")
            if (usual := getattr(USUAL, one.name)) is None
            else f"{numerals(f'{usual:g}')} {unit_words(one.unit)}".rstrip(),
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
            return _("Limits: {limits}", limits=retold("; ".join(own))) if own else _("Limits: the usual ones")
        case Learning(first_day="", days=days):
            return _n(
                "Normal is learned from the first {n} good day", "Normal is learned from the first {n} good days", days
            )
        case Learning(first_day=day, days=days):
            return _n(
                "Normal is learned anew from {day} on, from {n} good day",
                "Normal is learned anew from {day} on, from {n} good days",
                days,
                day=day_words(day),
            )
        case Affected(side=of, since=day):
            if of == "left":
                return _("The left leg is the affected one, since {day}", day=day_words(day))
            return _("The right leg is the affected one, since {day}", day=day_words(day))
        case Treatment(kind=kind, day=day, withdrawn=gone):
            told = _("{what}, first day {day}", what=_(TREATMENTS[kind]), day=day_words(day))
            return _("{what} (taken back: logged by mistake)", what=told) if gone else told
        case Question():
            return _("Question to the patient: {question}", question=asked(what, zone))
        case Renewal():
            return _("This home's certificate, renewed")


def asked(question: Question, zone: tzinfo | None) -> str:
    """What is asked, in words."""
    if question.about == "test" and question.test is not None:
        return _("a guided test ({test})", test=_(TESTS[question.test]))
    if question.about == "shoes":
        return _("did you walk in other shoes?")
    if question.about == "incident" and question.kind is not None and question.start_s is not None:
        what, when = _(INCIDENTS[question.kind]), local(question.start_s, zone)
        if question.kind != "giving_way":
            return _("what happened? ({what}, {when})", what=what, when=when)
        return _("did the leg give way? ({what}, {when})", what=what, when=when)
    return _("the check-in: pain and red flags")


def answer(given: GivenOrder, zone: tzinfo | None, known: Answers | None = None) -> str:
    """What the home says to it, and to a question the patient."""
    word = given.confirmation
    if word is None:
        return _("Not yet: the home has not confirmed it. It is sent until it does.")
    at = local(word.at_s, zone)
    if word.verdict == "refused":
        why = retold(word.reason.rstrip("."))
        return _("REFUSED by the home, {when}: {why}. It does not hold.", when=at, why=why)
    if isinstance(given.order.what, Question) and known is not None:
        answered = answered_s(given.order.what, word.at_s, known)
        if answered is None:
            return _("Asked {when}; not answered yet", when=at)
        return _("Asked {when}; ANSWERED {answered}", when=at, answered=local(answered, zone))
    since = _("Holds at home since {when}", when=at)
    return f"{since}: {retold(word.reason)}" if word.reason else since


def history(store: Store, gateway: str, zone: tzinfo | None) -> list[tuple[str, ...]]:
    """Rows of a table, newest first: when, who, what, why, what the home says."""
    known, rows = answers_in(store, gateway), []
    for one in store.orders.given(gateway):
        when, what = local(one.order.given_s, zone), said(one.order.what, zone)
        rows.append((when, one.who, what, one.note or _("no note"), answer(one, zone, known)))
    return rows


def in_short(plan: Plan) -> list[str]:
    """What differs from the usual by now, as the home has confirmed it."""
    own = [
        f"{retold(RANGE[one.name].words)}: {retold(plan.said(one.name))}"
        for one in RANGES
        if getattr(plan.limits, one.name)
    ]
    return own + [said(one, None) for one in plan.learnings]
