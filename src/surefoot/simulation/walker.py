"""The walk: somebody walks from rest to rest, on level ground, a ramp or stairs; every contact and stride is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from surefoot.records import SIDES, Placement, Samples, Side
from surefoot.simulation import gait, pulses
from surefoot.simulation.falls import Fall, falling
from surefoot.simulation.ground import LEVEL, Ground
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Buckle, Stumble
from surefoot.simulation.scene import Bump, Scene
from surefoot.simulation.script import Script
from surefoot.simulation.sensor import Sensor, noise_tape, put_on
from surefoot.simulation.strides import Strides, Turn, plan
from surefoot.simulation.truth import Context, ContextKind, LegTruth, TrueBuckle, TrueStumble, Truth

RISING_S = 2.0  # a rise or a sitting down
_FALLS_BEFORE_HALT_S = 0.35


@dataclass(frozen=True, slots=True)
class Moments:
    """When a walk's parts begin: seated, standing, walking, standing again, sitting down; and when it ends (s)."""

    start_s: float
    up_s: float
    go_s: float
    halt_s: float
    down_s: float
    end_s: float


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
    ground: Ground = LEVEL,
    fall: Fall | None = None,
    placement: Placement = "shank",
    rate_hz: float = 100.0,
    start_s: float = 0.0,
    sensors: Mapping[Side, Sensor] | None = None,
) -> tuple[dict[Side, Samples], Truth]:
    """One walk of ``strides`` strides per leg between two quiet stands, as both sensors read it, and its truth.

    ``stand_s``: quiet standing before and after (s). ``seated``: begins by rising from a chair, ends by sitting down.
    ``ground``: stairs or a ramp instead of level ground. ``fall``: out of the last step, instead of the second stand.
    ``sensors``: how they are worn; by default each any way round, with bias and noise. The walk is drawn from ``rng``
    before the sensors are: the same seed gives the same walk for both placements. Raises ValueError where a turn,
    buckle or stumble names a stride that is not walked.
    """
    walk = plan_walk(
        walker, rng, start_s, strides=strides, turns=turns, buckles=buckles, stumbles=stumbles, stand_s=stand_s,
        seated=seated, ground=ground, fall=fall,
    )  # fmt: skip
    worn = sensors or {side: put_on(rng, noise_tape(rng)) for side in SIDES}
    return {side: walk.readings(side, placement, worn[side], rate_hz) for side in SIDES}, walk.truth


def plan_walk(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    strides: int = 30,
    turns: Sequence[Turn] = (),
    buckles: Sequence[Buckle] = (),
    stumbles: Sequence[Stumble] = (),
    stand_s: tuple[float, float] = (3.0, 3.0),
    seated: tuple[bool, bool] = (False, False),
    ground: Ground = LEVEL,
    fall: Fall | None = None,
) -> Scene:
    """Decide one walk without writing out its readings; arguments as in ``simulate_walk``."""
    _check(strides, turns, buckles, stumbles, seated, ground, fall)
    up_s, down_s = (RISING_S if seat else 0.0 for seat in seated)
    go_s = start_s + up_s + stand_s[0]
    first: Side = "left" if rng.random() < 0.5 else "right"
    collapse = next((b for b in buckles if b.outcome == "fall"), None)
    if collapse is not None:
        first = collapse.side  # who leads out of standing comes to rest last
    legs = _strides(walker, ground, strides, turns, stumbles, buckles, first, go_s, rng)
    halt_s = max(float(leg.starts_s[-1]) for leg in legs.values())
    end_s = halt_s + stand_s[1] + down_s
    moments = Moments(start_s, start_s + up_s, go_s, halt_s, end_s - down_s, end_s)
    fallen = tuple(_buckled(b, legs[b.side], moments) for b in buckles)
    caught = tuple(TrueStumble(s.side, legs[s.side].at(s.at_stride, 0.56), s.recovery) for s in stumbles)
    truths = {side: _leg_truth(walker, side, walker.cycle(side, ground), legs[side]) for side in SIDES}
    falls_s = halt_s - _FALLS_BEFORE_HALT_S if collapse is None else fallen[buckles.index(collapse)].end_s
    script = Script(walker, falls_s)
    _add_pulses(script, moments, list(zip(buckles, fallen, strict=True)), caught, truths, rng, fall is None)
    for b, true in zip(buckles, fallen, strict=True):
        if b.outcome == "rescue":
            _rescued(legs, truths, true)
    if fall is not None:
        falling(script, fall, rng, {} if collapse is None else {collapse.side: collapse.flexion_deg / 2})
        moments = replace(moments, halt_s=falls_s, end_s=script.at_s)
    truth = Truth(
        start_s=start_s,
        end_s=moments.end_s,
        legs=truths,
        buckles=fallen,
        stumbles=caught,
        context=_context(moments, legs[first], turns, ground, tuple(script.context)),
        falls=tuple(script.falls),
    )
    scene = script.scene()
    cycles = {side: walker.cycle(side, ground) for side in SIDES}
    return replace(scene, truth=truth, cycles=cycles, strides=legs, unsteadiness=walker.variation.unsteadiness)


def _check(
    strides: int,
    turns: Sequence[Turn],
    buckles: Sequence[Buckle],
    stumbles: Sequence[Stumble],
    seated: tuple[bool, bool],
    ground: Ground,
    fall: Fall | None,
) -> None:
    collapses = [b for b in buckles if b.outcome == "fall"]
    if collapses and (len(collapses) > 1 or fall is None or collapses[0].at_stride != strides):
        raise ValueError(
            "a giving way that ends in a fall ends the walk: give it at_stride=strides, and fall=Fall(...)"
        )
    for event in (*turns, *(b for b in buckles if b not in collapses), *stumbles):
        if event.at_stride is not None and not 1 <= event.at_stride < strides - 1:
            raise ValueError(f"{event} lies outside the whole strides 1 to {strides - 2} of this walk")
    if ground.stairs and (stumbles or turns):
        raise ValueError("stumbles and turns are simulated on level ground and ramps only, not on stairs")
    if fall is not None and seated[1]:
        raise ValueError("a walk that ends in a fall does not end in a chair")


