"""Giving way in quiet standing: one shank, still for a second, leans forward fast and comes back, the other does not.

After facts/clinical.md 4.3 and 4.4 (P; simulated only). Tenths of a second are enough: turned over a tenth is exactly
what was leaned in it. Both shanks leaning together is a squat or a seat taken. A shank in front of a chair looks as one
in a queue, so standing is only believed within half a minute behind strides or some seconds before them, with nothing
but quiet in between; everywhere else nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from surefoot.records import SIDES, Array, Incident, Side
from surefoot.signal.table import StrideTable
from surefoot.signal.tenths import Past, Stretch

STILL = 10  # hops: 1 s before (4.4)
OUT, BACK, LANDS = 5, 6, 6  # hops in which it leans, comes back, and in which a lifted foot would land
AHEAD_S = 14.0  # seen ahead: strides to come
KEPT_S = 60.0


@dataclass(frozen=True, slots=True)
class StandingParams:
    """Limits of a giving way in standing; P, from the pulses of 4.3 but where said."""

    still_dps: float = 12.0  # of this shank (4.4: 10, without the sensor's bias)
    other_still_dps: float = 20.0
    upright_deg: float = 30.0  # of the frame: or the sensor sits another way, or nobody stands
    least_rate_dps: float = 60.0  # 4.4
    least_tilt_deg: float = 4.5  # 4.4 has 8: half of a knee bent by 15 deg is less
    most_tilt_deg: float = 20.0  # more is a step or a squat
    forward_share: float = 0.8  # of the turn that is forward
    back_share: float = 0.5
    through_share: float = 0.4  # and no farther back than this behind where it began: a step swings through
    most_jolt_g: float = 1.2  # as it comes back: the foot stayed on the floor (4.4); one that steps lands harder
    alone_out_s: float = 0.3  # with one leg worn nothing tells a squat or a rise, so only the fastest count
    mirrored_share: float = 0.4  # of the turn, by the other shank meanwhile
    after_strides_s: float = 30.0  # standing is believed so long behind a stride ...
    least_strides: int = 3  # of both legs ...
    together_s: float = 6.0  # ... within so long are walking
    halt_s: float = 2.0  # ... from so long behind it on ...
    settled_s: float = 3.0  # ... or from so long behind the event ...
    start_s: float = 2.5  # ... to so long before a stride, in which somebody starts to walk, ...
    between_dps: float = 8.0  # ... while the shank turns no faster: even slow rising and sitting down do
    probable_tilt_deg: float = 7.0
    probable_rate_dps: float = 75.0


class Standing:
    """Looks through the tenths of both legs and the strides told so far."""

    def __init__(self, params: StandingParams = StandingParams()) -> None:
        self._params = params
        self._next: dict[tuple[Side, float], int] = {}
        self._spans: Array = np.empty((0, 2))  # start and end of strides of either leg

    def find(self, pasts: Mapping[Side, Past], strides: StrideTable, known_s: float) -> list[Incident]:
        """Incidents that are certain by now, from the strides that became certain and all tenths."""
        if len(strides):
            spans = np.stack([strides["start_s"], strides["end_s"]], axis=1)
            self._spans = np.concatenate([self._spans, spans])
        found = []
        for side, past in pasts.items():
            for stretch in past.stretches:
                found += [i for i in self._look(side, stretch, pasts, known_s) if i is not None]
        alive = {(side, s.start_s) for side, past in pasts.items() for s in past.stretches}
        self._next = {key: at for key, at in self._next.items() if key in alive}
        self._spans = self._spans[self._spans[:, 1] > known_s - KEPT_S]
        return sorted(found, key=lambda incident: (incident.start_s, SIDES.index(incident.side or "left")))

    def _look(
        self, side: Side, stretch: Stretch, pasts: Mapping[Side, Past], known_s: float
    ) -> Iterator[Incident | None]:
        key = side, stretch.start_s
        first = max(self._next.get(key, 0), stretch.first + STILL)
        after = min(stretch.before(known_s - AHEAD_S), stretch.end - OUT - BACK)
        if after <= first:
            return
        self._next[key] = after
        for hop in _onsets(stretch, first, after, self._params):
            yield self._judge(side, stretch, int(hop), pasts)

    def _judge(self, side: Side, stretch: Stretch, hop: int, pasts: Mapping[Side, Past]) -> Incident | None:
        p, at_s = self._params, stretch.time(hop)
        lean, frame = _turned(stretch, hop, OUT + BACK), stretch.frame_found(hop)
        size = np.sqrt((lean * lean).sum(axis=0))
        out = int(size[:OUT].argmax())
        tilt_deg = float(size[out])
        along = lean[:, out] @ lean[:, out : out + BACK + 1] / max(tilt_deg, 1e-9)
        back_deg = tilt_deg - float(along.min())
        rate_dps = float(stretch.peak(hop, hop + out + 1).max())
        if frame is None or not p.least_tilt_deg <= tilt_deg <= p.most_tilt_deg or rate_dps < p.least_rate_dps:
            return None
        forward = -frame[2] @ lean[:, out] >= p.forward_share * tilt_deg
        if not (forward and p.back_share * tilt_deg <= back_deg <= (1 + p.through_share) * tilt_deg):
            return None
        still = stretch.acc(hop - STILL, hop).mean(axis=1)
        still_g = np.sqrt((still * still).sum())
        if frame[1] @ still < np.cos(np.deg2rad(p.upright_deg)) * still_g:
            return None
        if stretch.jolt(hop + out + 1, hop + out + 1 + LANDS).max() > p.most_jolt_g * still_g:
            return None
        others = [past.at(at_s) for other, past in pasts.items() if other != side]
        if not all(self._still(other, at_s, out, tilt_deg) for other in others if other):
            return None
        if (not any(others) and (out + 1) * stretch.hop_s > p.alone_out_s + 1e-6) or not self._stands(stretch, hop):
            return None
        sure = tilt_deg >= p.probable_tilt_deg and rate_dps >= p.probable_rate_dps and any(others)
        evidence = (
            ("lean_rate_dps", rate_dps),
            ("added_tilt_deg", tilt_deg),
            ("returned_tilt_deg", back_deg),
            ("still_before_s", STILL * stretch.hop_s),
        )
        return Incident("giving_way", side, at_s, at_s + 0.5, "probable" if sure else "possible", evidence)

    def _still(self, other: Stretch, at_s: float, out: int, tilt_deg: float) -> bool:
        """Whether the other shank was still before, and does not lean as well."""
        p, hop = self._params, other.before(at_s)
        if hop - STILL < other.first or hop + out + 1 > other.end:
            return True
        lean = _turned(other, hop, out + 1)[:, -1]
        quiet = other.peak(hop - STILL, hop).max() < p.other_still_dps
        return bool(quiet and np.sqrt((lean * lean).sum()) < p.mirrored_share * tilt_deg)

    def _stands(self, stretch: Stretch, hop: int) -> bool:
        """Whether strides lie near, and nothing but quiet between."""
        p, at_s, bias = self._params, stretch.time(hop), stretch.gyr(hop - STILL, hop).mean(axis=1)

        def quiet(from_s: float, to_s: float) -> bool:
            first = stretch.before(from_s)
            turn = stretch.gyr(first, max(first, stretch.before(to_s))) - bias[:, None]
            fastest = (turn * turn).sum(axis=0).max(initial=0.0)
            return bool(from_s >= stretch.time(stretch.first) and fastest < p.between_dps**2)

        known = self._spans[self._spans[:, 1] < at_s + AHEAD_S]
        before, behind = np.sort(known[known[:, 1] <= at_s, 1]), np.sort(known[known[:, 0] >= at_s, 0])
        few = p.least_strides - 1  # a leg that swings in a chair makes one or two
        if len(before) > few and before[-1] - before[-1 - few] <= p.together_s:
            halted_s = float(before[-1]) + p.halt_s
            if at_s - halted_s <= p.after_strides_s and quiet(halted_s, at_s):
                return True
        if len(behind) <= few or behind[few] - behind[0] > p.together_s:
            return False
        return quiet(at_s + p.settled_s, float(behind[0]) - p.start_s)


def _onsets(stretch: Stretch, first: int, after: int, p: StandingParams) -> NDArray[np.intp]:
    """Hops in [first, after) with which a fast turn begins out of a still second."""
    peak = stretch.peak(first - STILL, after + OUT)
    still = np.asarray(sliding_window_view(peak[: len(peak) - OUT - 1] < p.still_dps, STILL).all(axis=1))
    fast = sliding_window_view(peak[STILL:], OUT).max(axis=1)[: len(still)] >= p.least_rate_dps
    moves = peak[STILL : STILL + len(still)] >= p.still_dps
    return np.flatnonzero(still & fast & moves) + first


def _turned(stretch: Stretch, hop: int, count: int) -> Array:
    """(3, count) what the sensor turned since ``hop``, degrees, without the bias it had in the still second before."""
    bias = stretch.gyr(hop - STILL, hop).mean(axis=1)
    return np.asarray(np.cumsum(stretch.gyr(hop, hop + count) - bias[:, None], axis=1) * stretch.hop_s)
