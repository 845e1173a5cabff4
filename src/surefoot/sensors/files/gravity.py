"""The units of a recording: declared ones are converted, and gravity tells when they were declared wrongly."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array
from surefoot.sensors.files.columns import RecordingError

STANDARD_GRAVITY_MPS2 = 9.80665
ACC_UNITS = {"m/s2": 1.0, "g": STANDARD_GRAVITY_MPS2}
GYR_UNITS = {"deg/s": 1.0, "rad/s": float(np.rad2deg(1.0))}

# Quiet moments of 990 real ankle and foot recordings read 9.5 to 11.8 m/s^2 (young, elderly, stroke). P.
GRAVITY_MPS2 = (7.5, 12.5)
GRAVITY_G = (0.8, 1.25)
STEADY = (
    1.4  # with gravity in it, |acc| is at most 1.2 times its quiet value half of the time in the same recordings. P.
)
IMPOSSIBLE_MPS2 = 50.0  # no leg is quiet at five times gravity: another unit
LEAST_WALKING_DPS = 60.0  # 99th percentile of a walking shank or foot is 176 deg/s or more in the same recordings. P.


def convert(
    acc: Array, gyr: Array, rate_hz: float, acc_unit: str | None = None, gyr_unit: str | None = None
) -> tuple[Array, Array, list[str]]:
    """Readings (n, 3) in their file's units -> m/s^2, deg/s, and sentences about anything odd.

    Nothing is guessed: what looks like another unit than declared (m/s^2 and deg/s when nothing is) is an error for
    acceleration, where gravity tells, and a note for the gyroscope, where only habit does.

    Raises:
        RecordingError: an unknown unit, or quiet moments that show the other unit's gravity.
    """
    acc_factor = _factor(acc_unit or "m/s2", ACC_UNITS, "acceleration", "--acc-unit")
    gyr_factor = _factor(gyr_unit or "deg/s", GYR_UNITS, "gyroscope", "--gyr-unit")
    notes = _check_gravity(acc, rate_hz, acc_unit or "m/s2")
    acc_mps2, gyr_dps = acc * acc_factor, gyr * gyr_factor
    return acc_mps2, gyr_dps, [*notes, *_check_turning(acc_mps2, gyr_dps, gyr_unit or "deg/s")]


def _factor(unit: str, known: dict[str, float], what: str, option: str) -> float:
    if unit not in known:
        raise RecordingError(f"{unit!r} is no unit of the {what} that surefoot knows.", "", _use(option, *known))
    return known[unit]


def _use(option: str, *values: str) -> str:
    name = option.removeprefix("--").replace("-", "_")
    return f"Use {' or '.join(f'{option} {v}' for v in values)} (in Python: {name}={values[0]!r})."


def quiet_size(acc: Array, rate_hz: float) -> tuple[float, bool]:
    """Median |acc| of the calmest quarter of half-second windows, and whether it behaves like gravity.

    Gravity is there all the time and keeps some direction through the steps; what is left without it does neither.
    """
    size = np.linalg.norm(acc, axis=1)
    width = min(len(size), max(int(rate_hz / 2), 4))
    windows = size[: len(size) // width * width].reshape(-1, width)
    spread = windows.std(axis=1)
    quiet = float(np.median(windows[spread <= np.quantile(spread, 0.25)]))
    constant = float(np.median(size)) < STEADY * quiet
    return quiet, constant and float(np.linalg.norm(acc.mean(axis=0))) > 0.3 * quiet


def _check_gravity(acc: Array, rate_hz: float, unit: str) -> list[str]:
    quiet, steady = quiet_size(acc, rate_hz)
    size = quiet * ACC_UNITS[unit]
    shown = f"n quiet moments the acceleration reads {quiet:.3g}"
    if unit == "m/s2" and steady and GRAVITY_G[0] <= quiet <= GRAVITY_G[1]:
        raise RecordingError(
            f"I{shown}: that is gravity in g, not 9.8 m/s2.",
            "Every length and strength would come out ten times too small, so nothing was analysed.",
            _use("--acc-unit", "g"),
        )
    if unit == "g" and steady and GRAVITY_MPS2[0] <= quiet <= GRAVITY_MPS2[1]:
        raise RecordingError(
            f"I{shown}: that is gravity in m/s2, but the unit was given as g.",
            "Every length and strength would come out ten times too large, so nothing was analysed.",
            _use("--acc-unit", "m/s2"),
        )
    if size > IMPOSSIBLE_MPS2:
        raise RecordingError(
            f"I{shown} {unit}, where gravity should be.",
            "It is in another unit (milli-g, the sensor's raw counts), so nothing was analysed.",
            "Convert the acceleration to m/s2 or g.",
        )
    if GRAVITY_MPS2[0] <= size <= GRAVITY_MPS2[1]:
        return []
    return [
        f"i{shown} {unit}, where gravity should be: it was removed by the sensor's software, or unit or range are "
        "wrong; tilt, lengths and heights cannot be trusted"
    ]


def _check_turning(acc_mps2: Array, gyr_dps: Array, unit: str) -> list[str]:
    fastest = float(np.quantile(np.abs(gyr_dps).max(axis=1), 0.99))
    shaken = float(np.linalg.norm(acc_mps2, axis=1).std())
    if unit == "deg/s" and fastest < LEAST_WALKING_DPS / 4 and shaken > 1.0:
        return [
            f"the leg is moved but turns at no more than {fastest:.2g} deg/s: if the gyroscope is in rad/s, "
            "add --gyr-unit rad/s (in Python: gyr_unit='rad/s')"
        ]
    if unit == "rad/s" and fastest > 4000.0:
        return [f"the leg would turn at {fastest:.0f} deg/s: is the gyroscope in deg/s? Then leave --gyr-unit out"]
    return []
