"""The foot-drop score: rises with simulated weakness, never falls back, and says what it cannot say.

Weakness here is SIMULATED; real feet are looked at in tests/test_dropscreen.py and benchmarks/signs_foot_drop.py.
"""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import isotonic_regression
from scipy.stats import spearmanr

import surefoot
from surefoot.signal.dropscore import SIGNS, DropScoreParams, columns, learn, points, score, score_of, scores_of
from surefoot.signal.table import StrideTable
from surefoot.simulation.gait import Leg, Manner
from surefoot.simulation.strides import Variation
from surefoot.simulation.walker import Walker, simulate_walk

DEGREES = np.linspace(0, 1, 6)


def person(number):
    """Somebody unlike the others."""
    rng = np.random.default_rng([6, number])
    manners = [Manner(rng.normal(0, 0.01), rng.normal(0, 4), rng.normal(0, 4), rng.normal(0, 10)) for _ in range(2)]
    variation = Variation(rng.uniform(1.5, 4), 3.0, 3.0, rng.uniform(4, 10), rng.uniform(20, 40))
    return Walker(left_manner=manners[0], right_manner=manners[1], variation=variation), rng.uniform()


def walked(walker, seed, placement, rate_hz=100.0, strides=30):
    sensors, _ = simulate_walk(
        walker, np.random.default_rng(seed), strides=strides, placement=placement, rate_hz=rate_hz
    )
    return surefoot.analyze({side: (s.acc, s.gyr) for side, s in sensors.items()}, rate_hz, placement).strides


def baseline(walker, placement, seed=0, rate_hz=100.0):
    speeds = (0.7, 1.0, 1.3)
    walks = [walked(replace(walker, speed_mps=v), [seed, k], placement, rate_hz) for k, v in enumerate(speeds)]
    return learn(columns(StrideTable.joined(placement, walks).of_side("left")), placement)


@pytest.mark.parametrize(("placement", "least"), [("shank", 0.95), ("foot", 0.98)])
def test_it_rises_with_weakness(placement, least):
    found, true = [], []
    for number in range(3):
        walker, circ = person(number)
        usual = baseline(walker, placement, number)
        for k, degree in enumerate(DEGREES):
            weak = replace(walker, speed_mps=0.85 + 0.1 * number, left=Leg(dorsi=float(degree), circ=circ))
            strides = walked(weak, [7, number, k], placement)
            said = score_of(strides.of_side("left"), usual)
            found.append(said.value)
            true.append(degree)
    found = np.reshape(found, (3, -1))
    assert spearmanr(found.ravel(), true)[0] >= least
    for row in found:  # the best rising course misses no point by much: the score never falls back
        assert np.abs(isotonic_regression(row).x - row).max() < 0.25
        assert row[0] < 0.6 < row[2]


def test_the_slap_alone_would_fall_silent():
    """Why there is a score: the slap rises to its limit at half the strength, and without a strike there is none."""
    walker, _ = person(1)
    usual = baseline(walker, "shank")
    weak = [columns(walked(replace(walker, left=Leg(dorsi=d)), [8, 1], "shank").of_side("left")) for d in (0.5, 1.0)]
    slap = [points(x, usual)["slap_index"] for x in weak]
    assert np.nanmedian(slap[0]) == DropScoreParams().most_points
    assert np.isfinite(slap[1]).mean() < 0.1
    assert np.nanmedian(score(points(weak[1], usual))) > np.nanmedian(score(points(weak[0], usual)))


def test_the_other_leg_stays_where_it_was():
    walker, _ = person(2)
    walks = [walked(replace(walker, speed_mps=v), [9, k], "shank") for k, v in enumerate((0.7, 1.0, 1.3))]
    usual = learn(columns(StrideTable.joined("shank", walks).of_side("right")), "shank")
    strides = walked(replace(walker, left=Leg(dorsi=0.8)), 10, "shank")
    assert abs(score_of(strides.of_side("right"), usual).value) < 0.6


def test_strides_and_the_day_agree():
    walker, _ = person(0)
    usual = baseline(walker, "foot")
    strides = walked(replace(walker, left=Leg(dorsi=0.5)), 11, "foot").of_side("left")
    each = score(points(columns(strides), usual))
    assert len(each) == strides["valid"].sum()
    said = score_of(strides, usual)
    assert np.nanmedian(each) == pytest.approx(said.value, abs=0.2)
    assert {name for name, _ in said.signs} == set(SIGNS["foot"])


