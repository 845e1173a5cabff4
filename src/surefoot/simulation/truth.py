"""The truth of a simulated walk: what a perfect observer would have written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.records import Array, Side
from surefoot.simulation.gait import Leg

ContextKind = Literal["sit", "rise", "stand", "walk", "turn"]


@dataclass(frozen=True, slots=True)
class Context:
    """What the person was doing in [start_s, end_s). Turns lie inside walks."""

    kind: ContextKind
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class LegTruth:
    """One leg's contacts and strides. Stride k goes from ``initial_contacts_s[k]`` to ``initial_contacts_s[k + 1]``."""

    leg: Leg
    initial_contacts_s: Array  # (m,)
    final_contacts_s: Array  # (m,): final contact k precedes initial contact k
    stride_times_s: Array  # (m - 1,)
    stride_lengths_m: Array  # (m - 1,): way of the ankle between these contacts
    first_length_m: float  # way before the first contact, out of standing
    swing_heights_m: Array  # (m - 1,) of the ankle; a sensor 10 cm above it rises some 3 cm less, as the shank leans
    push_off_rates_dps: Array  # (m - 1,): largest backward turn of the shank before the foot leaves, positive
    foot_pitch_at_contact_deg: float  # toe up positive

    @property
    def speeds_mps(self) -> Array:
        return self.stride_lengths_m / self.stride_times_s


@dataclass(frozen=True, slots=True)
class TrueBuckle:
    """A giving way: when it began, how far and how fast."""

    side: Side
    start_s: float
    falling_s: float
    flexion_deg: float
    fall_g: float


@dataclass(frozen=True, slots=True)
class TrueStumble:
    """A caught toe: when the swing was stopped."""

    side: Side
    start_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The truth of one walk, from standing (or sitting) to standing (or sitting), in seconds of the samples' clock."""

    start_s: float
    end_s: float
    legs: Mapping[Side, LegTruth]
    buckles: tuple[TrueBuckle, ...]
    stumbles: tuple[TrueStumble, ...]
    context: tuple[Context, ...]

    @property
    def speed_mps(self) -> float:
        """Mean over all whole strides of both legs."""
        length = sum(float(leg.stride_lengths_m.sum()) for leg in self.legs.values())
        return length / sum(float(leg.stride_times_s.sum()) for leg in self.legs.values())

    def distance_m(self, side: Side) -> float:
        """Way of this ankle from the first standing to the last."""
        leg = self.legs[side]
        return leg.first_length_m + float(leg.stride_lengths_m.sum())
