"""Open pages in a real browser hear what changes: the inbox, the list, a patient; by sound where somebody wants it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import made
import story
from broker import free_port
from servedpages import served
from story import NOW_S, STEADY, WEAK, Home
from surefoot.alerts.bodies import AlertBody, DayBody, IncidentBody
from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from surefoot.web.incidents import line
from surefoot.web.line import Line
from test_web_browser import Watched, browser

__all__ = ["browser"]  # a fixture

HOMES: dict[str, Home] = {}  # of one test
SOUNDED = "Number(document.body.dataset.sounded ?? 0)"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    HOMES.clear()
    for gateway, label in ((WEAK, "P-01"), (STEADY, "P-02")):
        Home(gateway).sign_of_life(store, NOW_S - 20)
        store.label_patient(gateway, label)
    yield store
    store.close()


@contextmanager
def watching(browser: Any, url: str) -> Iterator[Watched]:
    """A tab of a browser of its own, once it is live."""
    tab = Watched(browser)
    tab.open(url)
    tab.page.get_by_text("Live.", exact=True).wait_for()
    yield tab
    tab.close()


def raised(store: Store, name: str, tier: str = "T2", gateway: str = WEAK, **more: Any) -> Home:
    home = HOMES.setdefault(gateway, Home(gateway))
    home.tell(store, NOW_S, AlertBody.of(replace(made.alert(name, tier, raised_s=NOW_S - 60), **more)))
    return home


def test_an_alert_appears_without_a_click_and_the_worst_comes_first(browser: Any, store: Store) -> None:
    raised(store, "old")
    with served(make_app(store, lambda: NOW_S, "Clinic")) as url, watching(browser, f"{url}/alerts") as tab:
        page = tab.page
        assert page.title() == "Alerts - surefoot"
        raised(store, "new", "T3", STEADY, sentence="The right leg gave way twice.")
        page.get_by_text("The right leg gave way twice.").wait_for()
        assert "T3" in page.locator("#waiting article").first.inner_text()
        page.get_by_role("heading", name="Open (2)").wait_for()
        assert page.locator("[data-open=clinical]").inner_text() == "2"
        assert page.title() == "(1) Alerts - surefoot"
        assert "An urgent alert (T3) has come in" in page.locator("#urgent[role=alert]").inner_text()


def test_what_one_does_the_other_sees(browser: Any, store: Store) -> None:
    """Two browsers: acknowledged, snoozed, commented and resolved in one, it stands in the other within moments."""
    raised(store, "a", sentence="Alert a.")
    raised(store, "b", "T3", STEADY, sentence="Alert b.")
    app = make_app(store, lambda: NOW_S, "Clinic")
    with served(app) as url, watching(browser, f"{url}/alerts") as ann, watching(browser, f"{url}/alerts") as bob:
        seen = bob.page.locator("article", has_text="Alert b.")

        def does(button: str, note: str = "") -> None:
            card = ann.page.locator("article", has_text="Alert b.")
            card.get_by_label("Your name").fill("Ann")
            card.get_by_label("Note").fill(note)
            ann.page.wait_for_timeout(600)  # a list that has just moved takes no button
            card.get_by_role("button", name=button, exact=True).click()
            ann.page.wait_for_url("**told=*")
            ann.page.get_by_text("Live.", exact=True).wait_for()

        does("Snooze 15 min")
        seen.get_by_text("Snoozed until").first.wait_for()
        does("End the snooze")
        seen.get_by_role("button", name="Snooze 1 h").wait_for()
        does("Acknowledge", "Called; she rests.")
        bob.page.locator("#closed article", has_text="Called; she rests.").wait_for()
        assert bob.page.get_by_role("heading", name="Open (1)").is_visible()
        assert bob.page.title() == "Alerts - surefoot"
        does("Resolve", "Strong again.")
        resolved = bob.page.locator("#closed article", has_text="Resolved by Ann")
        resolved.locator(".taken", has_text="Strong again.").wait_for()


def test_what_somebody_is_typing_stays(browser: Any, store: Store) -> None:
    raised(store, "a", sentence="Alert a.")
    with served(make_app(store, lambda: NOW_S, "Clinic")) as url, watching(browser, f"{url}/alerts") as tab:
        card = tab.page.locator("article", has_text="Alert a.")
        card.get_by_label("Note").click()
        tab.page.keyboard.type("Half a sent")
        tab.page.keyboard.press("ArrowLeft")
        store.alert_log.add_all([(WEAK, "a", made_event("notified"))])
        card.get_by_text("Told: Ann").wait_for()
        tab.page.keyboard.type("X")
        assert card.get_by_label("Note").input_value() == "Half a senXt"


def test_the_list_and_an_open_patient_follow(browser: Any, store: Store) -> None:
    app = make_app(store, lambda: NOW_S, "Clinic")
    with (
        served(app) as url,
        watching(browser, f"{url}/") as several,
        watching(browser, f"{url}/patients/{STEADY}") as one,
    ):
        assert several.page.locator("#patients li").first.inner_text().startswith("P-01")
        home = raised(store, "a", "T2", STEADY, sentence="The right foot drops.")
        several.page.locator("#patients li", has_text="1 open alert").wait_for()
        assert several.page.locator("#patients li").first.inner_text().startswith("P-02")
        one.page.locator("#headline", has_text="The right foot drops.").wait_for()
        assert one.page.locator("#cards article").count() == 1
        assert not one.page.get_by_text("New data of this patient has arrived").is_visible()
        home.tell(store, NOW_S, DayBody.of_day(story.days(1)[0], ()))
        one.page.get_by_text("New data of this patient has arrived").wait_for()
        store.label_patient(STEADY, "Åsa")
        several.page.locator("#patients li", has_text="Åsa").wait_for()


def test_a_patient_who_was_deleted_stays_on_nobodys_screen(browser: Any, store: Store) -> None:
    raised(store, "a", sentence="Alert a.")
    app = make_app(store, lambda: NOW_S, "Clinic")
    with (
        served(app) as url,
        watching(browser, f"{url}/patients/{WEAK}") as one,
        watching(browser, f"{url}/alerts") as inbox,
        watching(browser, f"{url}/") as several,
    ):
        store.office.forget(WEAK, NOW_S, "Ann")
        one.page.get_by_text("not stored here any more").wait_for()
        assert one.page.locator("#content").inner_text() == ""
        inbox.page.get_by_text("No clinical alert is open").wait_for()
        several.wait_until("document.querySelectorAll('#patients li').length === 1")
        one.complaints.clear()  # the browser notes that the page is not found, as it should


@pytest.mark.parametrize("part", ["plan", "profile", "incident"])
def test_nor_on_a_page_of_theirs_that_does_not_follow(browser: Any, store: Store, part: str) -> None:
    home = raised(store, "a", sentence="Alert a.")
    home.tell(store, NOW_S, IncidentBody.of(story.incident(NOW_S - 900)))
    path = line(store.incidents(WEAK)[0], None).link if part == "incident" else part
    app = make_app(store, lambda: NOW_S, "Clinic")
    with served(app) as url, watching(browser, f"{url}/patients/{WEAK}/{path}") as one:
        content = one.page.locator("#content")
        field = content.get_by_label("Note").first
        field.fill("half a sent")
        home.tell(store, NOW_S, AlertBody.of(replace(made.alert("b"), sentence="Alert b.")))
        raised(store, "c", gateway=STEADY)
        one.page.locator("[data-open=clinical]", has_text="3").wait_for()
        assert field.input_value() == "half a sent" and one.page.locator("#gone").is_hidden()
        store.office.forget(WEAK, NOW_S, "Ann")
        one.page.get_by_text("not stored here any more").wait_for()
        assert content.inner_text() == ""
        one.complaints.clear()


def test_the_first_patient_of_all_appears(browser: Any, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/new.sqlite")
    with served(make_app(store, lambda: NOW_S, "Clinic")) as url, watching(browser, f"{url}/") as tab:
        assert "No home has sent anything yet" in tab.page.inner_text("main")
        Home(WEAK).sign_of_life(store, NOW_S)
        tab.page.locator("#patients li").wait_for()
    store.close()


def test_a_line_that_breaks_is_told_on_an_open_page(browser: Any, store: Store) -> None:
    line = Line(NOW_S)
    line.up()
    app = make_app(store, lambda: NOW_S, "Clinic", line=line)
    with served(app) as url, watching(browser, f"{url}/precision") as tab:
        line.down("The broker has gone away.", NOW_S)
        raised(store, "a")
        tab.page.locator("#troubles [role=alert]", has_text="The broker has gone away.").wait_for()
        assert tab.page.locator("[data-open=clinical]").inner_text() == "1"


def test_several_tabs_of_a_browser_share_one_line(browser: Any, store: Store) -> None:
    app = make_app(store, lambda: NOW_S, "Clinic")
    with served(app) as url:
        context = browser.new_context()
        tabs = [context.new_page() for _ in range(8)]  # two more than a browser keeps lines to one server
        for tab in tabs:
            tab.goto(f"{url}/alerts")
            tab.get_by_text("Live.", exact=True).wait_for()
        assert app.state.live.listeners == 1
        raised(store, "a", sentence="Alert a.")
        for tab in tabs:
            tab.get_by_text("Alert a.").wait_for()
        tabs[0].close()  # whoever held the line
        tabs[1].wait_for_timeout(300)
        raised(store, "b", sentence="Alert b.")
        for tab in tabs[1:]:
            tab.get_by_text("Alert b.").wait_for()
        assert app.state.live.listeners == 1
        context.close()


def test_the_sound_is_off_until_somebody_wants_it_and_remembered(browser: Any, store: Store) -> None:
    app = make_app(store, lambda: NOW_S, "Clinic")
    with served(app) as url, watching(browser, f"{url}/alerts") as tab:
        page = tab.page
        button = page.get_by_role("button", name="Sound for urgent alerts")
        assert button.get_attribute("aria-pressed") == "false"
        raised(store, "a", "T3", sentence="Alert a.")
        page.get_by_text("Alert a.").wait_for()
        assert page.evaluate(SOUNDED) == 0
        button.click()
        tab.wait_until(f"{SOUNDED} === 1")  # so that it is known how it sounds
        raised(store, "b", "T2", sentence="Alert b.")
        page.get_by_text("Alert b.").wait_for()
        page.wait_for_timeout(1600)  # one that comes while it sounds needs no other
        raised(store, "c", "T3", sentence="Alert c.")
        page.get_by_text("Alert c.").wait_for()
        tab.wait_until(f"{SOUNDED} === 2")
        page.goto(f"{url}/digest")
        assert page.get_by_role("button", name="Sound for urgent").get_attribute("aria-pressed") == "true"
        page.get_by_text("Live.", exact=True).wait_for()
        page.mouse.click(5, 5)
        raised(store, "d", "T4", sentence="Alert d.")
        page.get_by_text("An alert that cannot wait (T4)").wait_for()
        tab.wait_until(f"{SOUNDED} === 1")
        tab.complaints = [one for one in tab.complaints if "AudioContext" not in one]  # it may wait for a click


PAGES = ("/", "/alerts", "/alerts/technical", "/digest", f"/patients/{WEAK}", f"/patients/{WEAK}/plan")


@pytest.mark.parametrize("path", PAGES)
def test_two_minutes_after_the_server_died_every_page_says_so(browser: Any, store: Store, path: str) -> None:
    with served(make_app(store, lambda: NOW_S, "Clinic")) as url:
        tab = Watched(browser)
        tab.page.clock.install()
        page = tab.open(url + path)
        page.get_by_text("Live.", exact=True).wait_for()
    page.clock.fast_forward(100_000)
    assert not page.locator("#age").is_visible()
    page.get_by_text("Not live: trying again.").wait_for()
    page.clock.fast_forward(30_000)
    assert "Load it again" in page.locator("#age[role=status]").inner_text()
    tab.complaints.clear()  # the browser notes that nobody answers
    tab.close()


def test_a_page_that_follows_does_not_grow_old_and_lives_again_with_its_server(browser: Any, store: Store) -> None:
    port = free_port()
    tab = Watched(browser)
    tab.page.clock.install()
    with served(make_app(store, lambda: NOW_S, "Clinic"), port) as url:
        page = tab.open(f"{url}/alerts")
        page.get_by_text("Live.", exact=True).wait_for()
        page.clock.fast_forward(130_000)
        assert page.locator("#age").is_visible()
        raised(store, "a", sentence="Alert a.")
        page.get_by_text("Alert a.").wait_for()
        page.locator("#age").wait_for(state="hidden")
    page.get_by_text("Not live: trying again.").wait_for()
    raised(store, "b", sentence="Alert b.")  # while there is no server
    with served(make_app(store, lambda: NOW_S, "Clinic"), port):
        page.get_by_text("Alert b.").wait_for()
        tab.complaints.clear()
        tab.close()


def test_long_and_leftward_names_turn_nothing_around_on_a_telephone(browser: Any, store: Store) -> None:
    for gateway, label in ((WEAK, "W" * 80), (STEADY, "שרה כהן")):
        Home(gateway).tell(store, NOW_S, AlertBody.of(made.alert("a")), DayBody.of_day(story.days(1)[0], ()))
        store.label_patient(gateway, label)
    with served(make_app(store, lambda: NOW_S, "Clinic")) as url:
        tab = Watched(browser, 360)
        for path in ("/", "/alerts", f"/patients/{WEAK}", f"/patients/{WEAK}/plan", "/digest"):
            page = tab.open(url + path)
            tab.wait_for_charts()
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page = tab.open(f"{url}/")
        row = page.locator("#patients li", has_text="שרה כהן")
        name, home = row.locator("h2 a").bounding_box(), row.locator("h2 small").bounding_box()
        assert home["x"] >= name["x"] + name["width"] or home["y"] >= name["y"] + name["height"]
        assert row.locator("h2 small").inner_text() == f"home {STEADY[:8]}"
        tab.close()


def made_event(what: Any) -> Any:
    from surefoot.alerts.alertlife import AlertEvent

    return AlertEvent(what, "T2", NOW_S, to=("Ann",))
