"""Seats: how a sensor sits on its leg, told with every two seconds of walking, and how far one seat is from another.

A frame's rows are forward, up and to the person's right in the sensor's own axes, so one and the same frame on another
day means that the sensor sits as it sat, whatever its maker calls its axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import Array, Side
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.slipping import angle_deg

Frame = tuple[float, ...]  # the nine numbers of a rotation, row by row


@dataclass(frozen=True, slots=True)
class Seat:
    """The frame known at ``at_s``; ``lately`` that of the last 16 s of walking alone."""

    side: Side
    at_s: float
    frame: Frame
    lately: Frame


class SeatTeller:
    """Sees the states of one sensor's alignment, block by block; tells those in which its frame was renewed."""

    def __init__(self, side: Side) -> None:
        self._side: Side = side
        self._last: Aligned | NotYet | None = None

    def update(self, states: Sequence[Aligned | NotYet], first_s: float, block_s: float) -> list[Seat]:
        """``first_s``: the end of the first of these blocks."""
        told = []
        for k, state in enumerate(states):
            if isinstance(state, Aligned) and state is not self._last:
                frame, lately = (tuple(x.ravel().tolist()) for x in (state.rotation, state.lately))
                told.append(Seat(self._side, first_s + k * block_s, frame, lately))
            self._last = state
        return told


def away_deg(a: Frame, b: Frame) -> float:
    """By how much a sensor would have to be turned, about whatever axis, to sit as the other."""
    return angle_deg(_matrix(a), _matrix(b))


def tilted_deg(now: Frame, usual: Frame) -> float:
    """Angle between what is up for the sensor now and what was: near 180 it sits upside down."""
    return math.degrees(math.acos(max(-1.0, min(1.0, sum(a * b for a, b in zip(now[3:6], usual[3:6], strict=True))))))


def turned_deg(now: Frame, usual: Frame) -> float | None:
    """How far it is turned round the leg, positive towards the person's left; None where it lies across or upside down.

    The turn about the leg's own axis in swing and twist (the other part is the tilt).
    """
    if tilted_deg(now, usual) > 80.0:
        return None
    moved = _matrix(now) @ _matrix(usual).T
    return math.degrees(math.atan2(moved[0, 2] - moved[2, 0], moved[0, 0] + moved[2, 2]))


def _matrix(frame: Frame) -> Array:
    return np.array(frame).reshape(3, 3)
