"""Adjustment for speed: how one person's number follows their own walking speed, and what it would be at one speed.

Nearly every number of a stride grows with speed, so a slow day alone would look like weakness (facts/clinical.md 3.5,
5.2). The number is fitted to speed over the person's own baseline, strides or days, by a regression that outliers do
not bend (Huber 1964, E1; ``scipy.optimize.least_squares``). Deviation: a curve only where many speeds were walked, a
line where several were, and nothing but the middle where all were alike: a slope learned from one speed is a guess.
A fortnight of days is too little for that; those are moved to one speed with a prior, in ``pipeline/speed.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from surefoot.records import Array

LEAST_NOISE = 1e-6  # of a number's spread: numbers that follow speed exactly are still divided by something


@dataclass(frozen=True, slots=True)
class AdjustmentParams:
    """How much must have been walked before speed is asked; P but where said."""

    least_values: int = 10  # means are stable after 10 strides (Konig 2014, E2)
    least_spread_mps: float = 0.04  # the day-to-day noise of speed (7.4): less says nothing about a slope
    curve_values: int = 200
    curve_spread_mps: float = 0.15
    huber: float = 1.345  # spreads; 95 % as good as least squares where nothing is wrong (Huber, E1)


@dataclass(frozen=True, slots=True)
class SpeedLine:
    """A number's course over speed: at speed v it is usually sum of ``terms[k] (v - v_ref)^k``.

    Only ``slowest_mps`` to ``fastest_mps`` were walked; outside, the course is taken as level.
    """

    v_ref_mps: float
    terms: tuple[float, ...]
    spread: float  # 1.4826 MAD around the course
    slowest_mps: float
    fastest_mps: float

    def usual(self, speed_mps: Array) -> Array:
        """What the number usually is at these speeds; at ``v_ref_mps`` where the speed is not known."""
        known = np.where(np.isfinite(speed_mps), speed_mps, self.v_ref_mps)
        v = np.clip(known, self.slowest_mps, self.fastest_mps) - self.v_ref_mps
        return np.asarray(np.polynomial.polynomial.polyval(v, np.array(self.terms)))

    def adjusted(self, speed_mps: Array, values: Array) -> Array:
        """What the numbers would have been at the reference speed."""
        return np.asarray(values - self.usual(speed_mps) + self.terms[0])


def speed_line(speed_mps: Array, values: Array, params: AdjustmentParams = AdjustmentParams()) -> SpeedLine | None:
    """The course of a person's number over their speed; None where fewer than ``least_values`` are known."""
    p = params
    known = np.isfinite(speed_mps) & np.isfinite(values)
    v, y = speed_mps[known], values[known]
    if len(v) < p.least_values:
        return None
    v_ref = float(np.median(v))
    slowest, fastest = (float(q) for q in np.quantile(v, (0.02, 0.98)))
    terms = _fit(v - v_ref, y, _degree(v, p), p.huber)
    line = SpeedLine(v_ref, terms, 0.0, slowest, fastest)
    return SpeedLine(v_ref, terms, _spread(y - line.usual(v)), slowest, fastest)


def _degree(v: Array, p: AdjustmentParams) -> int:
    spread = float(v.std())
    if spread < p.least_spread_mps:
        return 0
    return 2 if len(v) >= p.curve_values and spread >= p.curve_spread_mps else 1


def _fit(v: Array, y: Array, degree: int, huber: float) -> tuple[float, ...]:
    middle, scale = float(np.median(y)), _spread(y)
    if degree == 0 or scale == 0:
        return (middle,)
    powers = np.vander(v, degree + 1, increasing=True)
    target = (y - middle) / scale
    plain = np.linalg.lstsq(powers, target, rcond=None)[0]
    noise = max(_spread(target - powers @ plain), LEAST_NOISE)  # what speed explains is none

    def away(x: Array) -> Array:
        return np.asarray((powers @ x - target) / noise)

    terms = least_squares(away, plain, loss="huber", f_scale=huber).x * scale
    terms[0] += middle
    return tuple(float(x) for x in terms)


def _spread(x: Array) -> float:
    return float(1.4826 * np.median(np.abs(x - np.median(x))))
