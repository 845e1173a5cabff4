"""The person who walks: own speed, each leg's weakness and manner, and how far people differ from one another."""

from __future__ import annotations

from dataclasses import dataclass, field

from surefoot.records import Side
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
