"""The truth of a simulated scene: what a perfect observer would have written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.records import Array, Side
from surefoot.simulation.gait import Leg

Direction = Literal["forward", "backward", "left", "right"]
Outcome = Literal["arrested", "rescue", "fall"]
Recovery = Literal["lowering", "elevating"]
ContextKind = Literal[
    "sit", "rise", "sit_down", "stand", "walk", "turn",  # turn lies inside walk
    "stairs_up", "stairs_down", "ramp_up", "ramp_down",
    "shift", "step_on_spot", "turn_on_spot", "squat", "kneel_down", "kneel", "kneel_up", "bend",
    "lie_down", "lie", "get_up", "ride", "fall", "on_floor", "handled", "off",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """What the person was doing in [start_s, end_s). Turns lie inside walks; all others follow one another."""

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
    rises_m: Array  # (m - 1,): how much higher each stride ended than it began
    first_rise_m: float  # before the first contact, out of standing
    drags_s: Array  # when a hanging toe began to scrape along the floor

    @property
    def speeds_mps(self) -> Array:
        return self.stride_lengths_m / self.stride_times_s


@dataclass(frozen=True, slots=True)
class TrueBuckle:
    """A giving way: when it began, how far and how fast, and how it went on."""

    side: Side
    start_s: float
    falling_s: float
    flexion_deg: float
    fall_g: float
    outcome: Outcome = "arrested"
    standing: bool = False  # in quiet standing, not in a stride

    @property
    def end_s(self) -> float:
        """When the knee gives in no further."""
        return self.start_s + self.falling_s


@dataclass(frozen=True, slots=True)
class TrueStumble:
    """A caught toe: when the swing was stopped, and how the leg recovered."""

    side: Side
    start_s: float
    recovery: Recovery = "lowering"


@dataclass(frozen=True, slots=True)
class TrueFall:
    """A fall: its beginning, the hardest impact, and when the person stood again (None: not within the scene)."""

    direction: Direction
    start_s: float
    impact_s: float
    up_s: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The truth of one scene, from one rest to the next, in seconds of the samples' clock.

    ``legs`` is empty where nobody strides.
    """

    start_s: float
    end_s: float
    legs: Mapping[Side, LegTruth]
    buckles: tuple[TrueBuckle, ...] = ()
    stumbles: tuple[TrueStumble, ...] = ()
    context: tuple[Context, ...] = ()
    falls: tuple[TrueFall, ...] = ()

    @property
    def speed_mps(self) -> float:
        """Mean over all whole strides of both legs; ValueError where there is none."""
        if not self.legs:
            raise ValueError("nobody strides in this scene: it has no speed")
        length = sum(float(leg.stride_lengths_m.sum()) for leg in self.legs.values())
        return length / sum(float(leg.stride_times_s.sum()) for leg in self.legs.values())

    def distance_m(self, side: Side) -> float:
        """Way of this ankle from the first standing to the last."""
        leg = self.legs[side]
        return leg.first_length_m + float(leg.stride_lengths_m.sum())

    def climb_m(self, side: Side) -> float:
        """How much higher this ankle stands at the end than at the beginning."""
        leg = self.legs[side]
        return leg.first_rise_m + float(leg.rises_m.sum())
