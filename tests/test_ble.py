"""The radio of this computer: what is looked for, asked and listened to, and what is said when it fails."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.device import BLEDevice
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakCharacteristicNotFoundError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bleak_retry_connector import BleakNotFoundError

from aired import Aired, aired, in_virtual_time
from surefoot.sensors.bluetooth.ble import BleParams, Bluetooth, Found, Line
from surefoot.sensors.bluetooth.trouble import RadioError, explain
from surefoot.sensors.makers import openpacket as wire
from surefoot.sensors.makers.product import Ask, Hear, Listen, Read, Script, Unlisten, Wait, Write

LEFT, RIGHT = "C0:00:00:00:00:01", "C0:00:00:00:00:02"


async def found(bluetooth: Bluetooth, address: str) -> Found:
    heard: list[Found] = []

    def seen(one: Found) -> bool:
        if one.address == address:
            heard.append(one)
        return bool(heard)

    await bluetooth.look(5.0, seen)
    return heard[0]


async def connected(there: Aired, address: str = LEFT, heard: list[tuple[str, bytes]] | None = None) -> Line:
    bluetooth = Bluetooth(there.kit)
    kept = heard if heard is not None else []
    return await bluetooth.connect(await found(bluetooth, address), lambda *told: kept.append(told))


# ---- looking and connecting


def test_every_sensor_is_heard_with_what_it_is_known_by() -> None:
    async def work() -> dict[str, Found]:
        there = await aired()
        heard: dict[str, Found] = {}
        began_s = asyncio.get_running_loop().time()
        await Bluetooth(there.kit).look(3.0, lambda one: heard.update({one.address: one}))
        assert asyncio.get_running_loop().time() - began_s == pytest.approx(3.0, abs=0.01)
        return heard

    heard = in_virtual_time(work())
    assert sorted(heard) == [LEFT, RIGHT]
    assert all(wire.PRODUCT.is_seen(one.seen) and -75 < (one.signal_dbm or 0) < -45 for one in heard.values())


def test_a_search_ends_when_who_is_told_has_enough() -> None:
    async def work() -> float:
        there = await aired()
        await found(Bluetooth(there.kit), RIGHT)
        return asyncio.get_running_loop().time()

    assert in_virtual_time(work()) < 0.5


class LeftConnected(BaseBleakAdapter):
    """A computer that is still connected to the left sensor, by a program that was killed."""

    @classmethod
    async def get(cls, **_: object) -> LeftConnected:
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        return [BLEDevice(LEFT, "Surefoot 01", None)] if wire.SERVICE in service_uuids else []


@pytest.mark.parametrize("services", [[wire.SERVICE], []])
def test_what_is_connected_already_is_told_first_for_it_does_not_advertise(services: list[str]) -> None:
    async def work() -> list[Found]:
        there = await aired(sides=("right",))
        heard: list[Found] = []
        await Bluetooth(replace(there.kit, adapter={"backend": LeftConnected})).look(0.5, heard.append, services)
        return heard

    heard = in_virtual_time(work())
    assert [one.address for one in heard if one.signal_dbm is None] == ([LEFT] if services else [])
    assert len(heard) > 1 and {one.address for one in heard[len(services) :]} == {RIGHT}


def test_a_connection_that_does_not_come_about_is_given_up_and_nothing_stays_behind() -> None:
    async def work() -> None:
        there = await aired()
        bluetooth = Bluetooth(there.kit, BleParams(connect_s=4.0))
        there_it_was = await found(bluetooth, LEFT)
        there.ankles["left"].out_of_range(20.0)
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(RadioError, match="does not answer"):
            await bluetooth.connect(there_it_was, lambda *_: None)
        assert asyncio.get_running_loop().time() - began_s < 6.0
        line = await bluetooth.connect(await found(bluetooth, RIGHT), lambda *_: None)  # the radio is free again
        await line.close()
        await asyncio.sleep(20.0)
        line = await bluetooth.connect(await found(bluetooth, LEFT), lambda *_: None)
        assert there.ankles["left"].is_connected
        await line.close()
        await asyncio.sleep(0.1)
        assert not there.ankles["left"].is_connected

    in_virtual_time(work())


def test_nobody_connects_while_somebody_looks() -> None:
    async def work() -> tuple[float, float]:
        there = await aired()
        loop, bluetooth = asyncio.get_running_loop(), Bluetooth(there.kit)
        there_it_was = await found(bluetooth, LEFT)
        looking = asyncio.create_task(bluetooth.look(5.0, lambda _: None))
        await asyncio.sleep(0.1)
        await (await bluetooth.connect(there_it_was, lambda *_: None)).close()
        connected_s = loop.time()
        await looking
        return connected_s, loop.time()

    connected_s, looked_s = in_virtual_time(work())
    assert connected_s > 5.0 and looked_s == connected_s


# ---- asking


def start_by_hand() -> Script[list[bytes]]:
    yield Listen(wire.DATA)
    yield Listen(wire.DATA)  # again: changes nothing
    yield Write(wire.CONTROL, bytes([wire.START]) + (1040).to_bytes(2, "little"))
    yield Wait(1.0)
    heard = [(yield Hear(wire.DATA)), (yield Hear(wire.DATA)), (yield Hear(wire.DATA))]
    yield Unlisten(wire.DATA)
    yield Unlisten(wire.DATA)
    return heard


def test_a_script_hears_everything_since_it_listens_in_order() -> None:
    async def work() -> tuple[list[bytes], list[tuple[str, bytes]], bytes]:
        there = await aired()
        told: list[tuple[str, bytes]] = []
        line = await connected(there, LEFT, told)
        heard = await line.perform(start_by_hand())
        quiet = len(told)
        await asyncio.sleep(1.0)
        assert len(told) == quiet  # nobody listens any more

        def late() -> Script[bytes]:
            yield Listen(wire.DATA)
            return (yield Hear(wire.DATA, within_s=0.01))

        return heard, told, await line.perform(late())

    heard, told, nothing = in_virtual_time(work())
    assert [(wire.DATA, data) for data in heard] == told[:3]
    assert len(set(heard)) == 3 and all(heard) and nothing == b""


def test_an_answer_is_told_from_what_else_comes() -> None:
    async def work() -> tuple[bytes, bytes]:
        there = await aired()
        line = await connected(there)

        def script() -> Script[tuple[bytes, bytes]]:
            yield Listen(wire.DATA)
            start = bytes([wire.START]) + (1040).to_bytes(2, "little")
            second = yield Ask(wire.CONTROL, start, wire.DATA, lambda data: data[2:4] == b"\x01\x00")
            never = yield Ask(wire.CONTROL, bytes([wire.BLINK, 1]), wire.DATA, lambda _: False, within_s=1.0)
            return second, never

        return await line.perform(script())

    second, never = in_virtual_time(work())
    assert second and never == b""


def test_a_line_that_breaks_ends_what_was_asked() -> None:
    async def work() -> None:
        there = await aired()
        line = await connected(there)
        assert wire.SERVICE in line.services and line.mtu > 200
        there.ankles["left"].lose_link()

        def script() -> Script[bytes]:
            yield Wait(0.5)
            return (yield Read(wire.INFO))

        with pytest.raises(RadioError, match="lost"):
            await line.perform(script())
        assert line.gone.is_set()
        await line.close()  # of a line that is gone: nothing happens

    in_virtual_time(work())


# ---- what is said when it fails

REASONS = BleakBluetoothNotAvailableReason
BLUEZ, DBUS = "org.bluez.Error", "org.freedesktop.DBus.Error"


@pytest.mark.parametrize(
    ("error", "words", "needs_person"),
    [
        (BleakBluetoothNotAvailableError("x", REASONS.NO_BLUETOOTH), "no Bluetooth adapter", True),
        (BleakBluetoothNotAvailableError("x", REASONS.NO_BLE_CENTRAL_ROLE), "cannot connect", True),
        (BleakBluetoothNotAvailableError("x", REASONS.POWERED_OFF), "bluetoothctl power on", True),
        (BleakBluetoothNotAvailableError("x", REASONS.DENIED_BY_SYSTEM), "usermod -aG bluetooth", True),
        (BleakBluetoothNotAvailableError("x", REASONS.UNKNOWN), "surefoot doctor", True),
        (BleakDBusError(f"{DBUS}.AccessDenied", ["no"]), "may not use Bluetooth", True),
        (BleakDBusError(f"{DBUS}.ServiceUnknown", ["no"]), "systemctl start bluetooth", True),
        (BleakDBusError(f"{BLUEZ}.NotReady", ["no"]), "switched off", True),
        (BleakDBusError(f"{BLUEZ}.NotAuthorized", ["no"]), "wants to be paired", True),
        (BleakDBusError(f"{BLUEZ}.InProgress", ["no"]), "busy with another", False),
        (BleakDBusError(f"{BLUEZ}.Failed", ["le-connection-abort-by-local"]), "connection was lost", False),
        (FileNotFoundError(2, "No such file"), "D-Bus does not answer", True),
        (ConnectionRefusedError(111, "refused"), "D-Bus does not answer", True),
        (PermissionError(13, "denied"), "may not use Bluetooth", True),
        (BleakGATTProtocolError(0x05), "wants to be paired", True),
        (BleakGATTProtocolError(0x0F), "wants to be paired", True),
        (BleakGATTProtocolError(0x81), "connection was lost", False),  # a maker's own code
        (BleakCharacteristicNotFoundError(wire.DATA), "lacks what its product should have", True),
        (BleakDeviceNotFoundError(LEFT, "gone"), "does not answer", False),
        (TimeoutError(), "does not answer", False),
        (BrokenPipeError(32, "Broken pipe"), "connection was lost", False),
        (EOFError(), "connection was lost", False),
        (BleakError("disconnected"), "connection was lost (disconnected)", False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_each_failure_is_said_in_plain_words_with_its_remedy(error: Exception, words: str, needs_person: bool) -> None:
    told = explain(error)
    assert words in str(told)
    assert told.needs_person == needs_person and told.remedy
    wrapped = BleakError("Failed to connect after 1 attempt(s)")
    wrapped.__cause__ = error
    if not isinstance(error, BleakError | EOFError) or isinstance(error, BleakDBusError):
        assert str(explain(wrapped)) == str(told) or isinstance(error, EOFError)


def test_a_sensor_that_was_not_found_by_the_connector_does_not_answer() -> None:
    assert "does not answer" in str(explain(BleakNotFoundError("x")))


def test_a_computer_without_d_bus_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """bleak itself, its own backend."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    with pytest.raises(RadioError, match="D-Bus does not answer") as told:
        asyncio.run(Bluetooth().look(1.0, lambda _: None, [wire.SERVICE]))
    assert told.value.needs_person and "systemctl" in told.value.remedy
