"""What was usual lately: the median and spread of the last strides before each stride, without a loop over strides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array

AT_ONCE = 512  # strides looked back from at once: what is gathered for them stays in the cache


def median(x: Array) -> Array:
    """Of the last axis; ``np.median`` without its price for a few numbers."""
    ordered = np.sort(x, axis=-1)
    n = x.shape[-1]
    return np.asarray(0.5 * (ordered[..., (n - 1) // 2] + ordered[..., n // 2]))


class Recent:
    """Remembers the last ``count`` values of several stride measures; rows are measures.

    Only what was measured within ``within_s``, and since the sensor was last put on, is usual.
    """

    def __init__(self, count: int, measures: int, within_s: float = np.inf) -> None:
        self._count, self._within_s = count, within_s
        self._values = np.empty((measures, 0))
        self._times = np.empty(0)
        self._put_on = np.array([-np.inf])

    def put_on(self, time_s: float) -> None:
        """From now on nothing from before this time is usual: other shoes, another day."""
        self._put_on = np.append(self._put_on, time_s)

    def add(self, times_s: Array, values: Array) -> None:
        """Remember (k, measures) values in time order; rows with anything absent are left out."""
        whole = np.isfinite(values).all(axis=1)
        self._times = np.concatenate([self._times, times_s[whole]])
        self._values = np.concatenate([self._values, values[whole].T], axis=1)

    def usual(self, before_s: Array) -> tuple[Array, Array]:
        """Median and 1.4826 MAD of the ``count`` rows that end before each time; NaN where there are fewer."""
        centre, spread = (np.full((len(self._values), len(before_s)), np.nan) for _ in range(2))
        end = np.searchsorted(self._times, before_s, side="left")
        enough = np.flatnonzero(self.enough(before_s))
        for some in np.split(enough, range(AT_ONCE, len(enough), AT_ONCE)) if len(enough) else ():
            seen = self._values[:, end[some, None] + np.arange(-self._count, 0)]
            centre[:, some] = middle = median(seen)
            spread[:, some] = 1.4826 * median(np.abs(seen - middle[:, :, None]))
        return centre.T, spread.T

    def enough(self, before_s: Array) -> NDArray[np.bool_]:
        """Whether ``count`` rows that are usual end before each time."""
        oldest = np.searchsorted(self._times, before_s, side="left") - self._count
        since_s = self._put_on[np.searchsorted(self._put_on, before_s, side="right") - 1]
        usual = oldest >= 0
        usual[usual] = self._times[oldest[usual]] >= np.maximum(since_s, before_s - self._within_s)[usual]
        return np.asarray(usual)

    def seen(self, before_s: Array, last: int = 0, which: slice = slice(None)) -> tuple[Array, Array]:
        """The ``last`` (all ``count``) rows before each of k times, each with ``enough``.

        Values (measures, k, last) and times (k, last).
        """
        rows = np.searchsorted(self._times, before_s, side="left")[:, None] + np.arange(-(last or self._count), 0)
        return self._values[which][:, rows], self._times[rows]

    def forget_before(self, time_s: float) -> None:
        """Nobody will ask for times before this one any more."""
        first = max(0, int(np.searchsorted(self._times, time_s, side="left")) - self._count)
        self._times, self._values = self._times[first:], self._values[:, first:]
        self._put_on = self._put_on[max(0, int(np.searchsorted(self._put_on, time_s, side="right")) - 1) :]
