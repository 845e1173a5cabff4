"""The pages in another language: nothing on them stays English but what the store's own data says."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

import made
import story
from foreign import CODE, HOW, Page, left_over, speak_foreign
from story import NOW_S, WEAK
from surefoot.alerts.bodies import AlertBody, AnswerBody, CheckInBody, TestBody, TreatmentBody
from surefoot.alerts.redflags import red_flags
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Affected, Aid, Answer, Learning, Limits, Order, Question, Treatment, WornSensor
from surefoot.web import paper
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from surefoot.web.incidents import line
from surefoot.web.language import OWN, speak
from surefoot.web.line import Line
from surefoot.web.report import report
from visitors import PASSWORD, Browser, hired, quick_passwords

DATA = re.compile(  # names, units, codes and addresses that are the same in every language
    r"\b\d{1,2} [A-Z][a-zŭ]{2} \d{4}\b|"  # a day in that language, as babel 2.19 says it
    r"\bP-0\d\b|Clinic North|Dr\. \w+|Nurse Bo|\bCy\b|surefoot [\w .-]+|\bsurefoot\b|\bT[0-4]\b|\b(L4|L5|S1)\b"
    r"|\bPDF\b|\bPIN\b|\b(min|mm|ms|cm|Hz|kB|km)\b|m/s[²³]?|°/s|/min|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{8}\b"
    r"|surefoot_[\w-]{50,}|\b[a-z]+:read\b|Authorization: Bearer"  # a token, what it may read, how it is sent
    r"|\d{4}-[A-Z][a-z]+-\d\d"  # a day, as that language writes it
)
ENGLISH = {  # that no room composes: what the tests' own homes and people say
    "Left sensor: the battery will not last until tomorrow evening.",
    "It says nothing about the leg.",
}


NO_TURN = (
    "No turn was seen. Sit still for two seconds, get up, walk to the line three metres away, turn, walk back and sit "
    "down."
)


def asked_for(browser: Browser, paths: list[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        answer = browser.get(path)
        assert "<html" in answer.text
        yield path, answer.text


def rich(tmp_path: Path) -> Store:
    """A clinic with something of everything."""
    store = story.filled(tmp_path)
    told = replace(made.check_in(27, 6, "saddle_numbness", "both_legs_weak"), at_s=NOW_S - 7000, day="2026-01-29")
    home = story.Home(WEAK)
    home._seq = 10_000
    fall = store.incidents(WEAK)[0]
    said = Answer(fall.kind, fall.side, fall.start_s, "gave_way", "patient", NOW_S - 900)
    home.tell(
        store,
        NOW_S - 800,
        CheckInBody.of(told),
        *map(AlertBody.of, red_flags(told)),
        AnswerBody.of(said),
        TestBody.of(replace(made.guided_test(1), start_s=NOW_S - 9000)),
        TestBody.of(
            replace(
                made.guided_test(
                    2,
                    None,
                    NO_TURN,
                ),
                start_s=NOW_S - 8000,
            )
        ),
        TreatmentBody.of(Treatment("physiotherapy", "2026-01-10")),
    )
    for what in (
        Limits(chart_review=4.5, giving_way_week=7),
        Learning("2026-01-05", 10),
        Affected("left", "2026-01-02"),
        Question("check_in"),
        Question("test", "heel_rise"),
        Question("incident", None, fall.kind, fall.side, fall.start_s),
    ):
        store.orders.give(WEAK, what, "Dr. Ada", NOW_S - 500, "2026-01-29", "")
    return store


PATHS = [
    "/", "/?told=named", "/alerts?told=snoozed", "/alerts/technical", "/digest", "/digest?to=2026-01-20", "/precision",
    f"/patients/{WEAK}", f"/patients/{story.NEW}", f"/patients/{story.EMPTY}", f"/patients/{WEAK}/plan?told=set",
    f"/patients/{WEAK}/plan/try?chart_review=4", f"/patients/{WEAK}/plan/try?chart_review=99",
    f"/patients/{WEAK}/report", "/nothing-here", f"/patients/{WEAK}/profile", f"/patients/{WEAK}?of=all",
    f"/patients/{story.EMPTY}/report", f"/patients/{WEAK}/report?first=2026-02-01&last=2026-01-01", "/patients/nobody",
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    rich(folder).close()
    return folder / "clinic.sqlite"


@pytest.fixture
def clinic(filled: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy of it for each test."""
    store = open_store(f"sqlite:///{shutil.copy(filled, tmp_path)}")
    yield store
    store.close()


