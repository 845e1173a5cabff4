"""The question about other shoes: on the patient's page and in the terminal; what each answer does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from click.testing import CliRunner

import made
import weeks
from surefoot.alerts.alike import asked_by_clinic, open_questions
from surefoot.alerts.orders import order_payload, order_topic, read_order
from surefoot.cli.log import log
from surefoot.pipeline.asking import answered_s, answers_in
from surefoot.pipeline.course import Course
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.shoes import DAY_S, OPEN_S, SETTLED_S, asked_shoes, overdue
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.tested import day_of, with_tests
from surefoot.records import Aid, DaySummary, Order, Question
from test_alike import pushing_less
from test_homepage import asked as page
from test_web import text
from weeks import FIRST_S, name

NOW_S = FIRST_S + 21.4 * 86400.0  # the morning after the day on which both legs are seen to have changed
LIVED = pushing_less(18, 12, seed=5)[:21]
REVIEWED = "push_off_weaker"


def fill(store: Store, lived: list[DaySummary] = LIVED) -> None:
    for day in lived[:-1]:
        store.keep_day(day)
    course = Course(days=lived[:-1])
    for day in lived[-1:]:
        trends, alerts = course.update(day)
        for alert in alerts:
            store.keep_alert(alert)
        store.keep_day(day, trends)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    fill(store)
    yield store
    store.close()


def told(store: Store) -> list[tuple[str, str]]:
    return sorted((one.alert.tier, one.alert.kind) for one in store.alerts())


def test_the_question_stands_on_the_page_until_it_is_answered_or_a_week_old(home: Store) -> None:
    assert told(home) == [("T1", "legs_changed_alike")]
    shown = text(page(home, "GET", "/", now_s=NOW_S))
    assert "Did you walk in other shoes?" in shown and f"Yes, but only until {name(20)}" in shown
    assert asked_shoes(home, NOW_S).first_day == name(18)
    assert "other shoes?" not in text(page(home, "GET", "/", now_s=NOW_S + OPEN_S))


def test_no_is_the_review_that_waited_for_it(home: Store) -> None:
    answered = page(home, "POST", "/shoes", {"word": "no"}, now_s=NOW_S)
    assert "Your care team is told at once" in text(answered) and "other shoes?" not in text(answered)
    assert told(home) == [("T1", "legs_changed_alike"), ("T2", REVIEWED)]
    (review,) = [one.alert for one in home.alerts() if one.alert.tier == "T2"]
    assert review.raised_s == NOW_S and review.side == "left"
    assert review.sentence.endswith(f"Asked about other shoes on {name(20)}: the usual shoes.")
    assert page(home, "POST", "/shoes", {"word": "no"}, now_s=NOW_S).status_code == 404, "answered once"
    assert home.diary.aids() == []


@pytest.mark.parametrize(("word", "end"), [("still", None), ("until", name(20))])
def test_shoes_are_logged_for_the_days_asked_about_and_nobody_is_called(home: Store, word: str, end: str) -> None:
    answered = page(home, "POST", "/shoes", {"word": word}, now_s=NOW_S)
    assert "Your answer is kept" in text(answered)
    assert home.diary.aids() == [Aid("shoes", name(18), end)]
    assert told(home) == [("T1", "legs_changed_alike")]
    newest = home.days(home.gateway())[-1]
    assert newest.aids == ("shoes",)
    states = {trend.state for trend in home.trends(home.gateway(), "push_off_rate_dps", day=newest.day)}
    assert states == {"cannot_say"}, "judged anew: nothing is known yet of days in them"
    (question,) = [one.alert for one in home.alerts()]
    assert question.resolved_s == NOW_S and "The patient says: other shoes" in question.sentence


def test_who_says_nothing_is_reviewed_after_three_days(home: Store) -> None:
    course = Course(days=home.days(home.gateway()), alerts=[one.alert for one in home.alerts()])
    later = [alert for day in pushing_less(18, 12, seed=5)[21:] for alert in course.update(day)[1]]
    assert [(one.tier, one.kind, one.day) for one in later] == [("T2", REVIEWED, name(23))]
    assert later[0].sentence.endswith(f"Asked about other shoes on {name(20)}: no answer.")


def test_a_form_that_is_none_of_ours_does_nothing(home: Store) -> None:
    assert page(home, "POST", "/shoes", {"word": "perhaps"}, now_s=NOW_S).status_code == 400
    assert told(home) == [("T1", "legs_changed_alike")]


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = tmp_path / "anna.sqlite"
    store = open_store(f"sqlite:///{at}")
    fill(store)
    store.close()
    monkeypatch.setattr(time, "time", lambda: NOW_S)
    run = CliRunner().invoke(log, ["shoes", "no", "--store", str(at)])
    assert run.exit_code == 0 and "the care team is told (T2): Left leg weaker" in run.stderr
    again = CliRunner().invoke(log, ["shoes", "no", "--store", str(at)])
    assert again.exception is not None and "No question about shoes is open." in str(again.exception)


# ---- asked by the clinic


def order(number: int, at_s: float) -> Order:
    return Order(f"shoes-{number}", at_s, Question("shoes"))


def test_the_clinic_may_ask_it_over_the_wire_and_reads_the_answer(tmp_path: Path) -> None:
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for day in LIVED[:-1]:
        home.keep_day(day)
    gateway = home.gateway()
    topic, sent = order_topic(gateway, Question("shoes")), order_payload(gateway, order(1, NOW_S))
    assert topic.endswith("/down/prompt")
    read = read_order(topic, sent)
    for _ in range(2):  # it may come twice
        obey(home, read, NOW_S)
    assert told(home) == [("T1", "legs_changed_alike")]
    assert [row.kind for row in home.outbox.pending(99) if row.kind == "alert"] == ["alert"]
    assert answered_s(Question("shoes"), NOW_S, answers_in(home, gateway)) is None
    shown = text(page(home, "GET", "/", now_s=NOW_S + 60))
    assert "Did you walk in other shoes?" in shown and "Your care team asks whether you wore other shoes" in shown
    page(home, "POST", "/shoes", {"word": "no"}, now_s=NOW_S + 120)
    assert answered_s(Question("shoes"), NOW_S, answers_in(home, gateway)) == NOW_S + 120
    assert "other shoes?" not in text(page(home, "GET", "/", now_s=NOW_S + 180))
    obey(home, order(2, NOW_S + 200), NOW_S + 200)
    assert "Did you walk in other shoes?" in text(page(home, "GET", "/", now_s=NOW_S + 260)), "asked again that day"
    home.close()


MISSING = "the sensors were not worn"


def only_a_test(number: int) -> DaySummary:
    rise = replace(made.guided_test(1), kind="heel_rise", start_s=FIRST_S + number * DAY_S + 3600.0)
    return with_tests(day_of(rise, LIVED, UTC), [rise])


@pytest.mark.parametrize(
    "newest",
    [
        weeks.day(21, missing=MISSING),
        only_a_test(21),
        replace(weeks.day(21), day="2065-01-24", start_s=3e9, end_s=4e9),
    ],
    ids=["not worn", "a guided test alone", "told by a clock that stood ahead"],
)
def test_no_is_the_review_that_waited_whatever_the_newest_day_can_say(home: Store, newest: DaySummary) -> None:
    home.keep_day(newest)
    page(home, "POST", "/shoes", {"word": "no"}, now_s=NOW_S + DAY_S)
    assert told(home) == [("T1", "legs_changed_alike"), ("T2", REVIEWED)]
    (review,) = [one.alert for one in home.alerts() if one.alert.tier == "T2"]
    assert review.day == name(20) and "no answer" not in review.sentence


def test_an_alert_that_a_clock_told_which_stood_ahead_hides_no_review(home: Store) -> None:
    ghost = replace(made.alert("ghost", "T3"), kind=REVIEWED, side="left", day="2036-01-02", raised_s=3e9)
    home.keep_alert(ghost)
    page(home, "POST", "/shoes", {"word": "no"}, now_s=NOW_S)
    assert ("T2", REVIEWED) in told(home)


def test_sensors_that_are_off_hold_no_review_back_for_longer_than_an_answer_is_waited_for(home: Store) -> None:
    """Who is asked, and stays in bed: no day comes that could tell it."""
    asked_s = LIVED[-1].end_s
    assert overdue(home, asked_s + 3 * DAY_S + SETTLED_S - 60) == []
    (review,) = overdue(home, asked_s + 3 * DAY_S + SETTLED_S + 60)
    assert (review.tier, review.kind, review.side, review.day) == ("T2", REVIEWED, "left", name(20))
    assert review.sentence.endswith(f"Asked about other shoes on {name(20)}: no answer.")
    assert review.raised_s == asked_s + 3 * DAY_S + SETTLED_S + 60
    home.keep_alert(review)
    assert overdue(home, asked_s + 4 * DAY_S) == [], "once"


def test_what_got_better_or_was_answered_is_not_overdue(home: Store) -> None:
    better = [replace(one, day=name(21 + k), start_s=FIRST_S + (21 + k) * DAY_S, end_s=FIRST_S + (22 + k) * DAY_S)
              for k, one in enumerate(LIVED[:3])]  # fmt: skip
    for one in better:
        home.keep_day(one)
    assert overdue(home, better[-1].end_s + 2 * DAY_S) == []
    page(home, "POST", "/shoes", {"word": "until"}, now_s=NOW_S)
    assert overdue(home, LIVED[-1].end_s + 4 * DAY_S) == []


def test_a_question_that_stands_is_asked_once_and_its_review_is_not_lost(home: Store) -> None:
    obey(home, order(1, NOW_S), NOW_S)
    assert told(home) == [("T1", "legs_changed_alike")]
    early = asked_by_clinic("early", name(21), NOW_S)  # newer than what waits
    home.keep_alert(early)
    page(home, "POST", "/shoes", {"word": "no"}, now_s=NOW_S + 60)
    assert told(home) == [("T1", "legs_changed_alike")] * 2 + [("T2", REVIEWED)]
    assert open_questions(one.alert for one in home.alerts()) == []
