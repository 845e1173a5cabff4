"""The store: what is kept is read back, once, and the database refuses what must not happen."""

from __future__ import annotations

import dataclasses
import stat
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Double, Integer, MetaData, Table, Text, create_engine, inspect, text

import made
from made import OTHER
from spoiled import spoil
from surefoot.pipeline import schema
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import SIDES, Aid, Alert, Stride, Treatment


@pytest.fixture
def home(new_url):
    store = open_store(new_url())
    yield store
    store.close()


def test_everything_kept_is_read_back(home):
    gateway = home.gateway()
    incident = made.incident(3, (made.signal(1.0),))
    home.keep_bout(made.bout(2))
    home.keep_bout(made.bout(1))
    home.keep_incident(incident)
    home.keep_day(made.day(2), [made.trend("2026-01-02")])
    home.keep_day(made.day(1), [made.trend("2026-01-01"), made.trend("2026-01-01", "cadence_spm")])
    home.keep_answer(made.answer(3))
    home.diary.keep_check_in(made.check_in(2, 7, "both_legs_weak"))
    home.diary.keep_check_in(made.check_in(1, None))
    home.diary.keep_treatment(Treatment("injection", "2026-01-02"), 2.0)
    home.diary.keep_treatment(Treatment("exercise", "2026-01-01"), 3.0)
    home.keep_test(made.guided_test(2))
    home.keep_test(made.guided_test(1, None, "used the arms"))
    home.keep_alert(made.alert("old", raised_s=1.0))
    home.keep_alert(made.alert("new", raised_s=2.0))
    assert home.bouts(gateway) == [made.bout(1), made.bout(2)]
    assert home.bouts(gateway, 150.0, 201.0) == [made.bout(2)]
    assert home.incidents(gateway) == [incident]
    assert home.incidents(gateway, end_s=3000.0) == []
    assert home.incidents(gateway)[0].snippet[0].acc == pytest.approx(incident.snippet[0].acc, abs=0.01)
    assert home.answers(gateway) == home.answers(gateway, incident) == [made.answer(3)]
    assert home.diary.check_ins(gateway) == [made.check_in(1, None), made.check_in(2, 7, "both_legs_weak")]
    assert home.diary.treatments(gateway) == [Treatment("exercise", "2026-01-01"), Treatment("injection", "2026-01-02")]
    assert home.diary.check_ins(OTHER) == home.diary.treatments(OTHER) == []
    assert home.tests(gateway) == [made.guided_test(1, None, "used the arms"), made.guided_test(2)]
    assert home.days(gateway) == [made.day(1), made.day(2)]
    assert [trend.metric for trend in home.trends(gateway)] == ["cadence_spm", "speed_mps", "speed_mps"]
    assert home.trends(gateway, "speed_mps") == [made.trend("2026-01-01"), made.trend("2026-01-02")]
    assert home.trends(gateway, "speed_mps", "right") == home.trends(gateway, side=None) == []
    assert [one.alert.alert_id for one in home.alerts()] == ["new", "old"]
    assert home.alerts(OTHER) == home.days(OTHER) == []


@settings(max_examples=30)
@given(made.days, st.lists(made.trends, max_size=3, unique_by=lambda trend: (trend.side, trend.metric)), made.alerts)
def test_any_record_is_read_back(day, trends, alert):
    store = open_store("sqlite://")
    store.keep_day(day, trends)
    store.keep_alert(alert)
    assert store.days(store.gateway()) == [day]
    assert sorted(map(repr, store.trends(store.gateway()))) == sorted(map(repr, trends))
    assert [one.alert for one in store.alerts()] == [alert]
    store.close()


def test_a_database_that_is_asked_too_much_at_once_is_said_to_be_busy(monkeypatch):
    """As any other trouble of it, so that a clinic goes on: its alerts are looked at again."""
    store = open_store("sqlite://")  # one line, handed round
    monkeypatch.setattr(store._engine.pool, "_timeout", 0.05)
    with store._engine.connect(), pytest.raises(StoreError, match="in use") as told:
        store.alert_log.waiting()
    assert told.value.trouble == "busy"
    assert store.alert_log.waiting() == []
    store.close()


