"""A link made by hand: a product's script done step by step against a firmware, without radio or waiting."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from surefoot.records import Array
from surefoot.sensors.product import (
    Ask,
    Decoder,
    Heard,
    Listen,
    MalformedPacket,
    Packet,
    Read,
    Script,
    T,
    Traits,
    Unlisten,
    Wait,
    Write,
)
from surefoot.simulation.firmware import Firmware, Sent


class Hand:
    """One connection: what was sent while it listened goes to the decoder, what that heard is kept."""

    def __init__(self, firmware: Firmware, rate_hz: float | None = None) -> None:
        self.firmware = firmware
        self.decoder: Decoder = firmware.product.decoder(rate_hz or firmware.product.traits.usual_rate_hz)
        self.listening: set[str] = set()
        self.heard: list[Heard] = []
        self.steps: list[object] = []

    def do(self, script: Script[T]) -> T:
        """Do a script to its end."""
        brought = b""
        try:
            step = next(script)
            while True:
                self.steps.append(step)
                brought = self._done(step)
                step = script.send(brought)
        except StopIteration as end:
            return end.value

    def take(self, sent: Iterable[Sent]) -> list[bytes]:
        """Notifications arrive."""
        there = [s for s in sent if s.uuid in self.listening]
        for s in there:
            self.heard += self.decoder.update(s.uuid, s.data)
        return [s.data for s in there]

    def measure(self, acc: Array, gyr: Array, at_s: float = 0.0) -> list[bytes]:
        return self.take(self.firmware.measure(acc, gyr, at_s))

    @property
    def packets(self) -> list[Packet]:
        return [h for h in self.heard if isinstance(h, Packet)]

    @property
    def malformed(self) -> list[MalformedPacket]:
        return [h for h in self.heard if isinstance(h, MalformedPacket)]

    def readings(self) -> Array:
        """All that came, (n, 6)."""
        return np.vstack([np.empty((0, 6)), *(np.hstack([p.acc, p.gyr]) for p in self.packets)])

    def _done(self, step: object) -> bytes:
        match step:
            case Read(uuid):
                return self.firmware.read(uuid)
            case Write(uuid, data):
                self.take(self.firmware.write(uuid, data))
            case Listen(uuid):
                self.listening.add(uuid)
                self.take(self.firmware.listen(uuid, True))
            case Unlisten(uuid):
                self.listening.discard(uuid)
                self.take(self.firmware.listen(uuid, False))
            case Ask(uuid, data, answer_on, is_answer):
                assert answer_on in self.listening, "asked without listening"
                sent = self.firmware.write(uuid, data)
                self.take(sent)
                return next((s.data for s in sent if s.uuid == answer_on and is_answer(s.data)), b"")
            case Wait():
                pass
            case _:
                raise AssertionError(f"no step: {step}")
        return b""


def tape(traits: Traits, count: int, seed: int = 1) -> tuple[Array, Array]:
    """Readings on the product's grid that fill its range, (count, 3) each."""
    rng = np.random.default_rng(seed)
    made = []
    for step, limit in ((traits.acc_step_mps2, traits.acc_range_mps2), (traits.gyr_step_dps, traits.gyr_range_dps)):
        most = min(int(limit / step) - 1, 32766)
        slow = np.cumsum(rng.normal(0, most / 40, (count, 3)), axis=0)
        made.append(np.clip(np.rint(slow), -most, most) * step)
    return made[0], made[1]


def any_heard(heard: list[Heard], traits: Traits) -> None:
    """What every decoder promises whatever it was given."""
    for h in heard:
        if isinstance(h, MalformedPacket):
            assert h.reason
        if isinstance(h, Packet):
            assert h.acc.shape == h.gyr.shape == (len(h), 3) and len(h) > 0
            assert np.isfinite(h.acc).all() and np.isfinite(h.gyr).all()
            assert 0 <= h.clipped <= len(h)
            for raw in (h.acc / traits.acc_step_mps2, h.gyr / traits.gyr_step_dps):
                assert np.abs(raw - np.rint(raw)).max() < 1e-6 and np.abs(raw).max() <= 32768
