"""Foot-drop strides on real legs: found where a foot is weak, and nearly none in healthy ones."""

from collections import defaultdict

import numpy as np
import pytest

import realdata
import surefoot
from surefoot.records import SIDES
from surefoot.signal.footdrop import FootDrop, FootDropParams
from surefoot.signal.table import StrideTable


def shares(which, placement):
    """(subject, side) -> share of valid strides flagged."""
    flags = defaultdict(list)
    for recording in realdata.recordings(which):
        legs = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
        strides = surefoot.analyze(legs, recording.rate_hz, placement).strides
        for side in SIDES:
            mine = strides.of_side(side)
            subject = recording.info["subject"] if which == "movingreality" else "all"
            flags[subject, side] += mine["foot_drop"][mine["valid"]].tolist()
    return {key: float(np.mean(flagged)) for key, flagged in flags.items()}


@pytest.mark.parametrize(("which", "placement"), [("marpino", "shank"), ("marpino", "foot"), ("ipol1", "foot")])
def test_healthy_feet_are_hardly_ever_flagged(which, placement):
    assert max(shares(which, placement).values()) < 0.005


@pytest.mark.parametrize(
    ("placement", "least"),  # the left foot of 1 lands flat in one trial of four; its leg is swung round in all
    [
        ("shank", {(1, "left"): 0.4, (9, "right"): 0.15, (11, "left"): 0.08}),
        ("foot", {(1, "left"): 0.06, (9, "right"): 0.15, (11, "left"): 0.4}),
    ],
)
def test_the_weak_feet_of_people_after_stroke(placement, least):
    found = shares("movingreality", placement)
    for weak, share in least.items():
        assert found.pop(weak) > share, weak
    found.pop((4, "left"))  # tilted 10 deg further than the right one, and yet the foot itself lands toes up
    assert max(found.values()) < 0.02


def strides(count, **left):
    """Feet of both legs, all alike but for what is said of the left one."""
    table = StrideTable.of("foot", 2 * count)
    table["side"] = np.tile(np.array([0, 1], np.int8), count)
    table["start_s"] = np.arange(2 * count) / 2.0
    table["end_s"] = table["start_s"] + 1.0
    usual = {"foot_pitch_at_contact_deg": 20.0, "foot_flat_s": 0.09, "foot_pitch_mid_swing_deg": -50.0}
    for name, value in ({"stride_length_m": 1.2, "toe_drag_s": 0.0} | usual).items():
        table[name] = np.where(table["side"] == 0, left.get(name, value), value)
    return table


@pytest.mark.parametrize(
    ("left", "flagged"),
    [
        ({}, False),
        ({"foot_pitch_at_contact_deg": 2.0}, False),
        ({"foot_pitch_at_contact_deg": 2.0, "foot_flat_s": 0.03}, True),
        ({"foot_pitch_at_contact_deg": 2.0, "toe_drag_s": 0.1}, True),
        ({"foot_flat_s": 0.03, "foot_pitch_mid_swing_deg": -60.0}, True),
    ],
)
def test_two_signs_make_a_foot_drop_stride(left, flagged):
    table = strides(30, **left)
    FootDrop("foot").flag(table)
    late = table.take(table["start_s"] > 2 * FootDropParams().usual_strides)
    assert set(late.of_side("left")["foot_drop"]) == {flagged}
    assert not table.of_side("right")["foot_drop"].any()


def test_the_closing_step_of_a_walk_lands_flat_on_every_foot():
    table = strides(30)
    last = np.flatnonzero(table["side"] == 0)[-1]
    table["foot_pitch_at_contact_deg"][last], table["foot_flat_s"][last] = 0.0, 0.0
    table["stride_length_m"][last] = 0.5
    FootDrop("foot").flag(table)
    assert not table["foot_drop"].any()
    table["stride_length_m"][last] = 1.1
    FootDrop("foot").flag(table)
    assert table["foot_drop"][last]
