"""Names of patients in every script, and days of every length: the pages say what they are, and stay in one piece."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

import made
import story
from story import NOW_S, STEADY, WEAK, Home
from surefoot.alerts.bodies import AlertBody, DayBody
from surefoot.pipeline.store import Store, open_store
from surefoot.records import DaySummary, Stride
from surefoot.web.homeapp import make_home_app
from surefoot.web.naming import alike, tidy
from surefoot.web.report import report
from surefoot.web.series import WINDOW_DAYS
from surefoot.web.words import END_ISOLATE, ISOLATE, label
from test_web import Reader, figures, patient_rows, text

BERLIN = ZoneInfo("Europe/Berlin")
HEBREW, ARABIC = "שרה כהן", "محمد علي"
FAMILY, ENGLAND = "👩🏽\u200d👧🏿", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
COMBINED = "A\u0301\u0323ngela"
NAMES = (HEBREW, ARABIC, FAMILY, ENGLAND, COMBINED, "佐藤さん", "O'Brien-Żółć & <b>", "n" * 80, "क्षत्रिय")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


# ---- names


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_any_script_is_kept_shown_and_found(empty: Store, name: str) -> None:
    Home(WEAK).tell(empty, NOW_S, AlertBody.of(made.alert("a")), DayBody.of_day(story.days(1)[0], ()))
    reader = Reader(empty)
    assert reader.post("/label", {"gateway": WEAK, "label": name}).status_code == 200
    kept = unicodedata.normalize("NFC", name)
    assert empty.patients()[0].label == kept
    for path in ("/", "/alerts", f"/patients/{WEAK}", f"/patients/{WEAK}/report", "/digest"):
        page = reader.get(path)
        assert page.status_code == 200, path
        assert kept in text(page), path
    for asked in (unicodedata.normalize("NFD", name[:3]), label(kept)):  # as typed, and as copied from a page
        assert list(patient_rows(reader.get(f"/?{urlencode({'q': asked})}"))) == [label(kept)]
    assert reader.get(f"/patients/{WEAK}/report.pdf").content.startswith(b"%PDF")


def test_names_that_look_alike_are_the_same_and_what_is_not_seen_is_none(empty: Store) -> None:
    for gateway in (WEAK, STEADY):
        Home(gateway).sign_of_life(empty, NOW_S)
    reader = Reader(empty)
    reader.post("/label", {"gateway": WEAK, "label": "Zoe\u0308"})
    for same in ("Zoë", "ZOË", "Ｚｏë", "Zoë\u202e", "Zo\u200bë"):
        assert reader.post("/label", {"gateway": STEADY, "label": same}).status_code == 409, same
    for nothing in ("\u202e\u2066", "\u200b\u200d", " \n\t"):
        assert reader.post("/label", {"gateway": STEADY, "label": nothing}).status_code == 200
        assert f"unnamed {STEADY[:8]}" in patient_rows(reader.get("/"))
    assert tidy("a\u202eb\nc") == "ab c"
    assert alike("Straße") == alike("STRASSE")


# ---- days


def test_without_patients_every_page_says_so(empty: Store) -> None:
    reader = Reader(empty)
    for path, words in (
        ("/", "No home has sent anything yet"),
        ("/alerts", "No clinical alert is open"),
        ("/alerts/technical", "No technical alert is open"),
        ("/digest", "No"),
        ("/precision", "No"),
    ):
        page = reader.get(path)
        assert page.status_code == 200, path
        assert words in text(page), path


def test_a_patient_without_a_day_or_an_incident(empty: Store) -> None:
    Home(WEAK).sign_of_life(empty, NOW_S)
    reader = Reader(empty)
    page = text(reader.get(f"/patients/{WEAK}"))
    for words in ("No day of this patient has arrived yet", "No probable incident is stored", "0 incidents stored",
                  "No alert has come in", "No guided test has come in", "Not monitored"):  # fmt: skip
        assert words in page, words
    assert reader.get(f"/patients/{WEAK}/plan").status_code == 200
    report = reader.get(f"/patients/{WEAK}/report")
    assert report.status_code in (200, 400)
    assert "no day" in text(report).lower()


def test_one_day_is_one_point_and_no_verdict(empty: Store) -> None:
    Home(WEAK).tell(empty, NOW_S, DayBody.of_day(story.days(1)[0], ()))
    reader = Reader(empty)
    page = reader.get(f"/patients/{WEAK}")
    speed = figures(page)["Walking speed"]
    points = [trace for trace in speed["data"] if trace.get("name") in ("Left", "Right")]
    assert [len([y for y in one["y"] if y is not None]) for one in points] == [1, 1]
    assert "cannot say yet" in text(reader.get("/")).lower() or "Not monitored" in text(reader.get("/"))
    assert reader.get(f"/patients/{WEAK}/report").status_code == 200


def test_a_year_is_there_and_charts_stay_readable(empty: Store) -> None:
    home, lived = Home(WEAK), story.days(365)
    for first in range(0, 365, 60):
        home.tell(empty, story.day_s(365), *(DayBody.of_day(one, ()) for one in lived[first : first + 60]))
    reader = Reader(empty, story.day_s(365) + 3600)
    page = reader.get(f"/patients/{WEAK}")
    speed = figures(page)["Walking speed"]
    days = next(trace for trace in speed["data"] if trace.get("name") == "Left")["x"]
    assert len(days) == WINDOW_DAYS
    assert days[-1] == lived[-1].day
    assert len(page.content) < 3_000_000
    assert len(empty.days(WEAK)) == 365
    whole = reader.get(f"/patients/{WEAK}/report?first={lived[0].day}&last={lived[-1].day}")
    assert whole.status_code == 400
    assert "a report holds 180 at most" in text(whole)
    half = reader.get(f"/patients/{WEAK}/report?first={lived[-180].day}&last={lived[-1].day}")
    assert half.status_code == 200
    assert lived[-180].day in text(half)


def test_a_day_not_worn_is_a_gap_with_its_reason(empty: Store) -> None:
    Home(WEAK).tell(empty, NOW_S, *(DayBody.of_day(one, ()) for one in story.days(5, gone=(2,))))
    page = Reader(empty).get(f"/patients/{WEAK}")
    left = next(trace for trace in figures(page)["Walking speed"]["data"] if trace.get("name") == "Left")
    assert [y is None for y in left["y"]] == [False, False, True, False, False]
    assert "no: worn 24 min, less than 6 h" in text(page)


@pytest.mark.parametrize(
    ("day", "hours", "moments"), [("2026-03-29", 23, (5000.0, 8000.0)), ("2026-10-25", 25, (8000.0, 11_600.0))]
)
def test_a_day_on_which_the_clocks_change(
    empty: Store, tmp_path: Path, day: str, hours: int, moments: tuple[float, float]
) -> None:
    begins = datetime.fromisoformat(day).replace(tzinfo=BERLIN)
    start_s, end_s = begins.timestamp(), (begins + timedelta(days=1)).timestamp()
    assert end_s - start_s == hours * 3600
    usual = story.days(1)[0]
    lived = DaySummary(day, start_s, end_s, 12.0, 11.0, 74.0, 31, usual.strides, (), usual.metrics)
    twice = [AlertBody.of(made.alert(f"{at_s}", raised_s=start_s + at_s)) for at_s in moments]
    Home(WEAK).tell(empty, end_s, DayBody.of_day(lived, ()), *twice)
    reader = Reader(empty, end_s + 3600, zone=BERLIN)
    page = text(reader.get("/alerts"))
    for at_s in moments:
        shown = datetime.fromtimestamp(start_s + at_s, BERLIN).isoformat(" ", "minutes")
        assert shown in page
    assert "+01:00" in page and "+02:00" in page
    assert day in text(reader.get(f"/patients/{WEAK}"))
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    home.keep_strides([Stride("left", "shank", at_s, at_s + 1) for at_s in (start_s + 60, end_s - 60, end_s + 60)])
    own = Reader(empty)
    own.app = make_home_app(home, lambda: end_s - 1800, BERLIN)
    assert "Left leg: 2 strides" in text(own.get("/"))
    home.close()


@pytest.mark.parametrize("name", [HEBREW, ARABIC, f"Room 3, {ARABIC}"])
def test_a_day_after_a_name_of_the_other_direction_is_not_read_backwards(tmp_path: Path, name: str) -> None:
    """Without the isolates around it 2026-01-01 stands on paper as 01-01-2026."""
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    Home(WEAK).tell(store, NOW_S, *(DayBody.of_day(day, ()) for day in story.days(2)))
    store.label_patient(WEAK, name)
    assert (
        f": {ISOLATE}{name}{END_ISOLATE}, 2025" in report(store, store.patients()[0], None, None, NOW_S, BERLIN).title
    )
    store.close()


def test_other_names_are_left_as_they_are() -> None:
    for name in ("P-01", "Åsa 12", FAMILY, "王小明"):
        assert label(name) == name
