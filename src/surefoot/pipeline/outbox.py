"""The outbox: rows on their way to the clinic. A row leaves only when the clinic has answered for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection, Engine, delete, func, insert, select

from surefoot.alerts.bodies import (
    AlertBody,
    AnswerBody,
    Body,
    BoutBody,
    CheckInBody,
    ConfirmationBody,
    DayBody,
    IncidentBody,
    TestBody,
    TreatmentBody,
)
from surefoot.alerts.messages import Kind, sendable
from surefoot.pipeline.engine import plain_words, writing
from surefoot.pipeline.schema import outbox, set_aside

_KIND: dict[type, Kind] = {
    AlertBody: "alert",
    IncidentBody: "incident",
    AnswerBody: "answer",
    CheckInBody: "checkin",
    TreatmentBody: "treatment",
    ConfirmationBody: "confirmation",
    TestBody: "test",
    DayBody: "day",
    BoutBody: "bout",
}
_URGENT, _ORDINARY = 0, 1
TOO_LARGE = "too large for one message; it stays at home"


@dataclass(frozen=True, slots=True)
class Pending:
    """One row to send."""

    seq: int
    kind: Kind
    body: str  # JSON text


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row that will not be sent again, and why."""

    seq: int
    kind: Kind
    body: str
    reason: str


def queue(connection: Connection, body: Body) -> int:
    """Put a body in the outbox, inside the caller's transaction; return its sequence number."""
    kind = _KIND[type(body)]
    text = sendable(kind, body)
    row = {"urgency": _URGENT if kind == "alert" else _ORDINARY, "kind": kind, "body": text or body.json_text()}
    seq: int = connection.execute(insert(outbox).values(row)).inserted_primary_key[0]
    if text is None:
        _put_aside(connection, {seq: TOO_LARGE})
    return seq


class Outbox:
    """The waiting rows of one home. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._listeners: tuple[Callable[[], None], ...] = ()

    def pending(self, limit: int, skip: Collection[int] = (), *, only_alerts: bool = False) -> list[Pending]:
        """The next rows to send: alerts first, then the oldest; without those in ``skip``."""
        query = select(outbox.c.seq, outbox.c.kind, outbox.c.body).order_by(outbox.c.urgency, outbox.c.seq)
        if skip:
            query = query.where(outbox.c.seq.not_in(list(skip)))
        if only_alerts:
            query = query.where(outbox.c.urgency == _URGENT)
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return [Pending(*row) for row in connection.execute(query.limit(limit))]

    def settle(self, stored: Sequence[int], rejected: Mapping[int, str] | None = None) -> int:
        """Let go what the clinic stored, put aside what it rejected; return how many rows left."""
        with plain_words("The outbox cannot be written"), writing(self._engine) as connection:
            left = connection.execute(delete(outbox).where(outbox.c.seq.in_(list(stored)))).rowcount
            return left + _put_aside(connection, rejected or {})

    def count(self) -> int:
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return connection.scalar(select(func.count()).select_from(outbox)) or 0

    def set_aside(self) -> list[SetAside]:
        """What the clinic rejected and what was too large to send, oldest first."""
        query = select(set_aside.c.seq, set_aside.c.kind, set_aside.c.body, set_aside.c.reason)
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return [SetAside(*row) for row in connection.execute(query.order_by(set_aside.c.seq))]

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener``, from whatever thread, after rows were queued; the answer ends it."""
        with self._lock:
            self._listeners += (listener,)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return end

    def announce(self) -> None:
        """Tell the listeners that rows were queued and committed."""
        for listener in self._listeners:
            listener()


def _put_aside(connection: Connection, reasons: Mapping[int, str]) -> int:
    rows = connection.execute(select(outbox).where(outbox.c.seq.in_(list(reasons)))).all()
    for row in rows:
        aside = {"seq": row.seq, "kind": row.kind, "body": row.body, "reason": reasons[row.seq]}
        connection.execute(insert(set_aside).values(aside))
        connection.execute(delete(outbox).where(outbox.c.seq == row.seq))
    return len(rows)
