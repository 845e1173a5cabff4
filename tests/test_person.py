"""People: they differ from one another as they should, and each is a possible one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from surefoot.records import SIDES
from surefoot.simulation import gait
from surefoot.simulation.gait import Leg
from surefoot.simulation.ground import Ground
from surefoot.simulation.person import Spread, Walker, draw_walker
from surefoot.simulation.walker import simulate_walk

PEOPLE = [draw_walker(np.random.default_rng(seed)) for seed in range(60)]


def tilts(walker: Walker) -> np.ndarray:
    """(2, n) shank tilt of either leg over the cycle, degrees."""
    return np.rad2deg([walker.cycle(side).shank[gait.TILT] for side in SIDES])


def test_people_differ_by_their_spread() -> None:
    speeds = np.array([w.speed_mps for w in PEOPLE])
    assert 0.7 * Spread().speed_mps < speeds.std() < 1.3 * Spread().speed_mps
    delays = [w.impact.delay_s for w in PEOPLE]
    assert min(delays) == 0.0
    assert max(delays) > 0.02
    ranges = np.ptp([tilts(w)[0] for w in PEOPLE], axis=1)
    assert 3 < ranges.std() < 10


def test_a_persons_legs_are_more_alike_than_two_peoples() -> None:
    own = np.mean([np.abs(np.diff(tilts(w), axis=0)).mean() for w in PEOPLE])
    other = np.mean([np.abs(tilts(a)[0] - tilts(b)[1]).mean() for a, b in pairwise(PEOPLE)])
    assert 0.1 * other < own < 0.7 * other


def test_everybody_stands_with_the_foot_still_and_walks_the_stated_way() -> None:
    for number, walker in enumerate(PEOPLE[:12]):
        samples, truth = simulate_walk(walker, np.random.default_rng(number), strides=12)
        assert abs(truth.speed_mps / walker.speed_mps - 1) < 0.12
        for side in SIDES:
            cycle = walker.cycle(side)
            stand = slice(0, int(0.10 * 1024))  # mid-stance on
            assert np.abs(cycle.shank[gait.FORWARD_1, stand]).max() < 1e-9
            assert np.abs(cycle.shank[gait.FORWARD_1].mean() - 1) < 0.01  # a stride's length in a stride
            assert np.abs(samples[side].gyr).max() < 900


def test_weak_legs_are_as_asked() -> None:
    walker = draw_walker(np.random.default_rng(1), legs={"right": Leg(dorsi=0.6)}, speed_mps=0.9)
    assert (walker.left, walker.right, walker.speed_mps) == (Leg(), Leg(dorsi=0.6), 0.9)
    healthy = draw_walker(np.random.default_rng(1), speed_mps=0.9)
    assert walker.left_manner == healthy.left_manner
    assert (
        walker.cycle("right", Ground("stairs_up")).swing_height_m
        > healthy.cycle("right", Ground("stairs_up")).swing_height_m
    )


def test_same_seed_same_person() -> None:
    assert draw_walker(np.random.default_rng(9)) == draw_walker(np.random.default_rng(9))
    assert draw_walker(np.random.default_rng(9)) != draw_walker(np.random.default_rng(10))
