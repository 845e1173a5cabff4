"""Segments: files of frames that only ever grow at their end, for what must survive a power cut.

A frame is a mark, a length, a checksum and its content. Nothing written is written over: what a crash can spoil is
the last frame, and the checksum says so. Each start of the program begins a new file; a whole file goes at once when
room is needed.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MARK = b"\xf5sf1"
_FRAME = struct.Struct("<4sII")
LARGEST = 1 << 24
SUFFIX = ".raw"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file: its name begins with the time (s) of what was put into it first."""

    path: Path
    start_s: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes inside a file that are no frames; ``cut_off``: only its end, as a crash leaves it."""

    path: Path
    at: int
    bytes: int
    cut_off: bool


class Segments:
    """The files of one folder, made when the first frame is written. Raises OSError as it comes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: int | None = None
        self._size = 0
        self._unsynced = False
        self.growing: Path | None = None  # the file that grows

    @property
    def open_bytes(self) -> int:
        """Of the file that grows; 0 where none does."""
        return self._size if self._file is not None else 0

    def all(self) -> list[Segment]:
        """Oldest first, by their names."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.glob(f"*{SUFFIX}"):
            name = path.name.partition(".")[0].partition("-")[0]
            with suppress(FileNotFoundError):  # it has just given way
                if name.isdigit():
                    found.append(Segment(path, int(name) / 1000, path.stat().st_size))
        return sorted(found, key=lambda segment: (segment.start_s, segment.path.name))

    def append(self, content: bytes, start_s: float) -> None:
        """Write a frame; one that could not be written whole leaves no trace."""
        if self._file is None:
            self._begin(start_s)
        assert self._file is not None
        frame = _FRAME.pack(MARK, len(content), zlib.crc32(content)) + content
        try:
            written = os.write(self._file, frame)
            while written < len(frame):
                written += os.write(self._file, frame[written:])
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(frame)
        self._unsynced = True

    def sync(self) -> None:
        """What was written survives a power cut from here on."""
        if self._file is not None and self._unsynced:
            os.fsync(self._file)
            self._unsynced = False

    def close(self) -> None:
        """The next frame begins a new file."""
        if self._file is not None:
            try:
                self.sync()
            finally:
                os.close(self._file)
                self._file = self.growing = None

    def remove(self, segment: Segment) -> None:
        segment.path.unlink(missing_ok=True)

    def _begin(self, start_s: float) -> None:
        made = not self.folder.exists()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{max(0, round(start_s * 1000)):015d}"
        taken = sum(path.name.startswith(name) for path in self.folder.glob(f"{name}*"))
        path = self.folder / f"{name}-{taken}{SUFFIX}"
        self._file = os.open(
            path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600
        )
        self._size, self.growing = 0, path
        for folder in (self.folder, self.folder.parent) if made else (self.folder,):
            _sync_folder(folder)


def frames(segment: Segment) -> Iterator[bytes | Damaged]:
    """Contents of a file in the order written, and where there are none; of one that has given way, nothing."""
    try:
        data = segment.path.read_bytes()
    except FileNotFoundError:
        return
    at = 0
    while at < len(data):
        content = _frame(data, at)
        if content is not None:
            at += _FRAME.size + len(content)
            yield content
            continue
        further = data.find(MARK, at + 1)
        while further >= 0 and _frame(data, further) is None:
            further = data.find(MARK, further + 1)
        end = further if further >= 0 else len(data)
        yield Damaged(segment.path, at, end - at, further < 0)
        at = end


def _frame(data: bytes, at: int) -> bytes | None:
    if at + _FRAME.size > len(data):
        return None
    mark, length, checksum = _FRAME.unpack_from(data, at)
    content = data[at + _FRAME.size : at + _FRAME.size + length]
    whole = mark == MARK and length <= LARGEST and len(content) == length and zlib.crc32(content) == checksum
    return content if whole else None


def _sync_folder(folder: Path) -> None:
    """A file's name is durable only when its folder is written."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
