"""One leg in motion: from planned strides to what an ideal sensor on shank or foot would read, sample by sample.

Rotations and accelerations come from the same path: tilt in the sagittal plane, the ankle's way forward and up,
heading, and turns in the other two planes, which turn the sensor in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array, Placement
from surefoot.simulation import gait, shapes
from surefoot.simulation.pulses import GRID_HZ, Channel, Pulse
from surefoot.simulation.strides import FIRST, Strides, easing_in
from surefoot.simulation.unsteadiness import unsettle

G_MPS2 = 9.81
# where the sensor sits, in metres from the ankle: (forward, up) along the segment; just above the ankle, on the instep
SEAT_M: dict[Placement, tuple[float, float]] = {"shank": (0.0, 0.10), "foot": (0.05, -0.07)}
_TURNING = (0.15, 0.85)  # part of the way from mid-stance to mid-stance in which the heading changes


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Ideal readings in the segment's own axes (x forward, y left, z up) and the truth they come from.

    ``acc`` (n, 3) m/s^2 with gravity, ``gyr`` (n, 3) deg/s; ``tilt_rad`` (n,) of the segment; ``ankle_mps2`` (n, 3)
    acceleration of the ankle: along the heading, to the left, up.
    """

    acc: Array
    gyr: Array
    tilt_rad: Array
    ankle_mps2: Array


def move(
    cycle: gait.Cycle,
    strides: Strides | None,
    pulses: Sequence[Pulse],
    placement: Placement,
    start_s: float,
    samples: int,
    rate_hz: float,
    unsteadiness: float = 0.0,
) -> Motion:
    """The motion of one leg's segment over ``samples`` from ``start_s``; standing still outside the strides."""
    table = cycle.shank if placement == "shank" else cycle.foot
    first, after, position = _position(strides, start_s, samples, rate_hz)
    rows = np.empty((len(table), samples))
    rows[:] = table[:, :1]
    rows[[gait.TILT_1, gait.TILT_2, *range(gait.FORWARD_1, gait.ROLL), gait.ROLL_1, gait.TWIST_1, gait.FREE]] = 0.0
    forward, aside, heading = np.zeros((3, samples))  # speeds in m/s, rate of heading
    if strides is not None and after > first:
        inside = slice(first, after)
        rows[:, inside], forward[inside], heading[inside] = _striding(table, strides, *position)
        _join(rows[gait.TILT_2, inside], position[0], table[gait.TILT_1, 0], strides, rate_hz)
        if unsteadiness:
            unsettle(rows, inside, strides.unsteady_at, unsteadiness, rate_hz, turning=placement == "shank")
    into: dict[Channel, tuple[Array | None, Array | None, Array | None]] = {
        "tilt": (rows[gait.TILT], rows[gait.TILT_1], rows[gait.TILT_2]),
        "roll": (rows[gait.ROLL], rows[gait.ROLL_1], None),
        "twist": (rows[gait.TWIST], rows[gait.TWIST_1], None),
        "heading": (None, heading, None),
        "forward": (None, forward, rows[gait.FORWARD_2]),
        "left": (None, aside, rows[gait.SIDE_2]),
        "up": (None, None, rows[gait.UP_2]),
    }
    for pulse in pulses:
        if placement == "shank" or pulse.foot:
            _add_pulse(into[pulse.channel], pulse, start_s, rate_hz)
    ankle = np.stack(
        [rows[gait.FORWARD_2] - aside * heading, rows[gait.SIDE_2] + forward * heading, rows[gait.UP_2]], axis=1
    )
    acc, gyr = _readings(rows, ankle, heading, rate_hz, SEAT_M[placement])
    return Motion(acc, np.rad2deg(gyr), rows[gait.TILT], ankle)


def _position(
    strides: Strides | None, start_s: float, samples: int, rate_hz: float
) -> tuple[int, int, tuple[Array, Array, Array, Array]]:
    """First and last sample that stride; stride number, part done, and its first two derivatives there."""
    none = np.zeros(0)
    if strides is None:
        return 0, 0, (none.astype(int), none, none, none)
    edges = np.clip(np.ceil((strides.starts_s - start_s) * rate_hz), 0, samples).astype(int)
    number = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    took = np.diff(strides.starts_s)
    t = start_s + np.arange(edges[0], edges[-1]) / rate_hz
    done = (t - strides.starts_s[number]) / took[number]
    pace, change = 1 / took[number], np.zeros(len(t))
    for which, mirrored in ((0, False), (len(took) - 1, True)):
        of = slice(edges[which] - edges[0], edges[which + 1] - edges[0])
        s = 1 - done[of] if mirrored else done[of].copy()
        path, rate, bend = easing_in(s)
        done[of] = 1 - path if mirrored else path
        pace[of] = rate / took[which]
        change[of] = (-bend if mirrored else bend) / took[which] ** 2
    return int(edges[0]), int(edges[-1]), (number, np.clip(done, 0, 1), pace, change)


