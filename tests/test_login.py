"""The login: nobody gets past it, each role does what is its own, sessions end, and guessing is slowed down."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from fastapi import FastAPI
from starlette.routing import Mount

import made
import story
from story import NOW_S, WEAK
from surefoot.alerts.bodies import AlertBody
from surefoot.pipeline import passwords
from surefoot.pipeline.login import LoginParams, Logins, Wait
from surefoot.pipeline.staff import Person
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.web.app import make_app
from surefoot.web.roles import is_open
from test_web import text
from visitors import PASSWORD, PEOPLE, Browser, hidden, hired, quick_passwords

P = LoginParams()


class Clock:
    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_passwords(monkeypatch)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    story.Home(WEAK).tell(store, NOW_S - 60, AlertBody.of(made.alert("a", "T3")))
    store.label_patient(WEAK, "Mrs. Secret")
    yield store
    store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(store: Store, clock: Clock) -> FastAPI:
    return make_app(hired(store, NOW_S), clock, "Clinic North")


def logged_in(app: FastAPI, name: str, **more: str) -> Browser:
    browser = Browser(app, **more)
    assert browser.log_in(name).status_code in (200, 303)
    return browser


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Every method and path that the app answers to, with names filled in."""
    found = []
    for route in app.routes:
        path = re.sub(r"\{\w+(:\w+)?\}", lambda m: WEAK if "gateway" in m[0] else "left", route.path)
        methods = {"GET"} if isinstance(route, Mount) else route.methods - {"HEAD"}
        found += [(method, path) for method in sorted(methods)]
    return found


# ---- nobody gets past it


def test_no_route_answers_to_whoever_has_not_logged_in(app: FastAPI) -> None:
    app.get("/added-later")(lambda: "Mrs. Secret")
    app.post("/added-later")(lambda: "Mrs. Secret")
    asked = [one for one in routes(app) if not is_open(one[1])]
    assert len(asked) >= 14 and ("GET", "/added-later") in asked and ("POST", "/acknowledge") in asked
    for method, path in asked:
        answer = Browser(app).ask(method, path, headers={"origin": "http://127.0.0.1:8420"})
        expected = (303, "/login") if method == "GET" else (401, "")
        assert (answer.status_code, answer.headers.get("location", "").partition("?")[0]) == expected, (method, path)
        assert "Mrs. Secret" not in answer.text


