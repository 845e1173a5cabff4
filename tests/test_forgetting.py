"""Forgetting: no table holds a deleted patient, nothing of theirs comes back, and all others stay as they are."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy import text as sql

import made
import story
from broker import Mosquitto, mosquitto
from story import DAY_S, NOW_S, STEADY, WEAK
from surefoot.alerts.bodies import (
    AlertBody,
    AnswerBody,
    BoutBody,
    CheckInBody,
    ConfirmationBody,
    IncidentBody,
    TestBody,
    TreatmentBody,
)
from surefoot.alerts.messages import Kind, Refused, UpMessage, read_up, up_payload, up_topic
from surefoot.alerts.mqtt import Link, Received
from surefoot.cli.clinic import _keep_no_longer, clinic
from surefoot.pipeline.clinic import serve, take
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.engine import _set_up_sqlite
from surefoot.pipeline.forgetting import AGED, DELETED, STANDS, STAYS
from surefoot.pipeline.profiles import Profile
from surefoot.pipeline.schema import APPEND_ONLY, metadata
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import Confirmation, Judgement, Limits, Question, Treatment

NAME = "Mrs. Rosa Secret"
OF_HOMES_ALONE = {"outbox", "set_aside", "strides", "aids", "worn_sensors", "donnings"}
OF_HOMES_ALONE |= {"home_settings", "test_windows"}  # no table of a clinic's


def lived(store: Store, gateway: str, label: str, at_s: float = NOW_S) -> None:
    """Something in every table that a patient can be in."""
    home = story.Home(gateway)
    home.live(store, at_s, story.days(3))
    home.tell(store, at_s, BoutBody.of(made.bout(1)), IncidentBody.of(made.incident(3, (made.signal(1.0),))))
    home.tell(store, at_s, AnswerBody.of(made.answer(3)), TestBody.of(made.guided_test(2)))
    home.tell(store, at_s, CheckInBody.of(made.check_in(2, 7, "both_legs_weak")), AlertBody.of(made.alert("a", "T3")))
    home.tell(store, at_s, TreatmentBody.of(Treatment("injection", "2026-01-02")))
    home.tell(store, at_s, ConfirmationBody.of(Confirmation("o", "applied", at_s)))
    store.orders.give(gateway, Question("check_in"), "Dr. Ada", at_s, "2026-01-04", f"{label} was asked")
    fell = made.incident(3)
    said = Judgement(fell.kind, fell.side, fell.start_s, fell.certainty, "real", "Dr. Ada", at_s, f"{label} fell")
    store.judgements.say(gateway, said)
    store.office.profiles.write(gateway, Profile("left", remark=f"{label} limps"), "Dr. Ada", at_s)
    with store._engine.begin() as connection:  # how far the home has come, and what is missing
        connection.execute(metadata.tables["holes"].insert().values(gateway=gateway, first=90, last=91, since_s=at_s))
        reached = metadata.tables["reached"]
        if connection.scalar(select(reached.c.newest).where(reached.c.gateway == gateway)) is None:
            connection.execute(reached.insert().values(gateway=gateway, newest=99))
    store.office.tokens.create(f"app of {gateway[:8]}", ["days:read"], [gateway], 30, "Dr. Ada", at_s)
    store.label_patient(gateway, label)
    store.acknowledge("a", "Dr. Ada", at_s, f"{label} was called", gateway)
    topic = f"surefoot/v1/{gateway}/up/day"
    store.ingest([], at_s, [Refused(topic, gateway, 999, "no", f"a letter of {gateway}".encode())])


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    store = open_store(new_url())
    lived(store, WEAK, NAME)
    lived(store, STEADY, "Mr. Other")
    yield store
    store.close()


def tables_with(store: Store, *words: str) -> set[str]:
    """The tables in which any of these words stands anywhere."""
    found = set()
    with store._engine.begin() as connection:
        for name in metadata.tables:
            rows = "\n".join(str(tuple(map(_plain, row))) for row in connection.execute(sql(f"SELECT * FROM {name}")))
            if any(word in rows for word in words):
                found.add(name)
    return found


def _plain(value: object) -> object:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else value


def everything_of(store: Store, gateway: str) -> str:
    kept = store.days(gateway), store.trends(gateway), store.bouts(gateway), store.incidents(gateway)
    told = store.answers(gateway), store.tests(gateway), store.diary.check_ins(gateway), store.diary.treatments(gateway)
    return repr((kept, told, store.alerts(gateway), store.office.held(gateway)))


def test_no_table_holds_the_patient_afterwards_and_the_others_are_untouched(store: Store) -> None:
    clinics = set(metadata.tables) - OF_HOMES_ALONE
    of_patients = {name for name in clinics if "gateway" in metadata.tables[name].c} - set(STAYS)
    assert tables_with(store, WEAK) == of_patients == set(store.office.held(WEAK)), (
        "there is something to delete in each"
    )
    before = everything_of(store, STEADY)
    gone = store.office.forget(WEAK, NOW_S, "Cy")
    assert set(gone) == of_patients and store.office.held(WEAK) == {}
    assert tables_with(store, WEAK) == set(STAYS) and tables_with(store, NAME, "Rosa") == set()
    assert everything_of(store, STEADY) == before and [one.label for one in store.patients()] == ["Mr. Other"]
    (entry,) = store.office.audit.entries()
    assert (entry.who, entry.what, entry.about) == ("Cy", "deleted a patient", WEAK) and "alerts 1" in entry.told


def test_every_table_of_patients_is_known_to_whoever_deletes(store: Store) -> None:
    of_patients = {name for name, table in metadata.tables.items() if "gateway" in table.c} - set(STAYS)
    assert of_patients == {table.name for table in AGED} | set(STANDS)
    with store._engine.begin() as connection:
        if store._engine.dialect.name == "sqlite":
            query = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'"
        else:
            query = "SELECT event_object_table FROM information_schema.triggers WHERE trigger_name LIKE '%append_only'"
        assert set(connection.scalars(sql(query))) == {table.name for table in APPEND_ONLY}


def test_what_may_not_be_changed_may_not_be_changed_afterwards_either(store: Store) -> None:
    store.office.forget(WEAK, NOW_S, "Cy")
    for name in ("alert_events", "answers", "check_ins", "audit"):
        with pytest.raises(Exception, match="append-only"), store._engine.begin() as connection:
            connection.execute(sql(f"DELETE FROM {name}"))


def test_a_deletion_that_fails_deletes_nothing(store: Store) -> None:
    before = everything_of(store, WEAK)
    store.office.audit.add(NOW_S, "x", "x")
    with store._engine.begin() as connection:
        connection.execute(sql("UPDATE about SET name = 'gone' WHERE name = 'audit'"))
        connection.execute(sql("ALTER TABLE audit RENAME TO elsewhere"))
    with pytest.raises(StoreError, match="The patient cannot be deleted"):
        store.office.forget(WEAK, NOW_S, "Cy")
    assert everything_of(store, WEAK) == before
    with pytest.raises(Exception, match="append-only"), store._engine.begin() as connection:
        connection.execute(sql("DELETE FROM alert_events"))


def test_nothing_of_a_deleted_patient_comes_back(store: Store) -> None:
    store.office.forget(WEAK, NOW_S, "Cy")
    late = [message(WEAK, seq, "bout", BoutBody.of(made.bout(seq)).json_text()) for seq in (1, 2)]
    fine = message(STEADY, 500, "bout", BoutBody.of(made.bout(9)).json_text())
    status = message(WEAK, None, "status", '{"link":"up"}')
    letter = Refused(f"surefoot/v1/{WEAK}/up/day", WEAK, 7, "no sense", b"a late letter")
    receipt = store.ingest([late[0], fine, status, late[1]], NOW_S, [letter])
    assert receipt.stored == ((STEADY, 500),)
    assert set(receipt.rejected) == {(WEAK, seq, DELETED) for seq in (1, 2, 7)}
    assert tables_with(store, WEAK, "a late letter") == set(STAYS)


def message(gateway: str, seq: int | None, kind: Kind, body: str) -> UpMessage:
    read = read_up(up_topic(gateway, kind), up_payload(gateway, seq, kind, body))
    assert not isinstance(read, Refused), read
    return read


def test_nothing_stays_in_the_file(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    lived(store, WEAK, NAME)
    before = bytes_of(tmp_path)
    assert NAME.encode() in before and b"both_legs_weak" in before
    with store._engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete=OFF")  # some SQLite overwrite without being asked
    store.office.forget(WEAK, NOW_S, "Cy")
    after = bytes_of(tmp_path)
    assert NAME.encode() not in after and b"both_legs_weak" not in after and b"letter of" not in after
    store.close()


def test_what_another_program_still_reads_is_not_called_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's journal cannot be emptied while somebody reads: whoever deletes is told that it is still there."""
    monkeypatch.setenv("SUREFOOT_CLINIC_DATABASE", f"sqlite:///{tmp_path}/clinic.sqlite")
    monkeypatch.setattr("surefoot.pipeline.engine.BUSY_TIMEOUT_MS", 50)
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    lived(store, WEAK, NAME)
    lived(store, STEADY, "Mr. Other")
    with store._read() as reading:
        assert reading.scalar(sql("SELECT count(*) FROM alerts")) == 2
        done = run(NAME, "--yes")
        assert done.exit_code == 0 and "another program reads the database just now" in done.output
        assert NAME.encode() in bytes_of(tmp_path), "or else there was nothing to tell"
    assert store.office.clear_journal() and NAME.encode() not in bytes_of(tmp_path)
    assert "another program" not in run(STEADY, "--yes").output
    store.close()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_what_is_replaced_leaves_no_bytes_whatever_sqlite_does_by_itself() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        _set_up_sqlite(connection, None)
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


