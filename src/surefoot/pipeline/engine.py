"""Opening the database: SQLite set up to survive a power cut, PostgreSQL as it is, and errors in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as NoLineFree
from sqlalchemy.pool import QueuePool

from surefoot.pipeline import schema
from surefoot.pipeline.copies import copy_before, copy_inside
from surefoot.pipeline.sealed import give_keys
from surefoot.pipeline.sealedstore import note_keys
from surefoot.pipeline.sealing import Keyring, SealError
from surefoot.records import SurefootError

BUSY_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 5
JOURNAL_PAGES = 256  # of 4 kB: a short journal can be worked in on a disk that has hardly any room left
_CROWDED = "Nothing to do: it is tried again. Where it happens often, the database is too slow for what is asked of it."
_URL_REMEDY = "Give sqlite:///path/to/file.db or postgresql+psycopg://user:password@host/database."


StoreTrouble = Literal["full", "damaged", "read_only", "failing", "busy", "sealed", "other"]
_TROUBLES: dict[int, StoreTrouble] = {  # SQLite's primary result codes
    5: "busy",
    8: "read_only",
    10: "failing",  # the disk itself says no
    11: "damaged",
    13: "full",
    26: "damaged",
}


class StoreError(SurefootError):
    """The database cannot be opened, read or written, or was asked for something it does not hold.

    ``trouble`` says which kind of failure it is, for whoever can do something about it.
    """

    def __init__(self, what: str, meaning: str, remedy: str, trouble: StoreTrouble = "other") -> None:
        super().__init__(what, meaning, remedy)
        self.trouble = trouble


def open_engine(url: str, keys: Keyring | None = None) -> Engine:
    """An engine on a database with today's tables, sealed with ``keys``. Raise StoreError with the remedy."""
    address = _address(url)
    name = address.set(query={}).render_as_string(hide_password=True)  # a password may stand there, too
    try:
        engine = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
    except ModuleNotFoundError as error:
        remedy = 'Install it: python -m pip install "surefoot[postgres]"'
        raise StoreError(f"{name}: the driver {error.name} is missing.", "Nothing was opened.", remedy) from None
    try:
        with plain_words(f"{name} cannot be opened"):
            if engine.dialect.name == "sqlite":
                copy_before(str(address.database or ""), schema.MIGRATIONS[-1][0])
            give_keys(engine, keys)
            with writing(engine) as connection:
                if engine.dialect.name == "postgresql":
                    copy_inside(connection, schema.MIGRATIONS[-1][0])
                schema.upgrade(connection)
                note_keys(connection)
    except OSError as error:
        engine.dispose()
        what = f"{name} is of an older surefoot, and no copy of it can be made: {error.strerror or error}."
        raise StoreError(what, "It was left as it is.", "Free some space beside it, as much as it takes.") from None
    except ValueError as error:
        engine.dispose()
        raise StoreError(f"{name}: {error}.", "It was left as it is.", "Use the newer surefoot again.") from None
    except StoreError:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that takes SQLite's write lock at once: it waits its turn instead of failing half-way."""
    with engine.execution_options(begin="IMMEDIATE").begin() as connection:
        yield connection


@contextmanager
def of_one_moment(engine: Engine) -> Iterator[Connection]:
    """One transaction whose reads all show the same moment, whatever others write meanwhile. SQLite's all do."""
    one = engine.execution_options(isolation_level="REPEATABLE READ") if engine.dialect.name != "sqlite" else engine
    with one.begin() as connection:
        yield connection


def fold_journal(engine: Engine) -> bool:
    """Work SQLite's journal into its file and empty it: what stood there is gone. True also where there is none.

    False where another program has been reading for as long as is waited. StoreError where there is no room.
    """
    if engine.dialect.name != "sqlite":
        return True
    with plain_words("The journal cannot be worked in"), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:  # not in a transaction, which SQLAlchemy would begin
            busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except driver.Error as error:
            what = f"The journal cannot be worked in: {error}."
            raise StoreError(what, "What was stored is intact.", "Free some space.", "full") from error
    return not busy


@contextmanager
def plain_words(what: str) -> Iterator[None]:
    """Turn the database's own errors into a StoreError that says what to do."""
    try:
        yield
    except DBAPIError as last:
        error = _origin(last)
        trouble = _trouble(error)
        raise StoreError(f"{what}: {error.orig}.", _meaning(trouble), _REMEDIES[trouble], trouble) from error
    except NoLineFree as error:
        told = "all connections to the database are in use"
        raise StoreError(f"{what}: {told}.", _meaning("busy"), _CROWDED, "busy") from error
    except SealError as error:
        raise StoreError(f"{what}: {error.what}", error.meaning, error.remedy, "sealed") from error


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        backend = address.get_backend_name()
        address.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise StoreError("This is not the address of a database.", "Nothing was opened.", _URL_REMEDY) from None
    except ModuleNotFoundError:
        return address
    if backend not in ("sqlite", "postgresql"):
        raise StoreError(f"surefoot cannot keep its records in {backend}.", "Nothing was opened.", _URL_REMEDY)
    return address


