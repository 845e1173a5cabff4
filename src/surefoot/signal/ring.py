"""The recent past of one sensor: rows of equal length, addressed by sample number since the stretch began."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array


class Ring:
    """Growing (channels, n) rows of which the oldest samples can be let go."""

    def __init__(self, channels: int, start: int = 0) -> None:
        self.rows: Array = np.empty((channels, 0))
        self.start = start  # number of the first sample still held

    @property
    def end(self) -> int:
        return self.start + int(self.rows.shape[1])

    def append(self, x: Array) -> None:
        if x.shape[1]:
            self.rows = np.concatenate([self.rows, x], axis=1) if self.rows.shape[1] else x

    def let_go_before(self, sample: int) -> None:
        drop = min(max(0, sample - self.start), self.rows.shape[1])
        if drop:
            self.rows = self.rows[:, drop:]
            self.start += drop

    def between(self, first: int, last: int) -> Array:
        return self.rows[:, first - self.start : last - self.start]

    def windows(self, row: int, first: NDArray[np.intp], length: int) -> Array:
        """(k, length) pieces of one row from the given sample numbers on; beyond either end the last value stays."""
        where = np.clip(first[:, None] - self.start + np.arange(length), 0, max(0, self.rows.shape[1] - 1))
        return np.asarray(self.rows[row][where])
