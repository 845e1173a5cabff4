"""The nightly folder: each patient's tables month by month; only files that changed are written, each whole."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from surefoot.exports.folder import ExportError
from surefoot.exports.parquet import write_parquet
from surefoot.exports.plain import write_csv
from surefoot.exports.table import Table

Form = Literal["csv", "parquet"]
UNDATED = "undated"  # of rows whose day is none: a home with a broken clock
_MONTH = re.compile(r"\d{4}-\d\d")
_PATIENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PART = ".part"


@dataclass(frozen=True, slots=True)
class Night:
    """What was done: files written, files that are as they were, folders removed."""

    written: int = 0
    same: int = 0
    removed: int = 0

    def __add__(self, other: Night) -> Night:
        return Night(self.written + other.written, self.same + other.same, self.removed + other.removed)


def write_patient(folder: Path, gateway: str, tables: Sequence[Table], form: Form, since: str | None = None) -> Night:
    """``folder/gateway/YYYY-MM/table.csv``; months before ``since`` are neither written nor kept.

    A file is replaced when it is written whole, so whoever reads meanwhile reads the one or the other. What the store
    no longer holds stays: a store that was begun anew must not empty its copy; but rows without a day, whose age nobody
    knows, go with it where anything is to go by its age. ExportError when the disk takes no more.
    """
    done, mine = Night(), folder / gateway
    with _told(folder):
        mine.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in mine.glob(f"*{_PART}"):  # of a night that was killed
            shutil.rmtree(left)
        months = {_month(row[0]) for table in tables for row in table.rows}
        for month in sorted(months):
            if since is None or month >= since:
                done += _write_month(mine, month, [_only(table, month) for table in tables], form)
        for old in mine.iterdir() if since is not None else ():
            if (_MONTH.fullmatch(old.name) and old.name < since) or (old.name == UNDATED and UNDATED not in months):
                shutil.rmtree(old)
                done += Night(removed=1)
    return done


def remove_patients(folder: Path, gone: Collection[str]) -> list[str]:
    """The folders of patients who were deleted; whose they were."""
    with _told(folder):
        there = [one for one in folder.iterdir() if _PATIENT.fullmatch(one.name)] if folder.is_dir() else []
        found = [one.name for one in there if one.name in gone]
        for name in found:
            shutil.rmtree(folder / name)
    return found


def _write_month(mine: Path, month: str, tables: Sequence[Table], form: Form) -> Night:
    fresh, place = mine / f"{month}{_PART}", mine / month
    fresh.mkdir(mode=0o700)
    try:
        written = write_csv(tables, fresh) if form == "csv" else write_parquet(tables, fresh)
        changed = [path for path in written if not _is_same(path, place / path.name)]
        for path in changed:  # all of them safe on the disk before the first takes its place
            _sync(path)
        place.mkdir(mode=0o700, exist_ok=True)
        for path in changed:
            path.replace(place / path.name)
        if changed:
            _sync(place)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Night(written=len(changed), same=len(written) - len(changed))


def _month(cell: object) -> str:
    found = _MONTH.match(str(cell))
    return found[0] if found else UNDATED


def _only(table: Table, month: str) -> Table:
    return replace(table, rows=tuple(row for row in table.rows if _month(row[0]) == month))


def _is_same(one: Path, other: Path) -> bool:
    return other.is_file() and one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()


def _sync(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{folder} cannot be written ({error.strerror or error})."
        meaning = "What was exported in nights before is whole and still there; what is stored is safe."
        raise ExportError(
            what, meaning, "Make room, or name another folder: the next run does what is left."
        ) from error
