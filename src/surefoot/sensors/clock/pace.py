"""The pace of a sensor's readings in its own ticks: which tick a reading was taken at, by its number.

Ticks come from the device's crystal, readings from an oscillator inside the motion chip that may be some percent off
and changes as it warms up on the leg. One tick is rounded or late by a little; the line through many is not.
"""

from __future__ import annotations

from collections import deque

import numpy as np

WINDOW_S = 60.0  # P: warming up bends a line by half a millisecond in that
EVERY_S = 1.0
LEAST_S = 2.0  # looked at before its slope is believed


class Pace:
    """Numbers of readings (lost ones counted) and their ticks in, in order; ``period`` and any reading's tick out."""

    def __init__(self, period: float, rate_hz: float) -> None:
        self.period = period  # ticks from one reading to the next
        self._every = max(1.0, EVERY_S * rate_hz)
        self._sum = (0.0, 0.0, 0)  # of numbers and ticks against the last point, and how many
        self._means: deque[tuple[float, float]] = deque(maxlen=round(WINDOW_S / EVERY_S))
        self._from: tuple[int, int] | None = None  # what all are counted from
        self._line = (0.0, 0.0)  # tick at number 0 and ticks per reading, both against ``_from``

    def update(self, number: int, tick: int) -> None:
        """The reading of this number was taken at about this tick."""
        if self._from is None:
            self._from = (number, tick)
            self._line = (0.0, self.period)
        n, t, count = self._sum
        n, t, count = n + (number - self._from[0]), t + (tick - self._from[1]), count + 1
        self._sum = (n, t, count)
        if n / count - (self._means[-1][0] if self._means else -self._every) >= self._every or len(self._means) < 2:
            self._means.append((n / count, t / count))
            self._sum = (0.0, 0.0, 0)
            self._fit()

    def tick(self, number: int) -> float:
        """When the reading of this number was, or will be, taken."""
        assert self._from is not None
        return self._from[1] + self._line[0] + self._line[1] * (number - self._from[0])

    def _fit(self) -> None:
        x, y = np.array(self._means).T
        middle, mean = float(x.mean()), float(y.mean())
        spread = float(((x - middle) ** 2).sum())
        if x[-1] - x[0] >= LEAST_S / EVERY_S * self._every:
            self.period = float(((x - middle) * (y - mean)).sum()) / spread
        self._line = (mean - self.period * middle, self.period)
