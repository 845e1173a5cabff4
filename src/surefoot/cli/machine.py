"""The machine: what surefoot needs of the computer itself, each thing with its remedy."""

from __future__ import annotations

import ctypes
import os
import platform
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from surefoot import __version__
from surefoot.cli.checkup import Line, State

ROOT = Path("/")
OLDEST_PYTHON = (3, 11)
LITTLE_MB, LEAST_MB = 4000, 300  # a fortnight of raw readings of two ankles takes about 3 GB; a day 200 MB
EARLIEST_YEAR = 2025  # a clock before that was never set
HOT_C = 80.0  # where small computers begin to slow down
UNITS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")


def python() -> Iterator[Line]:
    told = f"{platform.python_version()}, {8 * ctypes.sizeof(ctypes.c_void_p)} bit, {platform.system()}"
    if sys.version_info < OLDEST_PYTHON:
        yield Line("Python", told, "bad", "Install Python 3.11 or newer.")
    elif ctypes.sizeof(ctypes.c_void_p) < 8:
        yield Line("Python", told, "warn", "Use a 64-bit system: numpy and scipy are not made for others any more.")
    else:
        yield Line("Python", told)


def packages() -> Iterator[Line]:
    """What pyproject.toml asks for, held against what is installed."""
    try:
        asked = [text for text in metadata.requires("surefoot") or () if "extra ==" not in text]
    except metadata.PackageNotFoundError:
        yield Line("Packages", "surefoot runs from its source folder", "warn", "Install it: python -m pip install .")
        return
    wrong = [told for text in asked if (told := _unmet(text))]
    if wrong:
        yield Line("Packages", "; ".join(wrong), "bad", "python -m pip install --upgrade surefoot")
        return
    yield Line("Packages", f"surefoot {__version__}, bleak {metadata.version('bleak')}; all {len(asked)} as needed")


def folder(home: Path) -> Iterator[Line]:
    """Where the home store and the raw readings go."""
    there = next(path for path in (home, *home.parents) if path.exists())
    name = f"{home}" if there == home else f"{home} (not made yet)"
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        remedy = f"Make it writable for this user, or set SUREFOOT_HOME to another folder: sudo chown $USER {there}"
        yield Line("Home folder", f"{name}: nothing can be written there ({error.strerror})", "bad", remedy)
        return
    yield Line("Home folder", f"{name}, writable")
    free_mb = shutil.disk_usage(there).free / 1e6
    state: State = "bad" if free_mb < LEAST_MB else "warn" if free_mb < LITTLE_MB else "ok"
    remedy = "Free some space. Old raw readings go by themselves; what was found in them stays."
    yield Line("Disk", f"{free_mb / 1000:.1f} GB free", state, remedy if state != "ok" else "")


def clock(now_s: float | None = None, root: Path = ROOT, synchronised: bool | None = None) -> Iterator[Line]:
    """The wall clock dates the days; readings themselves are timed by a clock that nobody sets."""
    now = datetime.fromtimestamp(time.time() if now_s is None else now_s, UTC)
    told = now.strftime("%Y-%m-%d %H:%M:%S UTC")
    synchronised = kept_right() if synchronised is None else synchronised
    if now.year < EARLIEST_YEAR:
        yield Line("Clock", f"{told}: never set", "bad", "Connect to the internet, or set it: sudo date -s ...")
    elif synchronised is None:
        yield Line("Clock", f"{told}; whether it is kept right cannot be asked here", "warn", "Let the system set it.")
    elif not synchronised:
        yield Line("Clock", f"{told}; not set by any time server", "warn", "sudo timedatectl set-ntp true")
    else:
        yield Line("Clock", f"{told}; set by a time server")
    if platform.system() == "Linux":
        if has_clock_battery(root):
            yield Line("Clock battery", "there is a clock that runs on without power")
        else:
            remedy = "Keep it on the network, or fit a clock module (RTC): till the clock is set, days are misdated."
            yield Line(
                "Clock battery", "none: after a power cut the time is wrong until a server is asked", "warn", remedy
            )


