"""The firmware of a Movella DOT, as its maker's documents and its users describe it."""

from __future__ import annotations

import struct

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers.dot import BATTERY, MAKER, MEASURE, PAYLOAD, PRODUCT, RATE_QUANTITIES, REPORT, SETTINGS
from surefoot.sensors.makers.dotlog import ANSWER, CONTROL, NOTICE
from surefoot.sensors.makers.dotwire import ACC_STEP_MPS2, GYR_STEP_DPS, TICK_BITS, dot_uuid, encode
from surefoot.sensors.makers.grid import on_grid
from surefoot.sensors.makers.product import Packet
from surefoot.simulation.ankle_dotlog import DotMemory
from surefoot.simulation.firmware import (
    INVALID_LENGTH,
    READ_NOT_PERMITTED,
    WRITE_NOT_PERMITTED,
    Advert,
    AttError,
    Characteristic,
    Sent,
    Service,
)

ABOUT = dot_uuid(0x1001)
RATES = (1, 4, 10, 12, 15, 20, 30, 60, 120)
FIRST = (-0.128, -0.265, 0.311)  # what published recordings begin with, m/s^2
EMPTY_PCT = 2  # it switches itself off

SERVICES = (
    Service(
        dot_uuid(0x1000),
        (
            Characteristic(ABOUT, ("read",)),
            Characteristic(SETTINGS, ("read", "write")),
            Characteristic(REPORT, ("notify",)),
        ),
    ),
    Service(
        dot_uuid(0x2000),
        (
            Characteristic(MEASURE, ("read", "write")),
            *(Characteristic(dot_uuid(short), ("notify",)) for short in (0x2002, 0x2003, 0x2004)),
        ),
    ),
    Service(dot_uuid(0x3000), (Characteristic(BATTERY, ("read", "notify")),)),
    Service(
        dot_uuid(0x7000),
        (
            Characteristic(CONTROL, ("write",)),
            Characteristic(ANSWER, ("read",)),
            Characteristic(NOTICE, ("notify",)),
        ),
    ),
)


class DotFirmware:
    """Goes on measuring and recording when the link is lost; its first reading after each start is rubbish.

    While it hands out a recording it wants readings only for their beat. ``both``: whether it can record and stream at
    once; the maker's documents do not say.
    """

    product = PRODUCT
    advert = Advert("Movella DOT", makers={MAKER: b"\x01\x00"})
    services = SERVICES

    def __init__(self, rate_hz: int = 60, battery: int = 80, both: bool = True) -> None:
        self.identified = 0  # how often it was asked to blink
        self._settings = bytearray(32)
        self._settings[3], self._settings[5] = 10, 30  # minutes until it sleeps: advertising, connected
        struct.pack_into("<H", self._settings, 24, rate_hz)
        self._battery_pct = battery
        self._both = both
        self._mode = RATE_QUANTITIES
        self._streams = False
        self._begins = False
        self._off = False
        self._listened: set[str] = set()
        self.memory = DotMemory()

    @property
    def rate_hz(self) -> float | None:
        if self._off:
            return None
        if self._streams or self.memory.records:
            return float(struct.unpack_from("<H", self._settings, 24)[0])
        return self.memory.export_hz

    def read(self, uuid: str) -> bytes:
        known = {
            ABOUT: b"\x01\x02\x03\xcd\x22\xd4"
            + bytes([3, 0, 0])
            + struct.pack("<H5BIQ", 2023, 7, 1, 9, 0, 0, 0, 1)
            + b"XS-T02",
            SETTINGS: bytes([0, 0, *self._settings[2:]]),
            MEASURE: bytes([1, self._streams, self._mode]),
            BATTERY: bytes([self._battery_pct, 0]),
            ANSWER: self.memory.answer.ljust(160, b"\0"),
        }
        if uuid not in known:
            raise AttError(READ_NOT_PERMITTED)
        return known[uuid]

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        if uuid == SETTINGS:
            self._change(data)
            return []
        if uuid == MEASURE:
            self._control(data)
            return []
        if uuid == CONTROL:
            return self._to(NOTICE, self.memory.command(data, streams=self._streams and not self._both))
        raise AttError(WRITE_NOT_PERMITTED)

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        (self._listened.add if on else self._listened.discard)(uuid)
        return []

    def measure(self, acc: Array, gyr: Array, at_s: float) -> list[Sent]:
        rate_hz = self.rate_hz
        if rate_hz is None:
            return []
        acc, gyr = on_grid(acc, ACC_STEP_MPS2), on_grid(gyr, GYR_STEP_DPS)
        ticks = np.rint((at_s + np.arange(len(acc)) / rate_hz) * 1e6).astype(np.int64) % 2**TICK_BITS
        sent = self._stream(ticks, acc, gyr) if self._streams else []
        if self.memory.records:
            sent += self._to(NOTICE, self.memory.keep(ticks, acc, gyr))
        return sent + self._to(NOTICE, self.memory.export())

    def part(self) -> None:
        self._listened.clear()
        self.memory.part()

    def drain(self, percent: int) -> list[Sent]:
        self._battery_pct = percent
        sent = self._to(BATTERY, [bytes([percent, 0])])
        if percent < EMPTY_PCT and not self._off:
            self._off = True
            sent += self._to(REPORT, [bytes([1]).ljust(36, b"\0")])
        return sent

    def click(self, times: int, at_s: float) -> list[Sent]:
        """Its button was pressed, once to three times."""
        return self._to(REPORT, [struct.pack("<BBI", 4 + times, 4, round(at_s * 1000)).ljust(36, b"\0")])

    def _change(self, data: bytes) -> None:
        if len(data) != len(self._settings):
            raise AttError(INVALID_LENGTH)
        about = data[0]
        self.identified += bool(about & 1 and data[1] == 1)
        if about & 4:
            self._settings[3:7] = data[3:7]
        (rate,) = struct.unpack_from("<H", data, 24)
        if about & 16 and rate in RATES and not (self._streams or self.memory.records):
            struct.pack_into("<H", self._settings, 24, rate)
        self._off |= bool(about & 2 and data[2] & 1)

    def _control(self, data: bytes) -> None:
        if len(data) != 3:
            raise AttError(INVALID_LENGTH)
        kind, action, mode = data
        busy = self.memory.records and not self._both
        if kind != 1 or (action and (busy or self._streams or self.rate_hz == 120)):
            return
        self._streams = self._begins = bool(action)
        if action:
            self._mode = mode

    def _stream(self, ticks: np.ndarray, acc: Array, gyr: Array) -> list[Sent]:
        if self._begins:
            acc = np.array([FIRST, *acc[1:]])
            self._begins = False
        if self._mode != RATE_QUANTITIES:
            return []  # nobody here asks for another
        packets = (Packet(acc[k : k + 1], gyr[k : k + 1], int(tick)) for k, tick in enumerate(ticks))
        return self._to(PAYLOAD, [encode(packet) for packet in packets])

    def _to(self, uuid: str, notices: list[bytes]) -> list[Sent]:
        return [Sent(uuid, data) for data in notices] if uuid in self._listened else []
