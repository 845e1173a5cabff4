"""The recordings of a Movella DOT: told to record, listed, fetched packet by packet, erased, over its message service.

Frames and messages: Movella DOT BLE Service Specification, XD0506P revision C, section 5. What a message answers at
once is read; what it brings later is notified. The sensor exports only while it does not record.
"""

from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np

from surefoot.sensors.makers.dotwire import (
    READING,
    READINGS,
    SETTLING,
    TICK_BITS,
    TICK_S,
    as_packet,
    dot_uuid,
    measured,
)
from surefoot.sensors.makers.grid import widened
from surefoot.sensors.makers.product import Hear, Listen, Logged, Packet, ProductError, Read, Script, Wait, Write

CONTROL, ANSWER, NOTICE = dot_uuid(0x7001), dot_uuid(0x7002), dot_uuid(0x7003)
RECORDING = 0x01  # the message identifier of everything here

ACK, STATE = 0x01, 0x02
ERASE, ERASED, FULL, BAD_FORMAT = 0x30, 0x33, 0x34, 0x35
START, STOP = 0x40, 0x41  # STOP is also the notice that it has stopped
FILE_INFO, FILE_INFO_IS, FILE_INFO_END, NO_FILE = 0x60, 0x61, 0x62, 0x63
FILE_DATA, FILE_DATA_IS, FILE_DATA_END, EXPORT_STOP, SELECT = 0x70, 0x71, 0x72, 0x73, 0x74
AGAIN_FROM, FILE_DATA_BAD = 0x75, 0x76

FIELDS = bytes([0x00, 0x07, 0x08])  # time, acceleration, turning: 28 bytes, as live
UNLIMITED = 0xFFFF
FILE_MAGIC, LAST_FILE = 0x5265636F, 0xFE

OK, BUSY, IDLE, RECORDS, EXPORTS = 0x00, 0x03, 0x06, 0x40, 0x70  # what an answer tells
MEANINGS = {
    0x02: "it does not take that command now",
    BUSY: "its memory is busy",
    IDLE: "it does nothing of the kind now",
    0x30: "it is erasing",
    RECORDS: "it is recording: stop that first",
    0x50: "it is telling of its memory",
    0x60: "it is telling of a recording",
    EXPORTS: "it is handing out a recording",
}

QUIET_S = 2.0  # without a packet of an export: it is asked again from there (P)
ERASE_S = 120.0  # a full memory takes long (P)
TRIES = 8  # askings in a row that bring nothing new, before it is given up (P)
ENDS = 3  # times the end must follow the same packet to be believed: it does not tell how many there are (P)
PAGE = 60  # readings handed out in one packet at most: a second


def frame(re_id: int, data: bytes = b"") -> bytes:
    """A message: identifier, length, data, and a last byte that makes the sum of all a multiple of 256."""
    body = bytes([RECORDING, 1 + len(data), re_id]) + data
    return body + bytes([-sum(body) % 256])


def unframe(message: bytes) -> tuple[int, bytes] | None:
    """The kind of a message and its data; None where it is none. What is behind its length is padding."""
    size = message[1] + 3 if len(message) > 3 else 0
    whole = message[:size]
    if not size or len(whole) < size or size < 4 or whole[0] != RECORDING or sum(whole) % 256:
        return None
    return whole[2], whole[3:-1]


class DotLogbook:
    """What to say to a DOT about its recordings."""

    def start(self, utc_s: int) -> Script[None]:
        """At the rate set for live; until it is stopped, its memory is nine tenths full, or its button held down."""
        if (yield from _command(STATE)) != RECORDS:
            yield from _must(START, struct.pack("<IH", utc_s, UNLIMITED), "begin to record")
            if (yield from _command(STATE)) != RECORDS:
                raise _refused("go on recording", "its memory may be full: fetch what is in it, and erase it")

    def stop(self) -> Script[None]:
        if (yield from _command(STATE)) == RECORDS:
            yield Listen(NOTICE)
            yield from _must(STOP, b"", "end its recording")
            yield from _hear(STOP, within_s=5.0)

    def recordings(self) -> Script[tuple[Logged, ...]]:
        yield Listen(NOTICE)
        found: list[Logged] = []
        while len(found) < LAST_FILE:
            number = len(found) + 1
            yield from _must(FILE_INFO, bytes([number]), "list its recordings")
            kind, data = yield from _hear(FILE_INFO_IS, NO_FILE, BAD_FORMAT)
            if kind == NO_FILE:
                break
            if kind != FILE_INFO_IS or len(data) < 14 or int.from_bytes(data[:4], "little") != FILE_MAGIC:
                raise _refused(f"tell of its recording {number}", "its memory is of a format that surefoot cannot read")
            found.append(Logged(number, int.from_bytes(data[10:14], "little")))
            yield from _hear(FILE_INFO_END)
        return tuple(found)

    def fetch(self, logged: Logged, rate_hz: float, first: int = 0) -> DotDownload:
        return DotDownload(logged.number, rate_hz, first)

    def erase(self, utc_s: int) -> Script[None]:
        yield Listen(NOTICE)
        yield from _must(ERASE, struct.pack("<I", utc_s), "erase its recordings")
        yield from _hear(ERASED, within_s=ERASE_S)


