"""A screen on the wall: it stays logged in, shows the list and the alerts, and can do nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import made
from story import NOW_S, WEAK, Home
from surefoot.alerts.bodies import AlertBody
from surefoot.cli.users import ROLE_NAMES
from surefoot.pipeline.login import LoginParams
from surefoot.pipeline.staff import ROLES
from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from surefoot.web.roles import ROLE_WORDS
from test_login import Clock, routes
from test_web import text
from visitors import PASSWORD, Browser, hidden, hired, quick_passwords

P = LoginParams()
SHOWN = {("GET", path) for path in ("/", "/alerts", "/alerts/technical")}
DAY_S = 86_400.0


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    quick_passwords(monkeypatch)
    store = hired(open_store(f"sqlite:///{tmp_path}/clinic.sqlite"), NOW_S)
    store.office.staff.add("Screen 3", ["wall-screen"], PASSWORD, NOW_S)
    store.office.staff.add("Both", ["care-team", "wall-screen"], PASSWORD, NOW_S)
    Home(WEAK).tell(store, NOW_S - 60, AlertBody.of(made.alert("a", "T3")))
    store.label_patient(WEAK, "P-01")
    yield store
    store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen(store: Store, clock: Clock) -> Browser:
    return logged_in(store, clock, "Screen 3")


def logged_in(store: Store, clock: Clock, name: str) -> Browser:
    browser = Browser(make_app(store, clock, "Clinic North"))
    browser.log_in(name)
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/alerts", follow=False).status_code == 200


def test_it_stays_logged_in_for_thirty_days_without_use_and_no_longer(screen: Browser, clock: Clock) -> None:
    for days in (1, 12, 29.9):
        clock.now_s = NOW_S + days * DAY_S
        assert is_in(screen)
    clock.now_s = NOW_S + P.screen_s
    assert not is_in(screen)


def test_others_logging_in_does_not_end_it_and_their_own_ends_as_ever(
    screen: Browser, store: Store, clock: Clock
) -> None:
    bo = logged_in(store, clock, "Nurse Bo")
    clock.now_s += P.idle_s
    assert not is_in(bo)
    logged_in(store, clock, "Dr. Ada")  # which clears away what is over
    clock.now_s += P.longest_s
    logged_in(store, clock, "Dr. Ada")
    assert is_in(screen)


def test_with_another_role_beside_it_a_login_ends_as_any_other(store: Store, clock: Clock) -> None:
    both = logged_in(store, clock, "Both")
    assert both.get(f"/patients/{WEAK}").status_code == 200
    clock.now_s += P.idle_s
    assert not is_in(both)


def test_removed_it_is_out_at_once(screen: Browser, store: Store) -> None:
    store.office.staff.remove("Screen 3")
    assert not is_in(screen)


def test_it_sees_three_pages_and_does_nothing(screen: Browser, store: Store) -> None:
    csrf = hidden(screen.get("/").text, "/logout")["csrf"]
    form = {"gateway": WEAK, "alert_id": "a", "tier": "T3", "note": "x", "minutes": "15", "csrf": csrf}
    for method, path in routes(screen._app):
        if path in ("/login", "/logout", "/live", "/healthz") or path.startswith("/static"):
            continue
        answer = screen.get(path) if method == "GET" else screen.post(path, form)
        assert (answer.status_code != 403) is ((method, path) in SHOWN), (method, path)
    assert store.alerts()[0].acknowledged is None and not store.alerts()[0].life.seen


def test_its_pages_offer_nothing_that_it_may_not_do(screen: Browser) -> None:
    for path in ("/", "/alerts", "/alerts/technical"):
        page = screen.get(path)
        assert page.text.count('method="post"') == 1 and 'action="/logout"' in page.text, path
        assert 'href="/patients/' not in page.text and "/digest" not in page.text, path
        assert "data-unseen" not in page.text, "nobody has seen an alert because a wall has"
    assert "P-01" in text(screen.get("/")) and "wall screen" in text(screen.get("/"))
    assert "Acknowledged, snoozed and resolved by: therapist and care team." in text(screen.get("/alerts"))


def test_an_administrator_is_offered_what_is_theirs(store: Store, clock: Clock) -> None:
    page = logged_in(store, clock, "Cy").get("/alerts/technical")
    assert "/digest" not in page.text and "/acknowledge" not in page.text and 'href="/tokens"' in page.text
    assert 'href="/"' not in page.text.partition("<main")[2]


def test_the_command_line_knows_every_role() -> None:
    assert ROLE_NAMES == ROLES == tuple(ROLE_WORDS)
