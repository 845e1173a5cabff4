"""The sending of what waits: it arrives, or it is said why it stays and how much."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import made
from broker import free_port, mosquitto
from surefoot.alerts.mqtt import Link
from surefoot.cli.sending import SendingError, send
from surefoot.pipeline.clinic import serve
from surefoot.pipeline.store import Store, open_store


@contextmanager
def clinic_at(url: str, store: Store) -> Iterator[None]:
    """A clinic that stores and answers, in a thread with a loop of its own."""
    listening = threading.Event()
    loop = asyncio.new_event_loop()

    async def work() -> None:
        ready = asyncio.Event()
        asyncio.create_task(ready.wait()).add_done_callback(lambda _: listening.set())
        await serve(store, Link(url, "clinic"), ready=ready)

    task = loop.create_task(work())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait({task})))
    thread.start()
    assert listening.wait(120)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for number in range(1, 31):
        store.keep_bout(made.bout(number))
    store.keep_alert(made.alert("weakness"))
    yield store
    store.close()


def refusal(home: Store, url: str) -> str:
    with pytest.raises(SendingError) as caught:
        send(home, url, lambda _: None, patience_s=1.0)
    assert home.outbox.count() == 31
    assert "Nothing is lost: 31 rows wait in the outbox." in str(caught.value)
    return str(caught.value)


def test_everything_arrives_once(home: Store, tmp_path: Path) -> None:
    clinic = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    steps: list[float] = []
    with mosquitto(tmp_path) as broker, clinic_at(broker.url, clinic):
        assert send(home, broker.url, steps.append) == 31
        assert send(home, broker.url, steps.append) == 0
    assert home.outbox.count() == 0
    assert clinic.bouts(home.gateway()) == home.bouts(home.gateway())
    assert len(clinic.alerts()) == 1
    clinic.close()


def test_nothing_listens(home: Store) -> None:
    told = refusal(home, f"mqtt://127.0.0.1:{free_port()}")
    assert "Nothing answers at" in told and "run the same command again" in told


def test_no_such_host_and_no_such_address(home: Store) -> None:
    assert "no host named" in refusal(home, "mqtt://no-such-host.invalid:1883")
    assert "not the address of a broker" in refusal(home, "http://127.0.0.1")


def test_wrong_password(home: Store, tmp_path: Path) -> None:
    with mosquitto(tmp_path, "gateway", "right") as broker:
        told = refusal(home, broker.url.replace("right", "wrong"))
    assert "refuses this user or password" in told and "wrong" not in told


def test_a_broker_without_a_clinic(home: Store, tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        told = refusal(home, broker.url)
        assert "no clinic answered within 1 s" in told
        clinic = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
        with clinic_at(broker.url, clinic):  # running it again is all there is to do
            assert send(home, broker.url, lambda _: None) == 31
        assert len(clinic.bouts(home.gateway())) == 30
        clinic.close()