def test_no_page_of_the_clinic_says_what_cannot_be_translated(clinic: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_foreign(monkeypatch)
    tell = Line(NOW_S - 500)
    browser = Browser(make_app(clinic, lambda: NOW_S, "Clinic North", language=CODE, line=tell, zone=ZoneInfo("UTC")))
    form = {"gateway": WEAK, "alert_id": clinic.alerts(WEAK)[-1].alert.alert_id, "tier": "T3", "who": "Dr. Bo"}
    browser.post("/snooze", form | {"minutes": "60"})
    browser.post("/acknowledge", form | {"alert_id": clinic.alerts(WEAK)[-2].alert.alert_id, "note": ""})
    first = clinic.incidents(WEAK)[0]
    browser.post("/judge", {"gateway": WEAK, "kind": first.kind, "side": "left", "start": repr(first.start_s),
                            "verdict": "real", "who": "Dr. Bo"})  # fmt: skip
    paths = [*PATHS, f"/patients/{WEAK}/{line(first, None).link}?told=judged"]
    assert not [f"{path}: {one}" for path, page in asked_for(browser, paths) for one in left_over(page, DATA)], HOW


def test_no_page_before_or_behind_the_login_does(clinic: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_passwords(monkeypatch)
    speak_foreign(monkeypatch)
    hired(clinic, NOW_S)
    browser = Browser(make_app(clinic, lambda: NOW_S, "Clinic North", language=CODE, zone=ZoneInfo("UTC")))
    pages = [browser.get("/login?told=over").text, browser.log_in("Dr. Ada", "wrong").text]
    browser.log_in("Cy")
    pages += [browser.get("/").text, browser.get("/alerts/technical").text]
    asked = {"name": "T1", "scopes": "days:read", "days": "30", "password": PASSWORD}
    for path, more in (
        ("/tokens", {}),
        ("/tokens/revoke", {}),
        ("/tokens", {"homes": "x"}),
        ("/tokens", {"days": "1"}),
    ):
        pages += [browser.fill_in("/tokens", path, (asked if path == "/tokens" else {}) | more).text]
    pages += [browser.fill_in("/tokens", "/tokens", asked | {"name": "T2", "password": ""}).text]
    browser = Browser(make_app(clinic, lambda: NOW_S, "Clinic North", language=CODE, zone=ZoneInfo("UTC")))
    browser.log_in("Nurse Bo")
    pages += [browser.get("/").text, browser.post("/label", {"gateway": WEAK, "label": "x"}).text]
    assert not [found for page in pages for found in left_over(page, DATA)], HOW


def rich_home(tmp_path: Path) -> Store:
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for day in story.days(3):
        home.keep_day(day)
    home.keep_incident(story.incident(NOW_S - 3600))
    home.keep_alert(replace(made.alert("fallen", "T4", NOW_S - 300), kind="fall_not_up"))
    urgent = "Left leg seems to give way more often: 2 times within 24 hours, as the patient says (nothing is known of "
    urgent += "before)."
    home.keep_alert(replace(made.alert("urgent", "T3", NOW_S - 300), sentence=urgent))
    home.keep_worn_sensor(WornSensor("left", "shank", "dot", "AA:BB", "DOT 7", 60.0, NOW_S - 86400.0))
    home.diary.keep_aid(Aid("brace", "2026-01-29", "2026-01-29"))
    obey(home, Order("q1", NOW_S - 60, Question("check_in")), NOW_S - 50)
    obey(home, Order("q2", NOW_S - 60, Question("test", "heel_rise")), NOW_S - 50)
    obey(home, Order("q3", NOW_S - 60, Affected("left", "2026-01-01")), NOW_S - 50)
    return home


def test_the_patients_own_page_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_foreign(monkeypatch)
    home = rich_home(tmp_path)
    browser = Browser(make_home_app(home, lambda: NOW_S, ZoneInfo("UTC"), language=CODE))
    form = {"pain": "4", "flag_saddle_numbness": "yes", "by": "patient"}
    pages = [browser.get("/?told=kept").text, browser.post("/checkin", form).text, browser.get("/").text]
    pages += [browser.get("/nowhere").text, browser.post("/answer", {"kind": "x"}).text]
    pages += [browser.get(path).text for path in ("/tests", "/tests/heel_rise", "/tests/toe_tap", "/tests/nothing")]
    window = {"start_s": str(NOW_S - 60), "end_s": str(NOW_S - 20), "side": "left"}
    pages += [browser.post("/tests/heel_rise", window).text, browser.get("/pin").text]
    pages.append(
        browser.post(
            "/breaks", {"on": "1", "after_min": "30", "quiet_from_h": "21", "quiet_to_h": "8", "most": "4"}
        ).text
    )
    assert not [found for page in pages for found in left_over(page, DATA)], HOW
    assert [Page(page).english for page in pages if Page(page).english] == []
    home.close()


def test_the_report_does_not(clinic: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    speak_foreign(monkeypatch)
    speak(CODE)
    try:
        one = next(one for one in clinic.patients() if one.gateway == WEAK)
        made_of = report(clinic, one, None, None, NOW_S, ZoneInfo("UTC"))
        assert not list(left_over(paper.html(made_of), DATA)), HOW
    finally:
        speak(OWN)


def test_the_pdf_says_its_language(clinic: Store) -> None:
    speak("de")
    try:
        one = next(one for one in clinic.patients() if one.gateway == WEAK)
        made_of = report(clinic, one, None, None, NOW_S, ZoneInfo("UTC"))
        read = PdfReader(io.BytesIO(paper.pdf(made_of)))
    finally:
        speak(OWN)
    pages = [page.extract_text() for page in read.pages]
    assert read.trailer["/Root"]["/Lang"] == "de"
    assert len(pages) == 2
    assert "Bericht zur Beinkraft: P-01, 01.01.2026 bis 28.01.2026" in pages[0]
    assert "Seite 2 von 2" in pages[1]
    assert not set("\ufdd0\ufdd1") & set("".join(pages))


def test_what_is_english_says_so(clinic: Store) -> None:
    browser = Browser(make_app(clinic, lambda: NOW_S, "Clinic North", language="de"))
    found = {text for _, page in asked_for(browser, PATHS) for text in Page(page).english}
    assert found == ENGLISH


def test_the_emergency_text_is_said_in_german(tmp_path: Path) -> None:
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    browser = Browser(make_home_app(home, lambda: NOW_S, ZoneInfo("UTC"), language="de"))
    page = browser.post("/checkin", {"flag_saddle_numbness": "yes"}).text
    assert '<html lang="de">' in page
    assert '<p class="call">RUFEN SIE JETZT DEN NOTRUF (112 in Europa' in page
    assert "Fahren Sie nicht selbst." in page
    assert "Taubheit zwischen den Beinen" in page
    assert "Ihre Antwort ist gespeichert" in page
    assert home.diary.check_ins(home.gateway())[0].flags == ("saddle_numbness",)
    home.close()
