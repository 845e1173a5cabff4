"""Every page, looked through by axe in a real browser: nothing serious is in anybody's way (WCAG 2.2 AA)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe

import story
from servedpages import served
from story import NOW_S, WEAK
from surefoot.pipeline.sitbreaks import SETTING, SitBreaks, breaks_text
from surefoot.pipeline.store import Store, open_store
from surefoot.records import SIDES, WornSensor
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from surefoot.web.homenow import HomeNow, SensorNow
from surefoot.web.incidents import line
from test_web_browser import browser as browser  # the fixture

RULES = {"runOnly": {"type": "tag", "values": [f"wcag{level}" for level in ("2a", "2aa", "21a", "21aa", "22aa")]}}
PAGES = (
    "/api/v1/docs",
    "/",
    "/?q=nobody",
    "/alerts",
    "/alerts/technical",
    "/digest",
    "/tokens",
    "/precision",
    "/login",
    "/nothing-here",
)
OF_A_PATIENT = ("", "/plan", "/profile", "/report", "/incident")
OF_THE_PATIENT = ("/", "/pin", "/tests", "/tests/heel_rise", "/tests/chair_stand_30s", "/nothing-here")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    store = story.filled(tmp_path_factory.mktemp("clinic"))
    with served(make_app(store, lambda: NOW_S, "Clinic North")) as url:
        yield store, url
    store.close()


def serious(browser: Any, url: str, width: int) -> list[str]:
    """What axe finds serious or critical on a page of this width."""
    context = browser.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)  # axe is put into the page
    try:
        page = context.new_page()
        page.goto(url)
        page.wait_for_load_state("networkidle")
        found = Axe().run(page, options=RULES).response["violations"]
    finally:
        context.close()
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]} (of {len(one['nodes'])})"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_on_the_clinics_pages(browser: Any, clinic: tuple[Store, str], path: str, width: int) -> None:
    assert serious(browser, clinic[1] + path, width) == []


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("page", OF_A_PATIENT)
def test_nothing_serious_on_a_patients_pages(browser: Any, clinic: tuple[Store, str], page: str, width: int) -> None:
    store, url = clinic
    if page == "/incident":
        page = f"/{line(store.incidents(WEAK)[0], None).link}"
    assert serious(browser, f"{url}/patients/{WEAK}{page}", width) == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('home')}/home.sqlite")
    for day in story.days(3):
        store.keep_day(day)
    store.office.own_page.set(SETTING, breaks_text(SitBreaks(on=True)))
    for side in SIDES:
        store.keep_worn_sensor(WornSensor(side, "shank", "dot", side, "", 60.0, NOW_S))
    now = HomeNow(NOW_S, tuple(SensorNow(side, "shank", "streaming", "", 80) for side in SIDES), worn_h=3.0)
    with served(
        make_home_app(store, lambda: NOW_S, ZoneInfo("UTC"), live=lambda: now, recorded=lambda *_: iter(()))
    ) as url:
        yield url
    store.close()


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("path", OF_THE_PATIENT)
def test_nothing_serious_on_the_patients_own_pages(browser: Any, home: str, path: str, width: int) -> None:
    assert serious(browser, home + path, width) == []


def test_what_is_wrong_is_found(browser: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": b"<html><img src='x'><input></html>"})

    with served(app) as url:
        assert any("image-alt" in one for one in serious(browser, url, 360))
