"""The decision to alert: which charts, in what words, on what evidence, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.alerts.rules import CHART_RULES, FEATURES, decide, decide_sudden
from surefoot.pipeline.measures import DAY_MEASURES, MEASURES
from surefoot.records import Alert, Baseline, Side, Trend
from weeks import name

TODAY = name(20)


def feature(
    metric: str,
    change: float = 0.0,
    usual: float = 100.0,
    mdc: float = 10.0,
    side: Side = "left",
    value: float | None = None,
    z: float | None = None,
) -> Trend:
    """A number of a leg that changed by so much for the worse (below zero: for the better)."""
    base = Baseline(usual, 5.0, 14, name(0), name(13), False)
    own = usual + MEASURES[metric].worse * change if value is None else value
    return Trend(TODAY, side, metric, "quiet", own, base, change / 5 if z is None else z, 3.0, change, mdc, 3, 400, 9.0)


def root(metric: str = "l5_composite", state: str = "worse", side: Side = "left", days: int = 3) -> Trend:
    base = Baseline(0.0, 0.5, 14, name(0), name(13), False)
    return Trend(TODAY, side, metric, state, 3.0, base, 6.0, 9.0, 3.0, 1.0, days, 400, 9.0)


DROPPED = feature("heel_strike_mps3", 40.0)
PUSHED = feature("push_off_rate_dps", 18.0)


def one(*trends: Trend, before: tuple[Alert, ...] = ()) -> Alert:
    (alert,) = decide(trends, 1e9, before)
    return alert


# ---- when


def test_a_chart_that_is_worse_and_a_number_that_changed() -> None:
    alert = one(root(), DROPPED)
    assert (alert.tier, alert.channel, alert.kind, alert.side) == ("T2", "clinical", "foot_lifting_weaker", "left")
    assert (alert.raised_s, alert.day) == (1e9, TODAY)


@pytest.mark.parametrize("state", ["quiet", "cannot_say"])
def test_no_alert_on_a_chart_that_is_not_worse(state: str) -> None:
    assert decide([root(state=state), DROPPED], 1e9) == []


def test_no_alert_without_a_number_that_changed_by_more_than_noise() -> None:
    assert decide([root()], 1e9) == []
    assert decide([root(), feature("heel_strike_mps3", 9.9)], 1e9) == []
    assert decide([root(), feature("heel_strike_mps3", -40.0)], 1e9) == [], "for the better"
    assert decide([root(), replace(DROPPED, state="cannot_say")], 1e9) == []
    assert decide([root(), replace(DROPPED, side="right")], 1e9) == [], "of the other leg"
    assert decide([root(), PUSHED], 1e9) == [], "of another root"


def test_each_root_and_leg_alerts_for_itself() -> None:
    trends = [root(), DROPPED, root(side="right"), replace(DROPPED, side="right"), root("s1_composite"), PUSHED]
    alerts = decide(trends, 1e9)
    assert {(a.kind, a.side) for a in alerts} == {
        ("foot_lifting_weaker", "left"),
        ("foot_lifting_weaker", "right"),
        ("push_off_weaker", "left"),
    }
    assert len({a.alert_id for a in alerts}) == 3


LOADED = feature("loading_rate_dps", 25.0)


def test_a_knee_that_takes_the_weight_less() -> None:
    alert = one(root("l4_composite"), LOADED)
    assert (alert.kind, alert.tier) == ("knee_control_weaker", "T2")
    assert "pattern compatible with L4-type weakness" in alert.sentence
    assert "loading response 25 % below own normal" in alert.sentence


def test_a_dropped_foot_that_also_loads_more_slowly_is_no_weak_knee() -> None:
    """Unless something else of the knee says so too."""
    dropped = replace(root("l5_composite", state="quiet"), change=3.0, mdc=1.0)
    assert decide([root("l4_composite"), LOADED, dropped], 1e9) == []
    assert decide([root("l4_composite"), LOADED, replace(dropped, change=0.9)], 1e9) != []
    assert decide([root("l4_composite"), LOADED, replace(dropped, side="right")], 1e9) != []
    buckled = feature("giving_way_count", 2.0, usual=0.0, mdc=1.0)
    alert = one(root("l4_composite"), LOADED, buckled, dropped)
    assert "giving-way-like events 2 a day above own normal" in alert.sentence and LOADED not in alert.evidence


def test_a_test_both_legs_do_together_speaks_for_either() -> None:
    rises = replace(feature("sit_to_stand_5_s", 4.2, usual=9.0, mdc=3.0), side=None)
    for side in ("left", "right"):
        alert = one(root("l4_composite", side=side), rises)
        assert alert.side == side and "five rises from a chair 4.2 s above own normal" in alert.sentence


# ---- how often


@pytest.mark.parametrize(("rearmed", "again"), [("", False), (name(9), False), (name(10), False), (name(11), True)])
def test_a_lasting_weakness_is_one_alert(rearmed: str, again: bool) -> None:
    earlier = replace(one(root(), DROPPED), day=name(10))
    chart = replace(root(), rearmed=rearmed)
    assert (decide([chart, DROPPED], 1e9, [earlier]) != []) == again


def test_a_sudden_weakness_that_the_days_chart_does_not_see_is_told_once_a_week_at_most() -> None:
    """Each day ends a run of seven good days then, as if the chart had been high and were low again."""
    told: list[str] = []
    raised: list[Alert] = []
    for number in range(20, 35):
        sudden = replace(root(), day=name(number), rearmed=name(number - 1))
        found = decide_sudden(sudden, [replace(PUSHED, state="much_worse")], (0.0, 2400.0), False, raised)
        told += [alert.day for alert in found]
        raised += found
    assert told == [name(20), name(27), name(34)]


def test_an_alert_silences_no_other_leg_or_root() -> None:
    left = one(root(), DROPPED)
    assert decide([root(side="right"), replace(DROPPED, side="right")], 1e9, [left]) != []
    assert decide([root("s1_composite"), PUSHED], 1e9, [left]) != []


def test_a_day_that_comes_late_is_silenced_by_a_later_alert() -> None:
    later = replace(one(root(), DROPPED), day=name(26))
    assert decide([root(), DROPPED], 1e9, [later]) == []


def test_an_alert_keeps_its_name() -> None:
    assert one(root(), DROPPED).alert_id == one(root(), DROPPED, PUSHED).alert_id
    assert one(replace(root(), day=name(21)), DROPPED).alert_id != one(root(), DROPPED).alert_id


# ---- in what words


def test_the_sentence() -> None:
    speed = feature("speed_mps", 0.05, usual=1.1, mdc=0.13)
    points = feature("foot_drop_pct", 38.0, usual=2.0)
    assert one(root(), points, feature("heel_strike_mps3", 42.0), speed).sentence == (
        "Left leg weaker (foot lifting, pattern compatible with L5-type weakness): heel strike 42 % below own normal; "
        "foot-drop strides 38 points above own normal on 3 worn days in a row, 9.0 h worn that day; speed unchanged."
    )


@pytest.mark.parametrize(
    ("metric", "change", "usual", "mdc", "said"),
    [
        ("foot_drop_pct", 38.0, 2.0, 10.0, "foot-drop strides 38 points above own normal"),
        ("no_heel_strike_pct", 55.0, 4.0, 10.0, "strides without heel strike 55 points above own normal"),
        ("heel_strike_mps3", 450.0, 900.0, 270.0, "heel strike 50 % below own normal"),
        ("shank_tilt_max_deg", 8.0, 40.0, 5.0, "tilt of the shank in swing 8 deg above own normal"),
        ("swing_height_m", 0.021, 0.1, 0.015, "lift of the ankle 2.1 cm above own normal"),
    ],
)
def test_a_changed_number_in_words(metric: str, change: float, usual: float, mdc: float, said: str) -> None:
    assert f"): {said} on 3" in one(root(), feature(metric, change, usual, mdc)).sentence


def test_the_sentence_says_the_change_it_was_judged_by_and_not_one_odd_day() -> None:
    """The change is that of the last good days; today alone may look normal, or like the opposite."""
    odd = feature("heel_strike_mps3", 40.0, value=103.0, z=-0.6)
    assert "heel strike 40 % below own normal" in one(root(), odd).sentence


def test_a_number_that_was_zero_has_no_percentage() -> None:
    sentence = one(root("s1_composite"), feature("push_off_rate_dps", 18.0, usual=0.0)).sentence
    assert "push-off below own normal" in sentence and "%" not in sentence


@pytest.mark.parametrize(
    ("days", "said"), [(1, "on 1 worn day in a row,"), (4, "on 4 worn days in a row,"), (0, "over the last worn days,")]
)
def test_days_in_words(days: int, said: str) -> None:
    assert said in one(root(days=days), DROPPED).sentence


@pytest.mark.parametrize(
    ("speed", "said"),
    [
        (None, "; speed not known."),
        (feature("speed_mps", 0.05, usual=1.0, mdc=0.13), "; speed unchanged."),
        (feature("speed_mps", 0.2, usual=1.0, mdc=0.13), "; speed 20 % below own normal."),
        (feature("speed_mps", -0.2, usual=1.0, mdc=0.13), "; speed 20 % above own normal."),
        (feature("speed_mps", 0.2, usual=1.0, mdc=0.13, side="right"), "; speed not known."),
    ],
)
def test_what_the_speed_did(speed: Trend | None, said: str) -> None:
    trends = [root(), DROPPED, *([speed] if speed else [])]
    assert one(*trends).sentence.endswith(said)


def test_it_says_what_it_is_not() -> None:
    alert = one(root(), DROPPED)
    for word in ("Not a diagnosis", "not an emergency alarm", "Saddle", "bladder", "bowel"):
        assert word in alert.not_this


# ---- on what evidence


def test_the_evidence_is_the_chart_and_every_number_that_changed_the_largest_first() -> None:
    small, large = feature("foot_drop_pct", 12.0), feature("shank_tilt_max_deg", 30.0)
    same = feature("swing_height_m", 1.0)
    alert = one(root(), small, same, large, PUSHED)
    assert alert.evidence == (root(), large, small)


def test_the_sentence_names_three_numbers_at_most() -> None:
    changed = [feature(metric, 20.0 + k) for k, metric in enumerate(CHART_RULES[0].features)]
    alert = one(root(), *changed)
    assert len(alert.evidence) == 1 + len(changed) and alert.sentence.count("own normal") == 3


def test_a_number_that_sums_up_others_is_said_behind_them() -> None:
    score = feature("foot_drop_score", 40.0, z=50.0)
    alert = one(root(), score, DROPPED)
    assert alert.evidence == (root(), DROPPED, score)
    assert one(root(), score).sentence.count("foot-drop score 40.0 points above own normal") == 1


# ---- the tables fit together


def test_every_rule_has_a_chart_with_those_numbers() -> None:
    for rule in CHART_RULES:
        of_root = {m.name for m in DAY_MEASURES if m.root == rule.chart.removesuffix("_composite")}
        assert set(rule.features) == of_root and len(of_root) >= 2


def test_the_words_of_a_number_agree_with_what_it_is() -> None:
    for metric, words in FEATURES.items():
        measure = MEASURES[metric]
        assert words.worse == measure.worse
        assert words.relative == measure.relative or metric == "speed_mps"
