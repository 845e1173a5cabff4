"""Hands: sensors that are taken off, turned about and put down do not fall; legs that fall are in no hand."""

from functools import partial

import numpy as np
import pytest

from surefoot.signal.hands import HandParams, held_before, held_behind, spun, turned_about
from surefoot.signal.tenths import Stretch
from surefoot.signal.walk import analyze
from surefoot.simulation.handling import taking_off
from surefoot.simulation.scene import record
from surefoot.simulation.walker import Walker, plan_walk

P = HandParams()
UP, AXIS = np.array([0.0, 9.81, 0.0]), np.array([0.0, 0.0, 1.0])
FRAME = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])


def stretch_of(angle_deg, gyr):
    """Tenths of a second of a shank that leans by these angles."""
    angle = np.deg2rad(np.asarray(angle_deg, float))
    acc = 9.81 * np.stack([np.sin(angle), np.cos(angle), np.zeros(len(angle))])
    stretch = Stretch(0.0, 0.1)
    rows = np.concatenate([np.broadcast_to(gyr, (3, len(angle))), acc, np.zeros((2, len(angle)))])
    stretch.rows.append(rows)
    stretch.frames += [FRAME] * (len(angle) // 20)
    return stretch


@pytest.mark.parametrize("seed", [10, 65, 81, 104, 111, 209])
def test_sensors_taken_off_do_not_fall(seed):
    """Each of these was told as a fall before hands were known."""
    rng = np.random.default_rng([77, seed])
    walker = Walker(speed_mps=float(rng.uniform(0.6, 1.4)))
    plans = [partial(plan_walk, walker, strides=14, seated=(False, True)), partial(taking_off, walker, off_s=45.0)]
    samples, _ = record(plans, rng)
    found = analyze({side: (s.acc, s.gyr) for side, s in samples.items()}, 100.0).incidents
    assert [i for i in found if i.kind == "fall"] == []


@pytest.mark.parametrize(("way", "held"), [([0.0, 0.0, 200.0], False), ([120.0, 120.0, 120.0], True)])
def test_a_leg_turns_about_its_axis_and_a_hand_does_not(way, held):
    gyr = np.array(way)[:, None] * np.sin(np.arange(80))
    assert turned_about(gyr, FRAME, 100.0, P) == held
    assert not turned_about(gyr, FRAME, 300.0, P)


@pytest.mark.parametrize(
    ("way", "held"), [([0.0, 0.0, 300.0], False), ([0.0, 300.0, 0.0], True), ([0, 0, 600.0], True)]
)
def test_a_leg_neither_spins_nor_twists_far(way, held):
    assert spun(np.repeat(np.array(way)[:, None], 3, axis=1), UP, 0.1, P) == held


@pytest.mark.parametrize(
    ("angle_deg", "gyr", "held"), [(5.0, 0.0, False), (85.0, 0.0, True), (5.0, 150.0, True), (40.0, 20.0, False)]
)
def test_the_other_sensor_was_on_its_leg_before(angle_deg, gyr, held):
    stretch = stretch_of(np.full(200, angle_deg), np.full((3, 1), gyr))
    assert held_before(stretch, 15.0, P) == held


@pytest.mark.parametrize(("fastest_dps", "held"), [(0.0, False), (600.0, False), (800.0, True)])
@pytest.mark.parametrize("known", [True, False])
def test_no_leg_is_flung_about(fastest_dps, held, known):
    """With or without a frame; how a leg points without one is held against nobody."""
    stretch = stretch_of(np.full(200, 5.0 if known else 85.0), np.zeros((3, 1)))
    stretch.frames = [FRAME if known else None] * 10
    stretch.rows.between(100, 101)[2] = fastest_dps
    assert held_before(stretch, 15.0, P) == held
    assert held_behind(stretch, 9.0, 95, stretch.acc(0, 1)[:, 0], P) == held


def test_without_a_frame_walking_is_about_the_axis_turned_about_most():
    t = np.arange(80)
    walk, hands = np.array([200.0, 0, 0])[:, None] * np.sin(t), 200.0 * np.sin(t * np.array([[1.0], [2.0], [3.0]]))
    assert [turned_about(gyr, None, 100.0, P) for gyr in (walk, hands)] == [False, True]


@pytest.mark.parametrize(("turned", "held"), [(4, False), (5, True)])
def test_a_leg_does_not_hang_head_down_behind_a_fall(turned, held):
    angle_deg = np.full(200, 90.0)
    angle_deg[80 : 80 + turned] = 140.0
    assert held_behind(stretch_of(angle_deg, np.zeros((3, 1))), 2.0, 30, UP, P) == held
    assert not held_behind(stretch_of(angle_deg, np.zeros((3, 1))), -10.0, 30, UP, P), "later counts no more"
