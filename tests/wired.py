"""A firmware wired straight to whoever performs scripts: no radio in between; notifications can be lost by hand."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers.grid import on_grid
from surefoot.sensors.makers.product import (
    Ask,
    Decoder,
    Hear,
    Heard,
    Listen,
    Packet,
    Read,
    Script,
    Traits,
    Unlisten,
    Wait,
    Write,
)
from surefoot.simulation.firmware import Firmware, Sent

T = TypeVar("T")


def motion(traits: Traits, count: int, seed: int = 7) -> tuple[Array, Array]:
    """Lively readings on the product's grid, (count, 3) m/s^2 and deg/s."""
    rng = np.random.default_rng(seed)
    acc, gyr = rng.normal(0, 12, (count, 3)), rng.normal(0, 250, (count, 3))
    return on_grid(acc, traits.acc_step_mps2), on_grid(gyr, traits.gyr_step_dps)


class Wire:
    """``sent``: every notification; ``heard``: what the decoder made of those that were not lost."""

    def __init__(self, firmware: Firmware, seed: int = 7, mtu: int = 247) -> None:
        self.firmware = firmware
        self.acc, self.gyr = motion(firmware.product.traits, 5000, seed)
        self.lose: Callable[[Sent], bool] = lambda sent: False
        self.linked = True
        self.measured: list[tuple[float, Array, Array]] = []  # when, and what was handed to the firmware
        self.sent: list[Sent] = []
        self.heard: list[Heard] = []
        self.decoder: Decoder = firmware.product.decoder(firmware.product.traits.usual_rate_hz)
        self.at_s = 5.0
        self._mtu = mtu
        self._row = 0
        self._waiting: defaultdict[str, deque[bytes]] = defaultdict(deque)

    def perform(self, script: Script[T]) -> T:
        """Do every step of it; waiting lets the sensor measure on."""
        brought = b""
        try:
            step = next(script)
            while True:
                brought = self._do(step)
                step = script.send(brought)
        except StopIteration as end:
            return end.value

    def run(self, seconds: float, batch: int = 1) -> list[Heard]:
        """Let it measure on; what the decoder heard meanwhile."""
        before, end_s = len(self.heard), self.at_s + seconds - 1e-9
        while self.at_s < end_s:
            if (rate_hz := self.firmware.rate_hz) is None:
                self.at_s = end_s
                break
            self._measure(batch, rate_hz)
        return self.heard[before:]

    def part(self) -> None:
        self.linked = False
        self.firmware.part()
        self._waiting.clear()

    def join(self) -> None:
        self.linked = True
        self.decoder = self.firmware.product.decoder(self.firmware.product.traits.usual_rate_hz)

    def take(self, sent: list[Sent]) -> None:
        """What the firmware sent reaches the listener, cut to the link's packets, unless it is lost."""
        for notice in sent:
            self.sent.append(notice)
            if self.linked and not self.lose(notice):
                data = notice.data[: self._mtu - 3]
                self.heard += self.decoder.update(notice.uuid, data)
                self._waiting[notice.uuid].append(data)

    def _measure(self, count: int, rate_hz: float) -> None:
        rows = (self._row + np.arange(count)) % len(self.acc)
        self._row += count
        self.measured.append((self.at_s, self.acc[rows], self.gyr[rows]))
        self.take(self.firmware.measure(self.acc[rows], self.gyr[rows], self.at_s))
        self.at_s += count / rate_hz

    def _do(self, step: object) -> bytes:
        match step:
            case Read(uuid):
                return self.firmware.read(uuid)
            case Write(uuid, data):
                self.take(self.firmware.write(uuid, data))
            case Listen(uuid):
                self._waiting[uuid].clear()
                self.take(self.firmware.listen(uuid, True))
            case Unlisten(uuid):
                self.take(self.firmware.listen(uuid, False))
            case Wait(seconds):
                self.run(seconds)
            case Hear(uuid, within_s):
                return self._next_of(uuid, within_s, lambda data: True)
            case Ask(uuid, data, answer_on, is_answer, within_s):
                self._waiting[answer_on].clear()
                self.take(self.firmware.write(uuid, data))
                return self._next_of(answer_on, within_s, is_answer)
            case _:
                raise AssertionError(f"no step: {step}")
        return b""

    def _next_of(self, uuid: str, within_s: float, wanted: Callable[[bytes], bool]) -> bytes:
        until_s = self.at_s + within_s
        while True:
            while self._waiting[uuid]:
                if wanted(data := self._waiting[uuid].popleft()):
                    return data
            rate_hz = self.firmware.rate_hz
            if rate_hz is None or self.at_s >= until_s:
                self.at_s = max(self.at_s, until_s)
                return b""
            self._measure(1, rate_hz)


def readings(heard: list[Heard]) -> tuple[Array, Array]:
    """All readings of the packets among them."""
    packets = [thing for thing in heard if isinstance(thing, Packet)]
    return np.concatenate([p.acc for p in packets]), np.concatenate([p.gyr for p in packets])
