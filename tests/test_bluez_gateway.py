"""The gateway's radio on a Linux: bleak's own code, a stand-in for BlueZ, and every trouble that was seen there."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aired import Aired, Listener, aired, compared
from onlinux import QUICK, bluez_on, hurried, killed_after, system_bus, until
from surefoot.records import SIDES, Side
from surefoot.sensors.bluetooth.ble import BleakKit, BleParams
from surefoot.sensors.bluetooth.link import LinkParams
from surefoot.sensors.bluetooth.radio import RadioParams
from surefoot.sensors.makers.product import Product
from surefoot.sensors.makers.products import PRODUCTS
from surefoot.simulation.air import Faults
from surefoot.simulation.bluez import BlueZ, Manners

PARAMS = RadioParams(scan_s=4.0, rest_s=1.0, link=LinkParams(away_s=5.0))


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    with system_bus() as address:
        yield address


class Linux:
    """Two ankles on the air, and a gateway's radio on a Linux."""

    def __init__(self, there: Aired, bluez: BlueZ, gateway: Listener) -> None:
        self.there, self.bluez, self.gateway = there, bluez, gateway

    async def streams(self, *sides: Side, within_s: float = 120.0) -> None:
        """Wait until these give new readings."""
        before = {side: len(self.gateway.samples(side)) for side in sides or SIDES}
        await until(lambda: all(len(self.gateway.samples(side)) > n + 2 for side, n in before.items()), within_s)

    async def lose_links(self) -> None:
        """Break both links at once, and wait until both are there again: what was on its way is no sign of that."""
        before = {side: self.gateway.last(side).connections for side in SIDES}
        for ankle in self.there.ankles.values():
            ankle.lose_link()
        await until(lambda: all(self.gateway.last(side).connections > n for side, n in before.items()))


@asynccontextmanager
async def linux(
    address: str, manners: Manners = QUICK, *, params: RadioParams = PARAMS, **how: Any
) -> AsyncIterator[Linux]:
    there = replace(await aired(**how), kit=BleakKit())
    async with bluez_on(address, there.air, manners) as bluez:
        async with Listener(there, params) as gateway:
            yield Linux(there, bluez, gateway)
        for ankle in there.ankles.values():
            await ankle.stop()


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


# ---- as it should be


def test_both_ankles_stream_with_their_exact_values(bus: str) -> None:
    async def main() -> None:
        async with linux(bus, clock_ppm=(0.0, 0.0)) as pc:
            await pc.streams()
            await asyncio.sleep(4.0)
        for side in SIDES:
            told = compared(pc.there.ankles[side], pc.gateway.of(side))
            assert len(told.number) > 400
            assert (np.diff(told.number) == 1).all()
            assert told.unknown == 0
        assert pc.bluez.errors == {}

    hurried(main())


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.key)
def test_every_product_streams_and_comes_back(bus: str, product: Product) -> None:
    async def main() -> None:
        async with linux(bus, key=product.key) as pc:
            await pc.streams()
            await pc.lose_links()
            await pc.streams()
            for side in SIDES:
                assert pc.gateway.last(side).malformed == 0
                assert pc.gateway.last(side).connections == 2
            assert pc.bluez.errors == {}

    hurried(main())


# ---- the troubles


def test_it_never_scans_twice_at_once_however_many_sensors_are_lost(bus: str) -> None:
    async def main() -> None:
        async with linux(bus) as pc:
            for _ in range(4):
                await pc.streams()
                await pc.lose_links()
            await pc.streams()
            assert pc.gateway.last("left").connections == pc.gateway.last("right").connections == 5
            assert pc.bluez.errors["InProgress"] == 0

    hurried(main())


def test_an_attempt_that_fails_half_way_does_not_end_all_others(bus: str, caplog: pytest.LogCaptureFixture) -> None:
    """Nor does it leave a file open, or an error that nobody takes."""

    async def main() -> None:
        impatient = replace(PARAMS, link=LinkParams(ble=BleParams(connect_s=2.0)))
        slow = Faults(latency_s=0.3)  # to find all services takes longer than connect_s
        async with linux(bus, replace(QUICK, tell_lag_s=1.0), params=impatient, faults=slow) as pc:
            await asyncio.sleep(12.0)
            assert pc.gateway.last("left").connections == pc.gateway.last("right").connections == 0
            files = open_files()
            await asyncio.sleep(24.0)
            assert open_files() <= files + 2  # of an attempt under way
            pc.there.air.faults = Faults()
            await pc.streams()

    hurried(main())
    gc.collect()  # only now asyncio says what nobody took
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_the_first_advertisement_told_too_early_is_enough(bus: str) -> None:
    async def main() -> None:
        async with linux(bus, replace(QUICK, heard_at_once=True)) as pc:
            await pc.streams(within_s=120.0)

    hurried(main())


