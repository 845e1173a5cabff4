"""Missing packets of a sensor that tells neither time nor number: whatever comes behind them comes late for good.

A radio that is slow for a while makes packets late too, but some of them still come on time. So packets are believed to
be missing when, for longer than a radio stalls, not one came in time of so many that it cannot be chance. Late ones are
held back till that is known: up to some seconds, and never where packets come in time.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from surefoot.sensors.clock.order import Placed

TOGETHER_S = 0.005  # packets that come within this come at once


@dataclass(frozen=True, slots=True)
class MissingParams:
    """When lateness is no accident. P."""

    late: float = 0.8  # of a packet: who comes later than that is late; more would leave no room for the clock's error
    early: float = 0.4  # of a packet: who comes so much before it can have been sent was counted wrongly
    least_s: float = 1.5  # of nothing but late packets: radios stall for up to half a second
    chance: float = 1e-6  # that all of them are late by accident
    most: float = 0.05  # of a minute's readings: where more seem to be missing, the rate is another one
    usual: int = 500  # moments from which it is known how many usually are in time


class Missing:
    """Packets in, counted by number; the same ones out, counted on behind those that must be missing."""

    def __init__(self, rate_hz: float, params: MissingParams = MissingParams()) -> None:
        self._params, self._rate_hz = params, rate_hz
        self._in_time, self._seen = 1.0, 2.0  # of the last moments; half of them before anything is known
        self.forget()

    def forget(self) -> None:
        """Another count begins."""
        self.held: list[Placed] = []  # late ones
        self._missing = 0  # readings, so far
        self.undone = 0  # of them, which were not missing after all: time went on without them
        self._least_s = math.inf  # lateness of those held
        self._lately: deque[tuple[float, int]] = deque()  # when how many were missed

    def update(self, placed: Placed, time_s: Callable[[int], float]) -> Iterator[Placed]:
        """``time_s``: when the reading of a number was taken; to be taken whole, each before the next is looked at."""
        p, coming = self._params, deque([placed])
        while coming:
            one = coming.popleft()
            number, readings = one.number + self._missing, len(one.packet)
            late_s, packet_s = one.arrived_s - time_s(number + readings - 1), readings / self._rate_hz
            if late_s < -p.early * packet_s and self.undone < self._missing:
                self.undone += min(self._missing - self.undone, max(1, round(-late_s / packet_s)) * readings)
            if late_s < p.late * packet_s:
                self._note(_moments([*self.held, one]))
                yield from self.flush()
                yield self._moved(one)
                continue
            self.held.append(one)
            self._least_s = min(self._least_s, late_s)
            if self._is_no_accident():
                lost = max(1, math.floor(self._least_s / packet_s + 0.25)) * readings
                if not self._is_believed(one.arrived_s, lost):
                    yield from self.flush()
                    continue
                self._missing += lost
                first = self.held[0]
                coming.extendleft([*self.held[:0:-1], replace(first, lost=first.lost + lost)])
                self.held, self._least_s = [], math.inf

    def flush(self) -> Iterator[Placed]:
        """Those held, as they are."""
        held, self.held, self._least_s = self.held, [], math.inf
        for one in held:
            yield self._moved(one)

    def _moved(self, one: Placed) -> Placed:
        number = one.number + self._missing
        return replace(one, number=number, tick=number - self.undone)

    def _is_no_accident(self) -> bool:
        p = self._params
        if self.held[-1].arrived_s - self.held[0].arrived_s < p.least_s:
            return False
        in_time = min(0.999, self._in_time / self._seen)
        return _moments(self.held) * math.log1p(-in_time) < math.log(p.chance)

    def _is_believed(self, now_s: float, lost: int) -> bool:
        while self._lately and self._lately[0][0] < now_s - 60.0:
            self._lately.popleft()
        if lost + sum(count for _, count in self._lately) > self._params.most * 60.0 * self._rate_hz:
            return False
        self._lately.append((now_s, lost))
        return True

    def _note(self, moments: int) -> None:
        """The last of so many was in time."""
        self._in_time, self._seen = self._in_time + 1, self._seen + moments
        if self._seen > self._params.usual:
            share = self._params.usual / self._seen
            self._in_time, self._seen = self._in_time * share, self._seen * share


def _moments(come: list[Placed]) -> int:
    """How often something came: packets held back by the radio come at once, and are late or in time together."""
    return 1 + sum(b.arrived_s - a.arrived_s > TOGETHER_S for a, b in pairwise(come))
