"""The order of packets: put right where they come late, repeated ones left out, lost readings counted.

By the device's ticks where it tells them, else by the packets' numbers, else there is nothing to go by: then every
packet follows on the one before, and only the clock can tell that something is missing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median, median_low

import numpy as np

from surefoot.sensors.clock.pace import Pace
from surefoot.sensors.makers.product import Packet, Traits


@dataclass(frozen=True, slots=True)
class OrderParams:
    """All P: what radios and sensors are believed to do."""

    wait_s: float = 0.3  # a packet that is missing may still come for so long
    wait_packets: int = 8  # or while so many wait behind it
    first_packets: int = 5  # looked at together before the first is told: how many ticks a reading takes
    off: float = 0.05  # a rate nearer than this to the one asked for is that one
    early_s: float = 0.3  # a time so far ahead of all arrivals cannot be
    late_s: float = 10.0  # readings behind a hole are not on the way for longer
    drift: float = 0.0005  # of a crystal, at most
    known: int = 64  # packets remembered, to know a repeated one


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A packet at its place: its first reading's ``number`` and ``tick`` (lost readings have numbers and ticks too).

    ``lost``: readings missing before it. ``fresh``: another count begins with it, on a clock that is not the one
    before. Where the product tells no ticks, they are the numbers.
    """

    number: int
    tick: int
    lost: int
    fresh: bool
    arrived_s: float
    packet: Packet


@dataclass(frozen=True, slots=True, eq=False)
class _Come:
    tick: int  # without its wraps
    arrived_s: float
    packet: Packet


