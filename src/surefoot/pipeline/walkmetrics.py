"""Walk metrics: what the walks of a day say one by one: how long ones end, and which show the pattern of foot drop.

Walks that are too short for either are left out, and a day without longer ones says so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surefoot.pipeline.measures import DayMeasure
from surefoot.records import DayMetric, Side
from surefoot.signal.dropscreen import screen
from surefoot.signal.endurance import EnduranceParams, endurance
from surefoot.signal.table import StrideTable


def ending_of(measure: DayMeasure, side: Side | None, walks: Sequence[StrideTable]) -> DayMetric:
    """The middle, over the day's long walks, of the change from their first third to their last."""
    changes, strides = [], 0
    for walk in walks:
        change = endurance(walk).change(side, measure.field)
        if change is not None:
            changes.append(change)
            strides += len(walk if side is None else walk.of_side(side))
    if not changes:
        least = EnduranceParams()
        needed = f"no walk of {least.least_s:g} s with {least.least_strides} straight strides of each leg in a third"
        return DayMetric(side, measure.name, None, 0, needed)
    return DayMetric(side, measure.name, float(np.median(changes)), strides)


def screen_of(measure: DayMeasure, side: Side, walks: Sequence[StrideTable]) -> DayMetric:
    """Of the walks long enough to look at, the share that shows the pattern; what that means where it is seen."""
    strides = sum(len(walk.of_side(side)) for walk in walks)
    said = next((verdict for verdict in screen(walks) if verdict.side == side), None)
    if said is None or said.pattern is None:
        return DayMetric(side, measure.name, None, strides, said.words if said else "no straight strides in walks")
    words = f"{said.words} (seen in {said.bouts} of {said.of} walks)" if said.pattern else ""
    return DayMetric(side, measure.name, 100.0 * said.bouts / said.of, strides, words)
