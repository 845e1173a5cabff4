"""The firmware of a WitMotion WT901BLE, as its maker's protocol and measurements of it describe it."""

from __future__ import annotations

import struct

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers.product import Packet
from surefoot.sensors.makers.witmotion import (
    BANDWIDTH,
    CHARGES,
    COMMAND,
    CONTENT,
    MOTION,
    NOTICE,
    POWER,
    PRODUCT,
    RATE,
    READ_FROM,
    SERVICE,
    UNLOCK,
    UNLOCKED,
    encode,
    encode_registers,
)
from surefoot.simulation.firmware import (
    READ_NOT_PERMITTED,
    WRITE_NOT_PERMITTED,
    Advert,
    AttError,
    Characteristic,
    Sent,
    Service,
)

SAVE = 0x00
TRUE_RATES_HZ = {0x06: 10.05, 0x07: 19.86, 0x08: 49.45, 0x09: 99.26, 0x0A: 99.29, 0x0B: 198.43}  # as measured
GROUPS = {0x09: 4, 0x0A: 4, 0x0B: 8}  # frames in a notification; 1 at lower rates


class WitmotionFirmware:
    """Measures and sends only while somebody listens; keeps its registers when the link is lost.

    ``deaf``: how many questions for a register it leaves without an answer.
    """

    product = PRODUCT
    advert = Advert("WT901BLE67", services=())
    services = (
        Service(
            SERVICE,
            (
                Characteristic(NOTICE, ("notify",)),
                Characteristic(COMMAND, ("write", "write-without-response")),
            ),
        ),
    )

    def __init__(self, battery: int = 80, deaf: int = 0) -> None:
        self._registers = {RATE: 0x06, BANDWIDTH: 0x04, CONTENT: MOTION, POWER + 2: 0x1147, POWER + 3: 0x901A}
        self._deaf = deaf
        self._unlocked = self._listened = False
        self._busy = False  # just saved: its charge is told as 0
        self._gathered = np.zeros((0, 6))
        self.drain(battery)

    @property
    def rate_hz(self) -> float | None:
        return TRUE_RATES_HZ[self._registers[RATE]] if self._listened else None

    @property
    def bandwidth(self) -> int:
        return self._registers[BANDWIDTH]

    def read(self, uuid: str) -> bytes:
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        if uuid != COMMAND:
            raise AttError(WRITE_NOT_PERMITTED)
        if len(data) != 5 or data[:2] != b"\xff\xaa":
            return []
        register, value = struct.unpack("<BH", data[2:])
        if register == READ_FROM:
            return self._tell(value)
        if register == UNLOCK:
            self._unlocked = value == UNLOCKED
        elif self._unlocked and register == SAVE:
            self._busy, self._unlocked = True, False
        elif self._unlocked and (register != RATE or value in TRUE_RATES_HZ):
            self._registers[register] = value
            self._gathered = self._gathered[:0]
        return []

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        self._listened = on
        self._gathered = self._gathered[:0]
        return []

    def measure(self, acc: Array, gyr: Array, at_s: float) -> list[Sent]:
        if not self._listened:
            return []
        if self._registers[CONTENT] != MOTION:
            acc, gyr = np.zeros_like(acc), np.zeros_like(gyr)  # displacements, of a sensor that stays
        self._gathered = np.vstack([self._gathered, np.hstack([acc, gyr])])
        group, sent = GROUPS.get(self._registers[RATE], 1), []
        while len(self._gathered) >= group:
            rows, self._gathered = self._gathered[:group], self._gathered[group:]
            sent.append(Sent(NOTICE, encode(Packet(rows[:, :3], rows[:, 3:]))))
        return sent

    def part(self) -> None:
        self._listened = self._unlocked = False

    def drain(self, percent: int) -> list[Sent]:
        self._registers[POWER] = next(least for least, at_least in CHARGES if percent >= at_least)
        return []

    def _tell(self, first: int) -> list[Sent]:
        if self._deaf or not self._listened:
            self._deaf = max(0, self._deaf - 1)
            return []
        values = [self._registers.get(register, 0) for register in range(first, first + 8)]
        if self._busy and first == POWER:
            values[0], self._busy = 0, False
        return [Sent(NOTICE, encode_registers(first, values))]
