"""What is to be understood: the recording, what is received, and the recording again where more came than is held."""

from __future__ import annotations

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from surefoot.cli.backlog import Backlog
from surefoot.cli.board import Board
from surefoot.cli.pulse import Pulse
from surefoot.cli.readings import Readings
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Samples, WornSensor

WORN = [WornSensor("left", "shank", "open", "C0:00:00:00:00:01", "open left", 100.0, 0.0)]
START_S, AHEAD_S = 1.8e9, 3652 * 86400.0


def block(second: float, seconds: float = 1.0) -> Samples:
    rng = np.random.default_rng(round(second))
    acc, gyr = rng.normal(0, 3, (2, round(100 * seconds), 3))
    return Samples("left", "shank", START_S + second, 100.0, acc, gyr)


@pytest.mark.parametrize("ahead_s", [None, AHEAD_S, 600.0])
def test_what_was_let_go_is_read_in_the_recording_once_and_nothing_that_is_still_to_come(
    tmp_path: Path, ahead_s: float | None
) -> None:
    """A clock that once stood ahead left readings in the ring: whoever reads them now never hears the present again."""
    if ahead_s is not None:
        early = Ring(tmp_path, keep_days=9999)
        early.keep(block(ahead_s))
        early.close()
    ring, now_s, fresh = Ring(tmp_path), [START_S + 30.0], Backlog(most=5)
    board = Board(WORN, "shank", ZoneInfo("UTC"), START_S)
    told: list[Samples | Gap] = []

    async def in_ring(call, *arguments):
        return call(*arguments)

    def receive(seconds: range) -> None:
        for second in seconds:
            ring.keep(block(second))
            fresh.put(block(second))

    async def work() -> None:
        receive(range(3))
        readings = Readings(ring, in_ring, board, Pulse({"understanding": 1e9}, lambda: 0.0), lambda: now_s[0])
        async for item in readings.of(fresh, START_S, START_S, lambda took_s: None):
            told.append(item)
            if len(told) == 2:
                receive(range(3, 30))
            if item.end_s >= START_S + 30.0 and not fresh.is_empty():
                now_s[0] += 10.0
                receive(range(30, 33))
                fresh.put(None)

    asyncio.run(asyncio.wait_for(work(), 30.0))
    heard = np.concatenate([item.acc for item in told])
    assert np.array_equal(heard, np.concatenate([block(k).acc for k in range(33)]))
