"""A D-Bus of our own: a dbus-daemon that only this program and its children know, gone with it."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surefoot.records import SurefootError

VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"  # where programs look for the system's bus
SET_DEATH_SIGNAL = 1  # of prctl
CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class BusError(SurefootError):
    """The private bus cannot be started."""


@contextmanager
def private_bus() -> Iterator[str]:
    """Run one; yields its address. Raise BusError where there is no dbus-daemon."""
    program = shutil.which("dbus-daemon")
    if program is None or sys.platform != "linux":
        raise BusError(
            "The simulated BlueZ needs Linux and dbus-daemon, which this machine has not.",
            "Nothing was started.",
            "Install it (Debian: apt-get install dbus-daemon).",
        )
    with tempfile.TemporaryDirectory(prefix="surefoot-bus-") as folder:
        settings = Path(folder) / "bus.conf"
        settings.write_text(CONFIGURATION.format(socket=Path(folder) / "bus"), encoding="utf-8")
        daemon = subprocess.Popen(
            [program, f"--config-file={settings}", "--nofork", "--nopidfile", "--print-address=1"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,
            start_new_session=True,  # Ctrl-C is for us
        )
        try:
            with daemon:
                assert daemon.stdout is not None
                try:
                    address = daemon.stdout.readline().decode().strip()
                    if not address:
                        raise BusError(
                            "dbus-daemon ended at once.", "Nothing was started.", "Run it by hand to see why."
                        )
                    yield address
                finally:
                    daemon.terminate()
        finally:
            daemon.wait()


@contextmanager
def as_system_bus(address: str) -> Iterator[None]:
    """Have this process, and the children it starts, take that bus for the system's."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = address
    try:
        yield
    finally:
        os.environ.pop(VARIABLE)
        if before is not None:
            os.environ[VARIABLE] = before


def _die_with_parent() -> None:
    """A killed program leaves no daemon behind, holding its pipes open."""
    ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGTERM)
