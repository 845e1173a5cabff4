"""A shift: have the last days of a number moved away from all the days before them, and how sure is that?

A generalised likelihood ratio for a step at an unknown day (Siegmund and Venkatraman 1995, E1 as a method), its normal
learned further while nothing happens (self-starting: Hawkins 1987). For each m from ``least`` to ``longest``: the mean
of the last m days against the mean of all before, in standard errors of that difference for days that hang together
(AR(1)), the spread taken from the days before. The largest of these is the day's shift.

A bad day moves every number of a patient together: pain, haste, the ground. So each number is also looked at less what
the others did that day (regression adjustment, Hawkins 1993), and the larger of both is told: alone it sees a weakness
of everything, beside the others it sees sooner one that is only here. The adjusted view was chosen on the table of
``benchmarks/alerts.py`` (P): half of the false alarms of the CUSUM in facts/clinical.md 7.3, found no later.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from surefoot.records import Array


@dataclass(frozen=True, slots=True)
class ShiftParams:
    """How a shift is looked for; all P, by ``benchmarks/alerts.py``."""

    least: int = 2  # days: one bad day is none
    longest: int = 10  # days looked at as new
    hanging: float = 0.3  # lag-1 autocorrelation of days (facts/clinical.md 7.3)
    shared: float = 0.5  # correlation of two numbers of one day (7.3)
    alone: float = 0.3  # a shift seen only without the others must be so much larger
    clip: float = 5.0  # a day counts no more than so many spreads
    learned_days: int = 42  # normal is learned further up to so many days; a slow decline must not become normal
    watch: float = 3.4  # worth a line in the weekly digest (T1)
    review: float = 3.95  # worth a therapist's look (T2)
    urgent: float = 4.6  # worth a call on the same day (T3)


def shift_path(z: Array, others: Array, first: int, floor: float, params: ShiftParams = ShiftParams()) -> Array:
    """The shift of each day from number ``first`` on, in standard errors; positive is worse.

    ``z`` (n,): deviations from the baseline, in its spreads, positive worse. ``others`` (k, n): those of the patient's
    other charts, NaN where not known. ``floor``: least spread of a day, in the same unit. Before ``least`` days are
    new there is nothing to tell: 0. From the first day over ``review`` on nothing more is learned: a weakness that
    stays must not become normal.
    """
    path = _path(z, others, first, floor, max(params.learned_days, first), params)
    over = np.flatnonzero(path > params.review)
    if len(over):
        before = max(first, first + int(over[0]) + 1 - params.longest)
        if before < len(z) - 1:
            path[over[0] + 1 :] = _path(z, others, first, floor, before, params)[over[0] + 1 :]
    return path


def _path(z: Array, others: Array, first: int, floor: float, learned: int, p: ShiftParams) -> Array:
    known = np.isfinite(others)
    count = known.sum(axis=0)
    together = np.where(known, np.clip(others, -p.clip, p.clip), 0.0).sum(axis=0)
    weight = p.shared / (1 + (count - 1) * p.shared)
    left = np.sqrt(1 - count * p.shared * weight)
    plain = np.clip(z, -p.clip, p.clip)
    beside = (plain - weight * together) / left
    alone = _standing_out(plain, first, floor, learned, p) - p.alone
    return np.asarray(np.maximum(0.0, np.maximum(alone, _standing_out(beside, first, floor, learned, p))))


def _standing_out(x: Array, first: int, floor: float, learned: int, p: ShiftParams) -> Array:
    """The largest standardised difference of the last days, for each day from ``first`` on."""
    n = len(x)
    total = np.concatenate([[0.0], np.cumsum(x)])
    square = np.concatenate([[0.0], np.cumsum(x * x)])
    unsure = _variances(n, p.hanging)
    found = np.zeros(max(0, n - first))
    for m in range(p.least, p.longest + 1):
        day = np.arange(first + m - 1, n)  # the newest of the m days
        new = day - m + 1
        old = np.minimum(new, learned)
        mean = total[old] / old
        variance = np.maximum(0.0, square[old] / old - mean * mean) / (1 - unsure[old])
        apart = (total[day + 1] - total[new]) / m - mean
        sure = np.maximum(np.sqrt(variance), floor) * np.sqrt(unsure[min(m, n)] + unsure[old])
        found[day - first] = np.maximum(found[day - first], apart / sure)
    return found


@lru_cache(maxsize=8)
def _variances(most: int, hanging: float) -> Array:
    """Variance of the mean of 0, 1, ... ``most`` days of variance 1 that hang together; of none: not known."""
    m = np.arange(1, most + 1)
    powers = hanging ** np.arange(1, most + 1)
    lags = np.concatenate([[0.0], np.cumsum(powers)[:-1]]), np.concatenate([[0.0], np.cumsum(m * powers)[:-1]])
    return np.concatenate([[np.inf], (1 + 2 * (lags[0] - lags[1] / m)) / m])
