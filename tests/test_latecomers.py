"""Latecomers: what a sensor recorded out of reach makes the day whole, as if the link had held; nothing counts twice.

With two simulated Movella DOT, whose own recordings are fetched; days and alerts told anew, with readings made up.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

import surefoot
from aired import ZERO_S, Aired, aired, in_virtual_time
from surefoot.cli.board import Board
from surefoot.cli.gateway import Gateway
from surefoot.config import load_config
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, open_store
from surefoot.records import SIDES, Samples, Side
from surefoot.sensors.bluetooth.radio import Radio
from surefoot.simulation.motion import Motion
from surefoot.simulation.person import draw_walker
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.walker import plan_walk

HZ = 60.0
STANDS_S = 40.0  # before the walk; and behind it: the logs are fetched while nobody walks
AWAY_S = 180.0


def walked() -> dict[Side, Samples]:
    """Four minutes of walking between two times of standing, as two perfect clocks would take it."""
    rng = np.random.default_rng(11)
    walker = draw_walker(rng)
    scene = plan_walk(walker, rng, strides=int(220 / walker.stride_s), stand_s=(STANDS_S, 5.0))
    noise = noise_tape(rng)
    return {side: scene.readings(side, "shank", put_on(rng, noise), HZ) for side in SIDES}


class Home:
    """A gateway at home with two DOTs."""

    def __init__(self, folder: Path, there: Aired) -> None:
        config = load_config(home=folder)
        self.store: Store = open_store(config.home_store)
        self.ring = Ring(config.home_ring)
        self.told: list[str] = []
        self.board = Board(there.worn, "shank", config.zone, ZERO_S)
        self.gateway = Gateway(self.store, self.ring, config, self.board, self.told.append)
        how = {"on_status": self.board.take_status, "on_late": self.gateway.take_late}
        radio = Radio(there.worn, bleak=there.kit, unix_offset_s=ZERO_S, chance=np.random.default_rng(9).random, **how)
        self.working = asyncio.create_task(self.gateway.work(radio.items(), ZERO_S))

    async def until(self, word: str, within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while not any(word in line for line in self.told):
                await asyncio.wait({self.working}, timeout=1.0)
                if self.working.done():
                    self.working.result()

    async def stop(self) -> None:
        self.working.cancel()
        await asyncio.wait({self.working})
        self.ring.close()


def starts(store: Store, side: Side) -> np.ndarray:
    return np.array([stride.start_s for stride in store.strides(0.0, 1e12) if stride.side == side])


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, object]]:
    """The link is away for three minutes in the middle of the walk."""
    seen: dict[str, object] = {}

    async def work() -> Home:
        there = await aired("dot", felt={side: Motion([block], 0.0) for side, block in walked().items()})
        home = Home(tmp_path_factory.mktemp("home"), there)
        await asyncio.sleep(STANDS_S + 60.0)
        for ankle in there.ankles.values():
            ankle.out_of_range(AWAY_S)
        await asyncio.sleep(AWAY_S)
        seen["early"] = {side: starts(home.store, side) for side in SIDES}
        for side in SIDES:
            await home.until(f"from the {side} sensor's own memory", 300.0)
        await asyncio.sleep(60.0 + 60.0)
        seen["board"] = home.board.line(ZERO_S + asyncio.get_running_loop().time())
        await home.stop()
        return home

    return in_virtual_time(work()), seen


def test_the_strides_are_those_of_a_link_that_held(lived: tuple[Home, dict[str, object]]) -> None:
    home, seen = lived
    whole = surefoot.analyze({side: (block.acc, block.gyr) for side, block in walked().items()}, HZ)
    for side in SIDES:
        true_s = ZERO_S + whole.strides.of_side(side)["start_s"]
        found_s, early_s = starts(home.store, side), seen["early"][side]  # type: ignore[index]
        off_s = np.abs(found_s[:, None] - true_s[None, :]).min(axis=0)  # of each true one, to the nearest found
        missing = true_s[off_s > 0.03]
        assert len(early_s) < 0.5 * len(true_s)
        assert (np.diff(np.sort(found_s)) > 0.5).all(), "none counts twice"
        assert len(missing) <= 1 and len(found_s) <= len(true_s)
        assert np.median(off_s) < 0.012  # half the time of a reading, of two clocks


def test_the_board_counts_each_once(lived: tuple[Home, dict[str, object]]) -> None:
    home, seen = lived
    for side in SIDES:
        assert f"strides today {len(starts(home.store, side))}" in str(seen["board"])


def test_the_day_is_told_late_once_it_is_over(lived: tuple[Home, dict[str, object]]) -> None:
    home, _ = lived
    assert home.ring.late_s(ZERO_S, ZERO_S + 86400.0) == pytest.approx(AWAY_S, abs=15.0)
