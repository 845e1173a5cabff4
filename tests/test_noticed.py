"""The home learns that an alert was seen or taken on: it asks with its sign of life, and the patient's page says so."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import made
from broker import mosquitto
from story import NOW_S
from surefoot.alerts.actions import acknowledge, see
from surefoot.alerts.bodies import MOST_ASKED, AlertBody, StatusBody
from surefoot.alerts.messages import Noticed, ack_topic, read_ack, up_payload, up_topic
from surefoot.alerts.mqtt import Received
from surefoot.pipeline.clinic import take
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.noticed import ASKED_S, answer, keep, to_ask
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.window import DeliveryParams
from test_delivery import line, running, serving
from test_homepage import asked as page
from test_web import text

TAKEN_S = NOW_S + 4800.0


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    yield store
    store.close()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


def send(home: Store, clinic: Store, seq: int, name: str, tier: str = "T3", raised_s: float = NOW_S - 60.0) -> None:
    """An alert is raised at home, and arrives."""
    alert = made.alert(name, tier, raised_s)
    home.keep_alert(alert)
    gateway = home.gateway()
    payload = up_payload(gateway, seq, "alert", AlertBody.of(alert).json_text())
    take(clinic, [Received(up_topic(gateway, "alert"), payload)], NOW_S)


def sign_of_life(home: Store, clinic: Store, now_s: float = TAKEN_S) -> list[Noticed]:
    """What the clinic answers to it; the home keeps it."""
    gateway = home.gateway()
    body = StatusBody(link="up", pending=0, asks=to_ask(home, now_s)).json_text()
    answers = take(clinic, [Received(up_topic(gateway, "status"), up_payload(gateway, None, "status", body))], now_s)
    told = [one for answer in answers for one in read_ack(*answer).noticed]
    assert all(topic == ack_topic(gateway) for topic, _ in answers)
    keep(home, told)
    return told


def shown(home: Store, now_s: float = TAKEN_S + 60.0) -> str:
    return text(page(home, "GET", "/", now_s=now_s))


def test_the_page_says_how_far_the_care_team_has_come(home: Store, clinic: Store) -> None:
    send(home, clinic, 1, "sudden")
    gateway = home.gateway()
    assert sign_of_life(home, clinic) == [] and "not known here yet that anybody" in shown(home)
    clinic.alert_log.act(gateway, "sudden", lambda life: see(life, "Ann", NOW_S + 600.0))
    (seen,) = sign_of_life(home, clinic)
    assert (seen.what, seen.at_s) == ("seen", NOW_S + 600.0)
    assert "on a screen of your care team at 09:22" in shown(home)
    clinic.alert_log.act(gateway, "sudden", lambda life: acknowledge(life, "Ann", TAKEN_S))
    (taken,) = sign_of_life(home, clinic)
    assert (taken.what, taken.at_s) == ("acknowledged", TAKEN_S)
    assert "Your care team has taken notice of this at 10:32." in shown(home)
    assert to_ask(home, TAKEN_S) == () and sign_of_life(home, clinic) == [], "it need not ask any more"
    assert all(event.who != "Ann" for event in home.alert_log.events(gateway, "sudden")), "no name leaves the clinic"


def test_what_nobody_has_taken_on_is_said_before_what_somebody_has(home: Store, clinic: Store) -> None:
    for seq, name in ((1, "one"), (2, "other")):
        send(home, clinic, seq, name)
    clinic.alert_log.act(home.gateway(), "one", lambda life: acknowledge(life, "Ann", TAKEN_S))
    sign_of_life(home, clinic)
    assert "not known here yet that anybody" in shown(home)


def test_without_an_urgent_alert_nothing_is_said(home: Store, clinic: Store) -> None:
    send(home, clinic, 1, "review", "T2")
    assert "care team has" not in shown(home) and to_ask(home, NOW_S) == ("review",)


def test_it_asks_about_the_newest_for_a_week(home: Store, clinic: Store) -> None:
    for k in range(MOST_ASKED + 2):
        send(home, clinic, k + 1, f"alert {k}", raised_s=NOW_S - 100.0 + k)
    send(home, clinic, 99, "weekly", "T1")
    assert to_ask(home, NOW_S) == tuple(f"alert {k}" for k in reversed(range(2, MOST_ASKED + 2)))
    assert to_ask(home, NOW_S + ASKED_S) == ()


def test_words_about_what_nobody_knows_do_nothing(home: Store, clinic: Store) -> None:
    keep(home, [Noticed(alert_id="no such", what="acknowledged", at_s=1.0)])
    assert home.alerts() == [] and answer(clinic, home.gateway(), ["no such"]) == []
    send(home, clinic, 1, "sudden")
    word = Noticed(alert_id="sudden", what="acknowledged", at_s=TAKEN_S)
    for _ in range(3):
        keep(home, [word])
    assert len(home.alert_log.events(home.gateway(), "sudden")) == 1


def test_a_home_that_asks_nothing_gets_the_answers_it_always_got(home: Store, clinic: Store) -> None:
    send(home, clinic, 1, "sudden")
    clinic.alert_log.act(home.gateway(), "sudden", lambda life: acknowledge(life, "Ann", TAKEN_S))
    body = StatusBody(link="up").json_text()
    assert "asks" not in body
    told = Received(up_topic(home.gateway(), "status"), up_payload(home.gateway(), None, "status", body))
    assert take(clinic, [told], TAKEN_S) == []
    again = up_payload(home.gateway(), 1, "alert", AlertBody.of(home.alerts()[0].alert).json_text())
    ((_, payload),) = take(clinic, [Received(up_topic(home.gateway(), "alert"), again)], TAKEN_S)
    assert set(json.loads(payload)) == {"v", "gateway", "stored", "rejected"}


def test_what_is_stored_is_answered_though_no_word_can_be_said_of_an_alert(
    home: Store, clinic: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sealed alert that was changed must not keep the rows of all homes of a batch unanswered."""

    def unreadable(*_: object) -> None:
        raise StoreError("The records cannot be read: a sealed text was changed.", "", "", "sealed")

    send(home, clinic, 1, "sudden")
    gateway = home.gateway()
    asks = StatusBody(link="up", pending=0, asks=to_ask(home, TAKEN_S)).json_text()
    row = up_payload(gateway, 2, "alert", AlertBody.of(made.alert("other", "T2", NOW_S)).json_text())
    batch = [
        Received(up_topic(gateway, "status"), up_payload(gateway, None, "status", asks)),
        Received(up_topic(gateway, "alert"), row),
    ]
    monkeypatch.setattr(clinic.alert_log, "named", unreadable)
    assert [read_ack(*answer).stored for answer in take(clinic, batch, TAKEN_S)] == [(2,)]


def test_over_a_broker(tmp_path: Path, home: Store, clinic: Store) -> None:
    async def run() -> None:
        often = DeliveryParams(status_s=0.1, look_s=0.05)
        sending = deliver(home, line(broker, "home"), often, clock=lambda: NOW_S)
        async with serving(clinic, line(broker, "clinic")), running(sending), asyncio.timeout(60):
            while not clinic.alerts():
                await asyncio.sleep(0.02)
            await asyncio.to_thread(
                clinic.alert_log.act, home.gateway(), "sudden", lambda life: acknowledge(life, "Ann", TAKEN_S)
            )
            while home.alerts()[0].life.is_open:
                await asyncio.sleep(0.02)

    home.keep_alert(made.alert("sudden", "T3", NOW_S - 60.0))
    with mosquitto(tmp_path) as broker:
        asyncio.run(run())
    taken = home.alerts()[0].life.acknowledged
    assert taken is not None and (taken.who, taken.at_s) == ("care team", TAKEN_S)
