"""A day of life: eight hours of wear in which everything happens that people do, for one healthy or impaired person.

The patient (patient.py) sits and walks for weeks; this day has the stairs, kneeling, rides, removals and falls as
well, in proportions that are plausible for somebody at home who goes out (P), so that false alarms can be counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import numpy as np

from surefoot.records import SIDES, Samples, Side
from surefoot.simulation import chairs, falls, floor, handling, standing
from surefoot.simulation.day import Habits, bout, bouts_of
from surefoot.simulation.falls import Fall
from surefoot.simulation.ground import Ground, GroundKind
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Buckle
from surefoot.simulation.riding import riding_tape
from surefoot.simulation.scene import Plan, Scene
from surefoot.simulation.sensor import Sensor, noise_tape, put_on
from surefoot.simulation.tape import sitting
from surefoot.simulation.truth import Context, Direction, Outcome, TrueBuckle, TrueFall, TrueStumble, Truth
from surefoot.simulation.walker import plan_walk

Rest = Literal["sit", "ride"]


@dataclass(frozen=True, slots=True)
class LifeHabits:
    """What a day holds, fewest and most of each (P). ``walking``: strides of each leg, bouts, how often legs fail."""

    worn_h: float = 8.0
    walking: Habits = field(default_factory=lambda: Habits(strides=4000, bout_s=(6.0, 150.0)))
    outings: tuple[int, int] = (28, 45)  # from a chair to a chair
    flights: tuple[int, int] = (4, 12)  # of stairs, up and down
    stairs: tuple[int, int] = (5, 15)  # of a flight
    ramps: tuple[int, int] = (1, 4)
    stands: tuple[int, int] = (12, 25)  # 15-150 s at a sink or in a queue, with shifts and small steps
    turns: tuple[int, int] = (10, 30)  # on the spot
    bends: tuple[int, int] = (8, 25)
    squats: tuple[int, int] = (3, 12)
    kneelings: tuple[int, int] = (2, 6)
    lyings: tuple[int, int] = (0, 2)  # of 5-20 min
    rides: tuple[int, int] = (1, 2)  # of 8-30 min
    removals: tuple[int, int] = (1, 2)  # of 1-10 min
    falls: tuple[int, int] = (0, 0)
    buckles_standing: tuple[int, int] = (0, 0)  # of the weaker thigh


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a day on the sample grid: a scene, or a rest that is played from a tape."""

    first: int
    samples: int
    donning: int
    scene: Scene | None = None
    rest: Rest = "sit"


@dataclass(frozen=True, slots=True, eq=False)
class LifeDay:
    """One planned day of both legs. ``sensors[k]``: as worn since the k-th time they were put on."""

    walker: Walker
    rate_hz: float
    parts: tuple[Part, ...]  # in time order, without a hole
    sensors: tuple[Mapping[Side, Sensor], ...]
    seed: int

    @property
    def truths(self) -> tuple[Truth, ...]:
        """Of every scene; rests have none."""
        return tuple(part.scene.truth for part in self.parts if part.scene is not None)

    @property
    def context(self) -> tuple[Context, ...]:
        """What the person did all day, without a hole but for the last sample of scenes; turns lie inside walks."""
        out: list[Context] = []
        for part in self.parts:
            if part.scene is not None:
                out += part.scene.truth.context
            else:
                out.append(Context(part.rest, part.first / self.rate_hz, (part.first + part.samples) / self.rate_hz))
        return tuple(out)

    @property
    def strides(self) -> dict[Side, int]:
        """Whole strides of each leg, on stairs and ramps too."""
        return {side: sum(len(t.legs[side].stride_times_s) for t in self.truths if t.legs) for side in SIDES}

    @property
    def events(self) -> tuple[TrueBuckle | TrueStumble | TrueFall, ...]:
        """Every giving way, stumble and fall, in time order."""
        each = [event for t in self.truths for event in (*t.buckles, *t.stumbles, *t.falls)]
        return tuple(sorted(each, key=lambda event: event.start_s))

    def blocks(self) -> Iterator[Samples]:
        """All readings in time order, left before right, contiguous per side; those of rests are read-only."""
        rng = np.random.default_rng([self.seed, 2])
        tapes = {"sit": sitting(self.rate_hz, rng), "ride": riding_tape(self.walker, rng, self.rate_hz)}
        donning = -1
        for part in self.parts:
            sensors = self.sensors[part.donning]
            if part.donning != donning:
                donning = part.donning
                worn = {rest: tape.worn(dict(sensors), rng) for rest, tape in tapes.items()}
            if part.scene is None:
                yield from worn[part.rest].play(part.first, part.samples, rng)
                continue
            for side in SIDES:
                offset = int(rng.integers(1 << 30))
                yield part.scene.readings(side, "shank", sensors[side], self.rate_hz, offset)


