"""CSV: one file a table, one more that says what each column is."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from surefoot.exports.table import Cell, Table

RUN_BY_SPREADSHEETS = ("=", "+", "@", "\t", "\r")


def write_csv(tables: Sequence[Table], folder: Path) -> list[Path]:
    """UTF-8, commas, a header line; cells that cannot be said are empty. ``columns.csv`` tells units and meaning."""
    written = []
    for table in tables:
        header = [column.name for column in table.columns]
        written.append(_write(folder / f"{table.name}.csv", [header, *([_cell(c) for c in row] for row in table.rows)]))
    told = [
        [table.name, column.name, column.kind, column.unit, column.words]
        for table in tables
        for column in table.columns
    ]
    written.append(_write(folder / "columns.csv", [["table", "column", "kind", "unit", "meaning"], *told]))
    return written


def _write(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):  # typed by people: never a formula in somebody's spreadsheet
        return f"'{value}" if value.startswith(RUN_BY_SPREADSHEETS) else value
    return repr(value)
