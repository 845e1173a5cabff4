"""Slots: what the rests of both legs say together, two seconds of the clock at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from surefoot.records import Array, Side
from surefoot.signal.rests import Rests

SLOT_S = 2.0
PAST = 30  # slots seen before the ones asked for
COLUMNS = ("sway_dps", "shake_mps2", "span_dps", "upright")


@dataclass(frozen=True, slots=True)
class SlotParams:
    """Limits of what is seen; all P, set on simulated scenes, umafall and terrain."""

    fidget_dps: float = 20.0  # a leg that turns faster moves: it neither stands still nor sits still
    swaying_dps: float = 0.45  # a leg that stands is no quieter (terrain: 0.8 and more; simulated: 0.2 to 1.6)
    floors: float = 2.0  # and this many times as restless as the quietest this sensor has been lately
    floor_slots: int = 43200  # a day: the quietest of this one and the one before counts
    quiet_dps: float = 0.3  # a leg that sits or lies is quieter, where the sensor's noise lets it be seen
    for_standing: float = 0.25  # log-odds of a slot
    for_sitting: float = 0.15
    for_rest: float = 0.04  # and of one at rest that the noise may hide: who stands moves a leg more often
    flat: float = 0.5  # cosine: a shank more than 60 deg from where it points in walking
    lasting: int = 15  # slots: a shank flat for half a minute belongs to somebody who lies
    shaking_mps2: float = 0.15  # median over a minute: a vehicle
    shaken_floors: float = 3.0  # and this many times the quietest
    handled_dps: float = 120.0  # a sensor that turns so much, and not as in walking, is turned about in the hand
    soon: int = 10  # slots between that and lying still
    askew: float = 0.85  # cosine: more than 32 deg from where it points in walking
    still_dps: float = 3.0  # sensor noise is below
    still_slots: int = 900  # half an hour without the least movement: it lies somewhere (as in days)


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot: whether any leg was recorded, what it says for standing (log-odds), and what else is seen."""

    recorded: bool
    standing: float
    lying: bool
    flat: bool
    riding: bool
    off: bool = False


