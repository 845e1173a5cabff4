"""What the sensor on one leg feels, as time goes on: blocks of samples, fetched when time comes to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from surefoot.records import SIDES, Array, Gap, Samples, Side

EARTH_MPS2 = 9.80665


class Motion:
    """One leg's samples on the world's clock, which stands at ``zero_s`` when the simulated air begins.

    A reading is the nearest sample: values stay as they are, whatever the sensor's clock does. Between blocks, before
    and behind them the sensor lies where it was left: the last sample, or gravity alone.
    """

    def __init__(self, blocks: Iterable[Samples], zero_s: float | None = None) -> None:
        self._blocks = iter(blocks)
        self._next: Samples | None = next(self._blocks, None)
        self._zero_s = zero_s if zero_s is not None else self._next.start_s if self._next else 0.0
        self._start_s, self._rate_hz = 0.0, 1.0
        self._rows = np.array([[0.0, 0.0, EARTH_MPS2, 0.0, 0.0, 0.0]])

    def at(self, times_s: Array) -> Array:
        """Readings (n, 6), acc m/s^2 and gyr deg/s, at these times (n,) since the air began, none before an earlier."""
        times_s = times_s + self._zero_s
        rows = np.empty((len(times_s), 6))
        done = 0
        while done < len(times_s):
            self._reach(float(times_s[done]))
            until_s = self._next.start_s if self._next else np.inf
            after = done + max(1, int(np.searchsorted(times_s[done:], until_s - 0.5 / self._rate_hz)))
            nearest = np.rint((times_s[done:after] - self._start_s) * self._rate_hz).astype(np.int64)
            rows[done:after] = self._rows[np.clip(nearest, 0, len(self._rows) - 1)]
            done = after
        return rows

    def _reach(self, time_s: float) -> None:
        """Fetch until the block of this time is at hand; the nearest sample may be the first of the next."""
        while self._next is not None and self._next.start_s - 0.5 / self._next.rate_hz <= time_s:
            if len(self._next):
                self._rows = np.hstack([self._next.acc, self._next.gyr])
                self._start_s, self._rate_hz = self._next.start_s, self._next.rate_hz
            self._next = next(self._blocks, None)


def motions(blocks: Iterable[Samples | Gap], zero_s: float | None = None) -> dict[Side, Motion]:
    """Both legs' motions of one person's blocks, which are drawn no further than the leg that is ahead."""
    legs = _Legs(blocks)
    left, right = (legs.of(side) for side in SIDES)
    if zero_s is None:
        zero_s = legs.first_s()
    return {"left": Motion(left, zero_s), "right": Motion(right, zero_s)}


class _Legs:
    """One stream of blocks, dealt out to two readers."""

    def __init__(self, blocks: Iterable[Samples | Gap]) -> None:
        self._blocks = iter(blocks)
        self._kept: dict[Side, deque[Samples]] = {side: deque() for side in SIDES}

    def first_s(self) -> float:
        while not any(self._kept.values()) and self._draw():
            pass
        return min((kept[0].start_s for kept in self._kept.values() if kept), default=0.0)

    def of(self, side: Side) -> Iterator[Samples]:
        kept = self._kept[side]
        while kept or self._draw():
            if kept:
                yield kept.popleft()

    def _draw(self) -> bool:
        block = next(self._blocks, None)
        if isinstance(block, Samples):
            self._kept[block.side].append(block)
        return block is not None
