"""A pretend radio: somebody walks about with two sensors, and this program's Bluetooth hears them.

On Linux the sensors live in a program of their own, behind a D-Bus and a stand-in for BlueZ: what runs here is what
runs with real sensors. Elsewhere, or without a dbus-daemon, they live in this program, behind a backend of bleak.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass

from surefoot.records import SurefootError, WornSensor
from surefoot.sensors.bluetooth.ble import BleakKit
from surefoot.sensors.makers.products import product as known
from surefoot.simulation.pastime import pastime
from surefoot.simulation.privatebus import BusError, as_system_bus, private_bus

PATIENCE_S = 30.0  # with the other program: to begin, and to end


class PretendError(SurefootError):
    """The program with the simulated sensors did not start."""


@dataclass(frozen=True, slots=True, eq=False)
class Pretend:
    """What a gateway needs: which sensors are worn, and the way to them."""

    worn: list[WornSensor]
    kit: BleakKit


@asynccontextmanager
async def pretend_radio(product: str = "open", seed: int = 1, *, apart: bool | None = None) -> AsyncIterator[Pretend]:
    """``apart``: in a program of their own; by default where that can be. Raise PretendError when it does not start."""
    known(product)
    async with AsyncExitStack() as end:
        address = None if apart is False else _bus(end, needed=apart is True)
        if address is None:
            person = await end.enter_async_context(pastime(product, seed))
            yield Pretend(person.worn, person.kit)
        else:
            worn = await end.enter_async_context(_program(address, product, seed))
            end.enter_context(as_system_bus(address))
            yield Pretend(worn, BleakKit())


def _bus(end: AsyncExitStack, needed: bool) -> str | None:
    """The address of a bus of our own; None where there can be none. Raise BusError where that will not do."""
    try:
        return end.enter_context(private_bus())
    except BusError:
        if needed:
            raise
        return None


@asynccontextmanager
async def _program(address: str, product: str, seed: int) -> AsyncIterator[list[WornSensor]]:
    """The sensors and their BlueZ, in a program that ends when its input does: with us, however we end."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__, address, product, str(seed)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us: we still have to say goodbye to the sensors
    )
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = await program.stdout.readline()
        if not said:
            raise PretendError("The simulated sensors did not start.", "Nothing was started.", "See above for why.")
        yield [WornSensor(**each) for each in json.loads(said)]
    finally:
        program.stdin.close()
        try:
            async with asyncio.timeout(PATIENCE_S):
                await program.wait()
        except TimeoutError:
            program.kill()
            await program.wait()


async def _live(address: str, product: str, seed: int) -> None:
    """The other program: sensors and BlueZ, until its input ends."""
    from surefoot.simulation.bluez import BlueZ

    async with pastime(product, seed) as person:
        bluez = BlueZ(person.air)
        await bluez.start(address)
        print(json.dumps([asdict(sensor) for sensor in person.worn]), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await bluez.stop()


if __name__ == "__main__":
    asyncio.run(_live(sys.argv[1], sys.argv[2], int(sys.argv[3])))