def _striding(
    table: Array, strides: Strides, number: Array, done: Array, pace: Array, change: Array
) -> tuple[Array, Array, Array]:
    """Table rows at each sample as time derivatives, forward speed, and rate of heading (rad/s)."""
    at = np.minimum((done * shapes.POINTS).astype(np.intp), shapes.POINTS - 1)
    part = done * shapes.POINTS - at
    rows = table[:, at]
    rows += part * (table[:, at + 1] - rows)
    length, tilt, lift = strides.lengths_m[number], strides.tilt[number], strides.lift[number]
    square = pace * pace
    upright = table[gait.TILT, 0]
    rows[gait.TILT] = upright + tilt * (rows[gait.TILT] - upright)
    rows[gait.TILT_2] = tilt * (rows[gait.TILT_2] * square + rows[gait.TILT_1] * change)
    rows[gait.TILT_1] *= tilt * pace
    rows[gait.FORWARD_2] = length * (rows[gait.FORWARD_2] * square + rows[gait.FORWARD_1] * change)
    rows[gait.UP_2] = lift * (rows[gait.UP_2] * square + rows[gait.UP_1] * change)
    rows[gait.SIDE_2] *= square
    rows[gait.ROLL_1] *= pace
    rows[gait.TWIST_1] *= pace
    speed = length * rows[gait.FORWARD_1] * pace
    if not strides.turn_rad.any():
        return rows, speed, np.zeros(len(done))
    s = np.clip((done - _TURNING[0]) / (_TURNING[1] - _TURNING[0]), 0, 1)
    bell = 30 * s**2 * (1 - s) ** 2 / (_TURNING[1] - _TURNING[0])
    return rows, speed, strides.turn_rad[number] * bell * pace


def _join(bend: Array, number: NDArray[np.intp], rate: float, strides: Strides, rate_hz: float) -> None:
    """Let the seat follow where strides of other pace or range meet: their rates of tilt differ there by a little.

    The missing acceleration is spread over some 80 ms, in place.
    """
    pace = strides.tilt / np.diff(strides.starts_s)
    pace[[0, -1]] *= FIRST  # the pace with which the first stride ends and the last begins
    edges = np.flatnonzero(np.diff(number)) + 1
    spread = np.hanning(max(3, round(0.08 * rate_hz)) + 2)[1:-1]
    at = np.clip(edges[:, None] + np.arange(len(spread)) - len(spread) // 2, 0, len(bend) - 1)
    jumps = rate * np.diff(pace)[number[edges] - 1] * rate_hz / spread.sum()
    np.add.at(bend, at, jumps[:, None] * spread)


def _add_pulse(
    into: tuple[Array | None, Array | None, Array | None], pulse: Pulse, start_s: float, rate_hz: float
) -> None:
    """Add a pulse to a channel's value, rate and bend in place; its last value stays."""
    samples = next(len(row) for row in into if row is not None)
    first = min(samples, max(0, int(np.ceil((pulse.start_s - start_s) * rate_hz))))
    after = min(samples, int(np.floor((pulse.end_s - start_s) * rate_hz)) + 1)
    grid = pulse.course if pulse.channel in ("forward", "left", "up") else np.deg2rad(pulse.course)
    if into[0] is not None:
        into[0][max(first, after) :] += grid[-1]
    if after <= first:
        return
    at = (start_s + np.arange(first, after) / rate_hz - pulse.start_s) * GRID_HZ
    x = np.arange(len(grid))
    rate = np.gradient(grid, 1 / GRID_HZ)
    for row, values in zip(into, (grid, rate, np.gradient(rate, 1 / GRID_HZ)), strict=True):
        if row is not None:
            row[first:after] += np.interp(at, x, values)


def _readings(
    rows: Array, ankle: Array, heading: Array, rate_hz: float, seat_m: tuple[float, float]
) -> tuple[Array, Array]:
    """Specific force (n, 3) and turn rate in rad/s (n, 3) in the sensor's segment axes."""
    x, z = seat_m
    c, s = np.cos(rows[gait.TILT]), np.sin(rows[gait.TILT])
    rate, bend = rows[gait.TILT_1], rows[gait.TILT_2]
    forward, left, up = ankle[:, 0], ankle[:, 1], ankle[:, 2] + G_MPS2
    if heading.any():  # the seat is ahead of or behind the ankle: turning swings it about
        ahead, moving = x * c + z * s, (z * c - x * s) * rate
        forward = forward - ahead * heading**2
        left = left + 2 * moving * heading + ahead * np.gradient(heading, 1 / rate_hz)
    fx = c * forward - s * up + z * bend - x * rate**2
    fz = s * forward + c * up - x * bend - z * rate**2
    gx, gz = -s * heading, c * heading
    fy, fz = _turned(left, fz, rows[gait.ROLL])
    gy, gz = _turned(rate, gz, rows[gait.ROLL])
    gx = gx + rows[gait.ROLL_1]
    fx, fy = _turned(fx, fy, rows[gait.TWIST])
    gx, gy = _turned(gx, gy, rows[gait.TWIST])
    return np.stack([fx, fy, fz], axis=1), np.stack([gx, gy, gz + rows[gait.TWIST_1]], axis=1)


def _turned(a: Array, b: Array, angle: Array) -> tuple[Array, Array]:
    """Components (a, b) seen from axes turned by an angle from a towards b."""
    s, c = np.sin(angle), np.cos(angle)
    return c * a + s * b, c * b - s * a
