"""Which language a visitor is answered in, and how they choose another."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from surefoot.web.language import OWN, _, _n, catalogue, day_words, languages, numerals, speak, spoken
from surefoot.web.speaking import COOKIE, preferred
from visitors import Browser


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(f"sqlite:///{tmp_path}/clinic.sqlite")


def spoken_by(browser: Browser, path: str = "/", **headers: str) -> str:
    page = browser.get(path, **headers).text
    return page.partition('<html lang="')[2][:2]


def test_a_browser_is_answered_as_it_prefers(store: Store) -> None:
    browser = Browser(make_app(store))
    assert spoken_by(browser) == "en"
    assert spoken_by(browser, **{"accept-language": "de-AT,de;q=0.9,en;q=0.8"}) == "de"
    assert spoken_by(browser, **{"accept-language": "fr,en;q=0.8,de;q=0.9"}) == "de"
    assert spoken_by(browser, **{"accept-language": "~;q=x,,;q="}) == "en"


def test_the_installations_language_holds_for_who_has_chosen_none(store: Store) -> None:
    browser = Browser(make_app(store, language="de"))
    assert spoken_by(browser, **{"accept-language": "en"}) == "de"
    assert spoken_by(browser, "/alerts?language=en") == "en"
    assert spoken_by(browser, "/digest") == "en"
    assert browser.cookies[COOKIE] == "en"


def test_a_choice_leads_back_to_the_page_it_was_made_on(store: Store) -> None:
    browser = Browser(make_app(store))
    answer = browser.get("/alerts?told=late&language=de", follow=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts?told=late")
    assert 'href="/alerts?told=late&amp;language=en"' in browser.get("/alerts?told=late").text


@pytest.mark.parametrize("asked", ["Łukasz", "Ελένη", "Zoë", "日本", "\U000c6173"])
def test_whatever_is_searched_for_a_choice_keeps_it(store: Store, asked: str) -> None:
    browser = Browser(make_app(store))
    page = browser.get(f"/?q={asked}")
    assert page.status_code == 200
    assert f'href="/?q={quote(asked)}&amp;language=de"' in page.text
    chosen = browser.get(f"/?q={asked}&language=de", follow=False)
    assert (chosen.status_code, chosen.headers["location"]) == (303, f"/?q={quote(asked)}")


@pytest.mark.parametrize("path", ["//elsewhere.example/", "/\\elsewhere.example/", "/%2F%2Felsewhere.example"])
def test_a_choice_never_leads_elsewhere(store: Store, path: str) -> None:
    answer = Browser(make_app(store)).get(f"{path}?language=de", follow=False)
    location = answer.headers.get("location", "/")
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_a_language_nobody_translated_to_is_not_spoken(store: Store) -> None:
    browser = Browser(make_app(store))
    assert spoken_by(browser, "/?language=tlh") == "en"
    browser.cookies.set(COOKIE, "../../etc")
    assert spoken_by(browser) == "en"


def test_preferred() -> None:
    assert [preferred(one) for one in ("de", "DE-ch", "fr, de;q=0", "", "en;q=0.1, de;q=0.2")] == [
        "de",
        "de",
        "",
        "",
        "de",
    ]


def test_numbers_days_and_plurals() -> None:
    assert languages() == {"en": "English", "de": "Deutsch"}
    speak("de")
    assert (numerals("1,234.5"), day_words("2026-05-01"), day_words("none")) == ("1.234,5", "01.05.2026", "none")
    assert _("Patients") == "Patienten"
    speak("tlh")
    assert (spoken(), _("Patients"), day_words("2026-05-01")) == (OWN, "Patients", "2026-05-01")
    assert [_n("{n} day", "{n} days", n) for n in (0, 1, 1200)] == ["0 days", "1 day", "1200 days"]
    assert catalogue("de") is catalogue("de")
