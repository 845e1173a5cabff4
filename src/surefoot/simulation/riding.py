"""Riding in a vehicle: seated, shaken by the road, now and then braked and turned; a driver's foot at the pedals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from surefoot.records import SIDES
from surefoot.simulation.person import Walker
from surefoot.simulation.scene import Scene
from surefoot.simulation.script import Script
from surefoot.simulation.tape import Tape, fidgets
from surefoot.simulation.vibration import Shake


def riding(
    walker: Walker,
    rng: np.random.Generator,
    start_s: float = 0.0,
    *,
    seconds: float = 300.0,
    driver: bool = False,
    size: float = 1.0,
) -> Scene:
    """``size``: 1 an ordinary road, 2 a rough one. Begins and ends seated."""
    script = Script(walker, start_s)
    moved, _ = fidgets(rng, start_s, seconds)
    for side in SIDES:
        script.pulses[side] += moved[side]
    at = float(rng.uniform(2, 8))
    while driver and at < seconds - 6:
        hold = float(rng.uniform(0.5, 4))
        times = (float(rng.uniform(0.25, 0.6)), hold, float(rng.uniform(0.25, 0.6)))
        script.swing("right", float(rng.uniform(-9, 9)), times, at)
        script.swing("right", float(rng.uniform(-8, 8)), times, at, "roll")
        at += hold + float(rng.uniform(3, 15))
    script.spend("ride", seconds)
    floor = int(rng.integers(1 << 30))
    shakes = {side: Shake(floor, int(rng.integers(1 << 30)), size) for side in SIDES}
    return replace(script.scene(), shakes=shakes)


def riding_tape(walker: Walker, rng: np.random.Generator, rate_hz: float) -> Tape:
    """Five minutes of it to be played from any place, so that long rides cost next to nothing."""
    scene = riding(walker, rng, seconds=300.0, driver=bool(rng.random() < 0.5), size=float(rng.uniform(0.6, 1.6)))
    ideal = {side: scene.ideal(side, "shank", rate_hz) for side in SIDES}
    return Tape(
        {side: ideal[side][0] for side in SIDES},
        {side: ideal[side][1] for side in SIDES},
        np.arange(scene.samples(rate_hz)),
        rate_hz,
    )
