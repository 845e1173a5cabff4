"""What is kept of a store: read once for all who ask, and never shown once it is not so any more, whoever wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import Connection, event

import made
import story
from story import DAY_S, NOW_S, STEADY, WEAK, Home, day_s
from surefoot.alerts.bodies import AlertBody, DayBody
from surefoot.pipeline.kept import Kept
from surefoot.pipeline.store import Store, open_store


@pytest.fixture
def two(new_url: Callable[[], str]) -> Iterator[tuple[Store, Store]]:
    """Two programs on one database: what the one writes, the other reads."""
    url = new_url()
    writes, reads = open_store(url), open_store(url)
    for gateway in (WEAK, STEADY):
        Home(gateway).sign_of_life(writes, NOW_S)
    yield writes, reads
    writes.close()
    reads.close()


def opened(store: Store) -> dict[str, tuple[int, int]]:
    return {one.gateway: (one.open_alerts, one.urgent) for one in store.patients()}


def sentences(store: Store) -> list[tuple[str, str, bool]]:
    shown = store.alert_log.shown("clinical", 10)
    return [(one.patient_label, one.alert.sentence, one.life.is_open) for one in shown]


def test_open_alerts_are_those_of_now_whatever_another_program_does(two: tuple[Store, Store]) -> None:
    writes, reads = two
    weak = Home(WEAK)
    assert opened(reads) == {WEAK: (0, 0), STEADY: (0, 0)}
    first = made.alert("a", tier="T2", raised_s=NOW_S)
    weak.tell(writes, NOW_S, AlertBody.of(first))
    assert opened(reads)[WEAK] == (1, 0)
    assert sentences(reads)[0][1:] == (first.sentence, True)
    weak.tell(writes, NOW_S, AlertBody.of(replace(first, sentence="It says more by now.")))
    assert sentences(reads)[0][1] == "It says more by now."
    writes.label_patient(WEAK, "P-01")
    assert sentences(reads)[0][0] == "P-01"
    weak.tell(writes, NOW_S, AlertBody.of(replace(first, tier="T3")))
    assert opened(reads)[WEAK] == (1, 1)
    writes.acknowledge("a", "Ann", NOW_S)
    assert opened(reads)[WEAK] == (0, 0)
    assert sentences(reads)[0][2] is False


def test_what_was_deleted_is_not_shown_any_more(two: tuple[Store, Store]) -> None:
    writes, reads = two
    for gateway, name in ((WEAK, "a"), (STEADY, "b")):
        alert = AlertBody.of(made.alert(name, raised_s=NOW_S))
        Home(gateway).tell(writes, NOW_S, alert, DayBody.of_day(story.days(1)[0], ()))
    assert opened(reads) == {WEAK: (1, 0), STEADY: (1, 0)}
    writes.office.forget(WEAK, NOW_S, "Ann")
    assert opened(reads) == {STEADY: (1, 0)}
    assert len(sentences(reads)) == 1
    assert reads.patients()[0].last_day is not None
    writes.acknowledge("b", "Ann", NOW_S)
    assert len(sentences(reads)) == 1
    writes.office.forget_older(NOW_S + 400 * DAY_S, NOW_S + 400 * DAY_S)
    assert opened(reads) == {STEADY: (0, 0)}
    assert sentences(reads) == []
    assert reads.patients()[0].last_day is None


def test_the_last_day_and_its_trends_follow_also_when_an_earlier_number_comes_late(two: tuple[Store, Store]) -> None:
    writes, reads = two
    lived = story.days(3)
    weak = Home(WEAK)
    weak.tell(writes, NOW_S, DayBody.of_day(lived[1], ()))
    assert last(reads)[WEAK] == lived[1]
    assert reads.lists.wear([WEAK, STEADY]) == {WEAK: [lived[1]], STEADY: []}
    number = weak._seq
    weak._seq += 1  # on its way
    weak.tell(writes, NOW_S, AlertBody.of(made.alert("a")))
    assert last(reads)[WEAK] == lived[1]
    weak._seq = number
    weak.tell(writes, NOW_S, DayBody.of_day(lived[2], ()))
    assert last(reads)[WEAK] == lived[2]
    assert reads.lists.wear([WEAK])[WEAK] == [lived[1], lived[2]]


def last(store: Store) -> dict[str, object]:
    return {one.gateway: one.last_day for one in store.patients()}


def test_only_homes_that_sent_something_are_read_again(two: tuple[Store, Store]) -> None:
    writes, reads = two
    kept, read = Kept(), []

    def ask(**asked: str) -> dict[str, str]:
        def days(homes: list[str]) -> dict[str, str]:
            read.append(sorted(homes))
            return {home: f"{home} read" for home in homes}

        with reads._engine.begin() as connection:
            return kept.of_each(connection, "days", {WEAK: "", STEADY: ""} | asked, days)

    assert ask() == {WEAK: f"{WEAK} read", STEADY: f"{STEADY} read"} == ask()
    Home(WEAK).sign_of_life(writes, NOW_S + 60)
    ask()
    assert read == [sorted([WEAK, STEADY])]
    Home(WEAK).tell(writes, NOW_S, AlertBody.of(made.alert("a")))
    ask()
    assert read[1:] == [[WEAK]]
    ask(**{STEADY: "another day"})
    assert read[2:] == [[STEADY]]


def test_of_many_who_ask_at_once_one_reads(two: tuple[Store, Store]) -> None:
    writes, reads = two
    asked: list[str] = []
    event.listen(reads._engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    together = Barrier(8)

    def ask() -> int:
        together.wait()
        return opened(reads)[WEAK][0]

    Home(WEAK).tell(writes, NOW_S, AlertBody.of(made.alert("a", raised_s=NOW_S)))
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: ask(), range(8))) == [1] * 8
    assert sum("FROM alerts" in one for one in asked) == 1


def test_nothing_is_kept_of_a_homes_own_store(new_url: Callable[[], str]) -> None:
    store = open_store(new_url())
    store.keep_day(story.days(1)[0], outbox=False)
    assert store.patients()[0].last_day == story.days(1)[0]
    again = replace(story.days(1)[0], walking_min=1.0)
    store.keep_day(again, outbox=False)
    assert store.patients()[0].last_day == again
    store.keep_alert(made.alert("a", raised_s=day_s(1)), outbox=False)
    assert store.patients()[0].open_alerts == 1
    store.keep_alert(made.alert("b", raised_s=day_s(1)), outbox=False)
    assert store.patients()[0].open_alerts == 2
    assert len(store.alert_log.shown("clinical", 10)) == 2
    store.close()


def test_what_is_read_may_fail_and_is_read_again(two: tuple[Store, Store]) -> None:
    _, reads = two
    kept, tries = Kept(), []

    def read() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError
        return "read"

    def ask(connection: Connection) -> str:
        return kept.of_all(connection, "name", read)

    with reads._engine.begin() as connection:
        with pytest.raises(RuntimeError):
            ask(connection)
        assert ask(connection) == ask(connection) == "read"
    assert len(tries) == 2
