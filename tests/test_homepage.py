"""The patient's own page: what is told is kept, and a red flag shows what to do before anything else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.requests import ClientDisconnect

import made
import story
from servedpages import served
from story import NOW_S
from surefoot.alerts.redflags import EMERGENCY, QUESTIONS
from surefoot.alerts.technical import Upkeep
from surefoot.pipeline.asking import open_questions
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.telling import told_check_in
from surefoot.records import Aid, Order, Question, SensorStatus, Stride
from surefoot.web import homeapp
from surefoot.web.homeapp import HomePage, make_home_app
from test_web import HERE, text
from test_web_browser import Watched, browser

__all__ = ["browser"]  # a fixture

UTC = ZoneInfo("UTC")
FIRST_LINE = EMERGENCY.splitlines()[0]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    yield store
    store.close()


def asked(home: Store, method: str, path: str, form: dict[str, str] | None = None, now_s: float = NOW_S) -> Any:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(make_home_app(home, lambda: now_s, UTC))
        async with httpx.AsyncClient(transport=transport, base_url=HERE, follow_redirects=True) as client:
            same = {"origin": HERE, "sec-fetch-site": "same-origin"}
            return await client.request(method, path, headers=same if form is not None else {}, data=form)

    return asyncio.run(ask())


NO = {f"flag_{flag}": "no" for flag in QUESTIONS}


def test_a_check_in_is_kept_and_said_to_be_done(home: Store) -> None:
    page = asked(home, "POST", "/checkin", {"pain": "4", **NO, "by": "companion"})
    assert "Your answers are kept" in text(page)
    assert "Done today at 09:12: pain 4 of 10." in text(page)
    (told,) = home.diary.check_ins(home.gateway())
    assert (told.pain, told.flags, told.ruled_out, told.by) == (4, (), tuple(QUESTIONS), "companion")
    assert [one.kind for one in home.outbox.pending(9)] == ["checkin"]


def test_what_is_left_open_is_not_answered(home: Store) -> None:
    asked(home, "POST", "/checkin", {"flag_saddle_numbness": "no"})
    (told,) = home.diary.check_ins(home.gateway())
    assert (told.pain, told.ruled_out) == (None, ("saddle_numbness",))
    assert "Nothing was answered" in text(asked(home, "POST", "/checkin", {"by": "patient", "pain": "11"}))
    assert len(home.diary.check_ins(home.gateway())) == 1


@pytest.mark.parametrize("flag", QUESTIONS)
def test_a_red_flag_shows_what_to_do_and_queues_its_alert_first(home: Store, flag: str) -> None:
    page = asked(home, "POST", "/checkin", {"pain": "9", **NO, f"flag_{flag}": "yes"})
    assert page.status_code == 200
    assert FIRST_LINE in text(page)
    assert "a message to your care team goes out before everything else" in text(page)
    assert [one.kind for one in home.outbox.pending(9)] == ["alert", "checkin"]
    (alert,) = home.alerts(home.gateway())
    assert alert.alert.tier == "T4"
    assert FIRST_LINE in text(asked(home, "GET", "/"))  # for the rest of the day


def test_what_to_do_goes_out_before_anything_is_kept(home: Store) -> None:
    """The answer is read piece by piece: the text is there while the store has not been asked yet."""
    pieces = HomePage(home, lambda: NOW_S, UTC)._emergency(
        told_check_in(NOW_S, UTC, 9, {"sudden_weakness": True}, "patient")
    )
    assert FIRST_LINE in next(pieces)
    assert home.diary.check_ins(home.gateway()) == []
    rest = "".join(pieces)
    assert "is kept" in rest
    assert len(home.diary.check_ins(home.gateway())) == 1


@pytest.mark.parametrize("spec", ["2.3", "2.4"], ids=["uvicorn tells it", "uvicorn fails to send"])
def test_a_red_flag_of_a_phone_that_lost_its_line_reaches_the_care_team(home: Store, spec: str) -> None:
    body = b"flag_saddle_numbness=yes"
    head = {"host": HERE.removeprefix("http://"), "origin": HERE, "content-type": "application/x-www-form-urlencoded"}
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": spec}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": "/checkin", "raw_path": b"/checkin", "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in head.items()],
        "client": ("127.0.0.1", 9), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    said = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return said.pop() if said else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0.05)
        if spec == "2.4":
            raise OSError("the line is gone")

    async def ask() -> None:
        with suppress(ClientDisconnect):
            await make_home_app(home, lambda: NOW_S, UTC)(scope, receive, send)

    asyncio.run(ask())
    assert [one.kind for one in home.outbox.pending(9)] == ["alert", "checkin"]


def test_a_store_that_cannot_write_takes_no_text_away(home: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("The disk is full.", "", "")

    monkeypatch.setattr(home.diary, "keep_check_in", full)
    page = asked(home, "POST", "/checkin", {"flag_saddle_numbness": "yes"})
    assert FIRST_LINE in text(page)
    assert "could NOT be kept here" in text(page)
    refused = asked(home, "POST", "/checkin", {"pain": "3"})
    assert refused.status_code == 503
    assert "The disk is full." in text(refused)


# ---- did your leg give way?


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/shoes")])
def test_a_fault_that_nobody_thought_of_is_a_page_with_the_emergency_text(
    home: Store, method: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("today", "asked_shoes"):
        monkeypatch.setattr(homeapp, name, fails)
    page = asked(home, method, path, {"word": "still"} if method == "POST" else None)
    assert page.status_code == 500 and "This should not have happened (ValueError)" in text(page)
    assert FIRST_LINE in text(page) and "default-src 'none'" in page.headers["content-security-policy"]
    assert ("What you sent may not be stored" in text(page)) == (method == "POST")
    assert ("What is stored is safe" in text(page)) == (method == "GET")


def test_a_red_flag_that_nobody_hears_of_is_said_whatever_went_wrong(
    home: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homeapp, "keep_check_in", fails)
    page = text(asked(home, "POST", "/checkin", {"pain": "9", **NO, "flag_saddle_numbness": "yes"}))
    assert FIRST_LINE in page and "could NOT be kept" in page


def fails(*_: object) -> None:
    raise ValueError("nobody thought of it")


def test_a_probable_incident_is_asked_about_until_it_is_answered(home: Store) -> None:
    incident = story.incident(NOW_S - 3600)
    home.keep_incident(incident)
    home.keep_incident(story.incident(NOW_S - 7200, "possible"))
    page = asked(home, "GET", "/")
    assert text(page).count("Did your leg give way?") == 1
    assert "something that looked like a leg giving way (left leg)" in text(page)
    form = {"kind": "giving_way", "side": "left", "start": repr(incident.start_s), "word": "gave_way"}
    page = asked(home, "POST", "/answer", form)
    assert "Your answer is kept" in text(page)
    assert "Did your leg give way?" not in text(page)
    assert [one.answer for one in home.answers(home.gateway())] == ["gave_way"]


@pytest.mark.parametrize("kind", ["stumble", "fall"])
def test_who_stumbled_is_not_asked_whether_the_leg_gave_way(home: Store, kind: str) -> None:
    home.keep_incident(story.incident(NOW_S - 3600, kind=kind))
    page = asked(home, "GET", "/")
    assert text(page).count("What happened?") == 1 and "Did your leg give way?" not in text(page)
    assert f"something that looked like a {kind}" in text(page)


def test_two_that_the_patient_confirms_are_told_at_once(home: Store) -> None:
    for back_s in (7200, 3600):
        home.keep_incident(story.incident(NOW_S - back_s))
        form = {"kind": "giving_way", "side": "left", "start": repr(NOW_S - back_s), "word": "gave_way"}
        page = asked(home, "POST", "/answer", form)
    assert "Your care team is told at once." in text(page)
    assert "Your care team is being told" in text(page)
    (alert,) = home.alerts(home.gateway())
    assert (alert.alert.tier, alert.alert.kind) == ("T3", "gives_way_more")
    assert alert.alert.limit == "2 in 24 hours that the patient says were so, the usual limit"


def test_an_incident_of_last_week_is_not_asked_about_unless_the_clinic_asks(home: Store) -> None:
    at_s = NOW_S - 6 * 86400
    home.keep_incident(story.incident(at_s, "possible"))
    assert open_questions(home, NOW_S).incidents == ()
    obey(home, Order("q1", NOW_S, Question("incident", None, "giving_way", "left", at_s)), NOW_S)
    assert [one.start_s for one in open_questions(home, NOW_S + 10).incidents] == [at_s]
    assert open_questions(home, NOW_S + 8 * 86400).incidents == ()


def test_an_answer_about_nothing_is_refused(home: Store) -> None:
    for start in ("1.0", "soon", "nan"):
        page = asked(home, "POST", "/answer", {"kind": "fall", "side": "both", "start": start, "word": "no"})
        assert page.status_code == 404
        assert "not known any more" in text(page)


# ---- what the clinic asks


def test_the_check_in_that_the_clinic_asks_for_is_shown_until_it_is_done(home: Store) -> None:
    obey(home, Order("q1", NOW_S - 60, Question("check_in")), NOW_S - 50)
    obey(home, Order("q2", NOW_S - 60, Question("test", "heel_rise")), NOW_S - 50)
    page = text(asked(home, "GET", "/"))
    assert "Your care team asks you for the check-in below." in page
    assert "for a guided test: heel rises on one leg." in page
    assert "asks you for the check-in" not in text(asked(home, "POST", "/checkin", {"pain": "2"}))
    home.keep_test(replace(made.guided_test(1), kind="heel_rise", start_s=NOW_S, end_s=NOW_S + 30))
    assert open_questions(home, NOW_S + 60).tests == ()


def test_a_fall_without_rising_is_said_until_somebody_answers(home: Store) -> None:
    fall = replace(story.incident(NOW_S - 900, kind="fall"), side=None)
    home.keep_incident(fall)
    home.keep_alert(replace(made.alert("fallen", "T4", NOW_S - 300), kind="fall_not_up"))
    assert "CALL FOR HELP NOW" in text(asked(home, "GET", "/"))
    form = {"kind": "fall", "side": "both", "start": repr(fall.start_s), "word": "no"}
    assert "CALL FOR HELP NOW" not in text(asked(home, "POST", "/answer", form))


def test_walking_is_told_leg_by_leg_and_nothing_is_no_zero(home: Store) -> None:
    assert "No walking has been seen today yet." in text(asked(home, "GET", "/"))
    home.keep_strides([Stride("left", "shank", NOW_S - 100 + k, NOW_S - 99 + k) for k in range(3)])
    home.keep_day(story.days(1)[0])
    page = text(asked(home, "GET", "/"))
    assert "Today: Left leg: 3 strides" in page
    assert "Last whole day, 2026-01-01: worn" in page


def test_one_tap_says_what_the_patient_walks_with_today(home: Store) -> None:
    """The moment for it is half an hour before a sudden weakness becomes an alert: then nobody is told."""
    page = asked(home, "POST", "/aid", {"kind": "brace"})
    assert "Logged for today" in text(page)
    assert "A brace: today, yes" in text(page)
    assert home.diary.aids() == [Aid("brace", "2026-01-29", "2026-01-29")]
    assert "Taken back." in text(asked(home, "POST", "/aid", {"kind": "brace"}))
    assert home.diary.aids() == []
    home.diary.keep_aid(Aid("shoes", "2026-01-01", None, "blue ones"))
    asked(home, "POST", "/aid", {"kind": "shoes"})
    assert home.diary.aids() == [Aid("shoes", "2026-01-01", None, "blue ones")]
    assert asked(home, "POST", "/aid", {"kind": "wings"}).status_code == 400


def test_a_sensor_that_needs_the_patient_is_said_with_what_to_do_until_it_is_over(home: Store) -> None:
    status = SensorStatus("left", "shank", NOW_S, "streaming", battery_pct=12)
    low = Upkeep().charged(status, NOW_S, "2026-01-29")
    assert low is not None
    home.keep_alert(low)
    assert "The battery of the left sensor is at 12 %" in text(asked(home, "GET", "/"))
    home.keep_alert(replace(low, resolved_s=NOW_S))
    assert "The battery of the left sensor" not in text(asked(home, "GET", "/"))


# ---- in a browser


@contextmanager
def page_of(store: Store) -> Iterator[str]:
    with served(make_home_app(store, lambda: NOW_S, UTC)) as url:
        yield f"{url}/"


def test_a_yes_shows_what_to_do_in_the_browser_and_tells_the_care_team_without_send(browser: Any, home: Store) -> None:
    with page_of(home) as url:
        tab = Watched(browser, 360)
        page = tab.open(url)
        assert not page.get_by_text(FIRST_LINE).first.is_visible()
        page.locator("label[for=saddle_numbness-yes]").click()
        assert page.get_by_text(FIRST_LINE).first.is_visible()
        for _ in range(200):
            if home.alerts(home.gateway()):
                break
            page.wait_for_timeout(50)
        assert home.alerts(home.gateway())[0].alert.tier == "T4"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        tab.close()


def test_the_text_needs_no_script_and_no_server(browser: Any, home: Store) -> None:
    with page_of(home) as url:
        context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
        page = context.new_page()
        page.goto(url)
    page.locator("label[for=sudden_weakness-yes]").click()  # by now nobody serves it
    assert page.get_by_text(FIRST_LINE).nth(2).is_visible()
    assert not page.get_by_text(FIRST_LINE).nth(0).is_visible()
    context.close()


def test_a_day_is_told_in_the_browser_by_keyboard(browser: Any, home: Store) -> None:
    with page_of(home) as url:
        tab = Watched(browser, 360)
        page = tab.open(url)
        page.get_by_role("radio", name="4", exact=True).focus()
        page.keyboard.press("Space")
        for flag in QUESTIONS:
            page.locator(f"#{flag}-no").focus()
            page.keyboard.press("Space")
        page.get_by_role("button", name="Send").press("Enter")
        page.get_by_text("Done today at 09:12: pain 4 of 10.").wait_for()
        tab.close()
    (told,) = home.diary.check_ins(home.gateway())
    assert (told.pain, told.ruled_out) == (4, tuple(QUESTIONS))