def test_the_same_again_changes_nothing_and_is_not_sent_again(home):
    for _ in range(2):
        home.keep_bout(made.bout(1))
        home.keep_incident(made.incident(1, (made.signal(1.0),)))
        home.keep_day(made.day(1), [made.trend()])
        home.keep_alert(made.alert("a"))
    counts = home.counts()
    assert [counts[name] for name in ("bouts", "incidents", "days", "trends", "alerts", "outbox")] == [1] * 5 + [4]


def test_a_changed_row_replaces_the_old_one_and_is_sent_again(home):
    home.keep_day(made.day(1), [made.trend(), made.trend(metric="cadence_spm")])
    home.keep_day(made.day(1, speed_mps=0.8), [made.trend(state="quiet")])
    home.keep_alert(made.alert("a", "T2"))
    home.keep_alert(made.alert("a", "T3"))
    home.keep_incident(made.incident(1))
    home.keep_incident(made.incident(1, (made.signal(1.0),)))
    assert home.days(home.gateway()) == [made.day(1, speed_mps=0.8)]
    assert home.trends(home.gateway()) == [made.trend(state="quiet")]
    assert [one.alert.tier for one in home.alerts()] == ["T3"]
    assert len(home.incidents(home.gateway())[0].snippet) == 1
    assert home.outbox.count() == 6


def test_what_was_kept_without_sending_is_sent_when_asked_for(home):
    home.keep_bout(made.bout(1), outbox=False)
    home.keep_bout(made.bout(1), outbox=False)
    assert home.outbox.count() == 0
    home.keep_bout(made.bout(1))
    home.keep_bout(made.bout(1))
    assert home.outbox.count() == 1


def test_strides_stay_at_home(home):
    strides = [Stride("left", "shank", 10.0, 11.0, speed_mps=0.9), Stride("right", "shank", 10.5, 11.5, turning=True)]
    home.keep_strides(strides)
    home.keep_strides(strides[:1])
    assert home.strides(0, 100) == strides
    assert home.strides(10.2, 100) == strides[1:]
    assert home.outbox.count() == 0


def strides_of(*days: int, each: int = 3) -> list[Stride]:
    """So many strides of both legs on each of these days, around noon; day 0 began with the epoch."""
    starts = [86400.0 * day + 43200.0 + 1.2 * k for day in days for k in range(each)]
    return [Stride(side, "shank", start, start + 1.1) for start in starts for side in SIDES]


