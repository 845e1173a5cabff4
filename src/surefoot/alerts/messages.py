"""The messages between home and clinic: topics, the versioned envelope, the answer, and what is turned away.

``docs/mqtt.md`` shows each of them. Going up, a message carries a body of ``surefoot.alerts.bodies``; going down, the
clinic answers which sequence numbers it has stored or rejected.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import Field, TypeAdapter, ValidationError

from surefoot.alerts.bodies import (
    MOST_ASKED,
    AlertBody,
    AnswerBody,
    Body,
    BoutBody,
    CheckInBody,
    ConfirmationBody,
    DayBody,
    IncidentBody,
    Name,
    Reason,
    StatusBody,
    TestBody,
    TreatmentBody,
    Wire,
)

VERSION = 1
ROOT = "surefoot/v1"
Kind = Literal[
    "alert", "incident", "answer", "checkin", "treatment", "confirmation", "test", "day", "bout", "status"
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
LARGEST_MESSAGE = 16_384  # bytes, envelope included
LARGEST_INCIDENT = 61_440  # bytes: its raw signal needs the room; with its topic it passes brokers set to 65,536
LARGEST_DAY = 61_440  # bytes: some hundred numbers, each with what it is compared with
LARGEST_SEQ = 2**63 - 1
_ENVELOPE = 256  # bytes kept free for the envelope around a body
_TOPIC = re.compile(rf"{ROOT}/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})/up/(.+)", re.DOTALL)
_SEQ = re.compile(rb'"seq"\s*:\s*(\d{1,19})\s*[,}]')

Gateway = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Seq = Annotated[int, Field(ge=1, le=LARGEST_SEQ)]


class _Up(Wire):
    v: Literal[1]
    gateway: Gateway
    seq: Seq


class AlertMessage(_Up):
    kind: Literal["alert"]
    body: AlertBody


class IncidentMessage(_Up):
    kind: Literal["incident"]
    body: IncidentBody


class DayMessage(_Up):
    kind: Literal["day"]
    body: DayBody


class BoutMessage(_Up):
    kind: Literal["bout"]
    body: BoutBody


class AnswerMessage(_Up):
    kind: Literal["answer"]
    body: AnswerBody


class CheckInMessage(_Up):
    kind: Literal["checkin"]
    body: CheckInBody


class TreatmentMessage(_Up):
    kind: Literal["treatment"]
    body: TreatmentBody


class ConfirmationMessage(_Up):
    kind: Literal["confirmation"]
    body: ConfirmationBody


class TestMessage(_Up):
    __test__ = False  # pytest would take the name for a test of its own

    kind: Literal["test"]
    body: TestBody


class StatusMessage(Wire):
    """The only message without a sequence number: it is not stored row by row and gets no answer."""

    v: Literal[1]
    gateway: Gateway
    seq: None
    kind: Literal["status"]
    body: StatusBody


ToldMessage = AnswerMessage | CheckInMessage | TreatmentMessage | ConfirmationMessage
RowMessage = AlertMessage | IncidentMessage | ToldMessage | TestMessage | DayMessage | BoutMessage
UpMessage = RowMessage | StatusMessage
_UP: TypeAdapter[UpMessage] = TypeAdapter(Annotated[UpMessage, Field(discriminator="kind")])


class Rejection(Wire):
    """One row the clinic will not take, ever: the home puts it aside with the reason."""

    seq: Seq
    reason: Reason


class Noticed(Wire):
    """That somebody at the clinic has seen an alert of this home, or taken it on; who it was stays there."""

    alert_id: Name
    what: Literal["seen", "acknowledged"]
    at_s: float


class Ack(Wire):
    """The clinic's answer, sent after its commit."""

    v: Literal[1]
    gateway: Gateway
    stored: Annotated[tuple[Seq, ...], Field(max_length=1000)]
    rejected: Annotated[tuple[Rejection, ...], Field(max_length=1000)]
    noticed: Annotated[tuple[Noticed, ...], Field(max_length=MOST_ASKED)] = ()  # only to a home that asks


@dataclass(frozen=True, slots=True)
class Refused:
    """An incoming message that is not one of ours, with what could still be read of it."""

    topic: str
    gateway: str | None
    seq: int | None
    reason: str
    payload: bytes


