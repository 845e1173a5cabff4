"""The firmware of a Polar Verity Sense in sensor mode: control point, and a stream of frames for each measurement."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers import polar as wire
from surefoot.sensors.makers.polarframe import ACC, COMPRESSED, GYRO, Frame, encode_frame
from surefoot.sensors.makers.product import Product
from surefoot.simulation.firmware import (
    READ_NOT_PERMITTED,
    WRITE_NOT_PERMITTED,
    Advert,
    AttError,
    Characteristic,
    Sent,
    Service,
)
from surefoot.simulation.gathering import Gathered, Gathering

SWITCHED_ON_NS = 540368444_000000000  # what its clock says then: nanoseconds since 2000
READINGS = 36  # in a frame
LEAST_MTU = 64
UNKNOWN_OP, UNKNOWN_TYPE, WRONG_LENGTH, PARAMETER, BUSY, RATE, MTU, CHARGING = 1, 2, 4, 5, 6, 8, 10, 13
OFFERED: dict[int, dict[int, tuple[float, ...]]] = {
    kind: {key: (value,) for key, value in wire.WANTED[kind].items()} for kind in (ACC, GYRO)
}


class PolarFirmware:
    """``gyro_late_s``: how much later than the acceleration it takes the turning rate."""

    def __init__(
        self,
        *,
        name: str = "Polar Sense 0A1B2C3D",
        mtu: int = 247,
        battery: int = 100,
        gyro: bool = True,
        charging: bool = False,
        gyro_late_s: float = 0.002,
    ) -> None:
        self.charging = charging
        self._name, self._mtu, self._charge = name, mtu, battery
        self._kinds = (ACC, GYRO) if gyro else (ACC,)
        self._late_s = {ACC: 0.0, GYRO: gyro_late_s}
        self._running: dict[int, Gathering] = {}
        self._listened: set[str] = set()

    @property
    def product(self) -> Product:
        return wire.PRODUCT

    @property
    def advert(self) -> Advert:
        return Advert(self._name, ("0000180d-0000-1000-8000-00805f9b34fb",), {0x006B: bytes.fromhex("7a01024b00")})

    @property
    def services(self) -> tuple[Service, ...]:
        control = Characteristic(wire.CONTROL, ("read", "write", "indicate"))
        return (
            Service(wire.SERVICE, (control, Characteristic(wire.DATA, ("notify",)))),
            Service(wire.BATTERY_SERVICE, (Characteristic(wire.BATTERY_LEVEL, ("read", "notify")),)),
        )

    @property
    def rate_hz(self) -> float | None:
        return wire.TRAITS.usual_rate_hz if self._running and wire.DATA in self._listened else None

    def read(self, uuid: str) -> bytes:
        if uuid == wire.CONTROL:
            return bytes([wire.FEATURES, sum(wire.HAS[kind] for kind in self._kinds), 0x02, *bytes(14)])
        if uuid == wire.BATTERY_LEVEL:
            return bytes([self._charge])
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        if uuid != wire.CONTROL:
            raise AttError(WRITE_NOT_PERMITTED)
        op, kind = (*data, 0, 0)[:2]
        error, more = self._obeyed(op, kind, data)
        answer = Sent(wire.CONTROL, bytes([wire.ANSWER, op, kind, error]) + more)
        return [answer] if wire.CONTROL in self._listened else []

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        (self._listened.add if on else self._listened.discard)(uuid)
        return []

    def measure(self, acc: Array, gyr: Array, at_s: float) -> list[Sent]:
        rate_hz = self.rate_hz
        if rate_hz is None:
            return []
        due = [(kind, done) for kind, g in self._running.items() for done in g.update(acc, gyr, at_s, rate_hz)]
        due.sort(key=lambda d: float(d[1].at_s[-1]))
        return [sent for kind, done in due for sent in self._frames(kind, done)]

    def press(self) -> list[Sent]:
        """Somebody presses its button: it ends what it measures, and says so."""
        ended, self._running = bytes(self._running), {}
        return [Sent(wire.CONTROL, bytes([wire.ENDED]) + ended)] if ended else []

    def part(self) -> None:
        self._running, self._listened = {}, set()

    def drain(self, percent: int) -> list[Sent]:
        self._charge = percent
        return [Sent(wire.BATTERY_LEVEL, bytes([percent]))] if wire.BATTERY_LEVEL in self._listened else []

    def _obeyed(self, op: int, kind: int, data: bytes) -> tuple[int, bytes]:
        """The error, and what follows it in the answer."""
        if kind not in self._kinds:
            return UNKNOWN_TYPE, b""
        match op:
            case wire.GET:
                return 0, b"\0" + wire.encode_settings(OFFERED[kind])
            case wire.START:
                return self._start(kind, wire.settings(data[2:]))
            case wire.STOP:
                return (0 if self._running.pop(kind, None) else BUSY), b"\0"
        return UNKNOWN_OP, b""

    def _start(self, kind: int, chosen: dict[int, tuple[float, ...]]) -> tuple[int, bytes]:
        if self.charging:
            return CHARGING, b""
        if self._mtu < LEAST_MTU:
            return MTU, b""
        if kind in self._running:
            return BUSY, b""
        for key, offered in OFFERED[kind].items():
            if len(chosen.get(key, ())) != 1 or chosen[key][0] not in offered:
                return (RATE if key == wire.RATE else PARAMETER), b""
        self._running[kind] = Gathering(READINGS)
        return 0, b"\0" + wire.encode_settings({wire.FACTOR: (wire.STEPS[kind],)})

    def _frames(self, kind: int, done: Gathered) -> list[Sent]:
        """One frame, or two where the changes are too large for the link."""
        part = done.readings[:, :3] / wire.TRAITS.acc_step_mps2 if kind == ACC else done.readings[:, 3:]
        part = part if kind == ACC else part / wire.TRAITS.gyr_step_dps
        raw = np.clip(np.rint(part), -wire.END - 1, wire.END).astype(np.int64)
        last_s = float(done.at_s[-1]) + self._late_s[kind]
        data = encode_frame(Frame(kind, SWITCHED_ON_NS + round(last_s * 1e9), COMPRESSED, raw))
        if len(data) <= self._mtu - 3:
            return [Sent(wire.DATA, data)]
        half = len(raw) // 2
        return self._frames(kind, done.part(0, half)) + self._frames(kind, done.part(half, len(raw)))
