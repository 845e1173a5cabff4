"""The walker: its readings follow from its motion, and its motion is what its truth says."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realdata
from surefoot.records import SIDES, Side
from surefoot.simulation import gait, impacts, leg, pulses
from surefoot.simulation.gait import Leg, Manner
from surefoot.simulation.pulses import Buckle, Stumble
from surefoot.simulation.sensor import Sensor, any_rotation, noise_tape, put_on
from surefoot.simulation.strides import Turn, Variation
from surefoot.simulation.walker import Walker, plan_walk, simulate_walk

PLAIN = {side: Sensor() for side in SIDES}
PLANAR = Manner(roll_deg=(0, 0, 0, 0), twist_deg=(0, 0, 0, 0))
SMOOTH = Walker(
    left_manner=PLANAR,
    right_manner=PLANAR,
    variation=Variation(unsteadiness=0),
    impact=impacts.Impact(acc_mps2=(0, 0, 0), gyr_dps=(0, 0, 0), gyr_sharp_dps=(0, 0, 0)),
)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def integral(values: np.ndarray, rate_hz: float) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2)]) / rate_hz


def strides_of(walker: Walker, side: Side = "left", seed: int = 1) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Sagittal rate (positive in swing) and acceleration magnitude from each initial contact to the next."""
    samples, truth = simulate_walk(walker, rng(seed), strides=30, sensors=PLAIN)
    contacts = np.round(truth.legs[side].initial_contacts_s[2:-2] * 100).astype(int)
    got = samples[side]
    omega, force = -got.gyr[:, 1], np.linalg.norm(got.acc, axis=1)
    spans = list(pairwise(contacts.tolist()))
    return [omega[a:b] for a, b in spans], [force[a:b] for a, b in spans]


def middle(values: list[float]) -> float:
    return float(np.median(values))


# ---- consistency


def test_gyroscope_integrates_to_the_tilt() -> None:
    walk = plan_walk(SMOOTH, rng(), strides=12, turns=[Turn(5, 90)], buckles=[Buckle("left", at_stride=3)])
    n = int(walk.duration_s * 500)
    for side in SIDES:
        cycle = walk.cycles[side]
        motion = leg.move(cycle, walk.strides[side], walk.pulses[side], "shank", 0.0, n, 500.0)
        tilt = np.rad2deg(motion.tilt_rad)
        assert np.ptp(tilt) > 60
        assert np.abs(tilt[0] + integral(motion.gyr[:, 1], 500.0) - tilt).max() < 0.3


@pytest.mark.parametrize(
    ("walker", "speed_mps", "part"), [(SMOOTH, 0.06, 0.02), (replace(SMOOTH, impact=impacts.Impact()), 0.2, 0.05)]
)
def test_readings_integrate_to_the_distance(walker: Walker, speed_mps: float, part: float) -> None:
    """Strapdown from the accelerometer and gyroscope alone; impacts leave next to nothing behind."""
    rate_hz = 1000.0
    samples, truth = simulate_walk(walker, rng(3), strides=10, rate_hz=rate_hz, sensors=PLAIN)
    for side in SIDES:
        acc, gyr = samples[side].acc, samples[side].gyr
        start = walker.cycle(side).shank[gait.TILT, 0]  # how it stands
        tilt = start + integral(np.deg2rad(gyr[:, 1]), rate_hz)
        forward = np.cos(tilt) * acc[:, 0] + np.sin(tilt) * acc[:, 2]
        up = np.cos(tilt) * acc[:, 2] - np.sin(tilt) * acc[:, 0] - leg.G_MPS2
        speed, fall = integral(forward, rate_hz), integral(up, rate_hz)
        assert abs(speed[-1]) < speed_mps  # stands again, after 17 s of integration
        assert abs(fall[-1]) < speed_mps
        way, height = (integral(v - v[-1] * np.linspace(0, 1, len(v)), rate_hz) for v in (speed, fall))
        assert way[-1] == pytest.approx(truth.distance_m(side), rel=part)
        assert abs(height[-1]) < 0.2
        feet = [
            int(t * rate_hz) for t in truth.legs[side].initial_contacts_s + 0.25 * truth.legs[side].stride_times_s[0]
        ]
        found = np.diff(way[feet])
        assert np.abs(found - truth.legs[side].stride_lengths_m).max() < 0.06


