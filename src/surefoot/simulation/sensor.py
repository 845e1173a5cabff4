"""The pretend sensor: turned any way on the leg, with bias, drift, noise and a 16-bit grid."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from surefoot.records import Array, Placement, Samples, Side


@dataclass(frozen=True, slots=True)
class Make:
    """A consumer-grade inertial sensor (facts/clinical.md 9.2, grade P)."""

    gyr_noise_dps: float = 0.35  # 0.05 deg/s per root Hz over 50 Hz
    acc_noise_mps2: float = 0.015  # 0.2 mg per root Hz over 50 Hz
    gyr_bias_dps: float = 0.5  # standard deviation between donnings
    acc_bias_mps2: float = 0.05
    gyr_drift_dps_per_h: float = 0.1
    gyr_step_dps: float = 0.0610352  # +-2000 deg/s in 16 bits
    acc_step_mps2: float = 0.0047884  # +-16 g in 16 bits
    gyr_limit_dps: float = 2000.0
    acc_limit_mps2: float = 156.9


@dataclass(frozen=True, slots=True, eq=False)
class Sensor:
    """One sensor as put on this time: ``rotation`` (3, 3) takes segment axes (forward, left, up) to its own."""

    rotation: Array = field(default_factory=lambda: np.eye(3))
    gyr_bias_dps: Array = field(default_factory=lambda: np.zeros(3))
    acc_bias_mps2: Array = field(default_factory=lambda: np.zeros(3))
    gyr_drift_dps_per_h: Array = field(default_factory=lambda: np.zeros(3))
    drift_from_s: float = 0.0
    noise: Array | None = None  # (m, 6) acc, gyr: a tape of the sensor's own noise, read from a random place
    make: Make = field(default_factory=Make)

    def read(
        self, side: Side, placement: Placement, acc: Array, gyr: Array, start_s: float, rate_hz: float, offset: int = 0
    ) -> Samples:
        """What it delivers for ideal readings in segment axes, (n, 3) m/s^2 and deg/s."""
        bias = self.gyr_bias_dps + self.gyr_drift_dps_per_h * (start_s - self.drift_from_s) / 3600
        measured_acc = _turned(acc, self.rotation) + self.acc_bias_mps2
        measured_gyr = _turned(gyr, self.rotation) + bias
        if self.noise is not None:
            noise = _from_tape(self.noise, offset, len(acc))
            measured_acc += noise[:, :3]
            measured_gyr += noise[:, 3:]
            _to_grid(measured_acc, self.make.acc_step_mps2, self.make.acc_limit_mps2)
            _to_grid(measured_gyr, self.make.gyr_step_dps, self.make.gyr_limit_dps)
        return Samples(side, placement, start_s, rate_hz, measured_acc, measured_gyr)


def put_on(rng: np.random.Generator, noise: Array, make: Make | None = None, drift_from_s: float = 0.0) -> Sensor:
    """A sensor strapped on any way round."""
    make = make or Make()
    return Sensor(
        rotation=any_rotation(rng),
        gyr_bias_dps=make.gyr_bias_dps * rng.standard_normal(3),
        acc_bias_mps2=make.acc_bias_mps2 * rng.standard_normal(3),
        gyr_drift_dps_per_h=make.gyr_drift_dps_per_h * rng.standard_normal(3),
        drift_from_s=drift_from_s,
        noise=noise,
        make=make,
    )


def noise_tape(rng: np.random.Generator, samples: int = 1 << 16, make: Make | None = None) -> Array:
    """A tape of sensor noise (samples, 6): acc m/s^2, gyr deg/s."""
    make = make or Make()
    return rng.standard_normal((samples, 6)) * np.repeat([make.acc_noise_mps2, make.gyr_noise_dps], 3)


def any_rotation(rng: np.random.Generator) -> Array:
    """A rotation matrix drawn evenly from all rotations."""
    w, x, y, z = (q := rng.standard_normal(4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def _turned(xyz: Array, rotation: Array) -> Array:
    return np.einsum("ij,kj->ik", xyz, rotation)  # not @: its threads cost more than they save on three columns


def _from_tape(tape: Array, offset: int, samples: int) -> Array:
    offset %= len(tape)
    if offset + samples <= len(tape):
        return tape[offset : offset + samples]
    return np.take(tape, np.arange(offset, offset + samples), axis=0, mode="wrap")


def _to_grid(values: Array, step: float, limit: float) -> None:
    values /= step
    np.rint(values, out=values)
    values *= step
    np.clip(values, -limit, limit, out=values)
