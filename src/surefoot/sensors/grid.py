"""The grid of 16-bit numbers that readings are kept on, for products that send them as floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array

LARGEST = 32767


def on_grid(values: Array, step: float) -> Array:
    """The nearest values on a grid of ``step``; what lies beyond its ends stands at them."""
    counts = np.rint(values / step)
    return np.clip(counts, -LARGEST, LARGEST) * step


def as_doubles(singles: NDArray[np.float32]) -> Array:
    """The same numbers. Rubbish stays rubbish: numpy warns of some bytes that are no number, and they may come."""
    with np.errstate(invalid="ignore"):
        return singles.astype(np.float64)