def test_a_websocket_is_closed_whoever_asks(app: FastAPI) -> None:
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    app.websocket("/live")(lambda socket: socket.accept())
    asyncio.run(app({"type": "websocket", "path": "/live", "headers": [], "query_string": b""}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_what_is_open_tells_nothing(app: FastAPI) -> None:
    assert {path for _, path in routes(app) if is_open(path)} >= {"/login", "/healthz", "/static"}
    told = Browser(app).get("/healthz").json()
    assert told == {"status": "ok", "broker": "not used", "time_s": NOW_S}
    assert Browser(app).get("/static/../patients").url.path == "/login"
    for path in ("/", f"/patients/{WEAK}", "/alerts"):
        page = Browser(app).get(path)
        assert "Log in" in text(page) and "Mrs. Secret" not in page.text and "Clinic North" not in page.text


def test_a_login_is_needed_from_the_moment_somebody_has_one(store: Store, clock: Clock) -> None:
    app = make_app(store, clock)
    assert "Mrs. Secret" in Browser(app).get("/").text
    assert "Nobody has to log in" in text(Browser(app).get("/"))
    store.office.staff.add("Ada", ["therapist"], PASSWORD, NOW_S)
    assert Browser(app).get("/").url.path == "/login"
    store.office.staff.remove("Ada")
    assert "Mrs. Secret" in Browser(app).get("/").text


def test_under_a_name_of_its_own_a_login_is_always_needed(store: Store, clock: Clock) -> None:
    app = make_app(store, clock, names=["clinic.example"])
    outside = Browser(app, base="https://clinic.example")
    page = outside.get("/", follow=False)
    assert (page.status_code, page.headers["location"].partition("?")[0]) == (303, "/login")
    assert page.headers["strict-transport-security"].startswith("max-age=")
    assert Browser(app).get("/").url.path == "/login", "nor from this computer"
    assert Browser(app, base="https://other.example").get("/").status_code == 421
    cookie = outside.get("/login").headers["set-cookie"]
    assert cookie.startswith("__Host-surefoot=") and "Secure" in cookie and "HttpOnly" in cookie


# ---- who logged in


def test_who_logs_in_is_shown_and_led_to_where_they_wanted(app: FastAPI) -> None:
    browser = Browser(app)
    login = browser.get(f"/patients/{WEAK}?told=stored")
    assert "You are not logged in" in text(login)
    page = browser.post("/login", hidden(login.text, "/login") | {"name": "dr.  ada", "password": PASSWORD})
    assert str(page.url).endswith(f"/patients/{WEAK}?told=stored")
    assert "Dr. Ada (therapist)" in text(page) and "Mrs. Secret" in text(page)


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/login", "/a\\..\\b", "x"]
)
def test_a_login_leads_nowhere_else(app: FastAPI, back: str) -> None:
    browser = Browser(app)
    form = hidden(browser.get("/login").text, "/login") | {"name": "Dr. Ada", "password": PASSWORD, "back": back}
    assert browser.post("/login", form, follow=False).headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_are_told_alike(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    real = passwords.fits
    monkeypatch.setattr("surefoot.pipeline.login.fits", lambda *given: looked.append(given[0]) or real(*given))
    answers = [Browser(app).log_in(name, "another password") for name in ("Dr. Ada", "Dr. Nobody")]
    assert [one.status_code for one in answers] == [403, 403]
    assert len({re.sub(r"\b\w{64}\b", "", one.text) for one in answers}) == 1
    assert [stored is None for stored in looked] == [False, True], "both were looked at, and take their time"


def test_what_people_do_is_signed_by_their_login(app: FastAPI, store: Store) -> None:
    bo = logged_in(app, "Nurse Bo")
    page = bo.get("/alerts")
    assert 'name="who"' not in page.text
    form = hidden(page.text, "/acknowledge") | {"note": "Called & talked; 5 > 3", "who": "Dr. Ada"}
    assert "Acknowledged by Nurse Bo" in text(bo.post("/acknowledge", form))
    (one,) = store.alerts()
    assert (one.acknowledged.who, one.acknowledged.note) == ("Nurse Bo", "Called & talked; 5 > 3")
    cy = logged_in(app, "Cy")
    key = hidden(cy.get("/alerts/technical").text, "/logout")["csrf"]
    assert cy.post("/seen", {"gateway": WEAK, "alert_id": "a"}, x_csrf=key).status_code == 204
    assert [event.who for event in store.alert_log.events(WEAK, "a") if event.what == "seen"] == [], "no page of theirs"
    bo.post("/seen", {"gateway": WEAK, "alert_id": "a"}, x_csrf=form["csrf"])
    assert {event.who for event in store.alert_log.events(WEAK, "a") if event.what == "seen"} == {"Nurse Bo"}


ROLES = [  # who may what: therapist, care team, administrator, both
    ("GET", "/", True, True, False, True),
    ("GET", f"/patients/{WEAK}", True, True, False, True),
    ("GET", "/alerts", True, True, False, True),
    ("GET", "/alerts/technical", True, True, True, True),
    ("GET", "/some-page-of-later", True, True, False, True),
    ("POST", "/label", True, False, False, True),
    ("POST", "/some-form-of-later", True, False, False, True),
    ("POST", "/acknowledge", True, True, False, True),
    ("POST", "/snooze", True, True, False, True),
    ("POST", "/resolve", True, True, False, True),
    ("POST", "/wake", True, True, False, True),
    ("POST", "/escalate", True, True, False, True),
    ("POST", "/seen", True, True, True, True),
]


def test_each_role_does_what_is_its_own_and_is_told_what_is_not(app: FastAPI) -> None:
    people = {name: logged_in(app, name) for name in PEOPLE}
    tokens = {name: hidden(one.get("/alerts/technical").text, "/logout")["csrf"] for name, one in people.items()}
    for method, path, *expected in ROLES:
        for (name, browser), allowed in zip(people.items(), expected, strict=True):
            form = {"gateway": WEAK, "label": "Mrs. Secret", "csrf": tokens[name]}
            page = browser.get(path) if method == "GET" else browser.post(path, form)
            assert (page.status_code != 403) is allowed, (name, method, path)
            if not allowed:
                assert f"You are {name} (" in text(page) and "Nothing was shown or stored." in text(page)
                assert "This is for: therapist" in text(page) and "Mrs. Secret" not in page.text


def test_what_somebody_may_not_do_is_said_on_the_page(app: FastAPI) -> None:
    said = text(logged_in(app, "Nurse Bo").get("/"))
    assert "Labels are given by: therapist." in said and "Store label" not in said
    assert "Store label" in text(logged_in(app, "Dr. Ada").get("/"))
    cy = logged_in(app, "Cy").get("/alerts/technical")
    assert "Patients, alerts: for therapist and care team" in text(cy) and 'href="/alerts"' not in cy.text


# ---- forms of other pages


def test_a_form_without_its_token_or_with_anothers_stores_nothing(app: FastAPI, store: Store) -> None:
    ada, bo = logged_in(app, "Dr. Ada"), logged_in(app, "Nurse Bo")
    form = hidden(ada.get("/alerts").text, "/acknowledge")
    others = hidden(bo.get("/alerts").text, "/acknowledge")["csrf"]
    for csrf in ("", "x", "é", others):
        page = ada.post("/acknowledge", form | {"csrf": csrf})
        assert page.status_code == 403 and "made for another login" in text(page)
    assert store.alerts()[0].acknowledged is None
    assert ada.post("/acknowledge", form).status_code == 200


def test_every_form_on_every_page_brings_its_token(app: FastAPI) -> None:
    ada = logged_in(app, "Dr. Ada")
    for path in ("/", f"/patients/{WEAK}", "/alerts", "/alerts/technical"):
        page = ada.get(path).text
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        assert forms and all('name="csrf" value="' in one for one in forms), path
        assert re.search(r'<meta name="csrf" content="\w{64}">', page)


def test_a_login_form_is_filled_in_on_the_page_itself(app: FastAPI) -> None:
    """Else a foreign page could log somebody in under a name of its own choice, and read what they sign."""
    form = hidden(Browser(app).get("/login").text, "/login") | {"name": "Dr. Ada", "password": PASSWORD}
    assert Browser(app).post("/login", form).status_code == 403
    own = Browser(app)
    own.get("/login")
    assert own.post("/login", {"name": "Dr. Ada", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"x" * 65_537}, 413),
        ({"json": {"gateway": WEAK}}, 415),
        ({"files": {"note": b"x"}}, 415),
        ({"content": b"\xff\xfe=%zz&;;==&csrf"}, 403),
    ],
)
def test_what_is_no_form_of_ours_is_refused(app: FastAPI, sent: dict[str, object], status: int) -> None:
    answer = logged_in(app, "Dr. Ada").ask("POST", "/acknowledge", **sent)
    assert answer.status_code == status and "Nothing was stored." in text(answer)


