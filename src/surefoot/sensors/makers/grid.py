"""The grid of 16-bit numbers that readings are kept on."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array

LARGEST = 32767


def widened(values: np.ndarray) -> Array:
    """32-bit floats as they stand on the wire, in full width. numpy warns of some that are no numbers: no news here."""
    with np.errstate(invalid="ignore"):
        return values.astype(np.float64)


def on_grid(values: Array, step: float, lowest: int = -LARGEST) -> Array:
    """The nearest values on a grid of ``step``; what lies beyond its ends stands at them."""
    counts: Array = np.clip(np.rint(values / step), lowest, LARGEST)
    return counts * step + 0.0  # no negative zero: a count has none
