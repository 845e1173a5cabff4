"""One day of a pretend patient: when the sensors are worn, sat in, walked in, and the truth of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Buckle, Stumble
from surefoot.simulation.scene import Scene
from surefoot.simulation.strides import Turn
from surefoot.simulation.truth import Truth
from surefoot.simulation.walker import plan_walk

DayKind = Literal["worn", "short", "drawer", "unworn"]


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody's days go (grade P; bouts and wear as in the design's target patient)."""

    strides: float = 600.0  # of each leg and day
    strides_spread_pct: float = 8.0
    bout_s: tuple[float, float] = (10.0, 120.0)
    worn_h: float = 9.0
    short_h: float = 2.5
    up_at_h: float = 7.75  # after midnight UTC
    charge_at_noon: float = 0.3  # share of days with a charging break of 20-50 min
    bout_speed_pct: float = 4.0
    stumbles_per_1000: float = 3.0  # strides, at dorsi = 1
    buckles_per_1000: float = 6.0  # strides, at quad = 1
    elevated: float = 0.4  # share of stumbles in which the foot is lifted over
    rescued: float = 0.4  # share of givings way caught by the other foot; the rest by the knee itself


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a day's wear, on the sample grid: sitting (``walk`` None) or a walk, from sample ``first``."""

    first: int
    samples: int
    donning: int
    walk: Scene | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """One planned day. ``number`` counts from 1; ``start_s`` is its midnight, UTC."""

    number: int
    start_s: float
    kind: DayKind
    severity: float
    walker: Walker
    stretches: tuple[Stretch, ...]  # in time order; between donnings the sensors charge

    @property
    def walks(self) -> tuple[Truth, ...]:
        """The truth of every walk of the day."""
        return tuple(s.walk.truth for s in self.stretches if s.walk is not None)

    @property
    def strides(self) -> dict[Side, int]:
        """Whole strides (contact to contact of the same foot) walked by each leg."""
        return {side: sum(len(w.legs[side].stride_times_s) for w in self.walks) for side in SIDES}

    def recorded_s(self, rate_hz: float) -> float:
        return sum(s.samples for s in self.stretches) / rate_hz

    def worn_s(self, rate_hz: float) -> float:
        return 0.0 if self.kind == "drawer" else self.recorded_s(rate_hz)


def plan_day(
    number: int,
    start_s: float,
    kind: DayKind,
    severity: float,
    walker: Walker,
    habits: Habits,
    rate_hz: float,
    rng: np.random.Generator,
) -> Day:
    """Decide a day: two wear spells at most, walks among sitting, everything on the sample grid."""
    spells = [] if kind == "unworn" else list(_spells(kind, habits, rng))
    if kind == "drawer":
        stretches = [_stretch(a, b, i, start_s, rate_hz) for i, (a, b) in enumerate(spells)]
        return Day(number, start_s, kind, severity, walker, tuple(stretches))
    share = habits.short_h / habits.worn_h if kind == "short" else 1.0
    strides = share * habits.strides * (1 + habits.strides_spread_pct / 100 * rng.standard_normal())
    total_h = sum(b - a for a, b in spells)
    stretches = []
    for i, (a, b) in enumerate(spells):
        walks = bouts_of(strides * (b - a) / total_h, walker, habits, rng)
        stretches += _fill(_stretch(a, b, i, start_s, rate_hz), walks, walker, habits, rate_hz, rng)
    return Day(number, start_s, kind, severity, walker, tuple(stretches))


def _spells(kind: DayKind, habits: Habits, rng: np.random.Generator) -> Iterator[tuple[float, float]]:
    """Hours of wear after midnight."""
    up = habits.up_at_h + rng.uniform(-0.5, 0.5)
    hours = habits.short_h if kind == "short" else habits.worn_h + rng.uniform(-1.0, 1.0)
    if kind != "worn" or rng.random() >= habits.charge_at_noon:
        yield up, up + hours
        return
    noon, pause = up + hours * rng.uniform(0.4, 0.6), rng.uniform(20, 50) / 60
    yield up, noon
    yield noon + pause, up + hours + pause


