"""A copy of a store's file, made before a newer surefoot changes its tables: the way back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path


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
