"""Home Assistant: what it is told on a real Mosquitto, what it is not told; and the home goes on whatever it does."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest

import made
from broker import Mosquitto, mosquitto
from surefoot.alerts.homeassistant import HomeState, discovery, state_text, topics
from surefoot.alerts.messages import Noticed
from surefoot.cli.board import Board
from surefoot.cli.homeassistant import HomeAssistant, HomeAssistantError, check_apart, telling
from surefoot.config import Config, ConfigError, load_config
from surefoot.pipeline import noticed
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import SIDES, Minute, SensorStatus, Stride, WornSensor

NOW_S = 1_769_677_920.0  # 2026-01-29, 09:12 UTC
KEYS = [(side, "shank") for side in SIDES]
WORN = [WornSensor(side, "shank", "open", f"C0:00:00:00:00:0{k}", "", 104.0, 0.0) for k, side in enumerate(SIDES)]
GATEWAY = "1a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
STATE = HomeState(
    3.456, dict.fromkeys(SIDES, 812), {"left": 2, "right": 0}, {KEYS[0]: 81, KEYS[1]: None}, NOW_S, "T2", ""
)


# ---- what is told


def test_every_entity_reads_something_that_is_told() -> None:
    told, where = json.loads(state_text(STATE)), topics(GATEWAY)
    known = json.loads(discovery(where, SIDES, KEYS, "1.0"))
    parts = known["components"]
    assert set(parts) == {
        "worn_today", "strides_left", "strides_right", "foot_drop_left", "foot_drop_right", "battery_left_ankle",
        "battery_right_ankle", "last_data", "alert", "monitored",
    }  # fmt: skip
    for name, part in parts.items():
        read = re.fullmatch(r"\{\{ value_json\.(\w+) \}\}", part["value_template"])
        assert read and read[1] in told, name
        assert part["platform"] in ("sensor", "binary_sensor") and part["state_topic"] == where.state
        assert part["expire_after"] > 100
    assert len({part["unique_id"] for part in parts.values()}) == len(parts)
    assert known["device"]["identifiers"] == [where.name] and known["availability_topic"] == where.availability
    assert told["alert"] in parts["alert"]["options"] and "none" in parts["alert"]["options"]


def test_what_cannot_be_said_is_null_and_never_zero() -> None:
    unknown = replace(STATE, worn_h=None, strides={}, foot_drops={}, last_data_s=None, alert=None, not_monitored="why")
    told = json.loads(state_text(unknown))
    names = ("worn_today", "strides_left", "foot_drop_right", "last_data", "alert", "battery_right_ankle")
    assert [told[name] for name in names] == [None] * 6
    assert (told["monitored"], told["not_monitored_because"]) == ("OFF", "why")
    said = json.loads(state_text(STATE))
    assert (said["worn_today"], said["strides_left"], said["foot_drop_right"]) == (3.46, 812, 0)
    assert (said["monitored"], said["last_data"]) == ("ON", "2026-01-29T09:12:00+00:00")


def test_neither_the_homes_number_nor_an_alerts_sentence_is_told() -> None:
    where = topics(GATEWAY)
    everything = discovery(where, SIDES, KEYS, "1.0") + state_text(STATE) + repr(where).encode()
    assert GATEWAY.encode() not in everything and GATEWAY[:8].encode() not in everything
    assert topics(GATEWAY) == where != topics(GATEWAY.replace("1a", "2a"))
    assert set(json.loads(state_text(STATE))) == {
        *json.loads(discovery(where, SIDES, KEYS, "1.0"))["components"], "not_monitored_because",
    }  # fmt: skip


# ---- on a real broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    (tmp_path / "broker").mkdir()
    with mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    yield store
    store.close()


def board() -> Board:
    """Both sensors stream, and the day so far is understood."""
    known = Board(WORN, "shank", load_config(timezone="UTC").zone, NOW_S)
    for side, battery in (("left", 81), ("right", 64)):
        known.take_status(SensorStatus(side, "shank", NOW_S - 2, "streaming", battery, readings=500))
    known.take_strides([Stride("left", "shank", NOW_S - 90, NOW_S - 89)], NOW_S)
    known.take_incident(replace(made.incident(1), kind="foot_drop", side="left", start_s=NOW_S - 60, end_s=NOW_S - 50))
    known.take_incident(replace(made.incident(1), kind="fall", side="left", start_s=NOW_S - 55, end_s=NOW_S - 50))
    known.minutes = [Minute(side, NOW_S - 60 * k, 60.0, 20.0) for k in range(1, 91) for side in SIDES]
    return known


def settings(broker: Mosquitto, **more: object) -> Config:
    return load_config(timezone="UTC", home_assistant=broker.url, **more)


class House:
    """Home Assistant's side of the broker: what it has been told, topic by topic, the newest last."""

    def __init__(self, broker: Mosquitto) -> None:
        self.told: dict[str, list[bytes]] = {}
        self.retained: set[str] = set()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.client.on_message = self._take
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe("#", 1)
        self.client.loop_start()

    def _take(self, _: Any, __: Any, message: paho.MQTTMessage) -> None:
        self.told.setdefault(message.topic, []).append(message.payload)
        if message.retain:
            self.retained.add(message.topic)

    def last(self, topic: str) -> Any:
        return json.loads(self.told[topic][-1])

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


