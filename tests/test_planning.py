"""The plan page: what a therapist sets is stored with name and time, refused in words, and its history is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import story
from story import NOW_S, WEAK
from surefoot.pipeline.store import Store
from surefoot.records import Learning, Limits, Question, Treatment
from test_web import Reader, text
from test_web_browser import Watched, browser, clinic_of

__all__ = ["browser"]  # a fixture

AT = f"/patients/{WEAK}/plan"
ANN = {"who": "Ann", "note": "after the visit"}


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = story.filled(tmp_path)
    yield store
    store.close()


@pytest.mark.parametrize(
    ("form", "fields", "what"),
    [
        ("limits", {"chart_review": "4,5", "chart_urgent": "5.5"}, Limits(chart_review=4.5, chart_urgent=5.5)),
        ("limits", {"chart_review": "4.5", "back_to_usual": "1"}, Limits()),
        ("learn", {"first_day": "2026-01-20", "days": "10"}, Learning("2026-01-20", 10)),
        ("learn", {"first_day": "", "days": "21"}, Learning("", 21)),
        ("treat", {"kind": "injection", "day": "2026-01-20"}, Treatment("injection", "2026-01-20")),
        ("treat", {"kind": "other", "day": "2026-01-20", "withdrawn": "1"}, Treatment("other", "2026-01-20", True)),
        ("ask", {"about": "check_in"}, Question("check_in")),
        ("ask", {"about": "heel_rise"}, Question("test", "heel_rise")),
    ],
)
def test_what_is_set_is_stored_with_who_when_and_why(clinic: Store, form: str, fields: dict[str, str], what) -> None:
    page = Reader(clinic).post(f"{AT}/{form}", fields | ANN)
    assert page.status_code == 200
    assert "Stored, with your name" in text(page)
    (given,) = clinic.orders.given(WEAK)
    assert (given.order.what, given.who, given.note) == (what, "Ann", "after the visit")
    assert given.order.given_s == NOW_S
    assert "2026-01-29 09:12+00:00 Ann" in text(page)
    assert "Not yet: the home has not confirmed it." in text(page)


@pytest.mark.parametrize(
    ("form", "fields", "told"),
    [
        ("limits", {"chart_review": "2"}, "2 is not between 3 and 6 standard errors"),
        ("limits", {"chart_review": "much"}, "much is no number"),
        ("limits", {"chart_review": "5.5"}, "must not be above"),
        ("learn", {"first_day": "2026-01-20", "days": "2"}, "rests on 7 to 42 good days, not on 2"),
        ("treat", {"kind": "surgery", "day": "soon"}, "soon is no day of the calendar"),
        ("ask", {"about": "the weather"}, "nothing of this kind to ask"),
    ],
)
def test_what_cannot_hold_is_refused_in_words(clinic: Store, form: str, fields: dict[str, str], told: str) -> None:
    page = Reader(clinic).post(f"{AT}/{form}", fields | ANN)
    assert page.status_code == 400
    assert told in text(page)
    assert clinic.orders.given(WEAK) == []


def test_nobody_without_a_name_sets_anything(clinic: Store) -> None:
    page = Reader(clinic).post(f"{AT}/limits", {"chart_review": "4.5"})
    assert page.status_code == 400
    assert "The name is missing" in text(page)
    assert clinic.orders.given(WEAK) == []


def test_an_incident_that_nobody_answered_can_be_asked_about(clinic: Store) -> None:
    page = Reader(clinic).get(AT)
    (about,) = {part.split('"')[0] for part in page.text.split('<option value="')[1:] if part.startswith("stumble/")}
    Reader(clinic).post(f"{AT}/ask", {"about": about} | ANN)
    (given,) = clinic.orders.given(WEAK)
    assert (given.order.what.about, given.order.what.kind, given.order.what.side) == ("incident", "stumble", "left")


def test_a_trial_shows_what_would_have_been_told_and_sets_nothing(clinic: Store) -> None:
    page = text(Reader(clinic).get(f"{AT}/try?chart_review=6&chart_urgent=8"))
    assert "Tried, not set" in page
    assert "Charts 2026-01-24 T2, 2026-01-26 T3 2026-01-23 T2, 2026-01-24 T3 Decline" in page
    assert clinic.orders.given(WEAK) == []
    assert Reader(clinic).get(f"{AT}/try?chart_review=1").status_code == 400


def test_a_therapist_sets_a_limit_in_a_browser(browser: Any, clinic: Store) -> None:
    with clinic_of(clinic) as url:
        tab = Watched(browser, 360)
        page = tab.open(f"{url}patients/{WEAK}")
        page.get_by_role("link", name="Limits, treatments, questions").click()
        form = page.locator("#limits-form")
        form.get_by_label("A root's chart: review").fill("4.5")
        form.get_by_label("A root's chart: urgent").fill("5.5")
        form.get_by_label("Your name").fill("Ann")
        form.get_by_role("button", name="Set these limits").click()
        page.get_by_text("Stored, with your name").wait_for()
        assert page.get_by_role("table").get_by_text("usual: 3.95").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        tab.close()
    assert clinic.orders.given(WEAK)[0].order.what == Limits(chart_review=4.5, chart_urgent=5.5)
