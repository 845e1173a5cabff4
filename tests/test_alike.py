"""A change that both legs share: asked about first, three days at the most; what is urgent waits for nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.alerts.alike import AlikeParams, answered, held_back, open_questions, question, unanswered, waiting
from surefoot.alerts.decline import decide_both_legs
from surefoot.alerts.rules import new_alert
from surefoot.pipeline.apart import apart
from surefoot.pipeline.footwear import better
from surefoot.pipeline.rulebook import Known, RulebookParams, decide_day, would_have
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge
from surefoot.records import Alert, Baseline, DaySummary, Trend
from weeks import days, name

BASE = Baseline(0.0, 0.9, 14, name(0), name(13), False)
LEFT = Trend(name(20), "left", "s1_composite", "worse", 2.6, BASE, 2.6, 4.2, 2.6, 1.3, 2, 400, 9.0)
RIGHT = replace(LEFT, side="right", state="watch", shift=2.1, change=1.9)
PUSH = Trend(name(20), "left", "push_off_rate_dps", "worse", 130.0, replace(BASE, centre=160.0), 3.0, 4.0, 28.0, 24.0)
REVIEW = new_alert("push_off_weaker", "T2", "left", name(20), 7.0, "Left leg weaker.", (LEFT, PUSH))
NEAR = {("s1_composite", "left"): 1.4, ("s1_composite", "right"): 0.0}


def pushing_less(left_pct: float, right_pct: float, seed: int, count: int = 24, since: int = 18) -> list[DaySummary]:
    """Days of a patient whose legs push off less from a day on."""
    less = {"left": left_pct, "right": right_pct}
    lived = []
    for n, day in enumerate(days(count, seed=seed)):
        pushes = {
            m for m in day.metrics if n >= since and m.name in ("push_off_rate_dps", "push_off_acceleration_mps2")
        }
        metrics = (replace(m, value=m.value * (1 - less[m.side] / 100)) if m in pushes else m for m in day.metrics)
        lived.append(replace(day, metrics=tuple(metrics)))
    return lived


def fired(lived: list[DaySummary]) -> dict[str, list[tuple[str, str]]]:
    return {one.rule.name: list(one.fired) for one in would_have(lived) if one.fired}


# ---- what waits, and for how long


def held(one: Alert = REVIEW, other: Trend = RIGHT, legs=NEAR, before=()) -> list[Alert]:
    return held_back([one], legs, [LEFT, other], before)


def test_a_review_waits_where_the_other_leg_has_moved_as_well() -> None:
    assert held() == [REVIEW]
    (asked,) = question([REVIEW], [], 7.0)
    assert (asked.tier, asked.side, asked.day) == ("T1", None, name(20))
    assert asked.sentence == (
        "Both legs have changed alike (Left leg: push-off 18 % below own normal): the patient is asked about other "
        "shoes. Without an answer it is a review after 3 days."
    )
    assert question([REVIEW], [asked], 7.0) == [], "once is enough"


@pytest.mark.parametrize(
    "why",
    [
        {"legs": {("s1_composite", "left"): 3.1}},  # the charts have come apart
        {"legs": {}},  # nobody knows whether
        {"other": replace(RIGHT, shift=0.4)},
        {"other": replace(RIGHT, shift=None, state="cannot_say")},
        {"other": replace(RIGHT, metric="l5_composite")},
        {"one": replace(REVIEW, tier="T3")},
        {"one": replace(REVIEW, kind="heel_rises_fewer")},
        {"one": replace(REVIEW, evidence=(LEFT, replace(PUSH, metric="heel_rise_count")))},  # no shoe does that
    ],
)
def test_everything_else_is_told_at_once(why: dict) -> None:
    assert held(**why) == []


def test_nobody_waits_longer_than_three_days_for_an_answer() -> None:
    (asked,) = question([REVIEW], [], 7.0)
    for later, waits in ((21, True), (22, True), (23, False), (24, False)):
        assert bool(held(replace(REVIEW, day=name(later)), before=[asked])) is waits
    told = unanswered(replace(REVIEW, day=name(23)), [asked])
    assert told.sentence == f"Left leg weaker. Asked about other shoes on {name(20)}: no answer."
    assert unanswered(REVIEW, []) is REVIEW
    other_root = replace(REVIEW, evidence=(replace(LEFT, metric="l5_composite"),), kind="foot_lifting_weaker")
    late = replace(other_root, day=name(23))
    assert held_back([late], {("l5_composite", "left"): 1.0}, [replace(RIGHT, metric="l5_composite")], [asked]) == [
        late
    ]


def test_what_was_answered_lately_is_not_asked_again_nor_waited_for() -> None:
    """No, said on a day on which the chart was low again; two days later it is high, in the usual shoes."""
    (asked,) = question([REVIEW], [], 7.0)
    said = answered(asked, "the usual shoes", 8.0)
    soon, later = (replace(REVIEW, day=name(20 + days)) for days in (2, 3))
    assert held(soon, before=[asked, said]) == [] == held(soon, before=[said])
    assert held(later, before=[said]) == [later], "another change is another question"


def test_a_question_of_long_ago_that_nobody_answered_is_asked_again() -> None:
    (asked,) = question([REVIEW], [], 7.0)
    later = replace(REVIEW, day=name(35), alert_id="later")
    assert held(later, before=[asked]) == [later]
    (again,) = question([later], [asked], 9.0)
    assert again.day == name(35) and unanswered(later, [asked]) == later


def test_an_answered_question_is_open_no_more_whichever_copy_comes_first() -> None:
    (asked,) = question([REVIEW], [], 7.0)
    said = answered(asked, "the usual shoes", 9.0)
    assert said.sentence.endswith("The patient says: the usual shoes.") and said.resolved_s == 9.0
    assert open_questions([asked]) == [asked] and open_questions([asked, said]) == []
    assert held(replace(REVIEW, day=name(24)), before=[asked, said]) != [], "a new change is a new question"
    assert question([REVIEW], [asked, said], 7.0) == [], "but not of the same day: it was answered"


def test_the_second_legs_review_is_urgent_though_the_first_waits() -> None:
    (asked,) = question([REVIEW], [], 7.0)
    second = replace(REVIEW, side="right", day=name(22))
    (both,) = decide_both_legs([second], 9.0, waiting([asked]))
    assert (both.tier, both.side) == ("T3", None)
    assert held_back([second, both], {("s1_composite", "right"): 0.0}, [LEFT, RIGHT], [asked]) == []


def test_in_other_shoes_as_it_seems_one_legs_chart_waits_for_a_week_and_the_second_legs_does_not() -> None:
    seems = 3.5
    urgent = replace(REVIEW, tier="T3")
    assert held_back([urgent], NEAR, [LEFT, RIGHT], [], better=3.3) == []
    assert held_back([urgent], NEAR, [LEFT, RIGHT], [], better=seems) == [urgent]
    still = [LEFT, replace(RIGHT, shift=0.0)]
    assert held_back([REVIEW], {("s1_composite", "left"): 4.5}, still, [], better=seems) == [REVIEW]
    assert held_back([REVIEW], {("s1_composite", "left"): 4.7}, still, [], better=seems) == [], "one leg's, plainly"
    (asked,) = question([urgent], [], 7.0, better=seems)
    assert "some of it for the better, as in other shoes (Left leg: push-off 18 % below own normal)" in asked.sentence
    assert asked.sentence.endswith("Without an answer it is told after 3 days.")
    assert "Without an answer it is told after 7 days." in question([REVIEW], [], 7.0, better=seems)[0].sentence
    for one, later, waits in ((REVIEW, 26, True), (REVIEW, 27, False), (urgent, 22, True), (urgent, 23, False)):
        assert bool(held_back([replace(one, day=name(later))], NEAR, [LEFT, RIGHT], [asked], better=seems)) is waits
    second = replace(REVIEW, side="right", day=name(22))
    (both,) = decide_both_legs([second], 9.0, waiting([asked]))
    assert (both.tier, both.side) == ("T3", None)
    assert held_back([second, both], NEAR, [LEFT, RIGHT], [asked], better=seems) == []


# ---- on whole days


def lifting(lived: list[DaySummary], since: int, **factors: float) -> list[DaySummary]:
    """The days with a number of both legs times so much from a day on."""
    return [
        day
        if n < since
        else replace(
            day,
            metrics=tuple(replace(m, value=m.value * factors.get(m.name, 1.0)) if m.value else m for m in day.metrics),
        )
        for n, day in enumerate(lived)
    ]


def test_the_mark_of_other_shoes_is_what_both_legs_do_better_at_once() -> None:
    seen = better(lifting(pushing_less(18, 12, seed=5), 18, heel_strike_mps3=1.25))
    assert seen > AlikeParams().better
    for lived in (days(24, seed=5), pushing_less(18, 12, seed=5), lifting(days(24, seed=5), 18, heel_strike_mps3=0.75)):
        assert better(lived) < 2.5, "as ever, weaker, worse"
    one_leg = lifting(days(24, seed=5), 18, heel_strike_mps3=1.25)
    right = [replace(a, metrics=tuple(m if m.side == "right" else o for m, o in zip(b.metrics, a.metrics, strict=True)))
             for a, b in zip(days(24, seed=5), one_leg, strict=True)]  # fmt: skip
    assert better(right) < better(one_leg)
    assert better([]) == better(one_leg[:14]) == 0.0


def test_days_in_other_shoes_call_nobody_within_three_days() -> None:
    lived = lifting(pushing_less(18, 12, seed=5), 18, heel_strike_mps3=1.25)
    assert fired(lived) == {"both legs alike": [(name(20), "T1")]}, "without it the third day is a review, above"


def test_who_gets_better_slowly_wears_no_other_shoes() -> None:
    lived = days(60, seed=5)
    slowly = [lifting([day], 0, heel_strike_mps3=1 + 0.004 * n)[0] for n, day in enumerate(lived)]
    assert max(better(slowly[:n]) for n in range(20, 61, 8)) < AlikeParams().better


def test_days_on_which_both_legs_push_off_less() -> None:
    lived = pushing_less(18, 12, seed=5)
    assert fired(lived) == {"both legs alike": [(name(20), "T1")], "charts": [(name(23), "T2")]}
    unasked = [one for one in would_have(lived, params=RulebookParams(alike=None)) if one.fired]
    assert [(one.rule.name, one.fired[0]) for one in unasked] == [("charts", (name(20), "T2"))]


def test_both_legs_weak_are_urgent_while_the_patient_is_asked() -> None:
    told = fired(pushing_less(17, 13, seed=1))
    assert told["both legs alike"] == [(name(19), "T1")] and told["both legs"] == [(name(20), "T3")]


@pytest.mark.parametrize("seed", range(3))
def test_a_weakness_of_one_leg_is_told_at_once(seed: int) -> None:
    told = fired(pushing_less(25, 0, seed))
    assert "both legs alike" not in told and min(day for day, _ in told["charts"]) <= name(19)


def test_the_alert_says_what_the_limit_was() -> None:
    lived = pushing_less(18, 12, seed=5)[:21]
    made = decide_day(Known(lived, judge(lived), Told(), RulebookParams()))
    ((rule, asked),) = made
    assert rule.name == "both legs alike" and f"less than {AlikeParams().apart:g} standard errors apart" in asked.limit
    assert {(trend.metric, trend.side) for trend in asked.evidence} >= {("s1_composite", "left")}


def test_how_far_legs_are_apart() -> None:
    one_leg, both = pushing_less(25, 0, seed=1), pushing_less(20, 20, seed=1)
    assert apart(one_leg)["s1_composite", "left"] > 5 and apart(one_leg)["s1_composite", "right"] == 0
    assert apart(both)["s1_composite", "left"] < 2
    right_only = [replace(day, metrics=tuple(m for m in day.metrics if m.side != "left")) for day in both]
    assert apart(right_only) == {} and apart([]) == {} and apart(one_leg[:14]) == {}