def _sqlite(address: URL) -> Engine:
    in_memory = address.database in (None, "", ":memory:")
    if not in_memory:
        _prepare_file(Path(str(address.database)))
    # A database in memory is its one connection: handed round between threads, never a second one.
    pool: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0} if in_memory else {}
    engine = create_engine(address, connect_args={"check_same_thread": False}, hide_parameters=True, **pool)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    if not in_memory:
        _follow(engine, Path(str(address.database)))
    return engine


def _follow(engine: Engine, path: Path) -> None:
    """A connection whose file another program has put aside, for it was damaged, is no way to what is there now."""

    def named() -> tuple[int, int] | None:
        with suppress(OSError):
            found = path.stat()
            return found.st_dev, found.st_ino
        return None

    def opened(_: Any, record: Any) -> None:
        record.info["file"] = named()

    def taken(connection: Any, record: Any, _: Any) -> None:
        now, then = named(), record.info["file"]
        if now is None and then is not None:  # a new connection would make an empty file
            raise connection.OperationalError("the file is not there any more")
        if now != then:
            raise DisconnectionError("another file has this name now")

    event.listen(engine, "connect", opened)
    event.listen(engine, "checkout", taken)


def _postgresql(address: URL) -> Engine:
    """Lines that a server started anew has forgotten are noticed before they are used."""
    patient = {"connect_timeout": CONNECT_TIMEOUT_S}
    engine = create_engine(address, pool_pre_ping=True, connect_args=patient, hide_parameters=True)
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _prepare_file(path: Path) -> None:
    """Make the file readable by its owner only, and its name durable: SQLite syncs the content, not the directory."""
    if path.is_dir():
        raise StoreError(f"{path} is a directory.", "Nothing was opened.", "Name a file in it.")
    if path.exists():
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        if os.name == "posix":
            directory = os.open(path.parent, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)
    except OSError as error:
        what = f"{path} cannot be made: {error.strerror}."
        raise StoreError(what, "Nothing is stored.", "Make the directory, or name one you may write to.") from None


def _set_up_sqlite(dbapi_connection: Any, _: Any) -> None:
    dbapi_connection.isolation_level = None  # transactions are begun below: Python's driver leaves DDL out of them
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # WAL with less loses acknowledged rows in a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # what is replaced or deleted leaves no bytes behind; not every SQLite does so by itself
        f"wal_autocheckpoint={JOURNAL_PAGES}",
        f"journal_size_limit={4096 * JOURNAL_PAGES}",
        "cache_size=-512",  # kB of each connection: four times as much by default, which a small computer has not
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}").close()


def _set_up_postgresql(dbapi_connection: Any, _: Any) -> None:
    """A server may be set to confirm what it has not written yet, for speed: not to us, who answer for it."""
    with dbapi_connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        if cursor.fetchone() == ("off",):
            cursor.execute("SET synchronous_commit = on")
    dbapi_connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN " + connection.get_execution_options().get("begin", "DEFERRED"))


def _origin(last: DBAPIError) -> DBAPIError:
    """The first error of a chain: a full disk also makes the rollback behind it fail, and that says nothing."""
    first, error = last, last.__context__
    while error is not None:
        first = error if isinstance(error, DBAPIError) else first
        error = error.__context__
    return first


def _trouble(error: DBAPIError) -> StoreTrouble:
    if getattr(error.orig, "sqlstate", None) == "53100":  # PostgreSQL: disk full
        return "full"
    return _TROUBLES.get(getattr(error.orig, "sqlite_errorcode", 0) & 0xFF, "other")


def _meaning(trouble: StoreTrouble) -> str:
    if trouble == "damaged":
        return "Nothing of this step was stored; what was stored before may be lost in part."
    before = "the disk is full." if trouble == "full" else "what was stored before is intact."
    return f"Nothing of this step was stored; {before}"


_REMEDIES: dict[StoreTrouble, str] = {
    "damaged": "Move the file away (keep it) and start again, or restore a copy.",
    "full": "Free some space; surefoot goes on by itself.",
    "busy": "Another program holds the file; close it.",
    "read_only": "Make the disk writable again; an SD card that is worn out must be replaced.",
    "failing": "Check the disk and its mounting; an SD card that is worn out must be replaced.",
    "other": "Check that the file or server is there and may be written; see docs/mqtt.md for what is kept meanwhile.",
}
