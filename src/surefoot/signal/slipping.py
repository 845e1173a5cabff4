"""Slipping: a sensor that moves on the leg while it is worn, seen as a frame that leaves the one it had settled at.

Two frames are looked at: that of the last minute of walking, which a small turn moves in time, and that of the last
16 s, which a large one moves at once. Outdoors both stay within their limits for hours while the sensor stays put
(terrain, 13 recordings, on which they were set). The settled frame itself never follows, so a slow drift adds up (P).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from surefoot.records import Array, Placement
from surefoot.signal.alignment import Aligned, NotYet


@dataclass(frozen=True, slots=True)
class SlipParams:
    """When a frame has settled, and how far it may wander (P)."""

    settled_blocks: int = 15  # walking blocks of 2 s before the frame counts as that of this donning
    slipped_deg: float = 14.0  # the frame of a minute
    lasting_blocks: int = 3  # walking blocks on end beyond that
    slipped_lately_deg: float = 21.0  # the frame of the last blocks
    lasting_lately_blocks: int = 2


def slip_params(placement: Placement) -> SlipParams:
    """The limits of a placement: the frame of a foot that is dragged wanders by up to 37 deg (movingreality)."""
    return SlipParams() if placement == "shank" else SlipParams(slipped_deg=25.0, slipped_lately_deg=45.0)


@dataclass(frozen=True, slots=True)
class Slipped:
    """The sensor has moved and its new frame has not settled yet."""

    turned_deg: float


class SlipWatch:
    """Sees the states of one sensor's alignment, block by block."""

    def __init__(self, params: SlipParams = SlipParams()) -> None:
        self._params = params
        self._home: Array | None = None
        self._seen = 0  # walking blocks towards a home
        self._away = self._away_lately = 0
        self._last: Aligned | None = None
        self.slipped: Slipped | None = None  # while the frame settles anew

    def update(self, state: Aligned | NotYet) -> float | None:
        """Degrees by which the sensor has turned, once, when this block makes it certain."""
        if isinstance(state, NotYet) or state is self._last:  # not walking: the frame was not renewed
            return None
        self._last = state
        if self._home is None:
            self._seen += 1
            if self._seen >= self._params.settled_blocks:
                self._home, self.slipped = state.rotation, None
            return None
        p = self._params
        turned_deg, lately_deg = angle_deg(self._home, state.rotation), angle_deg(self._home, state.lately)
        self._away = self._away + 1 if turned_deg > p.slipped_deg else 0
        self._away_lately = self._away_lately + 1 if lately_deg > p.slipped_lately_deg else 0
        if self._away < p.lasting_blocks and self._away_lately < p.lasting_lately_blocks:
            return None
        self._home, self._seen = None, 0
        self._away = self._away_lately = 0
        self.slipped = Slipped(max(turned_deg, lately_deg))
        return self.slipped.turned_deg


def angle_deg(a: Array, b: Array) -> float:
    """Angle of the turn that takes one rotation matrix into the other."""
    return math.degrees(math.acos(max(-1.0, min(1.0, (float(np.vdot(a, b)) - 1) / 2))))
