"""Contacts: when a foot takes its load (initial contact) and leaves the ground (final contact).

One swing of the leg is one forward rotation. Around its peak the two contacts are found in the sagittal rate
(positive in swing):

    rate      ___                         mid-swing peak (slow kernel)
             /   \\
    ________/     \\  ____ stance ____     zero crossings: swing begins and ends
           |       \\/
    final contact  initial contact = first trough after the swing

After Salarian 2004 and Aminian 2002 (E1), with these deviations: thresholds follow the person's own walking; peaks
compete only with their neighbourhood, so a contact is known a fixed short time after it happened. Where the foot
strikes, the contact is the rise of the jerk to half its height, which lies at the same place in every set used; where
it does not (foot drop, creeping; no jerk above three times that of the swing, soon or late) it is the trough of the
rate, and failing that the end of the swing, with less confidence (facts/clinical.md 1.3, 1.4). The final contact is put
on the rise of the rate, not at its trough: the trough comes earlier the weaker the push-off (measured;
docs/methods.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from surefoot.records import Array, Placement
from surefoot.signal.filters import smoothing_kernel
from surefoot.signal.recent import median
from surefoot.signal.ring import Ring

Index = NDArray[np.intp]
FORWARD, UP, LATERAL, ROLL, YAW, RATE, SLOW, JERK, USUAL = range(9)  # rows of a body ring: m/s^2, deg/s, m/s^3, deg/s
SOURCES = ("gyro", "impact", "zero_crossing")


@dataclass(frozen=True, slots=True)
class ContactParams:
    """Thresholds of the contact search. Grades after facts/clinical.md 1.4; P where ours."""

    slow_hz: float = 4.0  # kernel for the mid-swing peak (P)
    event_hz: float = 15.0  # kernel for the contacts (Salarian 2004, E1)
    least_peak_dps: float = 30.0  # Salarian: 50; lower for 0.3 m/s (P)
    least_peak_share: float = 0.35  # of the person's own root mean square rate: first and last steps are small (P)
    prominence: float = 0.5  # of the peak, on both sides (1.4, P)
    rival_s: float = 0.45  # a higher peak this soon before takes the stride (P)
    rival_after_s: float = 0.31  # and this soon after; every contact waits so long (P)
    echo_s: float = 0.8  # a peak less than half as high this soon after another is its echo (P)
    longest_half_swing_s: float = 0.6
    swing_over: float = 0.1  # of the peak: a foot put down gently need not turn back (P)
    initial_window_s: float = 0.20  # after the end of the swing (1.4)
    late_window_s: float = 0.40  # where nothing struck by then: a leg held after its swing and put down late (P)
    final_window_s: float = 0.35  # before the beginning of the swing (P)
    least_trough_dps: float = 15.0  # depth of the trough that marks a heel strike (P; 1.4 has 20)
    jerk_hz: float = 20.0  # kernel for the jerk (P)
    least_strike: float = 3.0  # jerk of a heel strike, in units of that of the same swing (P: 3.3 .. 45 where there is
    # one; 0.5 .. 2.3 in simulated and real foot drop)
    before_end_s: float = 0.06  # a strike may come so much before the rate is down (P)
    strike_share: float = 0.5  # of its jerk, where the contact is put (P)
    strike_offset_s: float = 0.005
    trough_offset_s: float = 0.015
    no_trough_s: float = 0.015  # after the end of the swing, when nothing marks the contact (1.4)
    final_share: float = 0.5  # level of the rise, from trough (1) to zero (0), at which the foot leaves
    final_offset_s: float = -0.035


def contact_params(placement: Placement) -> ContactParams:
    """The parameters of a placement; offsets are one constant each, the same for every person and set."""
    if placement == "shank":
        return ContactParams()
    return ContactParams(
        initial_window_s=0.15,
        final_window_s=0.45,
        least_peak_share=0.2,
        strike_offset_s=-0.006,
        trough_offset_s=-0.025,
        final_offset_s=-0.008,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Swings:
    """k swings in order: sample numbers (fractions allowed) of contacts and peak, and of the end of the swing itself,
    which a foot put down late outlasts; height deg/s; how they were found."""

    peak: Index
    ended: Index
    height: Array
    final: Array
    initial: Array
    confidence: Array
    source: Index

    def __len__(self) -> int:
        return len(self.peak)

    def __getitem__(self, where: slice | Index) -> Swings:
        return Swings(*(getattr(self, name)[where] for name in self.__slots__))

    def followed_by(self, more: Swings) -> Swings:
        return Swings(*(np.concatenate([getattr(self, n), getattr(more, n)]) for n in self.__slots__))

    @staticmethod
    def none() -> Swings:
        nothing, number = np.empty(0), np.empty(0, np.intp)
        return Swings(number, number, nothing, nothing, nothing, nothing, number)


class SwingFinder:
    """Finds the swings of one uninterrupted stretch, each once, in order, as soon as enough of the future is known."""

    def __init__(self, rate_hz: float, params: ContactParams, first: int = 0) -> None:
        self._rate_hz = rate_hz
        self._params = params
        self._jerk_kernel = smoothing_kernel(params.jerk_hz, rate_hz)
        self._windows = params.initial_window_s, params.late_window_s
        self._next = first  # no peak before this sample is still open

    @property
    def open_from(self) -> int:
        """Samples before this one can no longer get a new contact."""
        p = self._params
        return max(0, self._next - self._samples(p.longest_half_swing_s + p.final_window_s))

    @property
    def past_from(self) -> int:
        """The search will not look at samples before this one."""
        p = self._params
        return self._next - self._samples(max(p.echo_s, p.longest_half_swing_s + p.final_window_s)) - 2

    def find(self, body: Ring, slow_end: int, last: bool = False) -> Swings:
        """New swings in the ring, as far as what follows cannot change them; all of them at the ``last`` call.

        ``slow_end``: the row SLOW is whole before this sample.
        """
        p = self._params
        limit = body.end - 1 if last else slow_end - self._samples(p.rival_after_s) - 1
        candidates = self._candidates(body, self._next, limit)
        if len(candidates) == 0:
            self._next = max(self._next, limit)
            return Swings.none()
        up, down, ended = self._up_and_down(body, candidates)
        soon, late = (down + self._samples(seconds) + 2 < body.end for seconds in self._windows)
        if not (last or soon[0]):
            self._next = max(self._next, int(candidates[0]))
            return Swings.none()
        strike, struck = self._strike(body, candidates, down, p.initial_window_s)
        seen = ended | (candidates + self._samples(p.longest_half_swing_s) < body.end)
        known = last | (seen & (late | (soon & struck)))  # a strike soon after the swing, or no late one to wait for
        if not known.all():  # the first open swing waits, and all behind it
            first = int(np.argmin(known))
            limit = int(candidates[first])
            candidates, up, down = candidates[:first], up[:first], down[:first]
            strike, struck = strike[:first], struck[:first]
        self._next = max(self._next, limit)
        return self._contacts(body, candidates, up, down, strike, struck) if len(candidates) else Swings.none()

    def _samples(self, seconds: float) -> int:
        return max(1, round(seconds * self._rate_hz))

    def _candidates(self, body: Ring, first: int, limit: int) -> Index:
        """Sample numbers of mid-swing peaks in [first, limit)."""
        p = self._params
        a, b = max(first, body.start + 1) - body.start, min(limit, body.end - 1) - body.start
        if b <= a:
            return np.empty(0, np.intp)
        x = body.rows[SLOW]
        here = x[a:b]
        is_peak = (here > x[a - 1 : b - 1]) & (here >= x[a + 1 : b + 1]) & (here > p.least_peak_dps)
        peaks = np.flatnonzero(is_peak) + a
        peaks = peaks[x[peaks] > p.least_peak_share * body.rows[USUAL, peaks]]
        if len(peaks) == 0:
            return np.empty(0, np.intp)
        numbers = peaks + body.start
        height = x[peaks]
        rival, later, echo = (self._samples(seconds) for seconds in (p.rival_s, p.rival_after_s, p.echo_s))
        before = body.windows(SLOW, numbers - echo, echo)
        after = body.windows(SLOW, numbers + 1, later)
        near = before[:, echo - rival :]
        keep = (near.max(axis=1) < height) & (after.max(axis=1) <= height) & (before.max(axis=1) < 2 * height)
        keep &= np.maximum(near.min(axis=1), after.min(axis=1)) < (1 - p.prominence) * height
        return np.asarray(numbers[keep])

    def _up_and_down(self, body: Ring, peaks: Index) -> tuple[Index, Index, NDArray[np.bool_]]:
        """Where the rate last rose through zero before each peak, falls (nearly) to zero after it, and if it does."""
        span = self._samples(self._params.longest_half_swing_s)
        after = body.windows(RATE, peaks, span)
        below = after <= self._params.swing_over * body.windows(SLOW, peaks, 1)
        ended = below.any(axis=1) & (peaks + below.argmax(axis=1) < body.end)
        down = peaks + np.where(ended, below.argmax(axis=1), after.argmin(axis=1))
        before = body.windows(RATE, peaks - span + 1, span)[:, ::-1]
        below = before <= 0
        up = peaks - np.where(below.any(axis=1), below.argmax(axis=1), before.argmin(axis=1))
        return up, down, ended

    def _contacts(
        self, body: Ring, peaks: Index, up: Index, down: Index, strike: Array, struck: NDArray[np.bool_]
    ) -> Swings:
        height = body.windows(SLOW, peaks, 1)[:, 0]
        initial, confidence, source = self._initial(body, peaks, down, strike, struck)
        final = self._final(body, up) + self._params.final_offset_s * self._rate_hz
        return Swings(peaks, down, height, final, initial, confidence, source)

    def _initial(
        self, body: Ring, peaks: Index, down: Index, strike: Array, struck: NDArray[np.bool_]
    ) -> tuple[Array, Array, Index]:
        """Initial contacts, confidence and source: strike, soon or late, else trough of the rate, else swing's end."""
        p, rate = self._params, self._rate_hz
        rows = np.flatnonzero(~struck)
        if len(rows):
            strike[rows], struck[rows] = self._strike(body, peaks[rows], down[rows], p.late_window_s)
        span = self._samples(p.initial_window_s)
        x = body.windows(RATE, down - 1, span + 2)
        trough = (x[:, 1:-1] < x[:, :-2]) & (x[:, 1:-1] <= x[:, 2:]) & (x[:, 1:-1] < -p.least_trough_dps)
        has_trough = trough.any(axis=1)
        at = trough.argmax(axis=1)
        gyro = down + at + _vertex(x, at + 1) + p.trough_offset_s * rate
        initial = np.where(struck, strike, np.where(has_trough, gyro, down + p.no_trough_s * rate))
        confidence = np.where(struck, 1.0, np.where(has_trough, 0.7, 0.4))
        return initial, confidence, np.where(struck, 1, np.where(has_trough, 0, 2))

    def _strike(self, body: Ring, peaks: Index, down: Index, window_s: float) -> tuple[Array, NDArray[np.bool_]]:
        """Where the jerk of the landing rises through its share of the height, and whether it is a strike at all."""
        p = self._params
        kernel = self._jerk_kernel
        lag = len(kernel) // 2
        before = self._samples(p.before_end_s)
        span = before + self._samples(window_s)
        first = down - before

        def jerk(start: Index, length: int) -> Array:
            seen = body.windows(JERK, start - lag, length + 2 * lag)
            return np.asarray(correlate1d(seen, kernel, axis=1)[:, lag : lag + length])

        landing = jerk(first, span)
        quarter = self._samples(0.1)
        usual = median(jerk(peaks - quarter, 2 * quarter))
        height = landing.max(axis=1)
        above = (landing >= p.strike_share * height[:, None]).argmax(axis=1)
        a = np.take_along_axis(landing, np.maximum(above - 1, 0)[:, None], axis=1)[:, 0]
        b = np.take_along_axis(landing, above[:, None], axis=1)[:, 0]
        rise = np.where((above > 0) & (b > a), b - a, 1.0)
        back = np.where((above > 0) & (b > a), (b - p.strike_share * height) / rise, 0.0)
        return first + above - back + p.strike_offset_s * self._rate_hz, height > p.least_strike * usual

    def _final(self, body: Ring, up: Index) -> Array:
        p = self._params
        span = self._samples(p.final_window_s)
        x = body.windows(RATE, up - span, span + 2)
        trough = x[:, : span + 1].argmin(axis=1)
        depth = np.take_along_axis(x, trough[:, None], axis=1)
        level = np.minimum(p.final_share * depth, 0.0)
        column = np.arange(span + 2)
        below = (x <= level) & (column <= span)
        last = span + 1 - below[:, ::-1].argmax(axis=1)
        last = np.where(below.any(axis=1), np.minimum(last, span), span)
        a = np.take_along_axis(x, last[:, None], axis=1)[:, 0]
        b = np.take_along_axis(x, last[:, None] + 1, axis=1)[:, 0]
        part = np.where(b > a, (level[:, 0] - a) / np.where(b > a, b - a, 1.0), 0.0)
        return np.asarray(up - span + last + np.clip(part, 0.0, 1.0))


def _vertex(x: Array, at: Index) -> Array:
    """Where between samples a parabola through the trough and its neighbours is lowest, -0.5 .. 0.5."""
    a, b, c = (np.take_along_axis(x, (at + d)[:, None], axis=1)[:, 0] for d in (-1, 0, 1))
    bend = a - 2 * b + c
    return np.asarray(np.clip(np.where(bend > 0, 0.5 * (a - c) / np.where(bend > 0, bend, 1.0), 0.0), -0.5, 0.5))