def test_only_pages_that_draw_may_set_styles(app: FastAPI) -> None:
    ada = logged_in(app, "Dr. Ada")
    for path, drawn in (("/", False), ("/login", False), ("/nothing", False), (f"/patients/{WEAK}", True)):
        policy = ada.get(path, follow=False).headers["content-security-policy"]
        assert ("'unsafe-inline'" in policy) is drawn and "script-src 'self';" in policy, path
        assert "frame-ancestors 'none'" in policy


# ---- how a session ends


def test_a_session_is_a_new_one_at_each_login_and_gone_after_logout(app: FastAPI, store: Store) -> None:
    browser = Browser(app)
    browser.get("/login")
    before = browser.cookies["surefoot"]
    browser.log_in("Dr. Ada")
    during = browser.cookies["surefoot"]
    assert before != during
    stolen = Browser(app)
    stolen.cookies.set("surefoot", during)
    assert stolen.get("/").status_code == 200 and stolen.get("/").url.path == "/"
    assert "You are logged out." in text(browser.fill_in("/", "/logout", {}))
    assert "surefoot" not in browser.cookies or browser.cookies["surefoot"] != during
    assert stolen.get("/").url.path == "/login", "over at the clinic, not in the browser alone"


def test_a_cookie_that_was_made_up_opens_nothing(app: FastAPI) -> None:
    browser = Browser(app)
    browser.cookies.set("surefoot", "made-up")
    assert browser.get("/").url.path == "/login"


def test_a_session_ends_without_use_and_after_a_shift(app: FastAPI, clock: Clock) -> None:
    idle, busy = logged_in(app, "Dr. Ada"), logged_in(app, "Nurse Bo")
    while clock.now_s - NOW_S < P.longest_s - 1000:
        clock.now_s += 900
        assert busy.get("/").url.path == "/", clock.now_s - NOW_S
    assert idle.get("/").url.path == "/login"
    clock.now_s = NOW_S + P.longest_s
    assert busy.get("/").url.path == "/login"


@pytest.mark.parametrize("change", ["passwd", "roles", "remove"])
def test_whatever_is_changed_about_somebody_ends_their_sessions(app: FastAPI, store: Store, change: str) -> None:
    ada, bo = logged_in(app, "Dr. Ada"), logged_in(app, "Nurse Bo")
    if change == "passwd":
        store.office.staff.set_password("dr. ada", "another password", NOW_S)
    elif change == "roles":
        store.office.staff.set_roles("Dr. Ada", ["care-team"])
    else:
        store.office.staff.remove("Dr. Ada")
    assert ada.get("/").url.path == "/login" and bo.get("/").url.path == "/"
    again = Browser(app).log_in("Dr. Ada").status_code
    assert again == (200 if change == "roles" else 403)