class Floors:
    """How quiet each sensor has been at least, of sway and shake: this day and the one before, by the clock of slots.

    What a sensor is silent in for a while (it hangs, it is replaced) is forgotten again; what does not change at all is
    no reading.
    """

    def __init__(self, sensors: int, period: int) -> None:
        self._period = period  # slots
        self._number: int | None = None  # of the period of the last slot
        self._before = self._now = np.full((2, sensors), np.inf)  # least of the period before, and of this one so far

    def update(self, seen: Array, first: int, count: int) -> Array:
        """(2, sensors, n) floors of n slots from ``first`` on, of which ``count`` are told and remembered."""
        seen = np.where(seen > 0, seen, np.inf)
        floors = np.empty_like(seen)
        turns = range(-first % self._period, seen.shape[2], self._period)
        kept = self._number, self._before, self._now
        for a, b in pairwise(sorted({0, count, seen.shape[2], *turns})):
            self._begin((first + a) // self._period)
            least = np.minimum.accumulate(np.concatenate([self._now[:, :, None], seen[:, :, a:b]], axis=2), axis=2)
            floors[:, :, a:b] = np.minimum(least[:, :, 1:], self._before[:, :, None])
            self._now = least[:, :, -1]
            kept = (self._number, self._before, self._now) if b == count else kept
        self._number, self._before, self._now = kept
        return floors

    def _begin(self, number: int) -> None:
        nothing = np.full_like(self._now, np.inf)
        if self._number is not None and number > self._number:
            self._before = self._now if number == self._number + 1 else nothing
            self._now = nothing
        self._number = number


class Slots:
    """Rests of the legs in; slots out, in order, each once."""

    def __init__(self, sides: Sequence[Side], params: SlotParams = SlotParams()) -> None:
        self._sides, self._params = tuple(sides), params
        self._rests: dict[Side, list[Rests]] = {side: [] for side in sides}
        self._floors = Floors(len(sides), params.floor_slots)
        self._still = 0  # slots on end without movement, up to the next to be told
        self._off = False

    @property
    def first_s(self) -> float | None:
        """When the first rest begins that was not yet passed over by ``tell``."""
        return min((float(r.start_s[0]) for rests in self._rests.values() for r in rests if len(r)), default=None)

    def add(self, side: Side, rests: Rests) -> None:
        self._rests[side].append(rests)

    def tell(self, first: int, count: int, ahead: int, walking: NDArray[np.bool_]) -> list[Slot]:
        """Slots ``first`` to ``first + count``, and ``ahead`` more that are seen but not yet told.

        ``walking``: of the slots from ``first - PAST`` on, which hold a stride.
        """
        seen = self._columns(first - PAST, PAST + count + ahead)  # (4, sides, n)
        recorded = np.isfinite(seen[0])
        floors = self._floors.update(seen[:2, :, PAST:], first, count)
        floors = np.concatenate([np.repeat(floors[:, :, :1], PAST, axis=2), floors], axis=2)
        slots = self._judge(seen, recorded, floors, walking)
        return self._with_off(slots, seen, recorded, count)

    def skip(self) -> None:
        """Somebody walks all the time: nothing is asked of the next slots."""
        self._still, self._off = 0, False

    def _judge(self, seen: Array, recorded: NDArray[np.bool_], floors: Array, walking: NDArray[np.bool_]) -> list[Slot]:
        p = self._params
        sway, shake, span, upright = seen
        with np.errstate(invalid="ignore"):
            rest = recorded & (span <= p.fidget_dps)
            shaken = shake > np.maximum(p.shaking_mps2, p.shaken_floors * floors[1])
            stands = rest & ~shaken & (sway > np.maximum(p.swaying_dps, p.floors * floors[0]))
            sits = rest & (sway < p.quiet_dps)
            hangs = ~recorded | (upright < p.flat)
            flat = np.asarray(hangs.all(axis=0) & recorded.any(axis=0))
        worth = (p.for_standing * stands - p.for_sitting * sits - p.for_rest * (rest & ~stands & ~sits)).sum(
            axis=0
        ) / np.maximum(recorded.sum(axis=0), 1)
        any_leg = np.asarray(recorded.any(axis=0))
        riding = any_leg & _in_minutes((shaken | ~recorded).all(axis=0) & any_leg, walking, p.lasting)
        worth = np.where(riding | flat, 0.0, worth)
        lying = _in_long_runs(flat, p.lasting)
        columns = (x[PAST:].tolist() for x in (any_leg, worth, lying, flat, riding))
        return [Slot(*row) for row in zip(*columns, strict=True)]

    def _with_off(self, slots: list[Slot], seen: Array, recorded: NDArray[np.bool_], count: int) -> list[Slot]:
        """Which of the slots to be told the sensors were off the leg; the others are left as they are."""
        p = self._params
        with np.errstate(invalid="ignore"):
            still = np.asarray(recorded.any(axis=0) & (~recorded | (seen[2] <= p.still_dps)).all(axis=0))
            askew = (seen[3] < p.askew).any(axis=0)  # where it is not known how a leg points, nothing is
            handled = ((seen[0] > p.handled_dps) & (seen[3] < p.askew)).any(axis=0)
        long_run = _in_long_runs(still, p.lasting)
        for k in range(count):
            n = PAST + k
            if not still[n]:
                self._still, self._off = 0, False
                continue
            if self._still == 0 and long_run[n] and askew[n] and handled[max(0, n - p.soon) : n].any():
                self._off = True
            self._still += 1
            if self._off or self._still > p.still_slots:
                old = slots[k]
                slots[k] = Slot(old.recorded, 0.0, old.lying, old.flat, False, True)
        return slots

    def _columns(self, first: int, count: int) -> Array:
        """(4, sides, count) of the slots from ``first`` on; of two rests in one slot the later; NaN without any."""
        seen = np.full((len(COLUMNS), len(self._sides), count), np.nan)
        for k, side in enumerate(self._sides):
            rests = Rests.joined(self._rests[side])
            near = rests.between((first - 1) * SLOT_S, (first + count + 1) * SLOT_S)
            number = np.floor(0.5 * (near.start_s + near.end_s) / SLOT_S).astype(np.int64) - first
            inside = (number >= 0) & (number < count)
            for row, name in enumerate(COLUMNS):
                seen[row, k, number[inside]] = getattr(near, name)[inside]
            self._rests[side] = [rests.between(first * SLOT_S, np.inf)]
        return seen


def _in_minutes(shaken: NDArray[np.bool_], walking: NDArray[np.bool_], half: int) -> NDArray[np.bool_]:
    """Slots in the middle of a minute that is mostly shaken and not walked in; at the end, of the last whole one."""
    inside = np.lib.stride_tricks.sliding_window_view(np.stack([shaken, walking]), 2 * half + 1, axis=1).sum(axis=2)
    middle = np.clip(np.arange(len(shaken)) - half, 0, inside.shape[1] - 1)
    return np.asarray((inside[0, middle] > half) & (inside[1, middle] == 0))


def _in_long_runs(flags: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """Which of these flags stand in a run of at least so many."""
    found = np.zeros(len(flags), bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    for a, b in pairwise(edges.tolist()):
        if flags[a] and b - a >= least:
            found[a:b] = True
    return found