STREAMS = """
    import asyncio, sys
    from bleak import BleakClient, BleakScanner

    async def main():
        async with BleakScanner(service_uuids=[sys.argv[1]]) as scanner:
            while len(scanner.discovered_devices) < 2:
                await asyncio.sleep(0.05)
        clients = [BleakClient(device) for device in scanner.discovered_devices]
        for client in clients:
            await client.connect()
        print("connected", flush=True)
        await asyncio.sleep(600)

    asyncio.run(main())
"""


def test_sensors_that_a_killed_gateway_left_connected_are_taken_over(bus: str) -> None:
    async def main() -> None:
        there = replace(await aired(), kit=BleakKit())
        async with bluez_on(bus, there.air, QUICK) as bluez:
            service = there.ankles["left"].firmware.product.service
            async with killed_after(STREAMS, "connected", service):
                pass
            assert all(ankle.is_connected for ankle in there.ankles.values())
            async with Listener(there, PARAMS) as gateway:
                await Linux(there, bluez, gateway).streams(within_s=120.0)
            assert bluez.errors == {}
            for ankle in there.ankles.values():
                await ankle.stop()

    hurried(main())


def test_a_stop_waits_for_slow_disconnections_of_both_at_once(bus: str) -> None:
    async def main() -> None:
        async with linux(bus, Manners()) as pc:
            await pc.streams()
            began_s = asyncio.get_running_loop().time()
            pc.gateway._task.cancel()
            await asyncio.wait({pc.gateway._task})
            assert 2.0 <= asyncio.get_running_loop().time() - began_s < 4.0
            assert not any(ankle.is_connected for ankle in pc.there.ankles.values())

    hurried(main())


def test_a_sensor_away_for_so_long_that_it_was_forgotten_comes_back(bus: str) -> None:
    async def main() -> None:
        async with linux(bus, replace(QUICK, forget_s=3.0)) as pc:
            await pc.streams()
            pc.there.air.leave(pc.there.ankles["left"].address)
            await pc.gateway.until("left", "away")
            pc.there.air.enter(pc.there.ankles["left"].address)
            await pc.streams(within_s=120.0)

    hurried(main())


def test_a_radio_that_is_switched_off_is_said_and_used_again_when_it_is_on(bus: str) -> None:
    async def main() -> None:
        async with linux(bus) as pc:
            await pc.streams()
            pc.bluez.set_powered(False)
            for ankle in pc.there.ankles.values():
                ankle.lose_link()
            said = await pc.gateway.until("left", "failed")
            assert "off" in said.reason.lower()
            pc.bluez.set_powered(True)
            await pc.streams()

    hurried(main())


def test_six_lost_links_leave_no_file_and_no_task_open(bus: str) -> None:
    async def main() -> None:
        async with linux(bus) as pc:
            await pc.streams()
            counts = []
            for _ in range(6):
                pc.there.ankles["left"].lose_link()
                await pc.gateway.until("left", "streaming")
                await pc.streams("left")
                counts.append((open_files(), len(asyncio.all_tasks())))
            assert max(files for files, _ in counts[3:]) <= max(files for files, _ in counts[:3])
            assert max(tasks for _, tasks in counts[3:]) <= max(tasks for _, tasks in counts[:3])

    hurried(main())


@pytest.mark.parametrize("crash", [False, True], ids=["told", "crashed"])
def test_a_bluetoothd_that_ends_and_is_started_again_is_used_again(bus: str, crash: bool) -> None:
    async def main() -> None:
        async with linux(bus) as pc:
            await pc.streams()
            await pc.bluez.stop(crash=crash)
            await until(lambda: pc.gateway.last("left").state != "streaming")
            again = BlueZ(pc.there.air, QUICK)
            await again.start(bus)
            try:
                await pc.streams(within_s=240.0)
            finally:
                await again.stop()

    hurried(main())
