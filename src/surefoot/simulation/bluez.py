"""A stand-in for BlueZ: org.bluez on a D-Bus, its radio the simulated air. bleak's own code for Linux runs on it.

It behaves as bluetoothd 5.66 was seen to, where that troubles programs: see ``Manners``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from surefoot.simulation.air import Air
from surefoot.simulation.busobjects import MANAGER, PROPERTIES, BusObjects, Properties
from surefoot.simulation.central import Central, Heard, LinkLost
from surefoot.simulation.remote import DEVICE, ERROR, NOTHING, Answer, Manners, Remote

SERVICE, ADAPTER, PATH = "org.bluez", "org.bluez.Adapter1", "/org/bluez/hci0"
UNKNOWN_OBJECT, UNKNOWN_METHOD = (f"org.freedesktop.DBus.Error.Unknown{what}" for what in ("Object", "Method"))
OWNERS = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"


class BlueZ:
    """One adapter of one computer. ``manners`` can be changed as it runs."""

    def __init__(self, air: Air, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self.errors: Counter[str] = Counter()  # answered, by the last part of their names
        self._central = Central(air)
        self._scanning: set[str] = set()  # clients, by their name on the bus
        self._since_s = 0.0  # of the youngest scan
        self._remotes: dict[str, Remote] = {}  # by path
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, address: str) -> None:
        """Take the name org.bluez on the bus with this address."""
        self._bus = await MessageBus(bus_address=address).connect()
        self._bus.add_message_handler(self._handle)
        self.objects = BusObjects(self._bus)
        await self._call_bus("AddMatch", "s", [OWNERS])
        self.objects.add("/org/bluez", "org.bluez.AgentManager1", {})
        self.set_powered(True)
        await self._central.start()
        await self._bus.request_name(SERVICE)

    async def stop(self, *, crash: bool = False) -> None:
        """Leave the bus; every link ends. After a ``crash`` nobody is told so."""
        if crash:
            self._bus.disconnect()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(remote.let_go() for remote in self._remotes.values()))
        self._bus.disconnect()
        with suppress(EOFError):
            await self._bus.wait_for_disconnect()

    def set_powered(self, powered: bool) -> None:
        """The radio is switched on or off (rfkill, bluetoothctl power off)."""
        properties: Properties = {
            "Address": Variant("s", "F0:00:00:00:00:01"),
            "Alias": Variant("s", "simulated"),
            "Powered": Variant("b", powered),
            "Discovering": Variant("b", False),
            "Roles": Variant("as", ["central", "peripheral"]),
            "UUIDs": Variant("as", []),
        }
        if PATH in self.objects:
            self.objects.change(PATH, ADAPTER, {"Powered": properties["Powered"]})
        else:
            self.objects.add(PATH, ADAPTER, properties)

    # ---- messages

    def _handle(self, message: Message) -> bool | None:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if not owner:
                self._do(self._client_gone(name))
            return None
        if message.message_type is not MessageType.METHOD_CALL or message.destination not in (
            SERVICE,
            self._bus.unique_name,
        ):
            return None
        self._do(self._answer(message))
        return True

    async def _answer(self, message: Message) -> None:
        try:
            signature, body = await self._act(message)
            reply = Message.new_method_return(message, signature, body)
        except DBusError as error:
            self.errors[error.type.rpartition(".")[2]] += 1
            reply = Message.new_error(message, error.type, error.text)
        await self._bus.send(reply)

    async def _act(self, message: Message) -> Answer:
        path, interface, member, body = message.path, message.interface, message.member, message.body
        if interface == MANAGER and member == "GetManagedObjects":
            return "a{oa{sa{sv}}}", [self.objects.managed()]
        if path not in self.objects:
            raise DBusError(UNKNOWN_OBJECT, f"Method {member!r} on {path}: no such object")
        if interface == PROPERTIES:
            return self._property(path, member, body)
        if interface == ADAPTER:
            methods: dict[str, Callable[[str, list[Any]], Awaitable[Answer]]] = {
                "SetDiscoveryFilter": self._set_filter,
                "StartDiscovery": self._start_discovery,
                "StopDiscovery": self._stop_discovery,
                "RemoveDevice": self._remove_device,
            }
            if member in methods:
                return await methods[member](message.sender, body)
        for known, remote in self._remotes.items():
            if path == known or path.startswith(f"{known}/"):
                return await remote.act(message)
        raise DBusError(UNKNOWN_METHOD, f"No method {member!r} on {path}")

    def _property(self, path: str, member: str, body: list[Any]) -> Answer:
        interface = body[0]
        if member == "GetAll":
            return "a{sv}", [self.objects.interfaces(path).get(interface, {})]
        if member == "Get" and body[1] in self.objects.interfaces(path).get(interface, {}):
            return "v", [self.objects.interfaces(path)[interface][body[1]]]
        if member == "Set":
            self.objects.change(path, interface, {body[1]: body[2]})
            return NOTHING
        raise DBusError("org.freedesktop.DBus.Error.InvalidArgs", f"No such property: {body[1:]}")

    # ---- the adapter

    async def _set_filter(self, sender: str, body: list[Any]) -> Answer:
        return NOTHING  # bleak filters by itself too

    async def _start_discovery(self, sender: str, body: list[Any]) -> Answer:
        if not self.objects.value(PATH, ADAPTER, "Powered"):
            raise DBusError(f"{ERROR}.NotReady", "Resource Not Ready")
        if sender in self._scanning:
            raise DBusError(f"{ERROR}.InProgress", "Operation already in progress")
        self._scanning.add(sender)
        self._since_s = asyncio.get_running_loop().time()
        if len(self._scanning) == 1:
            await self._central.listen(self._heard)
            self.objects.change(PATH, ADAPTER, {"Discovering": Variant("b", True)})
        if self.manners.heard_at_once:
            await self._hear_everybody()
        return NOTHING

    async def _stop_discovery(self, sender: str, body: list[Any]) -> Answer:
        if sender not in self._scanning:
            raise DBusError(f"{ERROR}.Failed", "No discovery started")
        self._scanning.discard(sender)
        if not self._scanning:
            await self._central.cease(self._heard)
            self.objects.change(PATH, ADAPTER, {"Discovering": Variant("b", False)})
            for path in self._remotes:
                self.objects.change(path, DEVICE, {}, ("RSSI", "TxPower"))
        return NOTHING

    async def _remove_device(self, sender: str, body: list[Any]) -> Answer:
        if (remote := self._remotes.pop(body[0], None)) is None:
            raise DBusError(f"{ERROR}.DoesNotExist", "Does Not Exist")
        await remote.let_go()
        self.objects.remove(body[0])
        return NOTHING

    async def _hear_everybody(self) -> None:
        """Wait until each sensor around has been heard once, before the answer goes out."""
        await asyncio.sleep(4 * self.manners.hold_back_s)

    def _heard(self, heard: Heard) -> None:
        loop = asyncio.get_running_loop()
        if not self.manners.heard_at_once and loop.time() - self._since_s < self.manners.hold_back_s:
            return
        path = f"{PATH}/dev_{heard.address.replace(':', '_')}"
        if path not in self._remotes:
            self._remotes[path] = Remote(path, heard.address, self._central, self.objects, lambda: self.manners)
            loop.call_later(self.manners.forget_s, self._forget, path)
        self._remotes[path].heard(heard)

    def _forget(self, path: str) -> None:
        """A device that was not heard or used lately is no longer known."""
        if (remote := self._remotes.get(path)) is None:
            return
        left_s = self.manners.forget_s - remote.idle_s()
        if left_s > 0:
            asyncio.get_running_loop().call_later(left_s + 0.01, self._forget, path)
        else:
            del self._remotes[path]
            self.objects.remove(path)

    async def _client_gone(self, name: str) -> None:
        """A program left the bus: what it had asked for ends, but not its links."""
        if name in self._scanning:
            await self._stop_discovery(name, [])
        for remote in list(self._remotes.values()):
            with suppress(LinkLost):
                await remote.client_gone(name)

    async def _call_bus(self, member: str, signature: str, body: list[Any]) -> None:
        name = "org.freedesktop.DBus"
        call = partial(Message, destination=name, path="/org/freedesktop/DBus", interface=name)
        await self._bus.call(call(member=member, signature=signature, body=body))

    def _do(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
