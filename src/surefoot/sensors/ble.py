"""Bluetooth: the only file that knows bleak. Sensors are looked for, connected to, asked and listened to.

One scan at a time, and nobody connects while it runs: one lock for both, for BlueZ refuses the first and fails at the
second. Every connection is a new client (one whose connect failed believes itself connected), and every wait ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError
from bleak_retry_connector import close_stale_connections, establish_connection

from surefoot.sensors.product import Ask, Listen, Read, Script, Seen, Step, T, Unlisten, Wait, Write
from surefoot.sensors.trouble import FAILURES, RadioError, explain

__all__ = ["BleakKit", "BleParams", "Bluetooth", "Found", "Line", "RadioError"]

_HEADER_BYTES = 3  # of a notification or a write, inside the MTU
_NO_BYTES = b""


@dataclass(frozen=True, slots=True)
class BleakKit:
    """What bleak's classes are made with beside the usual: ``backend=`` for a simulated radio, ``bluez=`` for an adapter."""

    scanner: Mapping[str, Any] = field(default_factory=dict)
    client: Mapping[str, Any] = field(default_factory=dict)
    adapter: Mapping[str, Any] | None = field(default_factory=dict)  # None: it cannot tell who is connected already


@dataclass(frozen=True, slots=True)
class BleParams:
    """How long the radio is waited for (P)."""

    connect_s: float = 15.0  # finding all services of a sensor for the first time takes a slow link 5 s
    answer_s: float = 5.0  # to a read, a write, a wish to listen
    part_s: float = 5.0  # to a wish to disconnect: BlueZ takes 2 s and more


@dataclass(frozen=True, slots=True)
class Found:
    """A sensor that was heard, or that this computer is connected to already (``signal_dbm`` None)."""

    address: str
    name: str | None
    signal_dbm: int | None
    seen: Seen
    device: BLEDevice = field(repr=False, compare=False)


class Line:
    """One connection, while it lasts. Everything raises RadioError when it is lost or the sensor refuses."""

    def __init__(self, client: BleakClient, gone: asyncio.Event, heard: Callable[[str, bytes], None], params: BleParams):
        self.gone = gone
        self._client = client
        self._heard = heard
        self._params = params
        self._asked: list[tuple[Ask, asyncio.Future[bytes]]] = []
        self._listening: set[str] = set()
        self.services = frozenset(service.uuid for service in client.services)
        each = client.services.characteristics.values()  # these know the MTU: `BleakClient.mtu_size` is 23 on BlueZ
        self.mtu = _HEADER_BYTES + max((char.max_write_without_response_size for char in each), default=20)

    async def perform(self, script: Script[T]) -> T:
        """Do the steps of a script, and return what it returns."""
        brought: bytes | None = None
        try:
            while True:
                step = next(script) if brought is None else script.send(brought)
                brought = await self._do(step)
        except StopIteration as done:
            result: T = done.value
            return result
        finally:
            script.close()

    async def close(self) -> None:
        """End it; never raises for a line that is gone already."""
        await _part(self._client, self._params.part_s)

    async def _do(self, step: Step) -> bytes:
        match step:
            case Wait():
                await asyncio.sleep(step.seconds)
                return _NO_BYTES
            case Ask():
                return await self._ask(step)
        try:
            async with asyncio.timeout(self._params.answer_s):
                return await self._touch(step)
        except FAILURES as error:
            raise explain(error) from error

    async def _touch(self, step: Read | Write | Listen | Unlisten) -> bytes:
        match step:
            case Read():
                return bytes(await self._client.read_gatt_char(step.uuid))
            case Write():
                await self._client.write_gatt_char(step.uuid, step.data, response=step.response)
            case Listen() if step.uuid not in self._listening:
                await self._client.start_notify(step.uuid, partial(self._notified, step.uuid))
                self._listening.add(step.uuid)
            case Unlisten() if step.uuid in self._listening:
                self._listening.discard(step.uuid)
                await self._client.stop_notify(step.uuid)
        return _NO_BYTES

    async def _ask(self, step: Ask) -> bytes:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        waiting = (step, answer)
        self._asked.append(waiting)
        try:
            await self._do(Write(step.uuid, step.data, step.response))
            async with asyncio.timeout(step.within_s):
                return await answer
        except TimeoutError:
            return _NO_BYTES
        finally:
            self._asked.remove(waiting)

    def _notified(self, uuid: str, _: BleakGATTCharacteristic, data: bytearray) -> None:
        told = bytes(data)
        for ask, answer in self._asked:
            if ask.answer_on == uuid and not answer.done() and ask.is_answer(told):
                answer.set_result(told)
        self._heard(uuid, told)


class Bluetooth:
    """The Bluetooth of this computer; one for a process."""

    def __init__(self, kit: BleakKit | None = None, params: BleParams | None = None) -> None:
        self._kit = kit or BleakKit()
        self._params = params or BleParams()
        self._lock = asyncio.Lock()

    async def look(self, seconds: float, on_seen: Callable[[Found], object], services: Iterable[str] = ()) -> None:
        """Tell ``on_seen`` of every advertisement for so long, or until it answers True.

        Before that of the sensors with one of these ``services`` that are connected already, left so by a program that
        was killed: those do not advertise. Raise RadioError when there is no radio to look with.
        """
        async with self._lock:
            try:
                for device in await self._connected(services):
                    if on_seen(Found(device.address, device.name, None, Seen(device.name, ()), device)) is True:
                        return
                await self._scan(seconds, on_seen)
            except FAILURES as error:
                raise explain(error) from error

    async def connect(self, found: Found, heard: Callable[[str, bytes], None]) -> Line:
        """A line to a sensor just found; ``heard`` is told of each notification, and must be quick."""
        made: list[BleakClient] = []
        gone = asyncio.Event()
        line: Line | None = None

        def client(device: BLEDevice, **how: Any) -> BleakClient:
            made.append(BleakClient(device, **how))
            return made[-1]

        async with self._lock:
            try:
                # One attempt: the next is made by whoever keeps the link, with a new client and after a new scan.
                async with asyncio.timeout(self._params.connect_s):
                    kept = await establish_connection(
                        client,  # type: ignore[arg-type]  # it is only called
                        found.device,
                        found.name or found.address,
                        lambda _: gone.set(),
                        max_attempts=1,
                        **self._kit.client,
                    )
                line = Line(kept, gone, heard, self._params)
                return line
            except FAILURES as error:
                raise explain(error) from error
            finally:
                if line is None:
                    for one in made:
                        await _part(one, self._params.part_s)
                    await close_stale_connections(found.device)

    async def _connected(self, services: Iterable[str]) -> list[BLEDevice]:
        wanted = list(services)
        if self._kit.adapter is None or not wanted:
            return []
        try:
            adapter = await BleakAdapter.get(**self._kit.adapter)
            return list(await adapter.get_connected_devices(wanted))
        except NotImplementedError:
            return []

    async def _scan(self, seconds: float, on_seen: Callable[[Found], object]) -> None:
        enough = asyncio.Event()

        def detected(device: BLEDevice, told: AdvertisementData) -> None:
            seen = Seen(told.local_name or device.name, tuple(told.service_uuids), tuple(told.manufacturer_data))
            if on_seen(Found(device.address, seen.name, told.rssi, seen, device)) is True:
                enough.set()

        scanner = BleakScanner(detected, **self._kit.scanner)
        await scanner.start()
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await enough.wait()
        finally:
            await scanner.stop()


async def _part(client: BleakClient, within_s: float) -> None:
    with suppress(*FAILURES):
        async with asyncio.timeout(within_s):
            await client.disconnect()
