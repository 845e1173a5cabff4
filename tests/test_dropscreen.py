"""The foot-drop screen and the weaker side: on made strides, and on real legs after stroke and healthy feet."""

from collections import defaultdict

import numpy as np
import pytest

import realdata
import surefoot
from surefoot.records import SIDES
from surefoot.signal.dropscreen import ONE_LEG, PATTERN, screen, weaker_side
from surefoot.signal.table import StrideTable

LIKE = {
    "heel_strike_mps3": 2500.0,
    "slap_index": -2.0,
    "swing_height_m": 0.09,
    "shank_tilt_max_deg": 45.0,
    "lateral_excursion_m": 0.03,
    "speed_mps": 1.0,
    "rise_m": 0.0,
}


def bout(placement="shank", count=12, sides=SIDES, **left):
    """Strides of both legs, all alike but for what is said of the left one."""
    tables = []
    for side in sides:
        table = StrideTable.of(placement, count)
        table["side"][:] = SIDES.index(side)
        for name, value in (LIKE | (left if side == "left" else {})).items():
            table[name] = np.full(count, value)
        if placement == "foot" and "foot_pitch_at_contact_deg" not in left:
            table["foot_pitch_at_contact_deg"][:] = 20.0
        tables.append(table)
    return StrideTable.joined(placement, tables)


def left_of(bouts):
    return next(x for x in screen(bouts) if x.side == "left")


def test_legs_alike_show_nothing():
    assert [x.pattern for x in screen([bout(), bout()])] == [False, False]
    assert weaker_side([bout()]).side is None


@pytest.mark.parametrize(
    "left",
    [
        {"no_heel_strike": True},
        {"heel_strike_mps3": 900.0, "shank_tilt_max_deg": 56.0},
        {"heel_strike_mps3": 900.0, "lateral_excursion_m": 0.08},
        {"heel_strike_mps3": 900.0, "slap_index": -1.0},
    ],
)
def test_the_pattern_at_a_shank(left):
    said = left_of([bout(**left), bout(**left)])
    assert said.pattern is True
    assert said.words == PATTERN
    assert [x.pattern for x in screen([bout(**left), bout(**left)]) if x.side == "right"] == [False]


@pytest.mark.parametrize(
    "left",
    [{"heel_strike_mps3": 900.0}, {"shank_tilt_max_deg": 60.0}, {"slap_index": 0.0}, {"heel_strike_mps3": 2000.0}],
)
def test_one_sign_alone_is_no_pattern(left):
    assert left_of([bout(**left), bout(**left)]).pattern is False


def test_one_bout_is_not_enough():
    assert left_of([bout(no_heel_strike=True), bout()]).pattern is False
    assert left_of([bout(no_heel_strike=True)]).pattern is None


def test_who_has_no_heel_strike_on_either_side_is_not_told_by_the_shanks():
    both = bout(no_heel_strike=True)
    both["no_heel_strike"] = np.ones(len(both), bool)
    assert [x.pattern for x in screen([both, both])] == [False, False]


def test_one_shank_alone_cannot_be_screened():
    said = screen([bout(sides=("left",))] * 2)
    assert [(x.side, x.pattern, x.words) for x in said] == [("left", None, ONE_LEG)]


def test_a_flat_foot_is_seen_alone():
    flat = bout("foot", sides=("left",), foot_pitch_at_contact_deg=3.0)
    assert [(x.side, x.pattern) for x in screen([flat, flat])] == [("left", True)]


def test_on_steps_every_foot_lands_flat():
    steps = bout("foot", foot_pitch_at_contact_deg=0.0, rise_m=0.3)
    assert left_of([steps, steps]).pattern is None


def test_short_bouts_and_no_bouts_say_nothing():
    assert [x.pattern for x in screen([bout(count=5, no_heel_strike=True)] * 3)] == [None, None]
    assert screen([]) == []
    assert weaker_side([bout(count=5)]).lead is None
    assert weaker_side([]).lead is None


