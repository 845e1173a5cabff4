"""The patient's page beyond this computer: only with a PIN, and nobody sees anything without it."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text as sql

from story import NOW_S
from surefoot.alerts.identity import Identity
from surefoot.alerts.redflags import EMERGENCY
from surefoot.cli.pagecertificate import own_certificate
from surefoot.pipeline.login import Wait
from surefoot.pipeline.pin import fault
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from test_web import text
from visitors import Browser, quick_passwords

PIN = "384920"
COMMAND = [sys.executable, "-c", "from surefoot.cli.main import main; main()", "page", "--no-browser", "--port", "0"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    quick_passwords(monkeypatch)
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    yield store
    store.close()


def phone(home: Store, now_s: float = NOW_S, address: str = "192.168.1.7") -> Browser:
    app = make_home_app(home, lambda: now_s, UTC, names=("home.local",), secure=True)
    return Browser(app, address, "https://home.local:8421")


def routes(home: Store) -> list[tuple[str, str]]:
    app = make_home_app(home, lambda: NOW_S, UTC)
    found = [(method, one.path) for one in app.routes for method in getattr(one, "methods", ())]
    return [(m, p.replace("{kind}", "sit_to_stand_5")) for m, p in found if p not in ("/pin",) and "plotly" not in p]


def test_without_the_pin_no_route_shows_or_keeps_anything(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    asked = routes(home)
    assert {"/", "/checkin", "/answer", "/aid", "/breaks", "/tests", "/clock"} <= {path for _, path in asked}
    for method, path in asked:
        answer = phone(home).ask(method, path, headers={"origin": "https://home.local:8421"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/pin"), (method, path)
        assert "check-in" not in answer.text


def test_the_pin_lets_in_and_the_phone_stays_known(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    one = phone(home)
    assert "Today's check-in" in text(one.post("/pin", {"pin": PIN}))
    cookie = next(iter(one.cookies.jar))
    assert cookie.name == "__Host-surefoot-home" and cookie.secure
    later = phone(home, NOW_S + 29 * 86400)
    later.cookies = one.cookies
    assert "Today's check-in" in text(later.get("/"))
    much_later = phone(home, NOW_S + 65 * 86400)
    much_later.cookies = one.cookies
    assert "Open my page" in text(much_later.get("/"))


def test_the_page_that_asks_for_it_says_what_to_do_in_an_emergency(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    assert EMERGENCY.splitlines()[0] in text(phone(home).get("/"))


def test_a_wrong_pin_lets_nobody_in_and_whoever_guesses_waits(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    one = phone(home)
    for guess in range(5):
        assert "This is not the PIN." in text(one.post("/pin", {"pin": f"48392{guess}"}))
    page = one.post("/pin", {"pin": PIN})  # even the right one has to wait now
    assert page.status_code == 429 and "Too many wrong PINs" in text(page)
    assert "Open my page" in text(one.get("/"))
    assert isinstance(home.office.pin.enter(PIN, "192.168.1.8", "t", NOW_S), Wait)  # wherever it comes from
    assert home.office.pin.enter(PIN, "192.168.1.8", "t", NOW_S + 400) is True


def test_guessing_a_million_takes_years(home: Store) -> None:
    """The pace that is let: counted over a simulated day of trying as fast as possible."""
    home.office.pin.set(PIN, NOW_S)
    now_s, tries = NOW_S, 0
    while now_s < NOW_S + 86400:
        found = home.office.pin.enter("111222", "192.168.1.9", "t", now_s)
        if isinstance(found, Wait):
            now_s += found.seconds
        else:
            tries += 1
    assert tries < 320  # half of a million at this pace: more than four years


def test_another_pin_ends_what_was_known_by_the_last_one(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    one = phone(home)
    one.post("/pin", {"pin": PIN})
    home.office.pin.set("102938", NOW_S + 1)
    assert "Open my page" in text(one.get("/"))


def test_a_pin_that_is_taken_away_opens_the_page_to_this_computer_and_to_no_other(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    home.office.pin.drop()
    assert "Open my page" in text(phone(home).get("/"))
    assert "Today's check-in" in text(Browser(make_home_app(home, lambda: NOW_S, UTC)).get("/"))


def test_the_pin_is_not_in_the_store_and_is_no_login_of_a_clinic(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    with home._engine.begin() as connection:
        rows = str(connection.execute(sql("SELECT * FROM people")).all())
    assert PIN not in rows and "argon2" in rows
    assert not home.office.staff.is_there()
    clinic = Browser(make_app(home, lambda: NOW_S, "Clinic"))
    assert clinic.get("/").status_code == 200  # open to this computer, as without any login


@pytest.mark.parametrize("pin", ["", "12345", "123456", "987654", "000000", "12345a", "1" * 13, "٣٨٤٩٢٠"])
def test_a_pin_that_is_easily_guessed_or_none_is_refused(home: Store, pin: str) -> None:
    assert fault(pin)
    with pytest.raises(StoreError, match="This PIN cannot be used"):
        home.office.pin.set(pin, NOW_S)
    assert not home.office.pin.is_set()


def test_a_foreign_name_is_not_served(home: Store) -> None:
    home.office.pin.set(PIN, NOW_S)
    app = make_home_app(home, lambda: NOW_S, UTC, names=("home.local",), secure=True)
    assert Browser(app, base="https://evil.example").get("/pin").status_code == 421


# ---- its certificate


def test_a_certificate_is_made_once_for_these_names_and_again_before_it_ends(tmp_path: Path) -> None:
    now = datetime(2026, 1, 29, tzinfo=UTC)
    certificate, key, print_ = own_certificate(tmp_path, ["home.local", "192.168.1.5"], now)
    assert key.stat().st_mode & 0o077 == 0
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", print_)
    assert own_certificate(tmp_path, ["192.168.1.5", "home.local"], now + timedelta(days=300))[2] == print_
    assert own_certificate(tmp_path, ["192.168.1.5"], now)[2] != print_
    assert Identity(certificate.read_bytes(), key.read_bytes()).until > now + timedelta(days=700)
    last = own_certificate(tmp_path, ["192.168.1.5"], now + timedelta(days=720))
    assert Identity(last[0].read_bytes(), b"").until > now + timedelta(days=1400)


# ---- the verb


def test_elsewhere_than_here_it_is_not_served_without_a_pin(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/home.sqlite").close()
    surroundings = os.environ | {"SUREFOOT_HOME": str(tmp_path)}
    done = subprocess.run(
        [*COMMAND, "--host", "0.0.0.0"], env=surroundings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "it has no PIN" in done.stderr and "surefoot page --set-pin" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_pin_it_is_served_over_https_and_asks_for_it(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/home.sqlite").close()
    surroundings = os.environ | {"SUREFOOT_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    typed = f"{PIN}\n{PIN}\n"
    done = subprocess.run([*COMMAND, "--set-pin"], env=surroundings, input=typed, text=True, capture_output=True)
    assert done.returncode == 0 and PIN not in done.stdout
    more = ["--host", "0.0.0.0", "--name", "localhost"]
    with subprocess.Popen([*COMMAND, *more], env=surroundings, stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            found = re.search(r"https://localhost:(\d+)/", run.stdout.readline())
            assert found is not None
            trust = ssl.create_default_context(cafile=str(tmp_path / "page-certificate.pem"))
            trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            answer = httpx.get(f"https://localhost:{found[1]}/", verify=trust, follow_redirects=True)
            assert "Open my page" in answer.text and "check-in" not in answer.text
            run.send_signal(signal.SIGTERM)
            assert run.wait(120) == 130
        finally:
            run.kill()
