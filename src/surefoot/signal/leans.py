"""Leans: the shank tilting forward and back once, as it does when somebody rises, sits down or bends the knees.

Rising or sitting down brings the knees over the toes: the shank tilts forward by 8-20 deg and returns within some
seconds (facts/clinical.md 5.3). A movement is what lies between two moments of rest; its course of tilt is the
integral of the rate across gravity, so nothing need be known of how the sensor sits; where it is, bending backward is
no lean. A movement too rough to be taken apart (steps, a kick) is one lean as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import acos, degrees

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, peak_widths

from surefoot.records import Array
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.hops import Hops, concatenate


@dataclass(frozen=True, slots=True)
class LeanParams:
    """What a lean is; P, set on umafall (one ankle, 20 Hz) and on simulated rises."""

    moving_dps: float = 12.0  # a tenth of a second that turns faster belongs to a movement
    pause_s: float = 0.8  # rest that ends a movement
    least_deg: float = 5.0
    most_deg: float = 45.0  # 5.3: 8-20; a step back to the chair adds to it
    most_left_deg: float = 29.0  # farther from where it began, the foot planted: kneeling, squatting, bending down
    most_put_deg: float = 55.0  # the foot put elsewhere: drawn back below a seat 31-40 in umafall; who lies 62 and more
    step_dps: float = 120.0  # a shank that turns faster takes its foot along: 5.3 asks for half of it at most
    shortest_s: float = 0.7  # a tilt that stays and took less: a foot put elsewhere
    smooth_dps: float = 220.0  # a faster movement is not taken apart
    rough_s: float = 12.0  # longest rough movement taken as a whole; walking is longer
    edge_s: float = 4.0  # of a longer one, how much of its beginning and end is looked at
    smooth_s: float = 45.0  # longest smooth one: rising and sitting down again and again for half a minute


Pose = tuple[float, float, float]  # direction of gravity in the sensor's axes, a unit vector


@dataclass(frozen=True, slots=True)
class Lean:
    """From where the tilt begins to where it ends, ``at_s`` farthest; ``rough``: a movement not taken apart."""

    start_s: float
    end_s: float
    at_s: float
    size_deg: float
    rough: bool


@dataclass(frozen=True, slots=True)
class Movement:
    """What lies between two rests, how the leg hung in them where that was seen, and its leans.

    Of a long one only the edges are looked at, as two movements, the first of them without a rest behind it.
    """

    start_s: float
    end_s: float
    before: Pose | None
    behind: Pose | None
    leans: tuple[Lean, ...] = ()


class LeanFinder:
    """Hops of one track in, with the alignment after each block; movements out, each once, a fixed time later."""

    def __init__(self, hop_s: float, block_hops: int, start_s: float, params: LeanParams = LeanParams()) -> None:
        self._hop_s, self._block, self._start_s, self._params = hop_s, block_hops, start_s, params
        self._pause, self._edge, self._rough, self._longest = (
            max(1, round(s / hop_s)) for s in (params.pause_s, params.edge_s, params.rough_s, params.smooth_s)
        )
        self._reach = (1 - (self._longest + 2 * self._pause) // -block_hops) * block_hops
        self._waiting: list[Hops] = []  # until a block is whole
        self._kept: Hops | None = None
        self._first = 0  # number of the first hop kept, a whole number of blocks
        self._frames: list[Aligned | NotYet] = []  # of the blocks from that hop on
        self._hung: Pose | None = None  # at rest before the movement last begun
        self._done = 0  # movements that begin or end before this hop have been looked at

    @property
    def known_s(self) -> float:
        """No movement that ends before this time is still to come."""
        return self._start_s + self._hop_s * (self._done - self._longest)

    def update(self, hops: Hops, frames: Sequence[Aligned | NotYet], last: bool = False) -> list[Movement]:
        """``frames``: of the blocks these hops complete; ``last``: rest follows."""
        self._waiting += [hops] if len(hops) else []
        self._frames += frames
        if not self._frames or not (frames or last):
            return []
        self._kept = concatenate([*([] if self._kept is None else [self._kept]), *self._waiting])
        self._waiting = []
        seen = self._first + (len(self._kept) if last else self._block * len(self._frames))
        until = seen if last else seen - self._reach
        if until <= self._done:
            return []
        spans = _movements(self._kept.peak[: seen - self._first] > self._params.moving_dps, self._pause)
        found: list[Movement] = []
        for a, b in (spans + self._first).tolist():
            begins, ends = self._done <= a < until, self._done <= b < until or (last and b == until)
            fast = a + np.flatnonzero(self._kept.peak[a - self._first : b - self._first] > self._params.smooth_dps)
            if not (begins or ends):
                continue
            if begins:
                self._hung = self._hangs(a - self._pause, a)
            behind = self._hangs(b, b + self._pause) if ends else None
            if b - a <= (self._rough if len(fast) else self._longest):
                found += [self._movement(a, b, behind)] if ends else []
            elif len(fast):  # a walk, mostly: what came before its first swing and after its last
                found += [self._movement(a, min(a + self._edge, int(fast[0])), None)] if begins else []
                found += [self._movement(max(b - self._edge, int(fast[-1]) + 1), b, behind)] if ends else []
            else:
                found += [self._movement(b, b, behind)] if ends else []
        self._done = until
        drop = max(0, until - self._reach - self._first) // self._block
        self._kept, self._first, self._frames = (
            self._kept[drop * self._block :],
            self._first + drop * self._block,
            self._frames[drop:],
        )
        return sorted(found, key=lambda movement: movement.start_s)

    def _movement(self, a: int, b: int, behind: Pose | None) -> Movement:
        """Of hops a to b."""
        start_s, end_s = (self._start_s + x * self._hop_s for x in (a, b))
        return Movement(start_s, end_s, self._hung, behind, tuple(self._look(a, b)))

    def _hangs(self, a: int, b: int) -> Pose | None:
        """Direction of gravity in hops a to b; None where there are none, or gravity is missing."""
        kept = self._kept
        assert kept is not None
        acc = kept.acc[max(0, a - self._first) : max(0, b - self._first)]
        if len(acc) == 0:
            return None
        mean = acc.mean(axis=0)
        size = float(np.hypot.reduce(mean))
        x, y, z = (mean / max(size, 1e-9)).tolist()
        return (x, y, z) if size >= _LEAST_GRAVITY_MPS2 else None

    def _look(self, a: int, b: int) -> list[Lean]:
        """The leans of hops a to b."""
        p, kept = self._params, self._kept
        assert kept is not None
        if b - a < 2:
            return []
        before, behind = self._hangs(a - self._pause, a + 1), self._hangs(b - 1, b + self._pause)
        if before is None or behind is None:
            return []
        left_deg = apart_deg(before, behind)
        frame = self._frames[min((b - 1) // self._block - self._first // self._block, len(self._frames) - 1)]
        tilt = self._tilt(kept.gyr[a - self._first : b - self._first], np.array(before), frame)
        size = float(np.abs(tilt).max())
        fastest = float(kept.peak[a - self._first : b - self._first].max())
        most_left = p.most_left_deg if fastest < p.step_dps else p.most_put_deg
        if left_deg > most_left or size < p.least_deg:
            return []
        if fastest > p.smooth_dps:
            return [self._lean(a, b, min(size, p.most_deg), True)]
        course = np.concatenate([[0.0], tilt, tilt[-1:]])
        tops, about = find_peaks(course, prominence=(p.least_deg, p.most_deg))
        if len(tops) == 0 and isinstance(frame, NotYet):
            slow = (b - a) * self._hop_s > p.shortest_s
            return [self._lean(a, b, size, True)] if slow and size <= p.most_deg else []
        prominence = about["prominences"]
        left, right = peak_widths(course, tops, 0.9, (prominence, about["left_bases"], about["right_bases"]))[2:]
        valleys = np.array([x + course[x:y].argmin() for x, y in pairwise(tops.tolist())])
        left[1:], right[:-1] = np.maximum(left[1:], valleys), np.minimum(right[:-1], valleys)
        spans = zip(left.tolist(), right.tolist(), tops.tolist(), prominence.tolist(), strict=True)
        return [self._lean(a + x - 1, a + y - 1, size, False, a + top - 1) for x, y, top, size in spans]

    def _lean(self, a: float, b: float, size_deg: float, rough: bool, top: float | None = None) -> Lean:
        middle = 0.5 * (a + b) if top is None else top + 0.5
        start_s, end_s, at_s = (self._start_s + x * self._hop_s for x in (a, b, middle))
        return Lean(start_s, end_s, at_s, size_deg, rough)

    def _tilt(self, rate: Array, up: Array, frame: Aligned | NotYet) -> Array:
        """Course of the tilt from the first hop on, deg: forward positive, or, not aligned, where it went farthest."""
        if isinstance(frame, Aligned):
            return np.asarray(-self._hop_s * np.cumsum((rate * frame.rotation[2]).sum(axis=1)))
        across = rate - (rate * up).sum(axis=1)[:, None] * up
        way = self._hop_s * np.cumsum(across, axis=0)
        farthest = way[np.argmax((way * way).sum(axis=1))]
        return np.asarray((way * (farthest / max(np.hypot.reduce(farthest), 1e-9))).sum(axis=1))


def apart_deg(a: Pose, b: Pose) -> float:
    """Angle between two directions of gravity."""
    return degrees(acos(min(1.0, max(-1.0, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]))))


def _movements(moving: NDArray[np.bool_], pause: int) -> NDArray[np.intp]:
    """(k, 2): first hop of each movement and the one after its last; shorter pauses belong to it."""
    at = np.flatnonzero(moving)
    if len(at) == 0:
        return np.empty((0, 2), np.intp)
    cuts = np.flatnonzero(np.diff(at) > pause)
    return np.stack([at[np.r_[0, cuts + 1]], at[np.r_[cuts, -1]] + 1], axis=1)


_LEAST_GRAVITY_MPS2 = 5.0
