"""Which of umafall's clips of sitting down and getting up are trials of what is counted, by their readings alone.

A rise is counted in the lean of shanks whose feet stay where they are. With planted feet 20 deg in half a second, the
most and the fastest of clinical.md 5.3, is 63 deg/s; who turns a shank twice as fast steps, or turns round.
"""

from __future__ import annotations

from typing import Any

import numpy as np

STEP_DPS = 120.0
STRAIGHT_DPS, STRAIGHT_SHARE, MOVING_DPS = 1.0, 0.5, 20.0
KINDS = ("feet stay", "steps or turns", "gyroscope broken")


def kind_of(clip: Any) -> str:
    """One of ``KINDS``."""
    ((_, gyr),) = clip.sensors.values()
    fast = np.linalg.norm(gyr, axis=1)
    bent = np.abs(np.diff(gyr, 2, axis=0)).max(axis=1)[fast[1:-1] > MOVING_DPS]
    if len(bent) and (bent < STRAIGHT_DPS).mean() > STRAIGHT_SHARE:
        return KINDS[2]  # straight lines between readings far apart
    return KINDS[1] if fast.max() > STEP_DPS else KINDS[0]
