"""The memory of a pretend Movella DOT: what it records, and how it hands it out."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers import dotlog
from surefoot.sensors.makers.dotlog import frame, unframe
from surefoot.sensors.makers.dotwire import READINGS

ROOM = 362 * 60 * 60  # readings: the second generation's 362 minutes at 60 Hz
EXPORT_HZ, EXPORT_EACH = 60.0, 4  # beats of an export, and packets in each
COLUMNS = {0x00: "tick", 0x07: "acc", 0x08: "gyr"}
EULER = 0x04  # handed out unless something else is selected; level here


@dataclass(slots=True, eq=False)
class _File:
    utc_s: int
    seconds: int
    rows: bytearray = field(default_factory=bytearray)  # READINGS


class DotMemory:
    """Message service and files. ``answer`` is what the last command was answered, until the next."""

    def __init__(self, room: int = ROOM) -> None:
        self.answer = b""
        self._room = room
        self._files: list[_File] = []
        self._recording = False
        self._fields = bytes([0x00, EULER, 0x07, 0x08])
        self._export: np.ndarray | None = None  # READINGS that are handed out, and which is next
        self._next = 0

    @property
    def records(self) -> bool:
        return self._recording

    @property
    def export_hz(self) -> float | None:
        return None if self._export is None else EXPORT_HZ

    def command(self, message: bytes, streams: bool) -> list[bytes]:
        """Take a control message; return the notices it brings at once. ``streams``: it may not record meanwhile."""
        if (heard := unframe(message)) is None:
            self.answer = b""
            return []
        re_id, data = heard
        state = self._state()
        result, notices = state or dotlog.OK, []
        if re_id == dotlog.STATE:
            result = state or dotlog.IDLE
        elif re_id == dotlog.STOP and state == dotlog.RECORDS:
            result, notices = dotlog.OK, self._stop()
        elif state == dotlog.EXPORTS and re_id == dotlog.EXPORT_STOP:
            self._export, result, notices = None, dotlog.OK, [frame(dotlog.EXPORT_STOP)]
        elif state == dotlog.EXPORTS and re_id == dotlog.AGAIN_FROM and len(data) == 4:
            (self._next,), result = struct.unpack("<I", data), dotlog.OK
        elif state == dotlog.OK:
            result, notices = self._idle_command(re_id, data, streams)
        self.answer = frame(dotlog.ACK, bytes([result, re_id]) + data)
        return notices

    def keep(self, ticks: np.ndarray, acc: Array, gyr: Array) -> list[bytes]:
        """Readings come while it records; returns the notices that it is full."""
        rows = np.zeros(len(ticks), READINGS)
        rows["tick"], rows["acc"], rows["gyr"] = ticks, acc, gyr
        self._files[-1].rows += rows.tobytes()
        return self._end_if_full()

    def export(self) -> list[bytes]:
        """The next packets of the recording that is handed out."""
        if self._export is None:
            return []
        last = min(self._next + EXPORT_EACH, len(self._export))
        sent = [self._packet(number) for number in range(self._next, last)]
        self._next = max(last, self._next)
        if self._next >= len(self._export):
            self._export = None
            sent.append(frame(dotlog.FILE_DATA_END))
        return sent

    def part(self) -> None:
        self._export = None

    def _state(self) -> int:
        if self._recording:
            return dotlog.RECORDS
        return dotlog.OK if self._export is None else dotlog.EXPORTS

    def _idle_command(self, re_id: int, data: bytes, streams: bool) -> tuple[int, list[bytes]]:
        if re_id == dotlog.START and len(data) == 6:
            if streams:
                return dotlog.BUSY, []
            self._files.append(_File(*struct.unpack("<IH", data)))
            self._recording = True
            return dotlog.OK, self._end_if_full()
        if re_id == dotlog.ERASE and len(data) == 4:
            self._files.clear()
            return dotlog.OK, [frame(dotlog.ERASED)]
        if re_id == dotlog.FILE_INFO and len(data) == 1:
            return dotlog.OK, self._file_info(data[0])
        if re_id == dotlog.SELECT and set(data) <= {EULER, *COLUMNS}:
            self._fields = data
        elif re_id == dotlog.FILE_DATA and len(data) == 1 and 0 < data[0] <= len(self._files):
            self._export, self._next = np.frombuffer(bytes(self._files[data[0] - 1].rows), READINGS), 0
        else:
            return 0x02, []
        return dotlog.OK, []

    def _file_info(self, number: int) -> list[bytes]:
        if not 0 < number <= len(self._files):
            return [frame(dotlog.NO_FILE)]
        file = self._files[number - 1]
        head = struct.pack("<IIHIH", dotlog.FILE_MAGIC, 128, 0x0100, file.utc_s, file.seconds)
        return [frame(dotlog.FILE_INFO_IS, head.ljust(128, b"\0")), frame(dotlog.FILE_INFO_END)]

    def _packet(self, number: int) -> bytes:
        row = self._export[number]  # type: ignore[index]
        fields = b"".join(bytes(12) if key == EULER else row[COLUMNS[key]].tobytes() for key in self._fields)
        return frame(dotlog.FILE_DATA_IS, struct.pack("<I", number) + fields)

    def _end_if_full(self) -> list[bytes]:
        full = sum(len(file.rows) for file in self._files) > 0.9 * self._room * READINGS.itemsize
        return [frame(dotlog.FULL), *self._stop()] if full else []

    def _stop(self) -> list[bytes]:
        self._recording = False
        return [frame(dotlog.STOP)]
