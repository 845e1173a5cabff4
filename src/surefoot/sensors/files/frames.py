"""Frames: tables that other gait tools write, as CSV or Parquet, of one sensor or of several side by side."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np

from surefoot.records import Array
from surefoot.sensors.files.columns import Layout, RecordingError, as_number, opened, read_rows

SHOWN_ROWS = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """What a file's columns are called, and its first rows as they stand there. Several sensors: "sensor column"."""

    path: Path
    names: tuple[str, ...]
    first_rows: tuple[tuple[str, ...], ...]


def look_at(path: Path) -> Frame:
    """The head of a file. RecordingError when it cannot be read, or names no columns."""
    if _is_parquet(path):
        file = _parquet(path)
        stored = file.schema_arrow.names
        rows = next(file.iter_batches(SHOWN_ROWS), None) if file.metadata.num_rows else None
        cells = [[str(v) for v in column.to_pylist()] for column in rows.columns] if rows is not None else []
        return Frame(path, tuple(map(_joined, stored)), tuple(zip(*cells, strict=True)))
    with opened(path) as text:
        separator, names, first = _head(path, text)
        shown = [tuple(cell.strip() for cell in line.rstrip("\r\n").split(separator)) for line in first[:SHOWN_ROWS]]
    return Frame(path, names, tuple(shown))


def read(frame: Frame, names: Sequence[str]) -> tuple[Array, tuple[str, ...]]:
    """Its columns of these names, (n, k); what is no number is NaN, times of day are seconds since 1970; and notes."""
    places = [frame.names.index(name) for name in names]
    if _is_parquet(frame.path):
        file = _parquet(frame.path)
        stored = [file.schema_arrow.names[place] for place in places]
        table, notes = file.read(stored), []
        values = np.column_stack([_numbers(table.column(name)) for name in stored])
    else:
        notes = []
        values = _csv(frame, places, notes)
    if not len(values):
        raise RecordingError(f"{frame.path} has columns and no readings below them.", "Nothing was read.")
    return values, tuple(notes)


# ---- CSV


def _head(path: Path, file: TextIOWrapper) -> tuple[str, tuple[str, ...], list[str]]:
    """Separator, names and the first rows of numbers; a second line of names goes below the first."""
    lines = (x for x in file if x.strip() and not x.lstrip().startswith("#") and not x.startswith("sep="))
    top = list(islice(lines, 4 + SHOWN_ROWS))
    if not top:
        raise RecordingError(f"{path} holds no lines.", "Nothing was read.", "Export it again.")
    separator = max("\t;,", key=top[0].count)
    cells = [[cell.strip().strip("\"'").strip() for cell in line.rstrip("\r\n").split(separator)] for line in top]
    comma = separator != ","  # may then be that of decimals
    rows = ([cell.replace(",", ".") for cell in row] if comma else row for row in cells)
    heads = next((k for k, row in enumerate(rows) if _mostly_numbers(row)), len(cells))
    if heads == 0:
        raise RecordingError(
            f"{path} starts with numbers: the header line is missing.",
            "Without it nobody can say which column is which.",
            "Add a first line with the names of its columns.",
        )
    names = cells[0]
    if heads > 1 and len(cells[1]) == len(names) and sum(bool(c) for c in cells[1]) > len(names) / 2:
        names = [f"{above} {below}".strip() for above, below in zip(_filled(names), cells[1], strict=True)]
        names[0] = cells[2][0] if heads > 2 and not names[0] else names[0]  # what pandas calls the rows
    return separator, tuple(names), top[heads:]


def _filled(names: Sequence[str]) -> list[str]:
    """The sensor's name of each column, where it stands above the first of its columns only."""
    filled, last = [], ""
    for name in names:
        last = name if name and not name.startswith("Unnamed") else last
        filled.append(last)
    return filled


def _mostly_numbers(row: Sequence[str]) -> bool:
    given = [cell for cell in row if cell]
    return bool(given) and sum(as_number(cell) is not None for cell in given) > len(given) / 2


def _csv(frame: Frame, places: Sequence[int], notes: list[str]) -> Array:
    texts = [place for place in places if _is_text([row[place] for row in frame.first_rows if place < len(row)])]
    numbers = [place for place in dict.fromkeys(places) if place not in texts]
    with opened(frame.path) as file:
        separator, _, first = _head(frame.path, file)
        layout = Layout(separator, {str(place): place for place in numbers}, ())
        rest = _Lines(chain(first, file))
        found = read_rows(frame.path, rest, layout, notes)  # type: ignore[arg-type]  # lines are all it takes of a file
    columns = dict(zip(numbers, found.T, strict=True)) | {place: _moments(frame.path, place) for place in texts}
    return np.column_stack([columns[place] for place in places])


def _is_text(cells: Sequence[str]) -> bool:
    given = [cell.strip("\"'") for cell in cells if cell]
    return bool(given) and all(as_number(cell.replace(",", ".")) is None for cell in given)


class _Lines:
    """Lines already begun upon, as a file gives them."""

    def __init__(self, lines: chain[str]) -> None:
        self._lines = lines

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        return next(self._lines)


def _moments(path: Path, place: int) -> Array:
    """A column of times of day, as seconds since 1970. RecordingError when it is none."""
    with opened(path) as file:
        separator, _, first = _head(path, file)
        rows = (line.rstrip("\r\n").split(separator) for line in chain(first, file) if line.strip())
        cells = [row[place].strip(" \"'") if place < len(row) else "" for row in rows]
    plain = [cell.removesuffix("Z").removesuffix("+00:00").replace(" ", "T") or "NaT" for cell in cells]
    try:
        moments = np.array(plain, dtype="datetime64[us]")
    except ValueError as error:
        told = f"{path}: the column with {cells[0]!r} holds neither numbers nor times in UTC."
        raise RecordingError(told, "Nothing was read.", "Name another with --columns.") from error
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 1e6)


# ---- Parquet


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PAR1"
    except OSError:
        return False  # said by whoever opens it as text


def _parquet(path: Path) -> Any:
    from pyarrow import ArrowException, parquet

    try:
        return parquet.ParquetFile(path)
    except (ArrowException, OSError) as error:
        raise RecordingError(f"{path} cannot be read as Parquet ({error}).", "Nothing was read.") from error


def _joined(name: str) -> str:
    """pandas writes a column below a sensor's name as the text of a pair."""
    try:
        parts = ast.literal_eval(name) if name.startswith("(") else name
    except (ValueError, SyntaxError):
        return name
    return " ".join(map(str, parts)) if isinstance(parts, tuple) else name


def _numbers(column: Any) -> Array:
    import pyarrow

    if pyarrow.types.is_timestamp(column.type):
        return np.asarray(column.cast(pyarrow.timestamp("ns", column.type.tz)).cast(pyarrow.int64())) / 1e9
    try:
        return np.asarray(column.cast(pyarrow.float64()).fill_null(np.nan).to_numpy(), dtype=np.float64)
    except pyarrow.ArrowException:
        return np.full(len(column), np.nan)
