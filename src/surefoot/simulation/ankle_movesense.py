"""The firmware of a Movesense, as its protocol's documents and its users describe it."""

from __future__ import annotations

import re

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers.grid import on_grid
from surefoot.sensors.makers.movesense import (
    ACC_STEP_MPS2,
    ANSWER,
    COMMAND,
    CONFLICT,
    EXHAUSTED,
    GET,
    GROUPS,
    GYR_STEP_DPS,
    NOTICE,
    PRODUCT,
    RESTART,
    SERVICE,
    SUBSCRIBE,
    SYSTEM_MODE,
    TICK_BITS,
    UNSUBSCRIBE,
    encode,
)
from surefoot.sensors.makers.product import Packet
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

HELLO = 0
BATTERY_LEVEL = "00002a19-0000-1000-8000-00805f9b34fb"
IMU6 = re.compile(r"/Meas/IMU6/(\d+)")
SLOTS = 4  # requests it can work at; one that is never answered keeps its own until a restart

SERVICES = (
    Service(SERVICE, (Characteristic(COMMAND, ("write",)), Characteristic(NOTICE, ("notify",)))),
    Service("0000180f-0000-1000-8000-00805f9b34fb", (Characteristic(BATTERY_LEVEL, ("read",)),)),
)


class MovesenseFirmware:
    """Forgets its subscription when the link is lost. Of all it can measure it has acceleration with turning only."""

    product = PRODUCT
    advert = Advert(
        "Movesense 174630000192", services=("0000fdf3-0000-1000-8000-00805f9b34fb",), makers={0x009F: b"\x00"}
    )
    services = SERVICES

    def __init__(self, battery: int = 80) -> None:
        self.restarts = 0
        self._battery_pct = battery
        self._reference = 0  # of the subscription
        self._rate_hz: float | None = None
        self._lost_slots = 0
        self._listened = False
        self._gathered: list[tuple[float, Array, Array]] = []

    @property
    def rate_hz(self) -> float | None:
        return self._rate_hz

    def read(self, uuid: str) -> bytes:
        if uuid != BATTERY_LEVEL:
            raise AttError(READ_NOT_PERMITTED)
        return bytes([self._battery_pct])

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        if uuid != COMMAND:
            raise AttError(WRITE_NOT_PERMITTED)
        if len(data) < 2 or not data[1]:
            raise AttError(INVALID_LENGTH)
        code, reference, payload = data[0], data[1], data[2:]
        if code == HELLO:
            return self._say(reference, b"\x01174630000192\0Movesense\0000000\0app\0002.3.1\0")
        if code == SYSTEM_MODE and payload == bytes([RESTART]):
            self.restarts += 1
            self._lost_slots = 0
            self._forget()
            return self._answer(reference, 202)
        if self._lost_slots >= SLOTS:
            return self._answer(reference, EXHAUSTED)
        if code == SUBSCRIBE:
            return self._answer(reference, self._subscribe(reference, payload))
        if code == UNSUBSCRIBE:
            known = reference == self._reference
            if known:
                self._forget()
            return self._answer(reference, 200 if known else 404)
        return self._get(reference, payload) if code == GET else self._answer(reference, 404)

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        self._listened = on if uuid == NOTICE else self._listened
        return []

    def measure(self, acc: Array, gyr: Array, at_s: float) -> list[Sent]:
        if self._rate_hz is None:
            return []
        acc, gyr = on_grid(acc, ACC_STEP_MPS2), on_grid(gyr, GYR_STEP_DPS)
        self._gathered += [(at_s + k / self._rate_hz, acc[k], gyr[k]) for k in range(len(acc))]
        group, sent = GROUPS[self._rate_hz], []
        while len(self._gathered) >= group:
            times, accs, gyrs = zip(*self._gathered[:group], strict=True)
            del self._gathered[:group]
            packet = Packet(np.array(accs), np.array(gyrs), round(times[0] * 1000) % 2**TICK_BITS)
            sent += [Sent(NOTICE, data[:1] + bytes([self._reference]) + data[2:]) for data in encode(packet)]
        return sent if self._listened else []

    def part(self) -> None:
        self._listened = False
        self._forget()

    def drain(self, percent: int) -> list[Sent]:
        self._battery_pct = percent
        return []

    def _forget(self) -> None:
        self._reference, self._rate_hz = 0, None
        self._gathered.clear()

    def _subscribe(self, reference: int, path: bytes) -> int:
        found = IMU6.fullmatch(path.rstrip(b"\0").decode("ascii", "replace"))
        if not found or float(found[1]) not in GROUPS:
            return 404
        if self._reference:
            return CONFLICT
        self._reference, self._rate_hz = reference, float(found[1])
        return 200

    def _get(self, reference: int, path: bytes) -> list[Sent]:
        if path == b"/System/Energy/Level\0":
            return self._answer(reference, 200, bytes([self._battery_pct]))
        if path == b"/Info\0":
            self._lost_slots += 1
            return []
        return self._answer(reference, 404)

    def _answer(self, reference: int, status: int, data: bytes = b"") -> list[Sent]:
        return self._say(reference, status.to_bytes(2, "little") + data)

    def _say(self, reference: int, data: bytes) -> list[Sent]:
        return [Sent(NOTICE, bytes([ANSWER, reference]) + data)] if self._listened else []
