"""A run of readings that follow on at one rate, told in pieces."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array, Placement, Samples, Side
from surefoot.sensors.makers.grid import on_grid

LOWEST = -32768  # of 16 bits


class Run:
    """Readings from number ``first`` on, which was taken at ``start_s``; ``late_s`` is how far it began behind."""

    def __init__(
        self, sensor: tuple[Side, Placement], steps: tuple[float, float], first: int, start_s: float, rate_hz: float
    ) -> None:
        self._sensor, self._steps = sensor, steps
        self.first, self.start_s, self.rate_hz = first, start_s, rate_hz
        self.late_s = 0.0
        self.next = first  # number of the reading that would follow on
        self._told = first
        self._acc: list[Array] = []
        self._gyr: list[Array] = []

    @property
    def end_s(self) -> float:
        return self.start_s + (self.next - self.first) / self.rate_hz

    @property
    def untold(self) -> int:
        return self.next - self._told

    def add(self, acc: Array, gyr: Array) -> None:
        self._acc.append(acc)
        self._gyr.append(gyr)
        self.next += len(acc)

    def tell(self) -> list[Samples]:
        """What was added since it was told last."""
        if not self.untold:
            return []
        start_s = self.start_s + (self._told - self.first) / self.rate_hz
        acc = on_grid(np.concatenate(self._acc), self._steps[0], LOWEST)
        gyr = on_grid(np.concatenate(self._gyr), self._steps[1], LOWEST)
        self._acc, self._gyr, self._told = [], [], self.next
        return [Samples(*self._sensor, start_s, self.rate_hz, acc, gyr, self._steps)]
