"""Hands: what tells a sensor that is held, turned about and put down from one on a leg that falls.

A hand turns a sensor in every direction, fast, about the length it had on the shank, and over; a leg does not. Sensors
are taken off one after the other, so the other one tells as well. All P, set on acted falls (umafall) and simulated
handling: no public recording of sensors being taken off was found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.signal.frames import angles_deg
from surefoot.signal.tenths import Stretch

BEFORE, UNTIL = 40, 12  # hops before an impact between which a leg that falls still stood or walked
LEAST_BEFORE = 5
AT_REST = 0.3  # of gravity, by which what is at rest may seem to weigh more or less


@dataclass(frozen=True, slots=True)
class HandParams:
    """Limits beyond which a sensor is in a hand; all P."""

    turned_dps: float = 40.0  # root mean square rate before a fall at which the direction of turning counts ...
    walking_share: float = 0.6  # ... and so much of it is about the axis of walking, unless hands hold the sensor
    most_twist_deg: float = 60.0  # about the length of the shank, on the way down; acted falls stay below 50
    most_turn_dps: float = 500.0  # over a tenth of a second; acted falls stay below 380
    other_upright_deg: float = 60.0  # from its frame, of the other shank just before: who falls stood, or walked ...
    other_turned_dps: float = 150.0  # ... and it was not turned about like this, ...
    other_s: float = 8.0  # ... for so long before
    most_swing_dps: float = 700.0  # over a tenth of a second, of the other before or this one behind; walkers reach 600
    head_down_deg: float = 125.0  # from upright ...
    head_down: int = 5  # ... at rest, for so many tenths of a second ...
    head_down_s: float = 15.0  # ... within so long behind: no leg does that which lies or gets up


def turned_about(gyr: Array, frame: Array | None, least_dps: float, params: HandParams) -> bool:
    """Whether the sensor was turned about in every direction, by its rates (3, n) of more than a moment.

    Walking is about one axis; where the frame does not say which, about the one it turned about most.
    """
    turning = gyr @ gyr.T / gyr.shape[1]
    walking = float(np.linalg.eigvalsh(turning)[-1] if frame is None else frame[2] @ turning @ frame[2])
    power = float(np.trace(turning))
    return power > least_dps**2 and walking < params.walking_share * power


def spun(gyr: Array, upright: Array, hop_s: float, params: HandParams) -> bool:
    """Whether the sensor came down spinning, or turned about the length of the shank, as no leg does."""
    twist_deg = abs(float((upright @ gyr).sum())) * hop_s / np.linalg.norm(upright)
    return bool(twist_deg > params.most_twist_deg or (gyr * gyr).sum(axis=0).max() > params.most_turn_dps**2)


def held_before(other: Stretch, at_s: float, params: HandParams) -> bool:
    """Whether the other leg's sensor was off the leg, or on its way, just before this time."""
    hop = other.before(at_s)
    frame, last = other.frame(hop), max(other.first, hop - UNTIL)
    acc = other.acc(max(other.first, hop - BEFORE), last)
    if acc.shape[1] < LEAST_BEFORE:
        return False
    stood = np.median(acc, axis=1, keepdims=True)
    askew = frame is not None and float(angles_deg(stood, frame[1])[0]) > params.other_upright_deg
    gyr = other.gyr(min(last - 1, other.before(at_s - params.other_s)), last)
    flung = _fastest(gyr) > params.most_swing_dps
    return askew or flung or turned_about(gyr, frame, params.other_turned_dps, params)


def held_behind(stretch: Stretch, at_s: float, first: int, upright: Array, params: HandParams) -> bool:
    """Whether the sensor is turned over or flung about behind a fall at this time, from hop ``first`` on."""
    last = max(first, stretch.before(at_s + params.head_down_s))
    acc = stretch.acc(first, last)
    size = np.sqrt((acc * acc).sum(axis=0) / (upright @ upright))
    over = (angles_deg(acc, upright) > params.head_down_deg) & (np.abs(size - 1.0) < AT_REST)
    return int(over.sum()) >= params.head_down or _fastest(stretch.gyr(first, last)) > params.most_swing_dps


def _fastest(gyr: Array) -> float:
    return float(np.sqrt((gyr * gyr).sum(axis=0).max(initial=0.0)))
