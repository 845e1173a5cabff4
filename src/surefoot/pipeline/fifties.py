"""Fifties: fifty valid strides of one leg in a row, in the few numbers that a sudden weakness shows in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from surefoot.pipeline.measures import MEASURES
from surefoot.records import SIDES, Side, Stride
from surefoot.signal.table import StrideTable

STRIDES = 50  # of a block (facts/clinical.md 7.3, P)
AT_ONCE = 2048  # strides read together: weeks of them would fill a small computer
SPEED = "speed_mps"
SHOWN = (
    *("foot_drop_pct", "no_heel_strike_pct", "heel_strike_mps3", "shank_tilt_max_deg", "swing_height_m"),
    *("push_off_rate_dps", "push_off_acceleration_mps2", "loading_rate_dps", "foot_pitch_at_contact_deg"),
)  # measures of a day, here of a block
NEEDED = ("side", "start_s", "end_s", "valid", *dict.fromkeys(MEASURES[name].field for name in (SPEED, *SHOWN)))


@dataclass(frozen=True, slots=True)
class Fifty:
    """A block of strides of one leg: when, over how many walks, and the median or share of each number it supports."""

    side: Side
    start_s: float
    end_s: float
    walks: int
    values: tuple[tuple[str, float], ...]
    _known: dict[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", dict(self.values))  # asked for on each of the days it is usual on

    def value(self, name: str) -> float | None:
        return self._known.get(name)


class FiftyMaker:
    """Strides in as they become known, blocks out, each once; strides between two legs do not mix."""

    def __init__(self, break_s: float = 3.0) -> None:
        self._break_s = break_s  # a longer one ends a walk (Mobilise-D)
        self._open: dict[Side, StrideTable] = {}

    def update(self, strides: StrideTable) -> list[Fifty]:
        """Take the next strides in the order they are told."""
        found: list[Fifty] = []
        usable = strides.take(strides["valid"])
        for side in SIDES:
            new = usable.of_side(side)
            if not len(new):
                continue
            waiting = StrideTable.joined(strides.placement, [*self._kept(side), new])
            whole = len(waiting) // STRIDES * STRIDES
            found += _blocks(side, waiting.take(slice(0, whole)), self._break_s)
            self._open[side] = waiting.take(slice(whole, len(waiting)))
        return sorted(found, key=lambda block: block.end_s)

    def _kept(self, side: Side) -> list[StrideTable]:
        return [self._open[side]] if side in self._open else []


def fifties_of(strides: Iterable[Stride]) -> list[Fifty]:
    """The blocks of strides that a store has kept, oldest first."""
    maker, them = FiftyMaker(), iter(strides)
    found: list[Fifty] = []
    while kept := list(islice(them, AT_ONCE)):
        found += maker.update(table_of(kept))
    return found


def table_of(strides: Sequence[Stride]) -> StrideTable:
    """What blocks need of strides that a store has kept, at least one."""
    columns = {name: [getattr(stride, name) for stride in strides] for name in NEEDED}
    table = StrideTable.of(strides[0].placement, len(strides))
    table["side"] = np.array([SIDES.index(side) for side in columns.pop("side")], np.int8)
    for name, values in columns.items():
        flag = table[name].dtype == np.bool_
        table[name] = np.array(values, bool if flag else np.float64)  # None becomes NaN
    return table


def _blocks(side: Side, strides: StrideTable, break_s: float) -> Iterator[Fifty]:
    for first in range(0, len(strides), STRIDES):
        mine = strides.take(slice(first, first + STRIDES))
        start_s, end_s = mine["start_s"], mine["end_s"]
        walks = 1 + int((start_s[1:] - end_s[:-1] > break_s).sum())
        yield Fifty(side, float(start_s[0]), float(end_s[-1]), walks, tuple(_values(mine)))


def _values(strides: StrideTable) -> Iterator[tuple[str, float]]:
    for name in (SPEED, *SHOWN):
        measure = MEASURES[name]
        values = measure.of(strides)
        known = values[np.isfinite(values)]
        if len(known) >= STRIDES // 2:
            yield name, float(known.mean() if measure.how == "share" else np.median(known))