def _stretch(from_h: float, to_h: float, donning: int, midnight_s: float, rate_hz: float) -> Stretch:
    first, after = round((midnight_s + from_h * 3600) * rate_hz), round((midnight_s + to_h * 3600) * rate_hz)
    return Stretch(first, after - first, donning)


def bouts_of(strides: float, walker: Walker, habits: Habits, rng: np.random.Generator) -> list[int]:
    """Strides of each bout: lengths even on a logarithmic scale, until the day's strides are walked."""
    low, high = habits.bout_s
    bouts: list[int] = []
    while sum(bouts) < strides:
        seconds = low * (high / low) ** rng.random()
        bouts.append(max(6, round(seconds / walker.stride_s)))
    return bouts


def _fill(
    whole: Stretch, bouts: list[int], walker: Walker, habits: Habits, rate_hz: float, rng: np.random.Generator
) -> Iterator[Stretch]:
    """Sitting, walk, sitting, ... filling one spell of wear exactly."""
    spare = whole.samples - sum(bouts) * walker.stride_s * rate_hz * 1.3 - len(bouts) * 15 * rate_hz
    cuts = np.sort(rng.random(len(bouts)))
    sits = np.diff(0.01 + 0.98 * cuts, prepend=0.0) * max(spare, 0.0)
    at = whole.first
    for strides, sit in zip(bouts, sits, strict=True):
        yield Stretch(at, int(sit), whole.donning)
        at += int(sit)
        walk = bout(walker, rng, at / rate_hz, strides=strides, habits=habits)
        samples = int(np.ceil(walk.duration_s * rate_hz - 1e-6))
        yield Stretch(at, samples, whole.donning, walk)
        at += samples
    yield Stretch(at, whole.first + whole.samples - at, whole.donning)


def bout(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    strides: int,
    habits: Habits,
    seated: tuple[bool, bool] = (True, True),
    stand_s: tuple[float, float] = (1.0, 8.0),
) -> Scene:
    """A walk with a turn every now and then, as this person's legs let it go; longer walks are a little faster.

    By default from a chair and back. ``stand_s``: shortest and longest stand before and after.
    """
    seconds = strides * walker.stride_s
    pace = 1 + habits.bout_speed_pct / 100 * rng.standard_normal() + 0.03 * np.log(seconds / 35)
    turns, at = [], int(rng.integers(8, 25))
    while at < strides - 6:
        turns.append(Turn(at, float(rng.choice([-180, -90, -90, 90, 90, 180]))))
        at += int(rng.integers(10, 30))
    legs = {"left": walker.left, "right": walker.right}
    each = [(side, k) for side in SIDES for k in range(3, strides - 2)]
    dice = rng.random(len(each))
    caught = [e for e, d in zip(each, dice, strict=True) if d < habits.stumbles_per_1000 / 1000 * legs[e[0]].dorsi]
    gave = [e for e, d in zip(each, dice, strict=True) if 1 - d < habits.buckles_per_1000 / 1000 * legs[e[0]].quad]
    return plan_walk(
        replace(walker, speed_mps=float(np.clip(walker.speed_mps * pace, 0.3, 1.8))),
        rng,
        strides=strides,
        turns=turns,
        stumbles=[
            Stumble(side, k, "elevating" if rng.random() < habits.elevated else "lowering") for side, k in caught
        ],
        buckles=[
            Buckle(
                side,
                rng.uniform(0.15, 0.6),
                rng.uniform(5, 30),
                k,
                "rescue" if rng.random() < habits.rescued else "arrested",
            )
            for side, k in gave
        ],
        stand_s=(float(rng.uniform(*stand_s)), float(rng.uniform(*stand_s))),
        seated=seated,
        start_s=start_s,
    )
