"""Toe taps in ten seconds, heel on the floor: peaks in the turning of a foot sensor.

Toes only go up from the floor, so the first fast turn is up, whichever way the sensor sits: every tap has one turn up
and one down, and is at its height half-way between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from surefoot.records import Array
from surefoot.signal.guided.performance import Found, NotUsable, Performance
from surefoot.signal.guided.readings import Readings

ASK = "Sit, heel on the floor, and tap your toes as fast as you can for ten seconds"


@dataclass(frozen=True, slots=True)
class ToeTapParams:
    """Limits of a tap (facts/clinical.md 5.3 where not P)."""

    least_dps: float = 60.0
    window_s: float = 10.0
    smooth_hz: float = 12.0  # P: nobody taps faster than 8 a second
    prominence: float = 0.35  # of the usual tap (P)
    shortest_s: float = 0.09  # P
    longest_pause_s: float = 2.0  # P
    least_taps: int = 5  # P
    least_rate_hz: float = 40.0  # P: slower sensors lose quick taps
    sagittal: float = 0.75  # share of the turning about one axis; a leg that bounces or walks has less (P)
    other_share: float = 0.5  # of its liveliness: above it the other foot did the same (P)
    most_turn_deg: float = 60.0  # no foot turns further about a heel on the floor (P)


def toe_tap(done: Performance, params: ToeTapParams = ToeTapParams()) -> Found:
    """Taps within ten seconds of the first move of the toes."""
    if done.placement != "foot":
        raise NotUsable("This test needs a foot sensor: with the heel down the shank keeps still while the toes tap.")
    if done.rate_hz < params.least_rate_hz:
        raise NotUsable(f"At {done.rate_hz:.0f} readings a second quick taps are lost. Set the sensor to 50 or more.")
    leg = done.main
    spread, axes = np.linalg.eigh(leg.gyr.T @ leg.gyr)
    rate = leg.smooth(leg.gyr @ axes[:, 2], params.smooth_hz)
    turned = np.ptp(np.percentile(np.cumsum(rate) / leg.rate_hz, (1, 99)))
    if spread[2] < params.sagittal * spread.sum() or turned > params.most_turn_deg:
        raise NotUsable(f"This does not look like tapping. {ASK}.")
    if any(_lively(x) > params.other_share * _lively(leg) for s, x in done.legs.items() if s != done.side):
        raise NotUsable(f"Both feet moved. {ASK}, with one foot only.")
    taps, heights = _taps(rate, leg.rate_hz, params)
    if len(taps) < params.least_taps:
        raise NotUsable(f"Only {len(taps)} taps were quick enough to be seen. {ASK}, toes well up each time.")
    start = leg.onset(int(taps[0]))
    end = start + params.window_s * leg.rate_hz
    within = taps <= end
    taps, heights = taps[within], heights[within]
    pauses_s = np.diff(np.r_[taps, min(end, len(rate))]) / leg.rate_hz
    if len(rate) < end or pauses_s.max() > params.longest_pause_s:
        stopped_s = float(taps[int(np.argmax(pauses_s > params.longest_pause_s))] - start) / leg.rate_hz
        raise NotUsable(f"The tapping stopped or paused after {stopped_s:.0f} s. {ASK}.")
    third = max(1, len(heights) // 3)
    details = {
        "taps_per_s": len(taps) / params.window_s,
        "last_to_first_third_pct": 100 * float(heights[-third:].mean() / heights[:third].mean()),
        **{f"tap_{k + 1}_s": (t - start) / leg.rate_hz for k, t in enumerate(taps.tolist())},
    }
    start_s = start / leg.rate_hz
    return Found(start_s, start_s + params.window_s, float(len(taps)), 1.0, details)


def _taps(rate: Array, rate_hz: float, params: ToeTapParams) -> tuple[NDArray[np.intp], Array]:
    """When the toes were highest, half-way from a fast turn up to the next fast turn down; and how fast they turned.

    The first fast turn is up: from the floor there is no other way.
    """
    apart = max(1, round(params.shortest_s * rate_hz))
    ways = []
    for way in (rate, -rate):
        least = params.prominence * float(np.percentile(way, 97))
        ways.append(find_peaks(way, height=params.least_dps, distance=apart, prominence=least)[0])
    up, down = sorted(ways, key=lambda at: at[0] if len(at) else len(rate))
    after = np.searchsorted(down, up)
    up, after = up[after < len(down)], after[after < len(down)]
    return (up + down[after]) // 2, np.abs(rate[up] - rate[down[after]])


def _lively(leg: Readings) -> float:
    return float(np.percentile(leg.activity, 90))
