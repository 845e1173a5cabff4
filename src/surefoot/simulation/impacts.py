"""Impacts: what a heel strike, a foot slap or a caught toe shakes into a sensor on the skin.

A damped wobble of the sensor on its soft tissue (25-60 Hz, 15-30 ms: clinical.md 9.2, grade P; and a slower part of
about 13 Hz that the recordings show). It is the second derivative of a displacement that dies away, so it adds no
lasting velocity: what is integrated over a stride is not disturbed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from surefoot.records import Array

_FINE_HZ = 5000.0
_LONG_S = 0.25


@dataclass(frozen=True, slots=True)
class Impact:
    """How a sensor shakes after one contact of size 1: accelerations in m/s^2, rates in deg/s (shank axes x, y, z)."""

    acc_sharp: tuple[float, float, float] = (9.0, 5.0, 11.0)
    acc_soft: tuple[float, float, float] = (9.0, 3.0, 4.0)
    gyr_soft: tuple[float, float, float] = (30.0, 25.0, 45.0)
    sharp_hz: float = 30.0
    soft_hz: float = 13.0
    sharp_decay_s: float = 0.015
    soft_decay_s: float = 0.030
    delay_s: float = 0.012  # from the contact to the shank


def shake(
    acc: Array, gyr: Array, times_s: Array, sizes: Array, start_s: float, rate_hz: float, impact: Impact, sharp: bool
) -> None:
    """Add impacts at ``times_s`` of ``sizes`` to ``acc`` and ``gyr`` (n, 3) in place; those outside are left out."""
    length = int(_LONG_S * rate_hz)
    first = np.ceil((times_s - start_s) * rate_hz).astype(int)
    inside = (first >= 0) & (first + length < len(acc)) & (sizes != 0)
    rows = first[inside, None] + np.arange(length)
    since = rows / rate_hz + start_s - times_s[inside, None]
    size = sizes[inside, None, None]
    soft_acc = _wobble(since, impact.soft_hz, impact.soft_decay_s, 2)
    soft_gyr = _wobble(since, impact.soft_hz, impact.soft_decay_s, 1)
    sharp_acc = _wobble(since, impact.sharp_hz, impact.sharp_decay_s, 2)
    added = sharp_acc[..., None] * np.array(impact.acc_sharp)
    if not sharp:
        added = added + soft_acc[..., None] * np.array(impact.acc_soft)
        gyr[rows] += size * soft_gyr[..., None] * np.array(impact.gyr_soft)
    acc[rows] += size * added


def _wobble(since_s: Array, hz: float, decay_s: float, derivative: int) -> Array:
    return np.interp(since_s, *_kernel(hz, decay_s, derivative))


@lru_cache(maxsize=32)
def _kernel(hz: float, decay_s: float, derivative: int) -> tuple[Array, Array]:
    """A derivative of a dying displacement, scaled so that its largest value is 1."""
    t = np.arange(int(_LONG_S * _FINE_HZ)) / _FINE_HZ
    fade = np.clip((_LONG_S - 0.02 - t) / 0.05, 0, 1) ** 3
    shape = t**3 / (t + 0.25 / hz) * np.exp(-t / decay_s) * np.sin(2 * np.pi * hz * t) * fade
    for _ in range(derivative):
        shape = np.gradient(shape, 1 / _FINE_HZ)
    shape[0] = shape[-1] = 0.0
    return t, shape / np.abs(shape).max()
