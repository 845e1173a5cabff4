"""The outbox: rows on their way to the clinic. A row leaves only when the clinic has answered for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Connection, Engine, Table, column, delete, func, insert, select, table

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
from surefoot.alerts.messages import LARGEST_DAY, Kind, sendable
from surefoot.pipeline.engine import StoreError, fold_journal, plain_words, writing
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.schema import about, alerts, outbox, set_aside
from surefoot.pipeline.toldtables import answers, check_ins, tests, treatments

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
_BESIDE: dict[Kind, tuple[Table, type[Body]]] = {  # whole in another table, under the same number
    "alert": (alerts, AlertBody),
    "answer": (answers, AnswerBody),
    "checkin": (check_ins, CheckInBody),
    "treatment": (treatments, TreatmentBody),
    "test": (tests, TestBody),
}
_NUMBERS = table("sqlite_sequence", column("name"), column("seq"))  # SQLite's own: homes are always SQLite
_NEWEST = select(_NUMBERS.c.seq).where(_NUMBERS.c.name == outbox.name)
_URGENT, _ORDINARY = 0, 1
_GIVE_WAY: tuple[Kind, ...] = ("bout", "day", "incident")  # what was measured, never what anybody was told or said
_EVICTED = "outbox_evicted"  # in ``about``: how many gave way so far
SPOILT = "spoilt on the disk: it cannot be read any more"
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


@dataclass(frozen=True, slots=True)
class Standing:
    """How many rows wait, the lowest of their numbers, and the highest number used so far (0: none was)."""

    pending: int
    oldest: int | None
    newest: int


class Outbox:
    """The waiting rows of one home. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._listeners: tuple[Callable[[], None], ...] = ()

    def pending(self, limit: int, skip: Collection[int] = (), *, only_alerts: bool = False) -> list[Pending]:
        """The next rows to send: alerts first, then the oldest; without those in ``skip``."""
        try:
            return self._pending(limit, skip, only_alerts)
        except StoreError as error:
            if error.trouble not in ("sealed", "other") or not self._put_aside_spoilt():
                raise
            return self._pending(limit, skip, only_alerts)

    def _pending(self, limit: int, skip: Collection[int], only_alerts: bool) -> list[Pending]:
        query = select(outbox.c.seq, outbox.c.kind, outbox.c.body).order_by(outbox.c.urgency, outbox.c.seq)
        if skip:
            query = query.where(outbox.c.seq.not_in(list(skip)))
        if only_alerts:
            query = query.where(outbox.c.urgency == _URGENT)
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return [Pending(*row) for row in connection.execute(query.limit(limit))]

    def _put_aside_spoilt(self) -> int:
        """Rows that a worn disk has changed so that they cannot be read: they must not hold up the others.

        None, where nothing can be read: then it is not the rows.
        """
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            seqs = connection.scalars(select(outbox.c.seq)).all()
        spoilt = [seq for seq in seqs if not self._is_readable(seq)]
        if len(spoilt) == len(seqs):
            return 0
        whole = {seq: body for seq in spoilt if (body := self._kept_beside(seq)) is not None}
        with plain_words("The outbox cannot be written"), writing(self._engine) as connection:
            for row in connection.execute(select(outbox.c.seq, outbox.c.kind).where(outbox.c.seq.in_(spoilt))).all():
                if row.seq in whole:  # sent under another number; the clinic tells that this one did not come
                    queue(connection, whole[row.seq])
                    continue
                aside = {"seq": row.seq, "kind": row.kind, "body": "", "reason": SPOILT}
                connection.execute(insert(set_aside).values(aside))
            connection.execute(delete(outbox).where(outbox.c.seq.in_(spoilt)))
        return len(spoilt)

    def _kept_beside(self, seq: int) -> Body | None:
        """What a waiting row says, from the home's own records: of alerts, and of what anybody told or did."""
        try:
            with plain_words("A row cannot be read"), self._engine.begin() as connection:
                kind = connection.scalar(select(outbox.c.kind).where(outbox.c.seq == seq))
                table, form = _BESIDE.get(kind, (None, None))
                if table is None or form is None:
                    return None
                text = connection.scalar(select(table.c.body).where(table.c.seq == seq))
            return None if text is None else form.model_validate_json(text)
        except (StoreError, ValueError):  # spoilt as well
            return None

    def _is_readable(self, seq: int) -> bool:
        try:
            with plain_words("A row cannot be read"), self._engine.begin() as connection:
                connection.scalar(select(outbox.c.body).where(outbox.c.seq == seq))
        except StoreError as error:
            return error.trouble not in ("sealed", "other")
        return True

    def settle(self, stored: Sequence[int], rejected: Mapping[int, str] | None = None) -> int:
        """Let go what the clinic stored, put aside what it rejected; return how many rows left."""
        with plain_words("The outbox cannot be written"), writing(self._engine) as connection:
            left = connection.execute(delete(outbox).where(outbox.c.seq.in_(list(stored)))).rowcount
            return left + _put_aside(connection, rejected or {})

    def count(self) -> int:
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return connection.scalar(select(func.count()).select_from(outbox)) or 0

    def size(self) -> int:
        """Bytes of what waits; reads all of it."""
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return connection.scalar(select(func.coalesce(func.sum(func.length(outbox.c.body)), 0))) or 0

    def fold_journal(self) -> None:
        """Work the store's journal into its file, as far as nobody reads, and shorten it."""
        fold_journal(self._engine)

    def room_inside(self) -> int:
        """Bytes that can be written without the file growing."""
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            pages = connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0
            return pages * int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)

    def trim(self, most: int) -> int:
        """Let the oldest of what was measured give way until at most so many bytes wait; how many rows went.

        They stay in the home's own records, and their numbers are missing at the clinic, which says so. Alerts, and
        what anybody told or answered, never give way.
        """
        if self.count() * LARGEST_DAY <= most or (over := self.size() - most) <= 0:
            return 0
        with plain_words("The outbox cannot be written"), writing(self._engine) as connection:
            sizes = select(outbox.c.seq, func.length(outbox.c.body)).where(outbox.c.kind.in_(_GIVE_WAY))
            gone = []
            for seq, size in connection.execute(sizes.order_by(outbox.c.seq)):
                if over <= 0:
                    break
                gone.append(seq)
                over -= size
            if not gone:
                return 0
            old = outbox.c.seq.between(gone[0], gone[-1]) & outbox.c.kind.in_(_GIVE_WAY)
            connection.execute(delete(outbox).where(old))
            before = connection.scalar(select(about.c.value).where(about.c.name == _EVICTED)) or "0"
            upsert(connection, about, {"name": _EVICTED, "value": str(int(before) + len(gone))})
        return len(gone)

    def evicted(self) -> int:
        """How many rows gave way so far."""
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return int(connection.scalar(select(about.c.value).where(about.c.name == _EVICTED)) or 0)

    def standing(self) -> Standing:
        """All of it at one moment."""
        waits = select(func.count(), func.min(outbox.c.seq))
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return Standing(*connection.execute(waits).one(), connection.scalar(_NEWEST) or 0)

    def newest(self) -> int:
        """The highest number used so far, also by rows that have left."""
        return self.standing().newest

    def count_aside(self) -> int:
        """How many rows will not be sent again."""
        with plain_words("The outbox cannot be read"), self._engine.begin() as connection:
            return connection.scalar(select(func.count()).select_from(set_aside)) or 0

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
