"""Lengths put right: what a walk of a known way says of one person's strides, applied to all that are told.

The way of an ankle sensor is integrated on a pendulum of one length for everybody; how far a leg's true one differs is
a factor, leg by leg. It is applied to what is told and not to what detectors look at, so that a tape read wrongly can
make no incident and hide none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.signal.table import StrideTable

ALONG = ("stride_length_m", "speed_mps")


def put_right(strides: StrideTable, factors: Sequence[tuple[Side, float]]) -> None:
    """Multiply lengths and speeds of the legs named, in place."""
    for side, factor in factors:
        mine = strides["side"] == SIDES.index(side)
        for name in ALONG:
            strides[name] = np.where(mine, factor * strides[name], strides[name])
