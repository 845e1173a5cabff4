"""The person who walks: own speed, each leg's weakness and manner, and how far people differ from one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.simulation import gait, impacts
from surefoot.simulation.gait import Leg, Manner
from surefoot.simulation.ground import LEVEL, Ground
from surefoot.simulation.strides import Variation


@dataclass(frozen=True, slots=True)
class Walker:
    """Who walks: own speed (0.3 .. 1.8 m/s), and each leg's weakness and manner."""

    speed_mps: float = 1.1
    left: Leg = field(default_factory=Leg)
    right: Leg = field(default_factory=Leg)
    left_manner: Manner = field(default_factory=Manner)
    right_manner: Manner = field(default_factory=Manner)
    stride_time_factor: float = 1.0  # a person's cadence against the usual one at this speed
    variation: Variation = field(default_factory=Variation)
    impact: impacts.Impact = field(default_factory=impacts.Impact)

    @property
    def stride_s(self) -> float:
        """Usual stride time at this speed, times the person's factor; a dropped foot swings 8 % longer (P)."""
        slower = 1 + 0.03 * max(self.left.dorsi, self.right.dorsi)
        return self.stride_time_factor * slower * 1.06 * (1.25 / self.speed_mps) ** 0.42

    @property
    def stride_length_m(self) -> float:
        """A weak push-off makes the other foot's step 10 % shorter, so each foot's stride half of that (P)."""
        weak = max(self.left.push, self.right.push)
        return self.speed_mps * self.stride_s * (1 - 0.05 * weak)

    def cycle(self, side: Side, ground: Ground = LEVEL) -> gait.Cycle:
        leg, manner = (self.left, self.left_manner) if side == "left" else (self.right, self.right_manner)
        return ground.cycle(side, leg, manner, self.speed_mps, self.stride_s)


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations between people, set so that simulated people differ about as the recorded ones do (P).

    benchmarks/simulation.py compares the widths; docs/simulation.md has them.
    """

    speed_mps: float = 0.18
    stride_time_pct: float = 5.0
    range_pct: float = 6.0
    shape_deg: tuple[float, ...] = (0.9, 0.65, 0.4, 0.25)  # of tilt harmonics 2, 3, 4, 5
    way_m: tuple[float, ...] = (0.006, 0.006, 0.004, 0.004)
    lift_m: float = 0.010
    tilt_deg: float = 3.0
    foot_pitch_deg: float = 4.0
    push_off_pct: float = 8.0
    loading_pct: float = 10.0
    stance: float = 0.010
    roll_deg: float = 1.4
    twist_deg: float = 2.6
    impact_log: float = 0.22
    impact_hz: float = 3.0
    impact_delay_s: float = 0.008
    unsteadiness_log: float = 0.30
    variation_log: float = 0.45
    between_legs: float = 0.45  # of these, how much a person's two legs differ from one another


def draw_walker(
    rng: np.random.Generator,
    *,
    legs: Mapping[Side, Leg] | None = None,
    speed_mps: float | None = None,
    stride_time_factor: float | None = None,
    spread: Spread | None = None,
) -> Walker:
    """Somebody from the street, about 1.1 m/s; ``legs``: how weak each is (healthy by default)."""
    spread = spread or Spread()
    common = _departures(rng)
    manners = {}
    for side in SIDES:
        own = _departures(rng)
        share = spread.between_legs
        manners[side] = _manner(np.sqrt(1 - share**2) * common + share * own, spread)
    speed = speed_mps or float(np.clip(rng.normal(1.1, spread.speed_mps), 0.5, 1.6))
    factor = float(np.clip(1 + spread.stride_time_pct / 100 * rng.standard_normal(), 0.85, 1.15))
    variation = Variation(
        time_pct=float(np.clip(2.2 * _log(rng, spread.variation_log), 0.8, 6.0)),
        tilt_pct=float(2.5 * _log(rng, 0.5 * spread.variation_log)),
        unsteadiness=float(1.35 * _log(rng, spread.unsteadiness_log)),
    )
    return Walker(
        speed_mps=speed,
        left=(legs or {}).get("left", Leg()),
        right=(legs or {}).get("right", Leg()),
        left_manner=manners["left"],
        right_manner=manners["right"],
        stride_time_factor=stride_time_factor or factor,
        variation=variation,
        impact=_impact(rng, spread),
    )


def _departures(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(28)


def _manner(n: np.ndarray, spread: Spread) -> Manner:
    """A manner from 28 standard-normal numbers."""
    usual, shape = Manner(), n[8:16] * np.repeat(spread.shape_deg, 2)
    return Manner(
        lift_m=spread.lift_m * n[0],
        tilt_deg=spread.tilt_deg * n[1],
        foot_pitch_deg=spread.foot_pitch_deg * n[2],
        push_off_pct=float(np.clip(spread.push_off_pct * n[3], -25, 25)),
        loading_pct=float(np.clip(spread.loading_pct * n[4], -30, 30)),
        range_pct=float(np.clip(spread.range_pct * n[5], -15, 15)),
        stance=float(np.clip(spread.stance * n[6], -0.025, 0.025)),
        shape_deg=tuple(shape.tolist()),
        way_m=tuple((n[16:20] * spread.way_m).tolist()),
        roll_deg=tuple((usual.roll_deg + spread.roll_deg * n[20:24]).tolist()),
        twist_deg=tuple((usual.twist_deg + spread.twist_deg * n[24:28]).tolist()),
    )


def _impact(rng: np.random.Generator, spread: Spread) -> impacts.Impact:
    usual = impacts.Impact()
    hard = _log(rng, spread.impact_log)
    return replace(
        usual,
        acc_mps2=tuple(hard * _log(rng, 0.2) * a for a in usual.acc_mps2),
        gyr_dps=tuple(hard * _log(rng, 0.3) * a for a in usual.gyr_dps),
        gyr_sharp_dps=tuple(hard * _log(rng, 0.3) * a for a in usual.gyr_sharp_dps),
        acc_hz=float(np.clip(rng.normal(usual.acc_hz, spread.impact_hz), 13, 30)),
        acc_decay_s=usual.acc_decay_s * _log(rng, 0.2),
        gyr_hz=float(np.clip(rng.normal(usual.gyr_hz, 2.0), 8, 18)),
        delay_s=float(np.clip(rng.normal(usual.delay_s, spread.impact_delay_s), 0.0, 0.04)),
    )


def _log(rng: np.random.Generator, size: float) -> float:
    return float(np.exp(size * rng.standard_normal()))
