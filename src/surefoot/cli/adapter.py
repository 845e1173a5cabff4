"""The adapter: whether this computer's Bluetooth can be used, asked of the system itself and without scanning."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from surefoot.cli.checkup import Line
from surefoot.cli.machine import ROOT, in_container

PATIENCE_S = 3.0
OLDEST_BLUEZ = (5, 55)  # what bleak asks for
DAEMONS = ("/usr/libexec/bluetooth/bluetoothd", "/usr/lib/bluetooth/bluetoothd")
BLUEZ, MANAGER = "org.bluez", "org.freedesktop.DBus.ObjectManager"
SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"


def simulated() -> Iterator[Line]:
    """The pretend radio needs no hardware, only the package it is made with."""
    own_bus = platform.system() == "Linux" and shutil.which("dbus-daemon")
    where = "behind a stand-in for BlueZ" if own_bus else "inside this program"
    try:
        yield Line("Bluetooth", f"simulated (bumble {metadata.version('bumble')}), {where}; no hardware is used")
    except metadata.PackageNotFoundError:
        yield Line("Bluetooth", "the simulated radio is not installed", "bad", "pip install 'surefoot[demo]'")


def bluetooth(root: Path = ROOT) -> Iterator[Line]:
    """Everything between surefoot and the air."""
    match platform.system():
        case "Linux":
            yield from _hardware(root)
            yield from _version()
            yield from asyncio.run(_bluez(in_container(root)))
        case "Darwin":
            yield from _built_in(
                "CoreBluetooth", "System Settings, Privacy & Security, Bluetooth: allow your terminal."
            )
        case "Windows":
            yield from _built_in("winrt", "Settings, Bluetooth & devices: switch Bluetooth on.")
        case other:
            yield Line("Bluetooth", f"not known on {other}", "bad", "Use Linux, macOS or Windows.")


def _built_in(module: str, remedy: str) -> Iterator[Line]:
    if importlib.util.find_spec(module) is None:
        yield Line("Bluetooth", f"the package for it ({module}) is missing", "bad", "pip install --upgrade bleak")
    else:
        told = "this system tells only when a sensor is looked for"
        yield Line("Bluetooth", told, "warn", f"If 'surefoot pair' finds nothing: {remedy}")


def _hardware(root: Path) -> Iterator[Line]:
    """What the kernel knows: the adapters, and whether a switch keeps them silent."""
    adapters = sorted(path.name for path in (root / "sys/class/bluetooth").glob("hci*") if ":" not in path.name)
    if adapters:
        yield Line("Adapter", ", ".join(adapters))
    elif in_container(root):
        remedy = "Run surefoot on the machine itself, or give the container its network: docker run --network host"
        yield Line("Adapter", "none to be seen from inside this container", "warn", remedy)
    else:
        yield Line("Adapter", "this computer has no Bluetooth adapter", "bad", "Plug in a Bluetooth 5 USB adapter.")
    for switch in sorted((root / "sys/class/rfkill").glob("rfkill*")):
        if _word(switch / "type") != "bluetooth":
            continue
        if _word(switch / "hard") == "1":
            yield Line("Radio switch", "off, by a switch or key of the computer", "bad", "Switch it on there.")
        elif _word(switch / "soft") == "1":
            yield Line("Radio switch", "off, by the system", "bad", "sudo rfkill unblock bluetooth")


def _version() -> Iterator[Line]:
    command = next((path for path in (*DAEMONS, shutil.which("bluetoothctl")) if path and Path(path).exists()), None)
    if command is None:
        return  # what answers on the bus decides
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    found = re.search(r"(\d+)\.(\d+)", done.stdout)
    if found is None:
        yield Line("BlueZ version", "not told", "warn", f"Look what '{command} --version' says.")
    elif (int(found[1]), int(found[2])) < OLDEST_BLUEZ:
        yield Line("BlueZ version", f"{found[0]}: too old", "bad", "Use a system with BlueZ 5.55 or newer.")
    else:
        yield Line("BlueZ version", found[0])


async def _bluez(contained: bool) -> list[Line]:
    """The system's message bus, the Bluetooth service on it, and what it says of its adapters."""
    remedy = "sudo apt install dbus bluez; sudo systemctl start dbus bluetooth"
    if contained:
        remedy = "Give the container the machine's bus: docker run -v /run/dbus:/run/dbus:ro"
    bus: MessageBus | None = None
    try:
        bus = MessageBus(os.environ.get("DBUS_SYSTEM_BUS_ADDRESS") or SYSTEM_BUS, BusType.SYSTEM)
        async with asyncio.timeout(PATIENCE_S):
            await bus.connect()
            lines = [Line("Message bus (D-Bus)", "answers")]
            answer = await bus.call(Message(BLUEZ, "/", MANAGER, "GetManagedObjects"))
            return [*lines, *_service(answer)]
    except PermissionError:
        return [Line("Message bus (D-Bus)", "this user may not use it", "bad", "Run surefoot as an ordinary user.")]
    except TimeoutError:
        return [Line("Bluetooth service", "does not answer", "bad", "sudo systemctl restart bluetooth")]
    except (OSError, DBusFastError, EOFError) as error:
        return [Line("Message bus (D-Bus)", f"none here ({error})", "bad", remedy)]
    finally:
        if bus is not None:
            bus.disconnect()


def _service(answer: Message | None) -> Iterator[Line]:
    if answer is None or answer.message_type is not MessageType.METHOD_RETURN:
        error = answer.error_name if answer else "no answer"
        if str(error).endswith("AccessDenied"):
            remedy = "sudo usermod -aG bluetooth $USER, then log out and in again"
            yield Line("Bluetooth service", "this user may not use it", "bad", remedy)
        else:
            remedy = "sudo apt install bluez; sudo systemctl enable --now bluetooth"
            yield Line("Bluetooth service", f"BlueZ does not run ({error})", "bad", remedy)
        return
    yield Line("Bluetooth service", "BlueZ answers")
    found = {path: of["org.bluez.Adapter1"] for path, of in answer.body[0].items() if "org.bluez.Adapter1" in of}
    if not found:
        yield Line("Adapter in use", "BlueZ has none", "bad", "sudo systemctl restart bluetooth; else plug it in anew.")
    for path, told in sorted(found.items()):
        name = f"{path.rpartition('/')[2]}, {_told(told, 'Address')}"
        if _told(told, "Powered") is True:
            busy = "; another program is scanning with it" if _told(told, "Discovering") is True else ""
            yield Line("Adapter in use", f"{name}, on{busy}")
        else:
            yield Line("Adapter in use", f"{name}, off", "bad", "bluetoothctl power on")


def _told(properties: dict[str, Any], name: str) -> object:
    return properties[name].value if name in properties else None


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
