"""Unsteadiness: what makes every stride of a leg a little different in shape, smooth and never repeating.

One fixed tape of smooth noise is played from a random place: angles of the shank with their exact derivatives, so
gyroscope and accelerometer see the same movement, and small deviations of the ankle's way, which vanish while the
foot stands, so that strides stay as long as the truth says.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array
from surefoot.simulation import gait

_TAPE_S = 600.0
_EASE_S = 1.0
# root mean square at size 1, chosen so that the spectra come near the recordings' (docs/simulation.md)
_TURN_DPS = (12.0, 16.0, 32.0)  # sagittal, frontal, about the shank
_SHAKE_MPS2 = (2.2, 2.6, 2.2)  # forward, sideways, up
_TURN_HZ = (0.8, 35.0, 6.0)  # lowest, highest, and where it begins to fall
_SHAKE_HZ = (3.0, 18.0, 7.0)
_TURNED = (gait.TILT, gait.TILT_1, gait.TILT_2, gait.ROLL, gait.ROLL_1, gait.TWIST, gait.TWIST_1)
_SHAKEN = (gait.FORWARD_2, gait.SIDE_2, gait.UP_2)


def unsettle(rows: Array, part: slice, offset: int, size: float, rate_hz: float, turning: bool) -> None:
    """Add it to a leg's rows (``gait.TILT`` ...) of these samples in place, fading in and out within 1 s."""
    turns, shakes = _tapes(rate_hz)
    count = part.stop - part.start
    at = np.arange(offset, offset + count) % turns.shape[1]
    if turning:
        s = np.minimum(np.arange(count), np.arange(count)[::-1]) / rate_hz / _EASE_S
        rows[list(_TURNED), part] += size * np.clip(s, 0, 1) ** 2 * turns[:, at]
    way = size * rows[gait.FREE, part] * shakes[:, at]
    rows[list(_SHAKEN), part] += np.diff(np.pad(way, ((0, 0), (1, 1))), n=2, axis=1) * rate_hz**2


@lru_cache(maxsize=4)
def _tapes(rate_hz: float) -> tuple[Array, Array]:
    """Angles (7, n) in the order of ``_TURNED``, radians and seconds; ankle deviations (3, n) in metres."""
    drawn = np.random.default_rng(20020)  # a constant table: the walk's own generator only chooses the place
    hz = np.fft.rfftfreq(int(_TAPE_S * rate_hz), 1 / rate_hz)
    turns: list[Array] = []
    for rate_dps, derivatives in zip(_TURN_DPS, (2, 1, 1), strict=True):
        angle = _integrals(drawn, hz, _TURN_HZ, 1, derivatives)
        turns += [np.deg2rad(rate_dps) / angle[1].std() * a for a in angle]
    shakes = [_integrals(drawn, hz, _SHAKE_HZ, 2, 2) for _ in _SHAKE_MPS2]
    return np.array(turns), np.array([a / s[2].std() * s[0] for a, s in zip(_SHAKE_MPS2, shakes, strict=True)])


def _integrals(
    drawn: np.random.Generator, hz: Array, band: tuple[float, float, float], integrals: int, derivatives: int
) -> list[Array]:
    """Band-limited noise integrated so many times, and that one's derivatives."""
    low, high, corner = band
    weight = np.where((hz >= low) & (hz <= high), 1 / (1 + (hz / corner) ** 2), 0.0)
    spectrum = weight * (drawn.standard_normal(len(hz)) + 1j * drawn.standard_normal(len(hz)))
    turn: NDArray[np.complex128] = 2j * np.pi * hz
    spectrum[1:] /= turn[1:] ** integrals
    return [np.fft.irfft(spectrum * turn**k, 2 * (len(hz) - 1)) for k in range(derivatives + 1)]