def _strides(
    walker: Walker,
    ground: Ground,
    count: int,
    turns: Sequence[Turn],
    stumbles: Sequence[Stumble],
    buckles: Sequence[Buckle],
    first: Side,
    go_s: float,
    rng: np.random.Generator,
) -> dict[Side, Strides]:
    scale = 1.0 if ground.stairs else gait.tilt_scale(walker.speed_mps)
    variation = walker.variation
    if ground.stairs:  # the stairs say how long and how high
        variation = replace(variation, length_pct=0.5, lift_pct=0.5)
    args = (count, walker.stride_s * ground.stride_time_factor, ground.length_m(walker.stride_length_m), scale)
    legs = plan(*args, variation, tuple(turns), tuple(stumbles), tuple(buckles), first, go_s, rng)
    for side, strides in legs.items():
        if ground.kind != "walk":  # half a stride climbs half as high
            strides.lift[0 if side == first else -1] *= 0.5
        strides.impact[:] *= walker.speed_mps
        leg = walker.left if side == "left" else walker.right
        if leg.dorsi > 0.5:  # a hanging toe scrapes (P)
            often = (leg.dorsi - 0.5) * (1 - 0.5 * leg.circ)
            scraped = rng.random(count) < often
            strides.drag[1:-1] = np.where(scraped, rng.uniform(0.25, 0.6, count), 0.0)[1:-1]
    return legs


def _buckled(buckle: Buckle, strides: Strides, moments: Moments) -> TrueBuckle:
    if buckle.outcome == "fall":  # in the last stance, as it is loaded
        at_s = float(strides.starts_s[-1]) - _FALLS_BEFORE_HALT_S
    elif buckle.at_stride is None:
        at_s = moments.up_s + 0.5 * (moments.go_s - moments.up_s)
    else:  # strides are counted from mid-stance: loading was just before
        starts = strides.starts_s
        at_s = float(starts[buckle.at_stride] - 0.07 * np.diff(starts)[buckle.at_stride - 1])
    size = (buckle.falling_s, buckle.flexion_deg, buckle.fall_g)
    return TrueBuckle(buckle.side, at_s, *size, buckle.outcome, buckle.at_stride is None)


def _rescued(legs: Mapping[Side, Strides], truths: Mapping[Side, LegTruth], true: TrueBuckle) -> None:
    """The other foot comes down hard."""
    other: Side = "right" if true.side == "left" else "left"
    contact = int(np.searchsorted(truths[other].initial_contacts_s, true.start_s))
    legs[other].impact[contact] *= 2.2


def _add_pulses(
    script: Script,
    moments: Moments,
    fallen: Sequence[tuple[Buckle, TrueBuckle]],
    caught: Sequence[TrueStumble],
    truths: Mapping[Side, LegTruth],
    rng: np.random.Generator,
    stands_again: bool,
) -> None:
    """What the shanks do beside striding."""
    m, pulse = moments, script.pulses
    for side in SIDES:
        spans = [(m.up_s, m.go_s), (m.halt_s, m.down_s)] if stands_again else [(m.up_s, m.go_s)]
        sways = [pulses.swaying(a, b, rng.uniform(0.15, 0.4), rng) for a, b in spans if b - a > 0.5]
        pulse[side] += sways
    for at_s, until_s in ((m.start_s, m.up_s), (m.down_s, m.end_s)):
        lean = rng.uniform(10, 18)
        for side in SIDES if until_s > at_s else ():
            pulse[side].append(pulses.rising(at_s, lean * rng.uniform(0.9, 1.1), 0.95 * RISING_S))
    for buckle, true in fallen:
        pulse[buckle.side].append(pulses.buckling(buckle, true.start_s))
    for stumble in caught:
        pulse[stumble.side] += pulses.stumbling(stumble.start_s, stumble.recovery)
        script.bumps[stumble.side].append(Bump(stumble.start_s, -1.5))
    for side in SIDES:
        pulse[side] += [pulses.dragging(at_s - 0.02, 1.0) for at_s in truths[side].drags_s]


def _leg_truth(walker: Walker, side: Side, cycle: gait.Cycle, strides: Strides) -> LegTruth:
    contacts, lifts, drags = strides.times(
        np.array([cycle.initial_contact, cycle.final_contact, cycle.final_contact + 0.12])
    )
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
        rises_m=cycle.rise_m * strides.lift[1:],
        first_rise_m=cycle.rise_m * float(strides.lift[0]),
        drags_s=drags[strides.drag > 0],
    )


def _context(
    moments: Moments, strides: Strides, turns: Sequence[Turn], ground: Ground, after: tuple[Context, ...]
) -> tuple[Context, ...]:
    m = moments
    kinds: tuple[ContextKind, ...] = ("rise", "stand", ground.kind, "stand", "sit_down")
    edges = (m.start_s, m.up_s, m.go_s, m.halt_s, m.down_s, m.end_s)
    parts = [Context(kind, a, b) for kind, (a, b) in zip(kinds, pairwise(edges), strict=True)]
    if after:  # a fall instead
        parts[3:] = after
    last = len(strides.starts_s) - 1
    for turn in turns:
        a, b = turn.at_stride, min(turn.at_stride + turn.strides, last)
        parts.insert(3, Context("turn", float(strides.starts_s[a]), float(strides.starts_s[b])))
    return tuple(part for part in parts if part.end_s > part.start_s)
