"""A table of strides: one array per field of ``Stride``, rows made into records only when somebody looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surefoot.records import SIDES, Placement, Stride

FLAGS = ("no_heel_strike", "foot_drop", "turning", "valid")
WORDS: dict[str, tuple[str, ...]] = {
    "side": SIDES,
    "source": ("gyro", "impact", "zero_crossing"),
    "context": ("level", "stairs_up", "stairs_down", "turn"),
    "reason": ("", "turning", "stairs", "contacts out of order", "swing share implausible", "at the edge of the data"),
}
NUMBERS = tuple(f.name for f in fields(Stride) if f.name not in (*FLAGS, *WORDS, "placement"))
PRIVATE = ("dip_s", "dip_rate_dps", "dip_tilt_deg", "dip_return_dps", "other_contact_s")  # for giving way; not told


class StrideTable:
    """k strides in columns: float64 (NaN inside means absent, and never leaves), flags, and words as small numbers."""

    def __init__(self, placement: Placement, columns: dict[str, NDArray[Any]]) -> None:
        self.placement = placement
        self.columns = columns

    @staticmethod
    def empty(placement: Placement) -> StrideTable:
        return _empty(placement)

    @staticmethod
    def of(placement: Placement, k: int) -> StrideTable:
        """k strides of which nothing is known yet."""
        columns: dict[str, NDArray[Any]] = {name: np.full(k, np.nan) for name in (*NUMBERS, *PRIVATE)}
        columns |= {name: np.zeros(k, bool) for name in FLAGS} | {name: np.zeros(k, np.int8) for name in WORDS}
        columns["valid"][:] = True
        return StrideTable(placement, columns)

    @staticmethod
    def joined(placement: Placement, tables: Sequence[StrideTable]) -> StrideTable:
        tables = [table for table in tables if len(table)]
        if len(tables) < 2:
            return tables[0] if tables else StrideTable.empty(placement)
        names = tables[0].columns
        return StrideTable(placement, {n: np.concatenate([t.columns[n] for t in tables]) for n in names})

    def __len__(self) -> int:
        return len(self.columns["start_s"])

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def __setitem__(self, name: str, values: NDArray[Any]) -> None:
        self.columns[name] = values

    def take(self, where: NDArray[Any] | slice) -> StrideTable:
        return StrideTable(self.placement, {name: column[where] for name, column in self.columns.items()})

    def of_side(self, side: str) -> StrideTable:
        return self.take(self.columns["side"] == SIDES.index(side))

    def column(self, name: str) -> np.ma.MaskedArray[Any, Any]:
        """One field of all strides; absent numbers are masked. KeyError when ``Stride`` has no such field."""
        if name in PRIVATE:
            raise KeyError(name)
        if name == "placement":
            return np.ma.array(np.full(len(self), self.placement))
        values = self.columns[name]
        if name in WORDS:
            return np.ma.array(np.array(WORDS[name])[values])
        return np.ma.masked_invalid(values) if values.dtype == np.float64 else np.ma.array(values)

    def __iter__(self) -> Iterator[Stride]:
        columns: dict[str, list[Any]] = {}
        for name, values in self.columns.items():
            if name in PRIVATE:
                continue
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
