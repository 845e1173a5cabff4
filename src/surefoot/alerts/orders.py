"""Orders on the wire: what the clinic decides for one patient, as docs/mqtt.md shows it, and how a home reads it.

An order is sent until its home confirms it. Nothing is retained on the broker: the clinic's table is what remembers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError

from surefoot.alerts.bodies import Day, Name, TreatmentBody, Wire
from surefoot.alerts.messages import LARGEST_MESSAGE, ROOT, VERSION, Gateway
from surefoot.records import (
    Affected,
    IncidentKind,
    Learning,
    Limits,
    Order,
    Ordered,
    Question,
    Renewal,
    Side,
    SurefootError,
    TestKind,
    Treatment,
)

OrderKind = Literal["limits", "learning", "affected", "treatment", "question", "renewal"]
FEWEST_DAYS, MOST_DAYS = 7, 42  # a baseline rests on; fewer would alarm too often, more would learn a slow decline (P)
LONGEST_CERTIFICATE = 8000  # letters of PEM; one of this clinic has 900
AHEAD_DAYS = 60  # so far ahead a day may lie: a planned operation
_TOPIC = re.compile(rf"{ROOT}/([0-9a-f-]{{36}})/down/(config|prompt)")
_NAME = re.compile(rb'"order_id"\s*:\s*"([0-9a-f-]{1,80})"')


class OrderError(SurefootError):
    """An order that cannot hold, and why."""


class LimitsBody(Wire):
    """All limits of a patient; what is left out is as usual."""

    chart_review: float | None = None
    chart_urgent: float | None = None
    sit_to_stand_5_s: float | None = None
    timed_up_and_go_s: float | None = None
    heel_rise_count: float | None = None
    giving_way_week: float | None = None
    giving_way_day: float | None = None


class LearningBody(Wire):
    """From when on, and from how many good days, normal is learned."""

    first_day: Day | Literal[""] = ""
    days: Annotated[int, Field(ge=FEWEST_DAYS, le=MOST_DAYS)] = 14


class AffectedBody(Wire):
    """The affected leg, and since when."""

    side: Side
    since: Day


class QuestionBody(Wire):
    """What the patient is asked."""

    about: Literal["check_in", "test", "shoes", "incident"]
    test: TestKind | None = None
    kind: IncidentKind | None = None
    side: Side | None = None
    start_s: float | None = None


class RenewalBody(Wire):
    """The home's certificate anew."""

    certificate: Annotated[str, Field(max_length=LONGEST_CERTIFICATE)]


_FORMS: Mapping[OrderKind, tuple[type[Wire], type[Any]]] = {
    "limits": (LimitsBody, Limits),
    "learning": (LearningBody, Learning),
    "affected": (AffectedBody, Affected),
    "treatment": (TreatmentBody, Treatment),
    "question": (QuestionBody, Question),
    "renewal": (RenewalBody, Renewal),
}


class _Envelope(Wire):
    v: Literal[1]
    gateway: Gateway
    order_id: Name
    given_s: float
    kind: OrderKind
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An order that this home cannot read; ``order_id`` where that much could be read."""

    order_id: str | None
    reason: str


def kind_of(what: Ordered) -> OrderKind:
    return next(kind for kind, (_, record) in _FORMS.items() if type(what) is record)


def body_text(what: Ordered) -> str:
    """The one spelling of what is ordered."""
    return _FORMS[kind_of(what)][0].of(what).json_text()


def read_body(kind: str, text: str) -> Ordered:
    """What `body_text` wrote. Raise ValueError for anything else."""
    if kind not in get_args(OrderKind):
        raise ValueError(f"no order is called {kind}")
    form, record = _FORMS[kind]  # type: ignore[index]  # one of them, as was asked
    ordered: Ordered = record(**dict(form.model_validate_json(text)))
    return ordered


def order_topic(gateway: str, what: Ordered) -> str:
    return f"{ROOT}/{gateway}/down/{'prompt' if isinstance(what, Question) else 'config'}"


def order_filters(gateway: str) -> tuple[str, str]:
    """What a home subscribes to."""
    return f"{ROOT}/{gateway}/down/config", f"{ROOT}/{gateway}/down/prompt"


def order_payload(gateway: str, order: Order) -> bytes:
    head = {"v": VERSION, "gateway": gateway, "order_id": order.order_id, "given_s": order.given_s}
    told = json.dumps({**head, "kind": kind_of(order.what)}, separators=(",", ":"))
    return f'{told[:-1]},"body":{body_text(order.what)}}}'.encode()


def read_order(topic: str, payload: bytes) -> Order | Unreadable | None:
    """An order that arrived at the home of this topic; None for what is no order. Never raises, whatever the bytes."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        return None
    named = _NAME.search(payload[:LARGEST_MESSAGE])
    order_id = named[1].decode() if named else None
    if len(payload) > LARGEST_MESSAGE:
        return Unreadable(order_id, f"{len(payload)} bytes; an order has at most {LARGEST_MESSAGE}")
    try:
        envelope = _Envelope.model_validate_json(payload)
        what = read_body(envelope.kind, json.dumps(envelope.body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        told = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
        return Unreadable(order_id, f"this home does not understand it ({told})"[:400])
    if envelope.gateway != match[1]:
        return Unreadable(order_id, "it is meant for another home")
    return Order(envelope.order_id, envelope.given_s, what)


def day_faults(what: Ordered, today: str) -> list[str]:
    """What is wrong with the day it names, in words."""
    days = [getattr(what, name) for name in ("first_day", "day", "since") if getattr(what, name, "")]
    found = []
    for day in days:
        try:
            ahead = (date.fromisoformat(day) - date.fromisoformat(today)).days
        except ValueError:
            found.append(f"{day} is no day of the calendar.")
            continue
        most = 0 if isinstance(what, Affected) else AHEAD_DAYS
        if ahead > most:
            found.append(f"{day} lies ahead." if not most else f"{day} lies more than {most} days ahead.")
    if isinstance(what, Learning) and not FEWEST_DAYS <= what.days <= MOST_DAYS:
        found.append(f"A baseline rests on {FEWEST_DAYS} to {MOST_DAYS} good days, not on {what.days}.")
    return found
