"""The demo's today: the patient goes on living, with two simulated sensors heard over Bluetooth by the real gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from surefoot.cli.board import Board, analysed
from surefoot.cli.gateway import Gateway
from surefoot.config import load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store
from surefoot.records import SurefootError
from surefoot.sensors.bluetooth.radio import Radio
from surefoot.simulation.pretend import pretend_radio

READINGS = 1000  # of each sensor: ten seconds of it
PATIENCE_S = 120.0
LOOK_S = 0.2


@asynccontextmanager
async def living(home: Store, folder: Path, say: Callable[[str], None]) -> AsyncIterator[Board]:
    """A gateway listens, records, understands and keeps for as long as this is open; how it fares is on the board."""
    offset_s = time.time() - asyncio.get_running_loop().time()
    config = load_config(home=folder)
    ring = await asyncio.to_thread(Ring, folder / "recordings")
    try:
        async with pretend_radio() as person:
            board = Board(person.worn, analysed(person.worn), config.zone, time.time())
            radio = Radio(person.worn, on_status=board.take_status, bleak=person.kit, unix_offset_s=offset_s)
            work = Gateway(home, ring, config, board, say).work(radio.items(), offset_s)
            working = asyncio.create_task(work)
            try:
                await _heard(board, working)
                yield board
            finally:
                working.cancel()
                await asyncio.wait({working})
    finally:
        await asyncio.to_thread(ring.close)


async def _heard(board: Board, working: asyncio.Task[None]) -> None:
    """Until both sensors have sent some seconds of readings. Raise SurefootError when they do not."""
    until_s = time.monotonic() + PATIENCE_S
    while any(status.readings < READINGS for status in board.statuses.values()):
        await asyncio.wait({working}, timeout=LOOK_S)
        if working.done():
            working.result()
        if time.monotonic() > until_s:
            raise SurefootError(
                f"The simulated sensors did not send {READINGS} readings each within {PATIENCE_S:.0f} s.",
                "The story before is whole; nothing of today was shown.",
                f"How they fared: {board.line(time.time())}",
            )
