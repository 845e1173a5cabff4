"""Readings gathered until a packet is full, as firmware does it between its sensor and its radio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Consecutive readings (n, 6), acc m/s^2 and gyr deg/s, the first taken ``at_s`` on the sensor's clock."""

    at_s: float
    readings: Array


class Gathering:
    """Cuts readings into packets of ``size``; a hole between two readings ends a packet early."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._at_s = 0.0
        self._waiting: list[Array] = []
        self._count = 0

    def update(self, acc: Array, gyr: Array, at_s: float, rate_hz: float) -> list[Gathered]:
        """What is full with these readings, the first of which was taken ``at_s``."""
        done: list[Gathered] = []
        if self._count and abs(at_s - self._at_s - self._count / rate_hz) > 0.5 / rate_hz:
            done.append(self._taken())
        if not self._count:
            self._at_s = at_s
        self._waiting.append(np.hstack([acc, gyr]))
        self._count += len(acc)
        if self._count >= self.size:
            whole = self._taken()
            full = len(whole.readings) - len(whole.readings) % self.size
            cuts = range(0, full, self.size)
            done += [Gathered(whole.at_s + k / rate_hz, whole.readings[k : k + self.size]) for k in cuts]
            self._at_s = whole.at_s + full / rate_hz
            self._waiting, self._count = [whole.readings[full:]], len(whole.readings) - full
        return done

    def clear(self) -> None:
        self._waiting, self._count = [], 0

    def _taken(self) -> Gathered:
        whole = Gathered(self._at_s, np.vstack(self._waiting))
        self.clear()
        return whole
