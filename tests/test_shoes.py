"""The question about other shoes: on the patient's page and in the terminal; what each answer does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from surefoot.cli.log import log
from surefoot.pipeline.course import Course
from surefoot.pipeline.shoes import OPEN_S, asked_shoes
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Aid, DaySummary
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
