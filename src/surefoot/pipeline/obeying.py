"""Obeying: what a home does with an order of its clinic, once, and what it says to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from surefoot.alerts.alike import asked_by_clinic
from surefoot.alerts.orders import Unreadable
from surefoot.pipeline.plan import objections, replaced_by
from surefoot.pipeline.shoes import asked_shoes
from surefoot.pipeline.store import Store
from surefoot.pipeline.treated import judge_anew, keep_treatment
from surefoot.records import Confirmation, Learning, Limits, Order, Question, Renewal, Treatment

_TOMORROW_S = 86400.0  # a home may live a day ahead of UTC


Install = Callable[[str, float], str]  # a certificate, PEM, now: why it cannot be taken, "" where it is in its place


def obey(store: Store, order: Order | Unreadable, now_s: float, install: Install | None = None) -> Confirmation | None:
    """Do what is ordered and queue the word about it. None where it was done before, or nothing can be said to it.

    Limits hold from the next judgement on. Where normal is learned anew, the days since are judged anew; alerts that
    were raised stay raised. ``install`` puts a certificate in its place; None: this home has none.
    """
    gateway, book = store.gateway(), store.orders
    if isinstance(order, Unreadable):
        if order.order_id is None or book.said(gateway, order.order_id):
            return None
        refusal = Confirmation(order.order_id, "refused", now_s, order.reason)
        book.refuse(gateway, refusal)
        return refusal
    if book.said(gateway, order.order_id):
        return None
    against = objections(order.what, datetime.fromtimestamp(now_s + _TOMORROW_S, UTC).date().isoformat())
    late = replaced_by(order, book.held(gateway))
    if isinstance(order.what, Renewal) and not late:  # before it is said: killed in between it is done once more
        against += _install(order.what, install, now_s)
    if against:
        refusal = Confirmation(order.order_id, "refused", now_s, " ".join(against)[:400])
        book.refuse(gateway, refusal)
        return refusal
    if isinstance(order.what, Treatment) and not late:  # known twice is known once: its name is its kind and day
        keep_treatment(store, order.what, now_s)
    if isinstance(order.what, Question) and order.what.about == "shoes":
        _ask_about_shoes(store, order.order_id, now_s)
    if isinstance(order.what, Learning):
        judge_anew(store, order.what.first_day, book.plan_with(gateway, order))
    confirmation = Confirmation(order.order_id, "applied", now_s, _said(order, late))
    book.take(gateway, order, confirmation)  # last: what is confirmed is not done again
    return confirmation


def _install(what: Renewal, install: Install | None, now_s: float) -> list[str]:
    if install is None:
        return ["this home has no certificate to renew"]
    return [why] if (why := install(what.certificate, now_s)) else []


def _ask_about_shoes(store: Store, order_id: str, now_s: float) -> None:
    """It stands on the patient's page, as one that the walk has raised; where one stands there, that one is meant."""
    if asked_shoes(store, now_s) is None:
        store.keep_alert(asked_by_clinic(order_id, datetime.fromtimestamp(now_s, UTC).date().isoformat(), now_s))


def _said(order: Order, late: bool) -> str:
    if late:
        return "a later order about the same had come before; that one holds"
    match order.what:
        case Limits():
            return "holds from the next judgement on; a day is judged when it is over"
        case Learning(first_day=day, days=days):
            return f"normal is learned from {days} good days{f' from {day} on' if day else ''}"
        case Question():
            return "the patient is asked"
        case Renewal():
            return "shown to the broker from the next connection on"
    return ""
