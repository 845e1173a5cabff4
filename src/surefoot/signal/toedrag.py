"""Toe drag: a swinging foot that scrapes the floor, told by a rough stretch in the middle of the swing.

FD12 of facts/clinical.md 3.4 (P; no detector at the shank is published): the signal is rougher than the same swing
usually is, for 40 to 250 ms, while the swing is held up. Deviations: roughness is the jerk instead of a band-pass; the
swing is held up where its rate falls below its own slow course, not below a remembered one, so that one stride is
enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from surefoot.records import Array
from surefoot.signal.contacts import JERK, RATE, SLOW
from surefoot.signal.ring import Ring


@dataclass(frozen=True, slots=True)
class ToeDragParams:
    """What counts as scraping; after FD12 (P)."""

    least_rate_hz: float = 90.0  # scraping is heard at 15-45 Hz
    from_share: float = 0.2  # of the swing
    to_share: float = 0.7
    rougher: float = 4.0  # than the middle of the same swing's jerk
    shortest_s: float = 0.04
    longest_s: float = 0.25
    held_dps: float = 40.0
    smooth_s: float = 0.03


def toe_drag_s(
    body: Ring, final: Array, contact: Array, rate_hz: float, params: ToeDragParams = ToeDragParams()
) -> Array:
    """How long each swing scraped, s; 0 where it did not, NaN where it cannot be told."""
    p = params
    swing = contact - final
    known = np.isfinite(swing) & (swing > 0)
    if rate_hz < p.least_rate_hz or not known.any():
        return np.full(len(final), np.nan)
    first = np.rint(np.where(known, final + p.from_share * swing, contact)).astype(np.intp)
    length = np.where(known, np.rint((p.to_share - p.from_share) * swing), 1).astype(np.intp)
    size = int(length.max())
    inside = np.arange(size) < length[:, None]
    jerk = uniform_filter1d(body.windows(JERK, first, size), max(1, round(p.smooth_s * rate_hz)), axis=1)
    ordered = np.sort(np.where(inside, jerk, np.inf), axis=1)
    usual = np.take_along_axis(ordered, (length[:, None] - 1) // 2, axis=1)
    rough = (inside & (jerk > p.rougher * usual)).sum(axis=1) / rate_hz
    dragged = np.where(known, 0.0, np.nan)
    rows = np.flatnonzero(known & (rough >= p.shortest_s - 0.5 / rate_hz) & (rough <= p.longest_s))
    if len(rows):  # few swings are so rough
        held = body.windows(SLOW, first[rows], size) - body.windows(RATE, first[rows], size)
        rows = rows[np.where(inside[rows], held, 0.0).max(axis=1) > p.held_dps]
        dragged[rows] = rough[rows]
    return dragged
