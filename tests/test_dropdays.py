"""The foot-drop score of days: around zero while nothing happens, up with the signs of a weak foot, and then it stays.

Days are made up; that the score rises with SIMULATED weakness of readings is tests/test_dropscore.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.dropdays import Sign, scores
from surefoot.pipeline.trends import judge
from surefoot.records import WORSE, DaySummary, Side, Trend
from surefoot.signal.dropscore import DropScoreParams
from weeks import day, name

P = DropScoreParams()
SHANK = {  # usual, how much a day wanders
    "speed_mps": (1.05, 0.03),
    "heel_strike_mps3": (900.0, 60.0),
    "slap_index": (-0.5, 0.1),
    "swing_height_m": (0.12, 0.004),
    "shank_tilt_max_deg": (42.0, 1.2),
    "lateral_excursion_m": (0.03, 0.004),
}
FOOT = {
    "speed_mps": (1.05, 0.03),
    "foot_pitch_at_contact_deg": (20.0, 1.5),
    "foot_flat_s": (0.09, 0.005),
    "swing_height_m": (0.12, 0.004),
    "lateral_excursion_m": (0.03, 0.004),
}
WEAK = {  # by how many least changes worth telling a weak foot goes
    "heel_strike_mps3": 900.0 * (0.7**2 - 1),
    "slap_index": 0.0,
    "swing_height_m": 2 * P.higher_m,
    "foot_pitch_at_contact_deg": -3 * P.pitch_deg,
    "foot_flat_s": -2 * P.flat_s,
}


def week(
    count: int, weak_from: int | None = None, usual: dict[str, tuple[float, float]] = SHANK, seed: int = 1
) -> list[DaySummary]:
    rng = np.random.default_rng(seed)
    lived = []
    for number in range(count):
        values: dict[tuple[Side | None, str], float | None] = {}
        for side in ("left", "right"):
            weak = side == "left" and weak_from is not None and number >= weak_from
            for measure, (middle, wander) in usual.items():
                values[side, measure] = middle + wander * rng.standard_normal() + weak * WEAK.get(measure, 0.0)
        lived.append(day(number, values))
    return lived


def scored(lived: list[DaySummary], side: Side = "left", params: TrendParams | None = None) -> Trend:
    (found,) = [t for t in judge(lived, params) if (t.metric, t.side) == ("foot_drop_score", side)]
    return found


@pytest.mark.parametrize("usual", [SHANK, FOOT], ids=["ankle", "foot"])
def test_it_rises_with_its_signs_on_their_leg(usual: dict[str, tuple[float, float]]) -> None:
    quiet, weak = scored(week(17, usual=usual)), scored(week(18, 14, usual))
    assert quiet.state == "quiet" and quiet.value is not None and abs(quiet.value) < 1
    assert weak.state in WORSE and weak.value == pytest.approx(2.0, abs=0.6) and weak.strides == 400
    assert weak.change is not None and weak.mdc is not None and weak.change > weak.mdc >= 1.0
    other = scored(week(18, 14, usual), "right")
    assert other.state == "quiet" and other.value is not None and abs(other.value) < 1


def test_it_is_evidence_of_the_foot_lifting_chart() -> None:
    found = {(t.metric, t.side): t for t in judge(week(18, 14))}
    assert found["l5_composite", "left"].state in WORSE
    alone = {("left", "lateral_excursion_m"): 0.03}  # of no root, so that the score speaks for it
    lived = [day(k, alone | {("left", "heel_strike_mps3"): 900.0 + k % 3}) for k in range(14)]
    lived += [
        day(k, {("left", "lateral_excursion_m"): 0.15, ("left", "heel_strike_mps3"): 901.0}) for k in range(14, 19)
    ]
    swung = {(t.metric, t.side): t for t in judge(lived)}
    assert {swung["foot_drop_score", "left"].state, swung["l5_composite", "left"].state} <= set(WORSE)


def test_while_normal_is_learned_it_cannot_be_said_and_afterwards_the_past_stays() -> None:
    lived = week(30, 20)
    young = scored(lived[:6])
    assert (young.state, young.value) == ("cannot_say", None) and "6 of at least 7 good days" in young.reason
    assert "13 of 14 good days" in scored(lived[:13]).reason
    first = scored(lived[:14]).baseline
    for upto in (15, 20, 25, 30):
        assert scored(lived[:upto]).baseline == first, "what comes later does not change what was usual"


def test_who_walks_slower_is_not_said_to_drop_the_foot() -> None:
    """The heel strikes more softly at two thirds of the speed, and the leg tilts less: both as in other people."""
    lived = week(14)
    for slow in week(20, seed=2)[14:]:
        known = {(m.side, m.name): m.value for m in slow.metrics}
        for side in ("left", "right"):
            for measure, power in (("speed_mps", 1.0), ("heel_strike_mps3", 1.4), ("shank_tilt_max_deg", 0.15)):
                known[side, measure] = known[side, measure] * 0.7**power
        lived.append(day(len(lived), known))
    for side in ("left", "right"):
        assert scored(lived, side).state == "quiet"
        as_it_is = scored(lived, side, TrendParams(speed=None)).value
        at_usual_speed = scored(lived, side).value
        assert as_it_is is not None and at_usual_speed is not None and as_it_is > at_usual_speed + 0.3


def test_days_with_sensors_elsewhere_are_not_compared() -> None:
    lived = week(14, usual=FOOT)
    lived += [day(14 + k, {(m.side, m.name): m.value for m in one.metrics}) for k, one in enumerate(week(5))]
    assert "5 of at least 7 good days" in scored(lived).reason


def test_a_sign_seen_on_few_of_the_first_days_is_left_out() -> None:
    heel = {name(k): Sign(900.0 + k % 3) for k in range(20)}
    slap = {name(k): Sign(0.0 if k < 6 else 3.0) for k in (*range(6), *range(14, 20))}
    without = scores({"heel_strike_mps3": heel}, "shank", 14)
    assert scores({"heel_strike_mps3": heel, "slap_index": slap}, "shank", 14) == without
    often = slap | {name(6): Sign(0.0)}
    assert scores({"heel_strike_mps3": heel, "slap_index": often}, "shank", 14)[name(19)].value == P.most_slap


def test_doubt_is_in_points() -> None:
    sure = scores({"swing_height_m": {name(k): Sign(0.12) for k in range(9)}}, "shank", 14)
    assert {(one.value, one.doubt) for one in sure.values()} == {(0.0, 0.0)}
    unsure = {name(k): Sign(900.0, 90.0) for k in range(9)}
    told = scores({"heel_strike_mps3": unsure}, "shank", 14)
    assert told[name(8)].doubt == pytest.approx(0.1 / -np.log(0.7))
    both = scores({"heel_strike_mps3": unsure, "swing_height_m": {name(k): Sign(0.12) for k in range(9)}}, "shank", 14)
    assert both[name(8)].doubt == pytest.approx(2 / 3 * 0.1 / -np.log(0.7)), "the landing has two thirds of the say"


def test_without_signs_there_is_no_score() -> None:
    assert scores({}, "shank", 14) == {} and scores({"push_off_rate_dps": {name(0): Sign(1.0)}}, "foot", 14) == {}
    lived = [day(k, {("left", "speed_mps"): 1.0}) for k in range(16)]
    assert not [t for t in judge(lived) if t.metric == "foot_drop_score"]