def test_sessions_survive_a_restart_and_stand_hidden_in_the_store(app: FastAPI, store: Store, clock: Clock) -> None:
    ada = logged_in(app, "Dr. Ada")
    another = Browser(make_app(store, clock))
    another.cookies = ada.cookies
    assert another.get("/").url.path == "/"
    dump = "\n".join(str(row) for row in everything(store))
    assert ada.cookies["surefoot"] not in dump and PASSWORD not in dump and "$argon2id$" in dump


def everything(store: Store) -> Iterator[object]:
    with store._engine.begin() as connection:
        for table in ("people", "sessions", "login_failures"):
            yield from connection.exec_driver_sql(f"SELECT * FROM {table}")


# ---- guessing


def test_guessing_one_name_waits_longer_each_time_from_wherever(app: FastAPI, clock: Clock) -> None:
    guess = [Browser(app, f"10.0.0.{k}").log_in("Dr. Ada", "another password") for k in range(P.free_account + 1)]
    assert [one.status_code for one in guess] == [403] * P.free_account + [429]
    assert "Too many wrong passwords. Wait 2 seconds, then try again; nothing was looked at." in text(guess[-1])
    assert guess[-1].headers["retry-after"] == "2"
    assert Browser(app).log_in("Dr. Ada").status_code == 429, "nor with the right one"
    assert Browser(app, "10.0.0.99").log_in("Nurse Bo").status_code == 200, "others are not kept out"
    waits = []
    for _ in range(10):
        clock.now_s += float(waits[-1] if waits else 2)
        Browser(app).log_in("Dr. Ada", "another password")
        waits.append(int(Browser(app).log_in("Dr. Ada", "another password").headers["retry-after"]))
    assert waits[:4] == [4, 8, 16, 32] and waits[-1] == P.longest_wait_s
    clock.now_s += P.longest_wait_s
    assert Browser(app).log_in("Dr. Ada").status_code == 200
    assert Browser(app).log_in("Dr. Ada", "another password").status_code == 403, "counted anew"


def test_guessing_many_names_from_one_address_waits_too(app: FastAPI) -> None:
    said = [Browser(app, "2001:db8::1").log_in(f"Name {k}", "x").status_code for k in range(P.free_address)]
    assert set(said) == {403}
    assert Browser(app, "2001:db8::2").log_in("Dr. Ada").status_code == 429, "the same network"
    assert Browser(app, "2001:db8:1::1").log_in("Dr. Ada").status_code == 200


def test_guesses_from_one_address_of_ipv4_keep_no_other_waiting(app: FastAPI) -> None:
    """As a server on :: is told them."""
    for k in range(P.free_address):
        Browser(app, "::ffff:192.0.2.1").log_in(f"Name {k}", "x")
    assert Browser(app, "::ffff:192.0.2.1").log_in("Dr. Ada").status_code == 429
    assert Browser(app, "::ffff:192.0.2.2").log_in("Dr. Ada").status_code == 200


@pytest.fixture
def bare(new_url: Callable[[], str]) -> Iterator[Store]:
    """With staff and nothing else, on both kinds of databases."""
    store = hired(open_store(new_url()), NOW_S)
    yield store
    store.close()


def test_a_login_from_its_beginning_to_its_end(bare: Store) -> None:
    logins = bare.office.logins
    assert logins.log_in("Dr. Ada", "another password", "here", "t", NOW_S) is None
    person = logins.log_in("dr. ada", PASSWORD, "here", "t", NOW_S)
    assert person == logins.who("t", NOW_S + 100) == Person("Dr. Ada", ("therapist",))
    assert logins.who("t", NOW_S + 100 + P.idle_s) is None and logins.who("other", NOW_S) is None
    logins.log_out("t")
    assert logins.who("t", NOW_S + 100) is None
    logins.log_in("Nurse Bo", PASSWORD, "here", "u", NOW_S)
    bare.office.staff.remove("Nurse Bo")
    assert logins.who("u", NOW_S) is None and logins.log_in("Nurse Bo", PASSWORD, "here", "v", NOW_S) is None
    assert [one.may_log_in for one in bare.office.staff.everybody()] == [True, True, True, False]


