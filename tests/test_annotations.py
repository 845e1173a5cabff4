"""What happened to a patient stands on the charts, in their tables and in a list for the keyboard; and is compared."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import story
from story import NOW_S, WEAK, Home, day_s
from surefoot.alerts.bodies import AnswerBody, DayBody, IncidentBody, TreatmentBody
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.trends import judge
from surefoot.records import Answer, Incident, Treatment
from surefoot.web.annotations import annotations
from surefoot.web.words import metric_words
from test_web import Reader, text
from test_web_browser import Watched, browser, clinic_of

__all__ = ["browser"]  # a fixture

UTC = ZoneInfo("UTC")


def fall(at_s: float, certainty: str = "probable") -> Incident:
    return replace(story.incident(at_s, certainty, "fall"), side=None)


def lived() -> list[Any]:
    """Four weeks: a brace from the 12th day on, the left strap moved on the 15th."""
    days = story.days(28, weak_from=20, gone=(9,))
    return [
        replace(day, aids=("brace",) if k >= 11 else (), slipped=("left",) if k == 14 else ())
        for k, day in enumerate(days)
    ]


def fill(store: Store) -> Store:
    home, days = Home(WEAK), lived()
    for k in range(1, len(days) + 1):
        home.tell(store, days[k - 1].end_s + 900, DayBody.of_day(days[k - 1], tuple(judge(days[:k]))))
    home.tell(store, NOW_S, TreatmentBody.of(Treatment("injection", "2026-01-10")))
    home.tell(store, NOW_S, IncidentBody.of(fall(day_s(17) + 40000)), IncidentBody.of(fall(day_s(18), "possible")))
    denied = fall(day_s(19) + 100)
    home.tell(store, NOW_S, IncidentBody.of(denied))
    home.tell(store, NOW_S, AnswerBody.of(Answer("fall", None, denied.start_s, "no", "patient", NOW_S)))
    store.label_patient(WEAK, "P-01")
    return store


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = fill(open_store(f"sqlite:///{tmp_path_factory.mktemp('clinic')}/clinic.sqlite"))
    yield store
    store.close()


EXPECTED = {
    "2026-01-10": "Injection, first day",
    "2026-01-12": "Walks with: brace",
    "2026-01-15": "Left sensor moved on the leg",
    "2026-01-18": "Fall-like event",
}


def test_what_is_known_to_have_happened_and_nothing_that_was_denied(clinic: Store) -> None:
    found = annotations(clinic, WEAK, clinic.days(WEAK), clinic.alerts(WEAK), UTC)
    assert {one.day: one.words for one in found} == EXPECTED
    assert len(found) == len(EXPECTED)  # the brace of every day is one


def figures(page: str) -> list[dict[str, Any]]:
    found = re.findall(r'<script type="application/json" id="chart-\d+-data">(.*?)</script>', page, re.DOTALL)
    return [json.loads(one) for one in found]


def test_each_stands_in_every_chart_and_in_every_table(clinic: Store) -> None:
    page = Reader(clinic).get(f"/patients/{WEAK}").text
    drawn = figures(page)
    assert len(drawn) > 10
    for figure in drawn:
        lines = {s["x0"]: s["label"]["text"].strip() for s in figure["layout"]["shapes"] if s["type"] == "line"}
        assert lines == dict(zip(EXPECTED, ("Injection", "brace", "strap", "fall"), strict=True))
        (pointed,) = [t for t in figure["data"] if t.get("name") == "happened"]
        assert dict(zip(pointed["x"], pointed["text"], strict=True)) == EXPECTED
    section = page[page.index('id="trends"') : page.index('id="treated"')]
    for day, words in EXPECTED.items():
        rows = re.findall(rf'<tr><th scope="row">{day}</th>.*?</tr>', section, re.DOTALL)
        assert len(rows) == len(drawn)
        assert all(words in unescape(row) for row in rows)
        assert f'data-around="{day}">{day}: {words}' in unescape(page)


def test_words_from_outside_are_escaped_where_plotly_would_read_them(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    days = [replace(day, aids=("shoes (<b>x</b>)",)) for day in story.days(3)]
    Home(WEAK).tell(store, NOW_S, *(DayBody.of_day(day, ()) for day in days))
    (figure, *_) = figures(Reader(store).get(f"/patients/{WEAK}").text)
    assert "&lt;b&gt;" in figure["layout"]["shapes"][0]["label"]["text"]
    assert "<b>" not in json.dumps(figure)
    store.close()


# ---- before and after


def compared(page: str) -> dict[tuple[str, str], list[str]]:
    section = page[page.index('id="treated"') : page.index('id="recovery"')]
    rows = re.findall(r'<tr><th scope="row">(.*?)</tr>', section, re.DOTALL)
    cells = [[unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.split(r"</t[dh]>", row)[:-1]] for row in rows]
    return {(row[0], row[1]): row[2:] for row in cells}


@pytest.mark.parametrize("name", ["speed_mps", "swing_height_m", "no_heel_strike_pct", "shank_tilt_max_deg"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_middles_are_those_of_the_stores_days(clinic: Store, name: str, side: str) -> None:
    page = Reader(clinic).get(f"/patients/{WEAK}?around=treatment/Injection/2026-01-10").text
    words = metric_words(name)
    trends = {t.day: t.value for t in clinic.trends(WEAK, name, side)}
    values = {}
    for day in clinic.days(WEAK):
        told = day.metric(side, name)
        if not day.missing and told is not None and told.value is not None:
            judged = trends.get(day.day) if "usual walking speed" in words.hint else None
            values[day.day] = told.value if judged is None else judged
    before = [v for d, v in values.items() if d < "2026-01-10"]
    after = [v for d, v in values.items() if d >= "2026-01-10"]
    row = compared(page)[words.title, side.capitalize()]
    assert row[0].startswith(f"{words.say(median(before))} ± ") and f"({len(before)} days)" in row[0]
    assert row[1].startswith(f"{words.say(median(after))} ± ") and f"({len(after)} days)" in row[1]
    assert row[2].lstrip("+").startswith(words.say_change(median(after) - median(before)))


def test_the_newest_is_compared_unless_another_is_chosen_and_what_else_changed_is_said(clinic: Store) -> None:
    page = text(Reader(clinic).get(f"/patients/{WEAK}"))
    assert "Walks with: brace 2026-01-12 : the middle of the days that count" in page
    assert "Meanwhile: 2026-01-10: Injection, first day 2026-01-15" in page
    assert "With brace on 0 of 10 days before and 17 of 17 after" in page
    assert "It does not say that the treatment did it" in page
    other = text(Reader(clinic).get(f"/patients/{WEAK}?around=treatment/Injection/2026-01-10"))
    assert "Injection, first day 2026-01-10 : the middle" in other


def test_a_patient_without_a_treatment_is_told_where_to_log_one(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    Home(WEAK).tell(store, NOW_S, *(DayBody.of_day(day, ()) for day in story.days(3)))
    page = text(Reader(store).get(f"/patients/{WEAK}?around=<x>"))
    assert "No treatment and no aid is known. Once one is logged" in page
    store.close()


def test_a_treatment_of_today_cannot_be_compared_yet(tmp_path: Path) -> None:
    store, home = open_store(f"sqlite:///{tmp_path}/clinic.sqlite"), Home(WEAK)
    home.tell(store, NOW_S, *(DayBody.of_day(day, ()) for day in story.days(20)))
    home.tell(store, NOW_S, TreatmentBody.of(Treatment("surgery", "2026-01-19")))
    rows = compared(Reader(store).get(f"/patients/{WEAK}").text)
    assert rows and all("at least 5 on either side are needed" in row[3] for row in rows.values())
    assert all(row[2] == "cannot say" for row in rows.values())
    store.close()


# ---- in a browser


def test_all_charts_show_the_days_around_what_was_chosen_by_keyboard(browser: Any, clinic: Store) -> None:
    ranges = "[...document.querySelectorAll('.chart')].filter(c => c.layout.yaxis2).map(c => c.layout.xaxis.range)"
    with clinic_of(clinic) as url:
        tab = Watched(browser)
        page = tab.open(f"{url}patients/{WEAK}")
        tab.unfold_charts()
        tab.wait_for_charts()
        page.locator("details.marks summary").press("Enter")
        page.get_by_role("button", name="2026-01-10: Injection, first day").press("Enter")
        tab.wait_until(f"{ranges}.every(r => r[0].startsWith('2026-01-01') && r[1].startsWith('2026-01-24'))")
        assert page.evaluate(f"{ranges}.length") > 10
        page.get_by_role("button", name="4 weeks").click()
        tab.wait_until(f"{ranges}.every(r => r[0] < '2026-01-01' && r[1] > '2026-01-28')")
        tab.close()


def test_a_pull_over_one_chart_zooms_all_of_them(browser: Any, clinic: Store) -> None:
    with clinic_of(clinic) as url:
        tab = Watched(browser)
        page = tab.open(f"{url}patients/{WEAK}")
        tab.wait_for_charts()
        place = page.locator("#chart-1 .nsewdrag").first
        place.scroll_into_view_if_needed()
        box = place.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 60, steps=5)
        page.mouse.up()
        tab.wait_until("document.getElementById('chart-3').layout.xaxis.range[0] >= '2026-01-10'")
        assert "2026-01" in page.locator("#zoomed").inner_text()
        page.get_by_role("button", name="All").click()
        tab.wait_until("document.getElementById('chart-3').layout.xaxis.range[0] <= '2026-01-01T12'")
        tab.close()
