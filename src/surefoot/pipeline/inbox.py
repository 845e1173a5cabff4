"""The clinic's inbox: messages become rows, each sequence number of a gateway once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from surefoot.alerts.bodies import AlertBody
from surefoot.alerts.messages import Refused, RowMessage, StatusMessage, UpMessage, digest
from surefoot.pipeline import alertlog, holes
from surefoot.pipeline.rows import add, add_all, know_gateway, put, put_all
from surefoot.pipeline.schema import dead_letters, gateways, received

KEPT_PAYLOAD = 65_536  # bytes of a dead letter
_THESE_HOMES = select(gateways.c.gateway).where(gateways.c.gateway.in_(bindparam("homes", expanding=True)))
REUSED = "this sequence number was used before for something else"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the clinic can answer after its commit."""

    stored: tuple[tuple[str, int], ...]  # gateway, seq
    rejected: tuple[tuple[str, int, str], ...]  # gateway, seq, reason

    def homes(self) -> set[str]:
        return {gateway for gateway, _ in self.stored} | {gateway for gateway, _, _ in self.rejected}


def ingest(connection: Connection, messages: Sequence[UpMessage], refused: Sequence[Refused], now_s: float) -> Receipt:
    """Store messages and dead letters inside the caller's transaction. One bad message harms no other."""
    stored: list[tuple[str, int]] = []
    rejected: list[tuple[str, int, str]] = []
    for gateway in sorted({message.gateway for message in messages}):  # in one order: workers never wait in a circle
        _hear(connection, gateway, [message for message in messages if message.gateway == gateway], now_s)
    rows = [message for message in messages if not isinstance(message, StatusMessage)]
    for message, reason in zip(rows, _store_all(connection, rows, now_s), strict=True):
        if reason is None:
            stored.append((message.gateway, message.seq))
        else:
            rejected.append((message.gateway, message.seq, reason))
    for letter in refused:
        _bury(connection, letter, now_s)
        if letter.gateway is not None and letter.seq is not None:
            rejected.append((letter.gateway, letter.seq, letter.reason))
    receipt = Receipt(tuple(stored), tuple(rejected))
    _number(connection, receipt, now_s)
    return receipt


def _store_all(connection: Connection, messages: Sequence[RowMessage], now_s: float) -> list[str | None]:
    """Store messages together, in few questions to the database, or one by one where that fails; reasons why not."""
    if not connection.dialect.insert_returning:
        return [_store(connection, message, now_s) for message in messages]
    try:
        with connection.begin_nested():
            fresh = add_all(connection, received, [_row(message, now_s) for message in messages])
            new = _first_of(messages, fresh)
            put_all(connection, [(one.gateway, one.seq, one.body) for one in new.values()], now_s)
            for message in new.values():
                _log_alert(connection, message, now_s)
            known = _known(connection, [one for k, one in enumerate(messages) if k not in new])
    except (DataError, IntegrityError, OverflowError):
        return [_store(connection, message, now_s) for message in messages]
    return [
        None if k in new or _told(one) in known else _store(connection, one, now_s) for k, one in enumerate(messages)
    ]


def _known(connection: Connection, messages: Sequence[RowMessage]) -> set[tuple[Any, ...]]:
    """What is stored under these numbers: after a crash most messages are replays, and must not cost more than new."""
    if not messages:
        return set()
    by_gateway: dict[str, list[int]] = {}
    for message in messages:
        by_gateway.setdefault(message.gateway, []).append(message.seq)
    same = [(received.c.gateway == gateway) & received.c.seq.in_(seqs) for gateway, seqs in by_gateway.items()]
    query = select(received.c.gateway, received.c.seq, received.c.kind, received.c.sha256).where(or_(*same))
    return {tuple(row) for row in connection.execute(query)}


def _told(message: RowMessage) -> tuple[Any, ...]:
    return message.gateway, message.seq, message.kind, digest(message.body)


