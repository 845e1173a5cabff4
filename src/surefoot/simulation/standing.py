"""Standing: weight that shifts, small steps on the spot, turning on the spot, bending, and bending the knees."""

from __future__ import annotations

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.simulation.person import Walker
from surefoot.simulation.scene import Scene
from surefoot.simulation.script import OTHER, Script


def standing(walker: Walker, rng: np.random.Generator, start_s: float = 0.0, *, seconds: float = 30.0) -> Scene:
    """Standing about, as at a sink or in a queue: still, a shift of the weight, a step on the spot."""
    script = Script(walker, start_s)
    end_s = start_s + seconds
    while script.at_s < end_s:
        left = end_s - script.at_s
        what = rng.random()
        if left < 6 or what < 0.4:
            took = min(left, float(rng.uniform(2, 12)))
            script.sway(took, rng)
            script.spend("stand", took)
        elif what < 0.75:
            _shift(script, rng)
        else:
            _steps(script, rng, int(rng.integers(1, 4)))
    return script.scene()


def turning_on_the_spot(
    walker: Walker, rng: np.random.Generator, start_s: float = 0.0, *, degrees: float = 180.0
) -> Scene:
    """A turn in small steps, positive to the left; the inner foot leads."""
    script = Script(walker, start_s)
    script.sway(1.5, rng)
    script.spend("stand", 1.5)
    pairs = max(1, round(abs(degrees) / rng.uniform(40, 75)))
    inner: Side = "left" if degrees > 0 else "right"
    took, at = float(rng.uniform(0.4, 0.65)), 0.0
    for _ in range(pairs):
        for side in (inner, OTHER[inner]):
            way = (float(rng.uniform(-0.08, 0.08)), float(rng.uniform(-0.05, 0.05)), 0.0)
            script.step(side, rng, took, at, heading_deg=degrees / pairs, way_m=way)
            at += took * float(rng.uniform(0.9, 1.1))
    script.spend("turn_on_spot", at + 0.1)
    script.sway(1.5, rng)
    script.spend("stand", 1.5)
    return script.scene()


def bending(walker: Walker, rng: np.random.Generator, start_s: float = 0.0, *, hold_s: float = 1.5) -> Scene:
    """To the floor with nearly straight knees: hips go back, and the shanks with them."""
    script = Script(walker, start_s)
    down, up, back = float(rng.uniform(0.5, 1.6)), float(rng.uniform(0.5, 1.6)), float(rng.uniform(2, 14))
    if rng.random() < 0.4:  # with a step to where the thing lies
        way = (float(rng.uniform(0.0, 0.25)), float(rng.uniform(-0.1, 0.1)), 0.0)
        script.step(SIDES[rng.integers(2)], rng, 0.5, float(rng.uniform(0, 0.4)), way_m=way)
    for side in SIDES:
        script.swing(side, -back * float(rng.uniform(0.8, 1.2)), (down, hold_s, up))
    script.spend("bend", down + hold_s + up + 0.2)
    return script.scene()


def squatting(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    lean_deg: float | None = None,
    took_s: tuple[float, float, float] | None = None,
) -> Scene:
    """Both knees bent on purpose: ``lean_deg`` of the shanks (10 a small bend, 35 a deep squat), down, hold, up (s)."""
    script = Script(walker, start_s)
    lean = lean_deg or float(rng.uniform(10, 38))
    down_s, hold_s, up_s = took_s or rng.uniform((0.5, 0.1, 0.6), (1.5, 6.0, 1.6)).tolist()
    times = (down_s, hold_s, up_s)
    for side in SIDES:
        script.swing(side, lean * float(rng.uniform(0.9, 1.1)), times, float(rng.uniform(0, 0.05)))
        if lean > 30:  # the heels come up
            script.swing(side, float(rng.uniform(0.0, 0.05)), times, 0.0, "up")
    script.spend("squat", sum(times) + 0.2)
    return script.scene()


def _shift(script: Script, rng: np.random.Generator) -> None:
    """From one leg to the other and, after a while, back: mostly a lean aside, the free knee a little forward."""
    free = SIDES[rng.integers(2)]
    aside = float(rng.uniform(1, 5)) * (1 if free == "left" else -1)
    out, hold, back = float(rng.uniform(0.5, 1.5)), float(rng.uniform(0.5, 8)), float(rng.uniform(0.5, 1.5))
    for side in SIDES:
        script.swing(side, aside, (out, hold, back), 0.0, "roll")
    script.swing(free, float(rng.uniform(0, 9)), (out, hold, back))
    script.spend("shift", out + hold + back)


def _steps(script: Script, rng: np.random.Generator, count: int) -> None:
    side, at = SIDES[rng.integers(2)], 0.0
    for _ in range(count):
        took = float(rng.uniform(0.35, 0.7))
        way = (float(rng.uniform(-0.12, 0.18)), float(rng.uniform(-0.12, 0.12)), 0.0)
        script.step(side, rng, took, at, heading_deg=float(rng.normal(0, 12)), way_m=way)
        side, at = OTHER[side], at + took * float(rng.uniform(0.95, 1.6))
    script.spend("step_on_spot", at + 0.2)