# ---- what is older than it may be


def test_old_records_go_and_newer_ones_stay(store: Store) -> None:
    (day,) = [one for one in store.days(WEAK) if one.day == story.days(3)[-1].day]
    gone = store.office.forget_older(day.start_s, NOW_S)
    assert [one.day for one in store.days(WEAK)] == [day.day]
    assert {"days", "trends", "bouts", "incidents", "answers", "check_ins", "treatments", "tests"} <= set(gone)
    assert store.bouts(WEAK) == store.incidents(WEAK) == []
    assert {one.label for one in store.patients()} == {NAME, "Mr. Other"}
    assert store.office.audit.entries()[0].what == "deleted old records"
    assert store.office.forget_older(day.start_s, NOW_S) == {} and len(store.office.audit.entries()) == 1


def test_what_waits_for_a_person_and_what_holds_do_not_grow_old(store: Store) -> None:
    """Else an alert that nobody answered would end by itself, and the pages would show limits that the home lacks."""
    order = store.orders.give(WEAK, Limits(chart_review=4.5), "Dr. Ada", NOW_S, "2026-01-30").order
    said = ConfirmationBody.of(Confirmation(order.order_id, "applied", NOW_S))
    store.ingest([message(WEAK, 900, "confirmation", said.json_text())], NOW_S)
    store.ingest([message(WEAK, 901, "alert", AlertBody.of(made.alert("b", "T3")).json_text())], NOW_S)
    assert store.office.forget_older(2e9, 2e9 + 30 * DAY_S)["alert_events"] > 0
    store.orders._plans.clear()  # as a clinic that was started anew
    assert store.orders.plan(WEAK).limits.chart_review == 4.5
    assert [(one.gateway, one.alert_id) for one in store.alert_log.waiting()] == [(WEAK, "b")]
    assert [one.alert.alert_id for one in store.alerts()] == ["b"], "those that somebody had closed are gone"
    assert [one.what for one in store.alert_log.events(WEAK, "b")] == ["stored"]
    assert store.alert_log.events(WEAK, "a") == store.alert_log.events(STEADY, "a") == []


