"""The clinic's side: each row of a home once, the newest of its kind, and an answer wherever one is possible."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event

import made
from made import HOME, OTHER
from spoiled import spoil
from surefoot.alerts.bodies import (
    AlertBody,
    AnswerBody,
    BoutBody,
    CheckInBody,
    DayBody,
    IncidentBody,
    StatusBody,
    TestBody,
    TreatmentBody,
)
from surefoot.alerts.messages import LARGEST_MESSAGE, ack_topic, read_ack, up_payload, up_topic
from surefoot.alerts.mqtt import Received
from surefoot.pipeline.clinic import ClinicParams, take
from surefoot.pipeline.inbox import KEPT_PAYLOAD, REUSED
from surefoot.pipeline.store import StoreError, open_store
from surefoot.records import Treatment


@pytest.fixture
def clinic(new_url):
    store = open_store(new_url())
    yield store
    store.close()


def message(seq, kind, body, gateway=HOME):
    return Received(up_topic(gateway, kind), up_payload(gateway, seq, kind, body.json_text()))


def day(seq, number=1, speed_mps=1.0, gateway=HOME):
    body = DayBody.of_day(made.day(number, speed_mps), (made.trend(f"2026-01-{number:02}"),))
    return message(seq, "day", body, gateway)


def bout(seq, number=1, gateway=HOME):
    return message(seq, "bout", BoutBody.of(made.bout(number)), gateway)


def alert(seq, name="a", tier="T2", gateway=HOME):
    return message(seq, "alert", AlertBody.of(made.alert(name, tier)), gateway)


def answers(clinic, *batch, now_s=100.0):
    """Stored and rejected sequence numbers per gateway, as the homes will read them."""
    found = {}
    for topic, payload in take(clinic, batch, now_s):
        ack = read_ack(topic, payload)
        found[ack.gateway] = (list(ack.stored), {row.seq: row.reason for row in ack.rejected})
    return found


def test_every_kind_is_stored_and_answered(clinic):
    incident = message(3, "incident", IncidentBody.of(made.incident(1, (made.signal(1.0),))))
    answer = message(5, "answer", AnswerBody.of(made.answer(1)))
    test = message(6, "test", TestBody.of(made.guided_test(1)))
    assert answers(clinic, bout(1), day(2), incident, alert(4), answer, test) == {HOME: ([1, 2, 3, 4, 5, 6], {})}
    assert clinic.answers(HOME) == clinic.answers(HOME, made.incident(1)) == [made.answer(1)]
    assert clinic.tests(HOME) == [made.guided_test(1)]
    assert clinic.bouts(HOME) == [made.bout(1)]
    assert clinic.days(HOME) == [made.day(1)]
    assert clinic.trends(HOME) == [made.trend("2026-01-01")]
    assert clinic.incidents(HOME) == [made.incident(1)]
    assert len(clinic.incidents(HOME)[0].snippet[0]) == 100
    assert [one.alert for one in clinic.alerts()] == [made.alert("a")]
    assert clinic.counts()["received"] == 6


def test_a_replay_changes_nothing_and_is_answered_again(clinic):
    answers(clinic, bout(1), day(2), now_s=100.0)
    before = clinic.counts(), clinic.days(HOME)
    assert answers(clinic, day(2), day(2), bout(1), now_s=200.0) == {HOME: ([2, 2, 1], {})}
    assert (clinic.counts(), clinic.days(HOME)) == before
    assert clinic.patients()[0].last_seen_s == 200.0


def test_a_batch_costs_few_questions_new_or_replayed(clinic):
    """After a crash most of what comes was stored before. When a replay cost more than a row that was new, a clinic on
    a busy machine took longer over a batch than the crashes were apart, and answered nobody any more."""
    asked = []
    event.listen(clinic._engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    batch = [bout(seq, seq) for seq in range(1, 101)]
    for _ in range(2):
        asked.clear()
        acks = [read_ack(topic, payload) for topic, payload in take(clinic, batch, 1.0)]
        assert sorted(seq for ack in acks for seq in ack.stored) == list(range(1, 101))
        assert len(asked) < 15, asked[:20]  # whatever the rows: deleted patients and holes are asked about once


def test_answers_stand_by_their_own_time_whatever_order_and_however_often_they_come(clinic):
    later = message(9, "answer", AnswerBody.of(made.answer(1, "stumbled", 90.0)))
    sooner = message(8, "answer", AnswerBody.of(made.answer(1, "gave_way", 30.0)))
    again = message(10, "answer", AnswerBody.of(made.answer(1, "gave_way", 30.0)))
    assert answers(clinic, later, sooner, later, again) == {HOME: ([9, 8, 9, 10], {})}
    assert [one.answer for one in clinic.answers(HOME, made.incident(1))] == ["gave_way", "stumbled"]
    assert clinic.answers(OTHER) == [] and clinic.counts()["dead_letters"] == 0


def test_check_ins_and_treatments_are_stored_once_and_the_newer_treatment_wins(clinic):
    told = message(5, "checkin", CheckInBody.of(made.check_in(1, 7, "both_legs_weak")))
    logged, withdrawn = (Treatment("injection", "2026-01-02", gone) for gone in (False, True))
    later = message(9, "treatment", TreatmentBody.of(withdrawn))
    sooner = message(8, "treatment", TreatmentBody.of(logged))
    assert answers(clinic, told, later, sooner, told) == {HOME: ([5, 9, 8, 5], {})}
    assert clinic.diary.check_ins(HOME) == [made.check_in(1, 7, "both_legs_weak")]
    assert clinic.diary.treatments(HOME) == [] and clinic.counts()["treatments"] == 1
    assert answers(clinic, message(10, "treatment", TreatmentBody.of(logged))) == {HOME: ([10], {})}
    assert clinic.diary.treatments(HOME) == [logged]


def test_a_number_used_for_something_else_is_rejected_and_kept(clinic):
    answers(clinic, bout(1))
    assert answers(clinic, bout(1, number=2), bout(2, number=3)) == {HOME: ([2], {1: REUSED})}
    assert clinic.bouts(HOME) == [made.bout(1), made.bout(3)]
    assert clinic.counts()["dead_letters"] == 1


def test_the_newer_day_wins_whenever_it_comes(clinic):
    assert answers(clinic, day(5, speed_mps=0.8)) == {HOME: ([5], {})}
    assert answers(clinic, day(3, speed_mps=1.2)) == {HOME: ([3], {})}, "the older one is answered, and not shown"
    assert clinic.days(HOME) == [made.day(1, 0.8)]
    answers(clinic, day(7, speed_mps=0.7))
    assert clinic.days(HOME) == [made.day(1, 0.7)]
    assert len(clinic.trends(HOME)) == 1


def test_an_older_alert_does_not_take_back_a_newer_one(clinic):
    answers(clinic, alert(9, tier="T3"), now_s=50.0)
    answers(clinic, alert(8, tier="T1"), now_s=60.0)
    answers(clinic, alert(10, tier="T4"), now_s=70.0)
    (stored,) = clinic.alerts()
    assert (stored.alert.tier, stored.stored_s) == ("T4", 50.0)


def test_homes_do_not_touch_each_other(clinic):
    batch = day(1), day(1, speed_mps=0.5, gateway=OTHER), alert(2), alert(2, gateway=OTHER)
    assert answers(clinic, *batch) == {HOME: ([1, 2], {}), OTHER: ([1, 2], {})}
    assert clinic.days(HOME) == [made.day(1)]
    assert clinic.days(OTHER) == [made.day(1, 0.5)]
    with pytest.raises(StoreError, match="More than one alert"):
        clinic.acknowledge("a", "Dr. First", 1.0)
    clinic.acknowledge("a", "Dr. First", 1.0, gateway=OTHER)
    assert [(one.gateway, one.acknowledged is None) for one in clinic.alerts()] == [(HOME, True), (OTHER, False)]
    clinic.label_patient(OTHER, "Mr. Other")
    assert [patient.label for patient in clinic.patients()] == [f"unnamed {HOME[:8]}", "Mr. Other"]


def test_two_workers_who_hear_the_same_homes_never_wait_in_a_circle(new_url):
    """PostgreSQL ends a circle of locks after a second by failing one of the two."""
    url, homes = new_url(), [f"{n:08x}-4e5f-4a6b-8c7d-9e0f1a2b3c4d" for n in range(12)]
    stores = [open_store(url), open_store(url)]
    take(stores[0], [bout(1, gateway=home) for home in homes], 1.0)

    def work(store, order):
        for seq in range(2, 22):
            take(store, [left(home) for home in order], 1.0)
            take(store, [bout(seq, seq, home) for home in order], 1.0)

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(work, store, order) for store, order in zip(stores, (homes, homes[::-1]), strict=True)]
        assert [job.result() for job in jobs] == [None, None]
    assert stores[0].counts()["received"] == 12 * 21
    for store in stores:
        store.close()


def left(gateway):
    text = StatusBody(link="down").json_text()
    return Received(up_topic(gateway, "status"), up_payload(gateway, None, "status", text))


def test_the_topic_says_who_sent_it(clinic):
    """A broker's access list guards topics; the name inside a message is only a claim."""
    forged = Received(up_topic(OTHER, "bout"), bout(1).payload)
    assert answers(clinic, forged) == {OTHER: ([], {1: "the gateway in the message is not the gateway of its topic"})}
    assert clinic.bouts(HOME) == clinic.bouts(OTHER) == clinic.patients() == []


