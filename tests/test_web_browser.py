"""The pages in a real browser: charts are drawn, a click is stored, and nothing is fetched from anywhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import story
from servedpages import served
from story import NOW_S, WEAK
from surefoot.pipeline.store import Store
from surefoot.web.app import make_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"desk": 1200, "phone": 390}


@contextmanager
def clinic_of(store: Store, now_s: float = NOW_S) -> Iterator[str]:
    """The clinic's pages."""
    with served(make_app(store, lambda: now_s, "Clinic North")) as url:
        yield f"{url}/"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        reason = "no chromium found: no page was looked at in a browser (Debian: apt-get install chromium)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[tuple[Store, str]]:
    store = story.filled(tmp_path)
    with clinic_of(store) as url:
        yield store, url
    store.close()


class Watched:
    """A tab, and everything about it that should not be: errors in its console, requests that leave this machine."""

    def __init__(self, browser: Any, width: int = WIDTHS["desk"]) -> None:
        self.page = browser.new_page(viewport={"width": width, "height": 900})
        self.complaints: list[str] = []
        self.hosts: set[str | None] = set()
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))

    def open(self, url: str) -> Any:
        self.page.goto(url)
        return self.page

    def wait_for_charts(self) -> int:
        """All that is not folded away; how many there are."""
        seen = "[...document.querySelectorAll('.chart')].filter(c => !c.closest('details:not([open])'))"
        self.wait_until(f"{seen}.every(c => c.querySelector('.main-svg .trace'))")
        return self.page.locator(".chart").count()

    def unfold_charts(self) -> None:
        """Those in which nothing is worse, too: each is drawn once it is seen."""
        self.page.locator("details.more > summary").click()
        for place in self.page.locator("details.more .chart").all():
            place.scroll_into_view_if_needed()

    def wait_until(self, true: str) -> None:
        """Asked again from outside: the page's own policy forbids the browser to do it within."""
        for _ in range(600):
            if self.page.evaluate(true):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never true: {true}")

    def close(self) -> None:
        self.page.close()
        assert self.complaints == []
        assert self.hosts == {"127.0.0.1"}


def test_every_chart_is_drawn(browser: Any, clinic: tuple[Store, str]) -> None:
    tab = Watched(browser)
    page = tab.open(f"{clinic[1]}patients/{WEAK}")
    assert tab.wait_for_charts() == 3 + len(story.USUAL) + 2  # three roots, cadence, the foot-drop score
    speed = page.locator("figure", has=page.get_by_role("heading", name="Walking speed"))
    assert speed.locator(".scatterlayer .trace").count() >= 7  # two bands with their middles, two legs, days not worn
    assert speed.locator(".barlayer .point").count() == 28
    assert speed.locator(".legendtext").all_text_contents() == ["Left", "Right"]
    points = speed.locator(".scatterlayer .points path")
    assert points.count() == 2 * 26 + 2 + 2  # both legs, the days not worn, the alerts
    assert not speed.get_by_role("table").is_visible()
    speed.get_by_text("Table: Walking speed").click()
    assert speed.get_by_role("table").is_visible()
    tab.close()


def test_charts_in_which_nothing_is_worse_are_folded_away_and_drawn_when_opened_or_printed(
    browser: Any, clinic: tuple[Store, str]
) -> None:
    tab = Watched(browser, WIDTHS["phone"])
    for opened in ("by hand", "for paper"):
        page = tab.open(f"{clinic[1]}patients/{WEAK}")
        everything = tab.wait_for_charts()
        more = page.locator("details.more")
        folded = more.locator(".chart").count()
        assert 0 < folded < everything - 4 and f"More charts ({folded})" in more.locator("summary").first.inner_text()
        assert not more.locator(".chart").first.is_visible()
        assert more.locator(".main-svg").count() == 0
        shown = page.locator("section[aria-labelledby=trends] > .charts figure h3").all_text_contents()
        assert shown[:3] == ["Foot lifting (L5 pattern)", "Push-off (S1 pattern)", "Knee control (L4 pattern)"]
        assert {"Walking speed", "Strides without heel strike", "Foot-drop strides"} <= set(shown), "and what is worse"
        if opened == "by hand":
            tab.unfold_charts()
        else:
            page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert tab.wait_for_charts() == everything
        assert more.locator(".chart").last.is_visible()
    tab.close()


def test_a_page_waits_for_no_chart_and_each_is_drawn_as_was_asked_meanwhile(
    browser: Any, clinic: tuple[Store, str]
) -> None:
    tab, held = Watched(browser), []
    tab.page.route("**/static/plotly-*", lambda route: held.append(route))
    tab.page.goto(f"{clinic[1]}patients/{WEAK}", wait_until="domcontentloaded")
    tab.wait_until("performance.getEntriesByName('first-contentful-paint').length === 1")
    tab.wait_until("!document.querySelector('.zoom').hidden")
    around = tab.page.evaluate(
        "(b => { b.click(); return b.dataset.around; })(document.querySelector('[data-around]'))"
    )
    assert tab.page.locator(".main-svg").count() == 0
    tab.page.wait_for_timeout(100)
    assert held
    for route in held:
        route.continue_()
    tab.unfold_charts()
    charts = tab.wait_for_charts()
    shown = tab.page.evaluate("[...document.querySelectorAll('.chart')].map(c => c.layout.xaxis.range[0])")
    first = (date.fromisoformat(around) - timedelta(days=14)).isoformat()
    assert len(shown) == charts > 3
    assert {one[:10] for one in shown} == {max(first, "2026-01-01")}
    tab.close()