def test_a_running_clinic_keeps_no_longer_than_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    story.Home(WEAK).tell(store, NOW_S, BoutBody.of(made.bout(1)), BoutBody.of(replace(made.bout(1), start_s=NOW_S)))
    monkeypatch.setattr("surefoot.cli.clinic.time.time", lambda: NOW_S + 29 * DAY_S)

    async def run(days: int) -> None:
        keeping = asyncio.create_task(_keep_no_longer(store, days))
        async with asyncio.timeout(120):
            while len(store.bouts(WEAK)) == 2:
                await asyncio.sleep(0.05)
        keeping.cancel()
        await asyncio.wait({keeping})

    asyncio.run(_keep_no_longer(store, None))  # which is over at once
    assert len(store.bouts(WEAK)) == 2
    asyncio.run(run(30))
    assert [one.start_s for one in store.bouts(WEAK)] == [NOW_S]
    store.close()


# ---- the command, and a home that still sends


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(clinic, ["forget", *words], input=typed)


def test_the_command_asks_and_says_what_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_CLINIC_DATABASE", f"sqlite:///{tmp_path}/clinic.sqlite")
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    lived(store, WEAK, NAME)
    lived(store, STEADY, "Mr. Other")
    asked = run("mrs. rosa secret", typed="n\n")
    assert asked.exit_code == 1 and "incidents 1" in asked.output and len(store.patients()) == 2
    assert "No patient is called Nobody." in str(run("Nobody").exception)
    done = run(NAME, typed="y\n")
    assert "The home's id stays in the log of who did what." in done.output
    assert f"surefoot clinic revoke {WEAK}" in done.output and "copies of this database" in done.output
    assert [one.label for one in store.patients()] == ["Mr. Other"]
    assert run(STEADY, "--yes").exit_code == 0 and store.patients() == []
    store.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as running:
        yield running


