"""Walking bouts after Mobilise-D: at least three strides of each worn leg, no break longer than three seconds (E1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Array, Bout, Placement, Side
from surefoot.signal.table import StrideTable

MOST_TABLES = 64  # kept apart before they are joined


@dataclass(frozen=True, slots=True)
class BoutParams:
    """Mobilise-D's definition (facts/clinical.md 1.4, 8.2)."""

    least_strides: int = 3
    longest_break_s: float = 3.0
    longest_stride_s: float = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """A bout with the strides that make it."""

    bout: Bout
    strides: StrideTable


def bout_numbers(start_s: Array, bouts: Sequence[Bout]) -> NDArray[np.int64]:
    """Which bout, by its place in ``bouts``, each stride that starts then lies in; -1 in none."""
    if not bouts:
        return np.full(len(start_s), -1)
    begins, ends = (np.array([getattr(b, name) for b in bouts]) for name in ("start_s", "end_s"))
    order = np.argsort(begins)
    last = np.searchsorted(begins[order], start_s, side="right") - 1
    number = order[last]
    return np.where((last >= 0) & (start_s < ends[number]), number, -1)


def by_bout(strides: StrideTable, bouts: Sequence[Bout]) -> list[StrideTable]:
    """The strides of each bout, in the order of the bouts."""
    number = bout_numbers(strides["start_s"], bouts)
    return [strides.take(number == k) for k in range(len(bouts))]


class BoutBook:
    """Gathers strides, in order of their end, into bouts."""

    def __init__(self, sides: Sequence[Side], placement: Placement, params: BoutParams = BoutParams()) -> None:
        self._sides = sides
        self._placement: Placement = placement
        self._params = params
        self._open: list[StrideTable] = []
        self._reached_s = -np.inf  # end of the open bout; -inf: none or several, look closer

    @property
    def delay_s(self) -> float:
        """A bout is certain this long after its end: a stride that still belongs to it may end that late."""
        return self._params.longest_break_s + self._params.longest_stride_s

    def update(self, strides: StrideTable, known_s: float) -> list[Walked]:
        """Take strides; return the bouts that nothing ending after ``known_s`` can lengthen."""
        if len(strides):
            self._lengthen(strides)
        if not self._open or self._reached_s + self.delay_s > known_s:
            return []
        return self._close(known_s)

    def _lengthen(self, strides: StrideTable) -> None:
        """Note how far the open bout reaches with these strides, if all belong to it."""
        before = self._reached_s if self._open else strides["end_s"][0]
        reached = np.maximum.accumulate(np.append(before, strides["end_s"]))
        joined = strides["start_s"] - reached[:-1] <= self._params.longest_break_s
        self._reached_s = float(reached[-1]) if joined.all() else -np.inf
        self._open.append(strides)
        if len(self._open) > MOST_TABLES:
            self._open = [StrideTable.joined(self._placement, self._open)]

    def _close(self, known_s: float) -> list[Walked]:
        strides = StrideTable.joined(self._placement, self._open)
        ordered = strides.take(np.argsort(strides["start_s"], kind="stable"))
        reached = np.maximum.accumulate(ordered["end_s"])
        breaks = np.flatnonzero(ordered["start_s"][1:] - reached[:-1] > self._params.longest_break_s) + 1
        edges = [0, *breaks.tolist(), len(ordered)]
        while len(edges) > 1 and reached[edges[-1] - 1] + self.delay_s > known_s:
            edges.pop()
        self._open = [ordered.take(slice(edges[-1], None))] if edges[-1] < len(ordered) else []
        self._reached_s = float(reached[-1]) if len(breaks) == 0 or breaks[-1] <= edges[-1] else -np.inf
        walks = [self._walked(ordered.take(slice(a, b))) for a, b in pairwise(edges)]
        return [w for w in walks if w is not None]

    def _walked(self, strides: StrideTable) -> Walked | None:
        counts = {side: int((strides["side"] == SIDES.index(side)).sum()) for side in SIDES}
        if any(counts[side] < self._params.least_strides for side in self._sides):
            return None
        stride_s = np.median(strides["stride_time_s"])
        speed = strides["speed_mps"][strides["valid"]]
        speed = speed[np.isfinite(speed)]
        bout = Bout(
            start_s=float(strides["start_s"].min()),
            end_s=float(strides["end_s"].max()),
            left_strides=counts["left"],
            right_strides=counts["right"],
            cadence_spm=float(120.0 / stride_s),
            speed_mps=float(np.median(speed)) if len(speed) else None,
        )
        return Walked(bout, strides)
