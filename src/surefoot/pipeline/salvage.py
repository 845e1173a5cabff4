"""Salvage: a damaged store is put aside, and what can still be read of it goes into a new one.

SQLite reads a damaged file until it meets the damage: each table is read from its beginning and from its end, and only
what lies between is given up. What matters most comes first, so that a disk without room for all of it keeps that.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from surefoot.pipeline.copies import sync

FIRST = ("gateways", "worn_sensors", "set_aside", "outbox", "alerts", "alert_events", "tests", "days", "trends")
LAST = ("incidents", "bouts", "strides")  # the large ones
KEPT = 2  # damaged files beside the store; older ones go
BATCH = 500
_BESIDE = ("", "-wal", "-shm")
_NAMES = "SELECT name, value FROM about WHERE name != 'schema'"


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What came of a damaged store. Of the tables in ``parts`` some rows, or all, could not be read."""

    rows: int
    parts: tuple[str, ...]
    next_seq: int  # of the new outbox: no number below it is used again


def put_aside(path: Path, stamp: str) -> Path:
    """Rename a store and its journal; older ones that were put aside go. Raise OSError when that is not possible."""
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for end in _BESIDE:
        with suppress(FileNotFoundError):
            Path(f"{path}{end}").replace(f"{aside}{end}")
    known = sorted(one for one in path.parent.glob(f"{path.name}.damaged-*") if not one.name.endswith(_BESIDE[1:]))
    for old in known[:-KEPT]:
        remove(old)
    sync(path.parent)
    return aside


def remove(path: Path) -> None:
    """A store and its journal."""
    for end in _BESIDE:
        Path(f"{path}{end}").unlink(missing_ok=True)


def salvage(damaged: Path, path: Path, seq_used: int = 0) -> Salvaged:
    """Fill a new, empty store at ``path`` with what can be read of the ``damaged`` one.

    ``seq_used``: numbers of the outbox up to this may have been used, by what is known elsewhere. Raise OSError when
    the new one cannot even be told that.
    """
    rows, parts = 0, []
    with closing(_readable(damaged)) as old, closing(sqlite3.connect(path, isolation_level=None)) as new:
        new.execute("PRAGMA synchronous=FULL")
        try:
            seq_used = _go_on_from(new, max(seq_used, _highest(old)))
            rows += _about(old, new)
        except sqlite3.Error as error:
            raise OSError(0, str(error)) from error
        for table in _order(new):
            copied, whole = _copy(old, new, table)
            rows += copied
            if not whole:
                parts.append(table)
        with suppress(sqlite3.Error):  # of a table that could be read although the numbers could not
            seq_used = _go_on_from(new, max(seq_used, _highest(new)))
    return Salvaged(rows, tuple(parts), seq_used + 1)


def _go_on_from(new: sqlite3.Connection, seq_used: int) -> int:
    new.execute("DELETE FROM sqlite_sequence WHERE name = 'outbox'")
    new.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)", (seq_used,))
    return seq_used


def _readable(damaged: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(damaged, isolation_level=None)
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA writable_schema=ON").close()  # one table that cannot be found hides no other
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _about(old: sqlite3.Connection, new: sqlite3.Connection) -> int:
    """What the store knows about itself, all but its schema: that is the new one's."""
    try:
        known = old.execute(_NAMES).fetchall()
    except sqlite3.Error:
        return 0
    new.executemany("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", known)
    return len(known)


def _order(new: sqlite3.Connection) -> list[str]:
    rows = new.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    tables = {name for (name,) in rows} - {"about"}
    between = sorted(tables - {*FIRST, *LAST})
    return [table for table in (*FIRST, *between, *LAST) if table in tables]


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> tuple[int, bool]:
    """How many rows came over, and whether that was all of them."""
    columns = [row[1] for row in new.execute(f"PRAGMA table_info({table})")]
    try:
        there = {row[1] for row in old.execute(f"PRAGMA table_info({table})")}
    except sqlite3.Error:
        return 0, False
    if not there:  # one of a later schema, or a damaged list of tables
        return 0, False
    names = [name for name in columns if name in there]
    put = f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    copied, whole = 0, True
    for direction in ("ASC", "DESC"):  # from the end only where the damage stopped the first
        for batch in _batches(old, f"SELECT {', '.join(names)} FROM {table} ORDER BY rowid {direction}"):
            sound = [row for row in batch or () if _is_sound(row)]
            whole = whole and batch is not None and len(sound) == len(batch)
            try:
                copied += _put(new, put, sound)
            except sqlite3.Error:  # no room: what matters most came first
                return copied, False
        if whole:
            break
    return copied, whole


def _batches(old: sqlite3.Connection, query: str) -> Iterator[Sequence[Any] | None]:
    """Rows as far as they can be read; None where the damage begins."""
    batch: list[Any] = []
    try:
        for row in old.execute(query):
            batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except sqlite3.Error:
        yield batch
        yield None
        return
    yield batch


def _is_sound(row: Sequence[Any]) -> bool:
    """A damaged page may give rubbish for text: what is no text, or begins as JSON and is none, is left out."""
    for value in row:
        if isinstance(value, str) and "\ufffd" in value:
            return False
        if isinstance(value, str) and value.startswith("{"):
            try:
                json.loads(value)
            except ValueError:
                return False
    return True


def _put(new: sqlite3.Connection, put: str, batch: Sequence[Any]) -> int:
    if not batch:
        return 0
    new.execute("BEGIN IMMEDIATE")
    try:
        done: int = new.executemany(put, batch).rowcount
        new.execute("COMMIT")
    except sqlite3.Error:
        with suppress(sqlite3.Error):
            new.execute("ROLLBACK")
        raise
    return done


def _highest(connection: sqlite3.Connection) -> int:
    """The highest number of the outbox that this file knows of."""
    highest = 0
    asked = ["SELECT seq FROM sqlite_sequence WHERE name = 'outbox'"]
    asked += [f"SELECT max(seq) FROM {table}" for table in ("outbox", "set_aside", "days", "bouts", "incidents")]
    asked += [f"SELECT max(seq) FROM {table}" for table in ("alerts", "tests", "answers", "check_ins", "treatments")]
    for query in asked:
        with suppress(sqlite3.Error):
            row = connection.execute(query).fetchone()
            highest = max(highest, int(row[0])) if row and row[0] is not None else highest
    return highest
