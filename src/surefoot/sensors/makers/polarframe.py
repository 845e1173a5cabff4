"""A frame of Polar's measurement data: readings of one kind, each told as the change since the one before.

Layout: type u8, u64 ns of the LAST reading, frame type u8 (bit 7: compressed, else kind), content. Compressed content:
the first reading, then blocks of width u8 (bits), count u8, changes, least significant bit first, channels in turn.
Source: polarofficial/polar-ble-sdk, technical_documentation/online_measurement.pdf and its tests.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surefoot.sensors.makers.product import MalformedPacket

ACC, GYRO = 2, 5
HEADER = struct.Struct("<BQB")
COMPRESSED = 0x80
CHANNELS = 3
WIDEST = 32  # bits of a change
MOST = 512  # readings in a frame: more are nonsense
Whole = NDArray[np.int64]

SIZES = {  # type, frame type: bytes of a channel in full
    (ACC, 0x80): 2,
    (ACC, 0x81): 2,
    (ACC, 0x01): 2,
    (GYRO, 0x80): 2,
    (GYRO, 0x81): 4,  # the bits of a 32-bit float
}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Readings (n, 3) as they stand on the wire, before any factor; the last was taken at ``last_ns``."""

    measurement: int
    last_ns: int
    frame_type: int
    raw: Whole


def decode_frame(data: bytes) -> Frame | MalformedPacket:
    if len(data) < HEADER.size:
        return MalformedPacket(f"{len(data)} bytes, too short for a frame")
    measurement, last_ns, frame_type = HEADER.unpack_from(data)
    size = SIZES.get((measurement, frame_type))
    if size is None:
        return MalformedPacket(f"frame type 0x{frame_type:02x} of measurement {measurement}, which is not known")
    content = data[HEADER.size :]
    read = _changes if frame_type & COMPRESSED else _plain
    raw = read(content, size)
    if isinstance(raw, str):
        return MalformedPacket(raw)
    return Frame(measurement, last_ns, frame_type, raw)


def encode_frame(frame: Frame, *, block: int = 16) -> bytes:
    """Compressed or plain, as its frame type says; ``block``: readings in one block of changes."""
    size = SIZES[frame.measurement, frame.frame_type]
    head = HEADER.pack(frame.measurement, frame.last_ns, frame.frame_type)
    kind = f"<i{size}"
    if not frame.frame_type & COMPRESSED:
        return head + bytes(frame.raw.astype(kind))
    changes = _wrapped(np.diff(frame.raw, axis=0), 8 * size)
    blocks = (_packed(changes[k : k + block]) for k in range(0, len(changes), block))
    return head + bytes(frame.raw[0].astype(kind)) + b"".join(blocks)


# ---- content


def _plain(content: bytes, size: int) -> Whole | str:
    if not content or len(content) % (CHANNELS * size):
        return f"{len(content)} bytes are no whole number of readings"
    return np.frombuffer(content, f"<i{size}").astype(np.int64).reshape(-1, CHANNELS)


def _changes(content: bytes, size: int) -> Whole | str:
    at = CHANNELS * size
    if len(content) < at:
        return "no first reading"
    steps = [np.frombuffer(content, f"<i{size}", CHANNELS).astype(np.int64).reshape(1, CHANNELS)]
    readings = 1
    while at < len(content):
        width, count = (content[at], content[at + 1]) if at + 2 <= len(content) else (0, 0)
        length = (width * count * CHANNELS + 7) // 8
        readings += count
        if not count or width > WIDEST or at + 2 + length > len(content) or readings > MOST:
            return f"a block of {count} changes of {width} bits does not fit"
        steps.append(unpacked(content[at + 2 : at + 2 + length], width, count))
        at += 2 + length
    return _wrapped(np.concatenate(steps).cumsum(axis=0), 8 * size)


def unpacked(packed: bytes, width: int, count: int) -> Whole:
    """Numbers of ``width`` bits, two's complement, least significant bit first: (count, 3)."""
    if not width:
        return np.zeros((count, CHANNELS), dtype=np.int64)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")[: width * count * CHANNELS]
    weights = 1 << np.arange(width, dtype=np.int64)
    return _wrapped(bits.reshape(-1, width) @ weights, width).reshape(count, CHANNELS)


def _packed(changes: Whole) -> bytes:
    width = int(max(value.item().bit_length() for value in np.where(changes < 0, ~changes, changes).flat)) + 1
    bits = (changes.reshape(-1, 1) >> np.arange(width)) & 1
    return bytes([width, len(changes)]) + np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()


def _wrapped(values: Whole, bits: int) -> Whole:
    """Modulo 2**bits, as signed numbers."""
    half = np.int64(1 << (bits - 1))
    return ((values + half) & np.int64((1 << bits) - 1)) - half
