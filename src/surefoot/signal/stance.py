"""Stance: how fast the shank leans forward while the foot carries the load.

In mid-stance the shank leans forward at a steady 30-60 deg/s. A knee that gives way adds a pulse of 75-200 deg/s for
50-300 ms (two-link model, facts/clinical.md 4.3, P); afterwards it comes back, or a rescue step or a fall follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.signal.contacts import RATE
from surefoot.signal.ring import Ring

AFTER_CONTACT_S = 0.12  # the loading response is over (4.4: 0.10)
BEFORE_FINAL_S = 0.15  # 4.4
PRE_SWING_SHARE = 0.35  # the last part of stance in which every leg leans forward fast to push off (P)
BIN_S = 0.04  # as long as a pulse must last to count (4.4)
BINS = 12  # from the loading response on; what is behind them counts with the last


@dataclass(frozen=True, slots=True, eq=False)
class Stance:
    """How fast the shank leans forward in mid-stance, per stride, by time since the contact (so that a stance made
    longer by what happened in it is still compared with what the leg usually does at that moment).

    ``lean_dps`` (k, BINS) means over 40 ms, forward positive; a bin behind the end of mid-stance repeats the last one.
    ``bins`` how many are inside; 0 where the stance is too short to have a middle. ``at`` sample of the fastest lean,
    ``rate_dps`` that lean, ``return_dps`` the fastest turn back within 0.3 s of it.
    """

    lean_dps: Array
    bins: Array
    at: Array
    rate_dps: Array
    return_dps: Array

    @staticmethod
    def of(body: Ring, start: Array, final: Array, rate_hz: float) -> Stance:
        first = np.rint(start + AFTER_CONTACT_S * rate_hz).astype(np.intp)
        before = np.maximum(BEFORE_FINAL_S * rate_hz, PRE_SWING_SHARE * (final - start))
        size = max(1, round(BIN_S * rate_hz))
        bins = np.clip((np.rint(final - before) - first) // size, 0, BINS).astype(np.intp)
        lean = -body.windows(RATE, first, BINS * size)
        inside = np.arange(BINS * size) < bins[:, None] * size
        mean = lean.reshape(len(first), BINS, size).mean(axis=2)
        mean = np.take_along_axis(mean, np.minimum(np.arange(BINS), np.maximum(bins - 1, 0)[:, None]), axis=1)
        at = np.where(inside, lean, -np.inf).argmax(axis=1)
        back = -body.windows(RATE, first + at, max(2, round(0.3 * rate_hz)))
        fastest = np.take_along_axis(lean, at[:, None], axis=1)[:, 0]
        return Stance(mean, bins.astype(np.float64), (first + at).astype(np.float64), fastest, -back.min(axis=1))