def up_topic(gateway: str, kind: Kind) -> str:
    return f"{ROOT}/{gateway}/up/{kind}"


def ack_topic(gateway: str) -> str:
    return f"{ROOT}/{gateway}/down/ack"


def up_filter(share: str = "") -> str:
    """What a clinic subscribes to: everything every home sends; with ``share``, dealt out among all who name it."""
    return f"$share/{share}/{ROOT}/+/up/#" if share else f"{ROOT}/+/up/#"


def up_payload(gateway: str, seq: int | None, kind: Kind, body: str) -> bytes:
    """The envelope around a body's JSON text."""
    head = json.dumps({"v": VERSION, "gateway": gateway, "seq": seq, "kind": kind}, separators=(",", ":"))
    return f'{head[:-1]},"body":{body}}}'.encode()


def ack_payload(
    gateway: str, stored: Sequence[int], rejected: Sequence[Rejection], noticed: Sequence[Noticed] = ()
) -> bytes:
    ack = Ack(v=1, gateway=gateway, stored=tuple(stored), rejected=tuple(rejected), noticed=tuple(noticed))
    return ack.json_text().encode()


def size_limit(kind: str) -> int:
    return {"incident": LARGEST_INCIDENT, "day": LARGEST_DAY}.get(kind, LARGEST_MESSAGE)


def digest(body: Wire) -> str:
    """SHA-256 of the one spelling of a body: the same content has the same digest wherever it is computed."""
    return hashlib.sha256(body.json_text().encode()).hexdigest()


def sendable(kind: Kind, body: Body) -> str | None:
    """The body's JSON text made to fit its message: raw signal is shortened, evidence cut from its end; else None."""
    room = size_limit(kind) - _ENVELOPE
    text = body.json_text()
    while len(text.encode()) > room:
        if isinstance(body, IncidentBody) and body.snippet:
            body = body.shortened(0.8 * _seconds(body))
        elif isinstance(body, AlertBody) and body.evidence:
            body = body.model_copy(update={"evidence": body.evidence[:-1]})
        else:
            return None
        text = body.json_text()
    return text


def read_up(topic: str, payload: bytes) -> UpMessage | Refused:
    """A message that arrived at the clinic, or why it is refused. Never raises, whatever the bytes."""
    gateway, kind = _address(topic)

    def refuse(reason: str) -> Refused:
        words = reason[:400].replace("\x00", "?")  # it may quote the sender, and must itself travel and be stored
        return Refused(topic, gateway, _salvaged_seq(payload), words, payload)

    if gateway is None or kind is None:
        return refuse("the topic is not one of surefoot's")
    if len(payload) > size_limit(kind):
        return refuse(f"{len(payload)} bytes; a message of kind {kind} has at most {size_limit(kind)}")
    try:
        message = _UP.validate_json(payload)
    except ValidationError as error:
        return refuse(_first_fault(error))
    if message.gateway != gateway:
        return refuse("the gateway in the message is not the gateway of its topic")
    if message.kind != kind:
        return refuse("the kind in the message is not the kind of its topic")
    return message


def read_ack(topic: str, payload: bytes) -> Ack | None:
    """The clinic's answer to the home of this topic; None for anything else."""
    try:
        ack = Ack.model_validate_json(payload)
    except ValidationError:
        return None
    return ack if topic == ack_topic(ack.gateway) else None


def _address(topic: str) -> tuple[str | None, Kind | None]:
    match = _TOPIC.fullmatch(topic)
    if match is None:
        return None, None
    return match[1], next((kind for kind in KINDS if kind == match[2]), None)


def _salvaged_seq(payload: bytes) -> int | None:
    """The sequence number of a message that cannot be read, so that its home can be told."""
    match = _SEQ.search(payload[:_ENVELOPE])
    seq = int(match[1]) if match else 0
    return seq if 1 <= seq <= LARGEST_SEQ else None


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def _seconds(body: IncidentBody) -> float:
    start_s = min(block.start_s for block in body.snippet)
    return max(block.start_s + block.count / block.rate_hz for block in body.snippet) - start_s