async def until(true: Callable[[], bool], longest_s: float = 120.0) -> None:
    async with asyncio.timeout(longest_s):
        while not true():
            await asyncio.sleep(0.02)


def test_it_is_introduced_told_and_said_goodbye_to(broker: Mosquitto, store: Store) -> None:
    store.keep_alert(replace(made.alert("a", "T2"), raised_s=NOW_S - 3600))
    store.keep_alert(replace(made.alert("old", "T3"), raised_s=NOW_S - 30 * 86400))
    store.keep_alert(replace(made.alert("told while the clock was ahead", "T4"), raised_s=NOW_S + 3000 * 86400))
    store.keep_alert(replace(made.alert("taken on", "T3"), raised_s=NOW_S - 7200))
    noticed.keep(store, [Noticed(alert_id="taken on", what="acknowledged", at_s=NOW_S - 60)])
    where, known, said = topics(store.gateway()), board(), []

    async def story() -> None:
        house = House(broker)
        home = HomeAssistant(store, known, settings(broker), lambda: NOW_S, look_s=0.05)
        running = asyncio.create_task(home.run(said.append))
        await until(lambda: where.state in house.told)
        assert house.last(where.discovery)["device"]["name"] == "surefoot"
        told = house.last(where.state)
        assert (told["strides_left"], told["strides_right"]) == (1, 0)
        assert (told["foot_drop_left"], told["foot_drop_right"]) == (1, 0), "a fall is none"
        assert (told["battery_left_ankle"], told["battery_right_ankle"]) == (81, 64)
        assert (told["alert"], told["monitored"]) == ("T2", "ON")
        assert told["last_data"] == "2026-01-29T09:11:58+00:00" and told["worn_today"] == 1.5
        known.take_status(replace(known.statuses["left", "shank"], state="away", readings=500))
        await until(lambda: house.last(where.state)["monitored"] == "OFF")
        assert house.last(where.state)["not_monitored_because"] == "left ankle: away"
        known.phase = "working through what was recorded of today"
        await until(lambda: house.last(where.state)["strides_left"] is None)
        introduced = len(house.told[where.discovery])
        house.client.publish("homeassistant/status", b"online", 1)
        await until(lambda: len(house.told[where.discovery]) > introduced)
        assert house.told[where.availability][-1] == b"online"
        running.cancel()
        await asyncio.wait({running})
        await until(lambda: house.told[where.availability][-1] == b"offline")
        house.close()
        newcomer = House(broker)
        await until(lambda: where.state in newcomer.told)
        assert newcomer.retained >= {where.discovery, where.state, where.availability}
        assert newcomer.told[where.availability] == [b"offline"]
        newcomer.close()

    asyncio.run(story())
    assert said == []
    assert store.gateway() not in (broker._folder / "mosquitto.log").read_text()


KILLED = """
import asyncio, sys
sys.path[:0] = {path!r}
from test_homeassistant import *
store = open_store("sqlite:///" + sys.argv[1])
config = load_config(timezone="UTC", home_assistant=sys.argv[2])
asyncio.run(HomeAssistant(store, board(), config, lambda: NOW_S).run(print))
"""


def test_a_home_that_dies_is_not_available(broker: Mosquitto, store: Store, tmp_path: Path) -> None:
    where, house = topics(store.gateway()), House(broker)
    code = KILLED.format(path=[p for p in sys.path if p])
    process = subprocess.Popen([sys.executable, "-c", code, f"{tmp_path}/home.sqlite", broker.url])
    try:
        asyncio.run(until(lambda: where.state in house.told))
        assert house.told[where.availability][-1] == b"online"
        process.kill()
        asyncio.run(until(lambda: house.told[where.availability][-1] == b"offline", 60.0))
    finally:
        process.kill()
        process.wait()
        house.close()


