"""Slipping: a sensor that moves on the leg while it is worn, seen as a frame that leaves the one it had settled at.

Outdoors the frame of a sensor that stays put stays within the limit for hours (terrain, 13 recordings, on which it was
set), and a sensor turned by 45 degrees about the shank is noticed within a minute of walking; both are held by
tests/test_slipping.py. Smaller turns take longer, and one of 20 degrees may never be noticed (P).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.signal.alignment import Aligned, NotYet


@dataclass(frozen=True, slots=True)
class SlipParams:
    """When a frame has settled, and how far it may wander (P)."""

    settled_blocks: int = 15  # walking blocks of 2 s before the frame counts as that of this donning
    slipped_deg: float = 14.0
    lasting_blocks: int = 3  # walking blocks on end beyond that
    new_home_blocks: int = 60  # after a slip the frame takes two minutes of walking to settle again


class SlipWatch:
    """Sees the states of one sensor's alignment, block by block."""

    def __init__(self, params: SlipParams = SlipParams()) -> None:
        self._params = params
        self._home: Array | None = None
        self._seen = 0  # walking blocks towards a home
        self._wait = params.settled_blocks
        self._away = 0
        self._last: Aligned | None = None

    def update(self, state: Aligned | NotYet) -> float | None:
        """Degrees by which the sensor has turned, once, when this block makes it certain."""
        if isinstance(state, NotYet) or state is self._last:  # not walking: the frame was not renewed
            return None
        self._last = state
        if self._home is None:
            self._seen += 1
            if self._seen >= self._wait:
                self._home = state.rotation
            return None
        turned_deg = angle_deg(self._home, state.rotation)
        self._away = self._away + 1 if turned_deg > self._params.slipped_deg else 0
        if self._away < self._params.lasting_blocks:
            return None
        self._home, self._seen, self._away, self._wait = None, 0, 0, self._params.new_home_blocks
        return turned_deg


def angle_deg(a: Array, b: Array) -> float:
    """Angle of the turn that takes one rotation matrix into the other."""
    return float(np.rad2deg(np.arccos(np.clip(((a * b).sum() - 1) / 2, -1.0, 1.0))))
