"""A scene: a stretch of pretend life, planned to the last movement, written out as both sensors' readings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from surefoot.records import SIDES, Array, Gap, Placement, Samples, Side
from surefoot.simulation import gait, impacts
from surefoot.simulation.leg import Motion, move
from surefoot.simulation.pulses import Pulse
from surefoot.simulation.sensor import Sensor, noise_tape, put_on
from surefoot.simulation.strides import Strides
from surefoot.simulation.truth import Truth
from surefoot.simulation.vibration import Shake, shake


@dataclass(frozen=True, slots=True)
class Bump:
    """A knock against the leg that is no heel strike; ``size`` 1 is the heel strike of a walk at 1 m/s."""

    at_s: float
    size: float


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One planned scene: everything is decided, only the readings are not yet written out."""

    truth: Truth
    cycles: Mapping[Side, gait.Cycle]
    strides: Mapping[Side, Strides] = field(default_factory=dict)
    pulses: Mapping[Side, tuple[Pulse, ...]] = field(default_factory=dict)
    bumps: Mapping[Side, tuple[Bump, ...]] = field(default_factory=dict)
    shakes: Mapping[Side, Shake] = field(default_factory=dict)
    impact: impacts.Impact = field(default_factory=impacts.Impact)
    unsteadiness: float = 1.0

    @property
    def duration_s(self) -> float:
        return self.truth.end_s - self.truth.start_s

    def samples(self, rate_hz: float) -> int:
        """How many readings the scene takes; the next one begins with the reading after these."""
        return int(np.ceil(self.duration_s * rate_hz - 1e-6))

    def readings(
        self, side: Side, placement: Placement, sensor: Sensor, rate_hz: float = 100.0, offset: int = 0
    ) -> Samples:
        """What this sensor delivers over the whole scene. ``offset`` is where its noise tape is read."""
        acc, gyr = self.ideal(side, placement, rate_hz)
        return sensor.read(side, placement, acc, gyr, self.truth.start_s, rate_hz, offset)

    def ideal(self, side: Side, placement: Placement = "shank", rate_hz: float = 100.0) -> tuple[Array, Array]:
        """What a perfect sensor in the segment's own axes reads: acc (n, 3) m/s^2, gyr (n, 3) deg/s."""
        motion = self.motion(side, placement, rate_hz)
        self._knock(motion.acc, motion.gyr, side, rate_hz)
        if side in self.shakes:
            shake(motion.acc, motion.gyr, self.shakes[side], rate_hz)
        return motion.acc, motion.gyr

    def motion(self, side: Side, placement: Placement = "shank", rate_hz: float = 100.0) -> Motion:
        """The motion itself, without impacts and sensor."""
        args = (self.cycles[side], self.strides.get(side), self.pulses.get(side, ()), placement)
        return move(*args, self.truth.start_s, self.samples(rate_hz), rate_hz, self.unsteadiness)

    def _knock(self, acc: Array, gyr: Array, side: Side, rate_hz: float) -> None:
        args = (self.truth.start_s, rate_hz, self.impact)
        if side in self.strides:
            cycle, strides = self.cycles[side], self.strides[side]
            contacts = self.truth.legs[side].initial_contacts_s + strides.impact_delay_s
            impacts.strike(acc, gyr, contacts, cycle.heel_strike * strides.impact, *args)
            impacts.slap(acc, contacts + cycle.foot_flat_s, 0.7 * cycle.slap * strides.impact, *args)
            impacts.drag(acc, self.truth.legs[side].drags_s, strides.drag[strides.drag > 0], *args)
        for bump in self.bumps.get(side, ()):  # one by one: they may overlap
            impacts.strike(acc, gyr, np.array([bump.at_s]), np.array([bump.size]), *args)


Plan = Callable[[np.random.Generator, float], Scene]  # a scene from this moment on


def record(
    plans: Sequence[Plan],
    rng: np.random.Generator,
    *,
    placement: Placement = "shank",
    rate_hz: float = 100.0,
    start_s: float = 0.0,
    sensors: Mapping[Side, Sensor] | None = None,
) -> tuple[dict[Side, Samples], tuple[Truth, ...]]:
    """Scenes one after another as both sensors read them, in one block a side, and the truth of each.

    A plan is a scene's function with its person given, as ``partial(kneeling, walker)``.
    """
    worn = sensors or {side: put_on(rng, noise_tape(rng)) for side in SIDES}
    truths: list[Truth] = []
    parts: dict[Side, list[Samples]] = {side: [] for side in SIDES}
    first = round(start_s * rate_hz)
    for plan in plans:
        scene = plan(rng, first / rate_hz)
        first += scene.samples(rate_hz)
        truths.append(scene.truth)
        for side in SIDES:
            parts[side].append(scene.readings(side, placement, worn[side], rate_hz, int(rng.integers(1 << 30))))
    return {side: _joined(parts[side]) for side in SIDES}, tuple(truths)


async def source(blocks: Iterable[Samples | Gap]) -> AsyncIterator[Samples | Gap]:
    """Any blocks, such as those of a day behind faults, as the source that live work reads."""
    for block in blocks:
        yield block


def _joined(parts: Sequence[Samples]) -> Samples:
    acc, gyr = (np.concatenate([getattr(part, name) for part in parts]) for name in ("acc", "gyr"))
    return Samples(parts[0].side, parts[0].placement, parts[0].start_s, parts[0].rate_hz, acc, gyr)
