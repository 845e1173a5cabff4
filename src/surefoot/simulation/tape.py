"""A tape of sitting: what one sensor says while little happens, made once and played from many places.

Sitting fills most of a day. Its samples are views of one array, so weeks of it cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Array, Samples, Side
from surefoot.simulation import gait
from surefoot.simulation.leg import G_MPS2, move
from surefoot.simulation.pulses import Pulse, there_and_back
from surefoot.simulation.sensor import Sensor

TAPE_S = 1200.0
LONGEST_S = 900.0  # longest stretch played at once


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Readings of both legs' sensors at rest, in segment axes or as recorded: (n, 3) m/s^2 and deg/s per side."""

    acc: dict[Side, Array]
    gyr: dict[Side, Array]
    quiet: NDArray[np.int64]  # samples at which neither leg moves, where the tape may be cut
    rate_hz: float

    def cut(self, samples: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
        """Places (from, to) on the tape which, played one after another, last ``samples``."""
        longest = min(int(LONGEST_S * self.rate_hz), 3 * len(self.acc["left"]) // 4)
        while samples > 0:
            length = min(samples, longest)
            first = int(self.quiet[rng.integers(np.searchsorted(self.quiet, len(self.acc["left"]) - length) or 1)])
            after = first + length
            if length == longest:  # may end early, at a quiet place
                after = int(self.quiet[np.searchsorted(self.quiet, after, side="right") - 1])
            after = max(after, first + 1)
            yield first, after
            samples -= after - first

    def play(self, first: int, samples: int, rng: np.random.Generator) -> Iterator[Samples]:
        """So many readings from number ``first`` of the sensor's clock on, left before right, sharing memory."""
        for a, b in self.cut(samples, rng):
            at_s = first / self.rate_hz
            for side in SIDES:
                yield Samples(side, "shank", at_s, self.rate_hz, self.acc[side][a:b], self.gyr[side][a:b])
            first += b - a

    def worn(self, sensors: dict[Side, Sensor], rng: np.random.Generator) -> Tape:
        """The tape as these sensors record it; read-only, because many blocks share it."""
        acc, gyr = {}, {}
        for side in SIDES:
            sensor = sensors[side]
            start_s, offset = sensor.drift_from_s, int(rng.integers(1 << 30))
            got = sensor.read(side, "shank", self.acc[side], self.gyr[side], start_s, self.rate_hz, offset)
            got.acc.flags.writeable = got.gyr.flags.writeable = False
            acc[side], gyr[side] = got.acc, got.gyr
        return Tape(acc, gyr, self.quiet, self.rate_hz)


def sitting(rate_hz: float, rng: np.random.Generator) -> Tape:
    """Sitting with a small leg movement every 1-5 minutes, of either leg or both."""
    moved, busy = fidgets(rng, 0.0, TAPE_S)
    acc, gyr = {}, {}
    samples = int(TAPE_S * rate_hz)
    legs = {side: gait.cycle(side, gait.Leg(), gait.Manner(), 1.0, 1.2) for side in SIDES}
    for side in SIDES:
        motion = move(legs[side], None, moved[side], "shank", 0.0, samples, rate_hz)
        acc[side], gyr[side] = motion.acc, motion.gyr
    return Tape(acc, gyr, _outside(busy, samples, rate_hz), rate_hz)


def lying(rate_hz: float, up: Mapping[Side, Array] | None = None) -> Tape:
    """Two sensors in a drawer, recording: gravity, to which they add their own noise.

    ``up``: which way is up, in segment axes (3,); by default along the third.
    """
    samples = int(TAPE_S * rate_hz)
    way = up or dict.fromkeys(SIDES, np.array([0.0, 0.0, 1.0]))
    acc: dict[Side, Array] = {side: np.tile(G_MPS2 * way[side], (samples, 1)) for side in SIDES}
    return Tape(acc, {side: np.zeros((samples, 3)) for side in SIDES}, np.arange(samples), rate_hz)


def fidgets(
    rng: np.random.Generator, start_s: float, seconds: float
) -> tuple[dict[Side, list[Pulse]], list[tuple[float, float]]]:
    """The small movements of sitting legs over so long, and the spans in which either moves."""
    moved: dict[Side, list[Pulse]] = {side: [] for side in SIDES}
    at = start_s + rng.uniform(20, 120)
    busy: list[tuple[float, float]] = []
    while at < start_s + seconds - 10:
        sides = [("left",), ("right",), SIDES][rng.integers(3)]
        for side in sides:
            moved[side] += _fidget(at + rng.uniform(0, 0.3), rng)
        end_s = max(moved[side][-1].end_s for side in sides)
        busy.append((at - 0.1, end_s + 0.1))
        at = end_s + rng.uniform(60, 300)
    return moved, busy


def _fidget(at_s: float, rng: np.random.Generator) -> list[Pulse]:
    """A shift of the foot, or a few taps."""
    if rng.random() < 0.7:
        size = rng.choice([-1, 1]) * rng.uniform(5, 25)
        return [there_and_back(size, at_s, rng.uniform(0.4, 1.0), rng.uniform(0, 4), rng.uniform(0.4, 1.0))]
    beat = rng.uniform(0.35, 0.7)
    taps = int(rng.integers(2, 7))
    return [there_and_back(rng.uniform(3, 8), at_s + i * beat, beat / 2, 0.0, beat / 2) for i in range(taps)]


def _outside(busy: list[tuple[float, float]], samples: int, rate_hz: float) -> NDArray[np.int64]:
    quiet = np.ones(samples, bool)
    for a, b in busy:
        quiet[int(a * rate_hz) : int(b * rate_hz) + 1] = False
    return np.flatnonzero(quiet)
