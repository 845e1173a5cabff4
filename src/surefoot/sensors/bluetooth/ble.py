"""Bluetooth: the only file that knows bleak. Sensors are looked for, connected to, asked and listened to.

One scan at a time, and nobody connects while it runs: one lock for both, for BlueZ refuses the first and fails at the
second. Every connection is a new client (one whose connect failed believes itself connected), and every wait ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak_retry_connector import close_stale_connections, establish_connection

from surefoot.sensors.bluetooth.trouble import FAILURES, RadioError, explain
from surefoot.sensors.makers.product import Ask, Hear, Listen, Read, Script, Seen, Step, T, Unlisten, Wait, Write

__all__ = ["BleParams", "BleakKit", "Bluetooth", "Found", "Line", "RadioError"]

_HEADER_BYTES = 3  # of a notification or a write, inside the MTU
_NO_BYTES = b""


@dataclass(frozen=True, slots=True)
class BleakKit:
    """What bleak's classes are made with beside the usual: ``backend=`` of a simulated radio, ``bluez=`` to choose."""

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

    def __init__(
        self, client: BleakClient, gone: asyncio.Event, heard: Callable[[str, bytes], None], params: BleParams
    ):
        self.gone = gone
        self._client = client
        self._heard = heard
        self._params = params
        self._ears: list[tuple[str, Callable[[bytes], bool], asyncio.Queue[bytes]]] = []  # where a script listens
        self._listening: set[str] = set()
        self.services = frozenset(service.uuid for service in client.services)
        each = client.services.characteristics.values()  # these know the MTU: `BleakClient.mtu_size` is 23 on BlueZ
        self.mtu = _HEADER_BYTES + max((char.max_write_without_response_size for char in each), default=20)

    async def perform(self, script: Script[T]) -> T:
        """Do the steps of a script, and return what it returns."""
        brought: bytes | None = None
        ears: dict[str, asyncio.Queue[bytes]] = {}  # what came since the script's own Listen
        with ExitStack() as until_done:
            until_done.callback(script.close)
            try:
                while True:
                    step = next(script) if brought is None else script.send(brought)
                    if isinstance(step, Listen) and step.uuid not in ears:
                        ears[step.uuid] = until_done.enter_context(self._ear(step.uuid))
                    brought = await self._do(step, ears)
            except StopIteration as done:
                result: T = done.value
                return result

    async def close(self) -> None:
        """End it; never raises for a line that is gone already."""
        await _part(self._client, self._params.part_s)

    async def _do(self, step: Step, ears: Mapping[str, asyncio.Queue[bytes]]) -> bytes:
        match step:
            case Wait():
                await asyncio.sleep(step.seconds)
                return _NO_BYTES
            case Hear():
                return await _next(ears[step.uuid], step.within_s)
            case Ask():
                with self._ear(step.answer_on, step.is_answer) as ear:
                    await self._touch(Write(step.uuid, step.data, step.response))
                    return await _next(ear, step.within_s)
        return await self._touch(step)

    async def _touch(self, step: Read | Write | Listen | Unlisten) -> bytes:
        try:
            async with asyncio.timeout(self._params.answer_s):
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
        except FAILURES as error:
            raise explain(error) from error
        return _NO_BYTES

    @contextmanager
    def _ear(self, uuid: str, wanted: Callable[[bytes], bool] = lambda _: True) -> Iterator[asyncio.Queue[bytes]]:
        """Notifications of a characteristic from now on, until it is left."""
        ear = (uuid, wanted, asyncio.Queue[bytes]())
        self._ears.append(ear)
        try:
            yield ear[2]
        finally:
            self._ears.remove(ear)

    def _notified(self, uuid: str, _: BleakGATTCharacteristic, data: bytearray) -> None:
        told = bytes(data)
        for listened, wanted, ear in self._ears:
            if listened == uuid and wanted(told):
                ear.put_nowait(told)
        self._heard(uuid, told)


class Bluetooth:
    """The Bluetooth of this computer; one for a process."""

    def __init__(self, kit: BleakKit | None = None, params: BleParams | None = None) -> None:
        self._kit = kit or BleakKit()
        self._params = params or BleParams()
        self._lock = asyncio.Lock()
        self._doubted: set[str] = set()  # told to be connected the last time, and looked for again

    async def look(self, seconds: float, on_seen: Callable[[Found], object], services: Iterable[str] = ()) -> None:
        """Tell ``on_seen`` of every advertisement for so long, or until it answers True.

        Before that of the sensors with one of these ``services`` that are connected already, left so by a program that
        was killed: those do not advertise. Raise RadioError when there is no radio to look with.
        """
        async with self._lock:
            try:
                for device in await self._connected(services):
                    if self._is_doubted(device.address):
                        continue
                    if on_seen(Found(device.address, device.name, None, Seen(device.name, ()), device)) is True:
                        return
                await self._scan(seconds, on_seen)
            except FAILURES as error:
                raise explain(error) from error

    async def connect(self, found: Found, heard: Callable[[str, bytes], None]) -> Line:
        """A line to a sensor just found; ``heard`` is told of each notification, and must be quick."""
        gone = asyncio.Event()
        kept: BleakClient | None = None
        line: Line | None = None

        async with self._lock:
            try:
                # One attempt: the next is made by whoever keeps the link, with a new client and after a new scan.
                async with asyncio.timeout(self._params.connect_s):
                    kept = await establish_connection(
                        BleakClient,
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
                if line is None:  # a client that did not come so far has let go by itself: its bus is closed
                    if kept is not None:
                        await _part(kept, self._params.part_s)
                    await close_stale_connections(found.device)

    def _is_doubted(self, address: str) -> bool:
        """Every other time: bleak goes on taking a sensor for connected when bluetoothd crashed, and has begun anew."""
        doubted = address in self._doubted
        self._doubted ^= {address}
        return doubted

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


async def _next(ear: asyncio.Queue[bytes], within_s: float) -> bytes:
    try:
        async with asyncio.timeout(within_s):
            return await ear.get()
    except TimeoutError:
        return _NO_BYTES


async def _part(client: BleakClient, within_s: float) -> None:
    with suppress(*FAILURES):
        async with asyncio.timeout(within_s):
            await client.disconnect()
