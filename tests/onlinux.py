"""A Linux for tests: a private D-Bus, a stand-in for BlueZ on it, and time that runs faster than ours."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import pytest
from bleak.backends.bluezdbus import manager

from surefoot.simulation.air import Air
from surefoot.simulation.bluez import BlueZ, Manners
from surefoot.simulation.privatebus import as_system_bus, private_bus
from surefoot.simulation.warp import ScaledLoop

T = TypeVar("T")
TIMES = 10.0  # as fast as ours does the loop's time run
QUICK = Manners(disconnect_s=0.1)


@contextmanager
def system_bus() -> Iterator[str]:
    """A D-Bus of the tests' own, in the place of the system's."""
    if shutil.which("dbus-daemon") is None and not os.environ.get("CI"):
        pytest.skip("there is no dbus-daemon; tests/parts.sh installs it")
    with private_bus() as address, as_system_bus(address):
        yield address


def hurried(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=lambda: ScaledLoop(TIMES)) as runner:
        return runner.run(work)


@asynccontextmanager
async def bluez_on(address: str, air: Air, manners: Manners) -> AsyncIterator[BlueZ]:
    bluez = BlueZ(air, manners)
    await bluez.start(address)
    try:
        yield bluez
    finally:
        await leave_bus()
        await bluez.stop()


async def leave_bus() -> None:
    """Have bleak close the bus that it keeps for this loop as long as the program runs."""
    if mine := manager._global_instances.pop(asyncio.get_running_loop(), None):
        mine._bus.disconnect()
        await asyncio.wait({mine._bus_watcher_task})


async def until(true: Callable[[], bool], within_s: float = 240.0) -> None:
    """Of the loop's seconds, of which a busy machine has few."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def killed_after(code: str, word: str, *arguments: str) -> AsyncIterator[None]:
    """Another program on this bus, that says the word when it is where it should be, and is then killed."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(code), *arguments, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        assert (await program.stdout.readline()).decode().strip() == word
        yield
    finally:
        program.send_signal(signal.SIGKILL)
        await program.wait()
