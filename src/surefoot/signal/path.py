"""The path of a stride: tilt, velocity and place of the sensor from one mid-stance to the next, many strides at once.

Tilt is the integral of the sagittal rate, put right at both ends by gravity; velocity is the integral of the rotated
acceleration between two known values. At the shank these are not zero but those of a pendulum over the floor (Li 2010,
R: speed error 7 %; Sci Rep 2021, doi 10.1038/s41598-021-81009-w), at the foot they are zero. Deviations: the drift of
tilt and velocity is taken out as a straight line, not by a filter; sideways motion is added for a small roll.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array
from surefoot.signal.contacts import FORWARD, LATERAL, RATE, ROLL, UP, YAW
from surefoot.signal.ring import Ring

GRAVITY_MPS2 = 9.81
NEAR_S = 0.04  # around mid-stance, over which gravity is averaged


class Path:
    """k strides as padded (k, n) arrays from sample a to sample b, both mid-stance; b may lie beyond what is known.

    ``upright``: gravity can be seen at both ends, so tilt means something; ``askew_deg``: how far from up it is felt,
    at the worse end. ``tilt`` rad, forward positive.
    ``length_m``, ``rise_m`` from end to end; ``height_m``, ``sideways_m`` farthest from the straight line between.
    """

    def __init__(
        self,
        body: Ring,
        a: NDArray[np.intp],
        b: NDArray[np.intp],
        rate_hz: float,
        pendulum_m: float,
        least_gravity_mps2: float,
    ) -> None:
        self._body, self._a, self._rate_hz = body, a, rate_hz
        self._last = np.maximum(b - a, 1)
        self._n = int(self._last.max()) + 1
        steps = np.arange(self._n)
        self._share = np.minimum(steps / self._last[:, None], 1.0)
        self._inside = steps <= self._last[:, None]
        ends = [self._gravity(x) for x in (a, b)]
        self.askew_deg = np.maximum(*(_off_upright_deg(*end) for end in ends))
        self.upright = np.logical_and(*(np.hypot(forward, up) > least_gravity_mps2 for forward, up, _ in ends))
        rate = self._rows(RATE)
        tilts = [np.arctan2(-forward, up)[:, None] for forward, up, _ in ends]
        self.tilt = self._between(-np.deg2rad(self._integral(rate)), *tilts)
        self._flat = tilts[0] + self._share * (tilts[1] - tilts[0])
        sine, cosine = np.sin(self.tilt), np.cos(self.tilt)
        forward, up = self._rows(FORWARD), self._rows(UP)
        upward = up * cosine - forward * sine
        speeds = (-np.deg2rad(rate[:, :1]) * pendulum_m, -np.deg2rad(self._end(rate)) * pendulum_m)
        velocity = self._between(self._integral(forward * cosine + up * sine), *speeds)
        self.length_m = self._end(self._integral(velocity))[:, 0]
        height = self._integral(self._between(self._integral(upward - GRAVITY_MPS2)))
        self.rise_m = self._end(height)[:, 0]
        self.height_m = np.where(self._inside, self._between(height), -np.inf).max(axis=1)
        self.sideways_m = self._sideways(upward, sine, cosine, [-right / GRAVITY_MPS2 for *_, right in ends])
        heading = self._rows(YAW) * cosine - self._rows(ROLL) * sine  # a leaning shank's roll is a turn, in part
        self.turn_deg = self._end(self._integral(heading))[:, 0]

    @property
    def tilt_max_deg(self) -> Array:
        return np.asarray(np.rad2deg(np.where(self._inside, self.tilt, -np.inf).max(axis=1)))

    def pitch_at(self, sample: Array) -> Array:
        """Foot pitch against the flat foot at a sample, deg, toe up positive."""
        column = np.clip(np.rint(sample).astype(np.intp) - self._a, 0, self._n - 1)
        return np.asarray(np.take_along_axis(self._pitch_deg(), column[:, None], axis=1)[:, 0])

    def least_pitch(self, final: Array, end: Array) -> Array:
        """Lowest pitch between 30 and 80 % of the swing, deg; absent where the final contact is."""
        first, stop = final + 0.3 * (end - final), final + 0.8 * (end - final)
        steps = self._a[:, None] + np.arange(self._n)
        inside = (steps >= first[:, None]) & (steps < stop[:, None])
        least = np.where(inside, self._pitch_deg(), np.inf).min(axis=1)
        return np.asarray(np.where(np.isfinite(least), least, np.nan))

    def _pitch_deg(self) -> Array:
        return np.asarray(np.rad2deg(self._flat - self.tilt))

    def _sideways(self, upward: Array, sine: Array, cosine: Array, rolls: list[Array]) -> Array:
        """Farthest sideways from the line a-b; for a roll small enough to be its own sine."""
        rolling = np.deg2rad(self._rows(ROLL) * cosine + self._rows(YAW) * sine)
        roll = self._between(self._integral(rolling), *(x[:, None] for x in rolls))
        place = self._integral(self._between(self._integral(self._rows(LATERAL) + upward * roll)))
        return np.asarray(np.where(self._inside, np.abs(self._between(place)), 0.0).max(axis=1))

    def _gravity(self, sample: NDArray[np.intp]) -> list[Array]:
        """Mean acceleration forward, up and to the right around mid-stance, m/s^2."""
        near = max(1, round(NEAR_S * self._rate_hz))
        return [self._body.windows(row, sample - near, 2 * near + 1).mean(axis=1) for row in (FORWARD, UP, LATERAL)]

    def _rows(self, row: int) -> Array:
        return self._body.windows(row, self._a, self._n)

    def _end(self, x: Array) -> Array:
        return np.asarray(np.take_along_axis(x, self._last[:, None], axis=1))

    def _integral(self, x: Array) -> Array:
        total = np.zeros_like(x)
        np.cumsum(0.5 * (x[:, 1:] + x[:, :-1]), axis=1, out=total[:, 1:])
        return np.asarray(total / self._rate_hz)

    def _between(self, x: Array, first: Array | float = 0.0, last: Array | float = 0.0) -> Array:
        """A drifting integral (0 at a) put right at both ends: the drift goes out as a straight line."""
        return np.asarray(first + x + self._share * (last - first - self._end(x)))


def _off_upright_deg(forward: Array, up: Array, right: Array) -> Array:
    return np.asarray(np.rad2deg(np.arctan2(np.hypot(forward, right), up)))
