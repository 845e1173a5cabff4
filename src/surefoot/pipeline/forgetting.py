"""Forgetting: a patient is deleted from every table, or what is older than it may be; and what stays, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy import ColumnElement, Connection, Engine, Table, bindparam, delete, func, select, true

from surefoot.alerts.messages import Refused, UpMessage
from surefoot.pipeline import auditlog
from surefoot.pipeline.appendonly import lifted
from surefoot.pipeline.closed import SAME_ALERT, is_closed
from surefoot.pipeline.engine import StoreError, fold_journal, plain_words, writing
from surefoot.pipeline.holes import holes
from surefoot.pipeline.kept import note_erased
from surefoot.pipeline.rows import add
from surefoot.pipeline.schema import (
    APPEND_ONLY,
    alert_events,
    alerts,
    answers,
    bouts,
    check_ins,
    days,
    dead_letters,
    forgotten,
    incidents,
    judgements,
    metadata,
    orders,
    received,
    tests,
    treatments,
    trends,
)
from surefoot.pipeline.turns import Turn, share_turn, take_turn

DELETED = "this clinic has deleted this patient; nothing of theirs is stored any more"
STAYS = ("audit", "forgotten")  # who did what, by the gateway's random id; and that nothing more is taken from it
# No matter how old: who is a patient, how far their home has come, which programs may read of them.
STANDS = ("gateways", "reached", "confirmations", "profiles", "read_token_patients")
AGED: dict[Table, str] = {  # table: the column that tells how old a row is, in seconds since 1970 or as a day
    alerts: "raised_s",  # before what happened to them: by that it is known which are closed
    alert_events: "at_s",
    answers: "at_s",
    bouts: "start_s",
    check_ins: "at_s",
    days: "day",
    dead_letters: "received_s",
    holes: "since_s",
    incidents: "start_s",
    judgements: "at_s",
    orders: "given_s",
    received: "received_s",
    tests: "start_s",
    treatments: "day",
    trends: "day",
}
_GONE_OF_THESE = select(forgotten.c.gateway).where(forgotten.c.gateway.in_(bindparam("senders", expanding=True)))
STANDING_ORDERS = ("limits", "learning", "affected")  # what the home judges by until another one replaces it


def held(engine: Engine, gateway: str) -> dict[str, int]:
    """How many rows of each table are a patient's."""
    with plain_words("The records cannot be read"), engine.begin() as connection:
        return {table.name: count for table in _of_patients() if (count := _count(connection, table, gateway))}


def forget(engine: Engine, gateway: str, now_s: float, who: str) -> dict[str, int]:
    """Delete a patient from every table, in one transaction; how many rows of each table that were.

    What stays is in ``STAYS``. SQLite overwrites what was deleted, also in its journal unless another program reads
    just then (``fold_journal``); PostgreSQL does so at its next VACUUM, and copies made before still hold it.
    """
    gone: dict[str, int] = {}
    with plain_words("The patient cannot be deleted"), _erasing(engine) as connection:
        take_turn(connection, Turn.PATIENTS)  # nothing of theirs arrives meanwhile
        for table in _of_patients():
            if count := _delete(connection, table, table.c.gateway == gateway):
                gone[table.name] = count
        note_erased(connection)
        add(connection, forgotten, {"gateway": gateway, "at_s": now_s})
        told = ", ".join(f"{name} {count}" for name, count in gone.items())
        auditlog.note(connection, now_s, who, "deleted a patient", gateway, told)
    return gone


def deleted(engine: Engine) -> set[str]:
    """Gateways whose patient was deleted."""
    with plain_words("The records cannot be read"), engine.begin() as connection:
        return set(connection.scalars(select(forgotten.c.gateway)))


def forget_older(engine: Engine, before_s: float, before_day: str, now_s: float) -> dict[str, int]:
    """Delete all patients' rows from before a time; how many of each table. Names, and who is a patient, stay.

    So do alerts that wait for a person, and orders that hold, whatever their age.
    """
    gone: dict[str, int] = {}
    with plain_words("Old records cannot be deleted"), _erasing(engine) as connection:
        for table, name in AGED.items():
            old = table.c[name] < (before_day if name == "day" else before_s)
            if count := _delete(connection, table, old & _may_go(table)):
                gone[table.name] = count
        if gone:
            note_erased(connection)
            told = f"before {before_day}: " + ", ".join(f"{name} {count}" for name, count in gone.items())
            auditlog.note(connection, now_s, "surefoot", "deleted old records", "", told)
    return gone


def sift(
    connection: Connection, messages: Sequence[UpMessage], refused: Sequence[Refused]
) -> tuple[list[UpMessage], list[Refused], tuple[tuple[str, int, str], ...]]:
    """What came of patients who are known or new; and (gateway, seq, reason) of what is rejected, and not kept."""
    share_turn(connection, Turn.PATIENTS)
    senders = {one.gateway for one in (*messages, *refused) if one.gateway is not None}
    gone = set(connection.scalars(_GONE_OF_THESE, {"senders": list(senders)}))
    theirs = [(one.gateway, one.seq) for one in (*messages, *refused) if one.gateway in gone]
    turned_away = tuple((gateway, seq, DELETED) for gateway, seq in theirs if gateway is not None and seq is not None)
    kept = [one for one in messages if one.gateway not in gone]
    return kept, [one for one in refused if one.gateway not in gone], turned_away


def _may_go(table: Table) -> ColumnElement[bool]:
    if table is alerts:
        return is_closed()
    if table is alert_events:
        return ~select(alerts.c.alert_id).where(SAME_ALERT).exists()
    return orders.c.kind.not_in(STANDING_ORDERS) if table is orders else true()


def _of_patients() -> Iterator[Table]:
    """Every table with a gateway, those that others refer to last."""
    for table in reversed(metadata.sorted_tables):
        if "gateway" in table.c and table.name not in STAYS:
            yield table


def _count(connection: Connection, table: Table, gateway: str) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(table.c.gateway == gateway)) or 0


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    if table in APPEND_ONLY:
        with lifted(connection, table):
            return connection.execute(delete(table).where(which)).rowcount
    return connection.execute(delete(table).where(which)).rowcount


@contextmanager
def _erasing(engine: Engine) -> Iterator[Connection]:
    """One transaction whose deleted rows leave nothing in SQLite's file."""
    with writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
        yield connection
    with suppress(StoreError):  # the rows are gone; whether the journal is, whoever asked looks (clear_journal)
        fold_journal(engine)