def test_each_bout_has_its_own_score():
    """A healthy walk, half a minute of standing, a walk with a weak foot; a bout without strides says so."""
    walker, _ = person(0)
    usual = baseline(walker, "shank")
    ways = [replace(walker, left=Leg(dorsi=d)) for d in (0.0, 0.7)]
    sensors = [simulate_walk(w, np.random.default_rng([16, k]), strides=30)[0] for k, w in enumerate(ways)]
    still = np.tile([[0.0, 0.0, 9.81]], (3000, 1)), np.zeros((3000, 3))
    both = {}
    for side in ("left", "right"):
        first, last = (s[side] for s in sensors)
        acc = np.concatenate([first.acc, np.repeat(first.acc[-1:], 3000, axis=0), last.acc])
        both[side] = acc, np.concatenate([first.gyr, still[1], last.gyr])
    walk = surefoot.analyze(both, 100.0)
    assert len(walk.bouts) == 2
    nowhere = replace(walk.bouts[1], start_s=900.0, end_s=960.0)
    said = scores_of([*walk.bouts, nowhere], walk.strides.of_side("left"), usual)
    assert abs(said[0].value) < 0.6 and said[1].value > 1.5
    assert said[2].value is None and "0 valid strides" in said[2].reason


def test_a_slow_sensor_goes_without_the_slap():
    walker, _ = person(0)
    usual = baseline(walker, "shank", rate_hz=40.0)
    assert "slap_index" in usual.missing
    strides = walked(replace(walker, left=Leg(dorsi=1.0)), 12, "shank", rate_hz=40.0).of_side("left")
    assert score_of(strides, usual).value > 1.5


def test_a_short_walk_and_an_unknown_leg_cannot_be_said():
    walker, _ = person(0)
    strides = walked(walker, 13, "shank", strides=12).of_side("left")
    usual = baseline(walker, "shank")
    said = score_of(strides.take(slice(0, 5)), usual)
    assert said.value is None
    assert "at least 8" in said.reason
    nothing = {name: np.full(50, np.nan) for name in (*SIGNS["shank"], "speed_mps")}
    assert learn(nothing, "shank") is None


def test_it_can_be_learned_from_days():
    """Fourteen medians of days do as well as strides: the book of days keeps no strides."""
    walker, _ = person(0)
    days = [
        columns(walked(replace(walker, speed_mps=0.95 + 0.01 * k), [14, k], "shank").of_side("left")) for k in range(14)
    ]
    middles = {name: np.array([np.nanmedian(day[name]) for day in days]) for name in days[0]}
    usual = learn(middles, "shank")
    weak = columns(walked(replace(walker, speed_mps=1.0, left=Leg(dorsi=0.6)), 15, "shank").of_side("left"))
    today = {name: np.array([np.nanmedian(x)]) for name, x in weak.items()}
    assert score(points(today, usual))[0] > 1.5
    assert abs(score(points(middles, usual))).max() < 0.6


def test_groups_are_averaged_the_landing_twice_and_a_slap_counts_for_one_point_at_most():
    p = DropScoreParams()
    heel, slap, lift = (np.array([x]) for x in (0.0, 8.0, 2.0))
    assert score({"heel_strike_mps3": heel, "slap_index": slap})[0] == p.most_slap
    assert score({"heel_strike_mps3": heel + 3, "slap_index": slap, "swing_height_m": lift})[0] == pytest.approx(8 / 3)
    alike = DropScoreParams(landing_weight=1.0)
    assert score({"heel_strike_mps3": heel + 3, "swing_height_m": lift}, alike)[0] == 2.5
    assert score({"swing_height_m": lift, "lateral_excursion_m": -lift})[0] == 0.0
    assert score({"foot_pitch_at_contact_deg": heel, "foot_flat_s": slap})[0] == p.most_flat / 2
    assert score({"slap_index": slap})[0] == p.most_slap
    absent = np.array([np.nan])
    assert score({"heel_strike_mps3": absent, "swing_height_m": lift})[0] == 2.0
    assert np.isnan(score({"heel_strike_mps3": absent, "swing_height_m": absent})[0])
