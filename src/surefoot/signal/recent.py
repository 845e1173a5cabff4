"""What was usual lately: the median and spread of the last strides before each stride, without a loop over strides."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array


class Recent:
    """Remembers the last ``count`` values of several stride measures; columns are measures."""

    def __init__(self, count: int, measures: int) -> None:
        self._count = count
        self._values = np.empty((0, measures))
        self._times = np.empty(0)

    def add(self, times_s: Array, values: Array) -> None:
        """Remember rows in time order; rows with anything absent are left out."""
        whole = np.isfinite(values).all(axis=1)
        self._times = np.concatenate([self._times, times_s[whole]])
        self._values = np.concatenate([self._values, values[whole]])

    def usual(self, before_s: Array) -> tuple[Array, Array]:
        """Median and 1.4826 MAD of the ``count`` rows that end before each time; NaN where there are fewer."""
        n, measures = self._count, self._values.shape[1]
        centre, spread = (np.full((len(before_s), measures), np.nan) for _ in range(2))
        end = np.searchsorted(self._times, before_s, side="left")
        enough = end >= n
        if enough.any():
            windows = np.lib.stride_tricks.sliding_window_view(self._values, n, axis=0)  # (rows, measures, n)
            last, which = np.unique(end[enough] - n, return_inverse=True)
            seen = windows[last]
            middle = np.median(seen, axis=2)
            mad = 1.4826 * np.median(np.abs(seen - middle[:, :, None]), axis=2)
            centre[enough], spread[enough] = middle[which], mad[which]
        return centre, spread

    def forget_before(self, time_s: float) -> None:
        """Nobody will ask for times before this one any more."""
        first = max(0, int(np.searchsorted(self._times, time_s, side="left")) - self._count)
        self._times, self._values = self._times[first:], self._values[first:]
