"""Slow decline and both legs: when it is told, in which words, and that nobody is told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.alerts.decline import Slope, decide_both_legs, decide_declines
from surefoot.alerts.rules import decide
from surefoot.records import Alert, Baseline, Treatment, Trend
from weeks import name

BASE = Baseline(0.0, 0.5, 14, name(0), name(13), False)
NEAR = Trend(name(30), "left", "s1_composite", "watch", 1.5, BASE, 2.0, 3.6, 1.3, 1.2, 3, 400, 9.0)
FALLS = Slope("s1_composite", "left", 1.6, 0.004, 12)


def told(chart: Trend = NEAR, slope: Slope = FALLS, treatments=(), before=()) -> list[Alert]:
    return decide_declines([chart], [slope], treatments, 7.0, before)


def test_a_chart_that_nears_its_limit_and_falls_steadily() -> None:
    (alert,) = told()
    assert (alert.tier, alert.kind, alert.side, alert.raised_s) == ("T2", "push_off_weaker", "left", 7.0)
    assert alert.sentence == (
        "Left leg weaker from day to day (push-off, pattern compatible with S1-type weakness): by 1.6 spreads in a "
        "fortnight, 12 worn days (Mann-Kendall p 0.004; what noise reaches is 1.2)."
    )


@pytest.mark.parametrize(
    ("chart", "slope"),
    [
        (replace(NEAR, state="quiet"), FALLS),
        (replace(NEAR, state="cannot_say"), FALLS),
        (NEAR, replace(FALLS, per_fortnight=1.2)),
        (NEAR, replace(FALLS, per_fortnight=-1.6)),
        (NEAR, replace(FALLS, p=0.01)),
        (replace(NEAR, change=1.2), FALLS),
        (NEAR, replace(FALLS, side="right")),
        (NEAR, replace(FALLS, metric="l5_composite")),
    ],
)
def test_anything_less_is_not_told(chart: Trend, slope: Slope) -> None:
    assert told(chart, slope) == []


def test_a_knee_that_a_dropping_foot_explains_is_not_told() -> None:
    knee = replace(NEAR, metric="l4_composite", state="worse", change=3.0)
    falls = replace(FALLS, metric="l4_composite", per_fortnight=4.0)
    loading = replace(NEAR, metric="loading_rate_dps", state="worse", change=30.0, mdc=20.0)
    foot = replace(NEAR, metric="l5_composite", state="worse", change=5.0)
    assert [a.kind for a in decide_declines([knee, loading], [falls], (), 7.0)] == ["knee_control_weaker"]
    assert decide_declines([foot, knee, loading], [falls], (), 7.0) == []
    gave_way = replace(loading, metric="giving_way_count", change=2.0, mdc=1.0)
    assert decide_declines([foot, knee, loading, gave_way], [falls], (), 7.0) != []


def test_whoever_was_told_of_this_leg_and_root_is_not_told_again() -> None:
    (alert,) = told()
    assert told(before=[alert]) == [] and told(before=[replace(alert, tier="T3")]) == []
    assert told(before=[replace(alert, side="right")]) != []
    assert told(replace(NEAR, day=name(50), rearmed=name(45)), before=[alert]) != []


def test_despite_treatment() -> None:
    begun = [Treatment("physiotherapy", name(10)), Treatment("injection", name(20))]
    assert (
        " day to day despite physiotherapy since 2026-03-12 and injection since 2026-03-22 ("
        in told(treatments=begun)[0].sentence
    )
    today, ended = Treatment("exercise", name(30)), Treatment("surgery", name(-60))
    withdrawn = Treatment("surgery", name(20), True)
    assert "despite" not in told(treatments=[today, ended, withdrawn])[0].sentence


def test_the_second_leg_within_a_fortnight_is_urgent() -> None:
    (left,) = told()
    (right,) = told(replace(NEAR, side="right", day=name(40)), replace(FALLS, side="right"))
    (both,) = decide_both_legs([right], 9.0, [left])
    assert (both.tier, both.side, both.kind, both.day) == ("T3", None, "push_off_weaker", name(40))
    assert "the right leg now, the other since 2026-04-01" in both.sentence and "red flags" in both.sentence
    assert {trend.side for trend in both.evidence} == {"left", "right"} and "saddle" in both.not_this
    assert decide_both_legs([right], 9.0, [left, both]) == [], "told already"
    assert decide_both_legs([right], 9.0, [replace(left, day=name(25))]) == [], "longer ago"
    assert decide_both_legs([right], 9.0, [replace(left, kind="foot_lifting_weaker")]) == [], "another root"
    assert decide_both_legs([], 9.0, [left, right]) == [], "nothing new"


def test_both_on_one_day_are_one_urgent_alert() -> None:
    (left,) = told()
    right = replace(left, side="right", alert_id="other")
    assert [a.tier for a in decide_both_legs([left, right], 9.0)] == ["T3"]


def test_a_chart_alert_of_both_legs_counts_too() -> None:
    changed = Trend(name(30), "left", "push_off_rate_dps", "worse", 120.0, BASE, 6.0, 9.0, 30.0, 10.0, 3, 400, 9.0)
    charts = [replace(NEAR, state="worse"), replace(NEAR, state="worse", side="right")]
    made = decide([*charts, changed, replace(changed, side="right")], 9.0)
    assert len(made) == 2 and len(decide_both_legs(made, 9.0)) == 1
