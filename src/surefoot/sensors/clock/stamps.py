"""Stamps: what parts of packets tell of their sensor's clock, kept until the packets themselves have come."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

KEPT = 16  # parts remembered


@dataclass(frozen=True, slots=True)
class Stamp:
    """Part of a packet came, sent after the reading that lies ``behind`` readings behind ``tick`` had been taken."""

    tick: int  # as it stands on the wire
    behind: int = 0


class Stamps:
    """Parts in, with their arrivals; those of a packet out. What belongs to no packet is forgotten."""

    def __init__(self, tick_bits: int | None) -> None:
        self._wrap = None if tick_bits is None else 1 << tick_bits
        self._waiting: deque[tuple[float, Stamp]] = deque(maxlen=KEPT)

    def update(self, arrived_s: float, stamp: Stamp) -> None:
        self._waiting.append((arrived_s, stamp))

    def of(self, first_tick: int, readings: int, period: float) -> list[tuple[float, float]]:
        """Of the packet whose first reading was taken at ``first_tick``: ticks from there on, and arrivals; in order.

        ``period``: ticks from one reading to the next.
        """
        found, later = [], deque[tuple[float, Stamp]](maxlen=KEPT)
        for arrived_s, stamp in self._waiting:
            ticks = self._step(stamp.tick - first_tick) + stamp.behind * period
            if ticks > (readings - 0.5) * period:
                later.append((arrived_s, stamp))
            elif ticks > -0.5 * period:
                found.append((ticks, arrived_s))
        self._waiting = later
        return sorted(found)

    def _step(self, ticks: int) -> int:
        return ticks if self._wrap is None else (ticks + self._wrap // 2) % self._wrap - self._wrap // 2