def kept_days(store: Store) -> list[int]:
    return sorted({int(one.start_s // 86400) for one in store.strides(-1e12, 1e12)})


def test_the_strides_of_the_newest_days_are_kept_and_all_else_for_good(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/small.sqlite", stride_days=3)
    for number in range(1, 8):
        store.keep_strides(strides_of(20_000 + number))
        store.keep_bout(made.bout(number))
        store.keep_day(made.day(number))
    assert kept_days(store) == [20_005, 20_006, 20_007]
    assert len(store.strides(0.0, 1e12)) == 3 * 6
    assert len(store.days(store.gateway())) == 7 and len(store.bouts(store.gateway())) == 7
    store.close()


def test_days_without_strides_and_a_clock_far_ahead_cost_little(tmp_path: Path) -> None:
    """Days are counted on which there are strides; what a broken clock dates takes the place of one of them."""
    store = open_store(f"sqlite:///{tmp_path}/small.sqlite", stride_days=3)
    store.keep_strides(strides_of(20_000, 20_050, 20_100))
    store.keep_day(made.day(1))
    assert kept_days(store) == [20_000, 20_050, 20_100]
    store.keep_strides(strides_of(60_000))
    store.keep_day(made.day(2))
    assert kept_days(store) == [20_050, 20_100, 60_000]
    store.keep_strides(strides_of(20_101))
    store.keep_day(made.day(3))
    assert kept_days(store) == [20_100, 20_101, 60_000]
    store.close()


def test_without_strides_nothing_is_dropped(home: Store) -> None:
    home.keep_day(made.day(1))
    assert home.strides(-1e12, 1e12) == []


def test_the_gateway_keeps_its_name(new_url):
    url = new_url()
    names = set()
    for _ in range(2):
        store = open_store(url)
        names.add(store.gateway())
        store.close()
    assert len(names) == 1
    assert open_store("sqlite://").gateway() not in names


def test_patients_are_listed_worst_first_and_named(home):
    (patient,) = home.gateway() and home.patients()
    assert patient.label == f"unnamed {home.gateway()[:8]}"
    assert (patient.last_seen_s, patient.last_day, patient.open_alerts, patient.worst_tier) == (None, None, 0, None)
    home.keep_day(made.day(2))
    home.keep_day(made.day(1))
    home.keep_alert(made.alert("a", "T1"))
    home.keep_alert(made.alert("b", "T3"))
    home.keep_alert(dataclasses.replace(made.alert("c", "T0"), channel="technical"))
    home.label_patient(home.gateway(), "  Mrs. Example ")
    (patient,) = home.patients()
    assert patient.label == home.alerts()[0].patient_label == "Mrs. Example"
    assert (patient.last_day, patient.open_alerts, patient.worst_tier) == (made.day(2), 2, "T3")
    assert patient.open_technical == 1
    home.label_patient(home.gateway(), "")
    assert home.patients()[0].label.startswith("unnamed")
    with pytest.raises(StoreError, match="No patient"):
        home.label_patient(OTHER, "x")


def test_the_first_acknowledgement_wins_and_later_ones_are_told(home):
    home.keep_alert(made.alert("a"))
    first = home.acknowledge("a", "Dr. First", 10.0, "called the patient")
    second = home.acknowledge("a", "Dr. Second", 20.0)
    assert first == second == home.alerts()[0]
    assert (first.acknowledged.who, first.acknowledged.at_s, first.acknowledged.note) == (
        "Dr. First",
        10.0,
        "called the patient",
    )
    assert home.patients()[0].open_alerts == 0
    assert home.counts()["alert_events"] == 1
    with pytest.raises(StoreError, match="No alert has the name b"):
        home.acknowledge("b", "Dr. First", 10.0)


def test_a_worse_alert_is_not_hidden_by_an_acknowledgement(home):
    home.keep_alert(made.alert("a", "T2"))
    home.acknowledge("a", "Dr. First", 10.0)
    home.keep_alert(made.alert("a", "T3"))
    assert home.alerts()[0].acknowledged is None
    assert home.patients()[0].worst_tier == "T3"
    assert home.acknowledge("a", "Dr. Second", 20.0).acknowledged.who == "Dr. Second"
    home.keep_alert(made.alert("a", "T1"))
    assert home.alerts()[0].acknowledged.who == "Dr. First"


# ---- what the patient tells


def test_the_last_answer_stands_and_all_are_kept(home):
    home.keep_incident(made.incident(1))
    home.keep_incident(made.incident(2))
    told = [made.answer(1, "no", 99.0), made.answer(1, "gave_way", 30.0), made.answer(2, "stumbled")]
    for one in (*told, told[0]):
        home.keep_answer(one)
    assert home.answers(home.gateway(), made.incident(1)) == [told[1], told[0]]
    assert home.answers(home.gateway(), made.incident(2)) == [told[2]]
    assert home.counts()["answers"] == 3 and home.outbox.count() == 2 + 3


def test_an_answer_needs_its_incident(home):
    home.keep_incident(made.incident(1))
    for other in (made.answer(2), dataclasses.replace(made.answer(1), side="right")):
        with pytest.raises(StoreError, match="No answer was stored"):
            home.keep_answer(other)
    assert home.counts()["answers"] == 0


def test_the_alert_of_a_check_in_goes_before_it(home):
    home.diary.keep_check_in(made.check_in(1, 9, "saddle_numbness"), [made.alert("red", "T4")])
    home.diary.keep_check_in(made.check_in(1, 9, "saddle_numbness"))
    assert [row.kind for row in home.outbox.pending(10)] == ["alert", "checkin"]
    assert [row.seq for row in home.outbox.pending(10)] == [1, 2]
    home.diary.keep_check_in(made.check_in(1, 8, "saddle_numbness"))
    pains = {one.pain for one in home.diary.check_ins(home.gateway())}
    assert pains == {9, 8}, "another one of that moment is kept too"


@pytest.mark.parametrize("change", ["UPDATE check_ins SET day = ''", "DELETE FROM check_ins"])
def test_check_ins_cannot_be_changed_or_deleted(home, change):
    home.diary.keep_check_in(made.check_in(1))
    with pytest.raises(StoreError, match="append-only"), home._write() as connection:
        connection.exec_driver_sql(change)
    assert home.diary.check_ins(home.gateway()) == [made.check_in(1)]


def test_a_treatment_is_withdrawn(home):
    wrong = Treatment("surgery", "2026-01-02")
    home.diary.keep_treatment(wrong, 1.0)
    home.diary.keep_treatment(dataclasses.replace(wrong, withdrawn=True), 2.0)
    assert home.diary.treatments(home.gateway()) == [] and home.outbox.count() == 2
    home.diary.keep_treatment(wrong, 3.0)
    assert home.diary.treatments(home.gateway()) == [wrong]


@pytest.mark.parametrize("change", ["UPDATE answers SET answer = 'no'", "DELETE FROM answers"])
def test_answers_cannot_be_changed_or_deleted(home, change):
    home.keep_incident(made.incident(1))
    home.keep_answer(made.answer(1))
    with pytest.raises(StoreError, match="append-only"), home._write() as connection:
        connection.exec_driver_sql(change)
    assert home.answers(home.gateway()) == [made.answer(1)]


def test_a_test_worked_out_anew_replaces_the_old_one(home):
    home.keep_test(made.guided_test(1))
    home.keep_test(made.guided_test(1, 10.4))
    assert home.tests(home.gateway()) == [made.guided_test(1, 10.4)] and home.outbox.count() == 2


def test_aids_are_kept_ended_and_taken_back(home):
    brace, shoes = Aid("brace", "2026-01-20"), Aid("shoes", "2026-01-10", name="trainers")
    home.diary.keep_aid(brace)
    home.diary.keep_aid(shoes)
    home.diary.keep_aid(dataclasses.replace(brace, end_day="2026-02-01"))
    assert home.diary.aids() == [shoes, dataclasses.replace(brace, end_day="2026-02-01")]
    assert home.diary.drop_aid(brace) and not home.diary.drop_aid(brace)
    assert home.diary.aids() == [shoes] and home.outbox.count() == 0


def test_an_older_database_gets_the_tables_it_lacks(new_url):
    """One made before answers, tests and aids were stored keeps what it holds."""
    url = new_url()
    store = open_store(url)
    store.keep_incident(made.incident(1))
    with store._write() as connection:
        for table in ("answers", "tests", "aids", "check_ins", "treatments"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE about SET value = '1' WHERE name = 'schema'")
    store.close()
    store = open_store(url)
    store.keep_answer(made.answer(1))
    store.keep_test(made.guided_test(1))
    store.diary.keep_aid(Aid("stick", "2026-01-20"))
    store.diary.keep_check_in(made.check_in(1))
    store.diary.keep_treatment(Treatment("exercise", "2026-01-20"), 1.0)
    with pytest.raises(StoreError, match="append-only"), store._write() as connection:
        connection.exec_driver_sql("DELETE FROM answers")
    with pytest.raises(StoreError, match="append-only"), store._write() as connection:
        connection.exec_driver_sql("DELETE FROM check_ins")
    assert [store.counts()[name] for name in ("incidents", "answers", "tests", "aids")] == [1, 1, 1, 1]
    store.close()


_ACKNOWLEDGEMENTS = Table(
    "acknowledgements",
    MetaData(),
    Column("id", Integer, primary_key=True),
    *(Column(name, Text) for name in ("gateway", "alert_id", "tier", "who", "note")),
    Column("at_s", Double),
)


def test_acknowledgements_of_an_older_database_become_events(new_url):
    url = new_url()
    store = open_store(url)
    for name in ("a", "b"):
        store.keep_alert(made.alert(name))
    old = {"gateway": store.gateway(), "alert_id": "a", "tier": "T2", "at_s": 10.0, "who": "Dr. First", "note": ""}
    with store._write() as connection:
        connection.exec_driver_sql("DROP TABLE alert_events")
        _ACKNOWLEDGEMENTS.create(connection)
        schema._make_append_only(connection, _ACKNOWLEDGEMENTS)
        connection.execute(_ACKNOWLEDGEMENTS.insert(), old)
        connection.exec_driver_sql("UPDATE about SET value = '3' WHERE name = 'schema'")
    store.close()
    store = open_store(url)
    taken = {one.alert.alert_id: one.acknowledged for one in store.alerts()}
    assert (taken["a"].who, taken["a"].at_s, taken["a"].note, taken["b"]) == ("Dr. First", 10.0, "", None)
    with pytest.raises(StoreError, match="append-only"), store._write() as connection:
        connection.exec_driver_sql("DELETE FROM alert_events")
    assert "acknowledgements" not in inspect(store._engine).get_table_names()
    store.close()


@pytest.mark.parametrize("change", ["UPDATE alert_events SET who = 'x'", "DELETE FROM alert_events"])
def test_acknowledgements_cannot_be_changed_or_deleted(home, change):
    home.keep_alert(made.alert("a"))
    home.acknowledge("a", "Dr. First", 10.0)
    with pytest.raises(StoreError, match="append-only"), home._write() as connection:
        connection.exec_driver_sql(change)
    assert home.alerts()[0].acknowledged.who == "Dr. First"


def test_a_number_that_is_none_is_not_kept(home):
    with pytest.raises(ValueError, match="finite"):
        home.keep_bout(dataclasses.replace(made.bout(1), speed_mps=float("nan")))
    assert home.counts()["bouts"] == home.outbox.count() == 0


def test_a_row_and_its_place_in_the_outbox_are_kept_together_or_not_at_all(home):
    spoil(home, "bouts", "no")
    with pytest.raises(StoreError, match="no"):
        home.keep_bout(made.bout(1))
    assert home.counts()["bouts"] == home.outbox.count() == 0


def test_threads_may_share_it(new_url):
    share(open_store(new_url()))


def test_threads_may_share_one_in_memory():
    share(open_store("sqlite://"))


def share(store: Store) -> None:

    def keep(first: int) -> None:
        for number in range(first, first + 20):
            store.keep_bout(made.bout(number))
            store.bouts(store.gateway())

    threads = [threading.Thread(target=keep, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.counts()["bouts"] == store.outbox.count() == 80
    store.close()


# ---- opening


def test_a_server_set_to_answer_before_it_has_written_is_told_otherwise(cluster):
    """PostgreSQL with synchronous_commit=off forgets what it has confirmed when it is killed."""
    name = f"hasty{time.monotonic_ns()}"
    url = cluster().new_place(name) + "%20-csynchronous_commit%3Doff"
    store = open_store(url)
    with store._read() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    store.close()


def test_a_server_that_was_started_again_is_used_at_once(cluster):
    store = open_store(cluster().new_place(f"again{time.monotonic_ns()}"))
    store.keep_bout(made.bout(1))
    cluster().kill()
    with pytest.raises(StoreError, match="server is there"):
        store.counts()
    cluster().start()
    assert store.counts()["bouts"] == 1
    store.close()


def test_sqlite_is_set_up_to_survive_a_power_cut(tmp_path):
    store = open_store(f"sqlite:///{tmp_path}/home.db")
    with store._read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    store.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert stat.S_IMODE((tmp_path / "home.db").stat().st_mode) == 0o600


def test_a_failed_upgrade_leaves_the_database_as_it_was(new_url, monkeypatch):
    url = new_url()
    store = open_store(url)
    store.keep_bout(made.bout(1))
    store.close()

    def half_a_step(connection) -> None:
        connection.exec_driver_sql("ALTER TABLE bouts ADD COLUMN novelty TEXT")
        connection.exec_driver_sql("ALTER TABLE nowhere ADD COLUMN novelty TEXT")

    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, (99, "half a step", half_a_step)))
    with pytest.raises(StoreError, match="nowhere"):
        open_store(url)
    monkeypatch.undo()
    store = open_store(url)
    assert "novelty" not in {column["name"] for column in inspect(store._engine).get_columns("bouts")}
    assert len(store.bouts(store.gateway())) == 1
    store.close()


def test_steps_are_run_once_and_in_order(new_url):
    ran = []
    steps = tuple((number, "", lambda connection, number=number: ran.append(number)) for number in (1, 2, 3))
    engine = create_engine(new_url())
    for upto in (1, 3, 3):
        with engine.begin() as connection:
            assert schema.upgrade(connection, steps[:upto]) == upto
    assert ran == [1, 2, 3]
    with engine.begin() as connection, pytest.raises(ValueError, match="schema 3"):
        schema.upgrade(connection, steps[:2])
    engine.dispose()


def test_a_newer_database_is_left_alone(new_url, monkeypatch):
    url = new_url()
    with monkeypatch.context() as later:
        later.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, (99, "later", lambda connection: None)))
        open_store(url).close()
    with pytest.raises(StoreError, match=r"schema 99.*newer surefoot"):
        open_store(url)


@pytest.mark.parametrize(
    "url, words",
    [
        ("", "not the address"),
        ("home.db", "not the address"),
        ("mysql://host/x", "cannot keep its records in mysql"),
        ("sqlite:///{}", "is a directory"),
        ("sqlite:///{}/no/such/home.db", "Make the directory"),
        ("sqlite:///{}/other.txt", "not a database"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(tmp_path, url, words):
    (tmp_path / "other.txt").write_text("This is not a database, it is a letter.\n" * 20)
    with pytest.raises(StoreError, match=words) as caught:
        open_store(url.format(tmp_path))
    assert caught.value.meaning and caught.value.remedy


def test_a_password_is_never_shown():
    with pytest.raises(StoreError) as caught:
        open_store("postgresql+psycopg://clinic:secret@127.0.0.1:1/surefoot")
    assert "secret" not in str(caught.value)


def test_a_full_disk_is_said_and_harms_nothing(tmp_path):
    home = open_store(f"sqlite:///{tmp_path}/home.db")
    with home._write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(StoreError, match="full") as caught:
        for number in range(1000):
            home.keep_incident(made.incident(number, (made.signal(2.0),)))
    assert "goes on by itself" in caught.value.remedy
    assert home.counts()["incidents"] == home.outbox.count()
    home.close()


def test_alert_fields_are_all_kept(home):
    """A field added to the record and forgotten in the message would vanish on its way."""
    home.keep_alert(made.alert("a"))
    stored = home.alerts()[0].alert
    assert {field.name for field in dataclasses.fields(Alert)} == set(type(stored).__slots__)
    assert stored == made.alert("a")


def test_no_error_of_a_database_tells_what_was_to_be_stored(home):
    """An error that nobody thought of goes into a log whole."""
    with pytest.raises(Exception, match="nowhere") as told, home._engine.begin() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": "Mrs. Secret"})
    assert "Secret" not in str(told.value)


def test_an_address_that_cannot_be_opened_does_not_tell_its_password():
    with pytest.raises(StoreError, match="cannot be opened") as told:
        open_store("postgresql+psycopg://ada:one_secret@127.0.0.1:1/x?password=another_secret")
    assert "secret" not in str(told.value)
