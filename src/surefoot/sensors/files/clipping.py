"""Clipping: readings at the end of a sensor's range, where what is harder or faster is cut off; counted and said."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array

NEAR = 0.0005  # of the range: readings so near its end stand at it
LEAST = 4  # of them, each beside another: two alike on the top of one peak are no wall (P)
LEAST_GYR_DPS, LEAST_ACC_MPS2 = 100.0, 15.0  # no sensor has a smaller range; a quiet one's noise is no wall


def clipping_notes(acc: Array, gyr: Array) -> list[str]:
    """A sentence for each of accelerometer and gyroscope, (n, 3) m/s^2 and deg/s, that stands at its limit at times."""
    found = []
    for values, least, words, lost in (
        (acc, LEAST_ACC_MPS2, "accelerometer", "the hardness of landings and falls"),
        (gyr, LEAST_GYR_DPS, "gyroscope", "swing, push-off and what is made of them (tilt, length, lift)"),
    ):
        limit, count = _at_limit(np.abs(values))
        if count >= LEAST and limit > least:
            unit = "m/s2" if words == "accelerometer" else "deg/s"
            stand = f"{count} readings of the {words} stand at {limit:.0f} {unit}, the end of its range"
            found.append(f"{stand}: {lost} are cut off there; set a wider range")
    return found


def _at_limit(size: Array) -> tuple[float, int]:
    """The largest reading, and how many stand there beside another one of the same axis."""
    limit = float(size.max(initial=0.0))
    there = size >= (1 - NEAR) * limit
    pair = there[:-1] & there[1:]
    wall = np.zeros_like(there)
    wall[:-1] |= pair
    wall[1:] |= pair
    return limit, int(wall.any(axis=1).sum())