class PacketOrder:
    """Packets of one sensor in, as they arrive; the same ones in order out, each with its place."""

    def __init__(self, traits: Traits, rate_hz: float, params: OrderParams = OrderParams()) -> None:
        self._params = params
        self.timed = traits.tick_s is not None
        numbered = not self.timed and traits.sequence_bits is not None
        self._each = traits.readings_per_packet if numbered else 1  # what a step of the stamp is worth
        self.tick_s = traits.tick_s or 1.0 / rate_hz  # of a tick; a count of readings is a clock too
        self._rate_hz = rate_hz
        self.stamped = self.timed or numbered  # else only the clock tells that something is missing
        bits = traits.tick_bits if self.timed else traits.sequence_bits
        self._wrap = (1 << bits) * self._each if self.stamped and bits is not None else None
        self._drift = params.drift if self.timed else traits.rate_tolerance + params.drift
        self.repeated = 0
        self.dropped = 0  # packets that came too late or made no sense
        self._begin()

    def _begin(self) -> None:
        """Nothing is known of the device's clock."""
        self.pace = Pace(1.0 / (self._rate_hz * self.tick_s), self._rate_hz)
        self._first: list[_Come] | None = [] if self.timed else None  # until there are enough to learn from
        self._waiting: list[_Come] = []  # behind a hole, by their ticks
        self._strange: _Come | None = None  # makes no sense on this clock: if the next follows it, it is another clock
        self._seen: deque[int] = deque(maxlen=self._params.known)
        self._last: _Come | None = None  # told
        self._next = 0  # number of the reading behind it
        self._fresh = True
        self._lags = (np.inf, np.inf, -np.inf)  # least arrival minus tick of the last minute, this one; its beginning

    def update(self, arrived_s: float, packet: Packet) -> Iterator[Placed]:
        """What is in its place by now, one after another: to be taken whole, each before the next is looked at."""
        if len(packet) == 0:
            return
        come = _Come(self._whole(packet, arrived_s), arrived_s, packet)
        if self._first is not None:
            self._first.append(come)
            if len(self._first) >= self._params.first_packets:
                yield from self._learned()
            return
        if self._waiting:
            yield from self.due(arrived_s)
        yield from self._sort(come)
        if self._waiting:
            yield from self.due(arrived_s)

    def due(self, now_s: float) -> Iterator[Placed]:
        """Packets that need not wait any longer for those before them."""
        p = self._params
        while self._waiting:
            waited = now_s - min(come.arrived_s for come in self._waiting) >= p.wait_s
            if not waited and len(self._waiting) < p.wait_packets and self._lost(self._waiting[0]):
                break
            yield self._tell(self._waiting.pop(0))

    def waiting_from_s(self) -> list[float]:
        """Arrivals of what is not told yet."""
        return [come.arrived_s for come in (*self._waiting, *(self._first or []))]

    def flush(self, away: bool = False) -> Iterator[Placed]:
        """Nothing will follow on this connection. ``away``: a sensor without ticks counts anew behind it."""
        if self._first:
            yield from self._learned()
        while self._waiting:
            yield self._tell(self._waiting.pop(0))
        self._strange = None
        if away and not self.timed:
            self._begin()

    # ---- where a packet stands

    def _stamp(self, packet: Packet) -> int | None:
        if self.timed:
            return packet.first_tick
        return None if packet.sequence is None else packet.sequence * self._each

    def _whole(self, packet: Packet, arrived_s: float) -> int:
        """Its tick without wraps: the one nearest to what its arrival lets expect."""
        stamp = self._stamp(packet) if self.stamped else None
        last = self._first[-1] if self._first else self._last
        if stamp is None:
            return round(self._behind(last)) if last else 0
        if last is None or self._wrap is None:
            return stamp
        expected = last.tick + round(max(0.0, arrived_s - last.arrived_s) / self.tick_s)
        return expected + (stamp - expected + self._wrap // 2) % self._wrap - self._wrap // 2

    def _behind(self, come: _Come) -> float:
        """The tick of the reading behind a packet."""
        return come.tick + (len(come.packet) * self.pace.period if self.timed else self._each)

    def _lost(self, come: _Come) -> int:
        """How many readings are missing before it; negative: it belongs before the last one told."""
        return round((come.tick - self._behind(self._last)) / self.pace.period) if self._last else 0

    def _learned(self) -> Iterator[Placed]:
        """The first packets in order, and what a reading takes by most of them."""
        first, self._first = sorted(self._first or [], key=lambda come: come.tick), None
        middle = median_low(come.tick for come in first)
        near = [come for come in first if abs(come.tick - middle) * self.tick_s <= self._params.late_s]
        self.dropped += len(first) - len(near)
        steps = [(b.tick - a.tick) / len(a.packet) for a, b in pairwise(near) if b.tick > a.tick]
        if steps:
            self.pace = Pace(self._period(steps, len(near[0].packet)), self._rate_hz)
        for come in near:
            if come.tick in self._seen:
                self.repeated += 1
            else:
                yield self._tell(come)

    def _period(self, steps: list[float], readings: int) -> float:
        """Ticks of a reading: about as asked for where any packets follow on so; another only if all agree on it."""
        usual, off = self.pace.period, self._params.off
        about = [step for step in steps if abs(step - usual) <= off * usual + 1.0 / readings]
        agreed = len(steps) >= self._params.first_packets - 1 and max(steps) - min(steps) <= 2 * off * min(steps)
        return median(about or (steps if agreed else [usual]))

    # ---- the others

    def _sort(self, come: _Come) -> Iterator[Placed]:
        if self._is_repeated(come):
            self.repeated += 1
            return
        if self._strange is not None:
            before, self._strange = self._strange, None
            if self._follows(before, come):
                yield from self._start_anew(before, come)
                return
            self.dropped += 1
        lost = self._lost(come)
        if self._sensible(come, lost):
            if lost == 0 and not self._waiting:
                yield self._tell(come)
                return
            self._waiting.append(come)
            self._waiting.sort(key=lambda other: other.tick)
        elif self._last is not None and -2 * self._params.wait_packets * len(come.packet) <= lost < 0:
            self.dropped += 1  # its place was given up
        else:
            self._strange = come

    def _is_repeated(self, come: _Come) -> bool:
        if not self.stamped:
            return self._same(come.packet)
        return come.tick in self._seen or (bool(self._waiting) and come.tick in [c.tick for c in self._waiting])

    def _same(self, packet: Packet) -> bool:
        """Whether a packet that cannot be told apart repeats the last one: four readings are never alike by chance."""
        if self._last is None or len(packet) < 4 or len(packet) != len(self._last.packet):
            return False
        last = self._last.packet
        return bool((packet.acc == last.acc).all() and (packet.gyr == last.gyr).all())

    def _sensible(self, come: _Come, lost: int) -> bool:
        if lost < 0:
            return False
        late_s = come.arrived_s - come.tick * self.tick_s - self._least_lag(come)
        if late_s < -self._params.early_s:
            return False
        return lost == 0 or late_s <= self._params.late_s

    def _least_lag(self, come: _Come) -> float:
        """Of arrival minus tick, as far as the clocks may have gone apart since it was seen."""
        before, now, since_s = self._lags
        return min(before, now) - self._drift * max(0.0, come.tick * self.tick_s - since_s)

    def _follows(self, before: _Come, come: _Come) -> bool:
        stamps = self._stamp(before.packet), self._stamp(come.packet)
        if stamps[0] is None or stamps[1] is None:
            return False
        step = stamps[1] - stamps[0]
        step = step % self._wrap if self._wrap is not None else step
        return 0 < step <= self._params.wait_packets * len(before.packet) * self.pace.period

    def _start_anew(self, before: _Come, come: _Come) -> Iterator[Placed]:
        """The device was switched on again: its ticks are others."""
        yield from self.flush()
        self._begin()
        for one in (before, come):
            yield from self.update(one.arrived_s, one.packet)

    def _tell(self, come: _Come) -> Placed:
        lost = max(0, self._lost(come))
        number = self._next + lost
        tick = come.tick if self.timed else number
        self._next = number + len(come.packet)
        self._note_lag(come)
        if self.timed:
            self.pace.update(number, tick)
        self._last = come
        self._seen.append(come.tick)
        fresh, self._fresh = self._fresh, False
        return Placed(number, tick, lost, fresh, come.arrived_s, come.packet)

    def _note_lag(self, come: _Come) -> None:
        lag_s, at_s = come.arrived_s - come.tick * self.tick_s, come.tick * self.tick_s
        before, now, since_s = self._lags
        minute_over = at_s - since_s >= 60.0
        self._lags = (now, lag_s, at_s) if minute_over else (before, min(now, lag_s), since_s)
