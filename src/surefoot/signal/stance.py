"""Stance: how fast the shank leans forward while the foot carries the load, piece by piece from the landing on.

In mid-stance the shank leans forward at a steady 30-60 deg/s. A knee that gives way adds a pulse of 75-200 deg/s for
50-300 ms (two-link model, facts/clinical.md 4.3, P); afterwards it comes back, or a rescue step or a fall follows.

Time is counted from the landing as the gyroscope sees it, the last moment at which the leg still swings forward: a
contact placed 60 ms early (soft ground, 40 Hz) would make every loading response look like a pulse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array
from surefoot.signal.contacts import RATE
from surefoot.signal.ring import Ring

FROM_S = 0.08  # after the landing, where the first piece begins: what is looked at, and what it may be shifted by
PIECE_S = 0.02  # a quarter of the shortest pulse looked for
PIECES = 46  # to a second after the landing; what is behind that is not looked at
LANDING_S = (-0.10, 0.20)  # around the initial contact, where the landing is looked for
BEFORE_FINAL_S = 0.13  # 4.4 has 0.15
PRE_SWING_SHARE = 0.30  # the last part of stance in which every leg leans forward fast to push off (P)
LIFTING_S = 0.10  # the heel leaves the floor so long before the final contact: what turns back then is no return (P)


@dataclass(frozen=True, slots=True, eq=False)
class Stance:
    """How fast the shank leans forward after the landing, per stride (k strides).

    ``landed`` sample (fractions) of the landing; ``lean_dps`` (k, PIECES) means over 20 ms from FROM_S after it,
    forward positive; ``middle`` pieces before push-off begins, ``whole`` pieces before the heel leaves the floor, 0
    where there is no such time.
    """

    landed: Array
    lean_dps: Array
    middle: Array
    whole: Array

    @staticmethod
    def of(body: Ring, start: Array, final: Array, rate_hz: float) -> Stance:
        landed = _landed(body, start, rate_hz)
        lean = _pieces(body, landed + FROM_S * rate_hz, rate_hz)
        took_s = (final - landed) / rate_hz
        before_s = np.maximum(BEFORE_FINAL_S, PRE_SWING_SHARE * took_s)
        middle, whole = (np.clip((x - FROM_S) // PIECE_S, 0, PIECES) for x in (took_s - before_s, took_s - LIFTING_S))
        return Stance(landed, lean, middle, whole)


def _landed(body: Ring, start: Array, rate_hz: float) -> Array:
    """Where the rate last falls through zero around the contact; the contact itself where it does not."""
    first = np.rint(start + LANDING_S[0] * rate_hz).astype(np.intp)
    length = round((LANDING_S[1] - LANDING_S[0]) * rate_hz)
    x = body.windows(RATE, first, length + 1)
    swinging = (x[:, :-1] > 0) & (x[:, 1:] <= 0)
    at = length - 1 - swinging[:, ::-1].argmax(axis=1)
    a, b = (np.take_along_axis(x, (at + d)[:, None], axis=1)[:, 0] for d in (0, 1))
    part = np.where(a > b, a / np.where(a > b, a - b, 1.0), 0.0)
    return np.asarray(np.where(swinging.any(axis=1), first + at + part, start))


def _pieces(body: Ring, begin: Array, rate_hz: float) -> Array:
    """Mean lean rates of pieces of 20 ms from ``begin`` (fractions of samples) on, at any sampling rate."""
    first = np.floor(begin).astype(np.intp)
    edges = (begin - first)[:, None] + np.arange(PIECES + 1) * (PIECE_S * rate_hz)
    rate = body.windows(RATE, first, int(np.ceil(PIECES * PIECE_S * rate_hz)) + 3)
    turned = np.zeros_like(rate)
    np.cumsum(0.5 * (rate[:, 1:] + rate[:, :-1]), axis=1, out=turned[:, 1:])
    below: NDArray[np.intp] = edges.astype(np.intp)
    part = edges - below
    a, b = (np.take_along_axis(turned, below + d, axis=1) for d in (0, 1))
    at_edges = a + part * (b - a)
    return np.asarray((at_edges[:, :-1] - at_edges[:, 1:]) / (PIECE_S * rate_hz))
