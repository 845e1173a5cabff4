"""Stands: standing up and sitting down again, counted in the lean of the shanks.

Rising and sitting down each push the knees forward over the toes and bring them back (clinical.md 5.3: 8-20 deg). So
lean has two peaks a repetition, and between them the level of standing and that of sitting in turn:

    feet under the knees     feet drawn back            feet ahead
      /\\    /\\                 _/\\      /\\_               /\\    /\\
    _/  \\__/  \\_                  \\____/                 /  \\__/  \\
    sit stand  sit           sit  stand  sit          __/          \\__

Where standing and sitting have levels of their own, excursions from the level of sitting (zero, from the rest before
the test) are counted, else pairs of peaks. Without walking, forward is not known beforehand: a leg dwells where it sits
and stands and only passes through its farthest lean, and its first move out of the chair is forward (P).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening
from scipy.signal import find_peaks

from surefoot.records import Array

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class StandParams:
    """Limits of a stand (P)."""

    prominence: float = 0.2  # of a peak of lean, in ranges of it
    apart: float = 0.3  # levels of sitting and standing further apart than this share of the range are told apart
    dwell_s: float = 0.25  # slow for so long is a posture, shorter a turning point
    slow_dps: float = 1.5  # a leg that turns no faster stands or sits
    slow_share: float = 0.08  # or so much slower than this person usually moves (95th percentile)
    settle_s: float = 0.4  # slow for so long ends a movement
    seated: float = 0.15  # a leg slow so near the level of sitting, in ranges, sits
    sure: float = 0.1  # overshoot, in ranges, that tells forward from backward


@dataclass(frozen=True, slots=True, eq=False)
class Stands:
    """Samples at which each repetition began, was half-way up, stood in the middle of standing, and sat again."""

    begun: Index
    risen: Index
    stood: Index
    sat: Index

    def __len__(self) -> int:
        return len(self.stood)

    def first(self, count: int) -> Stands:
        return Stands(self.begun[:count], self.risen[:count], self.stood[:count], self.sat[:count])


def stands_of(lean: Array, rate_hz: float, params: StandParams = StandParams()) -> Stands:
    """Repetitions in a lean (n,) in deg that is zero at rest in the chair, forward positive. Nobody need end seated."""
    low, high = np.percentile(lean, (0.5, 99.5))
    span = max(float(high - low), 1e-6)
    peaks, _ = find_peaks(lean, prominence=params.prominence * span)
    between = np.array([lean[a:b].min() for a, b in pairwise(peaks)])
    ahead = float(between.max(initial=0.0))
    if -low > params.apart * span and -low > 0.5 * high:
        first, last = _excursions(-lean, -float(low))
        risen = first
    else:
        pairs = len(peaks) // 2
        apart = ahead > params.apart * span
        first, last = _excursions(lean, ahead) if apart else (peaks[: 2 * pairs : 2], peaks[1 : 2 * pairs : 2])
        risen = np.array([_half_down(lean, a, (a + b) // 2 + 1) for a, b in zip(first, last, strict=True)], np.intp)
    seated = _slow(lean, rate_hz, params) & (np.abs(lean) < params.seated * span)
    return _edges(first, last, risen, seated, rate_hz, params)


def forward_of(lean: Array, rate_hz: float, params: StandParams = StandParams()) -> int:
    """1: the lean is forward as it is; -1: it is mirrored; 0: cannot say."""
    span = float(np.ptp(np.percentile(lean, (0.5, 99.5))))
    tops, lows = (find_peaks(x, prominence=params.sure * span)[0] for x in (lean, -lean))
    if not len(tops) or not len(lows):
        return int(len(tops) > 0) - int(len(lows) > 0)
    first = 1 if tops[0] < lows[0] else -1
    dwells = binary_opening(_slow(lean, rate_hz, params), np.ones(max(2, round(params.dwell_s * rate_hz)), bool))
    lowest, highest = np.percentile(lean[dwells], (2, 98)) if dwells.any() else (0.0, 0.0)
    over = float(np.median(lean[tops]) - highest - (lowest - np.median(lean[lows])))
    passing = int(np.sign(over)) if abs(over) > params.sure * span else first
    return first if first == passing else 0


def _slow(lean: Array, rate_hz: float, params: StandParams) -> NDArray[np.bool_]:
    """Where the leg stands or sits: it hardly turns, measured by how this person moves."""
    rate = np.abs(np.gradient(lean)) * rate_hz
    return np.asarray(rate < max(params.slow_dps, params.slow_share * float(np.percentile(rate, 95))))


def _excursions(x: Array, level: float) -> tuple[Index, Index]:
    """First and last samples beyond half of ``level``; it ends only when x comes back to a quarter."""
    beyond, back = x > 0.5 * level, x < 0.25 * level
    state = np.where(beyond, 1, np.where(back, -1, 0))
    known = np.maximum.accumulate(np.where(state != 0, np.arange(len(x)), 0))
    out = state[known] == 1
    edges = np.flatnonzero(np.diff(np.r_[0, out.astype(np.int8), 0]))
    first, after = edges[::2], edges[1::2]
    last = np.array([a + int(np.flatnonzero(beyond[a:b])[-1]) for a, b in zip(first, after, strict=True)], np.intp)
    return first, last


def _half_down(lean: Array, first: int, until: int) -> int:
    """Where the knees were half-way back from over the toes, in these samples: the body is half up."""
    peak = first + int(np.argmax(lean[first:until]))
    piece = lean[peak:until]
    return peak + int(np.argmax(piece <= 0.5 * (piece[0] + piece.min())))


def _edges(
    first: Index, last: Index, risen: Index, seated: NDArray[np.bool_], rate_hz: float, params: StandParams
) -> Stands:
    """Where the movements before and behind each standing began and ended, none beyond the repetitions beside it."""
    rest = np.flatnonzero(binary_opening(seated, np.ones(max(2, round(params.settle_s * rate_hz)), bool)))
    rest = np.r_[0, rest, len(seated) - 1]
    before = rest[np.searchsorted(rest, first) - 1]
    behind = rest[np.minimum(np.searchsorted(rest, last, side="right"), len(rest) - 1)]
    halves = (last[:-1] + first[1:]) // 2  # nobody rested in between: the seat was only touched
    begun = np.maximum(before, np.r_[0, halves][: len(first)])
    sat = np.minimum(behind, np.r_[halves, len(seated) - 1][: len(first)])
    return Stands(begun, risen, (first + last) // 2, sat)
