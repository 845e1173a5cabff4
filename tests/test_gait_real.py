"""Gait on real recordings: contacts and strides of young, elderly and stroke walkers, any mounting.

The limits are what the present code reaches, rounded down, on recordings it was tuned on: they guard against getting
worse and prove nothing of other walkers. They may only be tightened. Benchmarks tell the figures.
"""

import importlib.util
import sys
from collections import Counter

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import realdata
from surefoot.records import SIDES
from surefoot.signal.walk import analyze


def score_of(tolerance_s=0.25):
    realdata.need()
    spec = importlib.util.spec_from_file_location("recordings_score", realdata.DATA / "score.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.Score(tolerance_s)


def legs(recording, placement):
    return {
        side: recording.sensors[f"{side}_{placement}"] for side in SIDES if f"{side}_{placement}" in recording.sensors
    }


@pytest.mark.parametrize(
    ("which", "placement", "least_initial", "least_final"),
    [("marpino", "shank", 0.975, 0.99), ("marpino", "foot", 0.96, 0.99), ("ipol1", "foot", 0.98, 0.98)],
)
def test_contacts_of_real_walkers(which, placement, least_initial, least_final):
    initial, final = score_of(), score_of()
    for recording in realdata.recordings(which):
        walk = analyze(legs(recording, placement), recording.rate_hz, placement)
        for side in SIDES:
            initial.add(walk.initial_contacts[side], recording.reference[f"{side}_ic_s"])
            final.add(walk.final_contacts[side], recording.reference[f"{side}_to_s"])
    assert initial.references > 250
    assert initial.summary()["f1"] >= least_initial
    assert final.summary()["f1"] >= least_final


def test_stride_counts_of_marpino_shanks_are_within_two_percent():
    found = true = 0
    for recording in realdata.recordings("marpino"):
        walk = analyze(legs(recording, "shank"), recording.rate_hz)
        for side in SIDES:
            reference = recording.reference[f"{side}_ic_s"]
            contacts = walk.initial_contacts[side]
            true += len(reference)
            found += int(((contacts > reference[0] - 0.5) & (contacts < reference[-1] + 0.5)).sum())
    assert true > 250
    assert abs(found / true - 1) <= 0.02


def test_stroke_walkers_shank_and_foot_agree():
    score = score_of()
    times = []
    for recording in realdata.recordings("movingreality"):
        shank, foot = (analyze(legs(recording, p), recording.rate_hz, p) for p in ("shank", "foot"))
        for side in SIDES:
            score.add(shank.strides.of_side(side)["end_s"], foot.strides.of_side(side)["end_s"])
            times.append(
                np.median(shank.strides.of_side(side)["stride_time_s"])
                - np.median(foot.strides.of_side(side)["stride_time_s"])
            )
    assert score.references > 6000
    assert score.summary()["f1"] >= 0.99
    assert np.median(np.abs(times)) <= 0.010


@pytest.mark.parametrize(
    ("which", "placement", "name"),
    [
        ("marpino", "shank", "Elderly__20180605_5"),
        ("movingreality", "shank", "1019_pp01_exported007"),
        ("ipol1", "foot", "11-1"),
    ],
)
def test_mounting_does_not_matter(which, placement, name):
    recording = realdata.recording(which, name)
    sensors = {side: (acc[:6000], gyr[:6000]) for side, (acc, gyr) in legs(recording, placement).items()}
    plain = analyze(sensors, recording.rate_hz, placement)
    assert len(plain.initial_contacts["left"]) > 3
    for rotation in Rotation.random(25, rng=np.random.default_rng(5)):
        turned = {side: (rotation.apply(acc), rotation.apply(gyr)) for side, (acc, gyr) in sensors.items()}
        walk = analyze(turned, recording.rate_hz, placement)
        for side in SIDES:
            np.testing.assert_allclose(walk.initial_contacts[side], plain.initial_contacts[side], atol=1e-6)
            np.testing.assert_allclose(walk.final_contacts[side], plain.final_contacts[side], atol=1e-6)


def test_gyroscope_alone_finds_strides_and_says_nothing_of_tilt():
    recording = realdata.recording("oudre1020", "102-1")  # gravity removed
    walk = analyze(legs(recording, "foot"), recording.rate_hz, "foot")
    assert len(walk.strides) > 20
    assert walk.strides.column("stride_length_m").mask.all()


@pytest.mark.parametrize("label", ["Aplausing", "MakingACall"])
def test_nobody_walks_while_clapping_or_on_the_phone(label):
    seen = 0
    for recording in realdata.recordings("umafall"):
        if recording.info["label"] == label:
            seen += 1
            (sensor,) = recording.sensors.values()
            assert len(analyze({"left": sensor}, recording.rate_hz).strides) == 0, recording.id
    assert seen > 10


def test_no_giving_way_or_stumble_is_invented_in_real_walking_and_daily_life():
    """Healthy: none. After stroke one each, drawn in docs/methods.md: a swing that is stopped, a knee that gives."""
    hours, told = 0.0, Counter()
    for recording in realdata.recordings("marpino", "movingreality", "terrain", "umafall"):
        if "Fall" in str(recording.info.get("label")):
            continue
        (name, (acc, _)), *_ = recording.sensors.items()
        sensors = legs(recording, "shank") if name.endswith("foot") else {"left": recording.sensors[name]}
        hours += len(acc) / recording.rate_hz / 3600
        who = "stroke" if recording.set == "movingreality" else "healthy"
        told.update((who, i.kind) for i in analyze(sensors, recording.rate_hz).incidents)
    assert hours > 5
    assert told["healthy", "giving_way"] == told["healthy", "stumble"] == 0
    assert told["stroke", "giving_way"] <= 1
    assert told["stroke", "stumble"] <= 1


@pytest.mark.parametrize("placement", ["shank", "foot"])
def test_walking_on_a_belt_is_walking_straight(placement):
    """A leg that rolls while it leans must not seem to turn, stride after stride to its own side."""
    for recording in realdata.recordings("movingreality"):
        sensors = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
        walk = analyze(sensors, recording.rate_hz, placement)
        for side in SIDES:
            strides = walk.strides.of_side(side)
            assert abs(np.median(strides["turn_deg"][strides["valid"]])) < 2.0, (recording.id, side)