def test_both_legs_cover_the_same_ground() -> None:
    _, truth = simulate_walk(Walker(variation=Variation(length_pct=0)), rng(), strides=20, turns=[Turn(8, 180)])
    assert truth.distance_m("left") == pytest.approx(truth.distance_m("right"))


def test_speed_is_the_walkers_own() -> None:
    for speed in (0.3, 0.8, 1.4, 1.8):
        _, truth = simulate_walk(Walker(speed_mps=speed), rng(), strides=60)
        assert truth.speed_mps == pytest.approx(speed, rel=0.05)


def test_standing_reads_gravity_and_stillness() -> None:
    samples, truth = simulate_walk(Walker(), rng(), stand_s=(6, 6))
    stands = [c for c in truth.context if c.kind == "stand"]
    assert len(stands) == 2
    for got in samples.values():
        for stand in stands:
            part = slice(int(stand.start_s * 100) + 30, int(stand.end_s * 100) - 30)
            force = np.linalg.norm(got.acc[part], axis=1)
            assert np.abs(force.mean() - 9.81) < 0.2  # accelerometer bias included
            assert np.linalg.norm(got.gyr[part] - got.gyr[part].mean(axis=0), axis=1).max() < 6


def test_foot_is_still_in_mid_stance_and_shank_is_not() -> None:
    def mid_stance(placement: str) -> np.ndarray:
        samples, truth = simulate_walk(Walker(), rng(5), placement=placement, sensors=PLAIN)
        at = truth.legs["left"].initial_contacts_s[1:-1] + 0.25 * truth.legs["left"].stride_times_s[:-1]
        return np.abs(samples["left"].gyr[np.round(at * 100).astype(int)]).max(axis=1)

    assert mid_stance("foot").max() < 1
    assert np.median(mid_stance("shank")) > 10


def test_placements_share_one_walk() -> None:
    truths = [simulate_walk(Walker(), rng(9), placement=p)[1] for p in ("shank", "foot")]
    for side in SIDES:
        a, b = (t.legs[side].initial_contacts_s for t in truths)
        assert np.array_equal(a, b)


# ---- the truth


def test_contacts_alternate_and_lie_in_order() -> None:
    _, truth = simulate_walk(Walker(left=Leg(dorsi=0.7)), rng(), strides=25)
    contacts = sorted((t, side) for side in SIDES for t in truth.legs[side].initial_contacts_s)
    assert len(contacts) == 50
    assert all(a[1] != b[1] for a, b in pairwise(contacts))
    for side, other in (SIDES, SIDES[::-1]):
        here, there = truth.legs[side], truth.legs[other]
        assert (here.final_contacts_s < here.initial_contacts_s).all()
        for lift in here.final_contacts_s[2:-2]:  # the other foot stands when this one leaves
            k = np.searchsorted(there.initial_contacts_s, lift) - 1
            assert 0 < lift - there.initial_contacts_s[k] < 0.3
        stance = (here.final_contacts_s[1:] - here.initial_contacts_s[:-1])[2:-2] / here.stride_times_s[2:-2]
        assert 0.55 < np.median(stance) < 0.65


def test_stride_times_vary_as_asked() -> None:
    walker = Walker(variation=Variation(time_pct=3.0))
    _, truth = simulate_walk(walker, rng(), strides=400)
    times = truth.legs["left"].stride_times_s[3:-3]
    assert 100 * times.std() / times.mean() == pytest.approx(3.0, abs=0.5)


def test_context_covers_the_walk() -> None:
    _, truth = simulate_walk(Walker(), rng(), strides=20, turns=[Turn(6, 180)], seated=(True, True))
    along = [c for c in truth.context if c.kind != "turn"]
    assert [c.kind for c in along] == ["rise", "stand", "walk", "stand", "sit_down"]
    assert along[0].start_s == truth.start_s
    assert along[-1].end_s == pytest.approx(truth.end_s)
    assert all(a.end_s == pytest.approx(b.start_s) for a, b in pairwise(along))
    (turn,) = (c for c in truth.context if c.kind == "turn")
    assert along[2].start_s < turn.start_s < turn.end_s < along[2].end_s