def test_a_home_is_told_why_and_keeps_its_rows_aside(tmp_path: Path, broker: Mosquitto) -> None:
    home, store = (open_store(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("home", "clinic"))
    story.Home(home.gateway()).tell(store, NOW_S, BoutBody.of(made.bout(1)))
    store.office.forget(home.gateway(), NOW_S, "Cy")
    home.keep_bout(made.bout(2))

    async def both() -> None:
        ready = asyncio.Event()
        serving = asyncio.create_task(serve(store, Link(broker.url, "clinic"), ready=ready))
        await ready.wait()
        await deliver(home, Link(broker.url, "home"), until_empty=True)
        serving.cancel()
        await asyncio.wait({serving})

    asyncio.run(both())
    assert [(one.kind, one.reason) for one in home.outbox.set_aside()] == [("bout", DELETED)]
    assert store.patients() == [] and store.bouts(home.gateway()) == []
    home.close(), store.close()


def test_what_cannot_be_read_of_a_deleted_patient_is_not_kept_either(store: Store) -> None:
    store.office.forget(WEAK, NOW_S, "Cy")
    payload = up_payload(WEAK, 5, "bout", json.dumps({"nonsense": NAME}))
    ((topic, answer),) = take(store, [Received(up_topic(WEAK, "bout"), payload)], NOW_S)
    assert WEAK in topic and DELETED.encode() in answer
    assert tables_with(store, NAME) == set()


@pytest.mark.parametrize("late", [False, True])
def test_nor_what_came_under_a_topic_that_nobody_knows(store: Store, late: bool) -> None:
    """A home may write below its own topic what it likes, and a newer one does."""
    strange = Received(f"surefoot/v1/{WEAK}/up/day/of-{NAME}", up_payload(WEAK, 5, "day", json.dumps({"of": NAME})))
    if not late:
        take(store, [strange], NOW_S)
    store.office.forget(WEAK, NOW_S, "Cy")
    if late:
        take(store, [strange], NOW_S)
    assert tables_with(store, NAME) == set()
