"""The objects of a D-Bus service: interfaces with properties, and what everybody is told when they change."""

from __future__ import annotations

import asyncio
from typing import Any

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
Properties = dict[str, Variant]


class BusObjects:
    """By path and interface. dbus-fast's own services cannot lose a property, nor tell of an object from "/"."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._all: dict[str, dict[str, Properties]] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._all

    def interfaces(self, path: str) -> dict[str, Properties]:
        return self._all.get(path, {})

    def below(self, path: str) -> list[str]:
        """Paths of what lies under it, deepest first."""
        return sorted((other for other in self._all if other.startswith(f"{path}/")), reverse=True)

    def managed(self) -> dict[str, dict[str, Properties]]:
        return self._all

    def add(self, path: str, interface: str, properties: Properties) -> None:
        self._all.setdefault(path, {})[interface] = properties
        self._tell("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: properties}])

    def remove(self, path: str) -> None:
        """It, and what lies under it."""
        for each in (*self.below(path), path):
            if (interfaces := self._all.pop(each, None)) is not None:
                self._tell("/", MANAGER, "InterfacesRemoved", "oas", [each, list(interfaces)])

    def change(self, path: str, interface: str, changed: Properties, gone: tuple[str, ...] = ()) -> None:
        """New values, told even where they are the old ones."""
        if (properties := self._all.get(path, {}).get(interface)) is None:
            return
        properties.update(changed)
        gone = tuple(name for name in gone if properties.pop(name, None) is not None)
        if changed or gone:
            self._tell(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, list(gone)])

    def value(self, path: str, interface: str, name: str) -> Any:
        """A property's value, None where there is none."""
        variant = self._all.get(path, {}).get(interface, {}).get(name)
        return None if variant is None else variant.value

    def _tell(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus.connected:
            sending = self._bus.send(Message.new_signal(path, interface, member, signature, body))
            sending.add_done_callback(_gone_or_done)


def _gone_or_done(sending: asyncio.Future[Any]) -> None:
    """Where the bus has gone meanwhile there is nobody to tell."""
    if not sending.cancelled():
        sending.exception()