class DotDownload:
    """One recording on its way: its packets are numbered from 0; what is missing is asked again from there on."""

    def __init__(self, number: int, rate_hz: float, first: int = 0) -> None:
        self._file = bytes([number])
        self._step_ticks = 1 / rate_hz / TICK_S
        self._next = first  # the first packet that has not come
        self._rows = bytearray()  # READINGS that came and were not handed out
        self._settling = 0 if first else SETTLING

    def script(self) -> Script[None]:
        yield Listen(NOTICE)
        if (yield from _command(STATE)) == EXPORTS:  # the link was lost meanwhile
            yield from _command(EXPORT_STOP)
        yield from _must(SELECT, FIELDS, "choose what of its recording to hand out")
        yield from self._ask(anew=True)
        last, tries, ends = -1, 0, 0  # the packet heard last; how often the end came straight behind the last that is
        while True:
            kind, data = yield from _hear(FILE_DATA_IS, FILE_DATA_BAD, FILE_DATA_END)
            if kind in (FILE_DATA_IS, FILE_DATA_BAD):
                before, last = last, int.from_bytes(data[:4], "little")
                if last == self._next:
                    self._take(kind, data[4:])
                    tries = ends = 0
                    continue
                if not self._is_passed_over(before, last):
                    continue
            ends = ends + 1 if kind == FILE_DATA_END and last == self._next - 1 else 0
            if ends == ENDS:
                return
            tries += 1
            if tries > TRIES:
                raise _refused("hand out all of its recording", f"packet {self._next} did not come")
            if kind not in (FILE_DATA_IS, FILE_DATA_BAD):
                last = -1
            yield from self._ask(anew=kind == FILE_DATA_END)

    def packets(self) -> list[Packet]:
        rows = np.frombuffer(bytes(self._rows), READINGS)
        self._rows.clear()
        rubbish = min(self._settling, len(rows))
        self._settling -= rubbish
        rows = rows[rubbish:]
        acc, gyr = widened(rows["acc"]), widened(rows["gyr"])
        good = measured(acc, gyr)
        ticks, acc, gyr = rows["tick"][good].astype(np.int64), acc[good], gyr[good]
        steps = np.diff(ticks) % 2**TICK_BITS
        holes = np.flatnonzero(np.abs(steps - self._step_ticks) > self._step_ticks / 2) + 1
        edges = [*np.union1d(holes, np.arange(0, len(ticks), PAGE)).astype(int), len(ticks)]
        return [as_packet(acc[a:b], gyr[a:b], int(ticks[a])) for a, b in pairwise(edges)]

    def _is_passed_over(self, before: int, number: int) -> bool:
        """Whether the packet that is wanted would have come between these two. Those that were on their way when it
        was asked for again still count on; with the first that is sent again they go back."""
        return number > self._next and not self._next <= before < number

    def _take(self, kind: int, data: bytes) -> None:
        if kind == FILE_DATA_IS and len(data) >= READING.size:
            self._rows += data[: READING.size]
        self._next += 1

    def _ask(self, anew: bool) -> Script[None]:
        """For what is missing; ``anew``: behind the end, and once more for the last packet, to see that it is."""
        if not anew and (yield from _command(AGAIN_FROM, struct.pack("<I", self._next))) == OK:
            return
        yield from _must(FILE_DATA, self._file, "hand out its recording", but_fine=EXPORTS)
        if self._next:
            first = self._next - 1 if anew else self._next
            yield from _must(AGAIN_FROM, struct.pack("<I", first), "hand out the rest of its recording")


def _command(re_id: int, data: bytes = b"") -> Script[int]:
    """Say it and read what is answered at once: OK, or what the sensor is at."""
    yield Write(CONTROL, frame(re_id, data))
    answer = unframe((yield Read(ANSWER)))
    if answer is None or answer[0] != ACK or len(answer[1]) < 2 or answer[1][1] != re_id:
        raise _refused("answer", "what it says is no answer to what it was asked")
    return answer[1][0]


def _must(re_id: int, data: bytes, doing: str, but_fine: int = OK) -> Script[None]:
    result = BUSY
    for _ in range(TRIES):
        if (result := (yield from _command(re_id, data))) != BUSY:
            break
        yield Wait(1.0)
    if result not in (OK, but_fine):
        raise _refused(doing, MEANINGS.get(result, f"it answers 0x{result:02x}"))


def _hear(*kinds: int, within_s: float = QUIET_S) -> Script[tuple[int, bytes]]:
    """The next notice of one of these kinds; (0, b"") when it is quiet instead. What is no message is lost."""
    while data := (yield Hear(NOTICE, within_s)):
        if (heard := unframe(data)) and heard[0] in kinds:
            return heard
    return 0, b""


def _refused(doing: str, why: str) -> ProductError:
    return ProductError(
        f"The Movella DOT did not {doing}: {why}.",
        "What it has recorded stays in it.",
        "Keep it near this computer and switched on, and try again.",
    )
