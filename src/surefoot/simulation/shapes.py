"""Shapes over one gait cycle that gaits of all kinds are put together from: bells, humps, sums of raised cosines."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array

POINTS = 1024  # table resolution over one cycle
MID_STANCE = 0.22  # phase at which strides are joined: foot flat, ankle still, shank about upright


def phase() -> Array:
    return np.arange(POINTS) / POINTS


def mid_stance_index() -> int:
    return round(MID_STANCE * POINTS)


def slope(y: Array) -> Array:
    """Per cycle, of one full cycle."""
    return (np.roll(y, -1) - np.roll(y, 1)) * (POINTS / 2)


def bell(q: Array, centre: float, width: float) -> Array:
    away = (q - centre + 0.5) % 1 - 0.5
    return np.exp(-0.5 * (away / width) ** 2)


def hump(q: Array, start: float, end: float) -> Array:
    """0 outside (start, end), 1 in the middle, with continuous acceleration."""
    s = ((q - start) % 1) / (end - start)
    return np.where(s < 1, np.sin(np.pi * np.minimum(s, 1)) ** 4, 0.0)


def terms(q: Array, coefficients: tuple[float, ...], start: float, end: float) -> Array:
    s = ((q - start) % 1) / (end - start)
    k = np.arange(len(coefficients))[:, None]
    return np.where(s < 1, np.sin(np.pi * s) ** 2 * (np.array(coefficients) @ np.cos(k * np.pi * s)), 0.0)


def ease(x: Array) -> Array:
    """0 below 0, 1 above 1, with continuous acceleration between."""
    x = np.clip(x, 0, 1)
    return x**3 * (10 - 15 * x + 6 * x**2)


def from_mid_stance(rows: Array) -> Array:
    rows = np.roll(rows, -mid_stance_index(), axis=1)
    return np.concatenate([rows, rows[:, :1]], axis=1)
