"""The log of who did what: whatever is done to a row of it is found, with its number, on both kinds of databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from sqlalchemy import event
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

import made
import story
from story import NOW_S, WEAK
from surefoot.alerts.bodies import AlertBody
from surefoot.cli.clinic import clinic
from surefoot.pipeline.appendonly import lifted
from surefoot.pipeline.sealing import Keyring, new_key
from surefoot.pipeline.stafftables import audit
from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from test_web import text
from visitors import PASSWORD, Browser, hidden, hired, quick_passwords

KEY = new_key()
RINGS = {"with a key": Keyring([KEY]), "without": None}


@pytest.fixture(params=RINGS)
def store(request: pytest.FixtureRequest, new_url: Callable[[], str]) -> Iterator[Store]:
    store = open_store(new_url(), keys=RINGS[request.param])
    for k in range(1, 6):
        store.office.audit.add(1000.0 + k / 3, f"Dr. {k}", "saw", WEAK, "/patients")
    yield store
    store.close()


def tamper(store: Store, *statements: str) -> None:
    """As somebody with all rights on the database would."""
    with store._engine.begin() as connection, lifted(connection, audit):
        for statement in statements:
            assert connection.execute(sql(statement)).rowcount > 0


def test_an_untouched_log_is_as_it_was_written(store: Store) -> None:
    found = store.office.audit.verify()
    assert (found.entries, found.wrong, found.why) == (5, None, "") and found.head.startswith("5:")
    assert [(one.number, one.who, one.at_s) for one in store.office.audit.entries()][2] == (3, "Dr. 3", 1001.0)
    assert store.office.audit.verify(found.head).wrong is None
    store.office.audit.add(2000.0, "Dr. 6", "saw")
    assert store.office.audit.verify(found.head).wrong is None, "an older head is in it still"
    assert "is not in this log" in store.office.audit.verify("5:" + "0" * 64).why


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        *((f"UPDATE audit SET {column} = 'x' WHERE id = 3", 3) for column in ("who", "what", "about", "told", "chain")),
        ("UPDATE audit SET at_s = at_s + 1 WHERE id = 3", 3),
        ("UPDATE audit SET who = 'Dr. x' WHERE id = 1", 1),
        ("UPDATE audit SET who = 'Dr. x' WHERE id = 5", 5),
        ("UPDATE audit SET key = 'x' WHERE id = 3", 3),
        ("DELETE FROM audit WHERE id = 3", 4),
        ("DELETE FROM audit WHERE id = 1", 2),
        ("DELETE FROM audit WHERE id = 5", 4),
        ("DELETE FROM audit WHERE id > 0", 0),
        ("UPDATE about SET value = '4:x' WHERE name = 'audit'", 5),
        ("DELETE FROM about WHERE name = 'audit'", 5),
        ("INSERT INTO audit SELECT 6, at_s, who, what, about, told, key, chain FROM audit WHERE id = 5", 6),
    ],
)
def test_whatever_is_done_to_a_row_is_found(store: Store, change: str, wrong: int) -> None:
    tamper(store, change)
    found = store.office.audit.verify()
    assert found.wrong == wrong and found.why


def test_two_rows_that_change_places_are_found(store: Store) -> None:
    columns = "at_s, who, what, about, told, key, chain"
    tamper(store, f"INSERT INTO audit SELECT 99, {columns} FROM audit WHERE id = 2", "DELETE FROM audit WHERE id = 2")
    tamper(store, "UPDATE audit SET id = 2 WHERE id = 4", "UPDATE audit SET id = 4 WHERE id = 99")
    assert store.office.audit.verify().wrong == 2


def test_the_database_itself_refuses(store: Store) -> None:
    for statement in ("UPDATE audit SET who = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), store._engine.begin() as connection:
            connection.execute(sql(statement))


def test_a_log_made_anew_without_the_key_is_found(new_url: Callable[[], str]) -> None:
    """Without a key anybody could do this, and the verdict says how many entries that concerns."""
    url = new_url()
    plain = open_store(url)
    plain.office.audit.add(1.0, "Dr. 1", "saw")
    plain.close()
    keyed = open_store(url, keys=Keyring([KEY]))
    keyed.office.audit.add(2.0, "Dr. 2", "saw")
    assert (keyed.office.audit.verify().wrong, keyed.office.audit.verify().unkeyed) == (None, 1)
    with keyed._engine.begin() as connection, lifted(connection, audit):
        for statement in ("DELETE FROM audit", "DELETE FROM about WHERE name IN ('audit', 'keys')"):
            connection.execute(sql(statement))
    forged = open_store(url)
    forged.office.audit.add(1.0, "Dr. 1", "saw")
    forged.office.audit.add(2.0, "Dr. Nobody", "saw")
    forged.close()
    assert "without the key" in keyed.office.audit.verify().why
    keyed.close()


def test_entries_before_a_new_key_are_checked_with_the_old_one(new_url: Callable[[], str]) -> None:
    url, newer = new_url(), new_key()
    for keys in ([KEY], [KEY, newer]):
        store = open_store(url, keys=Keyring(keys))
        store.office.audit.add(1.0, "Dr. 1", "saw")
        assert store.office.audit.verify().wrong is None
        store.close()
    store = open_store(url, keys=Keyring([newer]))
    assert "can only be checked with the key" in store.office.audit.verify().why
    store.close()


def test_many_at_once_make_one_chain(store: Store) -> None:
    def write(k: int) -> None:
        for _ in range(5):
            store.office.audit.add(2000.0, f"thread {k}", "saw")

    threads = [Thread(target=write, args=(k,)) for k in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (store.office.audit.verify().entries, store.office.audit.verify().wrong) == (25, None)


def test_what_is_written_while_it_is_looked_through_is_no_fault(store: Store) -> None:
    writers = [Thread(target=store.office.audit.add, args=(2000.0, "Dr. 6", "saw"))]

    @event.listens_for(store._engine, "after_cursor_execute")
    def between_two_questions(*_: object) -> None:
        if writers:
            one = writers.pop()
            one.start()
            one.join()

    found = store.office.audit.verify()
    assert not writers and (found.wrong, found.why) == (None, "")
    assert store.office.audit.verify().entries == 6


# ---- what is in it


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, Browser]]:
    quick_passwords(monkeypatch)
    store = hired(open_store(f"sqlite:///{tmp_path}/clinic.sqlite"), NOW_S)
    story.Home(WEAK).tell(store, NOW_S - 60, AlertBody.of(made.alert("a", "T3")))
    store.label_patient(WEAK, "Mrs. Secret")
    yield store, Browser(make_app(store, lambda: NOW_S))
    store.close()


def logged(store: Store) -> list[tuple[str, str, bool, str]]:
    return [(one.who, one.what, one.about == WEAK, one.told) for one in store.office.audit.entries()]


def test_who_saw_and_did_what_is_in_it_and_no_name_and_no_note(pages: tuple[Store, Browser]) -> None:
    store, browser = pages
    browser.log_in("Dr. Ada", "my secret password")
    browser.log_in("my secret password", "x")
    browser.log_in("nurse bo")
    browser.get(f"/patients/{WEAK}?find=Secret")
    form = hidden(browser.get("/alerts").text, "/acknowledge")
    browser.post("/acknowledge", form | {"note": "Mrs. Secret was called", "back": "clinical"})
    browser.post("/label", form | {"label": "Secret"})
    browser.fill_in("/", "/logout", {})
    told = logged(store)
    assert told == [
        ("Dr. Ada", "gave a wrong password", False, "from 127.0.0.1"),
        ("a name nobody has", "gave a wrong password", False, "from 127.0.0.1"),
        ("Nurse Bo", "logged in", False, "from 127.0.0.1"),
        ("Nurse Bo", "saw", False, "/"),
        ("Nurse Bo", "saw", True, f"/patients/{WEAK}"),
        ("Nurse Bo", "saw", False, "/alerts"),
        ("Nurse Bo", "did acknowledge", True, "alert_id=a tier=T3"),
        ("Nurse Bo", "saw", False, "/alerts"),
        ("Nurse Bo", "was refused: did label", False, ""),
        ("Nurse Bo", "saw", False, "/"),
        ("Nurse Bo", "logged out", False, "from 127.0.0.1"),
    ]
    assert "secret" not in str(told).casefold() and PASSWORD not in str(told)


def test_nothing_is_shown_that_cannot_be_written_down(pages: tuple[Store, Browser]) -> None:
    store, browser = pages
    browser.log_in("Dr. Ada")
    with store._engine.begin() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END")
    page = browser.get(f"/patients/{WEAK}")
    assert page.status_code == 503 and "Mrs. Secret" not in page.text
    assert "The log of who did what cannot be written" in text(page) and "Nothing is shown" in text(page)


def test_before_anybody_has_a_login_it_says_who_they_said_they_are(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    story.Home(WEAK).tell(store, NOW_S - 60, AlertBody.of(made.alert("a", "T3")))
    browser = Browser(make_app(store, lambda: NOW_S))
    browser.post("/acknowledge", {"gateway": WEAK, "alert_id": "a", "tier": "T3", "who": "Dr.  Ada"}, follow=False)
    browser.get("/")
    assert [one[:2] for one in logged(store)] == [
        ("Dr. Ada (no login)", "did acknowledge"),
        ("somebody at this clinic's own computer", "saw"),
    ]
    store.close()


# ---- the commands


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(clinic, ["audit", *words])
    return done.exit_code, done.output


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_CLINIC_DATABASE", f"sqlite:///{tmp_path}/clinic.sqlite")
    assert run("verify") == (0, "All 0 entries are as they were written.\n")
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    for k in range(3):
        store.office.audit.add(NOW_S, "Dr. Ada" if k else "Bo", "saw", WEAK)
    status, said = run("verify")
    head = said.split("Head: ")[1].split()[0]
    assert status == 0 and "All 3 entries are as they were written." in said and "3 of them without a key" in said
    assert run("verify", "--noted", head)[0] == 0
    listed = [json.loads(line) for line in run("show", "--json", "--who", "Dr. Ada", "--newest", "1")[1].splitlines()]
    assert [(one["number"], one["who"], one["about"]) for one in listed] == [(3, "Dr. Ada", WEAK)]
    assert "2026-01-29 09:12" in run("show")[1]
    tamper(store, "UPDATE audit SET who = 'Cy' WHERE id = 2")
    status, said = run("verify")
    assert status == 1 and "The log was tampered with, at entry 2: it is not as it was written." in said
    store.close()
