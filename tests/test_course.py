"""The course of one patient: days in, trends and alerts out, wherever the gateway is restarted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import made
from surefoot.pipeline.acute import Sudden
from surefoot.pipeline.course import Course
from surefoot.pipeline.resumed import resumed
from surefoot.pipeline.store import open_store
from surefoot.records import WORSE, Aid, Alert, DaySummary, Trend
from surefoot.signal.told import WalkFindings
from weeks import day, days, findings, name

Told = list[tuple[list[Trend], list[Alert]]]

LIVED = days(27, weak_from=18)
MISSING = "worn 2.0 h, less than 6 h"


def followed(course: Course, lived: list[DaySummary]) -> Told:
    return [course.update(one) for one in lived]


def alerts_of(told: Told) -> list[Alert]:
    return [alert for _, alerts in told for alert in alerts]


WHOLE = followed(Course(), LIVED)


def test_a_leg_that_weakens_is_told_within_a_week_and_then_once_a_week() -> None:
    alerts = alerts_of(WHOLE)
    assert {(a.kind, a.side) for a in alerts} == {("foot_lifting_weaker", "left")}
    numbers = [[d.day for d in LIVED].index(a.day) for a in alerts]
    assert 18 <= numbers[0] < 18 + 7 and all(b - a == 7 for a, b in pairwise(numbers))
    assert alerts[0].raised_s == LIVED[numbers[0]].end_s


def test_somebody_who_does_not_change_is_left_alone() -> None:
    assert alerts_of(followed(Course(), days(40, seed=5))) == []


def test_no_alert_before_the_whole_baseline_is_there() -> None:
    """Nor is one taken back or repeated when it is."""
    early = followed(Course(), days(24, weak_from=9))
    states = [{t.state for t in trends} for trends, _ in early]
    assert all(one == {"cannot_say"} for one in states[:14]) and alerts_of(early[:14]) == []


@settings(max_examples=8)  # each judges 54 days
@given(st.sets(st.integers(1, 26), max_size=4), st.sets(st.integers(0, 26), max_size=6))
def test_restarting_anywhere_changes_nothing(restarts: set[int], gone: set[int]) -> None:
    lived = [replace(one, missing=MISSING) if k in gone else one for k, one in enumerate(LIVED)]
    without = followed(Course(), lived)
    course, told = Course(), []
    for k, one in enumerate(lived):
        if k in restarts:
            course = Course(days=lived[:k], alerts=alerts_of(told)[::-1])
        told.append(course.update(one))
    assert told == without


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("missing", ["", MISSING])
def test_what_was_over_long_ago_hides_no_sudden_weakness(restarted: bool, missing: str) -> None:
    """Weeks of quiet days behind an urgent alert: also after a restart, and where nothing is known of yesterday."""
    lived = days(40, seed=5)
    lived[-1] = replace(lived[-1], missing=missing)
    old = replace(made.alert("old", "T3"), kind="foot_lifting_weaker", side="left", day=lived[20].day)
    course = Course(days=lived if restarted else lived[:-1], alerts=[old], today=SuddenToday(name(40)))  # type: ignore[arg-type]
    if not restarted:
        course.update(lived[-1])
    assert [alert.tier for alert in course.walked(findings())] == ["T3"]
    again = Course(days=lived, alerts=[replace(old, day=lived[-1].day)], today=SuddenToday(name(40)))  # type: ignore[arg-type]
    assert again.walked(findings()) == [], "one that goes on is one alert"


class SuddenToday:
    """The strides of a morning on which the left foot lifts less."""

    def __init__(self, day: str) -> None:
        chart = Trend(day, "left", "l5_composite", "much_worse", 6.0, change=6.0, strides=150)
        self._sudden = Sudden("l5", "left", 0.0, 3600.0, False, chart, ())

    def update(self, found: WalkFindings, known_s: float | None = None) -> list[Sudden]:
        return [self._sudden]


def test_a_restart_from_a_store_changes_nothing(tmp_path: Path) -> None:
    """What a store gives back is what was put in, to the last digit."""
    told = []
    for one in LIVED:
        store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
        known = [stored.alert for stored in store.alerts(store.gateway())]
        trends, alerts = Course(days=store.days(store.gateway()), alerts=known).update(one)
        store.keep_day(one, trends)
        for alert in alerts:
            store.keep_alert(alert)
        store.close()
        told.append((trends, alerts))
    assert told == WHOLE


def test_what_was_told_while_the_clock_was_ahead_hides_nothing(tmp_path: Path) -> None:
    """A clock that stood ten years ahead for a day: that day is not the newest, and its alert latches nothing."""
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    ahead_s = 3652 * 86400.0
    strange = replace(LIVED[0], day="2036-01-02", start_s=LIVED[0].start_s + ahead_s, end_s=LIVED[0].end_s + ahead_s)
    for one in (*LIVED[:20], strange):
        store.keep_day(one)
    ghost = replace(made.alert("ghost", "T3"), kind="foot_lifting_weaker", side="left", day=strange.day)
    store.keep_alert(replace(ghost, raised_s=strange.end_s))
    course = resumed(store, ZoneInfo("UTC"), now_s=lambda: LIVED[20].end_s + 900.0)
    _, alerts = course.update(LIVED[20])
    assert alerts == Course(days=LIVED[:20]).update(LIVED[20])[1] != []
    store.close()


@settings(max_examples=8)
@given(st.lists(st.integers(0, 26), max_size=6, unique=True))
def test_missing_days_are_invisible_to_the_chart(where: list[int]) -> None:
    """The same good days with missing ones among them: every number and state is the same, on another date."""
    lived, number = [], 0
    for k, one in enumerate(LIVED):
        if k in where:
            lived.append(day(number, missing=MISSING))
            number += 1
        lived.append(replace(one, day=name(number)))
        number += 1
    good = [trends for one, (trends, _) in zip(lived, followed(Course(), lived), strict=True) if not one.missing]
    assert [numbers(trends) for trends in good] == [numbers(trends) for trends, _ in WHOLE]


def numbers(trends: list[Trend]) -> list[tuple[object, ...]]:
    return [(t.metric, t.side, t.state, t.value, t.z, t.shift, t.change, t.mdc, t.worse_days) for t in trends]


def test_a_day_told_again_is_judged_anew_and_alerts_once() -> None:
    course = Course(days=LIVED[:20])
    first, alerts = course.update(LIVED[20])
    again, more = course.update(LIVED[20])
    assert first == again and alerts and not more


def test_a_day_that_was_missing_and_comes_complete_takes_its_place() -> None:
    course = Course(days=LIVED[:20])
    trends, _ = course.update(replace(LIVED[20], missing=MISSING))
    assert {t.state for t in trends} == {"cannot_say"}
    assert course.update(LIVED[20]) == Course(days=LIVED[:20]).update(LIVED[20])


def test_late_days_alert_only_on_what_is_true_now() -> None:
    """A weak spell that is over fills the chart when it comes late, and alarms nobody."""
    spell, well = days(24, weak_from=16), days(40, seed=3)
    after = [replace(one, day=name(24 + k)) for k, one in enumerate(well[:12])]
    course = Course(days=[*spell[:16], *after])
    late = followed(course, spell[16:])
    assert any(t.state in WORSE for trends, _ in late for t in trends), "the days themselves were bad"
    assert alerts_of(late) == []


def test_late_days_alert_on_what_is_still_true_and_say_when() -> None:
    lived = days(26, weak_from=16)
    course = Course(days=[*lived[:16], lived[-1]])
    alerts = [alert for one in lived[16:25] for alert in course.update(one)[1]]
    assert [alert.day for alert in alerts] == [name(25)] and alerts[0].raised_s == lived[25].end_s


def test_what_the_patient_logs_is_on_the_days_from_then_on_and_on_those_before() -> None:
    """A brace since day 20, logged the evening after: what changed with it is no weakness."""
    logged: list[Aid] = []
    lived = days(34, weak_from=20)
    course = Course(aids=lambda: logged)
    told = followed(course, lived[:21])
    assert course.as_told(lived[20]).aids == ()
    logged.append(Aid("brace", name(20)))
    told += followed(course, lived[21:])
    assert alerts_of(told) == [] and course.as_told(lived[20]).aids == ("brace",)
    assert alerts_of(followed(Course(), lived)) != [], "else the brace changed nothing"
    newest = {t.reason for t in told[-1][0]}
    assert newest <= {"learning what is normal with brace: 14 of 14 good days", "not known today"}


def test_days_come_in_any_order_from_a_store() -> None:
    assert Course(days=LIVED[:20][::-1]).update(LIVED[20])[0] == WHOLE[20][0]
