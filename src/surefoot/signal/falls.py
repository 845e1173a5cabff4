"""Falls: a shank that is thrown from upright to lying, hits something, and stays down.

After facts/clinical.md 4.3 (P: impact above 3 g, more than 60 deg from upright for more than 2 s). It looks at tenths
of a second, needs no strides and no alignment (upright is then what gravity said just before), and one leg is enough.
Lying down on a bed turns the shank as far; what tells them apart is violence: in a fall the push that the sensor feels
over 0.3 s points where neither a standing nor a lying leg would feel it, the less so the harder it is shaken, or a hard
impact ends a fast turn. Set on acted falls at one ankle at 20 Hz (umafall), where half of the impacts fall between
samples; so most of it looks at tenths of a second, at which any rate sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from surefoot.records import Array, Incident, Side
from surefoot.signal.frames import angles_deg
from surefoot.signal.hands import HandParams, held_before, held_behind, spun, turned_about
from surefoot.signal.tenths import Past, Stretch

SECOND = 10  # hops
BEFORE, UNTIL = 40, 12  # hops before lying between which upright is looked for
LEAST_BEFORE = 5
THROWN, SETTLING = 15, 10  # hops before lying, and of lying, in which the fall happens
LYING = 20  # hops: 2 s (4.3); and so many upright mean that somebody got up
WAS, AHEAD = 2, 4  # seconds looked back for a coarse look, and ahead
LATELY = 30  # seconds before, in which a shank may have been where it comes to lie
APART_S = 4.0  # what two legs tell within so long is one fall
SURE_S = 15.0  # by then both legs have told theirs


@dataclass(frozen=True, slots=True)
class FallParams:
    """Limits of a fall; P, set on umafall (20 Hz) but where said."""

    upright_deg: float = 45.0  # from the frame: who sits with the legs up does not fall from there
    steady_deg: float = 50.0  # from upright, of the tenths of a second before
    steady_share: float = 0.8  # of them; a sensor in a hand points everywhere
    lying_deg: float = 55.0  # the middle of 2 s; 4.3 has 60, but a knee may be bent
    least_lying_deg: float = 35.0  # all of these 2 s
    most_lying_deg: float = 125.0  # beyond this the shank hangs head down
    standing_deg: float = 40.0  # so near upright a shank was within 1.5 s before: who lies already does not fall
    thrown_deg: float = (
        112.0  # from upright, of the push felt over 0.3 s: neither a standing nor a lying leg feels it ...
    )
    shaken_deg: float = 40.0  # ... so much less or more for each e-fold of how it is shaken from tenth to tenth ...
    shaken_g: float = 0.5  # ... beyond this
    push_beyond_deg: float = 10.0  # the push points so much farther than lying does
    impact_g: float = 4.0  # a knock that tells a fall by itself
    plain_impact_g: float = 3.0  # 4.3: with less the fall is "possible" only
    turn_dps: float = 180.0  # peak rate of a fall
    most_peak_dps: float = 800.0  # of any reading: walkers stay below 600; faster, the fall is "possible" only
    together_s: float = 2.0  # the other leg, where worn, is thrown too: within so long ...
    together_dps: float = 100.0  # ... it turns so fast; a sensor taken off leaves the other leg still
    moves_from_s: float = 8.0  # a sensor laid on a table is let go of by then; ...
    moves_s: float = 30.0  # ... who fell moves within so long after that, a sensor on a table does not ...
    moves_dps: float = 3.0  # ... by more than so much (noise is below): if still, the fall is "possible" only
    same_deg: float = 30.0  # before a frame is known: a shank that lies where it was seen lately ...
    same_s: int = 2  # ... for so many seconds has come back there: somebody got up
    not_up_s: float = 300.0  # 7.8 T4: without rising in 5 min
    hands: HandParams = field(default_factory=HandParams)


class Falls:
    """Looks through the tenths of both legs; a fall is told when the person is up again, or after five minutes."""

    def __init__(self, params: FallParams = FallParams()) -> None:
        self._params = params
        self._next: dict[tuple[Side, float], int] = {}  # second of each stretch to be looked at
        self._open: list[_Fallen] = []
        self._starts: list[tuple[Side, float]] = []  # of what was found lately

    @property
    def open_from_s(self) -> float:
        """No fall that began before this time is still to be told."""
        return min((fallen.start_s for fallen in self._open), default=np.inf)

    def find(self, pasts: Mapping[Side, Past], known_s: float) -> list[Incident]:
        """The falls that are over by now, in time order."""
        for side, past in pasts.items():
            for stretch in past.stretches:
                self._look(side, stretch, pasts, known_s)
        alive = {(side, s.start_s) for side, past in pasts.items() for s in past.stretches}
        self._next = {key: at for key, at in self._next.items() if key in alive}
        told, waiting = [], []
        for fallen in self._open:
            end_s, up = self._ended(fallen, known_s)
            if end_s is None:
                waiting.append(fallen)
            elif self._is_one(fallen, end_s):
                moves, lain_s = up or self._moves(fallen, end_s), end_s - fallen.start_s
                if (
                    fallen.plain or moves or lain_s < self._params.moves_from_s + self._params.moves_s
                ):  # neither hard nor alive: laid down
                    told.append(_incident(fallen, end_s, up, moves, self._params))
        self._open = waiting
        self._starts = [(side, at_s) for side, at_s in self._starts if at_s > known_s - self._params.not_up_s - 60.0]
        return sorted(told, key=lambda incident: incident.start_s)

    def _look(self, side: Side, stretch: Stretch, pasts: Mapping[Side, Past], known_s: float) -> None:
        key = side, stretch.start_s
        first = max(self._next.get(key, 0), -(-stretch.first // SECOND) + WAS)
        after = stretch.before(known_s) // SECOND - AHEAD + 1
        if after <= first:
            return
        self._next[key] = after
        for second in _lain_down(stretch, first, after):
            for hop in range(second * SECOND, (second + 1) * SECOND):
                fallen = self._fallen(side, stretch, hop, pasts)
                mine = [at_s for other, at_s in self._starts if other == side]
                if fallen is not None and not any(abs(fallen.start_s - at_s) < APART_S for at_s in mine):
                    self._open.append(fallen)
                    self._starts.append((side, fallen.start_s))

    def _fallen(self, side: Side, stretch: Stretch, hop: int, pasts: Mapping[Side, Past]) -> _Fallen | None:
        """The fall that ends lying from this hop on, if it is one."""
        p = self._params
        upright = self._upright(stretch, hop)
        if upright is None:
            return None
        lying = angles_deg(stretch.acc(hop, hop + LYING), upright)
        tilt_deg = float(np.median(lying))
        if not p.lying_deg <= tilt_deg <= p.most_lying_deg or lying.min() < p.least_lying_deg:
            return None
        if stretch.frame(hop) is None and self._came_back(stretch, hop):
            return None
        first, last = max(stretch.first + 1, hop - THROWN), hop + SETTLING
        if angles_deg(stretch.acc(first, hop), upright).min() > p.standing_deg:
            return None
        impact_g = stretch.jolt(first, last) / np.linalg.norm(upright)
        push = angles_deg(_over_three(stretch.acc(first - 1, last + 1)), upright)
        felt = (float(impact_g.max()), float(push.max()), float(stretch.peak(first, last).max()))
        shaken_g = _shaken(stretch.acc(first, last)) / float(np.linalg.norm(upright))
        thrown = felt[1] + p.shaken_deg * np.log(max(shaken_g, 1e-3) / p.shaken_g) >= p.thrown_deg
        thrown = thrown and felt[1] >= tilt_deg + p.push_beyond_deg
        if felt[2] < p.turn_dps or not (thrown or felt[0] >= p.impact_g):
            return None
        if spun(stretch.gyr(max(stretch.first, hop - THROWN), hop + 2), upright, stretch.hop_s, p.hands):
            return None
        at_s = stretch.time(first + int(impact_g.argmax()))
        if not self._together(side, at_s, pasts):
            return None
        evidence = tuple(zip(("impact_g", "push_deg", "turn_rate_dps"), felt, strict=True))
        plain = felt[0] >= p.plain_impact_g and felt[2] <= p.most_peak_dps
        return _Fallen(
            side, stretch, hop, upright, at_s, plain, (*evidence, ("shaken_g", shaken_g), ("tilt_deg", tilt_deg))
        )

    def _upright(self, stretch: Stretch, hop: int) -> Array | None:
        """What gravity said just before, if that was upright and steady."""
        p = self._params
        frame = stretch.frame(hop)
        span = max(stretch.first, hop - BEFORE), max(stretch.first, hop - UNTIL)
        acc = stretch.acc(*span)
        if acc.shape[1] < LEAST_BEFORE:
            return None
        before = np.median(acc, axis=1)
        if turned_about(stretch.gyr(*span), frame, p.hands.turned_dps, p.hands):
            return None
        if frame is not None:
            if angles_deg(before[:, None], frame[1])[0] > p.upright_deg:
                return None
            before = frame[1] * np.linalg.norm(before)
        steady = (angles_deg(acc, before) <= p.steady_deg).mean() >= p.steady_share
        return np.asarray(before) if steady and before.any() else None

    def _came_back(self, stretch: Stretch, hop: int) -> bool:
        """Whether the shank lies where it was seen lately. Without a frame, who gets up looks like who falls."""
        second = hop // SECOND
        first = max(-(-stretch.first // SECOND), second - LATELY)
        acc = stretch.acc(first * SECOND, max(first, second - BEFORE // SECOND) * SECOND)
        if acc.shape[1] == 0:
            return False
        lies = np.median(stretch.acc(hop, hop + LYING), axis=1)
        was = np.median(acc.reshape(3, -1, SECOND), axis=2)
        return int((angles_deg(was, lies) <= self._params.same_deg).sum()) >= self._params.same_s

    def _is_one(self, fallen: _Fallen, end_s: float) -> bool:
        """Whether a fall that is over was one, and is to be told of this leg."""
        turned = held_behind(fallen.stretch, fallen.start_s, fallen.hop + SETTLING, fallen.upright, self._params.hands)
        return not (turned or self._told_by_the_other(fallen)) and self._was_upright(fallen, end_s)

    def _was_upright(self, fallen: _Fallen, end_s: float) -> bool:
        """Whether what was taken for upright is what a frame found since says, if there is one."""
        frame = fallen.stretch.frame_found(fallen.stretch.before(end_s))
        return frame is None or float(angles_deg(fallen.upright[:, None], frame[1])[0]) <= self._params.upright_deg

    def _together(self, side: Side, at_s: float, pasts: Mapping[Side, Past]) -> bool:
        """Whether the other leg stood and was thrown too; nothing against it where it was not recorded."""
        p = self._params
        for other, past in pasts.items():
            stretch = past.at(at_s) if other != side else None
            if stretch is not None:
                peak = stretch.peak(stretch.before(at_s - p.together_s), stretch.before(at_s + p.together_s))
                if peak.max(initial=0.0) < p.together_dps or held_before(stretch, at_s, p.hands):
                    return False
        return True

    def _told_by_the_other(self, fallen: _Fallen) -> bool:
        first = min((side for side, at_s in self._starts if abs(at_s - fallen.start_s) < APART_S), default=fallen.side)
        return first != fallen.side

    def _ended(self, fallen: _Fallen, known_s: float) -> tuple[float | None, bool]:
        """When the person was up, the five minutes were over or the recording ended; and whether they got up."""
        if known_s < fallen.start_s + SURE_S:
            return None, False
        stretch, latest_s = fallen.stretch, fallen.start_s + self._params.not_up_s
        last = stretch.before(min(known_s, latest_s))
        up = angles_deg(stretch.acc(fallen.hop, last), fallen.upright) < self._params.least_lying_deg
        if len(up) >= LYING:
            risen = sliding_window_view(up, LYING).all(axis=1)
            if risen.any():
                return stretch.time(fallen.hop + int(risen.argmax())), True
        stopped_s = stretch.time(stretch.end)
        if stopped_s < latest_s and known_s > stopped_s + 2 * stretch.hop_s:
            return stopped_s, False
        return (latest_s if known_s >= latest_s else None), False

    def _moves(self, fallen: _Fallen, end_s: float) -> bool:
        stretch, p = fallen.stretch, self._params
        first = fallen.hop + SETTLING + round(p.moves_from_s / stretch.hop_s)
        last = stretch.before(min(end_s, fallen.start_s + p.moves_from_s + p.moves_s))
        peak = stretch.peak(min(first, last), last)
        return bool(len(peak) and peak.max() - np.median(peak) > p.moves_dps)


@dataclass(frozen=True, slots=True, eq=False)
class _Fallen:
    """Somebody who lies since ``hop`` of a stretch."""

    side: Side
    stretch: Stretch
    hop: int
    upright: Array
    start_s: float
    plain: bool  # a knock, and no faster than legs turn
    evidence: tuple[tuple[str, float], ...]


def _incident(fallen: _Fallen, end_s: float, up: bool, moves: bool, p: FallParams) -> Incident:
    lain = end_s - fallen.start_s
    evidence = (*fallen.evidence, ("lying_s", lain))
    if not up and lain >= p.not_up_s:
        evidence = (*evidence, ("not_up_after_s", lain))
    return Incident("fall", None, fallen.start_s, end_s, "probable" if fallen.plain and moves else "possible", evidence)


def _lain_down(stretch: Stretch, first: int, after: int) -> list[int]:
    """Seconds behind which gravity is far from where it was two seconds before, and stays."""
    acc = stretch.acc((first - WAS) * SECOND, (after + 2) * SECOND).reshape(3, -1, SECOND)
    mean = acc[:, :, 0].copy()
    for k in range(1, SECOND):  # in a fixed order, so that the sum does not hang on how many there are
        mean += acc[:, :, k]
    mean /= np.maximum(np.sqrt(mean[0] * mean[0] + mean[1] * mean[1] + mean[2] * mean[2]), 1e-9)
    was, now, then = mean[:, : -WAS - 2], mean[:, WAS + 1 : -1], mean[:, WAS + 2 :]
    moved = was[0] * now[0] + was[1] * now[1] + was[2] * now[2] < np.cos(np.deg2rad(40.0))
    stays = now[0] * then[0] + now[1] * then[1] + now[2] * then[2] > np.cos(np.deg2rad(40.0))
    return [first + int(k) for k in np.flatnonzero(moved & stays)]


def _over_three(acc: Array) -> Array:
    return np.asarray((acc[:, :-2] + acc[:, 1:-1] + acc[:, 2:]) / 3)


def _shaken(acc: Array) -> float:
    """Root mean square change from one tenth of a second to the next, in the unit of (3, n) accelerations."""
    change = acc[:, 1:] - acc[:, :-1]
    return float(np.sqrt((change * change).sum() / change.shape[1]))
