"""Packed readings: blocks of one sensor, or a gap, as few bytes and back again, to the last bit.

Readings that are whole counts of a step are kept as those: 16 bits, the change from one to the next, high bytes and low
bytes apart, deflated. Others are kept as the 64-bit numbers they are. Blocks that follow on are packed together; how
they were cut is kept too, because whoever replays them shall see what was seen live.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from surefoot.records import SIDES, Array, Gap, Placement, Samples, Side

LEVEL = 6  # of deflate: 9 takes twice the time and gives one byte in a hundred
PLACEMENTS: tuple[Placement, Placement] = ("shank", "foot")
_COUNTS, _NUMBERS, _GAP = 1, 2, 3
_HEAD = struct.Struct("<BBB")  # kind, side, placement
_SAMPLES = struct.Struct("<ddddH")  # start_s, rate_hz, steps (0 where none), blocks
_SPAN = struct.Struct("<dd")


class UnreadableError(Exception):
    """Bytes that are no packed readings."""


@dataclass(frozen=True, slots=True)
class Label:
    """What packed bytes are about; ``rate_hz`` None: a gap."""

    side: Side
    placement: Placement
    start_s: float
    end_s: float
    rate_hz: float | None


def together(a: Samples, b: Samples) -> bool:
    """Whether ``b`` follows on so exactly that both can be packed as one."""
    alike = (a.side, a.placement, a.rate_hz, a.steps) == (b.side, b.placement, b.rate_hz, b.steps)
    return alike and abs(_ulps(b.start_s) - _ulps(a.end_s)) <= 127 and len(b) > 0


def pack(blocks: Sequence[Samples]) -> bytes:
    """Blocks of which each follows ``together`` with the one before, each of 1 to 65535 readings."""
    first = blocks[0]
    values = np.concatenate([np.concatenate([block.acc, block.gyr], axis=1) for block in blocks])
    counts = _counts(values, first.steps)
    kind, steps = (_NUMBERS, (0.0, 0.0)) if counts is None else (_COUNTS, first.steps or (0.0, 0.0))
    content = _planes(values) if counts is None else _planes(_zigzag(np.diff(counts, axis=0, prepend=np.int16(0))))
    lengths = np.array([len(block) for block in blocks], "<u2").tobytes()
    shifts = np.array([_ulps(b.start_s) - _ulps(a.end_s) for a, b in pairwise(blocks)], np.int8).tobytes()
    head = _HEAD.pack(kind, SIDES.index(first.side), PLACEMENTS.index(first.placement))
    head += _SAMPLES.pack(first.start_s, first.rate_hz, *steps, len(blocks))
    return head + lengths + shifts + zlib.compress(content, LEVEL)


def pack_gap(gap: Gap) -> bytes:
    head = _HEAD.pack(_GAP, SIDES.index(gap.side), PLACEMENTS.index(gap.placement))
    return head + _SPAN.pack(gap.start_s, gap.end_s) + gap.reason.encode()


def label(data: bytes) -> Label:
    """Of what sensor and time it is, without unpacking it. Raise UnreadableError where it does not say."""
    try:
        kind, side, placement = _HEAD.unpack_from(data)
        if kind == _GAP:
            start_s, end_s = _SPAN.unpack_from(data, _HEAD.size)
            return Label(SIDES[side], PLACEMENTS[placement], start_s, end_s, None)
        if kind not in (_COUNTS, _NUMBERS):
            raise UnreadableError(f"kind {kind}")
        start_s, rate_hz, _, _, count = _SAMPLES.unpack_from(data, _HEAD.size)
        readings = int(np.frombuffer(data, "<u2", count, _HEAD.size + _SAMPLES.size).sum(dtype=np.int64))
    except (struct.error, ValueError, IndexError) as error:
        raise UnreadableError(str(error)) from error
    return Label(SIDES[side], PLACEMENTS[placement], start_s, start_s + readings / rate_hz, rate_hz)


def unpack(data: bytes) -> list[Samples | Gap]:
    """What was packed. Raise UnreadableError for anything else."""
    try:
        kind, side, placement = _HEAD.unpack_from(data)
        sensor = SIDES[side], PLACEMENTS[placement]
        rest = data[_HEAD.size :]
        if kind == _GAP:
            start_s, end_s = _SPAN.unpack_from(rest)
            return [Gap(*sensor, start_s, end_s, rest[_SPAN.size :].decode())]
        if kind not in (_COUNTS, _NUMBERS):
            raise UnreadableError(f"kind {kind}")
        start_s, rate_hz, acc_step, gyr_step, count = _SAMPLES.unpack_from(rest)
        rest = rest[_SAMPLES.size :]
        lengths = np.frombuffer(rest, "<u2", count).astype(np.intp)
        shifts = np.frombuffer(rest, np.int8, count - 1, 2 * count).tolist()
        content = zlib.decompress(rest[3 * count - 1 :])
        size = int(lengths.sum())
        if kind == _NUMBERS:
            values, steps = _from_planes(content, "<f8", size), None
        else:
            changes = _from_planes(content, "<u2", size)
            counts = np.cumsum(_unfolded(changes), axis=0, dtype=np.int16)
            steps = acc_step, gyr_step
            values = counts * np.repeat(steps, 3)
    except (struct.error, ValueError, IndexError, zlib.error) as error:
        raise UnreadableError(str(error)) from error
    found: list[Samples | Gap] = []
    at = 0
    for length, shift in zip(lengths.tolist(), [0, *shifts], strict=True):
        part = np.ascontiguousarray(values[at : at + length, :3]), np.ascontiguousarray(values[at : at + length, 3:])
        start_s = found[-1].end_s if found else start_s
        found.append(Samples(*sensor, _moved(start_s, shift), rate_hz, *part, steps))
        at += length
    return found


def _counts(values: Array, steps: tuple[float, float] | None) -> np.ndarray | None:
    """Readings as whole counts; None where they are not exactly that."""
    if steps is None:
        return None
    scale = np.repeat(steps, 3)
    counts: np.ndarray = np.rint(values / scale)
    fits = counts.min(initial=0.0) >= -32768 and counts.max(initial=0.0) <= 32767
    if not fits or not np.array_equal(counts * scale, values) or np.signbit(values[values == 0]).any():
        return None
    return counts.astype(np.int16)


def _zigzag(change: np.ndarray) -> np.ndarray:
    """Small numbers of either sign as small numbers."""
    folded = (change.astype(np.int32) << 1) ^ (change.astype(np.int32) >> 15)
    return folded.astype("<u2")


def _unfolded(folded: np.ndarray) -> np.ndarray:
    return (folded >> 1).astype(np.int16) ^ -(folded & 1).astype(np.int16)


def _planes(values: np.ndarray) -> bytes:
    """(n, 6) numbers, column by column, all first bytes, then all second ones."""
    columns = np.ascontiguousarray(values.T)
    return columns.view(np.uint8).reshape(columns.size, -1).T.tobytes()


def _from_planes(content: bytes, kind: str, size: int) -> Any:
    width = np.dtype(kind).itemsize
    planes = np.frombuffer(content, np.uint8).reshape(width, 6 * size)
    return np.ascontiguousarray(planes.T).view(kind).reshape(6, size).T


def _ulps(time_s: float) -> int:
    """A positive time's place among the numbers that can be written."""
    return int(np.float64(time_s).view(np.int64))


def _moved(time_s: float, ulps: int) -> float:
    return float(np.int64(_ulps(time_s) + ulps).view(np.float64)) if ulps else time_s
