"""The performer of a guided test: plays movements made of a few postures, and strides, as ideal readings of both legs.

One repetition is a cycle like that of a stride: how shank and foot tilt and where the ankle goes, as smooth functions
of phase, so rates and accelerations come from one motion. Repetitions differ in time and size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Array, Placement, Side, TestKind
from surefoot.simulation import gait
from surefoot.simulation.gait import Cycle, Leg
from surefoot.simulation.leg import move
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Pulse, ease, swaying
from surefoot.simulation.scene import Scene
from surefoot.simulation.sensor import Sensor
from surefoot.simulation.strides import FIRST, Strides

Readings = tuple[Array, Array]
Path = Mapping[float, float]  # phase 0 .. 1: posture there


@dataclass(frozen=True, slots=True, eq=False)
class TrialTruth:
    """What a perfect observer wrote down: when the test began and ended, when each repetition was at its height."""

    kind: TestKind
    side: Side
    start_s: float
    end_s: float
    repetitions_s: Array
    value: float
    distance_m: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Performer:
    """Who does the test, and how it is recorded."""

    kind: TestKind
    side: Side
    leg: Leg
    placement: Placement
    rate_hz: float
    speed_mps: float
    rng: np.random.Generator

    def near(self, value: float, pct: float) -> float:
        return float(value * (1 + pct / 100 * np.clip(self.rng.standard_normal(), -2, 2)))

    def walker(self) -> Walker:
        legs = {self.side: self.leg}
        return Walker(self.speed_mps, legs.get("left", Leg()), legs.get("right", Leg()))

    def truth(self, start_s: float, end_s: float, repetitions_s: Sequence[float] | Array, value: float) -> TrialTruth:
        return TrialTruth(self.kind, self.side, start_s, end_s, np.asarray(repetitions_s, np.float64), value)

    def still(self, seconds: float = 15.0) -> tuple[dict[Side, Readings], TrialTruth]:
        cycle = repetition({}, {}, {})
        return {s: self.play(cycle, None, (), seconds) for s in SIDES}, self.truth(0.0, seconds, (), 0.0)

    def play(self, cycle: Cycle, strides: Strides | None, pulses: Sequence[Pulse], seconds: float) -> Readings:
        sway = swaying(0.0, seconds, self.rng.uniform(0.1, 0.3), self.rng)
        samples = int(seconds * self.rate_hz)
        motion = move(cycle, strides, (*pulses, sway), self.placement, 0.0, samples, self.rate_hz, 0.12)
        return motion.acc, motion.gyr

    def times(self, count: int, took_s: float, first_s: float, spread_pct: float = 8.0) -> Array:
        """Beginnings of repetitions and the last one's end; the first and the last start and stop from rest."""
        took = took_s * (1 + spread_pct / 100 * np.clip(self.rng.standard_normal(count), -2, 2))
        took[[0, -1]] *= FIRST
        return first_s + np.concatenate([[0.0], np.cumsum(took)])

    def repeat(self, starts_s: Array, size: Array) -> Strides:
        """Repetitions of a cycle in place of strides, each of its own size."""
        even = np.zeros(len(size))
        return Strides(starts_s, size, size, size, even, even, even, even, int(self.rng.integers(1 << 30)))

    def walked(self, walk: Scene) -> dict[Side, Readings]:
        """A planned walk as perfect sensors read it."""
        read = {s: walk.readings(s, self.placement, Sensor(), self.rate_hz) for s in SIDES}
        return {s: (samples.acc, samples.gyr) for s, samples in read.items()}


def repetition(
    lean_deg: Path | None = None, up_m: Path | None = None, ahead_m: Path | None = None, pitch_deg: Path | None = None
) -> Cycle:
    """One repetition: lean of the shank, way of the ankle, pitch of the foot (toes up), eased between postures."""
    none: Path = {0.0: 0.0, 1.0: 0.0}
    lean, up, ahead, pitch = (_eased(path or none) for path in (lean_deg, up_m, ahead_m, pitch_deg))
    still = np.zeros_like(lean)
    ways = [*_slopes(ahead)[1:], *_slopes(up)[1:], still]
    aside = [still] * 5
    return Cycle(
        shank=np.array([*_slopes(np.deg2rad(lean)), *ways, *aside]),
        foot=np.array([*_slopes(-np.deg2rad(pitch)), *ways, *aside]),
        initial_contact=0.0,
        final_contact=0.0,
        foot_pitch_at_contact_deg=0.0,
        swing_height_m=0.0,
        push_off_deg_per_cycle=0.0,
        heel_strike=0.0,
        slap=0.0,
        foot_flat_s=0.0,
        rise_m=0.0,
    )


def joined(first: Readings, then: Readings) -> Readings:
    return np.concatenate([first[0], then[0]]), np.concatenate([first[1], then[1]])


def pitched(readings: Readings, pitch_deg: Array, rate_hz: float) -> Readings:
    """A foot's readings with its toes slowly raised by so much more."""
    acc, gyr = (x.copy() for x in readings)
    turn = -np.deg2rad(pitch_deg)  # about the axis to the left, as the shank's lean
    c, s = np.cos(turn), np.sin(turn)
    for xyz in (acc, gyr):
        xyz[:, 0], xyz[:, 2] = c * xyz[:, 0] - s * xyz[:, 2], s * xyz[:, 0] + c * xyz[:, 2]
    gyr[:, 1] += np.gradient(-pitch_deg, 1 / rate_hz)
    return acc, gyr


def _eased(path: Path) -> Array:
    at, posture = np.array(list(path)), np.array(list(path.values()))
    q = np.arange(gait.POINTS + 1) / gait.POINTS
    k = np.clip(np.searchsorted(at, q, side="right") - 1, 0, len(at) - 2)
    return np.asarray(posture[k] + (posture[k + 1] - posture[k]) * ease((q - at[k]) / (at[k + 1] - at[k])))


def _slopes(x: Array) -> list[Array]:
    """x and its first two derivatives, per cycle."""
    first = np.gradient(x, 1 / gait.POINTS)
    return [x, first, np.gradient(first, 1 / gait.POINTS)]
