"""Alignment: which way the sensor sits on the leg, found from walking itself.

The medio-lateral axis is the direction in which the sensor turns most, seen in the plane across gravity. Its sign
(and with it what is forward) cannot come from a principal component; two statistics that are vectors in the sensor's
own axes vote for it, so turning the sensor turns the vote with it:

* shank: the third moment of the rate. The swing is the one fast rotation of the stride (Aminian 2002, E1), so the
  rate is skewed towards it: in every one of 2,021 four-second pieces of walking of elderly and stroke patients.
* foot: rate against change of effort. A foot always leaves the ground by turning toe-down while its motion grows, and
  arrives turning the other way while it fades; the rate therefore runs against the derivative of its own envelope.
  The skew of the foot has no reliable sign (P, measured on the recordings in docs/methods.md).

Nothing is said before enough walking was seen: ``NotYet`` carries the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from surefoot.records import Array, Placement
from surefoot.signal.frames import axes_of, frames_of
from surefoot.signal.hops import QUIET_DPS, Hops, concatenate

ENVELOPE_HOPS = 4
VOTE_HOPS = ENVELOPE_HOPS + 2


@dataclass(frozen=True, slots=True)
class AlignmentParams:
    """Thresholds of the alignment; all P, set on marpino, movingreality, ipol1 and gaitmap."""

    block_hops: int = 20  # the axis is renewed every 2 s
    walking_rate_dps: float = 30.0  # root mean square of the rate below which a block says nothing
    least_duty: float = 0.15  # mean over greatest power of a block's hops: a single jerk is not walking
    full_voice_dps: float = 120.0  # a block this lively speaks with full weight, a fidget with little
    memory_blocks: float = 30.0  # a minute of walking: follows slow slipping, ignores one turn
    lately_blocks: int = 8  # of walking, for a frame that follows at once and is only held against the other
    least_blocks: float = 3.9  # walking blocks (of 2 s) before anything is said: about seven strides
    least_weight: float = 1.2  # and their weight: four fidgets are no walk
    least_vote_at_first: float = 1.8  # how much surer the first verdicts must be
    least_skew: float = 0.15  # shank vote
    least_lean: float = 0.02  # foot vote (a correlation)
    gravity_mps2: float = 5.0  # mean acceleration below which there is no gravity to use (some files have it removed)


@dataclass(frozen=True, slots=True)
class Aligned:
    """A frame: rows are forward, up and medio-lateral (to the person's right) in sensor axes; swing turns it +."""

    rotation: Array
    confidence: float  # the vote in units of the least one accepted
    usual_dps: float  # root mean square of the rate in the walking it was learned from
    lately: Array  # the same as ``rotation``, of the last blocks of walking alone


@dataclass(frozen=True, slots=True)
class NotYet:
    """No frame can be said, and why."""

    reason: str


class Watch(Protocol):
    """Sees the state after each block; says by how many degrees a sensor has moved, when that is certain."""

    def update(self, state: Aligned | NotYet, /) -> float | None: ...


class Alignment:
    """Frames of one sensor over time, from its hops; the state after block k rests on what was walked up to its end."""

    def __init__(
        self, placement: Placement, params: AlignmentParams = AlignmentParams(), watch: Watch | None = None
    ) -> None:
        self._placement = placement
        self._params = params
        self._watch = watch
        self.slips: list[tuple[int, float]] = []  # of the last update: blocks completed by then, degrees turned
        self._decay = float(np.exp(-1.0 / params.memory_blocks))
        self._shape = np.zeros(15)  # weight, products (9), acc (3), power, count of the walking blocks
        self._votes = np.zeros(3)
        self._last = np.zeros((params.lately_blocks - 1, 15))  # shape of the last walking blocks
        self._trailing: list[Hops] = []  # the last hops: unfinished block, with what the envelope needs before it
        self._count = 0  # of the trailing hops
        self._lead = 0  # how many of them come before the unfinished block
        self.state: Aligned | NotYet = NotYet("no walking seen yet")

    @property
    def block_hops(self) -> int:
        return self._params.block_hops

    def restart(self) -> None:
        """The stream was interrupted: forget the unfinished block, keep what is known of the mounting."""
        self._trailing, self._count, self._lead = [], 0, 0

    def update(self, hops: Hops) -> list[Aligned | NotYet]:
        """Take the next hops; return the state after each block they complete."""
        self.slips = []
        if len(hops):
            self._trailing.append(hops)
            self._count += len(hops)
        size = self._params.block_hops
        blocks = (self._count - self._lead) // size
        if not blocks:
            return []
        seen = concatenate(self._trailing)
        quiet = seen.peak.max() <= QUIET_DPS
        states = [self.state] * blocks if quiet else self._judge(seen, blocks, size)
        keep = max(0, self._lead + blocks * size - VOTE_HOPS)
        self._trailing, self._count = [seen[keep:]], len(seen) - keep
        self._lead = self._lead + blocks * size - keep
        return states

    def close(self) -> Aligned | NotYet:
        """The verdict if nothing more came: the unfinished block counts and less walking is enough. Changes nothing."""
        if isinstance(self.state, Aligned):
            return self.state
        shape, votes = self._shape[None], self._votes[None]
        rest = self._count - self._lead
        if rest >= self._params.block_hops // 4:
            seen = concatenate(self._trailing)
            shape, votes = (x[-1:] for x in self._accumulate(seen, self._shape_rows(seen, 1, rest), 0, rest)[:2])
        if shape[0, 0] <= 0:
            return self.state
        ending = replace(self._params, least_blocks=0.0, least_weight=0.0, least_vote_at_first=1.0)
        axes = axes_of(shape, self._params.gravity_mps2)
        return _verdicts(shape, votes, axes, axes, self._placement, ending)[0]

    def _judge(self, seen: Hops, blocks: int, size: int) -> list[Aligned | NotYet]:
        rows = self._shape_rows(seen, blocks, size)
        states: list[Aligned | NotYet] = []
        while len(states) < blocks:
            states += self._states(seen, rows, len(states), size)
        return states

    def _states(self, seen: Hops, rows: Array, first: int, size: int) -> list[Aligned | NotYet]:
        """After each block from ``first`` on, up to one with which the sensor is known to have moved on the leg."""
        walked = rows[first:, 0] > 0
        shape, votes, axes = self._accumulate(seen, rows, first, size)
        if axes is None:
            return [self.state] * len(walked)
        lately = axes_of(self._sum_lately(rows[first:][walked]), self._params.gravity_mps2)
        found = iter(_verdicts(shape, votes, axes, lately, self._placement, self._params))
        states: list[Aligned | NotYet] = []
        for new in (next(found) if yes else self.state for yes in walked.tolist()):
            if isinstance(new, Aligned) or isinstance(self.state, NotYet):
                self.state = new
            states.append(self.state)
            turned_deg = self._watch.update(self.state) if self._watch else None
            if turned_deg is not None:
                self.slips.append((first + len(states), turned_deg))
                self._forget()
                return states
        self._shape, self._votes = shape[-1], votes[-1]
        return states

    def _forget(self) -> None:
        """Begin anew: what was seen of another mounting only delays. The frame stays until there is a new one."""
        self._shape, self._votes, self._last = np.zeros(15), np.zeros(3), np.zeros_like(self._last)

    def _accumulate(
        self, seen: Hops, rows: Array, first: int, size: int
    ) -> tuple[Array, Array, tuple[Array, Array] | None]:
        """Remembered shape and votes after each walking block from ``first`` on (as they are if none), the axes."""
        walked = rows[first:, 0] > 0
        if not walked.any():
            return self._shape[None], self._votes[None], None
        mine = rows[first:][walked]
        shape = self._remember(mine, self._shape)
        axes = axes_of(shape, self._params.gravity_mps2)
        usual = shape[:, 13] / shape[:, 0]
        part = slice(self._lead + first * size, self._lead + len(rows) * size)
        said = _votes(seen, part, walked, axes[0], usual, self._placement)
        return shape, self._remember(mine[:, :1] * said, self._votes), axes

    def _remember(self, rows: Array, before: Array) -> Array:
        sums, _ = lfilter([1.0], [1.0, -self._decay], rows, axis=0, zi=self._decay * before[None])
        return np.asarray(sums)

    def _sum_lately(self, rows: Array) -> Array:
        """Sum of each walking block's row and those before it, a few in all, added in a fixed order."""
        seen = np.concatenate([self._last, rows])
        total = seen[: len(rows)].copy()
        for first in range(1, self._params.lately_blocks):
            total += seen[first : first + len(rows)]
        self._last = seen[len(rows) :]
        return total

    def _shape_rows(self, seen: Hops, blocks: int, size: int) -> Array:
        """Per block: weight, products, acceleration, power, count; zeros where the block is not like walking.

        Products are divided by the power, so vigour beyond that of walking does not outvote walking.
        """
        part = slice(self._lead, self._lead + blocks * size)
        power = seen.power[part].reshape(blocks, size)
        mean = power.mean(axis=1)
        walking = (mean > self._params.walking_rate_dps**2) & (mean > self._params.least_duty * power.max(axis=1))
        products = seen.products[part].reshape(blocks, size, 9).mean(axis=1) / np.where(walking, mean, 1.0)[:, None]
        acc = seen.acc[part].reshape(blocks, size, 3).mean(axis=1)
        weight = walking * np.minimum(1.0, mean / self._params.full_voice_dps**2)
        rows = np.concatenate([np.ones((blocks, 1)), products, acc, mean[:, None]], axis=1) * weight[:, None]
        return np.concatenate([rows, walking[:, None]], axis=1)


def _votes(
    seen: Hops, part: slice, walked: NDArray[np.bool_], axis: Array, usual: Array, placement: Placement
) -> Array:
    """What each walking block says of the axis' sign: a vector along it, as long as the block is sure (k, 3).

    A block weaker than usual (the first or last step of a bout) speaks as softly as it moved, and none louder than 1.
    """

    def along_axis(x: Array) -> Array:
        x = x[part].reshape(len(walked), -1, 3)[walked]
        return np.asarray(x[:, :, 0] * axis[:, :1] + x[:, :, 1] * axis[:, 1:2] + x[:, :, 2] * axis[:, 2:])

    if placement == "shank":
        rate = along_axis(seen.gyr)
        square = rate * rate
        vote = (square * rate).mean(axis=1) / np.maximum(square.mean(axis=1), usual) ** 1.5
    else:
        change = _effort_change(seen)[part].reshape(len(walked), -1)[walked]
        late = along_axis(_delayed(seen.gyr))
        scale = np.maximum((late * late).mean(axis=1), usual) * np.maximum((change * change).mean(axis=1), 1e-9)
        vote = -(late * change).mean(axis=1) / np.sqrt(scale)
    return np.asarray(np.clip(vote, -1.0, 1.0)[:, None] * axis)


def _effort_change(hops: Hops) -> Array:
    """Change of effort that became known with each hop (h,); it belongs to the hop three earlier."""
    change = np.zeros(len(hops))
    if len(hops) >= VOTE_HOPS:
        window = np.lib.stride_tricks.sliding_window_view(hops.power, ENVELOPE_HOPS)
        envelope = np.log1p(window.mean(axis=1))  # a logarithm, so one kick does not decide
        change[VOTE_HOPS - 1 :] = envelope[2:] - envelope[:-2]
    return change


def _delayed(rate: Array) -> Array:
    """The rate as it was when the change of effort now known happened."""
    late = np.zeros_like(rate)
    middle = VOTE_HOPS // 2
    late[VOTE_HOPS - 1 :] = rate[middle : len(rate) - middle + 1]
    return late


def _verdicts(
    shape: Array,
    votes: Array,
    axes: tuple[Array, Array],
    lately: tuple[Array, Array],
    placement: Placement,
    params: AlignmentParams,
) -> list[Aligned | NotYet]:
    weight, count = shape[:, 0], shape[:, 14]
    axis, up = axes
    usual = np.sqrt(shape[:, 13] / weight)
    vote = (axis * votes).sum(axis=1) / weight
    sure = np.abs(vote) / (params.least_skew if placement == "shank" else params.least_lean)
    axis = axis * np.where(vote < 0, -1.0, 1.0)[:, None]
    new = lately[0] * np.where((lately[0] * axis).sum(axis=1) < 0, -1.0, 1.0)[:, None]
    rotation, recent = frames_of(axis, up), frames_of(new, lately[1])
    little = (count < params.least_blocks) | (weight < params.least_weight)
    needed = np.where(count < 2 * params.least_blocks, params.least_vote_at_first, 1.0)
    unsure = ~little & (sure < needed)
    result: list[Aligned | NotYet] = list(map(Aligned, rotation, sure.tolist(), usual.tolist(), recent))
    for k in np.flatnonzero(little):
        result[k] = NotYet("too little walking to tell how the sensor sits")
    for k in np.flatnonzero(unsure):
        result[k] = NotYet("movement does not look like walking: forward cannot be told from backward")
    return result
