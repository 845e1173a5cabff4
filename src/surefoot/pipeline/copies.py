"""A copy of a store, made before a newer surefoot changes its tables: the way back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect


def copy_before(path: str, newest: int) -> Path | None:
    """Copy a store that is older than schema ``newest``; where to, None when there is nothing to copy.

    The copy is whole, synced, and stands beside the file under the schema it has: ``home.sqlite.schema-4``. Raise
    OSError when it cannot be made.
    """
    if path in ("", ":memory:") or not Path(path).stat().st_size:
        return None
    schema = _schema(path)
    if schema is None or schema >= newest:
        return None
    copy = Path(f"{path}.schema-{schema}")
    fresh = Path(f"{copy}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(fresh),)).close()
        if _schema(str(fresh)) == schema:  # else another program has brought it up to date meanwhile
            sync(fresh)
            fresh.replace(copy)
            sync(copy.parent)
    except sqlite3.Error as error:
        raise OSError(0, str(error)) from error
    finally:
        fresh.unlink(missing_ok=True)
    return copy


def copy_inside(connection: Connection, newest: int) -> str | None:
    """The same on a PostgreSQL, in the transaction that changes the tables: into a schema of its own; its name.

    ``public_4`` holds the rows of every table of ``public`` as they were; a copy of an earlier try goes. Programs that
    start at once wait here for the one that is first, and find nothing to copy.
    """
    if _number(connection) in (None, newest):
        return None
    connection.exec_driver_sql("LOCK TABLE about IN EXCLUSIVE MODE")
    number = _number(connection)
    if number is None or number >= newest:
        return None
    room = f"{connection.exec_driver_sql('SELECT current_schema()').scalar()}_{number}"
    connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{room}" CASCADE')
    connection.exec_driver_sql(f'CREATE SCHEMA "{room}"')
    for table in inspect(connection).get_table_names():
        connection.exec_driver_sql(f'CREATE TABLE "{room}"."{table}" AS TABLE "{table}"')
    return room


def _number(connection: Connection) -> int | None:
    if not inspect(connection).has_table("about"):
        return None
    number = connection.exec_driver_sql("SELECT value FROM about WHERE name = 'schema'").scalar()
    return None if number is None else int(number)


def sync(path: Path) -> None:
    """What is in this file, or the names in this folder, survive a power cut from here on."""
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _schema(path: str) -> int | None:
    """The number it is at, None where it holds none; what is no database is told of by whoever opens it."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            row = connection.execute("SELECT value FROM about WHERE name = 'schema'").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else int(row[0])
