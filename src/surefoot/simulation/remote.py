"""A device as BlueZ shows it: Device1 on the bus, with its link, and the services of its sensor below it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from bumble.gatt_client import CharacteristicProxy, DescriptorProxy
from dbus_fast import Message, Variant
from dbus_fast.errors import DBusError

from surefoot.simulation.busobjects import BusObjects, Properties
from surefoot.simulation.central import Central, Heard, LinkLost, Wire, full_uuid, property_names
from surefoot.simulation.firmware import UNLIKELY, AttError

DEVICE = "org.bluez.Device1"
GATT_SERVICE, CHARACTERISTIC, DESCRIPTOR = (
    f"org.bluez.Gatt{what}1" for what in ("Service", "Characteristic", "Descriptor")
)
ERROR = "org.bluez.Error"
GAP = "00001800-0000-1000-8000-00805f9b34fb"  # bluetoothd keeps it to itself
PATIENCE_S = 20.0  # of the kernel with a device that does not answer
HEARING = {"notify", "indicate"}
Answer = tuple[str, list[Any]]
NOTHING: Answer = ("", [])


@dataclass(frozen=True, slots=True)
class Manners:
    """What bluetoothd does that programs must live with, as 5.66 was seen to do it."""

    disconnect_s: float = 2.0  # Disconnect answers so late
    tell_lag_s: float = 0.05  # that the device is gone is told so long after that answer
    hold_back_s: float = 0.05  # nothing heard is told before StartDiscovery has been answered for so long
    heard_at_once: bool = False  # the first advertisements are told before StartDiscovery is answered
    rssi_step_db: int = 8  # smaller changes are not told
    forget_s: float = 30.0  # a device that is not connected is forgotten so long after it was heard


class Remote:
    """One device that was heard. ``act`` answers calls to it and to what is below it."""

    def __init__(
        self, path: str, address: str, central: Central, objects: BusObjects, manners: Callable[[], Manners]
    ) -> None:
        self._path, self._address = path, address
        self._central, self._objects, self._manners = central, objects, manners
        self._loop = asyncio.get_running_loop()
        self._used_s = self._loop.time()
        self._attempt: asyncio.Task[Wire] | None = None
        self._resolving: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self._below: dict[str, CharacteristicProxy[bytes] | DescriptorProxy] = {}
        self._notifying: dict[str, tuple[set[str], Callable[[bytes], None]]] = {}  # path: clients; who hears

    def idle_s(self) -> float:
        """How long since it was heard or used."""
        busy = self._attempt is not None or self._wire is not None
        return 0.0 if busy else self._loop.time() - self._used_s

    def heard(self, heard: Heard) -> None:
        """It advertised: what is new is told."""
        self._used_s = self._loop.time()
        told: Properties = {"RSSI": Variant("n", heard.rssi_dbm)}
        if heard.advert.name:
            told |= {"Name": Variant("s", heard.advert.name), "Alias": Variant("s", heard.advert.name)}
        if heard.advert.makers:
            makers = {maker: Variant("ay", data) for maker, data in heard.advert.makers.items()}
            told["ManufacturerData"] = Variant("a{qv}", makers)
        if self._path not in self._objects:
            self._objects.add(self._path, DEVICE, self._unknown() | self._uuids(heard.advert.services) | told)
            return
        told |= self._uuids(heard.advert.services)
        before_db = self._objects.value(self._path, DEVICE, "RSSI")
        if before_db is not None and abs(before_db - heard.rssi_dbm) < self._manners().rssi_step_db:
            del told["RSSI"]
        known = self._objects.interfaces(self._path)[DEVICE]
        self._objects.change(self._path, DEVICE, {k: v for k, v in told.items() if k == "RSSI" or known.get(k) != v})

    async def act(self, message: Message) -> Answer:
        """Raise DBusError where bluetoothd would answer with an error."""
        match (message.interface, message.member):
            case (str(interface), "Connect") if interface == DEVICE:
                return await self._connect()
            case (str(interface), "Disconnect") if interface == DEVICE:
                return await self._disconnect()
            case (str(interface), "Pair") if interface == DEVICE:
                raise DBusError(f"{ERROR}.NotSupported", "Operation is not supported")
        what = self._below.get(message.path)
        if what is None or self._wire is None:
            raise DBusError(f"{ERROR}.Failed", "Not connected")
        try:
            return await self._use(self._wire, what, message)
        except AttError as error:
            raise _refused(error.code) from None
        except LinkLost:
            raise _refused(UNLIKELY) from None

    async def client_gone(self, client: str) -> None:
        """A program left the bus: nobody notifies it any more. Its link stays."""
        for path, (clients, on_value) in list(self._notifying.items()):
            clients.discard(client)
            if not clients and self._wire is not None:
                del self._notifying[path]
                await self._wire.cease(self._below[path], on_value)

    async def let_go(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()
        if self._wire is not None:
            await self._wire.close()

    # ---- its link

    async def _connect(self) -> Answer:
        if self._wire is not None:
            return NOTHING
        if self._attempt is not None:
            raise DBusError(f"{ERROR}.InProgress", "Operation already in progress")
        self._attempt = attempt = self._loop.create_task(self._central.connect(self._address))
        try:
            async with asyncio.timeout(PATIENCE_S):
                self._wire = wire = await attempt
        except TimeoutError:
            raise DBusError(f"{ERROR}.Failed", "Connection timed out") from None
        except LinkLost:
            raise DBusError(f"{ERROR}.Failed", "Connection refused") from None
        except asyncio.CancelledError:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                raise
            raise DBusError(f"{ERROR}.Failed", "Operation canceled") from None
        finally:
            if self._attempt is attempt:
                self._attempt = None
        for what in self._below.values():  # may be used at once: who knows the services need not wait for them
            wire.adopt(what)
        self._objects.change(self._path, DEVICE, {"Connected": Variant("b", True)}, ("RSSI",))
        wire.closed.add_done_callback(partial(self._gone, wire))
        self._resolving = self._loop.create_task(self._resolve(wire))
        return NOTHING

    async def _disconnect(self) -> Answer:
        if (attempt := self._attempt) is not None:
            attempt.cancel()
            await asyncio.wait({attempt})
            self._attempt = None
        if (wire := self._wire) is not None:
            await asyncio.sleep(self._manners().disconnect_s)
            self._wire = None  # whatever closes it: it is told late, by us
            await wire.close()
            self._loop.call_later(self._manners().tell_lag_s, self._tell_gone)
        return NOTHING

    async def _resolve(self, wire: Wire) -> None:
        with suppress(LinkLost):
            if self._below:
                await wire.agree()
            else:
                await wire.discover()
                self._show(wire)
            self._objects.change(self._path, DEVICE, {"ServicesResolved": Variant("b", True)})

    def _gone(self, wire: Wire, _: asyncio.Future[int]) -> None:
        if self._wire is wire:
            self._wire = None
            self._tell_gone()

    def _tell_gone(self) -> None:
        self._used_s = self._loop.time()
        self._notifying.clear()
        if self._wire is None:
            self._objects.change(self._path, DEVICE, {"ServicesResolved": Variant("b", False)})
            self._objects.change(self._path, DEVICE, {"Connected": Variant("b", False)})

    # ---- its services

    async def _use(self, wire: Wire, what: CharacteristicProxy[bytes] | DescriptorProxy, message: Message) -> Answer:
        path, member = message.path, message.member
        if member == "ReadValue":
            value = await wire.read(what)
            self._objects.change(path, message.interface, {"Value": Variant("ay", value)})  # told as a notification is
            return "ay", [value]
        if member == "WriteValue":
            options = message.body[1]
            command = "type" in options and options["type"].value == "command"
            await wire.write(what, bytes(message.body[0]), not command)
            return NOTHING
        if member == "StartNotify" and isinstance(what, CharacteristicProxy):
            return await self._start_notify(wire, path, what, message.sender)
        if member == "StopNotify" and path in self._notifying and message.sender in self._notifying[path][0]:
            clients, on_value = self._notifying[path]
            clients.discard(message.sender)
            if not clients:
                del self._notifying[path]
                await wire.cease(what, on_value)
            return NOTHING
        if member == "StopNotify":
            raise DBusError(f"{ERROR}.Failed", "No notify session started")
        raise DBusError(f"{ERROR}.NotSupported", "Operation is not supported")

    async def _start_notify(self, wire: Wire, path: str, what: CharacteristicProxy[bytes], client: str) -> Answer:
        if not HEARING & set(property_names(what)):
            raise DBusError(f"{ERROR}.NotSupported", "Operation is not supported")
        if path in self._notifying:
            self._notifying[path][0].add(client)
            return NOTHING

        def on_value(value: bytes) -> None:
            self._objects.change(path, CHARACTERISTIC, {"Value": Variant("ay", value)})

        self._notifying[path] = ({client}, on_value)
        await wire.listen(what, on_value)
        return NOTHING

    def _show(self, wire: Wire) -> None:
        """Its services, characteristics and descriptors; they stay when the link ends."""
        uuids = [full_uuid(service.uuid) for service in wire.services]
        self._objects.change(self._path, DEVICE, self._uuids(tuple(uuids)))
        for service in wire.services:
            if full_uuid(service.uuid) == GAP:
                continue
            path = f"{self._path}/service{service.handle:04x}"
            self._add(
                path, GATT_SERVICE, service.uuid, {"Primary": Variant("b", True), "Device": Variant("o", self._path)}
            )
            for each in service.characteristics:
                mine = f"{path}/char{each.handle - 1:04x}"
                self._below[mine] = each
                more = {"Service": Variant("o", path), "Flags": Variant("as", property_names(each))}
                more |= {"Value": Variant("ay", b""), "MTU": Variant("q", wire.mtu)}
                self._add(mine, CHARACTERISTIC, each.uuid, more)
                for it in each.descriptors:
                    self._below[f"{mine}/desc{it.handle:04x}"] = it
                    more = {"Characteristic": Variant("o", mine), "Value": Variant("ay", b"")}
                    self._add(f"{mine}/desc{it.handle:04x}", DESCRIPTOR, it.type, more)

    def _add(self, path: str, interface: str, uuid: Any, more: Properties) -> None:
        if path not in self._objects:
            self._objects.add(path, interface, {"UUID": Variant("s", full_uuid(uuid)), **more})

    def _uuids(self, more: tuple[str, ...]) -> Properties:
        known = self._objects.value(self._path, DEVICE, "UUIDs") or []
        return {"UUIDs": Variant("as", sorted({*known, *more}))}

    def _unknown(self) -> Properties:
        """What is shown of a device of which nothing but its address is known."""
        return {
            "Address": Variant("s", self._address),
            "AddressType": Variant("s", "random"),
            "Alias": Variant("s", self._address.replace(":", "-")),
            "Adapter": Variant("o", self._path.rpartition("/")[0]),
            "Connected": Variant("b", False),
            "Paired": Variant("b", False),
            "Trusted": Variant("b", False),
            "ServicesResolved": Variant("b", False),
        }


def _refused(code: int) -> DBusError:
    """A sensor's refusal in bluetoothd's words."""
    match code:
        case 0x02:
            return DBusError(f"{ERROR}.NotPermitted", "Read not permitted")
        case 0x03:
            return DBusError(f"{ERROR}.NotPermitted", "Write not permitted")
        case 0x06:
            return DBusError(f"{ERROR}.NotSupported", "Operation is not supported")
        case 0x08:
            return DBusError(f"{ERROR}.NotAuthorized", "Operation Not Authorized")
        case 0x0D:
            return DBusError(f"{ERROR}.InvalidArguments", "Invalid Length")
    return DBusError(f"{ERROR}.Failed", f"Operation failed with ATT error: 0x{code:02x}")
