"""Read tokens on the pages: for administrators, shown once, with the password once more, taken back, and in the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from story import NOW_S, STEADY, WEAK, Home
from surefoot.cli.tokens import SCOPE_NAMES
from surefoot.pipeline.login import LoginParams
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.tokens import LOOKS_LIKE
from surefoot.web.app import make_app
from surefoot.web.tokenpage import SCOPE_WORDS
from test_web import text
from visitors import PASSWORD, Browser, hired, quick_passwords

FORM = {"name": "ward dashboard", "scopes": "patients:read", "days": "30", "homes": "", "password": PASSWORD}
HOSTILE = '<b>"x"</b> \u05e9\u05e8\u05d4'


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    quick_passwords(monkeypatch)
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    for gateway, label in ((WEAK, "Mrs. Secret"), (STEADY, "P-02")):
        Home(gateway).sign_of_life(store, NOW_S - 20)
        store.label_patient(gateway, label)
    yield store
    store.close()


@pytest.fixture
def store(bare: Store) -> Store:
    return hired(bare, NOW_S)


@pytest.fixture
def app(store: Store) -> FastAPI:
    return make_app(store, lambda: NOW_S, "Clinic North")


def logged_in(app: FastAPI, name: str) -> Browser:
    browser = Browser(app)
    browser.log_in(name)
    return browser


def made(browser: Browser, **more: str) -> str:
    """The token that stands on the page which answers."""
    found = LOOKS_LIKE.findall(browser.fill_in("/tokens", "/tokens", FORM | more).text)
    assert len(found) == 1
    return str(found[0])


def test_a_token_made_on_the_page_lets_a_program_in_and_is_shown_this_once(app: FastAPI, store: Store) -> None:
    cy = logged_in(app, "Cy")
    assert "No program may read these records." in text(cy.get("/tokens"))
    token = made(cy)
    asked = {"authorization": f"Bearer {token}"}
    assert Browser(app).get("/api/v1/patients", **asked).status_code == 200
    assert Browser(app).get("/api/v1/alerts", **asked).status_code == 403, "only what was ticked"
    again = cy.get("/tokens")
    assert token not in again.text and "ward dashboard" in text(again) and "until 2026-02-28" in text(again)
    said = [(one.who, one.what, one.about) for one in store.office.audit.entries() if "token" in one.what]
    assert ("Cy", "made a token", "ward dashboard") in said
    assert not any(token in str(one) or PASSWORD in str(one) for one in store.office.audit.entries())


def test_it_is_taken_back_on_the_page(app: FastAPI, store: Store) -> None:
    cy = logged_in(app, "Cy")
    token = made(cy)
    page = cy.fill_in("/tokens", "/tokens/revoke", {})
    assert "The token is taken back" in text(page) and "No program may read" in text(page)
    assert Browser(app).get("/api/v1/patients", authorization=f"Bearer {token}").status_code == 401
    assert ("Cy", "revoked a token") in [(one.who, one.what) for one in store.office.audit.entries()]
    csrf = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert csrf and cy.post("/tokens/revoke", {"csrf": csrf[1], "id": "0" * 8}).status_code == 404


def test_only_administrators_see_it_and_without_patients_names(app: FastAPI) -> None:
    cy = logged_in(app, "Cy")
    made(cy, homes=WEAK[:8])
    assert WEAK[:8] in text(cy.get("/tokens")) and "Mrs. Secret" not in cy.get("/tokens").text
    assert "Mrs. Secret" in text(logged_in(app, "Dee").get("/tokens")), "who treats patients, too, sees their labels"
    assert 'href="/tokens"' in cy.get("/alerts/technical").text
    for name in ("Dr. Ada", "Nurse Bo"):
        browser = logged_in(app, name)
        assert browser.get("/tokens").status_code == 403
        assert 'href="/tokens"' not in browser.get("/alerts/technical").text


@pytest.mark.parametrize(
    ("wrong", "status", "said"),
    [
        ({"password": "wrong horse battery"}, 403, "This is not your password."),
        ({"password": ""}, 403, "This is not your password."),
        ({"scopes": ""}, 400, "What it may read is missing."),
        ({"scopes": "everything"}, 400, "What it may read is missing."),
        ({"name": "  "}, 400, "The name is missing"),
        ({"name": "a\u202eb"}, 400, "The name is missing"),
        ({"days": "4000"}, 400, "The name is missing"),
        ({"homes": WEAK[:7]}, 400, f"There is not one home called {WEAK[:7]}."),
        ({"homes": "Mrs. Secret"}, 400, "There is not one home called mrs.."),
        ({"homes": "ffffffff"}, 400, "There is not one home called ffffffff."),
    ],
)
def test_what_is_wrong_makes_none(app: FastAPI, store: Store, wrong: dict[str, str], status: int, said: str) -> None:
    answer = logged_in(app, "Cy").fill_in("/tokens", "/tokens", FORM | wrong)
    assert answer.status_code == status and said in text(answer) and "No token was made." in text(answer)
    assert store.office.tokens.all() == []


def test_a_name_is_given_once_and_shown_as_it_is(app: FastAPI) -> None:
    cy = logged_in(app, "Cy")
    made(cy, name=HOSTILE)
    page = cy.get("/tokens").text
    assert "<b>" not in page and "<bdi>&lt;b&gt;" in page
    assert cy.fill_in("/tokens", "/tokens", FORM | {"name": HOSTILE}).status_code == 409


def test_who_guesses_the_password_at_an_open_screen_waits(app: FastAPI, store: Store) -> None:
    cy = logged_in(app, "Cy")
    for _ in range(LoginParams().free_account):
        assert cy.fill_in("/tokens", "/tokens", FORM | {"password": "guess"}).status_code == 403
    assert cy.fill_in("/tokens", "/tokens", FORM).status_code == 429 and store.office.tokens.all() == []
    assert ("Cy", "gave a wrong password") in [(one.who, one.what) for one in store.office.audit.entries()]


def test_before_anybody_has_a_login_it_is_signed_by_whatever_is_typed(bare: Store) -> None:
    browser = Browser(make_app(bare, lambda: NOW_S, "Clinic North"))
    assert browser.post("/tokens", FORM).status_code == 400
    assert LOOKS_LIKE.search(browser.post("/tokens", FORM | {"who": "Ada"}).text)
    assert bare.office.tokens.all()[0].made_by == "Ada"


def test_every_scope_is_told_in_words() -> None:
    assert tuple(SCOPE_WORDS) == SCOPE_NAMES
