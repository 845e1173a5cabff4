"""Slopes: how a number went over its last fortnight, and how likely so steady a course is by chance.

Theil-Sen: the median of all slopes between two days, which a few odd days do not turn. Mann-Kendall: how many later
days are worse than earlier ones, its variance widened for days that hang together (Hamed and Rao 1998; both E1 as
methods). Hamed and Rao estimate that from the series; fourteen days cannot tell it, so it is taken as that of the
charts (``ShiftParams.hanging``), at each distance in days worn (P).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import erfc, sqrt

import numpy as np
from scipy.stats import theilslopes

from surefoot.alerts.decline import Slope
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.trends import root_courses
from surefoot.records import Array, DaySummary, Side


@dataclass(frozen=True, slots=True)
class SlopeParams:
    """What a slope is made of (facts/clinical.md 7.2)."""

    days: int = 14
    least_days: int = 8  # of them with a number (P)
    hanging: float = 0.3  # lag-1 autocorrelation of days (7.3)


def slope(
    metric: str,
    side: Side | None,
    days: Sequence[str],
    worse_values: Sequence[float],
    params: SlopeParams = SlopeParams(),
) -> Slope | None:
    """The slope over the last fortnight of calendar days up to the newest; None where too few of them are known.

    ``worse_values``: one for each day, larger is worse.
    """
    if not days:
        return None
    at = np.array([date.fromisoformat(day).toordinal() for day in days], dtype=np.float64)
    lately = at > at[-1] - params.days
    x, y = at[lately], np.asarray(worse_values, dtype=np.float64)[lately]
    if len(x) < params.least_days or np.ptp(y) == 0:
        return None
    return Slope(metric, side, params.days * float(theilslopes(y, x).slope), mann_kendall(y, params.hanging), len(x))


def mann_kendall(values: Array, hanging: float = 0.0) -> float:
    """The two-sided p of a steady course up or down, of values in time order whose neighbours hang together."""
    n = len(values)
    pairs = np.sign(values[None, :] - values[:, None])[np.triu_indices(n, 1)]
    s = float(pairs.sum())
    _, ties = np.unique(values, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - float((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    lags = np.arange(1, n)
    hang = float(((n - lags) * (n - lags - 1) * (n - lags - 2) * hanging**lags).sum())
    widened = 1 + 2 * hang / (n * (n - 1) * (n - 2))
    z = (abs(s) - 1) / sqrt(variance * widened) if s else 0.0  # one less: s comes in steps
    return erfc(max(z, 0.0) / sqrt(2))


def root_slopes(
    days: Sequence[DaySummary], trends: TrendParams | None = None, params: SlopeParams = SlopeParams()
) -> list[Slope]:
    """The slope of each root's chart of each leg, up to the newest day."""
    made = (
        slope(metric, side, list(course), list(course.values()), params)
        for (metric, side), course in root_courses(days, trends).items()
        if days[-1].day in course
    )
    return [one for one in made if one is not None]
