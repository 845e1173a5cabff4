"""The login in a real browser: typed with the keyboard, signing for whoever logged in, and over when they leave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import made
import story
from story import NOW_S, WEAK
from surefoot.alerts.bodies import AlertBody
from test_web_browser import WIDTHS, Watched, browser, clinic_of
from visitors import PASSWORD, hired, quick_passwords

__all__ = ["browser"]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_somebody_logs_in_acknowledges_and_leaves(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    quick_passwords(monkeypatch)
    store = story.filled(tmp_path)
    hired(store, NOW_S)
    with clinic_of(store) as url:
        tab = Watched(browser, width)
        page = tab.open(f"{url}alerts")
        assert page.get_by_role("heading", name="Log in").is_visible()
        page.keyboard.type("Nurse Bo")  # the first field is ready
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/alerts")
        assert page.get_by_text("Nurse Bo (care team)").is_visible()
        assert page.get_by_label("Your name").count() == 0
        tab.wait_until("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Acknowledge").first.click()
        page.wait_for_url("**told=stored*")
        assert "Acknowledged by Nurse Bo" in page.locator("article.done").inner_text()
        seen = [e.who for one in store.alerts(WEAK) for e in one.life.events if e.what == "seen"]
        assert seen and set(seen) == {"Nurse Bo"}
        page.goto(f"{url}patients/{WEAK}")
        tab.wait_for_charts()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login*")
        page.goto(f"{url}patients/{WEAK}")
        assert page.get_by_role("heading", name="Log in").is_visible()
        tab.close()
    store.close()


def test_who_logs_in_again_beside_a_tab_whose_login_is_over_is_live(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All tabs share one line, and the tab that holds it may be one that nobody is let in by any more."""
    quick_passwords(monkeypatch)
    store = hired(story.filled(tmp_path), NOW_S)
    ended, home = "Your login has ended", story.Home("9a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d")
    with clinic_of(store) as url:
        context = browser.new_context()
        first, second = context.new_page(), context.new_page()

        def log_in(tab: Any, name: str) -> None:
            tab.goto(f"{url}login?back=/alerts")
            tab.get_by_label("Name").fill(name)
            tab.get_by_label("Password").fill(PASSWORD)
            tab.keyboard.press("Enter")
            tab.wait_for_url("**/alerts")
            tab.get_by_text("Live.", exact=True).wait_for()

        def hears(tab: Any, name: str) -> None:
            home.tell(store, NOW_S, AlertBody.of(replace(made.alert(name), sentence=f"Alert {name}.")))
            tab.get_by_text(f"Alert {name}.").wait_for()
            assert tab.get_by_text(ended).is_hidden()

        log_in(first, "Nurse Bo")
        second.goto(f"{url}alerts")
        second.get_by_text("Live.", exact=True).wait_for()
        hears(second, "a")
        second.get_by_role("button", name="Log out").click()
        first.get_by_text(ended).wait_for()
        log_in(second, "Nurse Bo")
        hears(second, "b")
        assert first.get_by_text(ended).is_visible() and first.get_by_text("Not live.", exact=True).is_visible()
        third, before = context.new_page(), {one["name"]: one["value"] for one in context.cookies()}["surefoot"]
        context.clear_cookies()  # somebody else comes to this computer, while the line is still of who was there
        log_in(third, "Dr. Ada")
        hears(third, "c")
        store.office.logins.log_out(before)
        second.get_by_text(ended).wait_for()
        hears(third, "d")
        context.close()
    store.close()