def test_many_guesses_at_once_do_not_get_past_the_limit(bare: Store) -> None:
    store = bare
    said: list[object] = []

    def guess(k: int) -> None:
        said.append(store.office.logins.log_in("Dr. Ada", "another password", f"10.0.0.{k}", f"t{k}", NOW_S))

    threads = [Thread(target=guess, args=(k,)) for k in range(24)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(one is None for one in said) == P.free_account
    assert sum(isinstance(one, Wait) for one in said) == 24 - P.free_account


def test_a_clock_that_was_set_back_keeps_nobody_out_for_long(store: Store) -> None:
    hired(store, NOW_S)
    for k in range(P.free_account + 3):
        store.office.logins.log_in("Dr. Ada", "another password", "here", f"t{k}", NOW_S + 86_400)
    found = store.office.logins.log_in("Dr. Ada", PASSWORD, "here", "t", NOW_S)
    assert isinstance(found, Wait) and found.seconds <= P.longest_wait_s


# ---- passwords and names


def test_a_password_is_hashed_as_the_library_means_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    stored = passwords.hashed(PASSWORD)
    assert re.match(r"\$argon2id\$v=19\$m=(\d+),", stored) and int(stored.split("m=")[1].split(",")[0]) >= 19_456
    assert passwords.fits(stored, PASSWORD) and not passwords.fits(stored, PASSWORD + " ")
    assert not passwords.fits(None, PASSWORD) and not passwords.fits("no hash", PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaa", "x" * 201, "my name is dr. ada, hello"])
def test_a_weak_password_is_refused_in_words(store: Store, password: str) -> None:
    with pytest.raises(StoreError, match="This password cannot be used: "):
        store.office.staff.add("Dr. Ada", ["admin"], password, NOW_S)
    assert store.office.staff.everybody() == []


def test_an_old_hash_is_made_anew_at_the_next_login(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    hired(store, NOW_S)
    before = dict(row[:2] for row in hashes(store))
    stronger = type(passwords._HASHER)(time_cost=2, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", stronger)
    assert Logins(store._engine).log_in("Dr. Ada", PASSWORD, "here", "t", NOW_S) is not None
    after = dict(row[:2] for row in hashes(store))
    assert {name for name in before if before[name] != after[name]} == {"dr. ada"} and "t=2" in after["dr. ada"]


def hashes(store: Store) -> list[tuple[str, str]]:
    with store._engine.begin() as connection:
        return [tuple(row) for row in connection.exec_driver_sql("SELECT key, password FROM people")]


def test_a_name_belongs_to_one_person_for_good(store: Store) -> None:
    store.office.staff.add("Dr. Ada", ["therapist"], PASSWORD, NOW_S)
    with pytest.raises(StoreError, match=r"Dr\. Ada is taken"):
        store.office.staff.add(" DR.  ADA ", ["admin"], PASSWORD, NOW_S)
    store.office.staff.remove("dr. ada")
    with pytest.raises(StoreError, match="belonged to somebody who has left"):
        store.office.staff.add("Dr. Ada", ["admin"], PASSWORD, NOW_S)
    for deed in (
        lambda: store.office.staff.remove("Dr. Ada"),
        lambda: store.office.staff.set_password("Zoe", PASSWORD, NOW_S),
    ):
        with pytest.raises(StoreError, match="may log in"):
            deed()
    for name in ("", " ", "x" * 81, "a\x00b"):
        with pytest.raises(StoreError, match="A name has 1 to 80"):
            store.office.staff.add(name, ["admin"], PASSWORD, NOW_S)
    for roles in ((), ("boss",)):
        with pytest.raises(StoreError, match="role"):
            store.office.staff.add("Zoe", roles, PASSWORD, NOW_S)


@pytest.mark.parametrize("removed", [False, True])
def test_who_is_changed_while_they_log_in_has_no_session(
    store: Store, removed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password takes a while to look at: whoever keeps trying one that has leaked is there when it is changed."""
    office = hired(store, NOW_S).office
    monkeypatch.setattr("surefoot.pipeline.login.is_weak_by_now", lambda _: True)

    def looked_at(stored: str | None, password: str) -> bool:
        if removed:
            office.staff.remove("Dr. Ada")
        else:
            office.staff.set_password("Dr. Ada", "another one entirely", NOW_S)
        return passwords.fits(stored, password)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("surefoot.pipeline.login.fits", looked_at)
        assert office.logins.log_in("Dr. Ada", PASSWORD, "10.0.0.1", "t", NOW_S) is None
    assert office.logins.who("t", NOW_S) is None
    assert office.logins.log_in("Dr. Ada", PASSWORD, "10.0.0.1", "u", NOW_S) is None, "it was not renewed"
