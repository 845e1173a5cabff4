"""Readings of one leg during a test: freed of bias, with its rest before the test, its activity and its lean.

The frame is that of walking where one is known. Else up is what gravity says at rest, and the medio-lateral axis the
one the leg turned about most, across it; its sign stays open, for a leg leaning back is the mirror of one leaning
forward: each test says how its own movement settles it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import correlate1d

from surefoot.records import Array, Side
from surefoot.signal.alignment import Aligned
from surefoot.signal.filters import smoothing_kernel
from surefoot.signal.hops import hop_length


@dataclass(frozen=True, slots=True)
class ReadingParams:
    """How rest and movement are told apart (P)."""

    movement_hz: float = 5.0  # kernel for movements of a person
    lean_hz: float = 0.15  # below it lean is what gravity says, above it what the gyroscope says
    still_span_dps: float = 4.0  # a tenth of a second with a narrower range of rate is still
    active_share: float = 0.1  # of the test's liveliest (95th percentile) rate: above it the leg is at it
    active_least_dps: float = 3.0
    active_most_dps: float = 5.0
    rest_s: float = 0.5  # shortest rest before a test


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """One sensor over the window of a test: (n, 3) m/s^2 and deg/s, sensor axes, bias of the gyroscope taken off.

    ``activity`` (n,) deg/s, smoothed size of the rate; above ``active_dps`` the leg moves. ``up`` (3,) at rest.
    """

    side: Side
    rate_hz: float
    acc: Array
    gyr: Array
    activity: Array
    active_dps: float
    up: Array
    rested_s: float  # at the beginning
    params: ReadingParams

    def smooth(self, x: Array, cutoff_hz: float | None = None) -> Array:
        return smoothed(x, cutoff_hz or self.params.movement_hz, self.rate_hz)

    def lean_deg(self, frame: Aligned | None = None) -> Array:
        """Forward lean (foot: toes down) against the rest before; without a frame possibly mirrored (n,)."""
        rotation = self.rotation(frame)
        forward, up = (smoothed(self.acc @ rotation[row], self.params.movement_hz, self.rate_hz) for row in (0, 1))
        turned = -np.cumsum(self.gyr @ rotation[2]) / self.rate_hz
        by_gravity = np.rad2deg(np.unwrap(np.arctan2(-forward, up)))
        lean = turned + smoothed(by_gravity - turned, self.params.lean_hz, self.rate_hz)
        rest = slice(0, max(1, round(self.rested_s * self.rate_hz)))
        return smoothed(lean - np.median(lean[rest]), self.params.movement_hz, self.rate_hz)

    def onset(self, sample: int) -> int:
        """The last still sample before this one, which is within a movement."""
        still = np.flatnonzero(self.activity[: sample + 1] < self.active_dps)
        return int(still[-1]) if len(still) else 0

    def settled(self, sample: int) -> int:
        """The first still sample from this one on, which is within a movement."""
        still = np.flatnonzero(self.activity[sample:] < self.active_dps)
        return sample + int(still[0]) if len(still) else len(self.activity) - 1

    def rotation(self, frame: Aligned | None = None) -> Array:
        """Rows forward, up, medio-lateral; without a frame forward and medio-lateral are possibly both reversed."""
        if frame is not None:
            return frame.rotation
        across = np.eye(3) - np.outer(self.up, self.up)
        turning = across @ self.gyr.T
        axis = np.linalg.eigh(turning @ turning.T)[1][:, 2]
        return np.array([np.cross(self.up, axis), self.up, axis])


def read(side: Side, acc: Array, gyr: Array, rate_hz: float, params: ReadingParams = ReadingParams()) -> Readings:
    """The readings of one sensor, from at least half a second of them."""
    size = hop_length(rate_hz)
    hops = gyr[: len(gyr) // size * size].reshape(-1, size, 3)
    still = np.ptp(hops, axis=1).max(axis=1) < params.still_span_dps
    first = hops[: max(1, int(np.argmin(still)))] if still.any() and still[0] else hops[still] if still.any() else hops
    gyr = gyr - np.median(first.reshape(-1, 3), axis=0)
    activity = smoothed(np.linalg.norm(gyr, axis=1), params.movement_hz, rate_hz)
    active_dps = float(
        np.clip(params.active_share * np.percentile(activity, 95), params.active_least_dps, params.active_most_dps)
    )
    moving = activity > active_dps
    rested = int(np.argmax(moving)) if moving.any() else len(moving)
    rest = acc[: max(rested, 1)]
    up = np.median(rest, axis=0)
    up = up / max(float(np.linalg.norm(up)), 1e-9)
    return Readings(side, rate_hz, acc, gyr, activity, active_dps, up, rested / rate_hz, params)


def smoothed(x: Array, cutoff_hz: float, rate_hz: float) -> Array:
    """Smoothed along the first axis, without delay; the ends as if they stayed."""
    kernel = smoothing_kernel(cutoff_hz, rate_hz)
    return np.asarray(correlate1d(x, kernel, axis=0, mode="nearest"))
