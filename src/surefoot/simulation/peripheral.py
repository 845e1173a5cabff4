"""A sensor's Bluetooth side, on bumble: it advertises, is connected to, serves its characteristics, and notifies."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, Protocol

from bumble import att, gatt, hci
from bumble.core import UUID
from bumble.device import Connection, Device, DeviceConfiguration

from surefoot.simulation.advert import encode
from surefoot.simulation.air import Air
from surefoot.simulation.chip import Chip, device
from surefoot.simulation.firmware import READ_NOT_PERMITTED, UNLIKELY, WRITE_NOT_PERMITTED, Advert, AttError, Sent
from surefoot.simulation.firmware import Service as Offered

Property = gatt.Characteristic.Properties
PROPERTIES = {
    "read": Property.READ,
    "write": Property.WRITE,
    "write-without-response": Property.WRITE_WITHOUT_RESPONSE,
    "notify": Property.NOTIFY,
    "indicate": Property.INDICATE,
}
ANYTHING = gatt.Characteristic.Permissions.READABLE | gatt.Characteristic.Permissions.WRITEABLE  # refused below
NOTIFY, INDICATE = 0x01, 0x02  # bits of a client's wish
AT_MOST_S = 1.0  # what is under way is waited for when it is thrown away
HEADER = 3  # bytes of a packet that are not the notification's own


class Inside(Protocol):
    """What answers for the sensor. Reading and writing may raise AttError."""

    def read(self, uuid: str) -> bytes: ...

    def write(self, uuid: str, data: bytes) -> list[Sent]: ...

    def listen(self, uuid: str, on: bool) -> list[Sent]: ...

    def part(self) -> None:
        """The link is gone."""
        ...


class Peripheral:
    """One connection at a time. ``packets``: notifications sent; ``unheard``: those that nobody listened to."""

    def __init__(
        self,
        air: Air,
        address: str,
        advert: Advert,
        services: Sequence[Offered],
        inside: Inside,
        *,
        advertise_s: float,
        mtu: int,
    ) -> None:
        self.packets = self.unheard = 0
        self._air, self._inside = air, inside
        self._address = address
        self._loop = asyncio.get_running_loop()
        self._on = False
        self._connection: Connection | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._advertising = asyncio.Lock()
        self._chip = Chip(address, air, air.rng)
        advertising, response = encode(advert)
        config = DeviceConfiguration(
            name=advert.name,
            address=hci.Address(address),
            advertising_data=advertising,
            scan_response_data=response,
            advertising_interval_min=1000 * advertise_s,
            advertising_interval_max=1000 * advertise_s,
        )
        self._device = device(self._chip, config)
        self._device.gatt_server.max_mtu = mtu
        self._device.on(Device.EVENT_CONNECTION, self._connected)
        self._table: dict[str, gatt.Characteristic[bytes]] = {}
        for service in services:
            self._serve(service)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def start(self) -> None:
        await self._device.power_on()
        self._on = True
        await self._advertise()

    async def stop(self) -> None:
        self.switch_off()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=AT_MOST_S)
        for task in list(self._tasks):
            task.cancel()
        self._air.remove_controller(self._chip)

    def switch_off(self) -> None:
        """Without a word: whoever is connected finds out by its silence."""
        self._on = False
        self._connection = None
        self._chip.le_legacy_advertiser.stop()
        self._air.vanish(self._address)

    def switch_on(self) -> None:
        self._on = True
        self._do(self._advertise())

    def say(self, packets: Sequence[Sent]) -> bool:
        """Send these to whoever listens; whether somebody does. What the MTU has no room for is cut off."""
        heard = False
        for packet in packets:
            characteristic = self._table[packet.uuid]
            wish = 0
            if self._connection is not None:
                wishes = self._device.gatt_server.subscribers.get(self._connection, {})
                wish = wishes.get(characteristic.handle, b"\0")[0]
            if wish & NOTIFY:
                value = packet.data[: self._connection.att_mtu - HEADER]
                notification = att.ATT_Handle_Value_Notification(characteristic.handle, value)
                self._device.gatt_server.send_gatt_pdu(self._connection, bytes(notification))
            elif wish & INDICATE:
                self._do(self._device.gatt_server.indicate_subscriber(self._connection, characteristic, packet.data))
            heard = heard or bool(wish)
            self.packets += bool(wish)
            self.unheard += not wish
        return heard

    async def _advertise(self) -> None:
        async with self._advertising:
            await self._device.start_advertising()
            if not self._on:  # it was switched off meanwhile
                self._chip.le_legacy_advertiser.stop()

    def _connected(self, connection: Connection) -> None:
        if not self._on:
            return
        self._connection = connection
        connection.on("disconnection", partial(self._parted, connection))

    def _parted(self, connection: Connection, _: int) -> None:
        if self._connection is not connection:
            return  # it has been switched off since, and knows nothing of it
        self._connection = None
        self._inside.part()
        self._do(self._advertise())

    def _serve(self, service: Offered) -> None:
        mine = []
        for told in service.characteristics:
            properties = Property(0)
            for name in told.properties:
                properties |= PROPERTIES[name]
            read, write = partial(self._read, told.uuid, properties), partial(self._write, told.uuid, properties)
            value = gatt.CharacteristicValue(read=read, write=write)
            characteristic = gatt.Characteristic(UUID(told.uuid), properties, ANYTHING, value)
            characteristic.on("subscription", partial(self._subscribed, told.uuid))
            self._table[told.uuid] = characteristic
            mine.append(characteristic)
        self._device.add_service(gatt.Service(UUID(service.uuid), mine))

    def _read(self, uuid: str, properties: Property, _: Connection) -> bytes:
        if not properties & Property.READ:
            raise att.ATT_Error(READ_NOT_PERMITTED)
        with _AsAtt():
            return self._inside.read(uuid)

    def _write(self, uuid: str, properties: Property, _: Connection, data: bytes) -> None:
        if not properties & (Property.WRITE | Property.WRITE_WITHOUT_RESPONSE):
            raise att.ATT_Error(WRITE_NOT_PERMITTED)
        with _AsAtt():
            answers = self._inside.write(uuid, bytes(data))
        self._loop.call_soon(self.say, answers)  # behind the answer to the write itself

    def _subscribed(self, uuid: str, _: Connection, notify: bool, indicate: bool) -> None:
        self._loop.call_soon(self.say, self._inside.listen(uuid, notify or indicate))

    def _do(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _AsAtt:
    """A firmware's refusal in bumble's words. Its own faults are told to the loop: bumble would let the asker wait."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, AttError):
            raise att.ATT_Error(error.code) from None
        if isinstance(error, Exception):
            asyncio.get_running_loop().call_exception_handler({"message": "a firmware failed", "exception": error})
            raise att.ATT_Error(UNLIKELY) from error
