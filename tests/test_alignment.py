"""Alignment: what is said of the legs' times against each other; a sensor's clock is known at the next start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from aired import Listener, aired, in_virtual_time
from surefoot.cli.alignment import CHANGED_PPM, SURE_PPM, alignment, worth_keeping
from surefoot.cli.board import Board
from surefoot.cli.gateway import Gateway
from surefoot.config import load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES, Gap, Samples, SensorStatus, WornSensor
from surefoot.sensors.clock.ticks import LINKS_S
from surefoot.signal.clocks import ClockOffset, OffsetNotKnown
from surefoot.simulation.air import Faults

KNOWN = SensorStatus("left", "shank", 0.0, "streaming", clock_ppm=31.0, clock_sd_ppm=1.0, clock_within_s=0.003)
WORN = [WornSensor(side, "shank", "open", f"C0:{k}", "s", 104.0, 0.0) for k, side in enumerate(SIDES)]


def test_legs_are_said_to_be_as_near_as_both_clocks_are_known():
    told = alignment({"left": 0.003, "right": 0.004})
    assert told == f"times of left against right: within {1000 * (0.005 + LINKS_S):.0f} ms, 19 times of 20"
    assert alignment({"left": 0.003, "right": None}).endswith("the clocks are not known yet")
    assert alignment({"left": 0.003}) == ""
    walked = alignment({"left": 0.003, "right": 0.004}, ClockOffset(0.0121, 180))
    assert walked == f"{told}; by 180 landings felt by the other leg, the right clock shows +12 ms against the left"
    assert alignment({"left": 0.003, "right": 0.004}, OffsetNotKnown("no landing yet")) == told


def test_a_board_says_it_of_sensors_that_stream():
    board = Board(WORN, "shank", load_config().zone, 0.0)
    assert "not known yet" in board.line(0.0)
    for side in SIDES:
        board.take_status(replace(KNOWN, side=side))
    assert "left against right: within 9 ms" in board.line(0.0)
    board.take_status(replace(KNOWN, side="right", state="away"))
    assert "not known yet" in board.line(0.0)


@pytest.mark.parametrize(
    ("status", "kept_ppm", "worth"),
    [
        (KNOWN, None, True),
        (KNOWN, 31.0 - CHANGED_PPM / 2, False),
        (KNOWN, 31.0 + CHANGED_PPM, True),
        (replace(KNOWN, clock_sd_ppm=SURE_PPM + 1), None, False),
        (SensorStatus("left", "shank", 0.0, "searching"), None, False),
    ],
)
def test_a_clock_is_kept_when_it_is_known_and_news(status: SensorStatus, kept_ppm: float | None, worth: bool):
    assert worth_keeping(status, kept_ppm) is worth


def test_a_gateway_keeps_the_clocks_of_its_sensors(tmp_path: Path):
    """And not of one that was paired for another leg meanwhile."""

    async def run() -> None:
        store = open_store(f"sqlite:///{tmp_path / 'home.sqlite'}")
        for sensor in (WORN[0], replace(WORN[1], address="another")):
            store.keep_worn_sensor(sensor)
        ring, board = Ring(tmp_path / "raw"), Board(WORN, "shank", load_config().zone, 0.0)
        for side in SIDES:
            board.take_status(replace(KNOWN, side=side))

        async def source() -> AsyncGenerator[Samples | Gap, None]:
            async with asyncio.timeout(30.0):
                while store.worn_sensors()[0].clock_ppm is None:
                    await asyncio.sleep(0.05)
            yield Gap("left", "shank", 1.8e9, 1.8e9 + 1, "no readings come")

        await Gateway(store, ring, load_config(timezone="UTC"), board, lambda _: None).work(source(), 1.8e9)
        assert store.worn_sensors() == [
            replace(WORN[0], clock_ppm=31.0, clock_within_s=0.003),
            replace(WORN[1], address="another"),
        ]
        ring.close()
        store.close()

    asyncio.run(run())


def test_a_clock_that_was_kept_is_known_from_the_first_reading_on():
    async def heard(kept: list[WornSensor] | None, seconds: float) -> tuple[list[WornSensor], list[SensorStatus]]:
        there = await aired("open", faults=Faults(jitter_s=0.02))
        there = replace(there, worn=kept or there.worn)
        async with Listener(there) as listener:
            await asyncio.sleep(seconds)
            last = [listener.last(side) for side in SIDES]
        return there.worn, last

    worn, last = in_virtual_time(heard(None, 200.0))
    assert all(worth_keeping(status, None) for status in last)
    kept = [
        replace(sensor, clock_ppm=status.clock_ppm, clock_within_s=status.clock_within_s)
        for sensor, status in zip(worn, last, strict=True)
    ]
    off = []
    for again in (kept, None):
        _, soon = in_virtual_time(heard(again, 30.0))
        off.append(max(abs((status.clock_ppm or 0.0) - fast) for status, fast in zip(soon, (80.0, -80.0), strict=True)))
    assert off[0] < 15.0 < off[1]
