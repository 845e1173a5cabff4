"""A wired firmware fed by hand: given readings at given times, and what must hold of whatever a decoder heard."""

from __future__ import annotations

import numpy as np

from surefoot.records import Array
from surefoot.sensors.makers.product import Heard, MalformedPacket, Packet, Traits, Wait
from surefoot.simulation.firmware import Firmware
from wired import Wire


class Hand(Wire):
    """``steps``: all that its scripts did. Nothing is measured but what it is handed; waiting takes no time."""

    def __init__(self, firmware: Firmware, mtu: int = 517) -> None:
        super().__init__(firmware, mtu=mtu)
        self.steps: list[object] = []

    def measure(self, acc: Array, gyr: Array, at_s: float = 0.0) -> list[bytes]:
        """What was sent with these readings."""
        before = len(self.sent)
        self.take(self.firmware.measure(acc, gyr, at_s))
        return [sent.data for sent in self.sent[before:]]

    @property
    def packets(self) -> list[Packet]:
        return [h for h in self.heard if isinstance(h, Packet)]

    @property
    def malformed(self) -> list[MalformedPacket]:
        return [h for h in self.heard if isinstance(h, MalformedPacket)]

    def readings(self) -> Array:
        """All that came, (n, 6)."""
        return np.vstack([np.empty((0, 6)), *(np.hstack([p.acc, p.gyr]) for p in self.packets)])

    def _do(self, step: object) -> bytes:
        self.steps.append(step)
        return b"" if isinstance(step, Wait) else super()._do(step)

    def _measure(self, count: int, rate_hz: float) -> None:
        """Nothing comes while an answer is waited for."""
        self.at_s += count / rate_hz


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
