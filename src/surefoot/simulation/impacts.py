"""Impacts: what a heel strike, a foot slap or a caught toe shakes into a sensor on the skin.

A damped wobble of the sensor on its soft tissue (25-60 Hz, 15-30 ms: clinical.md 9.2, grade P; sizes and the slower
turning of about 12 Hz as the recordings show). Each shape is corrected so that it leaves no velocity, no displacement
and no tilt behind: what is integrated over a stride is not disturbed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array

_FINE_HZ = 5000.0
_LONG_S = 0.30


@dataclass(frozen=True, slots=True)
class Impact:
    """How a shank sensor shakes after a contact at 1 m/s: acc in m/s^2, gyr in deg/s along forward, left, up."""

    acc_mps2: tuple[float, float, float] = (20.0, 6.0, 20.0)
    gyr_dps: tuple[float, float, float] = (40.0, -50.0, 60.0)
    gyr_sharp_dps: tuple[float, float, float] = (60.0, -35.0, 120.0)  # at the frequency of the acceleration
    acc_hz: float = 20.0
    acc_decay_s: float = 0.022
    gyr_hz: float = 12.0
    gyr_decay_s: float = 0.035
    slap_hz: float = 35.0
    slap_decay_s: float = 0.015
    drag_hz: float = 26.0
    drag_decay_s: float = 0.07
    delay_s: float = 0.012  # from the contact to the shank


def strike(
    acc: Array, gyr: Array, times_s: Array, sizes: Array, start_s: float, rate_hz: float, impact: Impact
) -> None:
    """Add heel strikes at ``times_s`` of ``sizes`` to ``acc`` and ``gyr`` (n, 3) in place; others are left out."""
    rows, since, size = _rows(len(acc), times_s + impact.delay_s, sizes, start_s, rate_hz)
    shaken = np.interp(since, *_kernel(impact.acc_hz, impact.acc_decay_s, 2))
    acc[rows] += (size * shaken)[..., None] * np.array(impact.acc_mps2)
    turned = np.interp(since, *_kernel(impact.gyr_hz, impact.gyr_decay_s, 2))
    gyr[rows] += (size * turned)[..., None] * np.array(impact.gyr_dps)
    turned = np.interp(since, *_kernel(impact.acc_hz, impact.acc_decay_s, 2))
    gyr[rows] += (size * turned)[..., None] * np.array(impact.gyr_sharp_dps)


def slap(acc: Array, times_s: Array, sizes: Array, start_s: float, rate_hz: float, impact: Impact) -> None:
    """Add slaps of the forefoot: sharper, and without turning the shank."""
    rows, since, size = _rows(len(acc), times_s + impact.delay_s, sizes, start_s, rate_hz)
    shaken = np.interp(since, *_kernel(impact.slap_hz, impact.slap_decay_s, 2))
    acc[rows] += (size * shaken)[..., None] * np.array(impact.acc_mps2)


def drag(acc: Array, times_s: Array, sizes: Array, start_s: float, rate_hz: float, impact: Impact) -> None:
    """Add the scraping of a toe along the floor: a weaker, longer rattle (15-45 Hz, 40-250 ms: clinical.md FD12, P)."""
    rows, since, size = _rows(len(acc), times_s, sizes, start_s, rate_hz)
    shaken = np.interp(since, *_kernel(impact.drag_hz, impact.drag_decay_s, 2))
    acc[rows] += (size * shaken)[..., None] * np.array(impact.acc_mps2)


def _rows(
    samples: int, times_s: Array, sizes: Array, start_s: float, rate_hz: float
) -> tuple[NDArray[np.int64], Array, Array]:
    """Sample numbers shaken by each impact, seconds since it, and its size."""
    length = int(_LONG_S * rate_hz)
    first = np.ceil((times_s - start_s) * rate_hz).astype(int)
    inside = (first >= 0) & (first + length < samples) & (sizes != 0)
    rows = first[inside, None] + np.arange(length)
    return rows, rows / rate_hz + start_s - times_s[inside, None], sizes[inside, None]


@lru_cache(maxsize=32)
def _kernel(hz: float, decay_s: float, integrals: int) -> tuple[Array, Array]:
    """Time, and a dying sine with its first so many integrals brought back to zero, scaled to a largest value of 1."""
    t = np.arange(int(_LONG_S * _FINE_HZ)) / _FINE_HZ
    shape = np.exp(-t / decay_s) * np.sin(2 * np.pi * hz * t)
    end = np.clip((_LONG_S - 0.01 - t) / 0.05, 0, 1) ** 2
    slow = [end * t ** (k + 1) * np.exp(-t / 0.025) for k in range(integrals)]
    left = np.array([[(s * t**k).sum() for s in slow] for k in range(integrals)])
    shape = shape * end
    shape = shape - np.linalg.solve(left, [(shape * t**k).sum() for k in range(integrals)]) @ np.array(slow)
    return t, shape / np.abs(shape).max()
