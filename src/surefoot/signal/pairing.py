"""Pairing: what only both legs together tell, step time and double support, filled into the strides of each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Array
from surefoot.signal.table import StrideTable

LONGEST_STEP_SHARE = 0.85  # of the stride: an other foot's contact longer ago belongs to another step (P)


def pair(strides: StrideTable, initial_s: Mapping[str, Array], final_s: Mapping[str, Array]) -> None:
    """Fill ``step_time_s``, ``double_support_s`` from the contacts of the other leg; absent where it has none."""
    for k in range(len(SIDES)):
        mine, other = strides["side"] == k, SIDES[1 - k]
        if not mine.any() or other not in initial_s:
            continue
        start, end, final = (strides[name][mine] for name in ("start_s", "end_s", "final_contact_s"))
        before = _last_before(initial_s[other], start)
        step = start - before
        strides["step_time_s"][mine] = np.where(step < LONGEST_STEP_SHARE * (end - start), step, np.nan)
        landed = _first_after(initial_s[other], start)
        left = _first_after(final_s[other], start)
        first, second = left - start, final - landed
        strides["other_contact_s"][mine] = np.where(landed < end, landed - start, np.nan)
        with np.errstate(invalid="ignore"):
            both = (left < landed) & (landed < final) & (first >= 0) & (second >= 0)
        strides["double_support_s"][mine] = np.where(both, first + second, np.nan)


def _last_before(times: Array, when: Array) -> Array:
    return _at(times, np.searchsorted(times, when, side="left") - 1)


def _first_after(times: Array, when: Array) -> Array:
    return _at(times, np.searchsorted(times, when, side="right"))


def _at(times: Array, index: NDArray[np.intp]) -> Array:
    inside = (index >= 0) & (index < len(times))
    if len(times) == 0:
        return np.full(len(index), np.nan)
    return np.where(inside, times[np.clip(index, 0, len(times) - 1)], np.nan)
