"""Readings gathered until a packet is full, as firmware does it between its sensor and its radio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array

HOLE = 1.5  # periods from one reading to the next: something is missing between them


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Consecutive readings (n, 6), acc m/s^2 and gyr deg/s, and when each was taken on the sensor's clock (n,)."""

    at_s: Array
    readings: Array

    def part(self, first: int, end: int) -> Gathered:
        return Gathered(self.at_s[first:end], self.readings[first:end])


class Gathering:
    """Cuts readings into packets of ``size``; a hole between two readings ends a packet early."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._waiting: list[Gathered] = []

    def update(self, acc: Array, gyr: Array, at_s: float, rate_hz: float) -> list[Gathered]:
        """What is full with these readings, the first of which was taken ``at_s``."""
        done: list[Gathered] = []
        if self._waiting and at_s - self._waiting[-1].at_s[-1] > HOLE / rate_hz:
            done.append(self._taken())
        self._waiting.append(Gathered(at_s + np.arange(len(acc)) / rate_hz, np.hstack([acc, gyr])))
        if sum(len(some.at_s) for some in self._waiting) >= self.size:
            whole = self._taken()
            full = len(whole.at_s) - len(whole.at_s) % self.size
            done += [whole.part(k, k + self.size) for k in range(0, full, self.size)]
            self._waiting = [whole.part(full, len(whole.at_s))] if full < len(whole.at_s) else []
        return done

    def _taken(self) -> Gathered:
        whole, self._waiting = self._waiting, []
        return Gathered(np.concatenate([w.at_s for w in whole]), np.vstack([w.readings for w in whole]))