def test_a_broker_that_comes_back_is_told_again(broker: Mosquitto, store: Store) -> None:
    where, said = topics(store.gateway()), []

    async def story() -> None:
        running = asyncio.create_task(
            HomeAssistant(store, board(), settings(broker), lambda: NOW_S, look_s=0.05).run(said.append)
        )
        house = House(broker)
        await until(lambda: where.state in house.told)
        house.close()
        broker.kill()
        await until(lambda: bool(said))
        broker.start()
        house = House(broker)
        await until(lambda: where.state in house.told and where.discovery in house.told)
        house.close()
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(story())


def test_records_that_cannot_be_read_are_no_reason_to_say_none(broker: Mosquitto, store: Store) -> None:
    def fails(*_: object) -> None:
        raise StoreError("The disk is gone.", "", "")

    where = topics(store.gateway())
    store.alerts = fails  # type: ignore[method-assign]

    async def story() -> None:
        house = House(broker)
        home = HomeAssistant(store, board(), settings(broker), lambda: NOW_S, look_s=0.05)
        running = asyncio.create_task(home.run(print))
        await until(lambda: where.state in house.told)
        told = house.last(where.state)
        assert (told["alert"], told["monitored"]) == (None, "OFF") and "disk is gone" in told["not_monitored_because"]
        running.cancel()
        await asyncio.wait({running})
        house.close()

    asyncio.run(story())


# ---- beside the gateway


def test_a_fault_in_it_is_said_and_the_home_goes_on(
    broker: Mosquitto, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    def planted(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(HomeAssistant, "_introduce", planted)

    async def story() -> None:
        async with telling(store, board(), settings(broker), lambda: NOW_S, said.append):
            await until(lambda: len(said) > 1)

    asyncio.run(story())
    assert "not by the clinic" in said[0] and "nothing any more" in said[1] and "planted" in said[1]


def test_nothing_is_told_unless_it_is_set(store: Store) -> None:
    said: list[str] = []

    async def story() -> None:
        before = len(asyncio.all_tasks())
        async with telling(store, board(), load_config(timezone="UTC"), lambda: NOW_S, said.append):
            assert len(asyncio.all_tasks()) == before

    asyncio.run(story())
    assert said == [] and load_config().home_assistant == ""


def test_a_broker_that_does_not_answer_is_said_once(store: Store) -> None:
    said: list[str] = []
    config = load_config(timezone="UTC", home_assistant="mqtt://127.0.0.1:9")

    async def story() -> None:
        async with telling(store, board(), config, lambda: NOW_S, said.append):
            await asyncio.sleep(2.5)

    asyncio.run(story())
    assert len(said) == 2 and "Nothing answers" in said[1]


def test_the_clinics_broker_is_not_the_households() -> None:
    config = load_config(home_assistant="mqtt://u:p@clinic.example:1883")
    with pytest.raises(HomeAssistantError, match="clinic's broker") as caught:
        check_apart(config, ["mqtts://clinic.example:8883", "mqtt://clinic.example"])
    assert "u:p" not in str(caught.value)
    check_apart(config, ["mqtts://clinic.example:8883"])
    check_apart(load_config(), ["mqtt://clinic.example"])
    with pytest.raises(ConfigError, match="home_assistant"):
        load_config(home_assistant="192.168.1.5")


CODE = "from surefoot.cli.main import main; main()"


def test_surefoot_wear_tells_it(broker: Mosquitto, tmp_path: Path) -> None:
    """The command itself; its sensors are nowhere, which is a state like any other."""
    home = tmp_path / "home"
    home.mkdir()
    store = open_store(f"sqlite:///{home}/home.sqlite")
    for sensor in WORN:
        store.keep_worn_sensor(sensor)
    where = topics(store.gateway())
    store.close()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "SUREFOOT_HOME": str(home)}
    env |= {"SUREFOOT_HOME_ASSISTANT": broker.url, "XDG_STATE_HOME": str(tmp_path), "SUREFOOT_TIMEZONE": "UTC"}
    house = House(broker)
    wear = subprocess.Popen(
        [sys.executable, "-c", CODE, "wear", "--plain"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        asyncio.run(until(lambda: where.state in house.told, 120.0))
        told = house.last(where.state)
        assert (told["monitored"], told["strides_left"], told["alert"]) == ("OFF", None, "none")
        wear.terminate()
        out = wear.communicate(timeout=120)[0].decode()
        assert wear.returncode == 0 and "Home Assistant is told how this home stands" in out
        deadline_s = time.monotonic() + 120
        while house.told[where.availability][-1] != b"offline" and time.monotonic() < deadline_s:
            time.sleep(0.02)
        assert house.told[where.availability][-1] == b"offline"
    finally:
        wear.kill()
        wear.wait()
        house.close()
