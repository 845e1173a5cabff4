"""The columns of a CSV file: seven named columns of numbers, however the file was written."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, TextIOWrapper
from itertools import chain, islice
from pathlib import Path

import numpy as np

from surefoot.records import Array, SurefootError

TIME = "time_s"
READINGS = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
HEADER = ",".join((TIME, *READINGS))
ROWS_AT_ONCE = 50_000  # bounds the memory for text; only the numbers are kept


class RecordingError(SurefootError):
    """A recording that cannot be used, with what to do about it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What a file holds: ``time_s`` (n,) or None when it has no such column, ``readings`` (n, 6) in the file's units.

    Cells that are no numbers are NaN here; ``notes`` are sentences about what was found.
    """

    time_s: Array | None
    readings: Array
    notes: tuple[str, ...]


def read_columns(path: Path) -> Columns:
    """Read a ``.csv`` or ``.csv.gz`` file with the header of :data:`HEADER`, in any order of columns.

    Copes with a byte-order mark, CRLF, spaces and quotes around names, ``;`` or tab between cells, decimal commas (not
    between commas), comment lines above the header and further columns, which are noted.

    Raises:
        RecordingError: no such file, a directory, empty, not text, columns missing, not one row of numbers.
    """
    with opened(path) as file:
        layout = _header(path, file)
        notes = [*layout.notes]
        values = read_rows(path, file, layout, notes)
    if not len(values):
        raise RecordingError(
            f"{path} has a header and no readings below it.",
            "Nothing was recorded, or the export was cut off.",
            "Export the recording again.",
        )
    timed = TIME in layout.positions
    return Columns(values[:, 0] if timed else None, values[:, int(timed) :], tuple(notes))


@dataclass(frozen=True, slots=True)
class Layout:
    separator: str
    positions: dict[str, int]  # name -> column; TIME first where the file has it
    notes: tuple[str, ...]


@contextmanager
def opened(path: Path) -> Iterator[TextIOWrapper]:
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            with gzip.open(raw) if packed else raw as binary:
                encoding = _encoding(path, binary)
                with TextIOWrapper(binary, encoding=encoding, errors="replace") as file:
                    yield file
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise RecordingError(
            f"{path} cannot be unpacked ({error}).", "Nothing was read.", "Copy or export the recording again."
        ) from error
    except FileNotFoundError as error:
        raise RecordingError(f"There is no file {path}.", remedy="Check the name and the folder.") from error
    except IsADirectoryError as error:
        raise RecordingError(
            f"{path} is a folder.", remedy="Name the files in it, one per sensor, e.g. left.csv right.csv."
        ) from error
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror or error}.") from error


def _encoding(path: Path, binary: BufferedReader | gzip.GzipFile) -> str:
    start = binary.peek(4096)[:4096]
    if not start.strip():
        raise RecordingError(f"{path} is empty.", "Nothing was recorded.", "Export the recording again.")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\0" in start or start[:2] == b"PK":
        raise RecordingError(
            f"{path} is not text: it looks like a binary file (a spreadsheet, an archive, a device's own format).",
            "Nothing was read.",
            f"Export it as CSV with the header {HEADER}.",
        )
    return "utf-8-sig"


def _header(path: Path, file: TextIOWrapper) -> Layout:
    line = next((x for x in file if x.strip() and not x.lstrip().startswith("#") and not x.startswith("sep=")), "")
    separator = max("\t;,", key=line.count)
    names = [name.strip().strip("\"'").strip().lower() for name in line.rstrip("\r\n").split(separator)]
    found = ", ".join(name or "(no name)" for name in names[:12])[:160]
    if names and all(as_number(name) is not None for name in names):
        raise RecordingError(
            f"{path} starts with numbers ({found}): the header line is missing.",
            "Without it nobody can say which column is which.",
            f"Add the header {HEADER} as its first line.",
        )
    missing = [name for name in READINGS if name not in names]
    if missing:
        raise RecordingError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; found: {found or 'nothing'}.",
            "Nothing was read.",
            f"The header must name {HEADER}, in any order.",
        )
    doubled = sorted({name for name in (TIME, *READINGS) if names.count(name) > 1})
    if doubled:
        raise RecordingError(f"{path} has more than one column {', '.join(doubled)}.", remedy="Keep one of each.")
    others = [name for name in names if name and name not in (TIME, *READINGS)]
    notes = (f"further columns not used: {', '.join(others[:8])}{' ...' * (len(others) > 8)}",) if others else ()
    return Layout(separator, {name: names.index(name) for name in (TIME, *READINGS) if name in names}, notes)


def read_rows(path: Path, file: TextIOWrapper, layout: Layout, notes: list[str]) -> Array:
    parts = []
    damaged = 0
    sample = ""
    lines = _until_damage(file, notes)
    while chunk := list(islice(lines, ROWS_AT_ONCE)):
        if layout.separator != "," and any("," in line for line in chunk):
            chunk = [line.replace(",", ".") for line in chunk]
        values = _numbers(chunk, layout)
        if values is None:
            chunk = [line for line in chunk if line.strip()]
            values, unreadable = _tolerant(chunk, layout)
            damaged += int(unreadable.sum())
            sample = sample or (chunk[int(unreadable.argmax())].strip()[:80] if unreadable.any() else "")
        parts.append(values)
    values = np.concatenate(parts) if parts else np.empty((0, len(layout.positions)))
    if damaged == len(values) > 0:
        raise RecordingError(f"{path} holds no row of numbers; its rows look like: {sample!r}.", "Nothing was read.")
    if damaged:
        notes.append(f"{damaged} of {len(values)} rows could not be read as numbers (the first: {sample!r})")
    return values


def _until_damage(file: TextIOWrapper, notes: list[str]) -> Iterator[str]:
    """The lines of a file; a packed file that was cut short gives those before the cut."""
    first = next(file, "")  # damage this early leaves nothing to read: the error stands
    try:
        yield from chain([first] if first else [], file)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        notes.append("the packed file is damaged or was cut short: what came before the damage was read")


def _numbers(lines: list[str], layout: Layout) -> Array | None:
    if not any(line.strip() for line in lines):
        return np.empty((0, len(layout.positions)))
    try:
        return np.loadtxt(
            lines,
            delimiter=layout.separator,
            usecols=tuple(layout.positions.values()),
            comments=None,
            quotechar='"',
            ndmin=2,
        )
    except ValueError:
        return None


def _tolerant(lines: list[str], layout: Layout) -> tuple[Array, np.ndarray]:
    """Cell by cell, for a stretch with damage: cells that are no numbers become NaN; says which rows had one."""
    columns = tuple(layout.positions.values())
    values = np.full((len(lines), len(columns)), np.nan)
    unreadable = np.zeros(len(lines), dtype=bool)
    for row, line in enumerate(lines):
        cells = line.rstrip("\r\n").split(layout.separator)
        numbers = [as_number(cells[c].strip().strip('"')) if c < len(cells) else None for c in columns]
        unreadable[row] = None in numbers
        values[row] = [np.nan if x is None else x for x in numbers]
    return values, unreadable


def as_number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