def test_the_raw_signal_of_an_incident_is_drawn(browser: Any, clinic: tuple[Store, str]) -> None:
    tab = Watched(browser)
    page = tab.open(f"{clinic[1]}patients/{WEAK}#incidents")
    page.get_by_role("link", name="2026-01-28").first.click()
    page.wait_for_url("**/incidents/**")
    tab.wait_for_charts()
    assert page.locator("#snippet .scatterlayer .trace").count() == 12
    tab.close()


def test_an_alert_is_acknowledged_with_the_keyboard_alone(browser: Any, clinic: tuple[Store, str]) -> None:
    store, url = clinic
    tab = Watched(browser)
    page = tab.open(f"{url}alerts")
    page.get_by_label("Your name").first.focus()
    page.keyboard.type("Dr. Ada")
    page.keyboard.press("Tab")
    page.keyboard.type("Called.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**told=stored*")
    card = page.locator("article.done")
    assert "Acknowledged by Dr. Ada" in card.inner_text() and "Called." in card.inner_text()
    assert page.get_by_role("heading", name="Open (1)").is_visible()
    taken = next(one.acknowledged for one in store.alerts(WEAK) if one.alert.tier == "T3")
    assert taken is not None
    assert (taken.who, taken.note, taken.at_s) == ("Dr. Ada", "Called.", NOW_S)
    tab.close()


def test_a_nameless_acknowledgement_is_stopped_in_the_form(browser: Any, clinic: tuple[Store, str]) -> None:
    tab = Watched(browser)
    page = tab.open(f"{clinic[1]}patients/{WEAK}")
    form = page.locator("form.acknowledge").first
    form.get_by_role("button", name="Acknowledge").click()
    assert form.locator("input[name=who]:invalid").count() == 1
    assert all(one.life.is_open for one in clinic[0].alerts(WEAK))
    tab.close()


def test_an_alert_is_snoozed_and_known_to_be_seen(browser: Any, clinic: tuple[Store, str]) -> None:
    store, url = clinic
    tab = Watched(browser)
    page = tab.open(f"{url}alerts")
    tab.wait_until("performance.getEntriesByName(location.origin + '/seen').length > 0")
    form = page.locator("form.acknowledge").first
    form.get_by_label("Your name").fill("Dr. Ada")
    form.get_by_role("button", name="Snooze 1 h").click()
    page.wait_for_url("**told=snoozed*")
    first = page.locator("article").first
    assert "Snoozed until" in first.inner_text() and first.get_by_role("button", name="End the snooze").is_visible()
    urgent = next(one.life for one in store.alerts(WEAK) if one.alert.tier == "T3")
    assert urgent.is_open and urgent.snoozed_until_s(NOW_S) == NOW_S + 3600 and urgent.seen is not None
    tab.close()


def test_another_site_in_the_same_browser_can_not_acknowledge(browser: Any, clinic: tuple[Store, str]) -> None:
    """A form that posts itself, from a page of another origin: what a forged link would do."""
    store, url = clinic
    alert = next(one.alert for one in store.alerts(WEAK))
    fields = {"gateway": WEAK, "alert_id": alert.alert_id, "tier": alert.tier, "who": "Mallory"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    page = browser.new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(body="", content_type="text/html"))
    page.goto("http://evil.example/")
    page.set_content(f'<form method="post" action="{url}acknowledge">{inputs}<button>x</button></form>')
    page.click("button")
    page.wait_for_load_state()
    page.get_by_text("This came from another web page").wait_for()
    page.close()
    assert all(one.life.is_open for one in store.alerts(WEAK))


def test_an_old_page_says_how_old_it_is(browser: Any, clinic: tuple[Store, str]) -> None:
    tab = Watched(browser)
    tab.page.clock.install()
    page = tab.open(f"{clinic[1]}precision")  # one that does not follow what changes
    page.clock.fast_forward(100_000)
    assert not page.locator("#age").is_visible()
    page.clock.fast_forward(30_000)
    assert page.get_by_text("This page is 130 seconds old. Load it again").is_visible()
    page.clock.fast_forward(3_600_000)
    assert "This page is 62 minutes old." in page.locator("#age").inner_text()
    tab.close()


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_nothing_sticks_out_of_the_page(browser: Any, clinic: tuple[Store, str], width: int) -> None:
    tab = Watched(browser, width)
    for path in ("", f"patients/{WEAK}", "alerts", "alerts/technical"):
        page = tab.open(clinic[1] + path)
        tab.wait_for_charts()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    tab.close()


def test_every_form_field_button_and_chart_has_a_name(browser: Any, clinic: tuple[Store, str]) -> None:
    tab = Watched(browser)
    for path in ("", f"patients/{WEAK}", "alerts"):
        page = tab.open(clinic[1] + path)
        nameless = page.evaluate(
            """[...document.querySelectorAll('input:not([type=hidden]), button, [role=img], nav, section')].filter(e =>
            !(e.labels?.length || e.textContent.trim() && e.tagName === 'BUTTON' || e.ariaLabel
              || e.getAttribute('aria-labelledby'))).map(e => e.outerHTML)"""
        )
        assert nameless == []
        assert page.locator("main").count() == page.locator("h1").count() == 1
    tab.close()


def test_the_report_is_drawn_as_its_own_style_says(browser: Any, clinic: tuple[Store, str]) -> None:
    """One file that carries its style: a policy that forbids it leaves black boxes where charts should be."""
    tab = Watched(browser)
    page = tab.open(f"{clinic[1]}patients/{WEAK}/report")
    assert page.locator("figure svg").count() == 4
    edge = "getComputedStyle(document.querySelector('.headline')).borderLeftWidth"
    ground = "getComputedStyle(document.querySelector('figure svg path')).fill"
    assert page.evaluate(edge) == "4px"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert tab.complaints == []
    assert tab.hosts == {"127.0.0.1"}
