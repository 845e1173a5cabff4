"""Guesses about a recording whose units nobody has declared, each with what speaks for it; nothing is done with them.

What is not plain is no guess: whoever imports must say it then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.sensors.files.gravity import GRAVITY_G, GRAVITY_MPS2, quiet_size


@dataclass(frozen=True, slots=True)
class GuessParams:
    """What readings look like in each unit. From the real recordings, legs that walk and legs that do not (P)."""

    least_dps: float = 40.0  # 99th percentile: a leg that turns so many rad/s would turn 2300 deg/s
    most_radps: float = 20.0  # 1150 deg/s; the fastest real recording has 946
    least_radps: float = 1.0  # below it nobody moves, and nothing can be told
    between: float = 7.6  # of 1, where gravity's direction turns as fast as deg/s say, and 57, as rad/s would
    smooth_s: float = 0.5
    least_shaken_mps2: float = 1.0
    least_rate_hz: float = 10.0
    most_rate_hz: float = 2000.0


@dataclass(frozen=True, slots=True)
class Guess:
    """``value``: what it looks like, None where that is not plain. ``evidence``: the numbers behind it, a sentence."""

    what: str
    value: str | None
    evidence: str


def guess_acc(acc: Array, rate_hz: float) -> Guess:
    """By gravity in quiet moments."""
    quiet, steady = quiet_size(acc, rate_hz)
    told = f"in quiet moments it reads {quiet:.3g}; gravity is 9.81 in m/s2 and 1 in g"
    for unit, (low, high) in (("m/s2", GRAVITY_MPS2), ("g", GRAVITY_G)):
        if steady and low <= quiet <= high:
            return Guess("acceleration", unit, told)
    lacks = "" if steady else ", and it does not behave as gravity does: it was removed, or is in another unit"
    return Guess("acceleration", None, told + lacks)


def guess_gyr(acc_mps2: Array, gyr: Array, rate_hz: float, params: GuessParams | None = None) -> Guess:
    """By how fast it gets, and by how fast gravity's direction turns meanwhile; they must not contradict each other."""
    p = params or GuessParams()
    fastest = float(np.quantile(np.abs(gyr).max(axis=1), 0.99))
    told = f"99 % of it are below {fastest:.3g}; a walking leg reaches 180 to 950 deg/s, 3 to 17 rad/s"
    by_size = "deg/s" if fastest >= p.least_dps else "rad/s" if p.least_radps <= fastest <= p.most_radps else None
    ratio = _turning(acc_mps2, gyr, rate_hz, p)
    if ratio is None:
        return Guess("gyroscope", "deg/s" if by_size == "deg/s" else None, told)
    told += f"; gravity's direction turns {ratio:.2g} times as fast as it says in deg/s (in rad/s: {ratio / 57.3:.2g})"
    by_gravity = "deg/s" if ratio < p.between else "rad/s"
    return Guess("gyroscope", by_size if by_size in (None, by_gravity) else None, told)


def guess_time(times: Array, params: GuessParams | None = None) -> Guess:
    """By its step: a sensor measures ten to two thousand times a second."""
    p = params or GuessParams()
    steps = np.diff(times[np.isfinite(times)])
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    if step == 1.0 and np.all(np.mod(times[np.isfinite(times)], 1.0) == 0.0):
        return Guess("time", None, "it counts 1, 2, 3: rows, or milliseconds of a sensor of 1000 Hz")
    factors = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
    fits = [unit for unit, f in factors.items() if step and p.least_rate_hz <= 1.0 / (step * f) <= p.most_rate_hz]
    told = f"from row to row it grows by {step:.6g}"
    if len(fits) != 1:
        return Guess("time", None, told)
    return Guess("time", fits[0], f"{told}: {1.0 / (step * factors[fits[0]]):.4g} readings a second in {fits[0]}")


def _turning(acc: Array, gyr: Array, rate_hz: float, p: GuessParams) -> float | None:
    """How fast gravity's direction turns against what the gyroscope says, taken for deg/s; None: it cannot be told."""
    _, steady = quiet_size(acc, rate_hz)
    width, apart = max(3, int(p.smooth_s * rate_hz)), max(1, int(0.1 * rate_hz))
    if not steady or len(acc) < 4 * width or np.linalg.norm(acc, axis=1).std() < p.least_shaken_mps2:
        return None
    kernel = np.full(width, 1.0 / width)
    low, turn = (np.column_stack([np.convolve(c, kernel, "valid") for c in block.T]) for block in (acc, gyr))
    up = low / np.maximum(np.linalg.norm(low, axis=1, keepdims=True), 1e-9)
    seen = (up[2 * apart :] - up[: -2 * apart]) * (rate_hz / (2 * apart))
    said = np.cross(np.deg2rad(turn[apart:-apart]), up[apart:-apart])
    size = float(np.linalg.norm(said))
    return float(np.linalg.norm(seen)) / size if size > 0 else None
