"""Copies: before a newer surefoot changes a store there is a whole copy of it, from every schema there was."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text

import made
import story
from postgres import Postgres
from surefoot.alerts.bodies import BoutBody
from surefoot.pipeline import schema
from surefoot.pipeline.copies import copy_before
from surefoot.pipeline.store import StoreError, open_store

NEWEST = schema.MIGRATIONS[-1][0]
CAME_WITH = {  # table: the schema it came with
    **dict.fromkeys(("answers", "tests", "aids"), 2),
    **dict.fromkeys(("worn_sensors", "donnings"), 3),
    "alert_events": 4,
    **dict.fromkeys(("check_ins", "treatments"), 5),
    "judgements": 6,
    **dict.fromkeys(("people", "sessions", "login_failures"), 7),
    **dict.fromkeys(("orders", "confirmations"), 8),
    **dict.fromkeys(("read_token_patients", "read_tokens"), 12),
}


def store_of(folder: Path, number: int) -> str:
    """A store as the surefoot of that schema left it, with a bout and an alert."""
    path = f"{folder}/home.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.keep_bout(made.bout(1))
    store.keep_alert(made.alert("a"))
    store.close()
    with closing(sqlite3.connect(path)) as raw, raw:
        for table, came_with in CAME_WITH.items():
            if came_with > number:
                raw.execute(f"DROP TABLE IF EXISTS {table}")
        if number < CAME_WITH["alert_events"]:
            raw.execute(
                "CREATE TABLE acknowledgements (id INTEGER PRIMARY KEY AUTOINCREMENT, gateway VARCHAR(36), "
                "alert_id VARCHAR(80), tier VARCHAR(2), who TEXT, at_s DOUBLE, note TEXT)"
            )
        raw.execute("UPDATE about SET value = ? WHERE name = 'schema'", (str(number),))
    return path


def number_of(path: Path | str) -> int:
    with closing(sqlite3.connect(path)) as raw:
        return int(raw.execute("SELECT value FROM about WHERE name = 'schema'").fetchone()[0])


@pytest.mark.parametrize("number", range(1, NEWEST))
def test_every_older_store_is_brought_up_to_date_and_a_copy_stays(tmp_path: Path, number: int) -> None:
    path = store_of(tmp_path, number)
    store = open_store(f"sqlite:///{path}")
    assert store.bouts(store.gateway()) == [made.bout(1)] and store.outbox.count() == 2
    assert [one.alert.alert_id for one in store.alerts()] == ["a"]
    store.close()
    copy = Path(f"{path}.schema-{number}")
    assert (number_of(path), number_of(copy)) == (NEWEST, number)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("SELECT count(*) FROM outbox").fetchone() == (2,)
    assert [one.name for one in tmp_path.glob("*.new")] == []


def test_the_copy_is_the_way_back_after_a_failed_upgrade(tmp_path: Path) -> None:
    path = store_of(tmp_path, 3)
    open_store(f"sqlite:///{path}").close()
    Path(f"{path}.schema-3").replace(path)
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    store = open_store(f"sqlite:///{path}")
    assert store.outbox.count() == 2
    store.close()


def test_a_store_of_today_and_a_new_one_are_not_copied(tmp_path: Path) -> None:
    path = f"{tmp_path}/home.sqlite"
    for _ in range(2):
        open_store(f"sqlite:///{path}").close()
    assert copy_before(path, NEWEST) is None and copy_before(":memory:", NEWEST) is None
    assert sorted(one.name for one in tmp_path.iterdir()) == ["home.sqlite"]


def test_without_a_copy_nothing_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store_of(tmp_path, 3)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("surefoot.pipeline.engine.copy_before", full)
    with pytest.raises(StoreError, match="no copy of it can be made: No space left") as caught:
        open_store(f"sqlite:///{path}")
    assert "Free some space" in caught.value.remedy and number_of(path) == 3


def test_a_store_of_a_newer_surefoot_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = store_of(tmp_path, NEWEST)
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE about SET value = '99' WHERE name = 'schema'")
    with pytest.raises(StoreError, match=rf"schema 99, this surefoot knows up to {NEWEST}") as caught:
        open_store(f"sqlite:///{path}")
    assert "newer surefoot" in caught.value.remedy and number_of(path) == 99
    assert list(tmp_path.glob("*.schema-*")) == []


# ---- PostgreSQL


def set_back(url: str, number: int) -> None:
    """The database as the surefoot of that schema left it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in ("read_token_patients", "read_tokens"):
            connection.execute(text(f"DROP TABLE {table}"))
        connection.execute(text("UPDATE about SET value = :number WHERE name = 'schema'"), {"number": str(number)})
    engine.dispose()


def asked(url: str, question: str) -> list[object]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = list(connection.execute(text(question)).scalars())
    engine.dispose()
    return found


def test_a_postgresql_is_copied_into_a_schema_before_its_tables_change(cluster: Callable[[], Postgres]) -> None:
    url = cluster().new_place("copied")
    home = story.Home(made.HOME)
    for number in (11, 10):
        store = open_store(url)
        home.tell(store, 5.0, BoutBody.of(made.bout(number)))
        store.close()
        set_back(url, number)
    open_store(url).close()
    (here,) = asked(url, "SELECT current_schema()")
    assert asked(url, "SELECT value FROM about WHERE name = 'schema'") == [str(NEWEST)]
    assert asked(url, "SELECT count(*) FROM bouts") == asked(url, f"SELECT count(*) FROM {here}_10.bouts") == [2]
    assert asked(url, f"SELECT count(*) FROM {here}_11.bouts") == [1]
    assert asked(url, f"SELECT value FROM {here}_10.about WHERE name = 'schema'") == ["10"]
    open_store(url).close()
    rooms = f"SELECT nspname FROM pg_namespace WHERE nspname LIKE '{here}\\_%' ORDER BY 1"
    assert asked(url, rooms) == [f"{here}_10", f"{here}_11"], "a store of today is not copied"


def test_workers_that_start_at_once_upgrade_a_postgresql_once(cluster: Callable[[], Postgres]) -> None:
    url = cluster().new_place("at_once")
    open_store(url).close()
    set_back(url, 11)
    with ThreadPoolExecutor(4) as pool:
        for store in [one.result() for one in [pool.submit(open_store, url) for _ in range(4)]]:
            store.close()
    assert asked(url, "SELECT value FROM about WHERE name = 'schema'") == [str(NEWEST)]


def test_a_postgresql_whose_copy_cannot_be_made_is_left_as_it_is(
    cluster: Callable[[], Postgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster().new_place("no_copy")
    open_store(url).close()
    set_back(url, 11)
    (here,) = asked(url, "SELECT current_schema()")
    full = f"CREATE TABLE {here}_11.about AS SELECT 1; SELECT 1 / 0"  # as a full disk: it fails half-way
    monkeypatch.setattr("surefoot.pipeline.copies.inspect", lambda connection: Failing(connection, full))
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(url)
    assert asked(url, "SELECT value FROM about WHERE name = 'schema'") == ["11"]
    assert asked(url, f"SELECT nspname FROM pg_namespace WHERE nspname = '{here}_11'") == []


class Failing:
    """A look at the tables that ends in an error of the database."""

    def __init__(self, connection: Connection, statement: str) -> None:
        self._connection, self._statement = connection, statement

    def has_table(self, name: str) -> bool:
        return True

    def get_table_names(self) -> list[str]:
        self._connection.exec_driver_sql(self._statement)
        return []
