"""A table to export: named columns, each with its unit and what it means, and rows of plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Cell = str | float | int | bool | None  # None: cannot be said; never written as a number
Kind = Literal["text", "number", "whole", "truth"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. ``unit`` in the field's spelling (m/s, deg, ...), "" where it has none."""

    name: str
    kind: Kind
    unit: str
    words: str


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` hold one cell a column."""

    name: str
    words: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
