"""A Movella DOT's readings in bytes: time, acceleration and turning, the same live and in an exported recording."""

from __future__ import annotations

import struct

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers.grid import LARGEST, on_grid
from surefoot.sensors.makers.product import G_MPS2, MalformedPacket, Packet

READING = struct.Struct("<I6f")  # microseconds, m/s^2, deg/s
READINGS = np.dtype([("tick", "<u4"), ("acc", "<f4", 3), ("gyr", "<f4", 3)])
PADDED = 40  # bytes of a live notification; what its mode does not use is zero
TICK_S, TICK_BITS = 1e-6, 32  # wraps after 71.6 minutes

RANGE_MPS2, RANGE_DPS = 16 * G_MPS2, 2000.0
ACC_STEP_MPS2, GYR_STEP_DPS = RANGE_MPS2 / 32768, RANGE_DPS / 32768  # kept; floats of the wire are finer
AT_THE_END = 1 - 0.0005  # of a range: readings so near to its end stand at it
BEYOND = 1.25  # of a range: what is larger was not measured (calibration moves the end by some per cent; P)
SETTLING = 2  # readings: the first one or two after a start are rubbish (seen in published recordings; P)


def dot_uuid(short: int) -> str:
    return f"1517{short:04x}-4947-11e9-8646-d663bd873d93"


def decode(data: bytes) -> Packet | MalformedPacket:
    """A live notification of one reading, padded or not. Plain numbers: sixty times a second, numpy's calls would cost
    more than all else."""
    if len(data) < READING.size:
        return MalformedPacket(
            f"{len(data)} bytes instead of {READING.size}: cut off, the link's packets are too small"
        )
    tick, *values = READING.unpack_from(data)
    scales = ((RANGE_MPS2, ACC_STEP_MPS2),) * 3 + ((RANGE_DPS, GYR_STEP_DPS),) * 3
    kept, clipped = [], False
    for value, (limit, step) in zip(values, scales, strict=True):
        size = abs(value)
        if not size <= BEYOND * limit:  # also where it is no number
            return MalformedPacket("a reading that is no number or beyond the sensor's range")
        clipped |= size >= AT_THE_END * limit
        kept.append(max(-LARGEST, min(LARGEST, round(value / step))) * step)
    both = np.array(kept).reshape(2, 1, 3)
    return Packet(both[0], both[1], tick, clipped=int(clipped))


def as_packet(acc: Array, gyr: Array, first_tick: int) -> Packet:
    """Readings (n, 3) each, as ``measured``, on the grid that is kept; those at the end of a range are counted."""
    at_end = (np.abs(acc) >= AT_THE_END * RANGE_MPS2) | (np.abs(gyr) >= AT_THE_END * RANGE_DPS)
    clipped = int(at_end.any(axis=1).sum())
    return Packet(on_grid(acc, ACC_STEP_MPS2), on_grid(gyr, GYR_STEP_DPS), first_tick, clipped=clipped)


def encode(packet: Packet) -> bytes:
    """The live notification of a packet of one reading."""
    return READING.pack((packet.first_tick or 0) % 2**TICK_BITS, *packet.acc[0], *packet.gyr[0]).ljust(PADDED, b"\0")


def measured(acc: Array, gyr: Array) -> np.ndarray:
    """Which readings, (n, 3) each, can have been measured, (n,): finite, and not beyond what the sensor can tell."""
    limit_acc, limit_gyr = BEYOND * RANGE_MPS2, BEYOND * RANGE_DPS
    return np.asarray((np.abs(acc) <= limit_acc).all(axis=1) & (np.abs(gyr) <= limit_gyr).all(axis=1))
