"""Falls, and a knee that gives way while somebody stands: what the shanks go through, and getting up again.

Physics estimates (P): nobody recorded real falls of these patients at the ankle. A fall takes 0.5-1 s, knocks the
ankle with more than 3 g, and leaves both shanks lying more than 60 deg from upright (facts/clinical.md 4.3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.simulation import pulses
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Buckle
from surefoot.simulation.scene import Scene
from surefoot.simulation.script import OTHER, Script
from surefoot.simulation.truth import Direction, TrueBuckle, TrueFall

_LIES_DEG: dict[Direction, tuple[float, float]] = {  # tilt, roll of a lying shank: knee in front, behind, aside
    "forward": (84.0, 0.0),
    "backward": (-84.0, 0.0),
    "left": (30.0, -85.0),
    "right": (30.0, 85.0),
}


@dataclass(frozen=True, slots=True)
class Fall:
    """A fall to one side; the person lies ``lies_s`` and gets up within 8-14 s, or not at all (``gets_up``)."""

    direction: Direction = "forward"
    lies_s: float = 20.0
    gets_up: bool = True


def giving_way(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    buckle: Buckle,
    fall: Fall | None = None,
    stand_s: tuple[float, float] = (5.0, 5.0),
) -> Scene:
    """In quiet standing one knee gives way, with each outcome of ``buckle``; ``fall`` says how it falls."""
    if buckle.at_stride is not None:
        raise ValueError("this knee gives way in standing: for one in a stride, give the buckle to a walk")
    script = Script(walker, start_s)
    script.sway(stand_s[0] + 0.3, rng)
    script.spend("stand", stand_s[0])
    size = (buckle.falling_s, buckle.flexion_deg, buckle.fall_g)
    script.buckles.append(TrueBuckle(buckle.side, script.at_s, *size, buckle.outcome, standing=True))
    if buckle.outcome == "fall":
        script.pulses[buckle.side].append(pulses.buckling(buckle, script.at_s))
        script.spend("stand", buckle.falling_s)
        falling(script, fall or Fall(), rng, given_deg={buckle.side: buckle.flexion_deg / 2})
    else:
        script.pulses[buckle.side].append(pulses.buckling(buckle, script.at_s))
        if buckle.outcome == "rescue":
            other = OTHER[buckle.side]
            soon = buckle.falling_s + float(rng.uniform(0.05, 0.15))
            script.step(other, rng, 0.35, soon, way_m=(float(rng.uniform(0.15, 0.35)), 0.0, 0.0))
            script.bump(other, float(rng.uniform(1.2, 2.0)), soon + 0.34)
            script.step(buckle.side, rng, 0.6, soon + 0.7, way_m=(0.25, 0.0, 0.0))
        script.spend("stand", 2.5)
    if not script.falls or script.falls[-1].up_s is not None:
        script.sway(stand_s[1], rng)
        script.spend("stand", stand_s[1])
    return script.scene()


def tumble(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    fall: Fall,
    stand_s: tuple[float, float] = (5.0, 5.0),
) -> Scene:
    """Out of quiet standing, a fall."""
    script = Script(walker, start_s)
    script.sway(stand_s[0], rng)
    script.spend("stand", stand_s[0])
    falling(script, fall, rng)
    if fall.gets_up:
        script.sway(stand_s[1], rng)
        script.spend("stand", stand_s[1])
    return script.scene()


def falling(script: Script, fall: Fall, rng: np.random.Generator, given_deg: dict[Side, float] | None = None) -> None:
    """Write a fall, lying and getting up into a script; ``given_deg``: how far a shank leans forward already."""
    took = float(rng.uniform(0.55, 0.8))
    began_s = script.at_s
    lies: dict[Side, tuple[float, float]] = {}
    for side in SIDES:
        tilt, roll = (float(a + rng.normal(0, 5)) if a else 0.0 for a in _LIES_DEG[fall.direction])
        lies[side] = (tilt, roll)
        late = float(rng.uniform(0.0, 0.1))
        script.turn(side, tilt - (given_deg or {}).get(side, 0.0), took, late, foot=True)
        if roll:
            script.turn(side, roll, took, late, "roll", foot=True)
        away = {"forward": -0.1, "backward": 0.4}.get(fall.direction, 0.1)
        script.turn(side, away * rng.uniform(0.7, 1.3), took + 0.2, late, "forward", foot=True)
        script.swing(side, float(rng.uniform(0.05, 0.15)), (0.5 * took, 0.0, 0.5 * took), late, "up", foot=True)
        hard = float(np.clip(3.2 * np.exp(0.4 * rng.standard_normal()), 2.4, 8.0))
        script.bump(side, hard, took)  # knees or hip
        script.bump(side, 0.65 * hard, took + float(rng.uniform(0.25, 0.5)))  # trunk, feet
        for after in (float(rng.uniform(0.0, 0.3)), took + 0.1):  # legs fly about
            script.swing(side, float(rng.normal(0, 22)), (0.18, 0.0, 0.22), after, foot=True)
            script.swing(side, float(rng.normal(0, 18)), (0.18, 0.0, 0.22), after, "roll", foot=True)
    script.spend("fall", took + 1.0)
    at = float(rng.uniform(2, 6))
    while at < fall.lies_s - 3:  # moves a little
        side = SIDES[rng.integers(2)]
        script.swing(side, float(rng.uniform(-8, -3)), (0.4, float(rng.uniform(0, 1)), 0.6), at, foot=True)
        at += float(rng.uniform(3, 15))
    script.spend("on_floor", fall.lies_s)
    if fall.gets_up:
        _up(script, lies, rng)
    up_s = script.at_s if fall.gets_up else None
    script.falls.append(TrueFall(fall.direction, began_s, began_s + took, up_s))


def _up(script: Script, lies: dict[Side, tuple[float, float]], rng: np.random.Generator) -> None:
    """Onto the side, onto the knees, one foot forward, and up."""
    slow = float(rng.uniform(0.9, 1.5))
    kneels = float(rng.uniform(78, 86))
    lead = SIDES[rng.integers(2)]
    for side in SIDES:
        tilt, roll = lies[side]
        aside = roll or float(np.sign(rng.normal()) * 70)
        script.turn(side, -tilt + 25, 1.4 * slow, foot=True)  # knees are drawn up
        script.turn(side, aside - roll, 1.2 * slow, 0.3, "roll", foot=True)
        script.turn(side, -aside, 1.5 * slow, 2.2 * slow, "roll", foot=True)  # and over onto them
        script.turn(side, kneels - 25, 1.5 * slow, 2.2 * slow, foot=True)
        script.turn(side, -kneels, 1.1 * slow, (4.6 if side == lead else 6.0) * slow, foot=True)
        script.bump(side, 0.6, (5.7 if side == lead else 7.1) * slow)
    script.spend("get_up", 8.0 * slow)
