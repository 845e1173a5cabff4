"""The computer's Bluetooth, on bumble: it listens for advertisements, connects, and uses what it finds there.

What bumble 0.0.236 makes of a link that breaks, or of a connection that is called off, is put right here: whoever
waits gets a LinkLost, and nothing stays half connected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from bumble import att, core, hci
from bumble.core import UUID
from bumble.device import Advertisement, Connection, Device, DeviceConfiguration, Peer
from bumble.gatt_client import CharacteristicProxy, DescriptorProxy, ServiceProxy

from surefoot.simulation.advert import decode
from surefoot.simulation.air import Air
from surefoot.simulation.chip import Chip, device
from surefoot.simulation.firmware import Advert, AttError

T = TypeVar("T")
ADDRESS = "F0:00:00:00:00:01"
MTU = 517
BY_US = 0x16
PROPERTIES = {
    0x01: "broadcast",
    0x02: "read",
    0x04: "write-without-response",
    0x08: "write",
    0x10: "notify",
    0x20: "indicate",
    0x40: "authenticated-signed-writes",
    0x80: "extended-properties",
}


class LinkLost(Exception):
    """The link broke, or was never made."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One advertisement, with the answer to the question for more."""

    address: str
    advert: Advert
    rssi_dbm: int


class Central:
    """One adapter: any number of listeners and of links, one attempt to connect at a time."""

    def __init__(self, air: Air, address: str = ADDRESS) -> None:
        self._chip = Chip("central", air, air.rng)
        config = DeviceConfiguration(name="central", address=hci.Address(address))
        self._device = device(self._chip, config)
        self._device.on(Device.EVENT_ADVERTISEMENT, self._hear)
        self._listeners: list[Callable[[Heard], None]] = []
        self._starting: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._scanning = asyncio.Lock()

    async def start(self) -> None:
        """Once is enough; again does nothing."""
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._device.power_on())
        await asyncio.shield(self._starting)

    async def listen(self, on_heard: Callable[[Heard], None]) -> None:
        await self.start()
        async with self._scanning:
            self._listeners.append(on_heard)
            if len(self._listeners) == 1:
                await self._device.start_scanning(legacy=True)

    async def cease(self, on_heard: Callable[[Heard], None]) -> None:
        async with self._scanning:
            if on_heard in self._listeners:
                self._listeners.remove(on_heard)
                if not self._listeners:
                    await self._device.stop_scanning(legacy=True)

    async def connect(self, address: str) -> Wire:
        """Wait for the sensor to advertise, however long; raise LinkLost when the link breaks before it is made."""
        await self.start()
        async with self._connecting:
            try:
                connection = await self._device.connect_le(hci.Address(address), timeout=None)
            except core.ConnectionError as error:
                raise LinkLost(str(error)) from None
            except asyncio.CancelledError:
                await asyncio.shield(asyncio.ensure_future(self._call_off(hci.Address(address))))
                raise
        return Wire(connection)

    async def _call_off(self, address: hci.Address) -> None:
        """Withdraw the wish to connect; a connection that came about all the same ends again."""
        await self._device.host.send_sync_command_raw(hci.HCI_LE_Create_Connection_Cancel_Command())
        await asyncio.sleep(0)
        for connection in list(self._device.connections.values()):
            if connection.peer_address == address:
                await connection.disconnect(BY_US)

    def _hear(self, advertisement: Advertisement) -> None:
        advert = decode(bytes(advertisement.data))
        heard = Heard(advertisement.address.to_string(False), advert, advertisement.rssi)
        for listener in list(self._listeners):
            listener(heard)


class Wire:
    """One link to one sensor. ``closed`` is done when it is gone; ``services`` are known after ``discover``."""

    def __init__(self, connection: Connection) -> None:
        self.services: list[ServiceProxy] = []
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._connection = connection
        self._peer = Peer(connection)
        connection.on("disconnection", self._gone)

    @property
    def is_open(self) -> bool:
        return not self.closed.done()

    @property
    def mtu(self) -> int:
        return int(self._connection.att_mtu)

    async def agree(self) -> None:
        """On the size of packets."""
        await self._done(self._peer.request_mtu(MTU))

    def adopt(self, what: CharacteristicProxy[bytes] | DescriptorProxy) -> None:
        """Something known from an earlier link to the same sensor is used by this one from now on."""
        what.client = self._peer.gatt_client
        if isinstance(what, CharacteristicProxy):
            what.subscribers = {}

    async def discover(self) -> None:
        await self.agree()
        services = await self._done(self._peer.discover_services())
        for service in services:
            for characteristic in await self._done(service.discover_characteristics()):
                await self._done(characteristic.discover_descriptors())
        self.services = services

    async def read(self, what: CharacteristicProxy[bytes] | DescriptorProxy) -> bytes:
        return bytes(await self._done(what.read_value()))

    async def write(self, what: CharacteristicProxy[bytes] | DescriptorProxy, data: bytes, response: bool) -> None:
        await self._done(what.write_value(data, with_response=response))

    async def listen(self, what: CharacteristicProxy[bytes], on_value: Callable[[bytes], None]) -> None:
        await self._done(what.subscribe(on_value))

    async def cease(self, what: CharacteristicProxy[bytes], on_value: Callable[[bytes], None]) -> None:
        await self._done(what.unsubscribe(on_value))

    async def close(self) -> None:
        if self.is_open:
            await self._done(self._connection.disconnect(), lost=None)
            await self.closed

    async def _done(self, work: Awaitable[T] | Coroutine[Any, Any, T], lost: Any = LinkLost) -> T:
        """Do it, or raise LinkLost as soon as the link is gone; bumble would cancel whoever waits."""
        if not self.is_open:
            if asyncio.iscoroutine(work):
                work.close()
            raise LinkLost("not connected")
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task, self.closed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not task.done():
                task.cancel()
                task.add_done_callback(_forgotten)
        if not task.done() or task.cancelled():
            raise LinkLost("the link broke")
        try:
            return task.result()
        except att.ATT_Error as error:
            raise AttError(error.error_code) from None
        except (core.TimeoutError, core.InvalidStateError) as error:
            raise LinkLost(str(error)) from None

    def _gone(self, reason: int) -> None:
        if not self.closed.done():
            self.closed.set_result(reason)


def property_names(characteristic: CharacteristicProxy[bytes]) -> list[str]:
    """As bleak and BlueZ call them."""
    return [name for bit, name in PROPERTIES.items() if characteristic.properties & bit]


def full_uuid(uuid: UUID) -> str:
    """In full, in small letters."""
    digits: str = uuid.to_hex_str("-").lower()
    return f"0000{digits}-0000-1000-8000-00805f9b34fb" if len(digits) == 4 else digits


def _forgotten(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