def test_poison_is_answered_buried_once_and_harms_nobody(clinic):
    poison = Received(up_topic(HOME, "day"), b'{"v":1,"seq":2,"body":')
    for _ in range(3):
        stored, rejected = answers(clinic, bout(1), poison, bout(3, number=3))[HOME]
        assert stored == [1, 3]
        assert "JSON" in rejected[2]
    assert len(clinic.bouts(HOME)) == 2
    assert clinic.counts()["dead_letters"] == 1


def test_a_reason_that_would_quote_what_no_database_holds_is_answered(clinic):
    """A field with NUL in its name once ended the clinic, again and again: its home sends until it is answered."""
    body = BoutBody.of(made.bout(2)).json_text().replace("{", '{"a\\u0000b":1,', 1)
    nasty = Received(up_topic(HOME, "bout"), up_payload(HOME, 2, "bout", body))
    stored, rejected = answers(clinic, bout(1), nasty)[HOME]
    assert stored == [1]
    assert "\x00" not in rejected[2] and "a?b" in rejected[2]


def test_what_names_no_number_or_home_is_buried_without_an_answer(clinic):
    batch = Received(up_topic(HOME, "day"), b"\x00\xff"), Received("surefoot/v1/me/up/day", b"{}"), bout(1)
    assert answers(clinic, *batch) == {HOME: ([1], {})}
    assert clinic.counts()["dead_letters"] == 2


