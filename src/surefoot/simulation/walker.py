"""The walker: a pretend person whose every contact, stride and weakness is known, worn by two pretend sensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from surefoot.records import SIDES, Array, Placement, Samples, Side
from surefoot.simulation import gait, impacts, pulses
from surefoot.simulation.gait import Leg, Manner
from surefoot.simulation.leg import move
from surefoot.simulation.pulses import Buckle, Pulse, Stumble
from surefoot.simulation.sensor import Sensor, noise_tape, put_on
from surefoot.simulation.strides import Strides, Turn, Variation, plan
from surefoot.simulation.truth import Context, ContextKind, LegTruth, TrueBuckle, TrueStumble, Truth

RISING_S = 2.0  # a rise or a sitting down


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
        weak = max(self.left.push, self.right.push)
        return self.speed_mps * self.stride_s * (1 - 0.05 * weak)

    def cycle(self, side: Side) -> gait.Cycle:
        leg, manner = (self.left, self.left_manner) if side == "left" else (self.right, self.right_manner)
        return gait.cycle(side, leg, manner, round(self.speed_mps, 1), round(self.stride_s, 1))


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """One planned walk: everything is decided, only the readings are not yet written out."""

    walker: Walker
    truth: Truth
    strides: Mapping[Side, Strides]
    pulses: Mapping[Side, tuple[Pulse, ...]] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        return self.truth.end_s - self.truth.start_s

    def readings(
        self, side: Side, placement: Placement, sensor: Sensor, rate_hz: float = 100.0, offset: int = 0
    ) -> Samples:
        """What this sensor delivers over the whole walk. ``offset`` is where its noise tape is read."""
        start_s, strides = self.truth.start_s, self.strides[side]
        samples = int(np.ceil(self.duration_s * rate_hz - 1e-6))
        cycle, size = self.walker.cycle(side), self.walker.variation.unsteadiness
        motion = move(cycle, strides, self.pulses.get(side, ()), placement, start_s, samples, rate_hz, size)
        self._shake(motion.acc, motion.gyr, side, rate_hz)
        return sensor.read(side, placement, motion.acc, motion.gyr, start_s, rate_hz, offset)

    def _shake(self, acc: Array, gyr: Array, side: Side, rate_hz: float) -> None:
        truth, cycle, impact = self.truth, self.walker.cycle(side), self.walker.impact
        contacts = truth.legs[side].initial_contacts_s + self.strides[side].impact_delay_s
        hard = self.strides[side].impact * self.walker.speed_mps
        args = (truth.start_s, rate_hz, impact)
        impacts.strike(acc, gyr, contacts, cycle.heel_strike * hard, *args)
        impacts.slap(acc, contacts + cycle.foot_flat_s, 0.7 * cycle.slap * hard, *args)
        caught = np.array([s.start_s for s in truth.stumbles if s.side == side])
        impacts.strike(acc, gyr, caught, np.full(len(caught), -1.5), *args)


def simulate_walk(
    walker: Walker,
    rng: np.random.Generator,
    *,
    strides: int = 30,
    turns: Sequence[Turn] = (),
    buckles: Sequence[Buckle] = (),
    stumbles: Sequence[Stumble] = (),
    stand_s: tuple[float, float] = (3.0, 3.0),
    seated: tuple[bool, bool] = (False, False),
    placement: Placement = "shank",
    rate_hz: float = 100.0,
    start_s: float = 0.0,
    sensors: Mapping[Side, Sensor] | None = None,
) -> tuple[dict[Side, Samples], Truth]:
    """One walk of ``strides`` strides per leg between two quiet stands, as both sensors read it, and its truth.

    ``stand_s``: quiet standing before and after (s). ``seated``: begins by rising from a chair, ends by sitting down.
    ``sensors``: how they are worn; by default each any way round, with bias and noise. The walk is drawn from ``rng``
    before the sensors are: the same seed gives the same walk for both placements. Raises ValueError where a turn,
    buckle or stumble names a stride that is not walked.
    """
    walk = plan_walk(
        walker, rng, strides=strides, turns=turns, buckles=buckles, stumbles=stumbles, stand_s=stand_s, seated=seated,
        start_s=start_s,
    )  # fmt: skip
    worn = sensors or {side: put_on(rng, noise_tape(rng)) for side in SIDES}
    return {side: walk.readings(side, placement, worn[side], rate_hz) for side in SIDES}, walk.truth


def plan_walk(
    walker: Walker,
    rng: np.random.Generator,
    *,
    strides: int = 30,
    turns: Sequence[Turn] = (),
    buckles: Sequence[Buckle] = (),
    stumbles: Sequence[Stumble] = (),
    stand_s: tuple[float, float] = (3.0, 3.0),
    seated: tuple[bool, bool] = (False, False),
    start_s: float = 0.0,
) -> Walk:
    """Decide one walk without writing out its readings; arguments as in ``simulate_walk``."""
    for event in (*turns, *buckles, *stumbles):
        if event.at_stride is not None and not 1 <= event.at_stride < strides - 1:
            raise ValueError(f"{event} lies outside the whole strides 1 to {strides - 2} of this walk")
    up_s, down_s = (RISING_S if seat else 0.0 for seat in seated)
    go_s = start_s + up_s + stand_s[0]
    first: Side = "left" if rng.random() < 0.5 else "right"
    args = (strides, walker.stride_s, walker.stride_length_m, gait.tilt_scale(walker.speed_mps), walker.variation)
    legs = plan(*args, tuple(turns), tuple(stumbles), tuple(buckles), first, go_s, rng)
    halt_s = max(float(leg.starts_s[-1]) for leg in legs.values())
    end_s = halt_s + stand_s[1] + down_s
    fallen = tuple(_buckled(b, legs[b.side], start_s + up_s, go_s) for b in buckles)
    caught = tuple(TrueStumble(s.side, legs[s.side].at(s.at_stride, 0.56)) for s in stumbles)
    moments = (start_s, start_s + up_s, go_s, halt_s, end_s - down_s, end_s)
    pulse = _pulses(moments, [(b, true.start_s) for b, true in zip(buckles, fallen, strict=True)], caught, rng)
    truth = Truth(
        start_s=start_s,
        end_s=end_s,
        legs={side: _leg_truth(walker, side, legs[side]) for side in SIDES},
        buckles=fallen,
        stumbles=caught,
        context=_context(moments, legs[first], turns),
    )
    return Walk(walker, truth, legs, pulse)


def _buckled(buckle: Buckle, strides: Strides, stand_s: float, go_s: float) -> TrueBuckle:
    if buckle.at_stride is None:
        at_s = stand_s + 0.5 * (go_s - stand_s)
    else:  # strides are counted from mid-stance: loading was just before
        starts = strides.starts_s
        at_s = float(starts[buckle.at_stride] - 0.07 * np.diff(starts)[buckle.at_stride - 1])
    return TrueBuckle(buckle.side, at_s, buckle.falling_s, buckle.flexion_deg, buckle.fall_g)


def _pulses(
    moments: Sequence[float],
    fallen: Sequence[tuple[Buckle, float]],
    caught: Sequence[TrueStumble],
    rng: np.random.Generator,
) -> dict[Side, tuple[Pulse, ...]]:
    """What the shanks do beside striding. ``moments``: start, up, go, halt, down, end (s)."""
    start_s, up_s, go_s, halt_s, down_s, end_s = moments
    pulse: dict[Side, list[Pulse]] = {side: [] for side in SIDES}
    for side in SIDES:
        spans = [(a, b) for a, b in ((up_s, go_s), (halt_s, down_s)) if b - a > 0.5]
        pulse[side] += [pulses.swaying(a, b, rng.uniform(0.15, 0.4), rng) for a, b in spans]
    for at_s, until_s in ((start_s, up_s), (down_s, end_s)):
        lean = rng.uniform(10, 18)
        for side in SIDES if until_s > at_s else ():
            pulse[side].append(pulses.rising(at_s, lean * rng.uniform(0.9, 1.1), 0.95 * RISING_S))
    for buckle, at_s in fallen:
        pulse[buckle.side].append(pulses.buckling(buckle, at_s))
    for stumble in caught:
        pulse[stumble.side].append(pulses.stumbling(stumble.start_s))
    return {side: tuple(p) for side, p in pulse.items()}


def _leg_truth(walker: Walker, side: Side, strides: Strides) -> LegTruth:
    cycle = walker.cycle(side)
    contacts, lifts = strides.times(np.array([cycle.initial_contact, cycle.final_contact]))
    took = np.diff(strides.starts_s)
    return LegTruth(
        leg=walker.left if side == "left" else walker.right,
        initial_contacts_s=contacts,
        final_contacts_s=lifts,
        stride_times_s=np.diff(contacts),
        stride_lengths_m=strides.lengths_m[1:],
        first_length_m=float(strides.lengths_m[0]),
        swing_heights_m=cycle.swing_height_m * strides.lift[1:],
        push_off_rates_dps=cycle.push_off_deg_per_cycle * strides.tilt[1:] / took[1:],
        foot_pitch_at_contact_deg=cycle.foot_pitch_at_contact_deg,
    )


def _context(moments: Sequence[float], strides: Strides, turns: Sequence[Turn]) -> tuple[Context, ...]:
    kinds: tuple[ContextKind, ...] = ("rise", "stand", "walk", "stand", "sit")
    parts = [Context(kind, a, b) for kind, (a, b) in zip(kinds, pairwise(moments), strict=True)]
    last = len(strides.starts_s) - 1
    for turn in turns:
        a, b = turn.at_stride, min(turn.at_stride + turn.strides, last)
        parts.insert(3, Context("turn", float(strides.starts_s[a]), float(strides.starts_s[b])))
    return tuple(part for part in parts if part.end_s > part.start_s)
