"""Single-leg heel rises to fatigue: counted in the height of the sensor, or in the pitch of a foot sensor.

The size of the acceleration, gravity taken off, is that of going up and down whichever way the sensor sits, as long as
the leg hardly moves sideways. Its integrals drift; heels come down between rises, so both are put right there: speed
and height are zero at each lowest point (P; strides do the same between two mid-stances).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from surefoot.records import Array
from surefoot.signal.guided.faults import check_on_the_spot
from surefoot.signal.guided.performance import Found, NotUsable, Performance
from surefoot.signal.guided.readings import Readings

ASK = "Stand on one leg, fingertips on a wall, lift the other foot, and rise onto your toes to the beat"


@dataclass(frozen=True, slots=True)
class HeelRiseParams:
    """Limits of a heel rise (facts/clinical.md 5.3 where not P)."""

    least_m: float = 0.03  # shank rise
    least_pitch_deg: float = 20.0  # foot
    least_share: float = 0.5  # of the first rises' height: a lower one no longer counts (P)
    first: int = 3  # rises that say how high this leg goes (P)
    shortest_s: float = 0.6  # from rise to rise (P; the metronome has 2 s)
    down_s: float = 1.5  # a heel is down again so long after its top, where the leg rests for a moment (P)
    longest_pause_s: float = 5.0  # a longer one ends the test (P)
    slow_hz: float = 0.15  # slower than this is drift (P)
    most_lean_deg: float = 15.0  # of the shank over all rises (P)
    uneven: float = 0.5  # middle half of the times from rise to rise, in their median (P)
    few: int = 4  # so few may be something else (P)
    lifted_deg: float = 15.0  # the other shank turns so far when that foot is lifted (P)
    walking_dps: float = 150.0  # no leg turns so fast in a heel rise (P)


def heel_rise(done: Performance, params: HeelRiseParams = HeelRiseParams()) -> Found:
    """Rises of one leg until it tires, rests, or no longer gets up half as high as at first."""
    leg = done.main
    if float(np.percentile(leg.activity, 98)) > params.walking_dps:
        raise NotUsable(f"This looks like walking. {ASK}, on one spot.")
    check_on_the_spot({leg.side: leg}, ASK)
    on_foot = done.placement == "foot"
    height = _pitch(leg) if on_foot else height_m(leg, params)
    least = params.least_pitch_deg if on_foot else params.least_m
    tops, high = _rises(height, leg.rate_hz, least, params)
    if not len(tops):
        raise NotUsable(f"The heel did not rise {'20 degrees' if on_foot else '3 cm'}. {ASK}, as high as you can.")
    if not on_foot:
        lean = leg.lean_deg(done.frames.get(leg.side))[max(0, int(tops[0]) - round(leg.rate_hz)) : int(tops[-1])]
        if np.ptp(np.percentile(lean, (2, 98))) > params.most_lean_deg:
            raise NotUsable(f"The leg leaned or bent too far for a heel rise. {ASK}, knee straight.")
    _check_other(done, params)
    gaps = np.diff(tops)
    if len(gaps) > 1 and np.ptp(np.percentile(gaps, (25, 75))) > params.uneven * float(np.median(gaps)):
        raise NotUsable(f"The rises came unevenly, so they may not have been rises. {ASK}, one every two seconds.")
    count = _until_tired(tops / leg.rate_hz, high, params)
    tops, high = tops[:count], high[:count]
    slope, near = np.diff(height), round(params.down_s * leg.rate_hz)
    up = max(0, int(tops[0]) - near)
    start = leg.onset(up + int(np.argmax(slope[up : int(tops[0]) + 1])))
    end = leg.settled(int(tops[-1]) + int(np.argmin(slope[int(tops[-1]) : int(tops[-1]) + near + 1])))
    quality = (1.0 if len(done.legs) == 2 else 0.8) * (1.0 if count > params.few else 0.5)
    return Found(start / leg.rate_hz, end / leg.rate_hz, float(count), quality, _details(tops, high, start, done))


def _details(tops: NDArray[np.intp], high: Array, start: int, done: Performance) -> dict[str, float]:
    third = max(1, len(tops) // 3)
    on_foot = done.placement == "foot"
    details = {
        "height_deg" if on_foot else "height_cm": float(np.median(high)) * (1.0 if on_foot else 100.0),
        "last_to_first_third_pct": 100 * float(high[-third:].mean() / high[:third].mean()),
    }
    if len(tops) > 1:
        details["rises_per_min"] = 60 * done.rate_hz / float(np.median(np.diff(tops)))
    return details | {f"top_{k + 1}_s": (top - start) / done.rate_hz for k, top in enumerate(tops.tolist())}


def _rises(height: Array, rate_hz: float, least: float, params: HeelRiseParams) -> tuple[NDArray[np.intp], Array]:
    apart = max(1, round(params.shortest_s * rate_hz))
    tops, found = find_peaks(height, prominence=least, distance=apart)
    high = height[tops] - np.minimum(height[found["left_bases"]], height[found["right_bases"]])
    return tops, np.minimum(high, found["prominences"])


def _until_tired(tops_s: Array, high: Array, params: HeelRiseParams) -> int:
    usual = float(np.median(high[: params.first]))
    tired = params.first + np.flatnonzero(high[params.first :] < params.least_share * usual)
    rested = np.flatnonzero(np.diff(tops_s) > params.longest_pause_s) + 1
    return int(min([len(high), *tired, *rested]))


def height_m(leg: Readings, params: HeelRiseParams) -> Array:
    """Height of the sensor in m, zero where it is lowest between rises."""
    up = np.linalg.norm(leg.smooth(leg.acc), axis=1)
    up = _without_drift(up - np.median(up), leg, params)
    rough = _without_drift(
        np.cumsum(_without_drift(np.cumsum(up) / leg.rate_hz, leg, params)) / leg.rate_hz, leg, params
    )
    lows, _ = find_peaks(-rough, prominence=0.25 * float(np.ptp(np.percentile(rough, (5, 95)))))
    lows = np.r_[0, lows, len(up) - 1]
    speed = _held(np.cumsum(up) / leg.rate_hz, lows)
    return _held(np.cumsum(speed) / leg.rate_hz, lows)


def _without_drift(x: Array, leg: Readings, params: HeelRiseParams) -> Array:
    return np.asarray(x - leg.smooth(x, params.slow_hz))


def _held(x: Array, at: NDArray[np.intp]) -> Array:
    """x less the line that makes it zero at these samples."""
    return np.asarray(x - np.interp(np.arange(len(x)), at, x[at]))


def _pitch(leg: Readings) -> Array:
    """Pitch of the foot, heel up positive: from flat on the floor it can only go that way in this test."""
    lean = leg.lean_deg()
    low, high = np.percentile(lean, (1, 99))
    return lean if high > -low else -lean


def _check_other(done: Performance, params: HeelRiseParams) -> None:
    """A lifted foot turns its shank; one that did not was on the floor and helped."""
    for side, leg in done.legs.items():
        if side == done.side:
            continue
        up = leg.smooth(leg.acc, 1.0)
        up = up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-9)
        turned_deg = float(np.rad2deg(np.arccos(np.clip((up @ leg.up).min(), -1.0, 1.0))))
        if turned_deg < params.lifted_deg:
            raise NotUsable(
                f"The {side} foot seems to have stayed on the floor. Stand on both feet for two seconds, lift the "
                f"{side} foot by bending the knee, then rise on the other."
            )
