"""The personal baseline: what a number was on this patient's first good days, and how much it wanders by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from surefoot.records import Array, Baseline


@dataclass(frozen=True, slots=True)
class BaselineParams:
    """How a baseline is learned (facts/clinical.md 7.2, P)."""

    days: int = 14
    provisional_days: int = 7
    most_autocorrelation: float = 0.6  # a fortnight cannot tell more (P)


def learn(days: Sequence[str], values: Sequence[float], floor: float, params: BaselineParams) -> Baseline | None:
    """Centre and spread of the first ``params.days`` values.

    None while there are fewer than the provisional number, or when they and the floor leave no spread to measure by.
    The spread is the greatest of the SD, 1.4826 MAD and ``floor`` (6.3, 7.4): a fortnight that happened to be calm
    must not make every later day look strange.
    """
    if len(values) < params.provisional_days:
        return None
    x = np.asarray(values[: params.days], dtype=np.float64)
    centre = median(x.tolist())
    mad = 1.4826 * median(np.abs(x - centre).tolist())
    spread = max(mad, float(x.std(ddof=1)), floor)
    if spread == 0:
        return None
    return Baseline(centre, spread, len(x), days[0], days[len(x) - 1], provisional=len(x) < params.days)


def smallest_real_change(values: Sequence[float], baseline: Baseline, recent: int, params: BaselineParams) -> float:
    """Change of a mean of ``recent`` days that noise alone reaches once in twenty (personal MDC, 6.3).

    1.96 SD sqrt(1/n1 + 1/n2), each n reduced to n (1 - rho) / (1 + rho) by the days' autocorrelation.
    """
    rho = autocorrelation(np.asarray(values[: params.days], dtype=np.float64), params.most_autocorrelation)
    share = (1 - rho) / (1 + rho)
    known, new = max(1.0, baseline.days * share), max(1.0, recent * share)
    return float(1.96 * baseline.spread * np.sqrt(1 / known + 1 / new))


def autocorrelation(x: Array, most: float) -> float:
    """Lag-1 autocorrelation, 0 .. ``most``."""
    d = x - x.mean()
    power = float((d * d).sum())
    return float(np.clip((d[1:] * d[:-1]).sum() / power, 0.0, most)) if power > 0 else 0.0
