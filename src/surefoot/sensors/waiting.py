"""Waiting: the floor under arrivals that none of them reached, where packets wait for one another.

A link keeps the order of packets. Where each is late by chance and they follow densely, nearly all wait for a slower
one before them, and the earliest of thousands may still be late by a quarter of the longest delay. But whether a packet
had to wait tells of its own delay: when the one before it came, it was either under way still (it arrives later, its
delay is seen) or had been there for long (it arrives together with that one, its delay was less). If delays are spread
evenly from L to b, a packet waits with the chance (bound - L) / (b - L), where ``bound`` is how late it is if it waits:
that gives L, though nobody came near it.

That delays are spread so, each by itself, is tried on the arrivals first. Where a link holds everything back and then
lets all of it go, as radios do, packets wait whatever the bound: then nothing is said, and the line below all arrivals,
which such links do reach, holds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from surefoot.records import Array


@dataclass(frozen=True, slots=True)
class WaitingParams:
    """All P."""

    window_s: float = 600.0
    block_s: float = 2.0
    look_every_s: float = 5.0
    together_s: float = 0.001  # arrivals nearer than this are one
    near_s: float = 0.005  # to the earliest: who is bound by less did not wait
    level: float = 0.7  # share of a block's delays below the point that shows how the clock drifts
    shares: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6, 0.8, 0.95)  # of the delays, up to which they are tried
    least: int = 200  # that came after the one before them
    least_tried: int = 100  # a share with fewer is not tried
    slack: float = 0.05  # of a count, by which it may be off beside chance
    waited_most: float = 16.0  # chi square of four counts: chance goes beyond in 3 of 1000
    spread_most: float = 14.0  # of four counts with their sum known: the same
    deep_s: float = 0.3  # below the earliest is looked
    most_s: float = 1.0  # of delay above the earliest: links that hold things back for longer are others
    least_sds: float = 2.0  # standard deviations that it lies below the earliest, or that one is believed
    doubts: int = 3  # so many looks in a row that do not find it, and it is not believed any more


@dataclass(frozen=True, slots=True)
class Floor:
    """The least delay (s) at ``at_s`` of the device, how it changes with each of its seconds; standard deviation."""

    at_s: float
    delay_s: float
    slope: float
    sd_s: float

    def delay_at(self, device_s: float) -> float:
        return self.delay_s + self.slope * (device_s - self.at_s)


class Waiting:
    """Packets in, in order, as device time and delay; ``floor`` is what waiting tells, None where it tells nothing."""

    def __init__(self, slope: tuple[float, float], params: WaitingParams = WaitingParams()) -> None:
        self._slope, self._params = slope, params  # of the delay: what is expected, and its standard deviation
        self._block: list[tuple[float, float, float]] = []  # device s, delay s, later than the one before by s
        self._blocks: deque[Array] = deque()
        self._levels: deque[tuple[float, float]] = deque()  # of each block
        self._arrived_s = np.inf
        self._looked_s = 0.0
        self._doubts = 0
        self.floor: Floor | None = None

    def update(self, device_s: float, delay_s: float) -> None:
        p = self._params
        if self._block and device_s - self._block[0][0] >= p.block_s:
            self._close(device_s - p.window_s)
        arrived_s = device_s + delay_s
        self._block.append((device_s, delay_s, arrived_s - self._arrived_s))
        self._arrived_s = arrived_s
        if device_s - self._looked_s >= p.look_every_s:
            self._looked_s = device_s
            self._look()

    def _close(self, from_s: float) -> None:
        block = np.array(self._block)
        self._block = []
        self._blocks.append(block)
        self._levels.append((float(block[:, 0].mean()), float(np.quantile(block[:, 1], self._params.level))))
        while self._levels and self._levels[0][0] < from_s:
            self._blocks.popleft()
            self._levels.popleft()

    def _look(self) -> None:
        found = self._found() if len(self._blocks) > 3 else None
        self._doubts = 0 if found else self._doubts + 1
        if found or self._doubts >= self._params.doubts:
            self.floor = found

    def _found(self) -> Floor | None:
        p, slope = self._params, self._drift()
        device, delay, later = np.concatenate(self._blocks).T
        now_s = float(device[-1])
        level = delay - slope * (device - now_s)
        earliest = float(level.min())
        late = level - earliest
        bound = late - later
        known = (bound > p.near_s) & (later > -p.together_s)
        if np.count_nonzero(later[known] > p.together_s) < p.least:
            return None
        unbound = np.sort(late[~known])
        late, bound, waited = late[known], bound[known], later[known] <= p.together_s
        order = np.argsort(late)
        below = self._tried(late[order], bound[order], waited[order], unbound)
        if below is None or below[0] < p.least_sds * below[1]:
            return None
        return Floor(now_s, earliest - below[0], slope, below[1])

    def _drift(self) -> float:
        """What the delays of all blocks grow by, and what is expected, each by how sure it is."""
        x, y = np.array(self._levels).T
        x, y = x - x.mean(), y - y.mean()
        spread = float(x @ x)
        seen = float(x @ y) / spread
        noise_s = 1.5 * float(np.median(np.abs(y - seen * x))) + 1e-5
        weight, known = spread / noise_s**2, 1 / self._slope[1] ** 2
        return (weight * seen + known * self._slope[0]) / (weight + known)

    def _tried(self, late: Array, bound: Array, waited: Array, unbound: Array) -> tuple[float, float] | None:
        """How far below the earliest the floor lies, with its standard deviation; by the largest share of delays.

        Sorted by ``late``, all above the earliest; ``unbound``: delays of packets that could not have to wait. None
        where any share gives the lie to delays spread evenly.
        """
        p, found = self._params, None
        for share in p.shares:
            count = int(share * len(late))
            ways = late[:count], bound[:count], waited[:count]
            if count and late[count - 1] > p.most_s:
                return None
            came = count - int(np.count_nonzero(ways[2]))
            if came < p.least_tried:
                continue
            seen = came + int(np.searchsorted(unbound, ways[0][-1]))
            found = _depth(ways[0], ways[2], seen, p.deep_s)
            if not _evenly(*ways, found[0], p):
                return None
        return found


def _depth(late: Array, waited: Array, seen: int, deep_s: float) -> tuple[float, float]:
    """How far below the earliest delays begin, if those up to the largest here are spread evenly.

    ``seen``: packets that did not wait, so that their own delay is known.
    """
    top = float(late[-1])
    counts = np.bincount((late[waited] / 1e-3).astype(int))
    middles = 1e-3 * (np.arange(len(counts)) + 0.5)
    depths = 1e-3 * np.expm1(np.linspace(0, np.log1p(1e3 * deep_s), 200))
    likely = np.log(middles + depths[:, None]) @ counts - (seen + counts.sum()) * np.log(top + depths)
    weights = np.exp(likely - likely.max()) * np.gradient(depths)
    weights /= weights.sum()
    depth = float(weights @ depths)
    return depth, float(weights @ (depths - depth) ** 2) ** 0.5


def _evenly(late: Array, bound: Array, waited: Array, depth: float, p: WaitingParams) -> bool:
    """Whether as many waited as should, at each height of the bound; and the delays of those that did not are even."""
    top = float(late[-1])
    part = np.searchsorted(np.quantile(bound, (0.25, 0.5, 0.75)), bound)
    chance = (bound + depth) / (top + depth)
    of, should = np.bincount(part, minlength=4), np.bincount(part, chance, 4)
    by_chance = np.bincount(part, chance * (1 - chance), 4)
    did = np.bincount(part[waited], minlength=4)
    free = (late[~waited] - bound[~waited]) / (top - bound[~waited])
    four, each = np.bincount(np.minimum(4 * free, 3).astype(int), minlength=4), len(free) / 4
    off = ((did - should) ** 2 / (by_chance + (0.25 * p.slack * of) ** 2 + 1e-9)).sum()
    uneven = ((four - each) ** 2 / (each + (2 * p.slack * each) ** 2)).sum()
    return bool(off < p.waited_most and uneven < p.spread_most)
