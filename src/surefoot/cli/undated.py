"""Undated readings: of a start at which this computer does not know the time yet.

A small computer without a clock that runs on without power begins with the time of its last shutdown. What is received
before it hears the time is recorded with the time since it was switched on, and dated when the time is known; nothing
is understood or sent till then.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from surefoot.cli.clocks import ClockReading
from surefoot.pipeline.live import in_thread
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Held, Samples, WornSensor
from surefoot.sensors.bluetooth.radio import OnHeld

FOLDER = "raw-undated"
PATIENCE_S = 300.0  # since it was switched on; then the computer's own time is taken, and said to be unreliable (P)
LOOK_S = 1.0
Reading = Samples | Gap


async def wait_for_time(
    home: Path,
    ring: Ring,
    clocks: Callable[[], ClockReading],
    radio: Callable[[float, OnHeld], AsyncGenerator[Reading, None]],
    say: Callable[[str], None],
    patience_s: float = PATIENCE_S,
) -> None:
    """Until the time is known or patience is over; what was received meanwhile is in ``ring`` then, dated.

    ``radio`` gives what is received, with its times counted from the offset it is handed, and to whom it is handed too
    what it holds till their times are known.
    """
    began = clocks()
    if began.state != "synced" and began.boot_s < patience_s:
        say("This computer does not know the time yet. Readings are recorded, and dated when it does.")
        undated = Ring(home / FOLDER / began.boot_id)

        async def take_held(sensor: WornSensor, held: Held) -> None:
            await in_thread(undated.hold, (sensor.side, sensor.placement), held)

        received = radio(began.boot_s - began.running_s, take_held)
        recording = asyncio.create_task(_record(received, undated))
        try:
            while (now := clocks()).state != "synced" and now.boot_s < patience_s:
                await asyncio.wait({recording}, timeout=LOOK_S)
                if recording.done():
                    break
        finally:
            recording.cancel()
            await asyncio.wait({recording})
            await in_thread(undated.close)
        if not recording.cancelled():
            recording.result()
    told = await in_thread(date, home, ring, clocks())
    if told:
        say(told)


def date(home: Path, ring: Ring, now: ClockReading) -> str:
    """Put what was recorded undated since this start of the computer into the ring, by the time of now; what was done.

    What an earlier start left behind cannot be dated any more, and goes.
    """
    place = home / FOLDER
    if not place.is_dir():
        return ""
    told, offset_s, dated_s = "", now.wall_s - now.boot_s, 0.0
    undated = Ring(place / now.boot_id)
    undated.regain()
    for item in undated.items(0.0, float("inf")):
        ring.keep(_at(item, offset_s))
        dated_s += item.end_s - item.start_s if isinstance(item, Samples) else 0.0
    undated.close()
    ring.flush()
    if dated_s:
        told = f"{dated_s / 60:.1f} sensor minutes that were received before the time was known are dated now."
    if any(one.name != now.boot_id for one in place.iterdir()):
        told = f"{told} Readings of an earlier start could not be dated and are lost.".strip()
    if not ring.trouble:
        shutil.rmtree(place)
    return told


def _at(item: Reading, offset_s: float) -> Reading:
    if isinstance(item, Samples):
        return Samples(item.side, item.placement, item.start_s + offset_s, item.rate_hz, item.acc, item.gyr, item.steps)
    return replace(item, start_s=item.start_s + offset_s, end_s=item.end_s + offset_s)


async def _record(radio: AsyncGenerator[Reading, None], ring: Ring) -> None:
    async with aclosing(radio):
        async for item in radio:
            await in_thread(ring.keep, item)
