"""Rows of content: how a body becomes rows, the same at home and at the clinic.

The newer one wins: a row is replaced by one with a higher ``seq``, never by an older one that arrives late.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

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
    TrendBody,
)
from surefoot.alerts.messages import digest
from surefoot.pipeline.schema import alerts, bouts, days, gateways, incidents, strides, trends
from surefoot.pipeline.toldtables import answers, check_ins, confirmations, tests, treatments
from surefoot.records import SIDES, Side

_KEPT = ("first_seen_s", "stored_s")  # when something was first seen stays


def side_key(side: Side | None) -> str:
    """A key may not be null in any database: both legs together are "both"."""
    return side or "both"


def place(body: Body) -> tuple[Table, dict[str, Any]]:
    """The table of a body and the columns that name it (without the gateway)."""
    match body:
        case DayBody():
            return days, {"day": body.summary.day}
        case BoutBody():
            return bouts, {"start_s": body.start_s}
        case IncidentBody():
            return incidents, {"kind": body.kind, "side": side_key(body.side), "start_s": body.start_s}
        case AnswerBody():  # its name is all of it: another answer is another row
            incident = {"kind": body.kind, "side": side_key(body.side), "start_s": body.start_s}
            return answers, {**incident, "at_s": body.at_s, "answer": body.answer, "told_by": body.by}
        case CheckInBody():  # likewise: one of the same moment, however told, is another row
            return check_ins, {"day": body.day, "at_s": body.at_s, "sha256": digest(body)}
        case TreatmentBody():
            return treatments, {"kind": body.kind, "day": body.day}
        case ConfirmationBody():
            return confirmations, {"order_id": body.order_id}
        case TestBody():
            return tests, {"kind": body.kind, "side": side_key(body.side), "start_s": body.start_s}
        case AlertBody():
            return alerts, {"alert_id": body.alert_id}


def find(connection: Connection, gateway: str, body: Body) -> Row[Any] | None:
    """Digest and seq of the row that has this body's name."""
    table, key = place(body)
    named = and_(table.c.gateway == gateway, *(table.c[name] == value for name, value in key.items()))
    return connection.execute(select(table.c.sha256, table.c.seq).where(named)).first()


def put(connection: Connection, gateway: str, seq: int | None, body: Body, stored_s: float) -> bool:
    """Write a body's rows; False when a newer one is there already, or what can only be the same."""
    table, key = place(body)
    row = {"gateway": gateway, "seq": seq, "sha256": digest(body), "body": _text(body)} | key
    if isinstance(body, AlertBody):
        row |= {"tier": body.tier, "channel": body.channel, "raised_s": body.raised_s, "stored_s": stored_s}
    if isinstance(body, AnswerBody | CheckInBody):
        return add(connection, table, row)
    written = upsert(connection, table, row, newer_by="seq")
    if written and isinstance(body, DayBody):
        _put_trends(connection, gateway, body.summary.day, body.trends)
    return written


def put_all(connection: Connection, many: Sequence[tuple[str, int, Body]], stored_s: float) -> None:
    """Write many bodies (gateway, seq, body) as ``put`` would one after another, those of one plain table at once."""
    plain: dict[Table, list[dict[str, Any]]] = {}
    for gateway, seq, body in many:
        if isinstance(body, BoutBody | IncidentBody | TestBody | TreatmentBody):
            table, key = place(body)
            row = {"gateway": gateway, "seq": seq, "sha256": digest(body), "body": _text(body)} | key
            plain.setdefault(table, []).append(row)
        else:
            put(connection, gateway, seq, body, stored_s)
    for table, rows in plain.items():
        connection.execute(_replace(connection.dialect.name, table, tuple(rows[0]), "seq"), rows)


def know_gateway(connection: Connection, gateway: str, seen_s: float | None = None) -> None:
    """Make sure a gateway has its row; note when it was seen."""
    row = {"gateway": gateway, "first_seen_s": seen_s, "last_seen_s": seen_s}
    if seen_s is None:
        add(connection, gateways, row)
    else:
        upsert(connection, gateways, row)


def add(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row unless one of its name is there; tell whether it was inserted."""
    return _wrote(connection, _insert(connection.dialect.name, table), row)


def add_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> set[tuple[Any, ...]]:
    """Insert rows unless those of their names are there, in one statement; the names of those inserted."""
    inserted = _insert(connection.dialect.name, table).returning(*table.primary_key)
    return {tuple(row) for row in connection.execute(inserted, list(rows))} if rows else set()


def upsert(connection: Connection, table: Table, row: dict[str, Any], newer_by: str | None = None) -> bool:
    """Insert a row or replace the one of its name, only by a newer one where asked; tell whether it was written."""
    return _wrote(connection, _replace(connection.dialect.name, table, tuple(row), newer_by), row)


def forget_strides(connection: Connection, days: int) -> None:
    """Drop all but the newest so many days (UTC) on which there are strides.

    Days with strides are counted, not days of the calendar: a clock that once stood a century ahead costs one of them.
    """
    day = func.round(strides.c.start_s / 86400.0 - 0.5)  # not every SQLite has floor
    newest = select(day.label("day")).distinct().order_by(day.desc()).limit(days).subquery()
    count, oldest = connection.execute(select(func.count(), func.min(newest.c.day)).select_from(newest)).one()
    if count == days:
        old = strides.c.side.in_(SIDES) & (
            strides.c.start_s < 86400.0 * oldest
        )  # the sides, for the key begins with it
        connection.execute(delete(strides).where(old))


def forget_strides_in(connection: Connection, side: Side, start_s: float, end_s: float) -> None:
    """Drop strides of a leg that begin in [start_s, end_s)."""
    there = (strides.c.start_s >= start_s) & (strides.c.start_s < end_s)
    connection.execute(delete(strides).where(strides.c.side == side, there))


def forget_bouts_in(connection: Connection, gateway: str, start_s: float, end_s: float) -> None:
    """Drop bouts that begin after ``start_s`` and before ``end_s``."""
    there = (bouts.c.start_s > start_s) & (bouts.c.start_s < end_s)
    connection.execute(delete(bouts).where(bouts.c.gateway == gateway, there))


@cache
def _insert(dialect: str, table: Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table).on_conflict_do_nothing()


@cache
def _replace(dialect: str, table: Table, columns: tuple[str, ...], newer_by: str | None) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    key = [column.name for column in table.primary_key]
    changes = {name: statement.excluded[name] for name in columns if name not in key and name not in _KEPT}
    newer = None
    if newer_by is not None:
        old, new = table.c[newer_by], statement.excluded[newer_by]
        newer = or_(old.is_(None), new.is_(None), old < new)
    return statement.on_conflict_do_update(index_elements=key, set_=changes, where=newer)


def _wrote(connection: Connection, statement: Any, row: dict[str, Any]) -> bool:
    # Without this PostgreSQL's count of inserted rows is not kept.
    return connection.execute(statement, row, execution_options={"preserve_rowcount": True}).rowcount == 1


def _text(body: Body) -> str:
    return body.summary.json_text() if isinstance(body, DayBody) else body.json_text()


def _put_trends(connection: Connection, gateway: str, day: str, bodies: Sequence[TrendBody]) -> None:
    connection.execute(delete(trends).where(trends.c.gateway == gateway, trends.c.day == day))
    rows = {
        (side_key(body.side), body.metric): {
            "gateway": gateway,
            "day": day,
            "side": side_key(body.side),
            "metric": body.metric,
            "body": body.json_text(),
        }
        for body in bodies
    }
    if rows:
        connection.execute(insert(trends), list(rows.values()))