@pytest.mark.parametrize(
    ("left", "side"),
    [
        ({"heel_strike_mps3": 800.0}, "left"),
        ({"shank_tilt_max_deg": 60.0}, "left"),
        ({"swing_height_m": 0.05}, "right"),
    ],
)
def test_the_weaker_side(left, side):
    assert weaker_side([bout(**left)]).side == side
    assert weaker_side([bout(**left), bout(count=5), bout(), bout(**left)]).side == side, "one walk may hide it"
    assert weaker_side([bout(**left), bout(), bout()]).side is None


def trials(placement):
    """Subject of movingreality -> strides of each trial."""
    found = defaultdict(list)
    for recording in realdata.recordings("movingreality"):
        legs = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
        walk = surefoot.analyze(legs, recording.rate_hz, placement)
        found[recording.info["subject"]].append((recording.info["fsa_vicon_deg"], walk.strides))
    return found


def pitch_deg(strides, side):
    """Of the sole at contact, in the middle."""
    mine = strides.of_side(side)
    return float(np.nanmedian(mine["foot_pitch_at_contact_deg"][mine["valid"]]))


@pytest.fixture(scope="module")
def shanks():
    return trials("shank")


@pytest.fixture(scope="module")
def feet():
    return trials("foot")


def test_the_affected_side_of_people_after_stroke(shanks):
    """Plain by the feet: 1 left (landings without a shock), 9 right and 11 left (pitch lower by 5 deg or more).

    Of each, also when any one trial is left out.
    """
    walks = {subject: [strides for _, strides in trials] for subject, trials in shanks.items()}
    for subject, side in ((1, "left"), (9, "right"), (11, "left")):
        mine = walks[subject]
        rest = [mine[:k] + mine[k + 1 :] for k in range(len(mine))]
        assert [weaker_side(bouts).side for bouts in (mine, *rest)] == [side] * (len(mine) + 1)
    for subject in (2, 6):
        assert weaker_side(walks[subject]).side is None
        assert {weaker_side([strides]).side for strides in walks[subject]} == {None}


def test_the_trial_that_hides_the_side_shows_none_at_the_feet(shanks, feet):
    """Person 9, walking to feedback of the foot's angle: the weak foot lands no flatter than the other one."""
    told = [weaker_side([strides]).side for _, strides in shanks[9]]
    flatter = [pitch_deg(strides, "left") - pitch_deg(strides, "right") > 5.0 for _, strides in feet[9]]
    assert told == ["right" if plain else None for plain in flatter]
    assert flatter.count(False) == 1


def test_the_pitch_at_contact_follows_the_cameras(feet):
    """Both feet together, one constant for all: the markers' zero is not the sole's."""
    pairs = []
    for walks in feet.values():
        for fsa_deg, strides in walks:
            pairs.append((np.mean([pitch_deg(strides, side) for side in SIDES]), fsa_deg))
    ours, cameras = np.array(pairs).T
    assert len(ours) > 20
    assert np.corrcoef(ours, cameras)[0, 1] >= 0.95
    away = cameras - ours
    assert np.abs(away - np.median(away)).mean() <= 2.5


def test_the_screen_on_real_shanks(shanks):
    said = {subject: {x.side: x.pattern for x in screen([s for _, s in walks])} for subject, walks in shanks.items()}
    assert said[1] == {"left": True, "right": False}
    assert said[9] == {"left": False, "right": True}
    for subject in (2, 4, 6):
        assert set(said[subject].values()) == {False}


def test_the_screen_is_silent_on_healthy_feet():
    people = defaultdict(list)
    for recording in realdata.recordings("ipol1", "gaitmap"):
        legs = {side: recording.sensors[f"{side}_foot"] for side in SIDES if f"{side}_foot" in recording.sensors}
        walk = surefoot.analyze(legs, recording.rate_hz, "foot")
        people[recording.set, recording.info.get("subject", recording.id)].append(walk.strides)
    verdicts = [x.pattern for walks in people.values() for x in screen(walks)]
    assert len(verdicts) >= 20
    assert True not in verdicts
