"""Guided tests on real recordings: other things are not taken for a test, and a known way comes out as it is."""

from __future__ import annotations

import numpy as np

import realdata
from surefoot.signal.guided.assess import assess
from surefoot.signal.guided.paces import paces
from surefoot.signal.guided.performance import NotUsable, Performance
from surefoot.signal.guided.readings import read
from surefoot.signal.walk import analyze


def test_what_people_do_all_day_is_no_test() -> None:
    """Walking, hopping, bending, lying down, falling: nobody did five rises; few rises of a heel are never sure."""
    clips = [r for r in realdata.recordings("umafall") if r.info["subject"] != 13]  # that gyroscope is broken
    assert len(clips) > 250
    heels = []
    for clip in clips:
        sensors = {"left": next(iter(clip.sensors.values()))}
        assert assess("sit_to_stand_5", sensors, clip.rate_hz).value is None, clip.id
        heel = assess("heel_rise", sensors, clip.rate_hz)
        heels += [heel] if heel.value is not None else []
    assert len(heels) <= 0.06 * len(clips)
    assert all(heel.value <= 4 and heel.quality < 0.5 for heel in heels)


def test_ten_metres_there_and_back_are_twenty_and_have_a_turn() -> None:
    metres, turns = [], []
    for recording in realdata.recordings("ipol1"):
        legs = {name.split("_")[0]: sensor for name, sensor in recording.sensors.items()}
        own = {side: read(side, *sensor, recording.rate_hz) for side, sensor in legs.items()}
        walk = analyze(legs, recording.rate_hz, "foot")
        try:
            way = paces(Performance("walk_20m", own, recording.rate_hz, "foot", None, {}, 20.0, walk), "Walk")
        except NotUsable:  # begins or ends in movement, or stops on the way
            continue
        metres.append(way.distance_m)
        turns.append(way.turned_deg)
    assert len(metres) > 25 and min(turns) > 120
    assert 19.5 < np.median(metres) < 21.0 and np.percentile(np.abs(np.array(metres) - 20), 90) < 2.0


def test_ten_metres_there_and_back_are_timed_to_the_turn() -> None:
    """Those that begin and end at rest without a stop; three with a turn before or behind the way."""
    told = []
    for recording in realdata.recordings("ipol1"):
        legs = {name.split("_")[0]: sensor for name, sensor in recording.sensors.items()}
        result = assess("walk_20m", legs, recording.rate_hz, "foot", distance_m=10.0)
        if result.value is not None:
            told.append((result.value, dict(result.details)["factor"], dict(result.details)["turned_back"]))
    assert len(told) >= 24 and all(turned == 1 for *_, turned in told)
    speed, factor, _ = np.array(told).T
    assert speed.min() > 0.8 and speed.max() < 1.4 and 0.95 < np.median(factor) < 1.0
    assert np.percentile(np.abs(factor - np.median(factor)), 90) < 0.07


def test_a_walk_handed_in_as_rises_is_called_a_walk() -> None:
    """It is three minutes long, so "too short" would be wrong: somebody walks, a twitch and a rest behind the start."""
    recording = realdata.recording("movingreality", "1019_pp01_exported000")
    legs = {side: recording.sensors[f"{side}_shank"] for side in ("left", "right")}
    for kind in ("sit_to_stand_5", "chair_stand_30s"):
        result = assess(kind, legs, recording.rate_hz)
        assert result.value is None and result.reason.startswith("Walking was seen")
