"""Chairs: sitting, rising, sitting down, and the same several times in a row."""

from __future__ import annotations

import numpy as np

from surefoot.records import SIDES
from surefoot.simulation.person import Walker
from surefoot.simulation.scene import Scene
from surefoot.simulation.script import Script
from surefoot.simulation.tape import fidgets


def sitting(walker: Walker, rng: np.random.Generator, start_s: float = 0.0, *, seconds: float = 120.0) -> Scene:
    """Sitting, feet on the floor, with a small movement of a leg every 1-5 minutes."""
    script = Script(walker, start_s)
    moved, _ = fidgets(rng, start_s, seconds)
    for side in SIDES:
        script.pulses[side] += moved[side]
    script.spend("sit", seconds)
    return script.scene()


def rising(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    took_s: float | None = None,
    stand_s: float = 2.0,
) -> Scene:
    """From a chair, the feet often drawn back before, and quiet standing."""
    script = Script(walker, start_s)
    shuffle(script, rng, 0.5)
    script.spend("sit", 1.0)
    rise(script, rng, took_s or float(rng.uniform(1.0, 3.2)))
    script.sway(stand_s, rng)
    script.spend("stand", stand_s)
    return script.scene()


def sitting_down(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    took_s: float | None = None,
    stand_s: float = 2.0,
) -> Scene:
    """Quiet standing, and into a chair; the feet often put elsewhere afterwards."""
    script = Script(walker, start_s)
    script.sway(stand_s, rng)
    script.spend("stand", stand_s)
    sit_down(script, rng, took_s or float(rng.uniform(1.2, 3.2)))
    shuffle(script, rng, 0.4)
    script.spend("sit", 1.0)
    return script.scene()


def chair_stands(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    repetitions: int = 5,
    took_s: float = 9.0,
    rest_s: tuple[float, float] = (3.0, 3.0),
) -> Scene:
    """Rising and sitting down so often in ``took_s``, sitting still before and after: the test of the clinics."""
    script = Script(walker, start_s)
    script.spend("sit", rest_s[0])
    parts = np.maximum(0.4, 1 + 0.08 * rng.standard_normal((repetitions, 2)))
    parts *= took_s / parts.sum()
    for up_s, down_s in parts:
        rise(script, rng, float(up_s))
        sit_down(script, rng, float(down_s))
    script.spend("sit", rest_s[1])
    return script.scene()


def shuffle(script: Script, rng: np.random.Generator, often: float) -> None:
    """Feet that are put elsewhere before or after, one or both."""
    for side in SIDES:
        if rng.random() < often:
            way = (float(rng.uniform(-0.15, 0.15)), float(rng.uniform(-0.05, 0.05)), 0.0)
            script.step(side, rng, float(rng.uniform(0.35, 0.6)), float(rng.uniform(0, 0.3)), way_m=way)


def rise(script: Script, rng: np.random.Generator, took_s: float) -> None:
    """A little backward while the trunk swings, forward by 8-20 deg as the seat is left, and upright (5.3)."""
    lean, back = float(rng.uniform(8, 20)), float(rng.uniform(0.5, 4))
    for side in SIDES:
        mine, late = float(rng.uniform(0.88, 1.12)), float(rng.uniform(0, 0.03)) * took_s
        script.swing(side, -back * mine, (0.14 * took_s, 0.0, 0.16 * took_s), late)
        script.swing(side, lean * mine, (0.28 * took_s, 0.05 * took_s, 0.42 * took_s), 0.2 * took_s + late)
    script.spend("rise", took_s)


def sit_down(script: Script, rng: np.random.Generator, took_s: float) -> None:
    """Forward while the knees bend, back as the seat takes the weight, and a small rebound."""
    lean = float(rng.uniform(8, 20))
    for side in SIDES:
        mine, late = float(rng.uniform(0.88, 1.12)), float(rng.uniform(0, 0.03)) * took_s
        script.swing(side, lean * mine, (0.4 * took_s, 0.08 * took_s, 0.32 * took_s), late)
        rebound = -float(rng.uniform(0.3, 3))
        script.swing(side, rebound, (0.1 * took_s, 0.0, 0.12 * took_s), 0.72 * took_s + late)
        script.bump(side, float(rng.uniform(0.03, 0.12)), 0.75 * took_s)
    script.spend("sit_down", took_s)
