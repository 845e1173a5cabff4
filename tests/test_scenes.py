"""Scenes of life: their readings follow from one motion, and their truth says what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pytest

import strapdown
from surefoot.records import SIDES, Side
from surefoot.simulation import chairs, falls, floor, handling, riding, standing
from surefoot.simulation.falls import Fall
from surefoot.simulation.gait import Leg, Manner
from surefoot.simulation.ground import Ground
from surefoot.simulation.impacts import Impact
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Buckle, Stumble
from surefoot.simulation.scene import Scene, record
from surefoot.simulation.sensor import Sensor, put_on
from surefoot.simulation.strides import Variation
from surefoot.simulation.walker import plan_walk, simulate_walk

PLAIN = {side: Sensor() for side in SIDES}
STILL = Impact(acc_mps2=(0, 0, 0), gyr_dps=(0, 0, 0), gyr_sharp_dps=(0, 0, 0))
PLANAR = Manner(roll_deg=(0, 0, 0, 0), twist_deg=(0, 0, 0, 0))
CALM = Walker(variation=Variation(unsteadiness=0), impact=STILL, left_manner=PLANAR, right_manner=PLANAR)
WALKER = Walker()

POSES = {"left": handling.Pose(-70.0, 40.0, 0.0), "right": handling.Pose(35.0, -120.0, 0.0)}
PIECES: dict[str, Callable[..., Scene]] = {
    "sitting": partial(chairs.sitting, seconds=150),
    "rising": chairs.rising,
    "sitting_down": chairs.sitting_down,
    "chair_stands": chairs.chair_stands,
    "standing": partial(standing.standing, seconds=60),
    "turning_on_the_spot": standing.turning_on_the_spot,
    "bending": standing.bending,
    "squatting": partial(standing.squatting, lean_deg=35.0),
    "kneeling": floor.kneeling,
    "kneeling_on_one": partial(floor.kneeling, knees=("left",)),
    "lying_down": partial(floor.lying_down, seconds=30),
    "falls_forward": partial(falls.tumble, fall=Fall("forward")),
    "falls_backward": partial(falls.tumble, fall=Fall("backward", gets_up=False)),
    "falls_left": partial(falls.tumble, fall=Fall("left")),
    "arrested": partial(falls.giving_way, buckle=Buckle("left", 0.4, 25)),
    "rescue": partial(falls.giving_way, buckle=Buckle("left", 0.4, 25, outcome="rescue")),
    "collapse": partial(falls.giving_way, buckle=Buckle("left", 0.4, 25, outcome="fall")),
    "taking_off": partial(handling.taking_off, off_s=10),
    "putting_on": partial(handling.putting_on, poses=POSES),
}


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def total(scene: Scene, side: Side, channel: str) -> float:
    return sum(float(p.course[-1]) for p in scene.pulses[side] if p.channel == channel)


def heading(degrees: float) -> np.ndarray:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def turned_deg(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.rad2deg(np.arccos(np.clip((np.trace(a.T @ b) - 1) / 2, -1, 1))))


# ---- one motion


@pytest.mark.parametrize("name", PIECES)
def test_readings_integrate_to_the_posture_and_the_height(name: str) -> None:
    """Gyroscope alone to the final attitude, then the accelerometer to how far the sensor rose."""
    scene = PIECES[name](CALM, rng(4))
    side: Side = "left"
    acc, gyr = scene.ideal(side, "shank", 400.0)
    start = handling.standing_pose(CALM, side)
    if name == "putting_on":
        start = POSES[side]
    turned = strapdown.attitudes(gyr, start.rotation, 400.0)
    end = handling.final_pose(scene, CALM, side)
    assert turned_deg(turned[-1], heading(total(scene, side, "heading")) @ end.rotation) < 0.5
    rose = strapdown.way(acc, turned, 400.0)[0][2]
    seat = 0.10 * (np.cos(np.deg2rad(end.tilt_deg)) - np.cos(np.deg2rad(start.tilt_deg)))
    assert rose == pytest.approx(total(scene, side, "up") + seat, abs=0.02 + 0.0006 * scene.duration_s**2)


@pytest.mark.parametrize("kind", ["stairs_up", "stairs_down", "ramp_up", "ramp_down"])
def test_readings_integrate_to_rise_and_run(kind: str) -> None:
    ground = Ground(kind, rise_m=0.18, run_m=0.29, slope=0.1)
    walk = plan_walk(CALM, rng(2), strides=8, ground=ground)
    for side in SIDES:
        acc, gyr = walk.ideal(side, "shank", 1000.0)
        turned = strapdown.attitudes(gyr, handling.standing_pose(CALM, side).rotation, 1000.0)
        way, speed = strapdown.way(acc, turned, 1000.0)
        assert np.abs(speed[-1]).max() < 0.06  # stands again
        way -= 0.5 * speed[-1] * len(way) / 1000.0
        assert way[2] == pytest.approx(walk.truth.climb_m(side), abs=0.05)
        assert way[0] == pytest.approx(walk.truth.distance_m(side), rel=0.03)


def test_the_foot_sensor_reads_the_same_life() -> None:
    for name in ("kneeling", "falls_forward", "standing", "lying_down"):
        scene = PIECES[name](WALKER, rng(3))
        samples = scene.readings("right", "foot", Sensor())
        assert np.isfinite(samples.acc).all()
        assert len(samples) == scene.samples(100.0)


# ---- the truth


@pytest.mark.parametrize("name", PIECES)
def test_context_covers_every_scene(name: str) -> None:
    scene = PIECES[name](WALKER, rng(5), 100.0)
    truth = scene.truth
    assert truth.start_s == 100.0 == truth.context[0].start_s
    assert truth.context[-1].end_s == pytest.approx(truth.end_s)
    assert all(a.end_s == pytest.approx(b.start_s) for a, b in pairwise(truth.context))


@pytest.mark.parametrize("name", [n for n in PIECES if n not in ("falls_backward", "taking_off", "putting_on")])
def test_every_scene_ends_as_it_begins(name: str) -> None:
    scene = PIECES[name](WALKER, rng(6))
    for side in SIDES:
        for channel in ("tilt", "roll", "twist"):
            assert total(scene, side, channel) == pytest.approx(0, abs=1e-6), channel


@pytest.mark.parametrize("name", PIECES)
def test_same_seed_same_scene(name: str) -> None:
    once, again, other = (PIECES[name](WALKER, rng(seed)).readings("left", "shank", Sensor()) for seed in (7, 7, 8))
    assert np.array_equal(once.acc, again.acc)
    n = min(len(once), len(other))
    assert not np.allclose(once.gyr[:n], other.gyr[:n])


def test_stairs_climb_what_they_say_and_are_walked_slower() -> None:
    level = plan_walk(WALKER, rng(1), strides=8).truth.legs["left"]
    for kind, sign in (("stairs_up", 1), ("stairs_down", -1)):
        for alternating, each in ((True, 0.34), (False, 0.17)):
            ground = Ground(kind, rise_m=0.17, alternating=alternating)
            truth = plan_walk(WALKER, rng(1), strides=8, ground=ground).truth
            legs = truth.legs["left"]
            assert np.median(legs.rises_m) == pytest.approx(sign * each, rel=0.02)
            assert np.median(legs.stride_times_s) > np.median(level.stride_times_s)
            assert kind in [c.kind for c in truth.context]
    assert np.abs(level.rises_m).max() == 0


def test_stairs_up_land_softly_and_down_lean_forward() -> None:
    def rates(kind: str) -> tuple[np.ndarray, np.ndarray]:
        walk = plan_walk(CALM, rng(1), strides=10, ground=Ground(kind))
        acc, gyr = walk.ideal("left")
        contacts = walk.truth.legs["left"].initial_contacts_s[2:-2]
        took = np.median(np.diff(contacts))
        omega = [-gyr[int(t * 100) : int((t + took) * 100), 1] for t in contacts]
        return np.mean([w[: int(took * 98)] for w in omega], axis=0), acc

    up, down = (rates(kind)[0] for kind in ("stairs_up", "stairs_down"))
    assert 150 < up.max() < 0.75 * down.max()
    stance = slice(int(0.12 * len(up)), int(0.4 * len(up)))
    assert up[stance].mean() > 5  # pulled upright over the stair
    assert down[stance].mean() < -40  # let down over the foot
    loud = [
        np.linalg.norm(simulate_walk(WALKER, rng(1), ground=Ground(kind), sensors=PLAIN)[0]["left"].acc, axis=1).max()
        for kind in ("stairs_up", "walk")
    ]
    assert loud[0] < 0.75 * loud[1]


def test_shanks_lie_where_people_kneel_and_lie() -> None:
    for piece, kind, tilted in ((floor.kneeling, "kneel", 65), (floor.lying_down, "lie", 70)):
        scene = piece(CALM, rng(2))
        (there,) = (c for c in scene.truth.context if c.kind == kind)
        for side in SIDES:
            tilt = np.rad2deg(scene.motion(side).tilt_rad)[
                int(there.start_s * 100) + 60 : int(there.start_s * 100) + 200
            ]
            assert np.abs(tilt).min() > tilted
            assert (tilt > 0).all() == (kind == "kneel")


def test_chair_stands_are_counted_and_timed() -> None:
    scene = chairs.chair_stands(WALKER, rng(1), repetitions=5, took_s=11.0)
    kinds = [c.kind for c in scene.truth.context]
    assert kinds == ["sit", *["rise", "sit_down"] * 5, "sit"]
    assert scene.truth.context[-2].end_s - scene.truth.context[1].start_s == pytest.approx(11.0)
    for side in SIDES:
        tilt = np.rad2deg(scene.motion(side).tilt_rad)
        for c in scene.truth.context[1:-1]:
            part = tilt[int(c.start_s * 100) : int(c.end_s * 100)]
            assert 6 < np.ptp(part) < 28


# ---- giving way, stumbling, falling


@pytest.mark.parametrize("outcome", ["arrested", "rescue", "fall"])
def test_a_knee_that_gives_way_in_standing(outcome: str) -> None:
    buckle = Buckle("right", 0.3, 30, outcome=outcome)
    scene = falls.giving_way(CALM, rng(3), buckle=buckle)
    (true,) = scene.truth.buckles
    assert (true.side, true.outcome, true.standing) == ("right", outcome, True)
    at = slice(int(true.start_s * 100), int((true.start_s + true.falling_s) * 100) + 3)
    lean = scene.ideal("right")[1][at, 1]
    assert 85 < lean.max() < 140
    assert np.abs(scene.ideal("left")[1][at, 1]).max() < 15
    assert bool(scene.truth.falls) == (outcome == "fall")


def test_a_rescue_step_comes_early_and_hard() -> None:
    times, sizes = [], []
    for outcome in ("arrested", "rescue"):
        walker = Walker(variation=Variation(time_pct=0.5, impact_pct=5))
        buckle = Buckle("left", 0.3, 25, at_stride=8, outcome=outcome)
        scene = plan_walk(walker, rng(2), strides=16, buckles=[buckle])
        (true,) = scene.truth.buckles
        here, there = (scene.truth.legs[side].initial_contacts_s for side in SIDES)
        contact = int(np.searchsorted(there, true.start_s))
        expected = np.median(there[2:6] - here[np.searchsorted(here, there[2:6]) - 1])
        times.append((there[contact] - here[np.searchsorted(here, true.start_s) - 1]) / expected)
        sizes.append(scene.strides["right"].impact[contact] / np.median(scene.strides["right"].impact))
    assert times[1] < 0.75 < 0.95 < times[0]
    assert sizes[1] > 1.7 > 1.3 > sizes[0]


@pytest.mark.parametrize("direction", ["forward", "backward", "left", "right"])
@pytest.mark.parametrize("gets_up", [True, False])
def test_a_fall_knocks_lies_and_may_get_up(direction: str, gets_up: bool) -> None:
    lies_s = 30.0 if gets_up else 320.0
    scene = falls.tumble(WALKER, rng(5), fall=Fall(direction, lies_s, gets_up))
    (true,) = scene.truth.falls
    assert (true.direction, true.up_s is not None) == (direction, gets_up)
    (floor_,) = (c for c in scene.truth.context if c.kind == "on_floor")
    for side in SIDES:
        acc, _ = scene.ideal(side)
        around = slice(int(true.start_s * 100), int(floor_.start_s * 100))
        assert np.linalg.norm(acc[around], axis=1).max() > 3 * 9.81
        lying = acc[int(floor_.start_s * 100) + 20 : int(floor_.end_s * 100) - 20]
        upright = np.rad2deg(np.arccos(np.clip(np.median(lying, axis=0)[2] / 9.81, -1, 1)))
        assert upright > 60
    if not gets_up:
        assert scene.truth.end_s - true.start_s > 300


def test_a_walk_can_end_in_a_fall() -> None:
    scene = plan_walk(WALKER, rng(2), strides=8, fall=Fall("forward", 10, gets_up=True))
    kinds = [c.kind for c in scene.truth.context]
    assert kinds == ["stand", "walk", "fall", "on_floor", "get_up"]
    (true,) = scene.truth.falls
    assert true.up_s == pytest.approx(scene.truth.end_s)
    assert scene.truth.legs["left"].initial_contacts_s[-1] > true.start_s - 1.0


def test_a_knee_that_gives_way_in_a_walk_can_end_in_a_fall() -> None:
    buckle = Buckle("right", 0.4, 30, at_stride=8, outcome="fall")
    scene = plan_walk(CALM, rng(3), strides=8, buckles=[buckle], fall=Fall("forward", 10))
    (true,), (fell,) = scene.truth.buckles, scene.truth.falls
    assert (true.side, true.outcome, true.standing) == ("right", "fall", False)
    assert fell.start_s == pytest.approx(true.end_s)
    last = scene.truth.legs["right"].initial_contacts_s[-1]
    assert -0.05 < true.start_s - last < 0.25  # as the last stance is loaded
    assert scene.ideal("right")[1][int(true.start_s * 100) : int(true.end_s * 100) + 2, 1].max() > 100
    for side in SIDES:  # lies as every faller
        tilt = np.rad2deg(scene.motion(side).tilt_rad)
        (lying,) = (c for c in scene.truth.context if c.kind == "on_floor")
        assert np.median(tilt[int(lying.start_s * 100) : int(lying.end_s * 100)]) > 60
        assert tilt[-1] == pytest.approx(tilt[0], abs=1.0)


def test_an_elevated_stumble_lifts_higher_and_takes_longer() -> None:
    legs = {}
    for recovery in ("lowering", "elevating"):
        walker = replace(CALM, variation=Variation(0.1, 0.1, 0.1, 0.1, 5, 1, 0))
        scene = plan_walk(walker, rng(4), strides=14, stumbles=[Stumble("left", 6, recovery)])
        assert scene.truth.stumbles[0].recovery == recovery
        legs[recovery] = scene.truth.legs["left"]
    assert legs["lowering"].stride_times_s[5] < 0.95 * np.median(legs["lowering"].stride_times_s)
    assert legs["elevating"].stride_times_s[5] > 1.04 * np.median(legs["elevating"].stride_times_s)
    assert legs["elevating"].swing_heights_m[5] > 1.4 * np.median(legs["elevating"].swing_heights_m)


def test_a_hanging_toe_drags() -> None:
    counts = []
    for dorsi in (0.0, 0.5, 0.75, 1.0):
        truth = plan_walk(Walker(left=Leg(dorsi=dorsi)), rng(1), strides=60).truth
        assert not len(truth.legs["right"].drags_s)
        counts.append(len(truth.legs["left"].drags_s))
    assert counts[:2] == [0, 0]
    assert 5 < counts[2] < counts[3] < 45


def test_what_cannot_be_is_refused() -> None:
    for at_stride, fall in ((3, Fall()), (30, None)):
        with pytest.raises(ValueError, match="ends the walk"):
            plan_walk(WALKER, rng(), buckles=[Buckle("left", at_stride=at_stride, outcome="fall")], fall=fall)
    with pytest.raises(ValueError, match="in standing"):
        falls.giving_way(WALKER, rng(), buckle=Buckle("left", at_stride=3))
    with pytest.raises(ValueError, match="level ground"):
        plan_walk(WALKER, rng(), stumbles=[Stumble("left", 3)], ground=Ground("stairs_up"))
    with pytest.raises(ValueError, match="chair"):
        plan_walk(WALKER, rng(), fall=Fall(), seated=(False, True))
    with pytest.raises(ValueError, match="no speed"):
        _ = chairs.rising(WALKER, rng()).truth.speed_mps


# ---- vehicles, hands


def test_a_ride_shakes_and_its_turns_pull() -> None:
    scene = riding.riding(WALKER, rng(2), seconds=300, driver=True)
    acc, gyr = scene.ideal("left")
    still = np.linalg.norm(acc, axis=1)
    assert 0.2 < still.std() < 1.5
    hz = np.fft.rfftfreq(len(still), 0.01)
    power = np.abs(np.fft.rfft(still - still.mean())) ** 2
    band = (hz >= 1) & (hz <= 25)
    assert power[band].sum() > 0.7 * power[hz > 0.2].sum()
    assert 2 < np.abs(gyr[:, 2]).max() < 40  # bends
    assert np.ptp(np.convolve(acc[:, 0], np.ones(100) / 100, mode="valid")) > 1.5  # brakes
    both = np.corrcoef(acc[:, 2], scene.ideal("right")[0][:, 2])[0, 1]
    assert both > 0.8  # one floor


def test_taken_off_turned_about_and_put_on_another_way() -> None:
    scene = handling.taking_off(WALKER, rng(3), off_s=20)
    old, new = (put_on(rng(seed), np.zeros((10, 6))) for seed in (1, 2))
    handled, _ = scene.truth.context
    for side in SIDES:
        acc, gyr = scene.ideal(side)
        a, b = int(handled.start_s * 100), int(handled.end_s * 100)
        assert np.abs(gyr[a:b]).max() > 150
        assert np.abs(gyr[b + 10 :]).max() < 0.01  # on the table
        pose = handling.remounted(handling.final_pose(scene, WALKER, side), old, new)
        again = handling.putting_on(WALKER, rng(4), poses=dict.fromkeys(SIDES, pose))
        before = old.read(side, "shank", acc[-50:], gyr[-50:], 0.0, 100.0).acc.mean(axis=0) - old.acc_bias_mps2
        ideal = again.ideal(side)
        after = new.read(side, "shank", *(v[:50] for v in ideal), 0.0, 100.0).acc.mean(axis=0) - new.acc_bias_mps2
        assert before == pytest.approx(after, abs=0.01)  # it lies where it lay
        assert ideal[0][-1, 2] > 9.5  # and is worn again


def test_scenes_are_recorded_one_after_another() -> None:
    plans = [
        partial(chairs.rising, WALKER),
        partial(plan_walk, WALKER, strides=5),
        partial(chairs.sitting_down, WALKER),
    ]
    samples, truths = record(plans, rng(1), start_s=50.0)
    assert truths[0].start_s == 50.0
    assert [t.context[0].kind for t in truths] == ["sit", "stand", "stand"]
    for got in samples.values():
        assert got.start_s == 50.0
        assert got.end_s == pytest.approx(truths[-1].end_s, abs=0.011)
    for a, b in pairwise(truths):
        assert 0 <= b.start_s - a.end_s < 0.0101
