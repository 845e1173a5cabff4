"""A clinic program that runs for months: what it takes and looks at leaves nothing behind in its memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from chaosrows import Mix
from surefoot.alerts.bodies import AlertBody, BoutBody, IncidentBody, TestBody
from surefoot.alerts.messages import Kind, sendable, up_payload, up_topic
from surefoot.alerts.mqtt import Received
from surefoot.pipeline.clinic import take
from surefoot.pipeline.duty import look, settle, watch
from surefoot.pipeline.postman import Postman
from surefoot.pipeline.store import Store, open_store

NOW_S = 1.8e9
HOMES = [f"{k:08x}-0000-4000-8000-000000000000" for k in range(1, 9)]
MIX = Mix(alert_every=5)
KINDS: dict[type, Kind] = {AlertBody: "alert", BoutBody: "bout", IncidentBody: "incident", TestBody: "test"}
POSTMAN = Postman()


def taken(store: Store, first: int, count: int) -> None:
    """Rows of eight homes, four at a time, as they come on a quiet day."""
    batch: list[Received] = []
    for number in range(first, first + count):
        gateway, body = HOMES[number % 8], MIX.body(number)
        kind = KINDS[type(body)]
        text = sendable(kind, body)
        assert text is not None
        batch.append(Received(up_topic(gateway, kind), up_payload(gateway, number // 8 + 1, kind, text)))
        if len(batch) == 4:
            take(store, batch, NOW_S + number)
            batch = []


def looked(store: Store, times: int) -> None:
    for k in range(times):
        now_s = NOW_S + 1000 + 10 * k
        watch(store, now_s, NOW_S, days=k == 0)
        for claim in look(store, now_s):
            settle(store, claim, now_s)
        POSTMAN.due(store, now_s)


def in_circles(deed: Callable[[], None]) -> int:
    """Objects that a deed leaves to the collector of circles, until whose next full turn they are kept."""
    gc.collect()
    gc.disable()
    try:
        deed()
        return gc.collect()
    finally:
        gc.enable()


@pytest.fixture
def store(new_url: Callable[[], str]) -> Iterator[Store]:
    """Whose statements have all been used."""
    store = open_store(new_url())
    taken(store, 8, 80)
    looked(store, 5)
    yield store
    store.close()


def test_neither_messages_nor_looks_leave_objects(store: Store) -> None:
    gc.collect()
    before = len(gc.get_objects())
    taken(store, 88, 160)
    looked(store, 10)
    gc.collect()
    assert len(gc.get_objects()) - before < 200


def test_little_is_left_to_the_collector(store: Store) -> None:
    """What is left there for minutes is what makes a program of a quiet clinic larger and larger in its first hours."""
    assert in_circles(lambda: taken(store, 88, 160)) < 40
    assert in_circles(lambda: looked(store, 10)) < 10 * 100
