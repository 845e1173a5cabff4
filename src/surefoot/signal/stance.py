"""The stance dip: the fastest forward lean of the shank while the foot carries the load.

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
STEADY_LEAN_DPS = 75.0  # faster than any steady lean (4.3: 30-60): counts as part of the dip


@dataclass(frozen=True, slots=True, eq=False)
class StanceDip:
    """Per stride: sample of the fastest lean, its rate (deg/s, forward positive), the tilt gained faster than steadily
    (deg), and the fastest turn back within 0.3 s (deg/s). NaN where the stance is too short to have a middle."""

    at: Array
    rate_dps: Array
    tilt_deg: Array
    return_dps: Array

    @staticmethod
    def of(body: Ring, start: Array, final: Array, rate_hz: float) -> StanceDip:
        first = np.rint(start + AFTER_CONTACT_S * rate_hz).astype(np.intp)
        before = np.maximum(BEFORE_FINAL_S * rate_hz, PRE_SWING_SHARE * (final - start))
        last = np.rint(final - before).astype(np.intp)
        length = last - first
        long_enough = length >= max(3, round(0.06 * rate_hz))
        n = max(int(length.max()), 3)
        inside = np.arange(n) < length[:, None]
        lean = np.where(inside, -body.windows(RATE, first, n), -np.inf)
        at = lean.argmax(axis=1)
        # cumsum adds in order; a sum would round by how long the other strides' stances are
        pulse = np.maximum(lean - STEADY_LEAN_DPS, 0.0)
        back = -body.windows(RATE, first + at, max(2, round(0.3 * rate_hz)))
        said = [np.where(long_enough, x, np.nan) for x in (lean.max(axis=1), np.cumsum(pulse, axis=1)[:, -1] / rate_hz)]
        return StanceDip(np.where(long_enough, first + at, np.nan), said[0], said[1], -back.min(axis=1))
