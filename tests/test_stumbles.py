"""Stumbles: simulated ones are found, walking and steps over things are not taken for one."""

from functools import partial

import numpy as np
import pytest

from surefoot.signal.walk import analyze
from surefoot.simulation.ground import Ground
from surefoot.simulation.pulses import Stumble
from surefoot.simulation.scene import record
from surefoot.simulation.walker import Walker, plan_walk, simulate_walk


def told(samples, sides=("left", "right")):
    walk = analyze({side: (samples[side].acc, samples[side].gyr) for side in sides}, 100.0)
    return [i for i in walk.incidents if i.kind != "foot_drop"]


@pytest.mark.parametrize("recovery", ["lowering", "elevating"])
@pytest.mark.parametrize("sides", [("left", "right"), ("left",)])
def test_a_caught_toe_is_found(recovery, sides):
    for seed, speed_mps in enumerate((0.6, 0.9, 1.3)):
        how = {"strides": 24, "stumbles": (Stumble("left", 12, recovery),)}
        samples, truth = simulate_walk(Walker(speed_mps=speed_mps), np.random.default_rng(seed), **how)
        (incident,) = told(samples, sides)
        assert (incident.kind, incident.side) == ("stumble", "left")
        assert abs(incident.start_s - truth.stumbles[0].start_s) < 0.25
        assert dict(incident.evidence)["knock"] > 8
        assert {piece.side for piece in incident.snippet} == set(sides)


def test_stairs_and_level_walking_hold_no_stumble():
    walker = Walker()
    plans = [partial(plan_walk, walker, strides=20)]
    plans += [partial(plan_walk, walker, strides=12, ground=Ground(kind)) for kind in ("stairs_up", "stairs_down")]
    samples, _ = record(plans, np.random.default_rng(4))
    assert told(samples) == []
