"""Waiting: the floor under arrivals that hardly any of them reached, where packets wait for one another.

A link keeps the order of packets. Where each is late by chance and they follow densely, nearly all wait for a slower
one before them, and the earliest of thousands may still be late by a quarter of the longest delay. But whether a packet
had to wait tells of its own delay: when the one before it came, it was either under way still (it arrives later, its
delay is seen) or had been there for long (it arrives together with that one, its delay was less). If delays are spread
evenly from L to b, a packet waits with the chance (bound - L) / (b - L), where ``bound`` is how late it is if it waits:
that gives L, though nobody came near it. How fast the clock runs is read from the other end: so many packets are late
by nearly b that the line above them all is sharp.

That delays are spread so, each by itself, is tried on the arrivals first. Where a link holds everything back and then
lets all of it go, as radios do, packets wait whatever the bound: then nothing is said, and the line below all arrivals,
which such links do reach, holds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.sensors.clock.edge import lower_edge


@dataclass(frozen=True, slots=True)
class WaitingParams:
    """All P."""

    window_s: float = 600.0
    block_s: float = 2.0
    look_every_s: float = 5.0  # at most; and when it has been watched
    look_share: float = 0.1  # longer by so much,
    look_least_s: float = 1.0  # at least
    together_s: float = 0.001  # arrivals nearer than this are one
    hole: float = 1.5  # times the usual step of packets: before a longer one some were lost
    near_s: float = 0.001  # to the earliest: who is bound by less did not wait
    stray: float = 4.0  # times further above the usual latest of a block than most lie below it: left out
    blunt: float = 3.0  # times less sure than of other links is the line below packets that wait
    shares: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6, 0.8, 0.95)  # of the delays, up to which they are tried
    alone: int = 5  # that came after the one before them, though they might have waited, and
    alone_share: float = 0.05  # of all that might have: then each is late by itself
    least: int = 60  # of them, before the floor is looked for
    least_tried: int = 30  # a share with fewer is not tried
    slack: float = 0.05  # of a count, by which it may be off beside chance
    waited_most: float = 16.0  # chi square of four counts: chance goes beyond in 3 of 1000
    spread_most: float = 14.0  # of four counts with their sum known: the same
    deep_s: float = 0.3  # below the earliest is looked
    most_s: float = 1.0  # of delay above the earliest: links that hold things back for longer are others
    doubt_share: float = 0.6  # of the delays, by which it is said how deep it may lie while it is not known
    doubts: int = 3  # so many looks in a row that do not find it, and it is not believed any more


@dataclass(frozen=True, slots=True)
class Floor:
    """The least delay (s) at ``at_s`` of the device, how it changes with each of its seconds; standard deviations."""

    at_s: float
    delay_s: float
    sd_s: float
    slope: float
    slope_sd: float

    def delay_at(self, device_s: float) -> float:
        return self.delay_s + self.slope * (device_s - self.at_s)


class Waiting:
    """Packets in, in order, as device time and delay; ``floor`` is what waiting tells, None where it tells nothing.

    ``doubt_s``: while it tells nothing, the earliest may lie above the floor by so much; 0 where all that is ready
    comes together.
    """

    def __init__(self, slope: tuple[float, float], params: WaitingParams = WaitingParams()) -> None:
        self._prior, self._params = slope, params  # of the delay: what is expected, and its standard deviation
        self._slope = slope
        self._block: list[tuple[float, float, float]] = []  # device s, delay s, later than the one before by s
        self._blocks: deque[Array] = deque()
        self._ends: deque[Array] = deque()  # the latest and the earliest of each block
        self._arrived_s = np.inf
        self._look_s = 0.0  # the next
        self._doubts = 0
        self.floor: Floor | None = None
        self.doubt_s = 0.0

    def update(self, device_s: float, delay_s: float) -> None:
        p = self._params
        if self._block and device_s - self._block[0][0] >= p.block_s:
            self._close(device_s - p.window_s)
        arrived_s = device_s + delay_s
        self._block.append((device_s, delay_s, arrived_s - self._arrived_s))
        self._arrived_s = arrived_s
        if device_s >= self._look_s:
            self._look()
            watched_s = device_s - (self._blocks[0][0, 0] if self._blocks else 0.0)
            self._look_s = device_s + min(p.look_every_s, max(p.look_least_s, p.look_share * watched_s))

    def _close(self, from_s: float) -> None:
        block = np.array(self._block)
        self._block = []
        self._blocks.append(block)
        level = block[:, 1] - self._slope[0] * block[:, 0]
        self._ends.append(block[[int(level.argmax()), int(level.argmin())], :2])
        while self._blocks and self._blocks[0][0, 0] < from_s:
            self._blocks.popleft()
            self._ends.popleft()

    def _look(self) -> None:
        found = self._found()
        self._doubts = 0 if found else self._doubts + 1
        if found or self._doubts >= self._params.doubts:
            self.floor = found

    def _found(self) -> Floor | None:
        p = self._params
        device, delay, later = np.concatenate([*self._blocks, np.array(self._block)]).T
        step = np.diff(device, prepend=device[0])
        follows = step <= p.hole * float(np.median(step[step > 0])) if step.any() else step > 0
        slope, slope_sd = self._slope = self._drift()
        now_s = float(device[-1])
        level = delay - slope * (device - now_s)
        earliest = float(level.min())
        seen = _seen((level - earliest)[follows], later[follows], p)
        came = int(np.count_nonzero(~seen.waited))
        if came < p.alone or came < p.alone_share * len(seen.late):
            self.doubt_s = 0.0
            return None
        below = self._tried(seen) if came >= p.least else None
        if below is None:
            self.doubt_s = self._doubt_s(seen.up_to(p.doubt_share))
            return None
        sd_s = float(np.hypot(below[1], slope_sd * (now_s - device[0]) / 2))
        return Floor(now_s, earliest - below[0], sd_s, slope, slope_sd)

    def _doubt_s(self, seen: _Seen) -> float:
        if seen.late[-1] > self._params.most_s:
            return 0.0
        depth_s, sd_s = seen.depth(self._params)
        return depth_s + 2 * sd_s

    def _drift(self) -> tuple[float, float]:
        """What the delay grows by in a second of the device, by the lines below and above all; standard deviation."""
        if len(self._ends) < 4:
            return self._slope
        latest, earliest = np.array(self._ends).transpose(1, 2, 0)
        below = lower_edge(*earliest, self._slope, self._prior)
        level = latest[1] - below.slope * latest[0]
        low, middle = np.quantile(level, (0.1, 0.5))
        x, y = latest[:, level <= middle + self._params.stray * (middle - low)]
        seen = -below.slope, min(self._params.blunt * below.slope_sd, self._prior[1])
        above = lower_edge(x, -y, seen, seen)
        return -above.slope, max(above.slope_sd, 1e-8)

    def _tried(self, seen: _Seen) -> tuple[float, float] | None:
        """How far below the earliest the floor lies, with its standard deviation; by the largest share of delays.

        None where any share gives the lie to delays spread evenly.
        """
        p, found = self._params, None
        for share in p.shares:
            part = seen.up_to(share)
            if len(part.late) and part.late[-1] > p.most_s:
                return None
            if np.count_nonzero(~part.waited) < p.least_tried:
                continue
            found = part.depth(p)
            if not part.is_even(found[0], p):
                return None
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Packets that might have to wait, by how ``late`` they are, all above the earliest: ``bound`` is how late each is
    if it waits, ``waited`` whether it did. ``unbound``: delays of those that could not have to wait.
    """

    late: Array
    bound: Array
    waited: Array
    unbound: Array

    def up_to(self, share: float) -> _Seen:
        """That share of them, the least late."""
        count = int(share * len(self.late))
        top = self.late[count - 1] if count else 0.0
        less = int(np.searchsorted(self.unbound, top))
        return _Seen(self.late[:count], self.bound[:count], self.waited[:count], self.unbound[:less])

    def depth(self, p: WaitingParams) -> tuple[float, float]:
        """How far below the earliest delays begin, if those up to the largest here are spread evenly; its deviation.

        Who came less than ``together_s`` behind the one before it counts as waiting.
        """
        top = float(self.late[-1])
        counts = np.bincount((self.late[self.waited] / 1e-3).astype(int))
        middles = 1e-3 * (np.arange(len(counts)) + 0.5) + p.together_s
        depths = 1e-3 * np.expm1(np.linspace(0, np.log1p(1e3 * p.deep_s), 200))
        likely = np.log(middles + depths[:, None]) @ counts
        likely -= (len(self.late) + len(self.unbound) + 1) * np.log(top + depths)
        weights = np.exp(likely - likely.max()) * np.gradient(depths)
        weights /= weights.sum()
        depth = float(weights @ depths)
        return depth, float(weights @ (depths - depth) ** 2) ** 0.5

    def is_even(self, depth: float, p: WaitingParams) -> bool:
        """Whether as many waited as should, at each height of the bound; and whether other delays are spread evenly."""
        late, bound, waited, top = self.late, self.bound, self.waited, float(self.late[-1])
        part = np.searchsorted(np.quantile(bound, (0.25, 0.5, 0.75)), bound)
        chance = np.minimum((bound + p.together_s + depth) / (top + depth), 1.0)
        of, should = np.bincount(part, minlength=4), np.bincount(part, chance, 4)
        by_chance = np.bincount(part, chance * (1 - chance), 4)
        did = np.bincount(part[waited], minlength=4)
        free = (late[~waited] - bound[~waited]) / (top - bound[~waited])
        four, each = np.bincount(np.minimum(4 * free, 3).astype(int), minlength=4), len(free) / 4
        off = ((did - should) ** 2 / (by_chance + (0.25 * p.slack * of) ** 2 + 1e-9)).sum()
        uneven = ((four - each) ** 2 / (each + (2 * p.slack * each) ** 2)).sum()
        return bool(off < p.waited_most and uneven < p.spread_most)


def _seen(late: Array, later: Array, p: WaitingParams) -> _Seen:
    """Of packets ``late`` by so much, each ``later`` by so much than the one before it."""
    bound = late - later
    known = (bound > p.near_s) & (later > -p.together_s)
    order = np.flatnonzero(known)[np.argsort(late[known])]
    return _Seen(late[order], bound[order], later[order] <= p.together_s, np.sort(late[~known]))
