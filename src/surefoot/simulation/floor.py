"""The floor and the bed: kneeling on one knee or both, lying down and getting up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.simulation.person import Walker
from surefoot.simulation.scene import Scene
from surefoot.simulation.script import OTHER, Script


def kneeling(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    knees: Sequence[Side] = SIDES,
    seconds: float = 10.0,
) -> Scene:
    """Down onto one knee or both, for so long, and up: a kneeling shank lies on the floor behind its knee."""
    script = Script(walker, start_s)
    lead = knees[0] if len(knees) == 1 else SIDES[rng.integers(2)]
    slow = float(rng.uniform(0.8, 1.4))
    lies = {side: float(rng.uniform(74, 88)) for side in knees}
    order = [lead, *(side for side in knees if side != lead)]
    if len(knees) == 1:  # the other foot steps forward and carries
        script.step(OTHER[lead], rng, 0.6, 0.0, way_m=(float(rng.uniform(0.2, 0.4)), 0.0, 0.0))
        script.turn(OTHER[lead], float(rng.uniform(2, 15)), 1.2 * slow, 0.4)
    for i, side in enumerate(order):
        after = 0.3 + 0.9 * slow * i
        script.turn(side, lies[side], 1.1 * slow, after)
        script.turn(side, float(rng.uniform(0.03, 0.08)), 1.0 * slow, after, "up", foot=True)
        script.turn(side, float(-rng.uniform(0.0, 0.15)), 1.0 * slow, after, "forward", foot=True)
        script.bump(side, float(rng.uniform(0.15, 0.6)), after + 1.0 * slow)
    script.spend("kneel_down", 0.5 + 1.1 * slow + 0.9 * slow * (len(order) - 1))
    at = float(rng.uniform(1, 4))
    while at < seconds - 2.5:
        script.swing(SIDES[rng.integers(2)], float(rng.uniform(-5, 5)), (0.5, 0.3, 0.7), at)
        at += float(rng.uniform(2, 10))
    script.spend("kneel", seconds)
    for i, side in enumerate(order[::-1]):
        after = 0.9 * slow * i
        script.turn(side, -lies[side], 1.1 * slow, after)
        script.turn(side, -0.05, 1.0 * slow, after, "up", foot=True)
        script.turn(side, float(rng.uniform(0.1, 0.4)), 1.0 * slow, after, "forward", foot=True)
        script.bump(side, float(rng.uniform(0.2, 0.6)), after + 1.05 * slow)
    if len(knees) == 1:
        carried = script.pulses[OTHER[lead]]
        lean = next(p for p in carried if p.channel == "tilt" and p.course[-1] != 0)
        script.turn(OTHER[lead], -float(lean.course[-1]), 1.1 * slow)
    script.spend("kneel_up", 0.3 + 1.1 * slow + 0.9 * slow * (len(order) - 1))
    return script.scene()


def lying_down(
    walker: Walker, rng: np.random.Generator, start_s: float = 0.0, *, seconds: float = 60.0, turns: int = 1
) -> Scene:
    """From sitting on a bed into lying, ``turns`` times over onto a side and back, and up to sitting again."""
    script = Script(walker, start_s)
    slow = float(rng.uniform(0.45, 1.3))
    lies = {side: -float(rng.uniform(78, 95)) for side in SIDES}
    first = SIDES[rng.integers(2)]
    for side in SIDES:
        late = 0.0 if side == first else 0.25 * slow
        script.turn(side, lies[side], 1.5 * slow, late, foot=True)
        script.turn(side, float(rng.uniform(0.3, 0.5)), 1.4 * slow, late, "up", foot=True)
        script.turn(side, 90.0 if first == "left" else -90.0, 1.8 * slow, late, "heading", foot=True)
        script.bump(side, float(rng.uniform(0.1, 0.6)), 1.45 * slow + late)
        script.swing(side, float(rng.normal(0, 15)), (0.3, 0.0, 0.4), 1.5 * slow + late, foot=True)
    script.spend("lie_down", 2.4 * slow)
    for _ in range(turns):
        pause = float(rng.uniform(0.25, 0.45)) * seconds / turns
        aside = float(rng.choice([-1, 1]) * rng.uniform(60, 90))
        for side in SIDES:
            script.swing(side, aside, (1.5, pause, 1.5), pause, "roll", foot=True)
            script.swing(side, float(rng.uniform(10, 45)), (1.2, pause, 1.2), pause + 0.3, foot=True)
        script.spend("lie", seconds / turns)
    for side in SIDES:
        late = float(rng.uniform(0, 0.3))
        script.turn(side, -lies[side], 1.6 * slow, late, foot=True)
        script.turn(side, -0.4, 1.5 * slow, late, "up", foot=True)
        script.turn(side, 90.0 if first == "right" else -90.0, 1.8 * slow, late, "heading", foot=True)
        script.bump(side, float(rng.uniform(0.1, 0.4)), 1.55 * slow + late)
    script.spend("get_up", 2.6 * slow)
    return script.scene()