def life_day(
    walker: Walker, seed: int, *, habits: LifeHabits | None = None, start_s: float = 0.0, rate_hz: float = 100.0
) -> LifeDay:
    """Plan one day from ``start_s`` on, when the sensors are on and the person sits. Same seed, same samples."""
    habits = habits or LifeHabits()
    rng = np.random.default_rng([seed, 1])
    noise = noise_tape(rng)
    sensors = [{side: put_on(rng, noise, drift_from_s=start_s) for side in SIDES}]
    outings = _outings(walker, habits, rng)
    rests = _rests(len(outings), habits, rng)
    spare_s = habits.worn_h * 3600 - 1.15 * habits.walking.strides * walker.stride_s - 75 * len(outings)
    sits_s = max(spare_s, 600.0) * rng.dirichlet(np.ones(len(outings) + 1))
    first, last = round(start_s * rate_hz), round((start_s + habits.worn_h * 3600) * rate_hz)
    parts: list[Part] = []

    def add(plan: Plan) -> Scene:
        nonlocal first
        scene = plan(rng, first / rate_hz)
        parts.append(Part(first, scene.samples(rate_hz), len(sensors) - 1, scene))
        first += parts[-1].samples
        return scene

    def rest(seconds: float, kind: Rest) -> None:
        nonlocal first
        samples = round(min(seconds * rate_hz, last - first))
        if samples > 0:
            parts.append(Part(first, samples, len(sensors) - 1, rest=kind))
            first += samples

    for outing, between, sit_s in zip(outings, rests, sits_s[:-1], strict=True):
        rest(0.5 * sit_s, "sit")
        for kind in between:
            if kind == "ride":
                rest(float(rng.uniform(8, 30)) * 60, "ride")
            elif kind == "lie":
                add(partial(floor.lying_down, walker, seconds=float(rng.uniform(5, 20)) * 60, turns=2))
            else:
                off = add(partial(handling.taking_off, walker, off_s=float(rng.uniform(1, 10)) * 60))
                fresh = {side: put_on(rng, noise, drift_from_s=first / rate_hz) for side in SIDES}
                poses = {
                    side: handling.remounted(handling.final_pose(off, walker, side), sensors[-1][side], fresh[side])
                    for side in SIDES
                }
                sensors.append(fresh)
                add(partial(handling.putting_on, walker, poses=poses))
        rest(0.5 * sit_s, "sit")
        for plan in outing:
            add(plan)
    rest((last - first) / rate_hz, "sit")
    return LifeDay(walker, rate_hz, tuple(parts), tuple(sensors), seed)


def _rests(count: int, habits: LifeHabits, rng: np.random.Generator) -> list[list[str]]:
    """What happens in the sits between outings beside sitting."""
    rests: list[list[str]] = [[] for _ in range(count)]
    for kind, often in (("ride", habits.rides), ("lie", habits.lyings), ("removal", habits.removals)):
        for at in rng.permutation(count)[: _many(often, rng)]:
            rests[at].append(kind)
    return rests


