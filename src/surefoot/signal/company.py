"""Company: strides held until their neighbours of both legs are known; a swing that no other one follows is not told.

A foot lifted onto a bed, a leg crossed or a turn on the spot can look like one stride. Walking never is one stride
alone, so a stride counts when another one of either leg lies near it in time and took about as long. Nor does anybody
walk with both legs at once: where they swing together, somebody rises and sits down again and again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Placement
from surefoot.signal.table import StrideTable

KEPT_S = 10.0  # of strides already told: more than any of them is a neighbour of one to come
POSITIONS = 5  # in order of end, looked at on either side: both legs, and a few odd swings between


@dataclass(frozen=True, slots=True)
class CompanyParams:
    """When one stride keeps another company; P, set on umafall (nobody walks) and marpino, ipol1 (short walks)."""

    wait_s: float = 3.0  # a stride is told so long after its end: two more strides of the same leg, mostly
    apart_s: float = 3.0  # no farther from each other: Mobilise-D's break within a bout (E1)
    most_ratio: float = 2.5  # of their stride times
    least_way_m: float = 0.3  # a shorter stride in which ... (a dragged foot after stroke: 0.5)
    least_lift_m: float = 0.008  # ... the ankle is not lifted goes nowhere: the shank only leaned (walkers: 0.01 up)
    together: float = 0.2  # of the stride: feet that land nearer do not take turns (after stroke: 0.29 and more)


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Strides in order of end with their neighbours; ``told`` (k,) marks those that are certain now."""

    strides: StrideTable
    told: NDArray[np.bool_]


class Company:
    """Takes strides of both legs in order of their end, gives them back with what lies around them."""

    def __init__(self, placement: Placement, params: CompanyParams = CompanyParams()) -> None:
        self._params = params
        self._placement: Placement = placement
        self._held = StrideTable.empty(placement)  # told lately, or waiting
        self._settled_s = -np.inf

    def update(self, strides: StrideTable, known_s: float) -> Around:
        """``known_s``: no stride that ends before it is still to come."""
        before_s, self._settled_s = self._settled_s, known_s - self._params.wait_s
        if len(strides):
            self._held = StrideTable.joined(self._placement, [self._held, strides])
        held = self._held
        if len(held) == 0:
            return Around(held, np.empty(0, bool))
        end_s = held["end_s"]
        told = (end_s >= before_s) & (end_s < self._settled_s)
        if not told.any():
            return Around(held, told)
        self._held = held.take(end_s >= self._settled_s - KEPT_S)
        return Around(held, told & accompanied(held, self._params))


def accompanied(strides: StrideTable, params: CompanyParams = CompanyParams()) -> NDArray[np.bool_]:
    """Which of these strides, in order of their end, have another one near them that took about as long."""
    start, end = strides["start_s"], strides["end_s"]
    taken = strides["stride_time_s"]
    with np.errstate(invalid="ignore"):
        together = np.abs(strides["other_contact_s"] / taken - 0.5) > 0.5 - params.together
        stays = strides["stride_length_m"] < params.least_way_m
        stays &= strides["swing_height_m"] < params.least_lift_m
    steps = ~together & ~stays
    found = np.zeros(len(strides), bool)
    for k in range(1, min(POSITIONS, len(strides) - 1) + 1):
        near = (start[k:] - end[:-k] <= params.apart_s) & (end[k:] - end[:-k] <= params.wait_s)
        alike = np.maximum(taken[k:], taken[:-k]) <= params.most_ratio * np.minimum(taken[k:], taken[:-k])
        found[k:] |= (start[k:] - end[:-k] <= params.apart_s) & alike & steps[:-k]
        found[:-k] |= near & alike & steps[k:]
    return np.asarray(found & ~stays)
