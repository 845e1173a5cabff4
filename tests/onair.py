"""Virtual ankles on a simulated air, for tests: tapes of known counts, and a plain bleak client that streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice

from surefoot.records import Samples
from surefoot.sensors.makers.openpacket import PRODUCT
from surefoot.sensors.makers.product import Ask, Heard, Listen, Packet, Product, Read, Script, Unlisten, Wait, Write
from surefoot.simulation.air import Air, Faults
from surefoot.simulation.ankle import Ankle
from surefoot.simulation.ankle_open import OpenFirmware
from surefoot.simulation.backend import Backends, bleak_backends
from surefoot.simulation.motion import Motion

T = TypeVar("T")
RATE_HZ = 104.0
LEFT, RIGHT = "C0:00:00:00:00:01", "C0:00:00:00:00:02"


def tape(seed: int, seconds: float, product: Product = PRODUCT, start_s: float = 0.0) -> Samples:
    """Noise on the product's grid, well inside its ranges, so that what arrives must be equal."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(-20000, 20001, (int(seconds * RATE_HZ), 6))
    traits = product.traits
    acc, gyr = counts[:, :3] * traits.acc_step_mps2, counts[:, 3:] * traits.gyr_step_dps
    return Samples("left", "shank", start_s, RATE_HZ, acc, gyr)


@dataclass
class Place:
    """An air with two ankles on it, and a computer."""

    air: Air
    left: Ankle
    right: Ankle
    kit: Backends

    async def find(self, *addresses: str) -> list[BLEDevice]:
        found: dict[str, BLEDevice] = {}
        everybody = asyncio.Event()

        def heard(device: BLEDevice, _: Any) -> None:
            found[device.address] = device
            if set(addresses) <= set(found):
                everybody.set()

        async with BleakScanner(heard, service_uuids=[PRODUCT.service], backend=self.kit.scanner):
            await asyncio.wait_for(everybody.wait(), 20)
        return [found[address] for address in addresses]

    def client(self, device: BLEDevice, gone: Callable[[BleakClient], None] | None = None, **more: Any) -> BleakClient:
        return BleakClient(device, gone, backend=self.kit.client, **more)


@asynccontextmanager
async def place(
    faults: Faults | None = None, *, seed: int = 1, seconds: float = 60.0, firmware: Any = OpenFirmware, **settings: Any
) -> AsyncIterator[Place]:
    air = Air(np.random.default_rng(seed), faults)
    ankles = [
        Ankle(air, firmware(), Motion([tape(k, seconds)]), address, **settings)
        for k, address in enumerate((LEFT, RIGHT))
    ]
    for ankle in ankles:
        await ankle.start()
    try:
        yield Place(air, *ankles, bleak_backends(air))
    finally:
        for ankle in ankles:
            await ankle.stop()


@dataclass
class Ear:
    """What came from one sensor: when, and which bytes; decoded."""

    arrivals: list[tuple[float, bytes]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    @property
    def packets(self) -> list[Packet]:
        return [item for item in self.heard if isinstance(item, Packet)]

    @property
    def readings(self) -> np.ndarray:
        return np.vstack([np.empty((0, 6)), *(np.hstack([packet.acc, packet.gyr]) for packet in self.packets)])

    @property
    def times_s(self) -> np.ndarray:
        return np.array([at_s for at_s, _ in self.arrivals])


async def begin(client: BleakClient, ear: Ear, product: Product = PRODUCT, rate_hz: float = RATE_HZ) -> None:
    """Have a connected sensor stream into ``ear``."""
    decoder = product.decoder(rate_hz)

    def notified(characteristic: Any, data: bytearray) -> None:
        ear.arrivals.append((asyncio.get_running_loop().time(), bytes(data)))
        ear.heard += decoder.update(characteristic.uuid, bytes(data))

    await perform(client, product.start(rate_hz), notified)


async def perform(client: BleakClient, script: Script[T], notified: Callable[[Any, bytearray], None]) -> T:
    """The steps of a script, done on a bleak client in the plainest way."""
    answer = b""
    begun = False
    while True:
        try:
            step = script.send(answer) if begun else next(script)
        except StopIteration as done:
            result: T = done.value
            return result
        begun, answer = True, b""
        match step:
            case Read():
                answer = bytes(await client.read_gatt_char(step.uuid))
            case Write():
                await client.write_gatt_char(step.uuid, step.data, response=step.response)
            case Listen():
                await client.start_notify(step.uuid, notified)
            case Unlisten():
                await client.stop_notify(step.uuid)
            case Wait():
                await asyncio.sleep(step.seconds)
            case Ask():
                raise NotImplementedError("no script of the open sensor asks")
