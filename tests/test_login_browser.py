"""The login in a real browser: typed with the keyboard, signing for whoever logged in, and over when they leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import story
from story import NOW_S, WEAK
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