def test_turn_turns_by_its_angle() -> None:
    walker = replace(SMOOTH, variation=Variation(unsteadiness=0, time_pct=0))
    walk = plan_walk(walker, rng(), strides=16, turns=[Turn(6, -120)])
    n = int(walk.duration_s * 200)
    motion = leg.move(walker.cycle("right"), walk.strides["right"], (), "shank", 0.0, n, 200.0)
    up = motion.gyr[:, 2] * np.cos(motion.tilt_rad) - motion.gyr[:, 0] * np.sin(motion.tilt_rad)
    assert integral(up, 200.0)[-1] == pytest.approx(-120, abs=1)


def test_events_outside_the_walk_are_refused() -> None:
    with pytest.raises(ValueError, match="outside the whole strides"):
        simulate_walk(Walker(), rng(), strides=10, turns=[Turn(9, 90)])
    with pytest.raises(ValueError, match="at least 2"):
        simulate_walk(Walker(), rng(), strides=1)


# ---- sensors


def test_mounting_turns_and_nothing_else() -> None:
    bare, _ = simulate_walk(Walker(), rng(2), sensors=PLAIN)
    turned = {side: Sensor(rotation=any_rotation(rng(4))) for side in SIDES}
    worn, _ = simulate_walk(Walker(), rng(2), sensors=turned)
    for side in SIDES:
        assert np.linalg.det(turned[side].rotation) == pytest.approx(1)
        assert not np.allclose(bare[side].acc, worn[side].acc)
        for name in ("acc", "gyr"):
            a, b = getattr(bare[side], name), getattr(worn[side], name)
            assert np.allclose(np.linalg.norm(a, axis=1), np.linalg.norm(b, axis=1))


def test_sensor_adds_bias_drift_noise_and_grid() -> None:
    tape = noise_tape(rng(), samples=5000)
    sensor = put_on(rng(1), tape)
    still = np.tile([0.0, 0.0, 9.81], (20000, 1))
    early = sensor.read("left", "shank", still, np.zeros_like(still), 0.0, 100.0, offset=3)
    late = sensor.read("left", "shank", still, np.zeros_like(still), 36000.0, 100.0, offset=3)
    assert early.gyr.std(axis=0) == pytest.approx(sensor.make.gyr_noise_dps, rel=0.1)
    assert early.acc.std(axis=0) == pytest.approx(sensor.make.acc_noise_mps2, rel=0.1)
    assert np.abs(early.gyr.mean(axis=0) - sensor.gyr_bias_dps).max() < 0.05
    assert np.abs(late.gyr.mean(axis=0) - early.gyr.mean(axis=0) - 10 * sensor.gyr_drift_dps_per_h).max() < 0.02
    steps = early.gyr / sensor.make.gyr_step_dps
    assert np.abs(steps - np.rint(steps)).max() < 1e-6


def test_same_seed_same_walk() -> None:
    once, again, other = (simulate_walk(Walker(), rng(seed))[0] for seed in (11, 11, 12))
    for side in SIDES:
        assert np.array_equal(once[side].acc, again[side].acc)
        assert np.array_equal(once[side].gyr, again[side].gyr)
        n = min(len(once[side]), len(other[side]))
        assert not np.allclose(once[side].gyr[:n], other[side].gyr[:n])


weak = st.builds(Leg, dorsi=st.floats(0, 1), push=st.floats(0, 1), quad=st.floats(0, 1), circ=st.floats(0, 1))


