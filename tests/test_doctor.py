"""The doctor: every check tells what it saw, none raises and none holds the others up; a real bus, store and broker."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

import made
from broker import mosquitto
from onlinux import system_bus
from surefoot.cli import adapter, household, machine
from surefoot.cli.checkup import Line, look_at_all
from surefoot.cli.doctor import examine
from surefoot.cli.main import main
from surefoot.config import Config
from surefoot.pipeline import schema
from surefoot.pipeline.store import open_store
from surefoot.pipeline.storecheck import look_at
from surefoot.records import SurefootError, WornSensor
from surefoot.simulation.air import Air
from surefoot.simulation.bluez import BlueZ

LEFT = WornSensor("left", "shank", "dot", "D4:22:CD:00:00:01", "Movella DOT", 60.0, 1000.0)


def states(lines) -> dict[str, str]:
    return {line.what: line.state for line in lines}


# ---- the checkup itself


def test_no_look_raises_or_holds_the_others_up():
    def breaks():
        yield Line("never seen", "x")
        raise RuntimeError("boom")

    def refuses():
        raise SurefootError("It is so.", "That means this.", "Do that.")

    forever = threading.Event()
    looks = {
        "slow": lambda: forever.wait() and [],
        "broken": breaks,
        "wrong": refuses,
        "fine": lambda: [Line("fine", "good"), Line("fine too", "good")],
    }
    began_s = time.monotonic()
    lines = look_at_all(looks, 0.3)
    took_s = time.monotonic() - began_s
    forever.set()
    assert took_s < 60, "it waited for the one that never answers"
    assert [line.what for line in lines] == ["slow", "broken", "wrong", "fine", "fine too"]
    assert [line.state for line in lines] == ["bad", "warn", "bad", "ok", "ok"]
    assert "no answer" in lines[0].value and "boom" in lines[1].value
    assert (lines[2].value, lines[2].remedy) == ("It is so.", "Do that.")


# ---- the machine


def put(root: Path, name: str, text: str = "") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_this_machine_has_what_pyproject_asks_for():
    assert states([*machine.python(), *machine.packages()]) == {"Python": "ok", "Packages": "ok"}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("numpy>=2.0", ""),
        ("bleak<3.2,>=3.1", ""),
        ("bleak>=99", "needed is bleak>=99"),
        ("bleak<3.1", "needed is bleak<3.1"),
        ("no-such-package-of-anybody>=1", "is missing"),
    ],
)
def test_a_package_that_does_not_fit_is_named(monkeypatch, asked, told):
    monkeypatch.setattr(machine.metadata, "requires", lambda _: [asked, 'missing; extra == "demo"'])
    (line,) = machine.packages()
    assert (line.state == "bad") == bool(told)
    assert told in line.value


def test_the_clock_is_told_as_it_is(tmp_path):
    now_s = 1.8e9
    put(tmp_path, "sys/class/rtc/rtc0/name")
    assert states(machine.clock(now_s, tmp_path, True)) == {"Clock": "ok", "Clock battery": "ok"}
    assert states(machine.clock(now_s, tmp_path / "none", False)) == {"Clock": "warn", "Clock battery": "warn"}
    assert next(machine.clock(1000.0, tmp_path, True)).state == "bad"
    assert next(machine.clock(root=tmp_path)).value.startswith("20")


def test_a_folder_that_cannot_be_written_or_is_full_is_bad(tmp_path, monkeypatch):
    assert states(machine.folder(tmp_path / "not" / "yet"))["Home folder"] == "ok"
    assert not (tmp_path / "not").exists()
    put(tmp_path, "file")
    (line,) = machine.folder(tmp_path / "file")
    assert line.state == "bad" and "SUREFOOT_HOME" in line.remedy
    for free_mb, state in ((100, "bad"), (1000, "warn"), (50_000, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, mb=free_mb: shutil._ntuple_diskusage(10**12, 0, mb * 10**6))
        assert states(machine.folder(tmp_path))["Disk"] == state


def test_heat_and_a_weak_supply_are_told_where_the_machine_tells_them(tmp_path):
    assert list(machine.health(tmp_path)) == []
    put(tmp_path, "sys/class/thermal/thermal_zone0/temp", "41000\n")
    put(tmp_path, "sys/class/thermal/thermal_zone1/temp", "85500\n")
    put(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n")
    hot, weak = machine.health(tmp_path)
    assert (hot.state, hot.value[:2]) == ("warn", "86") and (weak.state, weak.value[:3]) == ("warn", "was")
    put(tmp_path, "sys/class/thermal/thermal_zone1/temp", "50000\n")
    put(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
    assert states(machine.health(tmp_path)) == {"Temperature": "ok", "Supply voltage": "ok"}


def test_whether_wear_starts_by_itself(tmp_path):
    def told():
        (line,) = machine.service(tmp_path, tmp_path / "user")
        return line.state, line.value

    assert "no systemd" in told()[1]
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    put(tmp_path, "etc/systemd/system/other.service", "ExecStart=/usr/bin/other")
    assert told() == ("warn", "no systemd unit runs surefoot wear")
    put(tmp_path, "etc/systemd/system/leg.service", "[Service]\nExecStart=surefoot wear\n")
    assert told() == ("warn", "leg.service is not enabled")
    put(tmp_path, "etc/systemd/system/multi-user.target.wants/leg.service", "")
    assert told() == ("ok", "leg.service is enabled")


# ---- Bluetooth, on a message bus of the test's own


@pytest.fixture
def bus() -> Iterator[str]:
    with system_bus() as address:
        yield address


@contextmanager
def bluez(address: str, answer: Callable[[Message], Message | None]) -> Iterator[None]:
    """Something named org.bluez that answers so."""
    ready, done = threading.Event(), threading.Event()

    async def serve() -> None:
        connection = await MessageBus(address).connect()

        def handle(message: Message) -> Message | bool | None:
            if message.message_type is not MessageType.METHOD_CALL or message.destination != "org.bluez":
                return None
            return answer(message) or True

        connection.add_message_handler(handle)
        await connection.request_name("org.bluez")
        ready.set()
        await asyncio.to_thread(done.wait)
        connection.disconnect()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(120)
    try:
        yield
    finally:
        done.set()
        thread.join()


def objects(*powered: bool) -> Callable[[Message], Message]:
    found = {"/org/bluez": {"org.bluez.AgentManager1": {}}}
    for k, on in enumerate(powered):
        of = {"Address": Variant("s", "00:11:22:33:44:55"), "Powered": Variant("b", on)}
        found[f"/org/bluez/hci{k}"] = {"org.bluez.Adapter1": of}
    return lambda message: Message.new_method_return(message, "a{oa{sa{sv}}}", [found])


def asked() -> dict[str, str]:
    return states(asyncio.run(adapter._bluez(contained=False)))


def test_an_adapter_that_is_on_is_well_and_one_that_is_off_is_not(bus):
    with bluez(bus, objects(True, False)):
        lines = asyncio.run(adapter._bluez(contained=False))
    assert [line.state for line in lines] == ["ok", "ok", "ok", "bad"]
    assert "hci0, 00:11:22:33:44:55, on" in lines[2].value
    assert lines[3].remedy == "bluetoothctl power on"


def test_a_bus_without_bluez_without_adapter_or_without_leave_is_told(bus, monkeypatch):
    assert asked() == {"Message bus (D-Bus)": "ok", "Bluetooth service": "bad"}
    with bluez(bus, objects()):
        assert asked()["Adapter in use"] == "bad"
    denied = "org.freedesktop.DBus.Error.AccessDenied"
    with bluez(bus, lambda message: Message.new_error(message, denied, "no")):
        told = asyncio.run(adapter._bluez(contained=False))[-1]
        assert (told.state, told.remedy[:12]) == ("bad", "sudo usermod")
    monkeypatch.setattr(adapter, "PATIENCE_S", 0.3)
    with bluez(bus, lambda message: None):
        assert asked() == {"Bluetooth service": "bad"}


def test_the_simulated_bluez_is_told_on_and_off(bus):
    async def work() -> list[str]:
        there = BlueZ(Air(np.random.default_rng(1)))
        await there.start(bus)
        told = []
        for powered in (True, False):
            there.set_powered(powered)
            told.append((await adapter._bluez(contained=False))[-1].state)
        await there.stop()
        return told

    assert asyncio.run(work()) == ["ok", "bad"]


def test_no_bus_at_all_is_told_with_its_remedy(tmp_path, monkeypatch):
    for address in (f"unix:path={tmp_path}/none", "nonsense"):
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        (line,) = asyncio.run(adapter._bluez(contained=False))
        assert line.state == "bad" and "apt install" in line.remedy
        (line,) = asyncio.run(adapter._bluez(contained=True))
        assert "docker run" in line.remedy


def test_what_the_kernel_knows_of_adapters_and_switches(tmp_path):
    assert states(adapter._hardware(tmp_path)) == {"Adapter": "bad"}
    put(tmp_path, ".dockerenv")
    assert states(adapter._hardware(tmp_path)) == {"Adapter": "warn"}
    put(tmp_path, "sys/class/bluetooth/hci0/address")
    for kind, soft, hard in (("wlan", "1", "1"), ("bluetooth", "0", "0")):
        for name, text in (("type", kind), ("soft", soft), ("hard", hard)):
            put(tmp_path, f"sys/class/rfkill/rfkill{kind}/{name}", text)
    assert states(adapter._hardware(tmp_path)) == {"Adapter": "ok"}
    put(tmp_path, "sys/class/rfkill/rfkillbluetooth/soft", "1")
    assert list(adapter._hardware(tmp_path))[1].remedy == "sudo rfkill unblock bluetooth"


@pytest.mark.parametrize("system", ["Darwin", "Windows", "Plan9"])
def test_other_systems_are_told_what_is_missing(monkeypatch, system):
    monkeypatch.setattr(adapter.platform, "system", lambda: system)
    (line,) = adapter.bluetooth()
    assert line.state == "bad" and line.remedy


# ---- the household


def test_what_was_kept_of_the_clocks_is_told(tmp_path):
    config = Config(home=tmp_path)
    store = open_store(config.home_store)
    for sensor in (LEFT, replace(LEFT, side="right", address="another")):
        store.keep_worn_sensor(sensor)
    assert "Clocks" not in states(household.store(config))
    for address in (LEFT.address, "another"):
        store.keep_clock(address, -31.4, 0.003)
    store.close()
    told = {line.what: line.value for line in household.store(config)}
    assert told["Sensor, left ankle"].endswith("60 Hz, its clock -31 ppm")
    assert told["Clocks"] == "when they were kept last, times of left against right: within 9 ms, 19 times of 20"


def test_the_store_is_looked_through_and_not_touched(tmp_path, monkeypatch):
    config = Config(home=tmp_path)
    assert states(household.store(config)) == {"Home store": "ok", "Paired sensors": "warn"}
    store = open_store(config.home_store)
    store.keep_worn_sensor(LEFT)
    store.close()
    path = tmp_path / "home.sqlite"
    before = path.read_bytes()
    lines = list(household.store(config))
    assert states(lines) == {"Home store": "ok", "Sensor, left ankle": "ok", "Paired sensors": "warn"}
    assert LEFT.address in lines[1].value and "right" in lines[2].value
    assert path.read_bytes() == before
    assert not look_at(str(path), lambda: True).faults
    with monkeypatch.context() as earlier:
        earlier.setattr("surefoot.pipeline.storecheck.MIGRATIONS", schema.MIGRATIONS[:1])
        assert next(household.store(config)).state == "bad"
    later = (*schema.MIGRATIONS, (99, "", lambda _: None))
    monkeypatch.setattr("surefoot.pipeline.storecheck.MIGRATIONS", later)
    assert "brought up to 99" in next(household.store(config)).value
    assert path.read_bytes() == before


def test_a_damaged_store_and_a_file_that_is_none_are_bad(tmp_path):
    config = Config(home=tmp_path)
    path = tmp_path / "home.sqlite"
    path.write_bytes(b"This is a letter and not a database.\n" * 100)
    (line,) = look_at_all({"Home store": lambda: household.store(config)}, 10)
    assert line.state == "bad" and "not a database" in line.value
    path.unlink()
    store = open_store(config.home_store)
    for number in range(5):
        store.keep_incident(made.incident(number, (made.signal(20.0),)))
    store.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 8192 * 4096
    content[middle : middle + 8192] = bytes(8192)
    path.write_bytes(content)
    line = look_at_all({"Home store": lambda: household.store(config)}, 10)[0]
    assert line.state == "bad" and line.remedy, line


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho forgets a socket whose TLS failed
def test_the_broker_is_greeted_or_the_reason_told(tmp_path):
    assert states(household.broker(Config())) == {"Broker": "warn"}
    with mosquitto(tmp_path, "anna", "secret") as real:
        (line,) = household.broker(Config(broker=real.url))
        assert line.state == "ok", line
        (line,) = household.broker(Config(broker=real.url.replace("secret", "wrong")))
        assert line.state == "bad" and "refuses this user" in line.value
        (line,) = household.broker(Config(broker=real.url.replace("mqtt:", "mqtts:")))
        assert line.state == "bad" and "No trusted connection" in line.value
    gc.collect()  # so that the forgotten socket is this test's, not the next one's
    (line,) = household.broker(Config(broker=real.url))
    assert line.state == "bad" and "wait at home" in line.remedy
    assert "secret" not in line.value + line.remedy


# ---- the verb


def called(capsys, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as caught:
        main(["doctor", *arguments])
    return int(caught.value.code or 0), capsys.readouterr().out


def test_the_verb_tells_all_as_lines_and_as_json(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    status, out = called(capsys, "--simulate", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == (1 if any(line["state"] == "bad" for line in lines) else 0)
    assert {"Python", "Bluetooth", "Clock", "Home folder", "Home store", "Broker"} <= {line["what"] for line in lines}
    assert next(line for line in lines if line["what"] == "Bluetooth")["value"].startswith("simulated")
    _, out = called(capsys, "--simulate")
    assert all(line["what"] in out and line["value"] in out for line in lines if line["what"] != "Clock")


def test_wrong_settings_are_a_line_of_their_own_and_make_it_fail(monkeypatch, capsys):
    monkeypatch.setenv("SUREFOOT_BROKER", "http://x")
    status, out = called(capsys, "--simulate")
    assert status == 1 and "mqtt://host:1883" in out
    assert states(examine(simulate=True))["Python"] == "ok"


def test_without_a_bus_it_ends_with_status_1(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    status, out = called(capsys)
    assert status == 1 and "none here" in out
