"""A table of strides: one array per field of ``Stride``, rows made into records only when somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Array, Placement, Stride
from surefoot.signal.stance import PIECES

FLAGS = ("no_heel_strike", "foot_drop", "turning", "valid")
WORDS: dict[str, tuple[str, ...]] = {
    "side": SIDES,
    "source": ("gyro", "impact", "zero_crossing"),
    "context": ("level", "stairs_up", "stairs_down", "turn"),
    "reason": (
        "",
        "turning",
        "stairs",
        "contacts out of order",
        "swing share implausible",
        "at the edge of the data",
        "the sensor sits otherwise",
    ),
}
NUMBERS = tuple(f.name for f in fields(Stride) if f.name not in (*FLAGS, *WORDS, "placement"))
LEANS = tuple(f"lean_{k}_dps" for k in range(PIECES))
DIPS = ("swing_dip_s", "swing_dip_dps", "swing_peak_dps", "swing_knock")
PRIVATE = (
    *DIPS,
    "landed_s",
    "lean_middle",
    "lean_whole",
    "other_contact_s",
    *LEANS,
    "side_sign",
    "pre_swing_mps2",
    "up_odds",
    "down_odds",
)  # for incidents, the side check and terrain; not told
_LEANS = slice(len(NUMBERS) + PRIVATE.index(LEANS[0]), len(NUMBERS) + PRIVATE.index(LEANS[0]) + len(LEANS))
_NUMBER = {name: row for row, name in enumerate((*NUMBERS, *PRIVATE))}
_SMALL = {name: row for row, name in enumerate((*FLAGS, *WORDS))}


class StrideTable:
    """k strides in columns: float64 (NaN inside means absent, and never leaves), flags, and words as small numbers.

    All columns of a kind are rows of one matrix, so joining and taking strides costs two calls and not forty.
    """

    def __init__(self, placement: Placement, numbers: Array, small: NDArray[np.int8]) -> None:
        self.placement = placement
        self._numbers = numbers
        self._small = small

    @staticmethod
    def empty(placement: Placement) -> StrideTable:
        return _empty(placement)

    @staticmethod
    def of(placement: Placement, k: int) -> StrideTable:
        """k strides of which nothing is known yet."""
        table = StrideTable(placement, np.full((len(_NUMBER), k), np.nan), np.zeros((len(_SMALL), k), np.int8))
        table["valid"] = np.ones(k, bool)
        return table

    @staticmethod
    def joined(placement: Placement, tables: Sequence[StrideTable]) -> StrideTable:
        tables = [table for table in tables if len(table)]
        if len(tables) < 2:
            return tables[0] if tables else StrideTable.empty(placement)
        numbers = np.concatenate([t._numbers for t in tables], axis=1)
        return StrideTable(placement, numbers, np.concatenate([t._small for t in tables], axis=1))

    def __len__(self) -> int:
        return int(self._numbers.shape[1])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """A column, as a view: what is written into it stays."""
        column: NDArray[Any] = self._numbers[_NUMBER[name]] if name in _NUMBER else self._small[_SMALL[name]]
        return column.view(np.bool_) if name in FLAGS else column

    def __setitem__(self, name: str, values: NDArray[Any]) -> None:
        self[name][:] = values

    @property
    def leans(self) -> Array:
        """The columns LEANS as rows (PIECES, k), a view."""
        return self._numbers[_LEANS]

    def take(self, where: NDArray[Any] | slice) -> StrideTable:
        """Strides chosen by a slice, by flags or by their numbers."""
        if isinstance(where, slice):
            return StrideTable(self.placement, self._numbers[:, where], self._small[:, where])
        rows = np.flatnonzero(where) if where.dtype == np.bool_ else where
        return StrideTable(self.placement, self._numbers.take(rows, axis=1), self._small.take(rows, axis=1))

    def told(self) -> StrideTable:
        """The same strides in the columns that are told only: a third of the bytes, for who keeps them for long."""
        return StrideTable(self.placement, self._numbers[: len(NUMBERS)].copy(), self._small)

    def of_side(self, side: str) -> StrideTable:
        return self.take(self["side"] == SIDES.index(side))

    def column(self, name: str) -> np.ma.MaskedArray[Any, Any]:
        """One field of all strides; absent numbers are masked. KeyError when ``Stride`` has no such field."""
        if name in PRIVATE:
            raise KeyError(name)
        if name == "placement":
            return np.ma.array(np.full(len(self), self.placement))
        values = self[name]
        if name in WORDS:
            return np.ma.array(np.array(WORDS[name])[values])
        return np.ma.masked_invalid(values) if values.dtype == np.float64 else np.ma.array(values)

    def __iter__(self) -> Iterator[Stride]:
        columns: dict[str, list[Any]] = {}
        for name in (*NUMBERS, *_SMALL):
            values = self[name]
            if name in WORDS:
                columns[name] = [WORDS[name][k] for k in values.tolist()]
            elif values.dtype == np.float64:
                columns[name] = [None if v != v else v for v in values.tolist()]
            else:
                columns[name] = values.tolist()
        names = list(columns)
        for row in zip(*columns.values(), strict=True):
            yield Stride(placement=self.placement, **dict(zip(names, row, strict=True)))


@cache
def _empty(placement: Placement) -> StrideTable:
    return StrideTable.of(placement, 0)


def invalid(table: StrideTable, rows: NDArray[np.bool_], reason: str) -> None:
    """Mark strides as not for trends; the first reason given to a stride stays."""
    new = rows & table["valid"]
    table["reason"] = np.where(new, np.int8(WORDS["reason"].index(reason)), table["reason"])
    table["valid"] = table["valid"] & ~new
