"""Power cuts, simulated: a writer's system calls are recorded, and the disk is built as it was at any of them.

What the kernel was given and nobody had it write (fsync) is gone, names of files in a folder as well as their content;
or, as real caches do it, some of it is there and some is not, in any order. A disk that says it has written what it has
not is beyond this.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from chaosrows import Mix
from surefoot.pipeline.store import open_store

STRACE = shutil.which("strace")
FILES = ("", "home.sqlite", "home.sqlite-wal", "home.sqlite-journal", "told")
CALLS = "openat,open,creat,write,pwrite64,writev,pwritev,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,fallocate"
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (\d+)(?:<.*>)?$")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_OPENED = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})+)>")
_NUMBERS = re.compile(r",\s*(\d+)")
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded."""

    what: str  # make, write, sync, cut, remove
    name: str  # in the folder; empty: the folder itself
    data: bytes = b""
    at: int = 0  # byte, or the new length


@dataclass
class File:
    """Content as programs see it, as it is on the disk, and what lies between."""

    seen: bytearray = field(default_factory=bytearray)
    written: bytes = b""
    pending: list[Call] = field(default_factory=list)


class Disk:
    """A folder of one writer, call after call."""

    def __init__(self) -> None:
        self.seen: dict[str, File] = {}
        self.written: dict[str, File] = {}
        self.told: list[str] = []

    def take(self, call: Call) -> None:
        if call.name == "told":
            self.told += call.data.decode().splitlines()
            return
        match call.what:
            case "make":
                self.seen.setdefault(call.name, File())
            case "remove":
                del self.seen[call.name]
            case "sync" if not call.name:
                self.written = dict(self.seen)
            case "sync":
                file = self.seen[call.name]
                file.written, file.pending = bytes(file.seen), []
            case _:
                file = self.seen[call.name]
                _change(file.seen, call)
                file.pending.append(call)

    def left(self, rng: np.random.Generator | None = None) -> dict[str, bytes]:
        """The folder after the cut; with chance, some of what nobody had it write is there."""
        if rng is None:
            return {name: file.written for name, file in self.written.items()}
        names = {name for name in {*self.written, *self.seen} if self._stays(name, rng)}
        return {name: _some(self.seen.get(name) or self.written[name], rng) for name in names}

    def _stays(self, name: str, rng: np.random.Generator) -> bool:
        if self.seen.get(name) is self.written.get(name):
            return True
        return bool(rng.random() < 0.5)


def recorded(folder: Path, rows: int, synchronous: str = "") -> list[Call]:
    """The calls of a home that keeps so many rows; ``synchronous`` weaker than ours is the control."""
    home = folder / "home"
    home.mkdir()
    log = folder / "calls"
    paths = [word for name in FILES for word in ("-P", str(home / name) if name else str(home))]
    strace = [str(STRACE), "-y", "-xx", "-s", "1000000", "-e", f"trace={CALLS}", "-e", "signal=none", *paths]
    command = [*strace, "-o", str(log), sys.executable, str(HERE / "powerwriter.py"), str(home), str(rows), synchronous]
    paths_of_ours = os.pathsep.join([str(HERE.parent / "src"), str(HERE)])
    with (home / "told").open("wb") as told:
        subprocess.run(command, stdout=told, check=True, env={**os.environ, "PYTHONPATH": paths_of_ours})
    with log.open() as lines:
        return [call for line in lines if (call := read(line, home)) is not None]


def read(line: str, home: Path) -> Call | None:
    """A line of strace, as far as it changes the folder."""
    match = _CALL.match(line.strip())
    if match is None:
        return None
    what, arguments, _ = match.groups()
    opened = _OPENED.match(arguments)
    texts = [_bytes(text) for text in _TEXT.findall(arguments)]
    path = _bytes(opened[1]) if opened else texts[0] if texts else b""
    if what in ("openat", "open", "creat"):
        path = texts[0]
    name = os.path.relpath(path.decode(), home)
    name = "" if name == "." else name
    numbers = [int(number) for number in _NUMBERS.findall(_TEXT.sub("", arguments))]
    match what:
        case "openat" | "open" | "creat":
            return Call("make", name) if "O_CREAT" in arguments and name else None
        case "pwrite64":
            return Call("write", name, texts[0], numbers[-1])
        case "write" if name == "told":
            return Call("write", name, texts[0])
        case "fsync" | "fdatasync":
            return Call("sync", name)
        case "ftruncate":
            return Call("cut", name, at=numbers[-1])
        case "unlink" | "unlinkat":
            return Call("remove", name)
    raise ValueError(f"a writer does what is not understood here: {line[:200]}")


def evenly(calls: Sequence[Call], count: int) -> list[int]:
    """So many moments over all the calls, the last one behind them all."""
    return [int(upto) for upto in np.linspace(1, len(calls), count + 1)[1:]]


def cuts(calls: Sequence[Call], moments: Sequence[int]) -> Iterator[Disk]:
    """The disk after each of so many calls, in order; it goes on changing afterwards."""
    disk, done = Disk(), 0
    for upto in moments:
        for call in calls[done:upto]:
            disk.take(call)
        done = upto
        yield disk


@dataclass(frozen=True, slots=True)
class Left:
    """What a home found when the power was back."""

    kept: int  # rows it had confirmed
    lost: int  # of these
    wrong: str = ""  # what else is not as it should be


def found(folder: Path, disk: Disk, rng: np.random.Generator | None = None) -> Left:
    """Open what the cut left, as a home does, and hold it against what had been confirmed."""
    home = folder / "after"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for name, content in disk.left(rng).items():
        (home / name).write_bytes(content)
    kept = [int(line.split()[1]) for line in disk.told if line.startswith("kept")]
    answered = max([int(line.split()[1]) for line in disk.told if line.startswith("answered")], default=0)
    mix, confirmed, last = Mix(), set(kept), max(kept, default=0)
    store = open_store(f"sqlite:///{home / 'home.sqlite'}")
    try:
        with store._read() as connection:
            sound = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            rows = connection.exec_driver_sql(
                "SELECT seq, sha256 FROM bouts UNION ALL SELECT seq, sha256 FROM alerts "
                "UNION ALL SELECT seq, sha256 FROM tests UNION ALL SELECT seq, sha256 FROM incidents"
            ).all()
        there = {seq for seq, sha256 in rows if sha256 == mix.sha256(seq)}
        waiting = {row.seq for row in store.outbox.pending(10**6)}
        lost = {n for n in confirmed if n not in there or (n > answered and n not in waiting)}
        mix.keep(store, 10**6)
        newest = max(row.seq for row in store.outbox.pending(10**6))
    finally:
        store.close()
    wrong = "" if sound == "ok" else f"not sound: {sound}"
    if len(there) < len(rows) or max(there, default=0) > last + 1:
        wrong = "a row that nobody kept"
    if newest <= max(there, default=0):
        wrong = f"the number {newest} is used twice"
    return Left(len(confirmed), len(lost), wrong)


def require_strace() -> None:
    """Without it the test is skipped, saying so; where CI is set it fails."""
    if STRACE is None:
        reason = "no strace found: power cuts are not tested (Debian: apt-get install strace)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _change(content: bytearray, call: Call) -> None:
    if call.what == "cut":
        del content[call.at :]
        content.extend(bytes(call.at - len(content)))
        return
    content.extend(bytes(max(0, call.at - len(content))))
    content[call.at : call.at + len(call.data)] = call.data


def _some(file: File, rng: np.random.Generator) -> bytes:
    content = bytearray(file.written)
    for call in file.pending:
        if rng.random() < 0.5:
            _change(content, call)
    return bytes(content)
