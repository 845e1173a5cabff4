"""The recent past of one sensor: rows of equal length, addressed by sample number since the stretch began."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from surefoot.records import Array

LEAST_ROOM = 1024  # samples: a live stream moves what it keeps to the front once in several seconds
FEW = 5  # pieces are cut one by one; more are copied row by row, ten times faster than number by number


class Ring:
    """Growing (channels, n) rows of which the oldest samples can be let go.

    Samples may be written before they are whole: they are seen from ``show`` on.
    """

    def __init__(self, channels: int, start: int = 0) -> None:
        self._held: Array = np.empty((channels, 0))
        self._front = start  # sample number of the first column held
        self.start = start  # number of the first sample still wanted
        self.end = start  # samples before this one are seen
        self.written = start

    @property
    def rows(self) -> Array:
        return self._held[:, self.start - self._front : self.end - self._front]

    def room(self, count: int) -> Array:
        """Columns for the next ``count`` samples, to be written into."""
        if self.written + count - self._front > self._held.shape[1]:
            self._make_room(count)
        first, self.written = self.written, self.written + count
        return self.between(first, self.written)

    def show(self, end: int) -> None:
        """The samples before this one are whole."""
        self.end = end

    def append(self, x: Array) -> None:
        self.room(x.shape[1])[:] = x
        self.end = self.written

    def let_go_before(self, sample: int) -> None:
        self.start = max(self.start, min(sample, self.end))

    def between(self, first: int, last: int) -> Array:
        """Samples ``first`` to ``last``, which may be written but not yet seen."""
        return self._held[:, first - self._front : last - self._front]

    def windows(self, row: int, first: NDArray[np.intp], length: int) -> Array:
        """(k, length) pieces of one row from the given sample numbers on; beyond either end the last value stays."""
        x, first = self.rows[row], first - self.start
        last = len(x) - length
        if len(first) < FEW or last < 0:
            return _clipped(x, first, length)
        whole = as_strided(x, (last + 1, length), 2 * x.strides, writeable=False)
        pieces = whole[np.minimum(np.maximum(first, 0), last)]
        beyond = np.flatnonzero((first < 0) | (first > last))
        if len(beyond):
            pieces[beyond] = _clipped(x, first[beyond], length)
        return np.asarray(pieces)

    def _make_room(self, count: int) -> None:
        kept = self.between(self.start, self.written)
        size = kept.shape[1]
        if self._held.shape[1] < 2 * (size + count):
            self._held = np.empty((len(kept), max(LEAST_ROOM, 2 * (size + count))))
        self._held[:, :size] = kept
        self._front = self.start


def _clipped(x: Array, first: NDArray[np.intp], length: int) -> Array:
    return np.asarray(x.take(first[:, None] + np.arange(length), mode="clip"))