def has_clock_battery(root: Path = ROOT) -> bool:
    return any((root / "sys/class/rtc").glob("rtc*"))


def health(root: Path = ROOT) -> Iterator[Line]:
    """Heat and supply, where the machine tells."""
    zones = sorted((root / "sys/class/thermal").glob("thermal_zone*/temp"))
    hottest_c = max((float(text) / 1000 for zone in zones if (text := _text(zone))), default=None)
    if hottest_c is not None:
        hot = hottest_c >= HOT_C
        remedy = "Give it air: it slows down, and Bluetooth is lost first." if hot else ""
        yield Line("Temperature", f"{hottest_c:.0f} degrees C", "warn" if hot else "ok", remedy)
    throttled = _text(root / "sys/devices/platform/soc/soc:firmware/get_throttled")
    if throttled:  # Raspberry Pi: bit 0 now, bit 16 since it was switched on
        bits = int(throttled, 16)
        told = "too low now" if bits & 1 else "was too low since it was switched on" if bits >> 16 & 1 else "enough"
        remedy = "Use the power supply made for it, and a short cable." if told != "enough" else ""
        yield Line("Supply voltage", told, "warn" if remedy else "ok", remedy)


def service(root: Path = ROOT, user_home: Path | None = None) -> Iterator[Line]:
    """Whether surefoot wear starts by itself."""
    if platform.system() != "Linux" or not (root / "run/systemd/system").is_dir():
        remedy = "Have 'surefoot wear' started again whenever this machine starts."
        yield Line("Start by itself", "this machine has no systemd to ask", "warn", remedy)
        return
    places = [root / unit for unit in UNITS] + [(user_home or Path.home()) / ".config/systemd/user"]
    units = [unit for place in places for unit in sorted(place.glob("*.service")) if "surefoot wear" in _text(unit)]
    if not units:
        remedy = (
            "surefoot wear --print-unit | sudo tee /etc/systemd/system/surefoot-wear.service, "
            "then: sudo systemctl enable --now surefoot-wear"
        )
        yield Line("Start by itself", "no systemd unit runs surefoot wear", "warn", remedy)
        return
    wanted = [unit for unit in units for place in places if any(place.glob(f"*.wants/{unit.name}"))]
    if wanted:
        yield Line("Start by itself", f"{wanted[0].name} is enabled")
    else:
        yield Line("Start by itself", f"{units[0].name} is not enabled", "warn", f"systemctl enable {units[0].name}")


def in_container(root: Path = ROOT) -> bool:
    return any((root / name).exists() for name in (".dockerenv", "run/.containerenv"))


def _text(path: Path) -> str:
    """A small file of the system's own; empty where there is none to read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _unmet(requirement: str) -> str:
    """What is wrong with one of the packages asked for; empty when nothing is."""
    name = re.match(r"[\w.-]+", requirement.partition("[")[0])
    assert name
    try:
        have = metadata.version(name[0])
    except metadata.PackageNotFoundError:
        return f"{name[0]} is missing"
    for sign, wanted in re.findall(r"(>=|<)\s*([\d.]+)", requirement.partition(";")[0]):
        if (_numbers(have) < _numbers(wanted)) == (sign == ">="):
            return f"{name[0]} is {have}, needed is {requirement}"
    return ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)[:3]]


class _Timex(ctypes.Structure):
    """The head of Linux' struct timex; room behind it for the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        *((name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * 512),
    )


NOT_SYNCHRONISED = 0x40  # STA_UNSYNC of struct timex


def kept_right() -> bool | None:
    """Whether the kernel's clock is kept right by a time server; None where it cannot be asked."""
    if os.name != "posix" or not hasattr(libc := ctypes.CDLL(None), "adjtimex"):
        return None
    timex = _Timex()
    if libc.adjtimex(ctypes.byref(timex)) < 0:
        return None
    return not timex.status & NOT_SYNCHRONISED
