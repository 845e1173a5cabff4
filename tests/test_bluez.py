"""The stand-in for BlueZ: bleak's own code for Linux runs on it, with the troubles bluetoothd makes."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from onair import LEFT, RIGHT, Ear, Place, begin, place
from onlinux import QUICK, bluez_on, hurried, killed_after, system_bus, until
from surefoot.sensors.makers.openpacket import CONTROL, DATA, INFO, PRODUCT, START
from surefoot.simulation.air import Faults
from surefoot.simulation.bluez import BlueZ, Manners
from surefoot.simulation.privatebus import BusError, as_system_bus, private_bus


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    with system_bus() as address:
        yield address


class Computer:
    """A place whose computer is a Linux with BlueZ."""

    def __init__(self, here: Place, bluez: BlueZ) -> None:
        self.here, self.bluez = here, bluez

    async def find(self, *addresses: str) -> list[Any]:
        found: dict[str, Any] = {}
        everybody = asyncio.Event()

        def heard(device: Any, _: object) -> None:
            found[device.address] = device
            if set(addresses) <= set(found):
                everybody.set()

        async with BleakScanner(heard, service_uuids=[PRODUCT.service]):
            await asyncio.wait_for(everybody.wait(), 120)  # of hurried seconds: a busy machine has few
        return [found[address] for address in addresses]


@asynccontextmanager
async def computer(
    bus: str, manners: Manners = QUICK, faults: Faults | None = None, **settings: Any
) -> AsyncIterator[Computer]:
    async with place(faults, **settings) as here, bluez_on(bus, here.air, manners) as bluez:
        yield Computer(here, bluez)


# ---- as it should be


def test_bleak_finds_connects_and_streams_from_both_ankles(bus: str) -> None:
    async def main() -> None:
        async with computer(bus) as pc:
            ears = {LEFT: Ear(), RIGHT: Ear()}
            left, right = await pc.find(LEFT, RIGHT)
            assert left.name == "Surefoot 01"

            async def hear(device: Any) -> None:
                async with BleakClient(device) as client:
                    assert "00001800-0000-1000-8000-00805f9b34fb" not in [s.uuid for s in client.services]
                    assert client.services.get_characteristic(DATA).max_write_without_response_size == 514
                    await begin(client, ears[device.address])
                    await until(lambda: len(ears[device.address].packets) > 50)
                    due = len(ankles[device.address].sent.acc)  # so far, and none of them is lost
                    await until(lambda: len(ears[device.address].readings) >= due)

            ankles = {ankle.address: ankle for ankle in (pc.here.left, pc.here.right)}
            await asyncio.gather(hear(left), hear(right))
            for ankle in ankles.values():
                got = ears[ankle.address].readings
                sent = np.hstack([ankle.sent.acc, ankle.sent.gyr])
                assert 500 <= len(got) <= len(sent)
                np.testing.assert_array_equal(got, sent[: len(got)])

    hurried(main())


def test_a_sensor_refuses_in_the_words_of_its_protocol(bus: str) -> None:
    async def main() -> None:
        async with computer(bus) as pc, BleakClient((await pc.find(LEFT))[0]) as client:
            for code, data in ((0x0D, bytes([START])), (0x80, b"\x77")):
                with pytest.raises(BleakGATTProtocolError) as refused:
                    await client.write_gatt_char(CONTROL, data)
                assert refused.value.args[0] == code
            with pytest.raises(BleakGATTProtocolError, match="Write Not Permitted"):
                await client.write_gatt_char(INFO, b"\0", response=True)
            with pytest.raises(BleakGATTProtocolError, match="Read Not Permitted"):
                await client.read_gatt_char(DATA)

    hurried(main())


def test_a_broken_link_is_told_and_the_same_client_connects_again(bus: str) -> None:
    async def main() -> None:
        async with computer(bus) as pc:
            gone = asyncio.Event()
            client = BleakClient((await pc.find(LEFT))[0], lambda _: gone.set())
            for _ in range(3):
                ear = Ear()
                await client.connect()
                await begin(client, ear)
                await until(lambda ear=ear: len(ear.packets) > 5)
                gone.clear()
                pc.here.left.lose_link()
                await asyncio.wait_for(gone.wait(), 120)
                assert not client.is_connected
                await client.disconnect()  # without it bleak keeps the bus of the lost connection open for ever

    hurried(main())


def test_out_of_range_ends_the_link_and_every_attempt_until_it_is_back(bus: str) -> None:
    async def main() -> None:
        async with computer(bus) as pc:
            gone = asyncio.Event()
            (device,) = await pc.find(LEFT)
            client = BleakClient(device, lambda _: gone.set())
            await client.connect()
            pc.here.air.leave(LEFT)
            await asyncio.wait_for(gone.wait(), 120)
            await client.disconnect()
            with pytest.raises(TimeoutError):
                await client.connect(timeout=2.0)
            pc.here.air.enter(LEFT)
            again = BleakClient(device)
            await again.connect(timeout=120.0)
            await again.disconnect()
            await client.disconnect()

    hurried(main())


SCANS = """
    import asyncio
    from bleak import BleakScanner

    async def main():
        async with BleakScanner():
            print("scans", flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
"""


def test_two_programs_may_scan_and_a_killed_one_scans_no_more(bus: str) -> None:
    async def main() -> None:
        async with computer(bus, replace(QUICK, rssi_step_db=0)) as pc:  # else who comes later may hear nothing
            async with killed_after(SCANS, "scans"):
                assert len(pc.bluez._scanning) == 1
                await pc.find(LEFT)
                assert len(pc.bluez._scanning) == 1
            await until(lambda: not pc.bluez.objects.value("/org/bluez/hci0", "org.bluez.Adapter1", "Discovering"))
            assert not pc.bluez._scanning

    hurried(main())


# ---- the troubles


def test_a_second_scan_of_the_same_program_is_refused(bus: str) -> None:
    async def main() -> None:
        async with computer(bus):
            async with BleakScanner():
                with pytest.raises(BleakDBusError, match=r"org.bluez.Error.InProgress"):
                    await BleakScanner().start()
            async with BleakScanner():
                pass

    hurried(main())


def test_an_attempt_that_fails_leaves_a_client_that_believes_itself_connected(bus: str) -> None:
    async def main() -> None:
        async with computer(bus, replace(QUICK, tell_lag_s=1.0), Faults(latency_s=0.2)) as pc:
            (device,) = await pc.find(LEFT)
            client = BleakClient(device)
            with pytest.raises(TimeoutError):
                await client.connect(timeout=2.0)
            assert client.is_connected
            with pytest.raises(BleakError, match="already connected"):
                await client.connect()
            await client.disconnect()
            await until(lambda: not pc.here.left.is_connected)
            pc.here.air.faults = Faults()
            fresh = BleakClient(device)
            await asyncio.sleep(1.5)
            await fresh.connect()
            await fresh.disconnect()

    hurried(main())


def test_the_first_advertisement_can_be_missed_by_who_listens_late(bus: str) -> None:
    async def main() -> None:
        async with computer(bus, replace(QUICK, heard_at_once=True)):
            assert await BleakScanner.find_device_by_address(LEFT, timeout=2.0) is None
            heard = asyncio.Event()
            async with BleakScanner(lambda device, _: heard.set() if device.address == LEFT else None):
                await asyncio.wait_for(heard.wait(), 120)

    hurried(main())


def test_a_strength_that_changes_little_is_not_told_again(bus: str) -> None:
    async def main() -> None:
        async def told(step_db: int) -> int:
            async with computer(bus, replace(QUICK, rssi_step_db=step_db)):
                heard: list[int] = []
                async with BleakScanner(
                    lambda device, told: heard.append(told.rssi) if device.address == LEFT else None
                ):
                    await until(lambda: bool(heard))
                    await asyncio.sleep(3.0)
                return len(heard)

        assert await told(8) <= 3
        assert await told(0) > 15

    hurried(main())


def test_the_bus_of_a_lost_connection_stays_open_unless_the_client_says_goodbye(bus: str) -> None:
    async def main() -> None:
        async with computer(bus) as pc:
            gone = asyncio.Event()
            client = BleakClient((await pc.find(LEFT))[0], lambda _: gone.set())
            await client.connect()
            lost = client._backend._bus
            pc.here.left.lose_link()
            await asyncio.wait_for(gone.wait(), 120)
            await client.connect()
            assert client._backend._bus is not lost
            assert lost.connected
            lost.disconnect()
            await lost.wait_for_disconnect()
            used = client._backend._bus
            pc.here.left.lose_link()
            await until(lambda: not client.is_connected)
            await client.disconnect()
            assert not used.connected

    hurried(main())


def test_disconnecting_takes_two_seconds(bus: str) -> None:
    async def main() -> None:
        async with computer(bus, Manners()) as pc:
            client = BleakClient((await pc.find(LEFT))[0])
            await client.connect()
            began_s = asyncio.get_running_loop().time()
            await client.disconnect()
            assert asyncio.get_running_loop().time() - began_s >= 2.0

    hurried(main())


def test_a_device_not_heard_for_long_is_forgotten(bus: str) -> None:
    async def main() -> None:
        async with computer(bus, replace(QUICK, forget_s=10.0)) as pc:
            (device,) = await pc.find(LEFT)
            await asyncio.sleep(12.0)
            with pytest.raises((BleakDeviceNotFoundError, BleakError), match="not found"):
                await BleakClient(device).connect()
            (device,) = await pc.find(LEFT)
            async with BleakClient(device):
                await asyncio.sleep(12.0)  # in use: not forgotten
                assert pc.here.left.is_connected

    hurried(main())


def test_a_radio_that_is_off_is_named(bus: str) -> None:
    async def main() -> object:
        async with computer(bus) as pc:
            pc.bluez.set_powered(False)
            with pytest.raises(BleakBluetoothNotAvailableError, match="No powered Bluetooth adapters"):
                await BleakScanner().start()
            pc.bluez.set_powered(True)
            async with asyncio.timeout(120.0):
                while True:
                    with suppress(BleakBluetoothNotAvailableError):
                        return await pc.find(LEFT)
                    await asyncio.sleep(0.05)

    hurried(main())


CONNECTS = """
    import asyncio, sys
    from bleak import BleakClient, BleakScanner

    async def main():
        async with BleakScanner(service_uuids=[sys.argv[2]]) as scanner:
            while not any(device.address == sys.argv[1] for device in scanner.discovered_devices):
                await asyncio.sleep(0.05)
        device = next(device for device in scanner.discovered_devices if device.address == sys.argv[1])
        await BleakClient(device).connect()
        print("connected", flush=True)
        await asyncio.sleep(600)

    asyncio.run(main())
"""


def test_a_killed_program_leaves_its_sensor_connected_and_unheard_but_not_unfound(bus: str) -> None:
    async def main() -> None:
        async with computer(bus) as pc:
            async with killed_after(CONNECTS, "connected", LEFT, PRODUCT.service):
                pass
            await asyncio.sleep(1.0)
            assert pc.here.left.is_connected
            async with BleakScanner(service_uuids=[PRODUCT.service]) as scanner:
                await until(lambda: bool(scanner.discovered_devices))
                await asyncio.sleep(3.0)
                assert [device.address for device in scanner.discovered_devices] == [RIGHT]
            adapter = await BleakAdapter.get()
            (device,) = await adapter.get_connected_devices([PRODUCT.service])
            ear = Ear()
            async with BleakClient(device) as client:
                await begin(client, ear)
                await until(lambda: len(ear.packets) > 5)

    hurried(main())


# ---- the bus


def test_without_a_dbus_daemon_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(BusError, match="needs Linux and dbus-daemon"), private_bus():
        pass


def test_a_bus_is_gone_with_who_made_it() -> None:
    before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
    with private_bus() as address:
        socket = Path(address.removeprefix("unix:path=").partition(",")[0])
        assert socket.exists()
        with as_system_bus(address):
            assert os.environ["DBUS_SYSTEM_BUS_ADDRESS"] == address
    assert not socket.exists()
    assert os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") == before
