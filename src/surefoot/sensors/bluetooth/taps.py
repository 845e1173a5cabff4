"""Taps: two sharp knocks on one worn sensor while the others are still, so that a person can say "this one".

Whatever the sensor's axes: a knock is a short departure of the acceleration's size from that of gravity, out of
quiet. Landings are none: a swing comes before. Our own (P); tests/test_taps.py tells how often nobody tapped.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array, Samples

Key = TypeVar("Key", bound=Hashable)
G_MPS2 = 9.80665


@dataclass(frozen=True, slots=True)
class TapParams:
    """All P: tried on simulated taps at 52 to 104 Hz, and on hours in which nobody tapped."""

    knock_mps2: float = 5.0  # departure from gravity that begins a knock
    quiet_mps2: float = 2.5  # below that there is none
    quiet_dps: float = 60.0
    quiet_s: float = 0.4  # before the first knock, and behind the last
    longest_s: float = 0.15  # from where a knock begins to where it is over
    apart_s: tuple[float, float] = (0.12, 1.0)  # from one knock to the next
    kept_s: float = 4.0  # of what is known of all sensors
    most_kept_s: float = 60.0  # where one of them is silent


@dataclass(slots=True, eq=False)
class _Heard:
    """The last seconds of one sensor: times, departures from gravity, turning; ``done_s``: how far it was looked at."""

    times: Array = field(default_factory=lambda: np.empty(0))
    size: Array = field(default_factory=lambda: np.empty(0))
    turn: Array = field(default_factory=lambda: np.empty(0))
    done_s: float = -np.inf

    @property
    def end_s(self) -> float:
        return float(self.times[-1]) if len(self.times) else -np.inf

    def add(self, item: Samples) -> None:
        times = item.start_s + np.arange(len(item)) / item.rate_hz
        size = np.abs(np.sqrt((item.acc * item.acc).sum(axis=1)) - G_MPS2)
        self.times, self.size = np.concatenate([self.times, times]), np.concatenate([self.size, size])
        self.turn = np.concatenate([self.turn, np.sqrt((item.gyr * item.gyr).sum(axis=1))])

    def forget_before(self, time_s: float) -> None:
        first = int(np.searchsorted(self.times, time_s))
        self.times, self.size, self.turn = self.times[first:], self.size[first:], self.turn[first:]

    def between(self, start_s: float, end_s: float) -> slice:
        return slice(*(int(k) for k in np.searchsorted(self.times, (start_s, end_s))))


class TapWatch(Generic[Key]):
    """Samples of several sensors, each under a key of its own; which of them was tapped twice, and when.

    A pair of knocks is told when every sensor is known ``quiet_s`` beyond the longest one.
    """

    def __init__(self, keys: Iterable[Key], params: TapParams = TapParams()) -> None:
        self._heard: dict[Key, _Heard] = {key: _Heard() for key in keys}
        self._params = params

    def update(self, key: Key, item: Samples) -> list[tuple[Key, float]]:
        """Take the next samples of one sensor; return the keys tapped twice, each with the time of its first knock."""
        if len(item) == 0:
            return []
        self._heard[key].add(item)
        known_s = min(heard.end_s for heard in self._heard.values())
        told = [(who, at_s) for who in self._heard for at_s in self._pairs(who, known_s)]
        for heard in self._heard.values():
            heard.forget_before(max(known_s - self._params.kept_s, heard.end_s - self._params.most_kept_s))
        return told

    def _pairs(self, key: Key, known_s: float) -> Iterable[float]:
        p, mine = self._params, self._heard[key]
        until_s = known_s - p.apart_s[1] - p.longest_s - p.quiet_s
        knocks = _knocks(mine, p)
        firsts = [at_s for at_s in knocks if mine.done_s < at_s <= until_s and self._quiet_before(mine, at_s)]
        mine.done_s = max(mine.done_s, until_s)
        for at_s in firsts:
            later = [k for k in knocks if p.apart_s[0] <= k - at_s <= p.apart_s[1]]
            if later and self._others_still(key, at_s, later[-1]):
                yield at_s

    def _quiet_before(self, heard: _Heard, at_s: float) -> bool:
        p = self._params
        before = heard.between(at_s - p.quiet_s, at_s - 1e-6)
        known = before.stop > before.start and heard.times[before.start] < at_s - 0.7 * p.quiet_s
        return bool(known and _still(heard, before, p))

    def _others_still(self, key: Key, first_s: float, last_s: float) -> bool:
        p = self._params
        others: Mapping[Key, _Heard] = {who: heard for who, heard in self._heard.items() if who != key}
        return all(_still(h, h.between(first_s - p.quiet_s, last_s + p.quiet_s), p) for h in others.values())


def _still(heard: _Heard, part: slice, p: TapParams) -> bool:
    quiet = heard.size[part].max(initial=0.0) < p.quiet_mps2 and heard.turn[part].max(initial=0.0) < p.quiet_dps
    return bool(quiet)


def _knocks(heard: _Heard, p: TapParams) -> list[float]:
    """When each short departure began. Those that last are something else."""
    loud: NDArray[np.bool_] = heard.size >= p.knock_mps2
    calm = heard.size < p.quiet_mps2
    begins = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]]))
    found: list[float] = []
    for k in begins.tolist():
        at_s = float(heard.times[k])
        if found and at_s - found[-1] < p.apart_s[0]:
            continue  # it rings
        behind = heard.between(at_s, at_s + p.longest_s)
        if calm[behind].any():
            found.append(at_s)
    return found
