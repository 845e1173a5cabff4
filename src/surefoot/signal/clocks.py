"""Clocks: how far the two sensors' clocks stand apart, told by the shock of each landing that the other leg feels.

When one foot lands, the shank of the other, still standing leg begins to shake within some milliseconds. Held against
the landing's own time, the beginning comes early for one leg and late for the other by as much as the clocks differ;
half the difference is the offset. Steps and double support would give it too, but only for a gait whose legs are
alike, which is what our patients' are not; the shock does not care.

P: our own, no source found. At shanks set apart by up to 40 ms it follows to 4 ms in the middle; synchronised ones
read 0 to 15 ms (tests/test_clocks.py). On feet the shake does not follow the other foot's clock: nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from surefoot.records import SIDES, Array


@dataclass(frozen=True, slots=True)
class ClockParams:
    """How the beginning of the shake is found (P)."""

    least_landings: int = 4  # of each foot
    most_landings: int = 400  # spread over the recording; more would say no more
    quiet_s: tuple[float, float] = (-0.20, -0.08)  # before the landing
    search_s: tuple[float, float] = (-0.08, 0.10)  # around it: larger offsets are not found
    smooth_s: float = 0.01
    least_rise: float = 1.6  # of the quiet level
    level: float = 0.35  # of the rise, where the shake begins


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """``offset_s``: what the right sensor's clock shows, minus the left's, at the same moment."""

    offset_s: float
    landings: int


@dataclass(frozen=True, slots=True)
class OffsetNotKnown:
    """No offset can be said, and why."""

    reason: str


def clock_offset(
    initial_s: Mapping[str, Array],
    acc: Mapping[str, Array],
    rate_hz: float,
    params: ClockParams = ClockParams(),
) -> ClockOffset | OffsetNotKnown:
    """Offset between the shank sensors of two legs, from the initial contacts (s) and accelerations (n, 3) of each."""
    if any(side not in acc for side in SIDES):
        return OffsetNotKnown("one leg has no sensor")
    begins: list[float] = []
    landings = 0
    for side, other in (SIDES, SIDES[::-1]):
        shakes = _around(acc[other], initial_s[side], rate_hz, params)
        if len(shakes) < params.least_landings:
            return OffsetNotKnown(f"{len(shakes)} landings of the {side} foot, fewer than {params.least_landings}")
        begin = _begin(np.median(shakes, axis=0), rate_hz, params)
        if begin is None:
            return OffsetNotKnown(f"the {other} leg feels no landing of the {side} foot")
        begins.append(begin)
        landings += len(shakes)
    return ClockOffset((begins[0] - begins[1]) / 2, landings)


def _around(acc: Array, times_s: Array, rate_hz: float, params: ClockParams) -> Array:
    """Jerk of a sensor around each time, (k, n), on the samples nearest to it."""
    reach = round(-1.25 * params.quiet_s[0] * rate_hz)
    centre = np.rint(times_s * rate_hz).astype(np.intp)
    centre = centre[(centre > reach) & (centre < len(acc) - reach)]
    if len(centre) > params.most_landings:
        centre = centre[np.linspace(0, len(centre) - 1, params.most_landings).astype(np.intp)]
    near = acc[centre[:, None] + np.arange(-reach - 1, reach + 1)]
    return np.asarray(np.linalg.norm(np.diff(near, axis=1), axis=2) * rate_hz)


def _begin(shake: Array, rate_hz: float, params: ClockParams) -> float | None:
    """When the shake rises from quiet to its height, s from the landing; None when it does not."""
    x = gaussian_filter1d(shake, params.smooth_s * rate_hz)
    t = (np.arange(len(x)) - len(x) // 2) / rate_hz
    quiet = float(np.median(x[(t > params.quiet_s[0]) & (t < params.quiet_s[1])]))
    searched = (t > params.search_s[0]) & (t < params.search_s[1])
    height = float(x[searched].max())
    if height < params.least_rise * quiet:
        return None
    level = quiet + params.level * (height - quiet)
    k = int(np.flatnonzero(searched & (x > level))[0])
    back = (x[k] - level) / (x[k] - x[k - 1]) if x[k - 1] < level else 0.0
    return float(t[k] - back / rate_hz)