@settings(deadline=None, max_examples=25)
@given(st.floats(0.3, 1.8), weak, weak, st.sampled_from(["shank", "foot"]), st.sampled_from([50.0, 100.0, 204.8]))
def test_any_walk_is_finite_and_of_human_size(speed: float, left: Leg, right: Leg, placement: str, rate: float) -> None:
    walker = Walker(speed_mps=speed, left=left, right=right)
    samples, truth = simulate_walk(
        walker, rng(), strides=8, turns=[Turn(2, 180)], buckles=[Buckle("left", 0.6, 30, 4), Buckle("right")],
        stumbles=[Stumble("right", 5)], seated=(True, True), placement=placement, rate_hz=rate,
    )  # fmt: skip
    for got in samples.values():
        assert len(got) == pytest.approx((truth.end_s - truth.start_s) * rate, abs=1.01)
        assert np.isfinite(got.acc).all()
        assert np.isfinite(got.gyr).all()
        assert np.abs(got.acc).max() < 157
        assert np.abs(got.gyr).max() < 1500


# ---- weaknesses


def test_weak_dorsiflexors_lift_higher_and_lose_the_heel_strike() -> None:
    healthy, drop = Walker(), Walker(left=Leg(dorsi=0.9))
    legs = [simulate_walk(w, rng())[1].legs for w in (healthy, drop)]
    assert legs[0]["left"].foot_pitch_at_contact_deg == pytest.approx(20)
    assert legs[1]["left"].foot_pitch_at_contact_deg == pytest.approx(-7)
    assert 0.02 < np.median(legs[1]["left"].swing_heights_m) - np.median(legs[0]["left"].swing_heights_m) < 0.05
    strikes = [middle([f[:8].max() for f in strides_of(w)[1]]) for w in (healthy, drop)]
    assert strikes[0] > 30 > 18 > strikes[1]
    other = [middle([f[:8].max() for f in strides_of(w, "right")[1]]) for w in (healthy, drop)]
    assert other[1] == pytest.approx(other[0], rel=0.1)


def test_a_dropped_foot_swings_longer() -> None:
    """facts/clinical.md 9.2: swing time +8 %, ankle +4 cm, unless it is swung round instead."""
    legs = [
        simulate_walk(Walker(left=leg), rng(), strides=200)[1].legs["left"]
        for leg in (Leg(), Leg(1.0), Leg(1.0, circ=1.0))
    ]
    swings = [np.median((leg.initial_contacts_s - leg.final_contacts_s)[3:-3]) for leg in legs]
    assert swings[1] / swings[0] == pytest.approx(1.08, abs=0.01)
    heights = [np.median(leg.swing_heights_m) for leg in legs]
    assert heights[1] - heights[0] == pytest.approx(0.04, abs=0.003)
    assert heights[2] == pytest.approx(heights[0], abs=0.003)


def test_a_weak_calf_shortens_the_stride_by_half_of_the_step() -> None:
    lengths = [
        np.median(simulate_walk(Walker(left=Leg(push=p)), rng(), strides=60)[1].legs["right"].stride_lengths_m)
        for p in (0, 1)
    ]
    assert lengths[1] / lengths[0] == pytest.approx(0.95, abs=0.005)


def test_slap_is_greatest_halfway() -> None:
    slap = [Walker(left=Leg(dorsi=d)).cycle("left").slap for d in (0, 0.25, 0.5, 0.7, 0.8, 1)]
    assert slap == pytest.approx([0, 0.5, 1, 1 / 3, 0, 0])


def test_weak_calf_pushes_off_slower() -> None:
    rates = []
    for push in (0.0, 0.5, 1.0):
        omegas, _ = strides_of(Walker(left=Leg(push=push)))
        rates.append(middle([-w[int(0.4 * len(w)) : int(0.65 * len(w))].min() for w in omegas]))
        _, truth = simulate_walk(Walker(left=Leg(push=push)), rng(), strides=30)
        assert rates[-1] == pytest.approx(np.median(truth.legs["left"].push_off_rates_dps), rel=0.15)
    assert rates[0] > rates[1] > rates[2]
    assert 0.5 < rates[2] / rates[0] < 0.75


def test_weak_thigh_loads_slower() -> None:
    def loading(quad: float) -> float:
        walker = replace(SMOOTH, left=Leg(quad=quad))
        return middle([-w[: int(0.15 * len(w))].min() for w in strides_of(walker)[0]])

    assert 0.4 < loading(1.0) / loading(0.0) < 0.75
    assert loading(0.0) > loading(0.5) > loading(1.0)


