"""Memory: what a gateway holds grows with the strides of the open day, little by each, and with nothing else.

Counted in objects and bytes of arrays reachable from it, not in what the system gave: that depends on what ran before.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator

import numpy as np
import pytest

from packets import MILLI, sent
from surefoot.pipeline.course import Course
from surefoot.pipeline.days import DayBook
from surefoot.pipeline.live import _Work
from surefoot.pipeline.today import Today
from surefoot.records import SIDES, Samples
from surefoot.sensors.clock.stream import SensorStream
from surefoot.signal.walk import WalkStream
from surefoot.simulation.person import draw_walker
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.walker import plan_walk

HZ = 100.0
STRIDE_BYTES = 400  # most, of one stride of one leg, with all that goes with it; its numbers told are 224
MINUTE_BYTES = 1500  # most, of a minute of both legs, whatever was done in it


class Nobody:
    """A keeper that keeps nothing."""

    strides = 0

    def keep_strides(self, strides: list[object]) -> None:
        self.strides += len(strides)

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def held_bytes(*roots: object) -> int:
    """Everything that is reachable and is no code, each once."""
    seen: set[int] = set()
    waiting, total = list(roots), 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType | types.FunctionType | types.BuiltinFunctionType):
            continue
        seen.add(id(one))
        total += one.nbytes if isinstance(one, np.ndarray) and one.base is None else one.__sizeof__()
        waiting += gc.get_referents(one)
    return total


def minutes(count: int) -> Iterator[Samples]:
    """So many times: a minute's walk, and a minute of standing still; half seconds of each leg in turn."""
    rng = np.random.default_rng(3)
    walker = draw_walker(rng)
    scene = plan_walk(walker, rng, strides=int(55 / walker.stride_s), stand_s=(2.0, 63.0))
    noise = noise_tape(rng)
    legs = {side: scene.readings(side, "shank", put_on(rng, noise), HZ) for side in SIDES}
    size, piece = len(legs["left"]), 50
    for k in range(count):
        for first in range(0, size, piece):
            for side, leg in legs.items():
                at_s = 1.79e9 + (k * size + first) / HZ
                yield Samples(side, "shank", at_s, HZ, leg.acc[first : first + piece], leg.gyr[first : first + piece])


@pytest.fixture(scope="module")
def grown() -> tuple[int, int, float]:
    """Bytes, strides and minutes between the tenth and the thirtieth round."""
    keeper = Nobody()
    walk, book, course = WalkStream(), DayBook(), Course(today=Today(lambda at_s: "today"))
    work = _Work(walk, book, keeper, course, *[lambda _: None] * 3)  # type: ignore[arg-type]
    told: list[tuple[int, int]] = []
    at_s: list[float] = []
    for block in minutes(30):
        work.take(block)
        if len(at_s) < 2 and block.start_s - 1.79e9 > 1200.0 * (1 + 2 * len(at_s)):
            told.append((held_bytes(walk, book, course), keeper.strides))
            at_s.append(block.start_s)
    assert len(told) == 2
    return told[1][0] - told[0][0], told[1][1] - told[0][1], (at_s[1] - at_s[0]) / 60


def test_a_day_of_strides_takes_little(grown: tuple[int, int, float]) -> None:
    size, strides, spent_min = grown
    assert strides > 1000
    assert size < STRIDE_BYTES * strides + MINUTE_BYTES * spent_min


def test_a_usual_day_stays_below_five_megabytes(grown: tuple[int, int, float]) -> None:
    """Eight thousand strides, and sixteen hours of minutes beside those they were walked in."""
    size, strides, _ = grown
    assert 8000 * size / strides + 960 * MINUTE_BYTES < 5e6


@pytest.mark.parametrize("delays", ["uniform", "turns"])
def test_a_sensor_s_stream_and_clock_hold_no_more_after_their_ten_minutes(delays: str) -> None:
    made = sent(np.random.default_rng(4), MILLI, 1500.0, ppm=80.0, lost=0.02, delays=delays)
    stream = SensorStream("left", "shank", MILLI, MILLI.usual_rate_hz)
    parts = np.array_split(np.arange(len(made.packets)), 5)
    held = []
    for part in parts:
        for k in part.tolist():
            stream.update(*made.packets[k])
        held.append(held_bytes(stream))
    assert held[0] > 50_000
    assert held[-1] < 1.02 * held[2]
