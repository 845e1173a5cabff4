"""Clocks: how far the two sensors' clocks stand apart, told by the shock of each landing that the other leg feels.

When one foot lands, the shank of the other, still standing leg begins to shake within some milliseconds. Held against
the landing's own time, the beginning comes early for one leg and late for the other by as much as the clocks differ;
half the difference is the offset. Steps and double support would give it too, but only for a gait whose legs are
alike, which is what our patients' are not; the shock does not care.

P: our own, no source found. At shanks set apart by up to 40 ms it follows to 4 ms in the middle; synchronised ones
read 0 to 15 ms (tests/test_clocks.py). On feet the shake does not follow the other foot's clock: nothing is said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from surefoot.records import SIDES, Array, ClockCheck, Placement, Side
from surefoot.signal.snippets import Snippets

REACH_S = 0.3  # around a landing, more than the search looks at
ALIKE = 0.03  # rates nearer than this are one: each sensor's own is fitted anew from time to time


@dataclass(frozen=True, slots=True)
class ClockParams:
    """How the beginning of the shake is found (P)."""

    least_landings: int = 4  # of each foot
    all_of_landings: int = 100  # of each foot, the first ones
    one_of: int = 8  # of those behind them: a day's would say no more
    kept_landings: int = 200  # of each foot, the last ones looked at: what is said follows the clocks
    look_every: int = 100  # landings looked at, both feet together
    told_again_s: float = 0.010  # a change by so much is told again
    quiet_s: tuple[float, float] = (-0.20, -0.08)  # before the landing
    search_s: tuple[float, float] = (-0.08, 0.10)  # around it: larger offsets are not found
    smooth_s: float = 0.01
    least_rise: float = 1.6  # of the quiet level
    level: float = 0.35  # of the rise, where the shake begins


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """``offset_s``: what the right sensor's clock shows, minus the left's, at the same moment."""

    offset_s: float
    landings: int


@dataclass(frozen=True, slots=True)
class OffsetNotKnown:
    """No offset can be said, and why."""

    reason: str


class ClockWatch:
    """Sees the landings of both feet and the raw readings around them; ``state`` is the offset of two shank sensors."""

    def __init__(self, sides: Sequence[Side], placement: Placement, params: ClockParams = ClockParams()) -> None:
        self._params = params
        self._dumb = "a foot does not feel the other one land" if placement == "foot" else ""
        if not self._dumb and len(sides) < 2:
            self._dumb = "one leg has no sensor"
        self._landings: dict[Side, list[Array]] = {side: [] for side in sides}  # first to last, not looked at yet
        self._seen: dict[Side, int] = dict.fromkeys(sides, 0)
        self._shakes: dict[Side, deque[Array]] = {side: deque(maxlen=params.kept_landings) for side in sides}
        self._counted = 0  # landings whose shake is kept
        self._looked = 0  # of them when the offset was worked out last
        self._last_s = 0.0  # the landing looked at last
        self._rate_hz = 0.0
        self._told_s: float | None = None
        self.state: ClockOffset | OffsetNotKnown = OffsetNotKnown(self._dumb or "no landing yet")

    def notice(self, landings: Mapping[Side, Array]) -> None:
        """Initial contacts (s) of each foot, each once, in order."""
        for side, times in landings.items():
            if not self._dumb and len(times):
                self._landings[side].append(times)

    def needs_from(self, known_s: float) -> float:
        """Readings before this time are not looked at any more."""
        first = (pieces[0][0] for pieces in self._landings.values() if pieces)
        return float(min([known_s, *first])) - REACH_S

    def update(self, known_s: float, raw: Snippets) -> list[ClockCheck]:
        """Look at the landings around which all is known by ``known_s``; return what is new to be said.

        ``known_s`` infinite: none will follow.
        """
        told = []
        for at_s, side in self._due(known_s):
            shake = self._shake(at_s, side, raw)
            if shake is None:
                continue
            self._shakes[side].append(shake)
            self._counted += 1
            self._last_s = at_s
            if self._counted - self._looked >= self._params.look_every:
                told += self._look()
        return told if np.isfinite(known_s) else told + self._look()

    def _due(self, known_s: float) -> list[tuple[float, Side]]:
        """Landings to be looked at now, both feet in order of time."""
        p, due = self._params, []
        for side, pieces in self._landings.items():
            if not pieces:
                continue
            times = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
            count = int(np.searchsorted(times, known_s - REACH_S))
            number = self._seen[side] + np.arange(count)
            chosen = (number < p.all_of_landings) | (number % p.one_of == 0)
            due += [(at_s, side) for at_s in times[:count][chosen].tolist()]
            self._seen[side] += count
            self._landings[side] = [times[count:]] if count < len(times) else []
        return sorted(due)

    def _shake(self, at_s: float, side: Side, raw: Snippets) -> Array | None:
        """Jerk of the other leg's sensor around a landing, on the samples nearest to it; None where one is missing."""
        other = SIDES[1 - SIDES.index(side)]
        found = raw.cut(at_s - REACH_S, at_s + REACH_S, (other,))
        if len(found) != 1 or (self._rate_hz and abs(found[0].rate_hz / self._rate_hz - 1) > ALIKE):
            return None
        piece = found[0]
        rate_hz = self._rate_hz or piece.rate_hz
        reach = round(-1.25 * self._params.quiet_s[0] * rate_hz)
        centre = int(np.ceil((at_s - piece.start_s) * piece.rate_hz - 0.5 - 1e-6))  # many contacts lie half-way
        if centre - reach - 1 < 0 or centre + reach > len(piece):
            return None
        self._rate_hz = rate_hz
        near = piece.acc[centre - reach - 1 : centre + reach]
        change = near[1:] - near[:-1]
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", change, change)) * piece.rate_hz)

    def _look(self) -> list[ClockCheck]:
        """Work the offset out anew."""
        self._looked = self._counted
        self.state = self._offset()
        if isinstance(self.state, OffsetNotKnown):
            return []
        if self._told_s is not None and abs(self.state.offset_s - self._told_s) < self._params.told_again_s:
            return []
        self._told_s = self.state.offset_s
        return [ClockCheck(self._last_s, self.state.offset_s, self.state.landings)]

    def _offset(self) -> ClockOffset | OffsetNotKnown:
        if self._dumb:
            return OffsetNotKnown(self._dumb)
        begins: list[float] = []
        for side, other in (SIDES, SIDES[::-1]):
            shakes = self._shakes[side]
            if len(shakes) < self._params.least_landings:
                least = self._params.least_landings
                return OffsetNotKnown(f"{len(shakes)} landings of the {side} foot, fewer than {least}")
            begin = _begin(np.median(np.array(shakes), axis=0), self._rate_hz, self._params)
            if begin is None:
                return OffsetNotKnown(f"the {other} leg feels no landing of the {side} foot")
            begins.append(begin)
        return ClockOffset((begins[0] - begins[1]) / 2, sum(len(shakes) for shakes in self._shakes.values()))


def _begin(shake: Array, rate_hz: float, params: ClockParams) -> float | None:
    """When the shake rises from quiet to its height, s from the landing; None when it does not."""
    x = gaussian_filter1d(shake, params.smooth_s * rate_hz)
    t = (np.arange(len(x)) - len(x) // 2) / rate_hz
    quiet = float(np.median(x[(t > params.quiet_s[0]) & (t < params.quiet_s[1])]))
    searched = (t > params.search_s[0]) & (t < params.search_s[1])
    height = float(x[searched].max())
    if height <= params.least_rise * quiet:  # also of a sensor that says the same again and again
        return None
    level = quiet + params.level * (height - quiet)
    k = int(np.flatnonzero(searched & (x > level))[0])
    back = (x[k] - level) / (x[k] - x[k - 1]) if x[k - 1] < level else 0.0
    return float(t[k] - back / rate_hz)
