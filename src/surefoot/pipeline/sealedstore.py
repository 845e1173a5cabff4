"""A sealed store: with which key it is sealed, and everything in it sealed anew with the newest one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Engine, Table, Text, and_, select, type_coerce, update

from surefoot.pipeline.appendonly import lifted
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.schema import APPEND_ONLY, about, metadata
from surefoot.pipeline.sealed import Sealed, keys_of
from surefoot.pipeline.sealing import MARK, Keyring, is_sealed, missing

BATCH = 1000  # rows in one transaction
_NAME, _WHOLE = "keys", "sealed"  # in the table about: which key; which key seals all there is


def note_keys(connection: Connection) -> None:
    """Know by which key a database is sealed. SealError when it is sealed and that key is not here."""
    keys, is_name = keys_of(connection.dialect), about.c.name == _NAME
    known = connection.scalar(select(about.c.value).where(is_name))
    if known is not None and (keys is None or known not in keys):
        raise missing(known)
    if keys is not None and known != keys.newest:
        upsert(connection, about, {"name": _NAME, "value": keys.newest})


def sealed_with(connection: Connection) -> str | None:
    """The id of the key a database is sealed with; None: it is not."""
    return connection.scalar(select(about.c.value).where(about.c.name == _NAME))


def seal_anew(engine: Engine) -> int:
    """Seal with the newest key what is not sealed with it yet; how many texts that were.

    It may be stopped anywhere and begun again: each batch is whole, and what is not done yet is read with its old key.
    """
    keys = keys_of(engine.dialect)
    if keys is None or _is_whole(engine, keys):
        return 0
    done = 0
    for table in metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, Sealed) and (keys.payloads or not column.type.payload):
                while count := _batch(engine, table, column, keys):
                    done += count
    with engine.execution_options(begin="IMMEDIATE").begin() as connection:
        upsert(connection, about, {"name": _WHOLE, "value": _scope(keys)})
    return done


def _is_whole(engine: Engine, keys: Keyring) -> bool:
    """Whether all was sealed with this key before: looking through a home's strides takes seconds."""
    with engine.begin() as connection:
        return connection.scalar(select(about.c.value).where(about.c.name == _WHOLE)) == _scope(keys)


def _scope(keys: Keyring) -> str:
    return f"{keys.newest} {'records' if keys.payloads else 'names and notes'}"


def _batch(engine: Engine, table: Table, column: Column[Any], keys: Keyring) -> int:
    raw, of = type_coerce(column, Text), column.type.of  # type: ignore[attr-defined]  # Sealed
    key = list(table.primary_key)
    old = and_(raw != "", raw.not_like(f"{MARK}{keys.newest}:%"))
    with engine.execution_options(begin="IMMEDIATE").begin() as connection:
        rows = connection.execute(select(*key, raw.label("raw")).where(old).limit(BATCH)).all()
        if not rows:
            return 0
        if table in APPEND_ONLY:
            with lifted(connection, table):
                _write(connection, table, column, key, rows, keys, of)
        else:
            _write(connection, table, column, key, rows, keys, of)
        return len(rows)


def _write(
    connection: Connection, table: Table, column: Column[Any], key: list[Column[Any]], rows: Any, keys: Keyring, of: str
) -> None:
    for row in rows:
        text = keys.open(row.raw, of) if is_sealed(row.raw) else row.raw
        named = and_(*(one == row._mapping[one.name] for one in key))
        connection.execute(update(table).where(named).values({column: text}))  # the column seals it