@pytest.mark.parametrize(
    ("fall_g", "flexion_deg", "took_ms", "peak_dps"),
    [(1.0, 15, 39, 194), (1.0, 30, 77, 195), (0.5, 30, 109, 138), (0.3, 15, 71, 106), (0.3, 60, 280, 110)],
)
def test_buckle_is_that_of_the_two_links(fall_g: float, flexion_deg: float, took_ms: float, peak_dps: float) -> None:
    """facts/clinical.md, table 4.3."""
    buckle = Buckle("left", fall_g, flexion_deg)
    assert 1000 * buckle.falling_s == pytest.approx(took_ms, abs=1)
    pulse = pulses.buckling(buckle, 0.0)
    assert pulse.course.max() == pytest.approx(flexion_deg / 2)
    assert pulse.course[0] == pytest.approx(0)
    assert pulse.course[-1] == pytest.approx(0, abs=0.01)
    assert np.diff(pulse.course).max() * 1000 == pytest.approx(peak_dps, rel=0.08)


@pytest.mark.parametrize("at_stride", [None, 6])
def test_buckle_leans_the_shank_in_stance(at_stride: int | None) -> None:
    buckle = Buckle("right", 0.3, 30, at_stride)
    with_it, truth = simulate_walk(SMOOTH, rng(), buckles=[buckle], strides=14, sensors=PLAIN)
    (true,) = truth.buckles
    at = slice(int(true.start_s * 100), int((true.start_s + true.falling_s) * 100) + 4)
    assert -with_it["right"].gyr[at, 1].min() < 60  # forward lean: negative in the field's sign
    assert with_it["right"].gyr[at, 1].max() > 100
    if at_stride is None:
        assert truth.context[0].start_s < true.start_s < truth.context[0].end_s
        assert np.abs(with_it["left"].gyr[at]).max() < 10
    else:
        contacts, lifts = truth.legs["right"].initial_contacts_s, truth.legs["right"].final_contacts_s
        k = int(np.searchsorted(contacts, true.start_s)) - 1
        assert contacts[k] < true.start_s < lifts[k + 1]


def test_stumble_stops_the_swing_and_shortens_the_stride() -> None:
    with_it, truth = simulate_walk(SMOOTH, rng(), stumbles=[Stumble("left", 6)], strides=14, sensors=PLAIN)
    (true,) = truth.stumbles
    here = truth.legs["left"]
    assert here.final_contacts_s[6] < true.start_s < here.initial_contacts_s[6]
    omega = -with_it["left"].gyr[:, 1]
    before = omega[int(true.start_s * 100) - 2]
    assert before - omega[int(true.start_s * 100) : int(true.start_s * 100) + 9].min() > 150
    assert here.stride_lengths_m[5] < 0.85 * np.median(here.stride_lengths_m)
    assert here.stride_times_s[5] < 0.95 * np.median(here.stride_times_s)


# ---- resemblance


def test_looks_like_the_real_ankles() -> None:
    """The figures of docs/simulation.md for the product's own placement, overground."""
    realdata.need()
    path = Path(__file__).resolve().parent.parent / "benchmarks" / "simulation.py"
    spec = importlib.util.spec_from_file_location("benchmark_simulation", path)
    assert spec and spec.loader
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = benchmark
    spec.loader.exec_module(benchmark)
    real, made = benchmark.collect(realdata.DATA, "marpino", 0.0, 9.9)
    for name, most_pct in (("rate", 10), ("force", 15)):
        a, b = (np.median([getattr(g, name) for g in gs], axis=0) for gs in (real, made))
        assert 100 * np.sqrt(np.mean((a - b) ** 2)) / np.ptp(a) < most_pct
    for name in ("strike", "swing_peak", "cv_time", "cv_peak"):
        a, b = (np.median([getattr(g, name) for g in gs]) for gs in (real, made))
        assert b == pytest.approx(a, rel=0.35), name
    for name in ("rate", "force"):  # and people differ as people do
        a, b = (benchmark.width(gs, name) for gs in (real, made))
        assert b == pytest.approx(a, rel=0.35), name
