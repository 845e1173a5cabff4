"""How often one may ask: who floods the pages is told to wait, and takes them from nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from story import NOW_S
from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from surefoot.web.homeapp import make_home_app
from surefoot.web.rate import MOST_KEPT, Rate, RateParams
from test_web import text
from visitors import Browser, hired, quick_passwords

FEW = RateParams(per_minute=60.0, at_once=12.0, strangers_per_minute=30.0, strangers_at_once=8.0)
PIN = "384920"


class Clock:
    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    quick_passwords(monkeypatch)
    store = open_store("sqlite://")
    yield store
    store.close()


def asked(browser: Browser, times: int, path: str = "/") -> list[int]:
    return [browser.get(path, follow=False).status_code for _ in range(times)]


@given(
    st.floats(0.5, 600.0),
    st.integers(1, 50),
    st.lists(st.floats(0.0, 30.0), min_size=1, max_size=200),
)
def test_no_caller_gets_more_than_rests_and_the_rate_give(
    per_minute: float, at_once: int, rests_s: list[float]
) -> None:
    rate, now_s, let_in = Rate(per_minute, at_once), NOW_S, 0
    for rest_s in rests_s:
        now_s += rest_s
        wait_s = rate.wait_s("one", now_s)
        let_in += wait_s == 0.0
        if wait_s:
            assert rate.wait_s("one", now_s + wait_s * 0.9) > 0.0, "sooner than it was told"
            now_s += wait_s * 1.001
            assert rate.wait_s("one", now_s) == 0.0, "who waits as long as told is let in"
            let_in += 1
    assert let_in <= at_once + (now_s - NOW_S) * per_minute / 60.0 + 1e-6


def test_a_clock_that_is_set_back_shuts_nobody_out_for_long() -> None:
    rate = Rate(60.0, 2.0)
    assert [rate.wait_s("one", NOW_S) for _ in range(2)] == [0.0, 0.0]
    assert rate.wait_s("one", NOW_S - 86400.0) == pytest.approx(1.0)
    assert rate.wait_s("one", NOW_S - 86399.0) == 0.0


def test_only_so_many_callers_are_remembered() -> None:
    rate = Rate(60.0, 1.0)
    for k in range(MOST_KEPT + 5):
        assert rate.wait_s(f"{k}", NOW_S) == 0.0
    assert len(rate._left) == MOST_KEPT
    assert rate.wait_s(f"{MOST_KEPT}", NOW_S) > 0.0


def test_a_stranger_who_floods_is_told_to_wait_and_nobody_else(store: Store, clock: Clock) -> None:
    app = make_app(hired(store, NOW_S), clock, rates=FEW)
    ada = Browser(app, "192.0.2.1")
    ada.log_in("Dr. Ada")
    assert 429 in asked(Browser(app, "192.0.2.1"), 8), "at the same address, without her cookie"
    assert asked(Browser(app, "192.0.2.1"), 3) == [429] * 3
    assert asked(ada, 3) == [200] * 3, "who is known is heard, whoever else is at that address"
    assert asked(Browser(app, "192.0.2.2"), 8) == [303] * 8
    for made_up in ("x", "y"):
        guesser = Browser(app, "192.0.2.1")
        guesser.cookies.set("surefoot", made_up)
        assert asked(guesser, 1) == [429], "a cookie that was made up makes nobody known"
    clock.now_s += 2.0
    assert asked(Browser(app, "192.0.2.1"), 2) == [303, 429]


def test_whoever_has_a_network_of_ipv6_has_one_share(store: Store, clock: Clock) -> None:
    app = make_app(hired(store, NOW_S), clock, rates=FEW)
    found = [asked(Browser(app, f"2001:db8::{k:x}"), 1)[0] for k in range(1, 11)]
    assert found == [303] * 8 + [429] * 2
    assert asked(Browser(app, "2001:db8:0:1::1"), 1) == [303]


def test_whoever_comes_over_ipv4_has_a_share_of_their_own(store: Store, clock: Clock) -> None:
    """With --host :: the system writes their addresses as ones of IPv6, which have all the same first half."""
    app = make_app(hired(store, NOW_S), clock, rates=FEW)
    assert 429 in asked(Browser(app, "::ffff:192.0.2.1"), 9)
    assert asked(Browser(app, "::ffff:192.0.2.2"), 1) == [303]
    assert asked(Browser(app, "192.0.2.1"), 1) == [429], "however it is written"


def test_a_login_that_asks_too_often_is_told_how_long_to_wait(
    store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(hired(store, NOW_S), clock, rates=FEW)
    ada, bo = Browser(app), Browser(app)
    ada.log_in("Dr. Ada")
    bo.log_in("Nurse Bo")
    before = store.office.audit.entries(1)[0].number
    statuses = asked(ada, 14)
    assert statuses == [200] * statuses.count(200) + [429] * statuses.count(429)
    assert statuses.count(429) >= 2
    page = ada.get("/")
    assert "Too much was asked for at once." in text(page) and "Wait 1 second" in text(page)
    assert page.headers["retry-after"] == "1"
    assert ada.post("/label", {}).status_code == 429
    assert store.office.audit.entries(1)[0].number - before == statuses.count(200), "what was refused fills no log"
    assert asked(bo, 3) == [200] * 3
    assert len([one for one in caplog.records if "too many requests" in one.message]) == 1
    clock.now_s += 1.0
    assert ada.get("/").status_code == 200


def test_where_nobody_has_to_log_in_nobody_waits(store: Store, clock: Clock) -> None:
    assert asked(Browser(make_app(store, clock, rates=FEW)), 30) == [200] * 30
    assert asked(Browser(make_home_app(store, clock, UTC, rates=FEW)), 30) == [200] * 30


def test_the_patients_page_is_kept_from_a_flood_in_the_house(store: Store, clock: Clock) -> None:
    store.office.pin.set(PIN, NOW_S)
    app = make_home_app(store, clock, UTC, names=("home.local",), secure=True, rates=FEW)

    def phone(address: str) -> Browser:
        return Browser(app, address, "https://home.local:8421")

    hers = phone("192.168.1.7")
    hers.post("/pin", {"pin": PIN})
    for path in ("/", "/pin", "/static/surefoot.css"):
        assert 429 in asked(phone("192.168.1.8"), 9, path)
    assert asked(hers, 4) == [200] * 4


def test_the_page_tells_the_rates_that_are_in_force() -> None:
    page = (Path(__file__).parent.parent / "docs" / "security.md").read_text()
    found = dict(re.findall(r"`RateParams\.(\w+)` = (\d+)", page))
    assert found.keys() == RateParams.__dataclass_fields__.keys()
    assert all(getattr(RateParams(), name) == float(value) for name, value in found.items())
