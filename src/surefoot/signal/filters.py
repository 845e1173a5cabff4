"""Smoothing without phase: short symmetric kernels whose result at a sample depends on its neighbours only.

A finite kernel has no memory to carry, so the way a stream is cut cannot matter, an event is not delayed (the kernel
is centred), and one bad stretch cannot ring on. Butterworth filters, usual in the field, would give up all three.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import correlate1d

from surefoot.records import Array


def smoothing_kernel(cutoff_hz: float, rate_hz: float) -> Array:
    """A Hann window with its -3 dB point near ``cutoff_hz``; odd length, sums to 1; [1.0] where the rate is too low.

    The Hann window's response falls to -3 dB at 0.72 / length (Harris 1978, E1).
    """
    half = round(0.36 * rate_hz / cutoff_hz)
    window = np.hanning(2 * half + 3)[1:-1] if half > 0 else np.ones(1)
    return np.asarray(window / window.sum())


class Smooth:
    """Centred smoothing of a (channels, n) stream; output lags input by half a kernel until ``close``."""

    def __init__(self, cutoff_hz: float, rate_hz: float) -> None:
        self._kernel = smoothing_kernel(cutoff_hz, rate_hz)
        self.lag = len(self._kernel) // 2
        self._tail: Array | None = None

    def update(self, x: Array) -> Array:
        """Take the next (channels, n) samples; return the smoothed samples that are now certain."""
        if x.shape[1] == 0:
            return x
        if self._tail is None:  # as if the first sample had always been there
            self._tail = np.repeat(x[:, :1], self.lag, axis=1)
        seen = np.concatenate([self._tail, x], axis=1)
        self._tail = seen[:, max(0, seen.shape[1] - 2 * self.lag) :]
        return self._valid(seen)

    def close(self) -> Array:
        """The last ``lag`` samples, as if the last one stayed."""
        if self._tail is None or self.lag == 0:
            return np.empty((0, 0)) if self._tail is None else self._tail[:, :0]
        return self._valid(np.concatenate([self._tail, np.repeat(self._tail[:, -1:], self.lag, axis=1)], axis=1))

    def _valid(self, seen: Array) -> Array:
        if seen.shape[1] <= 2 * self.lag:
            return seen[:, :0]
        smoothed = np.empty_like(seen)  # given, because making it costs scipy more than a short block's smoothing
        correlate1d(seen, self._kernel, axis=1, output=smoothed, mode="nearest")
        return smoothed[:, self.lag : seen.shape[1] - self.lag]