def _first_of(messages: Sequence[RowMessage], names: set[tuple[Any, ...]]) -> dict[int, RowMessage]:
    """The first message of each of these names, by its place: a replay may come in the same batch."""
    found: dict[int, RowMessage] = {}
    left = set(names)
    for k, message in enumerate(messages):
        if (message.gateway, message.seq) in left:
            left.remove((message.gateway, message.seq))
            found[k] = message
    return found


def _store(connection: Connection, message: RowMessage, now_s: float) -> str | None:
    """Store one message; the reason why not, when the database cannot hold it."""
    row, reason = _row(message, now_s), None
    try:
        with connection.begin_nested():
            if add(connection, received, row):
                put(connection, message.gateway, message.seq, message.body, now_s)
                _log_alert(connection, message, now_s)
            elif not _is_replay(connection, row):
                reason = REUSED
    except (DataError, IntegrityError, OverflowError) as error:
        reason = f"the database cannot hold it: {_cause(error)}"[:400]
    if reason is not None:
        payload = message.model_dump_json(exclude_defaults=True).encode()
        letter = Refused(f"{message.gateway}/{message.kind}", message.gateway, message.seq, reason, payload)
        _bury(connection, letter, now_s)
    return reason


def _row(message: RowMessage, now_s: float) -> dict[str, object]:
    return {
        "gateway": message.gateway,
        "seq": message.seq,
        "kind": message.kind,
        "sha256": digest(message.body),
        "received_s": now_s,
    }


def _log_alert(connection: Connection, message: RowMessage, now_s: float) -> None:
    """Also of one that a newer one has replaced: a tier is latched."""
    if isinstance(message.body, AlertBody):
        alertlog.stored(connection, message.gateway, message.body, now_s)


def _is_replay(connection: Connection, row: dict[str, object]) -> bool:
    same = (received.c.gateway == row["gateway"]) & (received.c.seq == row["seq"])
    known = connection.execute(select(received.c.kind, received.c.sha256).where(same)).one()
    return (known.kind, known.sha256) == (row["kind"], row["sha256"])


def _hear(connection: Connection, gateway: str, messages: Sequence[UpMessage], now_s: float) -> None:
    """Note when a home was heard, and its status. The last will is the broker's message, and no sign of life."""
    statuses = [message.body for message in messages if isinstance(message, StatusMessage)]
    alive = len(statuses) < len(messages) or any(status.link == "up" for status in statuses)
    know_gateway(connection, gateway, now_s if alive else None)
    for status in statuses:
        changes: dict[str, object] = {"link": status.link}
        if status.pending is not None:
            changes["pending"] = status.pending
        connection.execute(gateways.update().where(gateways.c.gateway == gateway).values(changes))
        holes.note_status(connection, gateway, status, now_s)


def _number(connection: Connection, receipt: Receipt, now_s: float) -> None:
    """What arrived, by its numbers; of a home that is not known nothing is noted."""
    known = set(connection.scalars(_THESE_HOMES, {"homes": list(receipt.homes())}))
    for gateway in sorted(known):
        holes.note_arrivals(connection, gateway, [seq for name, seq in receipt.stored if name == gateway], now_s)
        for name, seq, _ in receipt.rejected:
            if name == gateway:
                holes.note_refusal(connection, gateway, seq, now_s)


def _bury(connection: Connection, letter: Refused, now_s: float) -> None:
    """Of what has no number the last of each topic: signs of life come every minute, and rubbish as it likes."""
    if letter.seq is None:
        same = (dead_letters.c.topic == _topic(letter)) & dead_letters.c.seq.is_(None)
        connection.execute(delete(dead_letters).where(same))
    row = {
        "gateway": letter.gateway,
        "seq": letter.seq,
        "topic": _topic(letter),
        "reason": letter.reason,
        "received_s": now_s,
        "sha256": hashlib.sha256(letter.payload).hexdigest(),
        "payload": letter.payload[:KEPT_PAYLOAD],
    }
    add(connection, dead_letters, row)


def _topic(letter: Refused) -> str:
    return letter.topic[:400].replace("\x00", "?")


def _cause(error: Exception) -> object:
    return error.orig if isinstance(error, StatementError) else error