def test_signs_of_life_that_cannot_be_read_do_not_fill_the_database(clinic):
    """Of a home with a newer surefoot one comes every minute, for as long as nobody updates the clinic."""
    answers(clinic, bout(1))
    for minute in range(5):
        payload = json.dumps(
            {"v": 1, "gateway": HOME, "kind": "status", "body": {"link": "up", "new": minute}}
        ).encode()
        answers(clinic, Received(up_topic(HOME, "status"), payload))
    assert clinic.counts()["dead_letters"] == 1
    with clinic._read() as connection:
        assert b'"new": 4' in connection.exec_driver_sql("SELECT payload FROM dead_letters").scalar()
    assert clinic.arrivals.turned_down(0.0) == {}, "nothing of them waits at home"


def test_an_oversize_message_is_rejected_and_buried_short(clinic):
    large = json.loads(bout(1).payload) | {"pad": "x" * 200_000}
    payload = json.dumps(large).encode()
    assert answers(clinic, Received(up_topic(HOME, "bout"), payload))[HOME][1].keys() == {1}
    with clinic._read() as connection:
        buried = connection.exec_driver_sql("SELECT payload FROM dead_letters").scalar()
    assert len(buried) == KEPT_PAYLOAD


def test_a_row_the_database_refuses_is_rejected_alone(clinic):
    spoil(clinic, "bouts", "not this one", "NEW.start_s = 200")
    stored, rejected = answers(clinic, bout(1), bout(2, number=2), bout(3, number=3))[HOME]
    assert stored == [1, 3]
    assert "not this one" in rejected[2]
    assert clinic.counts()["received"] == 2


def test_nothing_is_answered_when_nothing_was_committed(tmp_path):
    clinic = open_store(f"sqlite:///{tmp_path}/clinic.db")
    with clinic._write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="full"):
        for seq in range(1, 200):
            take(clinic, [alert(seq, name=f"alert {seq}")], 1.0)
    assert clinic.counts()["received"] == clinic.counts()["alerts"]
    clinic.close()


def test_a_status_is_a_sign_of_life_and_a_last_will_is_none(clinic):
    def status(**body):
        text = StatusBody(**body).json_text()
        return Received(up_topic(HOME, "status"), up_payload(HOME, None, "status", text))

    assert answers(clinic, status(link="up", pending=7), now_s=100.0) == {}
    assert answers(clinic, status(link="down"), now_s=900.0) == {}
    (patient,) = clinic.patients()
    assert (patient.last_seen_s, patient.link, patient.pending) == (100.0, "down", 7)


def test_a_long_answer_is_cut_into_messages_that_fit(clinic):
    params = ClinicParams(answers=40)
    batch = [
        Received(up_topic(HOME, "bout"), json.dumps({"seq": seq, "x": "y" * 50}).encode()) for seq in range(1, 101)
    ]
    sent = take(clinic, [*batch, bout(200)], 1.0, params)
    assert [topic for topic, _ in sent] == [ack_topic(HOME)] * 3
    assert max(len(payload) for _, payload in sent) < LARGEST_MESSAGE
    acks = [read_ack(topic, payload) for topic, payload in sent]
    assert sorted(row.seq for ack in acks for row in ack.rejected) == list(range(1, 101))
    assert [seq for ack in acks for seq in ack.stored] == [200]
