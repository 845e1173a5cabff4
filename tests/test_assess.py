"""Guided tests: done right they give their number, done wrongly a reason; mounting and taps do not matter."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from surefoot.records import TestKind, TestResult
from surefoot.signal.guided.assess import FOOT_ONLY, ONE_LEGGED, UNITS, assess, learned
from surefoot.signal.guided.turnback import turn_back
from surefoot.simulation.gait import Leg
from surefoot.simulation.strides import Turn
from surefoot.simulation.trials import WRONG, TrialTruth, simulate_trial
from surefoot.simulation.walker import Walker, simulate_walk

KINDS = get_args(TestKind)
NEAR = {  # how far a value may lie from the truth, in its unit
    "sit_to_stand_5": 0.7,
    "chair_stand_30s": 1.0,
    "timed_up_and_go": 0.6,
    "heel_rise": 1.0,
    "heel_walk": 15.0,
    "toe_tap": 2.0,
    "walk_20m": 0.02,
}
Sensors = dict[str, tuple[np.ndarray, np.ndarray]]


def trial(kind: str, seed: int, weak: float = 0.0, wrong: str = "", **how: object) -> tuple[Sensors, TrialTruth]:
    placement = "foot" if kind in FOOT_ONLY else "shank"
    leg = Leg(dorsi=0.8 * weak, push=0.85 * weak, quad=weak)
    read, truth = simulate_trial(kind, np.random.default_rng(seed), leg=leg, wrong=wrong, placement=placement, **how)
    return {side: (samples.acc, samples.gyr) for side, samples in read.items()}, truth


def judged(kind: str, sensors: Sensors, truth: TrialTruth, **how: object) -> TestResult:
    side = "left" if kind in (*ONE_LEGGED, "heel_walk") and "left" in sensors else None
    placement = "foot" if kind in FOOT_ONLY else "shank"
    return assess(kind, sensors, 100.0, placement, side=side, distance_m=truth.distance_m, **how)


def expected(kind: str, truth: TrialTruth) -> float:
    return truth.distance_m / truth.value if kind == "walk_20m" else truth.value


@pytest.mark.parametrize("weak", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("kind", KINDS)
def test_done_right_it_gives_its_number(kind: str, weak: float) -> None:
    for seed in (1, 2):
        sensors, truth = trial(kind, seed, weak)
        result = judged(kind, sensors, truth)
        assert result.reason == "" and result.unit == UNITS[kind]
        assert result.value == pytest.approx(expected(kind, truth), abs=NEAR[kind])
        assert result.start_s == pytest.approx(truth.start_s, abs=0.6)
        assert result.end_s == pytest.approx(truth.end_s, abs=0.8)
        assert 0 < result.quality <= 1 and all(np.isfinite(value) for _, value in result.details)


@pytest.mark.parametrize(("kind", "wrong"), [(kind, wrong) for kind in KINDS for wrong in WRONG[kind]])
def test_done_wrongly_it_says_what_to_do(kind: str, wrong: str) -> None:
    sensors, truth = trial(kind, 5, 0.3, wrong)
    result = judged(kind, sensors, truth)
    assert result.value is None and result.quality == 0.0
    assert result.reason.endswith(".") and len(result.reason.split()) > 8


REASONS = {  # what the sentence must be about
    ("sit_to_stand_5", "too_few"): "3 of 5",
    ("sit_to_stand_5", "pause"): "pause",
    ("sit_to_stand_5", "walking"): "walking",
    ("sit_to_stand_5", "swaying"): "swayed",
    ("sit_to_stand_5", "one_leg"): "did not move with the other",
    ("sit_to_stand_5", "same_leg"): "on the same leg",
    ("sit_to_stand_5", "at_once"): "already moving",
    ("chair_stand_30s", "too_short"): "stopped after",
    ("timed_up_and_go", "no_turn"): "No turn",
    ("timed_up_and_go", "no_rise"): "No rise",
    ("heel_rise", "squats"): "did not rise",
    ("toe_tap", "too_short"): "stopped",
    ("walk_20m", "turned"): "a turn of",
    ("walk_20m", "stopped"): "a stop of",
    ("walk_20m", "unfinished"): "stopped before",
}


@pytest.mark.parametrize(("way", "said"), REASONS.items(), ids=lambda x: "-".join(x) if isinstance(x, tuple) else "")
def test_the_reason_is_about_what_was_wrong(way: tuple[str, str], said: str) -> None:
    sensors, truth = trial(way[0], 6, 0.2, way[1])
    assert said in judged(way[0], sensors, truth).reason


@pytest.mark.parametrize("kind", KINDS)
def test_the_mounting_does_not_matter(kind: str) -> None:
    sensors, truth = trial(kind, 3, 0.3)
    as_is = judged(kind, sensors, truth)
    for turn in Rotation.random(3, random_state=4):
        turned = {side: (turn.apply(acc), turn.apply(gyr)) for side, (acc, gyr) in sensors.items()}
        other = judged(kind, turned, truth)
        assert other.value == pytest.approx(as_is.value, abs=1e-6) and other.reason == as_is.reason


@pytest.mark.parametrize("kind", KINDS)
def test_more_rest_before_the_test_changes_nothing(kind: str) -> None:
    """The tap is only a backup: where the test begins is found in the signal."""
    sensors, truth = trial(kind, 4, 0.2)
    later = {s: tuple(np.concatenate([x[:200], x[:200], x[:200], x]) for x in both) for s, both in sensors.items()}
    one, other = judged(kind, sensors, truth), judged(kind, later, truth)
    assert other.value == pytest.approx(one.value, abs=NEAR[kind] / 2)
    assert other.start_s == pytest.approx(one.start_s + 6.0, abs=0.3)


@pytest.mark.parametrize("kind", ["sit_to_stand_5", "chair_stand_30s", "heel_rise", "timed_up_and_go", "walk_20m"])
def test_one_sensor_is_enough_and_less_sure(kind: str) -> None:
    sensors, truth = trial(kind, 2, 0.3)
    result = judged(kind, {"left": sensors["left"]}, truth)
    assert result.value == pytest.approx(expected(kind, truth), abs=2.5 * NEAR[kind])
    assert kind == "walk_20m" or result.quality < 1


@pytest.mark.parametrize("kind", FOOT_ONLY)
def test_what_needs_a_foot_sensor_says_so(kind: str) -> None:
    sensors, _ = trial(kind, 1)
    result = assess(kind, sensors, 100.0, "shank", side="left")
    assert result.value is None and "needs a foot sensor" in result.reason


def test_a_foot_sensor_counts_heel_rises_too() -> None:
    read, truth = simulate_trial("heel_rise", np.random.default_rng(2), placement="foot")
    sensors = {side: (samples.acc, samples.gyr) for side, samples in read.items()}
    result = assess("heel_rise", sensors, 100.0, "foot", side="left")
    assert result.value == pytest.approx(truth.value, abs=1) and dict(result.details)["height_deg"] > 20


@pytest.mark.parametrize("kind", ["sit_to_stand_5", "chair_stand_30s", "timed_up_and_go"])
def test_what_a_foot_sensor_cannot_see_is_told(kind: str) -> None:
    sensors, _ = trial(kind, 1)
    result = assess(kind, sensors, 100.0, "foot")
    assert result.value is None and "just above the ankles" in result.reason


@pytest.mark.parametrize("rate_hz", [50.0, 204.8])
@pytest.mark.parametrize("kind", KINDS)
def test_other_rates_give_the_same(kind: str, rate_hz: float) -> None:
    sensors, truth = trial(kind, 1, 0.2, rate_hz=rate_hz)
    side = "left" if kind in (*ONE_LEGGED, "heel_walk") else None
    placement = "foot" if kind in FOOT_ONLY else "shank"
    result = assess(kind, sensors, rate_hz, placement, side=side, distance_m=truth.distance_m)
    assert result.value == pytest.approx(expected(kind, truth), abs=NEAR[kind])


@pytest.mark.parametrize("kind", ["sit_to_stand_5", "chair_stand_30s", "heel_rise"])
def test_walking_off_to_tap_stop_does_no_harm(kind: str) -> None:
    sensors, truth = trial(kind, 2, 0.3, sensors=(worn := _sensors(2)))
    walk, _ = trial("walk_20m", 2, sensors=worn)
    both = {s: tuple(np.concatenate([x, walk[s][k]]) for k, x in enumerate(sensors[s])) for s in sensors}
    alone, followed = judged(kind, sensors, truth), judged(kind, both, truth)
    assert followed.value == pytest.approx(alone.value, abs=0.1) and alone.value is not None


def test_a_gap_within_the_test_is_told_and_one_before_it_is_not() -> None:
    sensors, truth = trial("sit_to_stand_5", 1)
    middle = 0.5 * (truth.start_s + truth.end_s)
    assert "Readings are missing" in judged("sit_to_stand_5", sensors, truth, gaps=[(middle, middle + 0.4)]).reason
    assert judged("sit_to_stand_5", sensors, truth, gaps=[(0.0, 0.3)]).value is not None


def test_clipped_readings_are_told() -> None:
    sensors, truth = trial("walk_20m", 1)
    clipped = {side: (acc, np.clip(gyr, -250, 250)) for side, (acc, gyr) in sensors.items()}
    assert "stronger than the" in judged("walk_20m", clipped, truth).reason


def test_slow_sensors_and_short_recordings_are_told() -> None:
    sensors, _ = trial("walk_20m", 1)
    slow = {side: (acc[::5], gyr[::5]) for side, (acc, gyr) in sensors.items()}
    assert "too few for this test" in assess("walk_20m", slow, 20.0).reason
    short = {side: (acc[:150], gyr[:150]) for side, (acc, gyr) in sensors.items()}
    assert "Only 1.5 s" in assess("walk_20m", short, 100.0).reason
    half = {side: (acc[:50], gyr[:50]) for side, (acc, gyr) in sensors.items()}
    assert "Less than a second" in assess("walk_20m", half, 100.0).reason
    assert "Nothing was recorded" in assess("walk_20m", {"left": (np.empty((0, 3)),) * 2}, 100.0).reason


def test_a_frame_learned_in_walking_is_used() -> None:
    walked, _ = trial("walk_20m", 9, sensors=(worn := _sensors(9)))
    sat, truth = trial("sit_to_stand_5", 9, sensors=worn)
    frames = {side: learned(*walked[side], 100.0) for side in walked}
    assert all(frames.values())
    result = judged("sit_to_stand_5", sat, truth, frames=frames)
    assert result.value == pytest.approx(truth.value, abs=NEAR["sit_to_stand_5"])


def test_a_walk_puts_the_integrated_lengths_right() -> None:
    factors = []
    for seed in range(6):
        sensors, truth = trial("walk_20m", seed, 0.1 * seed)
        factors.append(dict(judged("walk_20m", sensors, truth).details)["factor"])
    assert np.abs(np.array(factors) - 1).max() < 0.08
    assert np.std(factors) < 0.03


def test_the_way_of_the_feet_is_the_known_way() -> None:
    """Feet stand still on the floor, so their way is known well; the step out of standing (3 % of it) is part of it."""
    factors = []
    for seed in range(6):
        speed_mps = 0.8 + 0.1 * seed
        read, truth = simulate_trial("walk_20m", np.random.default_rng(seed), placement="foot", speed_mps=speed_mps)
        sensors = {side: (samples.acc, samples.gyr) for side, samples in read.items()}
        result = assess("walk_20m", sensors, 100.0, "foot", distance_m=truth.distance_m)
        factors.append(dict(result.details)["factor"])
    assert np.mean(factors) == pytest.approx(1.0, abs=0.012)
    assert np.abs(np.array(factors) - 1).max() < 0.025


@pytest.mark.parametrize("then", ["a pause", "half as high"])
def test_a_heel_rise_test_ends_when_the_leg_tires(then: str) -> None:
    sensors, truth = trial("heel_rise", 3)
    count = judged("heel_rise", sensors, truth).value
    assert count is not None
    if then == "a pause":  # and all of it again
        again = slice(int((truth.start_s - 0.5) * 100), None)
        rest = {s: [np.repeat(x[-1:], 600, axis=0) for x in both] for s, both in sensors.items()}
        longer = {
            s: tuple(np.concatenate([x, rest[s][k], x[again]]) for k, x in enumerate(both))
            for s, both in sensors.items()
        }
        assert judged("heel_rise", longer, truth).value == count
    else:
        middle = int(truth.repetitions_s[9] * 100) + 100
        weaker = {}
        for side, (acc, gyr) in sensors.items():
            faded = acc.copy()
            size = np.linalg.norm(acc, axis=1, keepdims=True)
            faded[middle:] *= 1 + 0.3 * (np.median(size) / size - 1)[middle:] / 0.5
            weaker[side] = faded, gyr
        assert judged("heel_rise", weaker, truth).value == pytest.approx(10, abs=1) != count


def test_wrong_arguments_are_errors_of_the_caller() -> None:
    sensors, _ = trial("toe_tap", 1)
    for how in (
        {"kind": "jumping"},
        {"sensors": {}},
        {"rate_hz": 0.0},
        {"side": None},
        {"sensors": {"up": sensors["left"]}},
    ):
        given = {"kind": "toe_tap", "sensors": sensors, "rate_hz": 100.0, "side": "left"} | how
        with pytest.raises(ValueError, match=r"test|sensor|rate_hz|leg"):
            assess(given["kind"], given["sensors"], given["rate_hz"], "foot", side=given["side"])


def _sensors(seed: int) -> dict[str, object]:
    from surefoot.simulation.sensor import noise_tape, put_on

    rng = np.random.default_rng(seed)
    return {side: put_on(rng, noise_tape(rng)) for side in ("left", "right")}


# ---- there and back


def there_and_back(seed: int, speed_mps: float, turn_at: float = 0.5, degrees: float = 180.0) -> tuple[Sensors, float]:
    """Some 20 m to the mark, and back at once; and how far the mark was."""
    walker = Walker(speed_mps=speed_mps)
    strides = 2 * round(20 / walker.stride_length_m)
    at = round(turn_at * strides)
    read, truth = simulate_walk(
        walker, np.random.default_rng(seed), strides=strides, turns=[Turn(at, degrees)], stand_s=(2.5, 2.5)
    )
    leg = truth.legs["left"]
    mark_m = leg.first_length_m + float(leg.stride_lengths_m[:at].sum() + leg.stride_lengths_m[at] / 2)
    return {side: (samples.acc, samples.gyr) for side, samples in read.items()}, mark_m


@pytest.mark.parametrize("speed_mps", [0.6, 1.0, 1.35])
def test_a_walk_there_and_back_is_timed_to_the_turn(speed_mps: float) -> None:
    sensors, mark_m = there_and_back(3, speed_mps)
    result = assess("walk_20m", sensors, 100.0, distance_m=mark_m)
    details = dict(result.details)
    straight, truth = trial("walk_20m", 3, speed_mps=speed_mps)
    usual = judged("walk_20m", straight, truth)
    assert result.value == pytest.approx(usual.value, rel=0.08), result.reason
    assert details["factor"] == pytest.approx(dict(usual.details)["factor"], abs=0.03) and details["turned_back"] == 1
    assert not [name for name in details if name.startswith("shank_factor")], "people turn behind the mark"
    assert {"shank_factor_left", "shank_factor_right"} <= {name for name, _ in usual.details}


@pytest.mark.parametrize(("turn_at", "degrees", "told"), [(0.25, 180.0, "turn of 1"), (0.5, 100.0, "turn of 1")])
def test_any_other_turn_spoils_it(turn_at: float, degrees: float, told: str) -> None:
    sensors, mark_m = there_and_back(4, 1.0, turn_at, degrees)
    result = assess("walk_20m", sensors, 100.0, distance_m=mark_m)
    assert result.value is None and told in result.reason and "straight on and straight back" in result.reason


def test_who_turned_too_early_is_told_how_far_it_looked() -> None:
    sensors, mark_m = there_and_back(5, 1.0)
    result = assess("walk_20m", sensors, 100.0, distance_m=2 * mark_m)
    assert result.value is None and "The way there looked like 2" in result.reason


def heading(*pieces: tuple[float, float]) -> np.ndarray:
    """At 50 Hz: so many seconds to a direction, smoothly."""
    course, now = [], 0.0
    for seconds, to in pieces:
        course.append(np.linspace(now, to, round(50 * seconds)))
        now = to
    return np.concatenate(course)


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        (((20, 5), (2, 185), (20, 180)), True),
        (((20, 0), (2, -180), (20, -190)), True),
        (((20, 0), (9, 180), (20, 180)), False),  # a bend
        (((20, 0), (2, 90), (20, 90)), False),
        (((20, 0), (2, 360), (20, 360)), False),
        (((8, 0), (2, 180), (30, 180)), False),  # not at the far end
        (((10, 0), (1, 60), (1, 0), (10, 0), (2, 180), (20, 180)), False),  # round something on the way
        (((20, 0), (2, 180), (10, 180), (1, 240), (1, 180), (10, 180)), False),
        (((20, 0), (20, 0)), False),
    ],
)
def test_a_turn_back_is_told_from_other_turns(pieces: tuple[tuple[float, float], ...], found: bool) -> None:
    course = heading(*pieces)
    for way in (course, -course):
        turn = turn_back(way, 50.0, 0.0, len(way) / 50)
        assert (turn is not None) == found
        if turn:
            assert turn.start_s < turn.middle_s < turn.end_s and turn.middle_s == pytest.approx(21.0, abs=0.2)
