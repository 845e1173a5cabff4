"""A pretend radio: the same gateway hears the same person, whether the sensors live in this program or in another."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import textwrap
from pathlib import Path

import pytest

from aired import in_virtual_time
from onlinux import leave_bus, until
from surefoot.records import SIDES, Gap, Samples, SurefootError
from surefoot.sensors.bluetooth.radio import Radio
from surefoot.simulation.pretend import Pretend, PretendError, _program, pretend_radio
from surefoot.simulation.privatebus import BusError


async def heard(there: Pretend, seconds: float) -> list[Samples | Gap]:
    """What a gateway hears until both sensors have told of so long."""
    items: list[Samples | Gap] = []

    keep = items.append

    async def hear() -> None:
        async for item in Radio(there.worn, bleak=there.kit).items():
            keep(item)

    def told_s(side: str) -> float:
        return sum(len(item) / item.rate_hz for item in items if isinstance(item, Samples) and item.side == side)

    hearing = asyncio.create_task(hear())
    await until(lambda: all(told_s(side) > seconds for side in SIDES), 40.0)
    hearing.cancel()
    await asyncio.wait({hearing})
    return items


def test_sensors_in_this_program_are_heard() -> None:
    async def main() -> None:
        async with pretend_radio(apart=False) as there:
            items = await heard(there, 10.0)
            assert {item.side for item in items} == set(SIDES)

    in_virtual_time(main())


@pytest.mark.skipif(shutil.which("dbus-daemon") is None and not os.environ.get("CI"), reason="there is no dbus-daemon")
def test_sensors_in_another_program_are_heard_through_bluez() -> None:
    async def main() -> None:
        async with pretend_radio(apart=True) as there:
            assert there.kit.scanner == {}
            assert "DBUS_SYSTEM_BUS_ADDRESS" in os.environ
            items = await heard(there, 2.0)
            assert {item.side for item in items} == set(SIDES)
            await leave_bus()

    asyncio.run(main())


def test_without_a_bus_the_sensors_live_in_this_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    async def main() -> None:
        async with pretend_radio() as there:
            assert "backend" in there.kit.client

    in_virtual_time(main())
    with pytest.raises(BusError, match="needs Linux and dbus-daemon"):
        asyncio.run(_apart())


async def _apart() -> None:
    async with pretend_radio(apart=True):
        pass


def test_a_product_nobody_knows_is_refused_before_anything_starts() -> None:
    async def main() -> None:
        async with pretend_radio("nothing"):
            pass

    with pytest.raises(SurefootError, match="No sensor product is called 'nothing'"):
        asyncio.run(main())


def test_a_program_that_does_not_start_is_told() -> None:
    async def main() -> None:
        async with _program("unix:path=/nowhere", "open", 1):
            pass

    with pytest.raises(PretendError, match="did not start"):
        asyncio.run(main())


KILLED = """
    import asyncio
    from surefoot.simulation.pretend import pretend_radio

    async def main():
        async with pretend_radio(apart=True):
            print("here", flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
"""


@pytest.mark.skipif(shutil.which("dbus-daemon") is None and not os.environ.get("CI"), reason="there is no dbus-daemon")
def test_nothing_outlives_a_program_that_is_killed() -> None:
    async def main() -> None:
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-c", textwrap.dedent(KILLED), stdout=asyncio.subprocess.PIPE
        )
        assert program.stdout is not None
        try:
            assert await program.stdout.readline() == b"here\n"
            left = children(program.pid)
            assert len(left) == 2
        finally:
            program.send_signal(signal.SIGKILL)
            await program.wait()
        await until(lambda: not any(lives(pid) for pid in left), 20.0)

    asyncio.run(main())


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    """It runs: one that ended and was not waited for has no command line any more."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False
