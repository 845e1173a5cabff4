"""Activity: what the person was doing, both legs together, half a minute at a time and a fixed time later.

Strides tell walking and stairs; leans, steps, unrest (``posture.py``) and how the legs hang (``poses.py``) tell sitting
and standing; a shank that lies for long is a person who lies; a seat that shakes without a pause is a vehicle; a sensor
that is turned about and then keeps still is in no place it had on the leg. What cannot be told is "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, inf

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Activity, ActivityKind, Array, Rise, Side
from surefoot.signal.leans import Movement, Pose
from surefoot.signal.poses import PoseParams, Standing, hung, likeliest_of
from surefoot.signal.posture import STANDING, PostureParams, Step
from surefoot.signal.rests import Rests
from surefoot.signal.slots import PAST, SLOT_S, Slot, SlotParams, Slots
from surefoot.signal.table import WORDS, StrideTable
from surefoot.signal.timeline import Piece, Timeline, clipped, laid_over


@dataclass(frozen=True, slots=True)
class ActivityParams:
    """When something is told, and how sure it must be; all P."""

    window_s: float = 30.0  # decided together
    ahead_s: float = 30.0  # seen behind a window before it is decided
    longest_break_s: float = 3.0  # between strides of one walk (Mobilise-D, E1)
    step_s: float = 1.0  # before the first contact of a walk and behind its last a lean is a step
    together_s: float = 0.5  # leans of both legs are one when their tops are no farther apart
    least_sure: float = 0.6  # less is "unknown"
    most_sure: float = 0.9
    most_sure_of_one: float = 0.8  # with one leg
    walking_sure: float = 0.95
    stairs_sure: float = 0.85
    lying_sure: float = 0.7  # a leg put up while sitting looks the same
    riding_sure: float = 0.8
    off_sure: float = 0.8
    posture: PostureParams = field(default_factory=PostureParams)
    poses: PoseParams = field(default_factory=PoseParams)
    slots: SlotParams = field(default_factory=SlotParams)


@dataclass(frozen=True, slots=True)
class Change:
    """A lean of the worn legs that may have changed the posture."""

    start_s: float
    end_s: float
    at_s: float
    worth: float


Moment = tuple[float, Step, Slot | Change | tuple[Side, Pose]]


class ActivityBook:
    """Rests, movements and strides of the legs worn in; activities and rises out, each once."""

    def __init__(self, sides: Sequence[Side], params: ActivityParams = ActivityParams()) -> None:
        self._sides, self._params = tuple(sides), params
        self._slots = Slots(sides, params.slots)
        self._moved: dict[Side, list[Movement]] = {side: [] for side in sides}
        self._strides = np.empty((3, 0))  # start, end, context of each, in order of their end
        self._timeline = Timeline()
        self._next: int | None = None  # number of the window to be decided next
        self._end_s = -inf  # of the last rest taken
        self._start = (0.0, params.posture.at_first)  # scores of sitting and standing
        self._stands: Standing = {}  # how this person stands, as far as is known
        self._spilt: list[Piece] = []  # of a rise that goes on behind the last window

    def update(
        self,
        strides: StrideTable,
        rests: Mapping[Side, Sequence[Rests]],
        moved: Mapping[Side, Sequence[Movement]],
        known_s: float,
    ) -> tuple[list[Activity], list[Rise]]:
        """``known_s``: nothing that ends before it is still to come, of any of these."""
        if len(strides):
            new = np.stack([strides[name] for name in ("start_s", "end_s", "context")])
            self._strides = np.concatenate([self._strides, new], axis=1)
        for side in self._sides:
            self._moved[side] += moved.get(side, ())
            for part in rests.get(side, ()):
                self._take(side, part)
        activities: list[Activity] = []
        rises: list[Rise] = []
        p = self._params
        while self._next is not None and self._next * p.window_s < self._end_s:
            if (self._next + 1) * p.window_s + p.ahead_s > known_s:
                break
            pieces, more = self._decide(self._next)
            activities += self._timeline.update(pieces, (self._next + 1) * p.window_s)
            rises += more
            self._next = max(self._next + 1, self._behind_hole(self._next, known_s))
        if self._next is not None and (self._next + 1) * p.window_s + p.ahead_s <= known_s:
            activities += self._timeline.close()
        return activities, rises

    def _take(self, side: Side, rests: Rests) -> None:
        if len(rests) == 0:
            return
        self._slots.add(side, rests)
        self._end_s = max(self._end_s, float(rests.end_s[-1]))
        if self._next is None:
            self._next = floor(float(rests.start_s[0]) / self._params.window_s)

    def _behind_hole(self, window: int, known_s: float) -> int:
        """The next window in which anything was seen, where nothing was around this one: weeks may lie between."""
        p = self._params
        first_s = self._slots.first_s
        if first_s is None or first_s < (window + 1) * p.window_s + p.ahead_s:
            return window
        return floor((min(first_s, known_s) - p.ahead_s) / p.window_s) - 1

    def _decide(self, window: int) -> tuple[list[Piece], list[Rise]]:
        p = self._params
        start_s, end_s = window * p.window_s, (window + 1) * p.window_s
        first, count, ahead = (round(x / SLOT_S) for x in (start_s, p.window_s, p.ahead_s))
        walks = self._walks(end_s + p.ahead_s)
        walking = _covered(walks, first - PAST, PAST + count + ahead)
        if walking[PAST:].all():
            return self._walked(walks, start_s, end_s)
        slots = self._slots.tell(first, count, ahead, walking)
        changes = self._changes(walks, start_s, end_s + p.ahead_s)
        moments: list[Moment] = [
            ((first + k + 0.5) * SLOT_S, self._step(slot, bool(walking[PAST + k])), slot)
            for k, slot in enumerate(slots)
        ]
        moments += [(c.at_s, Step(0.0, c.worth), c) for c in changes]
        moments += self._poses(start_s, end_s + p.ahead_s)
        moments.sort(key=lambda moment: moment[0])
        poses = {k: what for k, (_, _, what) in enumerate(moments) if isinstance(what, tuple)}
        steps = [step for _, step, _ in moments]
        course, self._stands = likeliest_of(steps, poses, self._start, self._stands, self._sides, p.poses)
        rest: list[Piece] = []
        moves, rises = self._spilt, []
        told = zip(moments, course.posture, course.changed, course.sure, strict=True)
        for (at_s, _, what), now, changed, sure in told:
            if at_s >= end_s:
                break
            if isinstance(what, Slot):
                rest += self._named(what, at_s, now, sure)
            elif changed and isinstance(what, Change):
                moves.append(Piece("rising" if now == STANDING else "sitting_down", what.start_s, what.end_s, sure))
                rises += [Rise(what.start_s, what.end_s)] if now == STANDING else []
        sit, stand = course.scores[max(k for k, moment in enumerate(moments) if moment[0] < end_s)]
        self._start = (max(sit - stand, -_CARRIED), 0.0) if stand > sit else (0.0, max(stand - sit, -_CARRIED))
        self._spilt = clipped(moves, end_s, inf)
        self._forget(end_s)
        above = laid_over(clipped(moves, start_s, end_s), clipped(walks, start_s, end_s))
        return laid_over(rest, above), rises

    def _walked(self, walks: Sequence[Piece], start_s: float, end_s: float) -> tuple[list[Piece], list[Rise]]:
        """A window in which nobody rests."""
        self._slots.skip()
        self._start = (-_CARRIED, 0.0)
        above = laid_over(clipped(self._spilt, start_s, end_s), clipped(walks, start_s, end_s))
        self._spilt = []
        self._forget(end_s)
        return laid_over([Piece("walking", start_s, end_s, self._params.walking_sure)], above), []

    def _step(self, slot: Slot, walking: bool) -> Step:
        p = self._params.posture
        if walking:
            return Step(p.walking, -p.unseen)
        return Step(-p.flat if slot.flat else slot.standing, -p.unseen if slot.recorded else -p.unrecorded)

    def _named(self, slot: Slot, at_s: float, posture: int, sure: float) -> list[Piece]:
        """What the person did in this slot, where nothing more exact is known; nothing where nothing was recorded."""
        p = self._params
        if not slot.recorded:
            return []
        kind: ActivityKind = "standing" if posture == STANDING else "sitting"
        sure = min(sure, p.most_sure if len(self._sides) > 1 else p.most_sure_of_one)
        if slot.off:
            kind, sure = "not_worn", p.off_sure
        elif slot.lying:
            kind, sure = "lying", p.lying_sure
        elif slot.riding:
            kind, sure = "vehicle", p.riding_sure
        elif slot.flat or sure < p.least_sure:
            kind, sure = "unknown", 1.0 - sure
        return [Piece(kind, at_s - 0.5 * SLOT_S, at_s + 0.5 * SLOT_S, sure)]

    def _walks(self, until_s: float) -> list[Piece]:
        """Walks and stairs of the strides that end before this time, in order and without overlap."""
        p = self._params
        strides = self._strides[:, : int(np.searchsorted(self._strides[1], until_s))]
        start, end, context = strides[:, np.argsort(strides[0], kind="stable")]
        walks = _unions("walking", start, end, p.longest_break_s, p.walking_sure)
        stairs: list[Piece] = []
        for kind in ("stairs_up", "stairs_down"):
            mine = context == WORDS["context"].index(kind)
            if mine.any():
                flights = _unions(kind, start[mine], end[mine], _STAIRS_APART_S, p.stairs_sure)
                stairs = laid_over(stairs, flights)
        return laid_over(walks, stairs)

    def _changes(self, walks: Sequence[Piece], start_s: float, until_s: float) -> list[Change]:
        """Leans in this time, those of both legs together as one; while somebody walks there are none."""
        p, step_s = self._params.posture, self._params.step_s * (2.0 if len(self._sides) == 1 else 1.0)
        mine = {
            side: [
                lean
                for movement in moved
                for lean in movement.leans
                if start_s <= lean.at_s < until_s
                and not any(w.start_s - step_s < lean.at_s < w.end_s + step_s for w in walks)
            ]
            for side, moved in self._moved.items()
        }
        if len(self._sides) == 1:
            return [Change(x.start_s, x.end_s, x.at_s, p.one_worn) for x in mine[self._sides[0]]]
        changes, others = [], list(mine[self._sides[1]])
        for lean in mine[self._sides[0]]:
            near = [x for x in others if abs(x.at_s - lean.at_s) <= self._params.together_s]
            if near:
                other = min(near, key=lambda x: abs(x.at_s - lean.at_s))
                others.remove(other)
                worth = p.both_rough if lean.rough or other.rough else p.both_legs
                pair = ((lean.start_s, other.start_s), (lean.end_s, other.end_s), (lean.at_s, other.at_s))
                start, end, at = (0.5 * (a + b) for a, b in pair)
                changes.append(Change(start, end, at, worth))
        return changes

    def _poses(self, start_s: float, until_s: float) -> list[Moment]:
        """When each leg came to hang how, in this time."""
        step = Step(0.0, -self._params.posture.unseen)
        return [
            (at_s, step, (side, pose))
            for side, moved in self._moved.items()
            for at_s, pose in hung(moved, side not in self._stands, self._params.poses)
            if start_s <= at_s < until_s
        ]

    def _forget(self, before_s: float) -> None:
        keep_s = before_s - PAST * SLOT_S - _LONGEST_WALK_LOOK_S
        self._strides = self._strides[:, int(np.searchsorted(self._strides[1], keep_s)) :]
        for side, moved in self._moved.items():
            self._moved[side] = [x for x in moved if x.end_s >= before_s]


def _unions(kind: ActivityKind, start: Array, end: Array, apart_s: float, sure: float) -> list[Piece]:
    """Spans of strides, in order of their start, with no longer break between them."""
    if len(start) == 0:
        return []
    reached = np.maximum.accumulate(end)
    cuts = np.flatnonzero(start[1:] - reached[:-1] > apart_s)
    first, last = np.r_[0, cuts + 1], np.r_[cuts, len(start) - 1]
    return [Piece(kind, a, b, sure) for a, b in zip(start[first].tolist(), reached[last].tolist(), strict=True)]


def _covered(walks: Sequence[Piece], first: int, count: int) -> NDArray[np.bool_]:
    """Which of these slots hold a part of a walk."""
    covered = np.zeros(count, bool)
    for walk in walks:
        a, b = (floor(x / SLOT_S) - first for x in (walk.start_s, walk.end_s))
        covered[max(0, a) : max(0, b + 1)] = True
    return covered


_CARRIED = 20.0  # log-odds: nothing is so sure that a later walk cannot overturn it
_STAIRS_APART_S = 1.0
_LONGEST_WALK_LOOK_S = 10.0
