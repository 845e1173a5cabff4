"""Pairs: Polar tells acceleration and turning in frames of their own; a packet needs both of the same moment.

Each reading gets a slot, counted on from the frame before as long as the stamps agree that none is missing, else by its
time. Slots that both kinds have are told; a reading whose partner never came is lost. Nothing is interpolated: a pair
may lie up to half a period apart, by the same amount as long as it streams. Nothing is told before two frames in a row,
of either kind, have shown the true rate: with the nominal one, frames that end apart would pair off by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array
from surefoot.sensors.makers.polarframe import ACC, GYRO


@dataclass(frozen=True, slots=True)
class PairParams:
    """How frames follow one another. All P: from the maker's description, no recording of such frames is public."""

    missing: float = 1.5  # readings: a frame that comes so much later than counted has lost one before it
    first_share: float = 0.05  # of a frame's readings, while only the nominal rate is known
    learn: float = 0.2  # of each frame, to the true rate
    hold_s: float = 6.0  # readings older than that no longer wait for their partners
    hold_frames: int = 8  # while the rate is not known
    leap_s: float = 60.0  # stamps that leap so far mean that the clock was set


@dataclass(frozen=True, slots=True, eq=False)
class Paired:
    """Readings of consecutive slots (n, 3) each; the first acceleration was taken at ``first_ns``."""

    first_ns: int
    acc: Array
    gyr: Array


@dataclass(slots=True)
class _Track:
    """The readings of one kind that wait, oldest first; times are since the origin."""

    slots: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    ns: Array = field(default_factory=lambda: np.empty(0))
    values: Array = field(default_factory=lambda: np.empty((0, 3)))
    last_ns: float | None = None
    last_slot: int = 0

    def add(self, slots: NDArray[np.int64], ns: Array, values: Array) -> None:
        new = slots > self.last_slot if self.last_ns is not None else np.ones(len(slots), dtype=bool)
        self.slots = np.concatenate([self.slots, slots[new]])
        self.ns = np.concatenate([self.ns, ns[new]])
        self.values = np.concatenate([self.values, values[new]])
        self.last_slot = int(slots[-1]) if self.last_ns is None else max(int(slots[-1]), self.last_slot)
        self.last_ns = float(ns[-1])

    def drop(self, before: int) -> None:
        """Forget what lies before a slot."""
        k = int(np.searchsorted(self.slots, before))
        self.slots, self.ns, self.values = self.slots[k:], self.ns[k:], self.values[k:]


class Pairs:
    _newest: int | None
    _held: list[tuple[int, float, Array]]
    _stamps: dict[int, float]

    def __init__(self, rate_hz: float, params: PairParams | None = None) -> None:
        self._params = params or PairParams()
        self._rate_hz = rate_hz
        self._begin(0)

    def update(self, measurement: int, last_ns: int, values: Array) -> list[Paired]:
        """A frame's readings (n, 3), the last taken at ``last_ns``; what is whole with them."""
        if self._newest is None or abs(last_ns - self._newest) > self._params.leap_s * 1e9:
            self._begin(last_ns)
        stamp = float(last_ns - self._origin)
        if measurement in self._stamps and stamp <= self._stamps[measurement]:
            return []  # the same frame again, or an older one
        self._learn(measurement, stamp, len(values))
        self._stamps[measurement] = stamp
        self._newest = max(last_ns, self._newest or last_ns)
        self._held = [*self._held, (measurement, stamp, values)][-self._params.hold_frames :]
        if not self._known:
            return []
        for kind, ns, readings in self._held:
            self._add(kind, ns, readings)
        self._held = []
        return list(self._paired())

    def _begin(self, origin: int) -> None:
        self._origin = origin
        self._newest, self._stamps, self._held, self._known = None, {}, [], False
        self._period_ns = 1e9 / self._rate_hz  # of both: one chip takes them
        self._tracks = {kind: _Track() for kind in (ACC, GYRO)}

    def _learn(self, measurement: int, stamp: float, count: int) -> None:
        """The true period, from a frame that followed the one before."""
        if measurement not in self._stamps or not self._follows(stamp - self._stamps[measurement], count):
            return
        share = self._params.learn if self._known else 1.0
        self._period_ns += share * ((stamp - self._stamps[measurement]) / count - self._period_ns)
        self._known = True

    def _follows(self, passed_ns: float, count: int) -> bool:
        p = self._params
        slack = p.missing if self._known else max(p.missing, p.first_share * count)
        return abs(passed_ns / self._period_ns - count) <= slack

    def _add(self, kind: int, stamp: float, values: Array) -> None:
        track, count = self._tracks[kind], len(values)
        spacing = self._period_ns
        if track.last_ns is not None and self._follows(stamp - track.last_ns, count):
            spacing = (stamp - track.last_ns) / count
            last_slot = track.last_slot + count
        else:
            last_slot = self._slot(track, stamp)
        back = np.arange(1 - count, 1)
        track.add(last_slot + back, (stamp + back * spacing).astype(np.float64), values)
        track.drop(track.last_slot - int(self._params.hold_s * self._rate_hz))

    def _slot(self, track: _Track, stamp: float) -> int:
        """By time: from its own frame before, so that pairs stay pairs; from the other kind's when that is long ago."""
        known = [other for other in self._tracks.values() if other.last_ns is not None]
        if not known:
            return 0
        before = max(known, key=lambda other: other.last_ns or 0.0)
        if track.last_ns is not None and stamp - track.last_ns < self._params.hold_s * 1e9:
            before = track
        return before.last_slot + round((stamp - (before.last_ns or 0.0)) / self._period_ns)

    def _paired(self) -> Iterator[Paired]:
        acc, gyr = self._tracks[ACC], self._tracks[GYRO]
        both, k, j = np.intersect1d(acc.slots, gyr.slots, assume_unique=True, return_indices=True)
        if not len(both):
            return
        for run in np.split(np.arange(len(both)), np.flatnonzero(np.diff(both) != 1) + 1):
            yield Paired(self._origin + round(acc.ns[k[run[0]]]), acc.values[k[run]], gyr.values[j[run]])
        for track in (acc, gyr):
            track.drop(int(both[-1]) + 1)
