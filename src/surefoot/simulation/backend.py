"""A backend of bleak on the simulated air: it behaves as bleak's own for Linux does, in whatever time its loop keeps.

bleak's interface for backends changes with each of its minor releases: tests/test_radio.py notices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from bleak.backends.adapter import BaseBleakAdapter
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from surefoot.sensors.bluetooth.ble import BleakKit
from surefoot.simulation.air import Air
from surefoot.simulation.central import Central, Heard, LinkLost, Wire, full_uuid, property_names
from surefoot.simulation.firmware import AttError

HEADER = 3  # bytes of a packet that are not the value's


@dataclass(frozen=True, slots=True)
class Backends:
    """What ``BleakScanner``, ``BleakClient`` and ``BleakAdapter.get`` take as ``backend``."""

    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]
    adapter: type[BaseBleakAdapter]


def bleak_backends(air: Air) -> Backends:
    """Backends for one computer on this air: ``BleakClient(device, backend=bleak_backends(air).client)``."""
    central = Central(air)
    wires: dict[str, Wire] = {}
    shared = {"central": central, "wires": wires}
    return Backends(
        type("SimulatedScanner", (_Scanner,), shared),
        type("SimulatedClient", (_Client,), shared),
        type("SimulatedAdapter", (_Adapter,), shared),
    )


def bleak_kit(air: Air) -> BleakKit:
    """The same for ``sensors.bluetooth.ble``."""
    backends = bleak_backends(air)
    return BleakKit(*({"backend": one} for one in (backends.scanner, backends.client, backends.adapter)))


class _Scanner(BaseBleakScanner):
    central: ClassVar[Central]

    def __init__(
        self, detection_callback: Any, service_uuids: list[str] | None, scanning_mode: str = "active", **_: Any
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        await self.central.listen(self._heard)

    async def stop(self) -> None:
        await self.central.cease(self._heard)

    def _heard(self, heard: Heard) -> None:
        if not self.is_allowed_uuid(list(heard.advert.services)):
            return
        told = _advertisement(heard)
        device = self.create_or_update_device(heard.address, heard.address, told.local_name, None, told)
        self.call_detection_callbacks(device, told)


class _Client(BaseBleakClient):
    central: ClassVar[Central]
    wires: ClassVar[dict[str, Wire]]

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout, **kwargs)
        self._named = not isinstance(address_or_ble_device, BLEDevice)
        self._name = self.address.replace(":", "-") if self._named else address_or_ble_device.name or self.address
        self._wire: Wire | None = None
        self._heard: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def mtu_size(self) -> int:
        return self._wire.mtu if self._wire else 23

    @property
    def is_connected(self) -> bool:
        return self._wire is not None and self._wire.is_open

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        if self.is_connected:
            raise BleakError("Client is already connected")
        timeout_s = kwargs.get("timeout", self._timeout)
        if self._named:
            await self._find(timeout_s)
        wire: Wire | None = None
        try:
            async with asyncio.timeout(timeout_s):
                wire = await self.central.connect(self.address)
                await wire.discover()
        except LinkLost:
            raise BleakError("disconnected") from None
        except BaseException:
            if wire is not None and wire.is_open:
                await asyncio.shield(asyncio.ensure_future(wire.close()))
            raise
        if not wire.is_open:
            raise BleakError("disconnected")
        self._wire, self.wires[self.address] = wire, wire
        self.services = _services(wire)
        wire.closed.add_done_callback(partial(self._gone, wire))

    async def disconnect(self) -> None:
        if self._wire is not None and self._wire.is_open:
            await self._wire.close()
            await asyncio.sleep(0)  # the callback comes first

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """No sensor here asks for it."""

    async def unpair(self) -> None:
        """As `pair`."""

    async def read_gatt_char(
        self, characteristic: BleakGATTCharacteristic, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        with _AsBleak():
            return bytearray(await self._open().read(characteristic.obj))

    async def read_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, *, use_cached: bool = False, **kwargs: Any
    ) -> bytearray:
        with _AsBleak():
            return bytearray(await self._open().read(descriptor.obj))

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:
        with _AsBleak():
            await self._open().write(characteristic.obj, bytes(data), response)

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        with _AsBleak():
            await self._open().write(descriptor.obj, bytes(data), True)

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: Callable[[bytearray], None], **kwargs: Any
    ) -> None:
        def on_value(value: bytes) -> None:
            callback(bytearray(value))

        with _AsBleak():
            await self._open().listen(characteristic.obj, on_value)
        self._heard[characteristic.handle] = on_value

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        if on_value := self._heard.pop(characteristic.handle, None):
            with _AsBleak():
                await self._open().cease(characteristic.obj, on_value)

    def _open(self) -> Wire:
        if self._wire is None or not self._wire.is_open:
            raise BleakError("Not connected")
        return self._wire

    async def _find(self, timeout_s: float) -> None:
        """By its address alone it must be heard first, as everywhere."""
        found = asyncio.Event()

        def heard(it: Heard) -> None:
            if it.address == self.address:
                found.set()

        await self.central.listen(heard)
        try:
            async with asyncio.timeout(timeout_s):
                await found.wait()
        except TimeoutError:
            raise BleakDeviceNotFoundError(self.address, f"Device with address {self.address} was not found") from None
        finally:
            await self.central.cease(heard)

    def _gone(self, wire: Wire, _: asyncio.Future[int]) -> None:
        if self.wires.get(self.address) is wire:
            del self.wires[self.address]
        if self._wire is wire:
            self._wire, self.services = None, None
            self._heard.clear()
            if self._disconnected_callback is not None:
                self._disconnected_callback()


class _Adapter(BaseBleakAdapter):
    wires: ClassVar[dict[str, Wire]]

    @classmethod
    async def get(cls, **kwargs: Any) -> _Adapter:
        return cls()

    async def get_connected_devices(self, service_uuids: frozenset[str]) -> list[BLEDevice]:
        """None: what another program left connected there is no telling of here."""
        return []


class _AsBleak:
    """What goes wrong, in bleak's words."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AttError):
            raise BleakGATTProtocolError(error.code) from None
        if isinstance(error, LinkLost):
            raise BleakError("disconnected") from None


def _advertisement(heard: Heard) -> AdvertisementData:
    advert = heard.advert
    return AdvertisementData(
        local_name=advert.name or None,
        manufacturer_data=dict(advert.makers),
        service_data={},
        service_uuids=list(advert.services),
        tx_power=None,
        rssi=heard.rssi_dbm,
        platform_data=(heard,),
    )


def _services(wire: Wire) -> BleakGATTServiceCollection:
    def room() -> int:
        return wire.mtu - HEADER

    known = BleakGATTServiceCollection()
    for told in wire.services:
        service = BleakGATTService(told, told.handle, full_uuid(told.uuid))
        known.add_service(service)
        for each in told.characteristics:
            names: Any = property_names(each)
            characteristic = BleakGATTCharacteristic(each, each.handle - 1, full_uuid(each.uuid), names, room, service)
            known.add_characteristic(characteristic)
            for it in each.descriptors:
                known.add_descriptor(BleakGATTDescriptor(it, it.handle, full_uuid(it.type), characteristic))
    return known
