"""Guided tests that went worse: which change is told, in which words, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot.alerts.testrules import TEST_LIMITS, decide_tests
from surefoot.pipeline.course import Course
from surefoot.pipeline.measures import MEASURES
from surefoot.records import Alert, Baseline, DaySummary, Trend
from weeks import day, name


def trend_of(metric: str, change: float, today: float | None = None, mdc: float = 3.0) -> Trend:
    """A test that changed by so much for the worse; ``today``: that of the last one alone."""
    usual = {"sit_to_stand_5_s": 9.0, "timed_up_and_go_s": 8.0, "heel_rise_count": 24.0}[metric]
    value = usual + MEASURES[metric].worse * (change if today is None else today)
    base = Baseline(usual, 1.1, 4, name(0), name(9), False)
    side = "left" if metric == "heel_rise_count" else None
    return Trend(name(20), side, metric, "quiet", value, base, 2.0, 2.0, change, mdc)


@pytest.mark.parametrize("rule", TEST_LIMITS, ids=lambda rule: rule.metric)
def test_a_change_that_counts_is_told_and_a_smaller_one_is_not(rule) -> None:
    (alert,) = decide_tests([trend_of(rule.metric, rule.limit)], 5.0)
    assert (alert.tier, alert.kind, alert.raised_s) == ("T2", rule.kind, 5.0)
    assert f"a change of {rule.limit:g}" in alert.sentence and "Repeat the test" in alert.sentence
    assert decide_tests([trend_of(rule.metric, rule.limit - 0.1)], 5.0) == []
    assert decide_tests([trend_of(rule.metric, -2 * rule.limit)], 5.0) == [], "for the better"


def test_noise_of_this_patient_is_none() -> None:
    assert decide_tests([trend_of("sit_to_stand_5_s", 3.7, mdc=3.8)], 5.0) == []
    assert decide_tests([replace(trend_of("sit_to_stand_5_s", 9.0), state="cannot_say")], 5.0) == []


def test_one_test_far_beyond_needs_no_second() -> None:
    assert decide_tests([trend_of("sit_to_stand_5_s", 0.2, today=5.3)], 5.0) == []
    (alert,) = decide_tests([trend_of("sit_to_stand_5_s", 0.2, today=5.4)], 5.0)
    assert alert.sentence.startswith(
        "Five rises from a chair 5.4 s more than own normal (9.0 s over 4 tests; today 14.4"
    )


def test_one_test_far_beyond_must_be_beyond_noise_too() -> None:
    assert decide_tests([trend_of("sit_to_stand_5_s", 0.2, today=5.9, mdc=6.0)], 5.0) == []


def test_fewer_heel_rises_say_which_leg() -> None:
    (alert,) = decide_tests([trend_of("heel_rise_count", 8.0, mdc=6.0)], 5.0)
    assert alert.side == "left"
    assert alert.sentence.startswith(
        "Left leg: heel rises on one leg 8 fewer than own normal (24 over 4 tests; today 16)"
    )


def test_once_until_it_was_well_for_long() -> None:
    worse = trend_of("timed_up_and_go_s", 4.0)
    (first,) = decide_tests([worse], 5.0)
    assert decide_tests([replace(worse, day=name(23))], 6.0, [first]) == []
    assert decide_tests([replace(worse, day=name(50), rearmed=name(40))], 6.0, [first]) != []


def weeks_of(values: list[float]) -> list[DaySummary]:
    """Guided tests twice a week, on days that count for nothing else."""
    return [
        day(round(3.5 * k), {(None, "sit_to_stand_5_s"): value}, missing="not worn") for k, value in enumerate(values)
    ]


def told(values: list[float]) -> list[Alert]:
    course = Course()
    return [alert for one in weeks_of(values) for alert in course.update(one)[1]]


def test_the_course_of_a_patient_who_rises_slower() -> None:
    """Four tests make the baseline; the second slow one of the next three is told, one slow one alone is not."""
    usual = [9.0, 9.4, 8.8, 9.2]
    assert [a.kind for a in told([*usual, 9.1, 9.0, 13.0, 13.2])] == ["five_rises_slower"]
    assert told([*usual, 9.1, 9.0, 13.0, 9.2, 9.0]) == []
    assert [a.day for a in told([*usual, 9.1, 9.0, 16.0])] == [weeks_of([0.0] * 7)[6].day], "so slow needs no second"
