"""Footwear: what both legs do better at once no weakness explains: the mark that other shoes leave in a walk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.shift import shift_path
from surefoot.pipeline.trends import number_courses
from surefoot.records import SIDES, DaySummary

LOOK_DAYS = 24  # good days looked at: the last ten, and a fortnight before them. Slow recovery is no new shoe
FLOOR = 0.5  # least spread of a day of what two legs have in common, in spreads of one (P)
WALKED = ("median", "share")  # numbers of the strides themselves: tests are practised, scores are sums


def better(days: Sequence[DaySummary], params: TrendParams | None = None) -> float:
    """The largest recent shift for the better, in standard errors, of what a root's number has in common on both legs.

    Shoes move many numbers of both legs, some up and some down. A weakness makes them worse, of one leg or of both.
    """
    if not days:
        return 0.0
    p = (params or TrendParams()).on(days[-1].day)
    courses, found = number_courses(days, p), 0.0
    for name in {name for name, _ in courses if MEASURES[name].worse and MEASURES[name].how in WALKED}:
        left, right = (courses.get((name, side), {}) for side in SIDES)
        both = [day.day for day in days if day.day in left and day.day in right][-LOOK_DAYS:]
        if len(both) <= p.baseline.days or both[-1] != days[-1].day:
            continue
        less = -np.array([(left[day] + right[day]) / 2 for day in both])
        path = shift_path(less, np.empty((0, len(less))), p.baseline.days, FLOOR, p.shift)
        found = max(found, float(path[-1]))
    return found