def _outings(walker: Walker, habits: LifeHabits, rng: np.random.Generator) -> list[list[Plan]]:
    """Each from a chair to a chair: walks, and what is done between them."""
    climbs = _climbs(walker, habits, rng)
    climbed = sum(strides for _, strides in climbs)
    walks: list[Plan] = [
        partial(bout, walker, strides=strides, habits=habits.walking, seated=(False, False), stand_s=(0.6, 4.0))
        for strides in bouts_of(habits.walking.strides - climbed, walker, habits.walking, rng)
    ]
    between = [plan for plan, _ in climbs] + _chores(walker, habits, rng)
    between = [between[k] for k in rng.permutation(len(between))]
    count = min(_many(habits.outings, rng), len(walks))
    outings: list[list[Plan]] = [[partial(chairs.rising, walker)] for _ in range(count)]
    for number, walk in enumerate(walks):
        outings[number % count].append(walk)
    for plan in between:
        outing = outings[rng.integers(count)]
        outing.insert(int(rng.integers(1, len(outing) + 1)), plan)
    for outing in outings:
        outing.append(partial(chairs.sitting_down, walker))
    return outings


def _climbs(walker: Walker, habits: LifeHabits, rng: np.random.Generator) -> list[tuple[Plan, int]]:
    """Stairs and ramps, and the strides they take."""
    home = {"rise_m": float(rng.uniform(0.15, 0.2)), "run_m": float(rng.uniform(0.25, 0.31))}
    weak = max(walker.left.quad, walker.right.quad, walker.left.push, walker.right.push)
    climbs: list[tuple[Plan, int]] = []
    for _ in range(_many(habits.flights, rng)):
        both_feet = bool(rng.random() < 0.05 + 0.6 * weak)
        for kind in ("stairs_up", "stairs_down"):
            stairs = int(rng.integers(habits.stairs[0], habits.stairs[1] + 1))
            strides = max(3, stairs if both_feet else (stairs + 1) // 2)
            ground = Ground(kind, **home, alternating=not both_feet, vigour=float(rng.uniform(0.85, 1.2)))
            climbs.append((partial(plan_walk, walker, strides=strides, ground=ground, stand_s=(0.6, 0.6)), strides))
    for _ in range(_many(habits.ramps, rng)):
        kind_: GroundKind = "ramp_up" if rng.random() < 0.5 else "ramp_down"
        ground, strides = Ground(kind_, slope=float(rng.uniform(0.04, 0.12))), int(rng.integers(6, 25))
        climbs.append((partial(plan_walk, walker, strides=strides, ground=ground, stand_s=(0.6, 0.6)), strides))
    return climbs


def _chores(walker: Walker, habits: LifeHabits, rng: np.random.Generator) -> list[Plan]:
    plans: list[Plan] = [
        partial(standing.standing, walker, seconds=float(15 * 10 ** rng.random()))
        for _ in range(_many(habits.stands, rng))
    ]
    for _ in range(_many(habits.turns, rng)):
        degrees = float(rng.choice([-180, -120, -90, 90, 120, 180]))
        plans.append(partial(standing.turning_on_the_spot, walker, degrees=degrees))
    plans += [partial(standing.bending, walker)] * _many(habits.bends, rng)
    plans += [partial(standing.squatting, walker)] * _many(habits.squats, rng)
    for _ in range(_many(habits.kneelings, rng)):
        knees = (SIDES, SIDES[:1], SIDES[1:])[rng.integers(3)]
        plans.append(partial(floor.kneeling, walker, knees=knees, seconds=float(rng.uniform(4, 90))))
    for _ in range(_many(habits.falls, rng)):
        directions: tuple[Direction, ...] = ("forward", "backward", "left", "right")
        direction = directions[rng.integers(4)]
        plans.append(partial(falls.tumble, walker, fall=Fall(direction, float(rng.uniform(5, 120)))))
    weaker: Side = "left" if walker.left.quad >= walker.right.quad else "right"
    for _ in range(_many(habits.buckles_standing, rng)):
        outcome: Outcome = "rescue" if rng.random() < 0.4 else "arrested"
        buckle = Buckle(weaker, float(rng.uniform(0.15, 0.6)), float(rng.uniform(5, 30)), outcome=outcome)
        plans.append(partial(falls.giving_way, walker, buckle=buckle))
    return plans


def _many(limits: tuple[int, int], rng: np.random.Generator) -> int:
    return int(rng.integers(limits[0], limits[1] + 1))
