"""The pages in German in a real browser: how they are chosen, what scripts say and draw, nothing in anybody's way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import story
from servedpages import served
from story import NOW_S, WEAK
from surefoot.pipeline.store import open_store
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from test_axe import serious
from test_web_browser import browser as browser  # the fixture


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = story.filled(tmp_path_factory.mktemp("clinic"))
    with served(make_app(store, lambda: NOW_S, "Klinik Nord")) as url:
        yield url
    store.close()


@pytest.mark.parametrize("page", ["/", "/alerts", "/digest", f"/patients/{WEAK}", f"/patients/{WEAK}/plan"])
def test_nothing_serious_in_german_on_the_clinics_pages(browser: Any, clinic: str, page: str) -> None:
    assert serious(browser, f"{clinic}{page}?language=de", 360) == []


def test_nothing_serious_in_german_on_the_patients_own_page(
    browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('home')}/home.sqlite")
    for day in story.days(3):
        store.keep_day(day)
    with served(make_home_app(store, lambda: NOW_S, ZoneInfo("UTC"), language="de")) as url:
        assert serious(browser, url, 360) == []
    store.close()


def test_german_is_chosen_at_the_foot_of_a_page_and_stays(browser: Any, clinic: str) -> None:
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{clinic}/alerts")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="Deutsch").press("Enter")
    page.wait_for_url(f"{clinic}/alerts")
    assert page.get_by_role("heading", level=1).inner_text() == "Warnungen"
    page.get_by_role("link", name="Wochenüberblick").click()
    assert page.locator("html").get_attribute("lang") == "de"
    context.close()


def test_scripts_speak_german_too(browser: Any, clinic: str) -> None:
    context = browser.new_context(locale="de-DE")
    page, wrong = context.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.clock.install()
    page.goto(f"{clinic}/patients/{WEAK}")
    page.wait_for_selector(".chart .main-svg")
    ticks = page.locator(".chart .xtick text").all_text_contents()
    assert "4. Jan" in ticks, ticks
    numbers = page.locator("#chart-4 .ytick text").all_text_contents()
    assert any("," in one for one in numbers)
    page.clock.fast_forward(130_000)
    page.wait_for_selector("#age:visible")
    assert re.fullmatch(r"Diese Seite ist \d+ Sekunden alt\. Neu laden", page.locator("#age").inner_text())
    assert wrong == []
    context.close()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("path", ["/", "/alerts", f"/patients/{WEAK}", f"/patients/{WEAK}/plan"])
def test_no_page_is_wider_than_its_window(browser: Any, clinic: str, path: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="de-DE")
    page = context.new_page()
    page.goto(f"{clinic}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
