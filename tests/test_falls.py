"""Falls: acted ones on real clips, simulated ones with their end, and what is no fall."""

from functools import partial

import numpy as np
import pytest

import realdata
from surefoot.records import Gap, Samples
from surefoot.signal.walk import WalkStream, analyze
from surefoot.simulation.falls import Fall, tumble
from surefoot.simulation.floor import kneeling, lying_down
from surefoot.simulation.handling import taking_off
from surefoot.simulation.scene import record
from surefoot.simulation.standing import standing
from surefoot.simulation.walker import Walker, plan_walk


def walk(walker):
    return partial(plan_walk, walker, strides=14)


def told(samples, sides=("left", "right")):
    found = analyze({side: (samples[side].acc, samples[side].gyr) for side in sides}, 100.0).incidents
    return [i for i in found if i.kind != "foot_drop"]


def test_acted_falls_are_found_and_daily_activities_are_not_taken_for_falls():
    fell: list[bool] = []
    lived: list[bool] = []
    for recording in realdata.recordings("umafall"):
        (sensor,) = recording.sensors.values()
        found = "fall" in [i.kind for i in analyze({"left": sensor}, recording.rate_hz).incidents]
        (fell if "Fall" in recording.info["label"] else lived).append(found)
    assert len(fell) > 70
    assert np.mean(fell) >= 0.90
    assert len(lived) > 200
    assert np.mean(lived) <= 0.02


@pytest.mark.parametrize("direction", ["forward", "backward", "left", "right"])
@pytest.mark.parametrize("sides", [("left", "right"), ("right",)])
def test_a_fall_out_of_standing_is_told_once_with_how_long_it_lasted(direction, sides):
    walker = Walker()
    plans = [walk(walker), partial(tumble, walker, fall=Fall(direction)), walk(walker)]
    samples, truths = record(plans, np.random.default_rng(3))
    (fall,) = told(samples, sides)
    true = truths[1].falls[0]
    assert fall.kind == "fall"
    assert fall.certainty == "probable"
    assert fall.side is None
    assert abs(fall.start_s - true.impact_s) < 1.0
    assert abs(fall.end_s - true.up_s) < 5.0
    assert "not_up_after_s" not in dict(fall.evidence)
    assert {piece.side for piece in fall.snippet} == set(sides)
    assert all(piece.start_s <= fall.start_s < piece.end_s for piece in fall.snippet)


def test_who_does_not_get_up_in_five_minutes_is_told_as_that():
    walker = Walker()
    plans = [walk(walker), partial(tumble, walker, fall=Fall("backward", lies_s=330.0, gets_up=False))]
    samples, _ = record(plans, np.random.default_rng(1))
    (fall,) = told(samples)
    assert dict(fall.evidence)["not_up_after_s"] >= 300.0


def test_a_recording_that_ends_on_the_floor_does_not_say_whether_somebody_got_up():
    walker = Walker()
    plans = [walk(walker), partial(tumble, walker, fall=Fall("left", lies_s=40.0, gets_up=False))]
    samples, _ = record(plans, np.random.default_rng(1))
    (fall,) = told(samples)
    assert dict(fall.evidence)["lying_s"] == pytest.approx(40.0, abs=5.0)
    assert "not_up_after_s" not in dict(fall.evidence)


@pytest.mark.parametrize("scene", [kneeling, partial(kneeling, knees=("left",)), lying_down])
def test_kneeling_and_going_to_bed_are_no_falls(scene):
    walker = Walker()
    for seed in range(2):
        samples, _ = record([walk(walker), partial(scene, walker), walk(walker)], np.random.default_rng(seed))
        assert told(samples) == []


def test_sensors_taken_off_are_no_probable_fall():
    walker = Walker()
    for seed in range(4):
        samples, _ = record([walk(walker), partial(taking_off, walker)], np.random.default_rng(seed))
        assert [i for i in told(samples) if i.certainty == "probable"] == []


def getting_up_hard(begins):
    """Somebody lies down, gets up and comes down with a knock, and walks; told from so many seconds of lying on."""
    walker = Walker()
    plans = [partial(standing, walker, seconds=5.0), partial(lying_down, walker, seconds=15.0), walk(walker)]
    samples, _ = record(plans, np.random.default_rng(2))
    acc, gyr = (x.copy() for x in (samples["left"].acc, samples["left"].gyr))
    upright = acc[:100].mean(axis=0)
    slow = np.stack([np.convolve(a, np.ones(50) / 50, "same") for a in acc.T], axis=1)
    away = slow @ upright < 0.4 * np.linalg.norm(slow, axis=1) * np.linalg.norm(upright)
    lies = int(np.flatnonzero(away)[0])
    up = lies + int(np.argmin(away[lies:]))
    acc[up : up + 3] *= 5.0
    gyr[up - 10 : up] *= 250.0 / np.linalg.norm(gyr[up - 10 : up], axis=1).max()
    first = 0 if begins is None else lies + round(100 * begins)
    return acc[first:], gyr[first:], up - first


def test_getting_up_hard_before_a_frame_is_known_is_no_fall():
    """What seems upright then is how the leg lay. It comes back to where it was; or a walk tells a little later."""
    acc, gyr, up = getting_up_hard(None)
    assert analyze({"left": (acc[: up + 600], gyr[: up + 600])}, 100.0).incidents == []
    acc, gyr, up = getting_up_hard(2.0)
    (fall,) = analyze({"left": (acc[: up + 600], gyr[: up + 600])}, 100.0).incidents
    assert fall.kind == "fall", "nothing tells yet"
    assert analyze({"left": (acc, gyr)}, 100.0).incidents == []


def test_a_gap_in_the_middle_ends_what_can_be_said():
    walker = Walker()
    samples, truths = record([walk(walker), partial(tumble, walker, fall=Fall())], np.random.default_rng(5))
    impact_s = truths[1].falls[0].impact_s
    items = []
    for side, block in samples.items():
        cut = round((impact_s + 6.0) * block.rate_hz)
        first = Samples(side, "shank", 0.0, block.rate_hz, block.acc[:cut], block.gyr[:cut])
        items += [first, Gap(side, "shank", first.end_s, first.end_s + 60.0, "test")]
    stream = WalkStream()
    found = [i for item in items for i in stream.update(item).incidents] + stream.close().incidents
    (fall,) = [i for i in found if i.kind == "fall"]
    assert fall.end_s == pytest.approx(impact_s + 6.0, abs=0.5)
    assert fall.certainty == "possible", "nothing moved in the six seconds seen of lying"
    assert "not_up_after_s" not in dict(fall.evidence)
