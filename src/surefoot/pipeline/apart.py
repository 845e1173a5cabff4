"""Apart: how far a root's charts of the two legs have moved away from one another, in standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

import numpy as np

from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.shift import shift_path
from surefoot.pipeline.trends import root_courses
from surefoot.records import SIDES, DaySummary, Side


def apart(days: Sequence[DaySummary], params: TrendParams | None = None) -> dict[tuple[str, Side], float]:
    """By chart and leg: the shift of what that leg has beyond the other one; nothing where only one is known today.

    What moves both legs alike (the ground, haste, pain, other shoes) is not in it.
    """
    if not days:
        return {}
    p = (params or TrendParams()).on(days[-1].day)
    courses, found = root_courses(days, p), {}
    for (metric, side), mine in courses.items():
        other = courses.get((metric, SIDES[1 - SIDES.index(side)]), {})
        both = [day.day for day in days if day.day in mine and day.day in other]
        if both and both[-1] == days[-1].day and len(both) > p.baseline.days:
            beyond = np.array([mine[day] - other[day] for day in both])
            floor = hypot(p.composite_floor, p.composite_floor)
            path = shift_path(beyond, np.empty((0, len(beyond))), p.baseline.days, floor, p.shift)
            found[metric, side] = float(path[-1])
    return found
