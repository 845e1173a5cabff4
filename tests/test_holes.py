"""Holes: what a home numbered and the clinic lacks is seen as missing, whatever order things arrive in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made
from made import HOME, OTHER
from surefoot.alerts.bodies import AlertBody, Body, BoutBody, StatusBody
from surefoot.alerts.messages import Kind, read_ack, up_payload, up_topic
from surefoot.alerts.mqtt import Received
from surefoot.pipeline.clinic import take
from surefoot.pipeline.complaints import ALERT_REFUSED, CLOCK_OFF, NUMBER_REUSED, ROWS_MISSING, ROWS_REFUSED
from surefoot.pipeline.duty import watch
from surefoot.pipeline.holes import SHOWN_AFTER_S
from surefoot.pipeline.store import Store, open_store

LATER_S = SHOWN_AFTER_S + 1.0


@pytest.fixture
def clinic(new_url: Callable[[], str]) -> Iterator[Store]:
    store = open_store(new_url())
    yield store
    store.close()


def bout(seq: int, gateway: str = HOME) -> Received:
    text = BoutBody.of(made.bout(seq)).json_text()
    return Received(up_topic(gateway, "bout"), up_payload(gateway, seq, "bout", text))


def status(gateway: str = HOME, **told: object) -> Received:
    body = StatusBody(**{"link": "up", **told})
    return Received(up_topic(gateway, "status"), up_payload(gateway, None, "status", body.json_text()))


def missing(clinic: Store, now_s: float = 1e6, gateway: str | None = None) -> list[tuple[int, int, bool]]:
    return [(one.first, one.last, one.gone) for one in clinic.arrivals.missing(now_s, gateway)]


def open_alerts(clinic: Store) -> dict[str, str]:
    """Of technical alerts that go on: kind and sentence."""
    return {one.kind: one.sentence for one in clinic.alert_log.going_on()}


def test_rows_without_a_gap_leave_no_hole(clinic: Store) -> None:
    take(clinic, [bout(2), bout(1)], 1.0)
    take(clinic, [bout(3)], 2.0)
    take(clinic, [bout(3), bout(1)], 3.0)  # a replay
    assert missing(clinic) == []


def test_a_hole_is_told_after_a_minute_and_closes_when_its_rows_come(clinic: Store) -> None:
    take(clinic, [bout(1), bout(5)], 100.0)
    assert missing(clinic, 100.0 + SHOWN_AFTER_S - 1) == []
    assert missing(clinic, 100.0 + SHOWN_AFTER_S) == [(2, 4, False)]
    take(clinic, [bout(3)], 200.0)
    assert missing(clinic) == [(2, 2, False), (4, 4, False)]
    take(clinic, [bout(4), bout(2)], 300.0)
    assert missing(clinic) == []


def test_homes_have_holes_of_their_own(clinic: Store) -> None:
    take(clinic, [bout(3), bout(1, OTHER), bout(2, OTHER)], 1.0)
    assert missing(clinic, gateway=HOME) == missing(clinic) == [(1, 2, False)]
    assert missing(clinic, gateway=OTHER) == []


def test_what_waits_at_home_is_late_and_what_does_not_is_gone(clinic: Store) -> None:
    take(clinic, [bout(1), bout(10)], 1.0)
    take(clinic, [status(pending=2, oldest=8, newest=10)], 2.0)
    assert missing(clinic) == [(2, 9, False)], "8 and 9 may still come"
    take(clinic, [status(pending=1, oldest=9, newest=10)], 2.5)
    assert missing(clinic) == [(2, 9, False)], "9 itself waits"
    take(clinic, [bout(8), bout(9)], 3.0)
    assert missing(clinic) == [(2, 7, True)]
    take(clinic, [status(pending=0, newest=10)], 4.0)
    assert missing(clinic) == [(2, 7, True)]


def test_a_last_will_does_not_make_anything_gone(clinic: Store) -> None:
    take(clinic, [bout(1), bout(3)], 1.0)
    take(clinic, [status(link="down")], 2.0)
    assert missing(clinic) == [(2, 2, False)]


def test_rows_that_a_clinic_lost_again_are_missed(clinic: Store) -> None:
    """As after its database was restored from a copy: the home was answered for more than is there."""
    take(clinic, [bout(seq) for seq in range(1, 6)], 1.0)
    take(clinic, [status(pending=0, newest=40)], 2.0)
    assert missing(clinic) == [(6, 40, True)]


def test_what_was_refused_is_no_hole_but_a_dead_letter(clinic: Store) -> None:
    poison = Received(up_topic(HOME, "bout"), json.dumps({"v": 1, "seq": 2, "x": 1}).encode())
    take(clinic, [bout(1), poison], 1.0)
    take(clinic, [bout(3)], 2.0)
    assert missing(clinic) == [] and clinic.counts()["dead_letters"] == 1
    far = Received(up_topic(HOME, "bout"), json.dumps({"v": 1, "seq": 10**15, "x": 1}).encode())
    take(clinic, [far], 3.0)
    assert missing(clinic) == [], "rubbish is not believed that a home has come so far"


def test_a_letter_that_came_before_its_home_was_known_makes_no_hole_later(clinic: Store) -> None:
    take(clinic, [Received(up_topic(HOME, "bout"), json.dumps({"v": 1, "seq": 2, "x": 1}).encode())], 1.0)
    take(clinic, [bout(1), bout(4)], 2.0)
    assert missing(clinic) == [(3, 3, False)]


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=6), min_size=1, max_size=8))
def test_whatever_arrives_in_whatever_order_the_holes_are_what_is_lacking(batches: list[list[int]]) -> None:
    store = open_store("sqlite://")
    for batch in batches:
        take(store, [bout(seq) for seq in batch], 1.0)
    arrived = {seq for batch in batches for seq in batch}
    lacking = [seq for first, last, _ in missing(store) for seq in range(first, last + 1)]
    assert lacking == sorted(set(range(1, max(arrived) + 1)) - arrived)
    store.close()


def test_a_database_that_has_rows_already_begins_where_it_is(new_url: Callable[[], str]) -> None:
    url = new_url()
    store = open_store(url)
    take(store, [bout(1), bout(7)], 1.0)
    with store._write() as connection:
        connection.exec_driver_sql("DROP TABLE holes")
        connection.exec_driver_sql("DROP TABLE reached")
        connection.exec_driver_sql("UPDATE about SET value = '8' WHERE name = 'schema'")
    store.close()
    store = open_store(url)
    assert missing(store) == []
    take(store, [bout(9)], 2.0)
    assert missing(store) == [(8, 8, False)]
    store.close()


# ---- what a person is told


def test_rows_that_will_not_come_are_told_once_shown_and_over_after_a_day(clinic: Store) -> None:
    take(clinic, [bout(1), bout(5)], 1e6)
    watch(clinic, 1e6 + LATER_S, 1e6)
    assert ROWS_MISSING not in open_alerts(clinic), "they may still come"
    take(clinic, [status(pending=0, newest=5)], 1e6 + LATER_S)
    for later_s in (0.0, 60.0):
        watch(clinic, 1e6 + LATER_S + later_s, 1e6)
        assert "3 findings of this home did not arrive and will not" in open_alerts(clinic)[ROWS_MISSING]
    assert clinic.patients()[0].missing == 3
    take(clinic, [status(pending=0, newest=5)], 1e6 + 2 * 86400)
    watch(clinic, 1e6 + 2 * 86400, 1e6)
    assert ROWS_MISSING not in open_alerts(clinic) and clinic.patients()[0].missing == 3


def test_a_number_that_comes_back_with_other_content_is_a_security_alert(clinic: Store) -> None:
    take(clinic, [bout(1), bout(2)], 1e6)
    replay = take(clinic, [bout(1)], 1e6)
    watch(clinic, 1e6, 1e6)
    assert NUMBER_REUSED not in open_alerts(clinic), "a replay is none"
    assert [list(read_ack(*answer).stored) for answer in replay] == [[1]]
    other = BoutBody.of(made.bout(9)).json_text()
    take(clinic, [Received(up_topic(HOME, "bout"), up_payload(HOME, 1, "bout", other))], 1e6)
    watch(clinic, 1e6, 1e6)
    assert "a second one sends under its name" in open_alerts(clinic)[NUMBER_REUSED]
    assert clinic.bouts(HOME) == [made.bout(1), made.bout(2)] and clinic.counts()["dead_letters"] == 1
    take(clinic, [bout(3)], 1e6 + 90_000)
    watch(clinic, 1e6 + 90_000, 1e6)
    assert NUMBER_REUSED not in open_alerts(clinic)


def test_what_cannot_be_read_is_told_an_alert_above_all(clinic: Store) -> None:
    """As of a home with a newer surefoot: it is turned down for good, so nobody would ever hear of it."""
    take(clinic, [bout(1)], 1e6)
    assert told_of_unread(clinic, 2, "bout", BoutBody.of(made.bout(2))) == (ROWS_REFUSED, "1 message of this home")
    alert = AlertBody.of(made.alert("worse", "T3"))
    assert told_of_unread(clinic, 3, "alert", alert) == (ALERT_REFUSED, "2 messages of this home")
    assert "ask the patient today" in open_alerts(clinic)[ALERT_REFUSED]
    take(clinic, [bout(4)], 1e6 + 90_000)
    watch(clinic, 1e6 + 90_000, 1e6 + 90_000)
    assert open_alerts(clinic) == {}


def told_of_unread(clinic: Store, seq: int, kind: Kind, body: Body) -> tuple[str, str]:
    """The alert there is once a message with a field too many has come, and how it begins."""
    newer = f'{body.json_text()[:-1]},"newer":1}}'
    answers = take(clinic, [Received(up_topic(HOME, kind), up_payload(HOME, seq, kind, newer))], 1e6)
    assert [one.seq for answer in answers for one in read_ack(*answer).rejected] == [seq]
    watch(clinic, 1e6 + 1, 1e6)
    ((named, sentence),) = open_alerts(clinic).items()
    return named, sentence.partition(" could not be read")[0]


@pytest.mark.parametrize(
    ("told", "kind", "words"),
    [
        ({"faults": ("disk_full",)}, "home_disk_full", "is full or nearly so"),
        ({"faults": ("disk_failing",)}, "home_disk_failing", "cannot be written"),
        ({"faults": ("store_failing",)}, "home_store_failing", "cannot keep what it finds"),
        ({"faults": ("clock_unset",)}, "home_clock_unset", "since it was switched on"),
        ({"at_s": 1e6 - 86400}, CLOCK_OFF, "86400 s slow"),
        ({"at_s": 1e6 + 86400}, CLOCK_OFF, "86400 s fast"),
    ],
)
def test_what_a_home_says_of_itself_is_told_until_it_is_over(
    clinic: Store, told: dict[str, object], kind: str, words: str
) -> None:
    take(clinic, [status(**told)], 1e6)
    watch(clinic, 1e6 + 1, 1e6)
    assert words in open_alerts(clinic)[kind] and len(open_alerts(clinic)) == 1
    take(clinic, [status(at_s=1e6 + 60)], 1e6 + 60)
    watch(clinic, 1e6 + 60, 1e6)
    assert open_alerts(clinic) == {}


def test_a_home_that_tells_of_a_fault_this_clinic_does_not_know_is_heard_all_the_same(clinic: Store) -> None:
    """One with a newer surefoot: called silent it would be looked for in vain."""
    take(clinic, [status()], 1e6)
    known = status(faults=("disk_full", "clock_unset"))
    newer = Received(known.topic, known.payload.replace(b"clock_unset", b"cat_on_the_box"))
    take(clinic, [newer], 1e6 + 86_400)
    assert clinic.homes() == {HOME: 1e6 + 86_400}
    watch(clinic, 1e6 + 86_401, 1e6)
    assert set(open_alerts(clinic)) == {"home_disk_full"}
    take(clinic, [Received(known.topic, known.payload.replace(b'"clock_unset"', b"7"))], 1e6 + 86_402)
    assert clinic.homes() == {HOME: 1e6 + 86_400}, "no name at all"


def test_what_a_home_said_before_it_fell_silent_is_not_told_anew_each_day(clinic: Store) -> None:
    """It is neither over nor news; that the home is silent is told."""
    take(clinic, [status(faults=("disk_full",), at_s=1e6)], 1e6)
    for day in range(5):
        watch(clinic, 1e6 + 1 + day * 86_400, 1e6)
        assert set(open_alerts(clinic)) == {"home_disk_full", *(["gateway_silent"] if day else [])}
    assert sum(one.alert.kind == "home_disk_full" for one in clinic.alerts()) == 1
    again_s = 1e6 + 5 * 86_400
    take(clinic, [status(faults=("disk_full",), at_s=again_s)], again_s)
    watch(clinic, again_s + 1, again_s)
    assert set(open_alerts(clinic)) == {"home_disk_full"} and len(clinic.alerts()) == 3
