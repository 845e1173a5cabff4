"""Tested days: a guided test stands on its own day, told early or late, with or without readings of that day."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from surefoot.cli.keeping import Keeping
from surefoot.config import Config
from surefoot.pipeline.aids import judged_anew
from surefoot.pipeline.course import Course
from surefoot.pipeline.kepttest import keep_test
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.tested import day_of, only_tests, with_tests
from surefoot.pipeline.trends import judge
from surefoot.records import WORSE, DaySummary, TestResult, Trend
from surefoot.web.patients import last_lived
from weeks import DAY_S, FIRST_S, H, day, days, name

UTC = ZoneInfo("UTC")


def rises(day: int, value: float = 9.0, hour: float = 12.0) -> TestResult:
    start_s = FIRST_S + day * DAY_S + hour * H
    return TestResult("sit_to_stand_5", None, start_s, start_s + 20, value, "s", 0.9)


def heel_rises(day: int, value: float = 20.0) -> TestResult:
    start_s = FIRST_S + day * DAY_S + 13 * H
    return TestResult("heel_rise", "left", start_s, start_s + 60, value, "rises", 0.9)


def resumed(store: Store) -> Course:
    """The course of a home that knows its days and the tests done."""
    return Course(days=store.days(store.gateway()), tests=lambda: store.tests(store.gateway()))


def value(day: DaySummary, metric: str = "sit_to_stand_5_s") -> float | None:
    found = day.metric(None, metric)
    return None if found is None else found.value


def trend(trends: list[Trend], metric: str = "sit_to_stand_5_s") -> Trend:
    (found,) = [t for t in trends if t.metric == metric]
    return found


# ---- on its day


def test_a_test_is_on_the_day_it_began_on_and_on_no_other() -> None:
    tests = [rises(0, 8.0, hour=0.0), rises(1, 9.0, hour=23.99), rises(2, 10.0, hour=0.0)]
    assert [value(with_tests(one, tests)) for one in days(4)] == [8.0, 9.0, 10.0, None]


def test_told_again_it_is_the_same_and_taken_away_it_is_gone() -> None:
    plain = days(1)[0]
    told = with_tests(plain, [rises(0), heel_rises(0)])
    assert with_tests(told, [rises(0), heel_rises(0)]) == told
    assert with_tests(told, []) == plain
    assert [m.name for m in told.metrics[len(plain.metrics) :]] == ["sit_to_stand_5_s", "heel_rise_count"]


def test_a_day_without_readings_is_made_for_it() -> None:
    lived = days(2)
    assert day_of(rises(1), lived, UTC) is lived[1]
    berlin = ZoneInfo("Europe/Berlin")
    late = day_of(rises(5, hour=23.5), lived, berlin)
    assert (late.day, late.start_s) == (name(6), FIRST_S + 6 * DAY_S - H), "half past midnight there"
    assert late.missing == "no readings of this day are known, only guided tests" and late.recorded_h == 0
    told = with_tests(late, [rises(5, hour=23.5)])
    assert only_tests(told) and not only_tests(late) and not only_tests(with_tests(lived[1], [rises(1)]))
    assert value(told) == 9.0


def test_it_is_charted_though_its_day_does_not_count() -> None:
    tests = [rises(k, 9.0 + 0.1 * (k % 2)) for k in range(0, 12, 3)] + [rises(k, 15.0) for k in range(12, 15)]
    lived = [with_tests(replace(one, missing="worn 2.0 h"), tests) for one in days(15)]
    found = trend(judge(lived))
    assert found.state in WORSE and found.value == 15.0 and found.baseline is not None


# ---- in the course, early and late


def test_a_course_asks_for_tests_of_each_day() -> None:
    told = [rises(k) for k in range(5)]
    course = Course(tests=lambda: told)
    for one in days(5):
        trends, _ = course.update(one)
    assert trend(trends).state == "quiet" and value(course.as_told(days(5)[4])) == 9.0
    told.insert(0, rises(0, 11.0, hour=15.0))
    course.update(days(6)[5])
    assert value(course.days[0]) == 10.0, "the middle of two"


def test_a_course_that_is_told_of_no_tests_leaves_those_of_a_day() -> None:
    course = Course(days=[with_tests(days(1)[0], [rises(0)])])
    course.update(days(2)[1])
    assert value(course.days[0]) == 9.0


def test_a_late_test_changes_the_trends_from_its_day_on() -> None:
    before = days(6)
    now = [with_tests(one, [rises(3)]) for one in before]
    assert [d.day for d, _ in judged_anew(before, now)] == [name(k) for k in (3, 4, 5)]
    inserted = [*before[:2], day_of(rises(2), before[:2], UTC), *before[3:]]
    assert [d.day for d, _ in judged_anew([*before[:2], *before[3:]], inserted)] == [name(k) for k in (2, 3, 4, 5)]


def test_a_home_charts_a_test_whatever_else_it_holds(tmp_path: Path) -> None:
    """Before any day, on a day told already, and between days; and a day told later holds it too."""
    keeping = Keeping(open_store(f"sqlite:///{tmp_path}/anna.sqlite"), "anna.sqlite")
    store, gateway = keeping.store, keeping.store.gateway()
    keeping.keep_test(rises(1), UTC)
    (alone,) = store.days(gateway)
    assert (alone.day, value(alone)) == (name(1), 9.0) and only_tests(alone)
    keeping = Keeping(store, "anna.sqlite")
    course = resumed(store)
    for one in days(5):
        keeping.keep_day(course.as_told(one), course.update(one)[0])
    assert keeping.notes == [], "a day of tests alone gives way without a word"
    assert [value(one) for one in store.days(gateway)] == [None, 9.0, None, None, None]
    Keeping(store, "anna.sqlite").keep_test(rises(3, 9.5), UTC)
    assert [value(one) for one in store.days(gateway)] == [None, 9.0, None, 9.5, None]
    Keeping(store, "anna.sqlite").keep_test(rises(7, 9.7), UTC)
    assert [d.day for d in store.days(gateway)] == [name(k) for k in (0, 1, 2, 3, 4, 7)]
    assert trend(store.trends(gateway, "sit_to_stand_5_s", day=name(7))).reason.startswith("learning what is normal")
    assert store.outbox.pending(100)[-1].kind == "day"
    store.close()


def test_a_late_test_may_be_what_raises_the_alert(tmp_path: Path) -> None:
    """Knees that load more slowly are not enough; five rises that took twice as long are, told after the day was."""
    store = open_store(f"sqlite:///{tmp_path}/anna.sqlite")
    gateway = store.gateway()
    keeping = Keeping(store, "anna.sqlite")
    course = resumed(store)
    tests = [rises(k, 9.0 + 0.2 * (k % 3)) for k in (0, 3, 6, 9)]
    for test in tests:
        store.keep_test(test)
    for number, one in enumerate(days(19)):
        slow = [replace(m, value=m.value * 0.83) if m.name == "loading_rate_dps" and m.side == "left" and number > 13
                and m.value else m for m in one.metrics]  # fmt: skip
        lived = replace(one, metrics=tuple(slow))
        trends, alerts = course.update(lived)
        keeping.keep_day(course.as_told(lived), trends)
        assert alerts == []
    for number in range(14, 19):
        Keeping(store, "anna.sqlite").keep_test(rises(number, 18.0), UTC)
    assert {stored.alert.kind for stored in store.alerts(gateway)} == {"knee_control_weaker", "five_rises_slower"}
    store.close()


def test_a_day_that_a_clock_told_which_stood_ahead_hides_no_test(tmp_path: Path) -> None:
    """It would be the newest day, and a test done today too late to tell of."""
    store, now_s = open_store(f"sqlite:///{tmp_path}/anna.sqlite"), FIRST_S + 20 * DAY_S
    for one in [*days(19), replace(day(3000), day="2034-05-20")]:
        store.keep_day(one)
    for number in (0, 3, 6, 9, 12):
        keep_test(store, heel_rises(number), UTC, now_s)
    assert store.alerts() == []
    for number in range(16, 20):
        keep_test(store, heel_rises(number, 9.0), UTC, now_s)
    assert "heel_rises_fewer" in {stored.alert.kind for stored in store.alerts()}
    store.close()


def test_an_alert_of_a_test_is_of_now_and_not_of_the_end_of_its_day(tmp_path: Path) -> None:
    """Else the patient's page says nothing of it until midnight, and rules that look at what was told do not see it."""
    store = open_store(f"sqlite:///{tmp_path}/anna.sqlite")
    for number in (0, 3, 6, 9, 12):
        keep_test(store, heel_rises(number), UTC, heel_rises(number).end_s + 60.0)
    for number in (16, 17, 18):
        keep_test(store, heel_rises(number, 9.0), UTC, heel_rises(number).end_s + 60.0)
        if store.alerts():
            break
    (stored,) = store.alerts()
    assert stored.alert.raised_s == heel_rises(number).end_s + 60.0
    store.close()


# ---- at the clinic


def test_a_test_at_noon_does_not_push_yesterday_aside() -> None:
    lived = days(3)
    today = with_tests(day_of(rises(3), lived, UTC), [rises(3)])
    assert last_lived([*lived, today]) is lived[2] and last_lived([today]) is today and last_lived([]) is None


def test_the_home_it_is_kept_in_has_a_day_of_the_patients_own_zone(tmp_path: Path) -> None:
    config = Config(home=tmp_path, timezone="Pacific/Auckland")
    store = open_store(f"sqlite:///{tmp_path}/anna.sqlite")
    Keeping(store, "anna.sqlite").keep_test(rises(0), config.zone)
    assert [d.day for d in store.days(store.gateway())] == [name(1)]
    store.close()
