"""The firmware of a MetaMotion: modules with registers, and data processors that survive the link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers import metamotion as wire
from surefoot.sensors.makers.product import Packet, Product
from surefoot.simulation.firmware import (
    READ_NOT_PERMITTED,
    WRITE_NOT_PERMITTED,
    Advert,
    AttError,
    Characteristic,
    Sent,
    Service,
)

MODEL_NUMBER = "00002a24-0000-1000-8000-00805f9b34fb"
IMPLEMENTATIONS = {"R": 1, "S": 4}
MOST_PROCESSORS = 28


@dataclass(frozen=True, slots=True)
class Processor:
    """What it works on (module, register, processor or 0xff) and what it does."""

    source: tuple[int, int, int]
    kind: int
    settings: bytes


class MetaMotionFirmware:
    """``model`` "R" (R, RL) or "S". ``processor_revision``: below 3 it knows no fuser."""

    def __init__(
        self,
        *,
        model: Literal["R", "S"] = "R",
        name: str = "MetaWear",
        battery: int = 100,
        processor_revision: int = 3,
    ) -> None:
        self.interval: bytes | None = None  # that it was told to ask for
        self.blinks = 0
        self.processors: dict[int, Processor] = {}
        self._model, self._name, self._charge, self._revision = model, name, battery, processor_revision
        self._chip = wire.CHIPS[IMPLEMENTATIONS[model]]
        self._on: set[tuple[int, int]] = set()  # (module, register) enabled, started or listened to
        self._subscribed: set[int] = set()
        self._config: dict[int, bytes] = {}
        self._listened = False

    @property
    def product(self) -> Product:
        return wire.PRODUCT

    @property
    def advert(self) -> Advert:
        return Advert(self._name, (wire.SERVICE,))

    @property
    def services(self) -> tuple[Service, ...]:
        command = Characteristic(wire.COMMAND, ("write-without-response", "write"))
        return (
            Service(wire.SERVICE, (command, Characteristic(wire.NOTIFY, ("notify",)))),
            Service("0000180a-0000-1000-8000-00805f9b34fb", (Characteristic(MODEL_NUMBER, ("read",)),)),
        )

    @property
    def rate_hz(self) -> float | None:
        """It measures on without anybody; readings are wanted while both sensors run at one rate."""
        needed = {(module, register) for module in (wire.ACC, wire.GYRO) for register in (wire.START, wire.ENABLE)}
        if not needed <= self._on or not {wire.ACC, wire.GYRO} <= set(self._config):
            return None
        return next((rate_hz for rate_hz, code in wire.ODR.items() if self._runs_at(code)), None)

    def read(self, uuid: str) -> bytes:
        if uuid == MODEL_NUMBER:
            return {"R": b"5", "S": b"8"}[self._model]
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        if uuid != wire.COMMAND:
            raise AttError(WRITE_NOT_PERMITTED)
        answer = self._answer(data)
        if answer is None:
            self._obey(data)
        return [Sent(wire.NOTIFY, answer)] if answer and self._listened else []

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        if uuid == wire.NOTIFY:
            self._listened = on
        return []

    def measure(self, acc: Array, gyr: Array, at_s: float) -> list[Sent]:
        rate_hz = self.rate_hz
        if rate_hz is None or not self._listened:
            return []
        chains = self._chains()
        return [
            Sent(wire.NOTIFY, data)
            for k in range(len(acc))
            for data in self._notices(acc[k : k + 1], gyr[k : k + 1], at_s + k / rate_hz, chains)
        ]

    def press(self) -> list[Sent]:
        """Somebody presses its button, and lets go."""
        if not self._listened or (wire.SWITCH, 1) not in self._on:
            return []
        return [Sent(wire.NOTIFY, bytes([wire.SWITCH, 1, down])) for down in (1, 0)]

    def part(self) -> None:
        """Sensors and processors go on."""
        self._listened = False

    def drain(self, percent: int) -> list[Sent]:
        """It tells its charge only when asked."""
        self._charge = percent
        return []

    def _runs_at(self, code: int) -> bool:
        acc = bytes([self._chip.acc_odr + code, self._chip.acc_range])
        return self._config[wire.ACC] == acc and self._config[wire.GYRO] == bytes([0x20 + code, 0])

    def _answer(self, data: bytes) -> bytes | None:
        """To a question; None where it is a command."""
        match list(data[:2]):
            case [wire.ACC | wire.GYRO as module, wire.INFO]:
                return bytes([module, wire.INFO, IMPLEMENTATIONS[self._model] if module == wire.ACC else 0, 1])
            case [wire.PROCESSOR, wire.INFO]:
                return bytes([wire.PROCESSOR, wire.INFO, 0, self._revision, MOST_PROCESSORS])
            case [wire.SETTINGS, wire.BATTERY]:
                return bytes([wire.SETTINGS, wire.BATTERY, self._charge]) + (3300 + 9 * self._charge).to_bytes(
                    2, "little"
                )
            case [wire.PROCESSOR, wire.ADD]:
                return self._add(data[2:])
        return None

    def _add(self, what: bytes) -> bytes:
        number = next((k for k in range(MOST_PROCESSORS) if k not in self.processors), None)
        if number is None or len(what) < 5:
            return b""
        source = (what[0], what[1], what[2])
        self.processors[number] = Processor(source, what[4], what[5:])
        return bytes([wire.PROCESSOR, wire.ADD, number])

    def _obey(self, data: bytes) -> None:
        match list(data):
            case [wire.ACC | wire.GYRO as module, wire.CONFIG, _, _]:
                self._config[module] = data[2:]
            case [wire.ACC | wire.GYRO as module, wire.ENABLE, on, off]:
                self._switch((module, wire.ENABLE), bool(on) and not off)
            case [wire.PROCESSOR, wire.SUBSCRIBE, number, on]:
                (self._subscribed.add if on else self._subscribed.discard)(number)
            case [wire.PROCESSOR, 0x08]:
                self.processors, self._subscribed = {}, set()
            case [wire.LED, 0x01, 0x01]:
                self.blinks += 1
            case [wire.SETTINGS, 0x09, *_]:
                self.interval = data[2:]
            case [module, register, on]:
                self._switch((module, register), bool(on))

    def _switch(self, what: tuple[int, int], on: bool) -> None:
        (self._on.add if on else self._on.discard)(what)

    def _chains(self) -> list[int]:
        """Accounters behind a fuser of acceleration and a buffer of turning, that somebody subscribed to."""
        if (wire.PROCESSOR, wire.NOTICE) not in self._on:
            return []
        return [number for number in sorted(self._subscribed) if self._is_chain(self.processors.get(number))]

    def _is_chain(self, last: Processor | None) -> bool:
        if last is None or last.kind != wire.ACCOUNTER or last.source[:2] != (wire.PROCESSOR, wire.NOTICE):
            return False
        fuser = self.processors.get(last.source[2])
        if fuser is None or fuser.kind != wire.FUSER or fuser.source[:2] != (wire.ACC, 0x04) or fuser.settings[0] != 1:
            return False
        keeper = self.processors.get(fuser.settings[1])
        turning = (wire.GYRO, self._chip.turning)
        return keeper is not None and keeper.kind == wire.BUFFER and keeper.source[:2] == turning

    def _notices(self, acc: Array, gyr: Array, at_s: float, chains: list[int]) -> Iterator[bytes]:
        packet = Packet(acc, gyr, int(at_s / (48 / 32768)) % 2**32)
        for number in chains:
            yield wire.encode(packet, number)
        if (wire.ACC, 0x04) in self._on:  # one kind alone
            raw = np.clip(np.rint(acc / wire.TRAITS.acc_step_mps2), -wire.LIMIT - 1, wire.LIMIT)
            yield bytes([wire.ACC, 0x04]) + raw.astype("<i2").tobytes()
