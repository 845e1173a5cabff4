"""The live line over a real port: who hears what, from where on, until when; and it ends when the server does."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

import made
import story
from servedpages import served
from story import NOW_S, WEAK, Home
from surefoot.alerts.bodies import AlertBody
from surefoot.pipeline.engine import StoreError
from surefoot.pipeline.login import LoginParams
from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from surefoot.web.bulletin import KEPT, Bulletin
from surefoot.web.live import LiveParams
from visitors import PASSWORD, hired, quick_passwords

News = dict[str, Any]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    Home(WEAK).sign_of_life(store, NOW_S)
    yield store
    store.close()


@asynccontextmanager
async def heard(url: str, **more: Any) -> AsyncIterator[Callable[[], Any]]:
    """A line; asked for the next that is said on it. None once it has ended."""
    async with httpx.AsyncClient(timeout=120) as client, client.stream("GET", f"{url}/live", **more) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream"), answer.status_code
        lines = answer.aiter_lines()

        async def following() -> News | None:
            event: News = {"event": "message"}
            async for line in lines:
                name, _, value = line.partition(": ")
                if name in ("event", "id", "data"):
                    event[name] = json.loads(value) if name == "data" else value
                elif not line and "data" in event:
                    return event
            return None

        yield following


def tell(store: Store, name: str, tier: str = "T2", home: Home | None = None) -> None:
    (home or Home(WEAK)).tell(store, NOW_S, AlertBody.of(made.alert(name, tier)))


def test_each_change_is_told_and_nothing_of_the_patient(store: Store) -> None:
    async def listen(url: str) -> None:
        async with heard(url) as following:
            assert (await following())["data"]["everything"]  # it came from nowhere
            tell(store, "a", "T3")
            news = await following()
            assert news["data"]["changed"] == {WEAK: ["alerts"]} and news["data"]["raised"] == ["T3"]
            assert news["data"]["open"] == {"clinical": 1, "technical": 0} and news["data"]["urgent"] == 1
            assert "slower than its baseline" not in json.dumps(news)

    with served(make_app(store, lambda: NOW_S, "Clinic")) as url:
        asyncio.run(listen(url))


def test_who_comes_back_hears_what_came_meanwhile_and_after_a_restart_everything(store: Store) -> None:
    async def listen(url: str, since: str, **more: Any) -> News:
        async with heard(url, params={"since": since}, **more) as following:
            return await following()

    app = make_app(store, lambda: NOW_S, "Clinic")
    with served(app) as url:
        first = asyncio.run(listen(url, ""))
        again = asyncio.run(listen(url, first["id"]))
        assert not again["data"]["everything"] and not again["data"]["changed"]
        weak = Home(WEAK)
        tell(store, "a", home=weak)
        tell(store, "b", home=weak)
        later = asyncio.run(listen(url, "", headers={"Last-Event-ID": first["id"]}))
        assert later["data"]["changed"] == {WEAK: ["alerts"]} and later["data"]["from"] == first["id"]
        assert later["id"] != first["id"]
    with served(make_app(store, lambda: NOW_S, "Clinic")) as url:
        assert asyncio.run(listen(url, later["id"]))["data"]["everything"]


def test_a_page_knows_which_news_it_holds(store: Store) -> None:
    """What changes between its making and its first line is told on that."""

    async def listen(url: str) -> News:
        async with httpx.AsyncClient() as client:
            page = (await client.get(f"{url}/alerts")).text
        since = page.partition('name="edition" content="')[2].partition('"')[0]
        tell(store, "between")
        async with heard(url, params={"since": since}) as following:
            return await following()

    with served(make_app(store, lambda: NOW_S, "Clinic")) as url:
        data = asyncio.run(listen(url))["data"]
        if not data["changed"]:
            pytest.fail(f"the change was not told: {data}")
        assert data["changed"] == {WEAK: ["alerts"]} and not data["everything"]


def test_who_is_too_far_behind_is_told_to_read_everything(store: Store) -> None:
    bulletin, weak = Bulletin(store, "x"), Home(WEAK)
    bulletin.look()
    first = bulletin.number
    for k in range(3):
        tell(store, f"a{k}", home=weak)
        assert bulletin.look() and not bulletin.look()
    assert bulletin.since(first).changed == {WEAK: {"alerts"}} and len(bulletin.since(first).raised) == 3
    assert bulletin.since(bulletin.number).changed == {} and not bulletin.since(bulletin.number).everything
    bulletin._editions = type(bulletin._editions)(bulletin._editions, maxlen=2)
    assert bulletin.since(first).everything and not bulletin.since(first + 1).everything
    assert (
        KEPT > 100 and bulletin.number_of("y.1") == bulletin.number_of("x.1x") == 0 and bulletin.number_of("x.2") == 2
    )


@pytest.fixture
def staffed(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    quick_passwords(monkeypatch)
    return hired(store, NOW_S)


def cookie_of(url: str, name: str) -> dict[str, str]:
    with httpx.Client() as client:
        csrf = client.get(f"{url}/login").text.partition('name="csrf" value="')[2].partition('"')[0]
        answer = client.post(f"{url}/login", data={"name": name, "password": PASSWORD, "csrf": csrf})
        assert answer.status_code == 303, answer.text
        return dict(client.cookies)


def test_without_a_login_nothing_is_heard(staffed: Store) -> None:
    with served(make_app(staffed, lambda: NOW_S, "Clinic")) as url:
        for cookies in ({}, {"surefoot": "made-up"}):
            answer = httpx.get(f"{url}/live", cookies=cookies)
            assert answer.status_code == 303 and answer.headers["location"].startswith("/login")


def test_who_sees_no_patients_hears_of_sensors_only(staffed: Store) -> None:
    async def listen(url: str) -> None:
        async with heard(url, cookies=cookie_of(url, "Cy")) as cy, heard(url, cookies=cookie_of(url, "Nurse Bo")) as bo:
            await cy(), await bo()
            home = Home(WEAK)
            tell(staffed, "a", "T3", home)
            assert (await bo())["data"]["changed"] == {WEAK: ["alerts"]}
            home.tell(staffed, NOW_S, AlertBody.of(story.technical("battery", NOW_S)))
            news = [await cy(), await cy()]
            assert [one["data"]["changed"] for one in news] == [{}, {WEAK: ["technical"]}]
            for one in news:
                assert one["data"]["raised"] == [] and one["data"]["urgent"] == 0
                assert "clinical" not in one["data"]["open"]

    with served(make_app(staffed, lambda: NOW_S, "Clinic")) as url:
        asyncio.run(listen(url))


@pytest.mark.parametrize("end", ["removed", "roles", "logged out", "too old"])
def test_a_login_that_ends_ends_the_line_before_anything_else_is_said(staffed: Store, end: str) -> None:
    now = [NOW_S]

    async def listen(url: str) -> None:
        cookies = cookie_of(url, "Nurse Bo")
        async with heard(url, cookies=cookies) as following:
            await following()
            if end == "removed":
                staffed.office.staff.remove("Nurse Bo")
            elif end == "roles":
                staffed.office.staff.set_roles("Nurse Bo", ["admin"])  # which ends their sessions
            elif end == "logged out":
                staffed.office.logins.log_out(cookies["surefoot"])
            else:
                now[0] += LoginParams().idle_s
            tell(staffed, "a", "T3")
            assert (await following())["event"] == "over"
            assert await following() is None

    with served(make_app(staffed, lambda: now[0], "Clinic")) as url:
        asyncio.run(listen(url))


def test_to_listen_is_no_use_of_a_login(staffed: Store) -> None:
    """A browser that nobody sits at is logged out in time, however much news its pages ask for."""
    now = [NOW_S]

    async def listen(url: str, cookies: dict[str, str]) -> None:
        async with heard(url, cookies=cookies) as following, httpx.AsyncClient(cookies=cookies) as client:
            await following()
            for _ in range(3):
                now[0] += 700
                answer = await client.get(f"{url}/alerts", params={"of": WEAK})
            assert answer.status_code == 303

    with served(make_app(staffed, lambda: now[0], "Clinic")) as url:
        asyncio.run(listen(url, cookie_of(url, "Nurse Bo")))


def test_once_somebody_has_a_login_nobody_listens_without(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_passwords(monkeypatch)

    async def listen(url: str) -> None:
        async with heard(url) as following:
            await following()
            hired(store, NOW_S)
            assert (await following())["event"] == "over"

    with served(make_app(store, lambda: NOW_S, "Clinic")) as url:
        asyncio.run(listen(url))


def test_what_a_page_asks_for_by_itself_is_written_down_once(staffed: Store) -> None:
    def told() -> list[str]:
        return [one.told for one in staffed.office.audit.entries() if one.what == "saw"]

    with served(make_app(staffed, lambda: NOW_S, "Clinic")) as url, httpx.Client() as client:
        client.cookies.update(cookie_of(url, "Nurse Bo"))
        client.get(f"{url}/alerts", params={"of": WEAK})  # without the page itself it is a look like any other
        assert told() == ["/alerts"]
        client.get(f"{url}/alerts", params={"of": WEAK})
        client.get(f"{url}/")
        client.get(f"{url}/", params={"of": WEAK})
        assert sorted(told()) == ["/", "/alerts"]


def test_the_server_ends_at_once_and_quietly_whoever_listens(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surefoot.web.server.LINGER_S", 90)
    app = make_app(store, lambda: NOW_S, "Clinic")

    async def listen(url: str, ended: asyncio.Event) -> None:
        async with heard(url) as following:
            await following()
            ended.set()
            while await following() is not None:
                pass

    async def run() -> float:
        from surefoot.web.server import serve_pages

        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve_pages(app, "127.0.0.1", 0, on_ready=found.set_result))
        url = (await found).rstrip("/")
        ready = [asyncio.Event() for _ in range(5)]
        listeners = [asyncio.create_task(listen(url, one)) for one in ready]
        for one in ready:
            await one.wait()
        assert app.state.live.listeners == 5
        began_s = time.monotonic()
        serving.cancel()
        await asyncio.wait({serving})
        took_s = time.monotonic() - began_s
        await asyncio.gather(*listeners)  # each line ended as a whole answer does
        return took_s

    with caplog.at_level(logging.WARNING):
        took_s = asyncio.run(run())
    assert took_s < 60  # without waiting for lines that never end
    assert not [one for one in caplog.records if "graceful" in one.message.lower() or one.exc_info]


def test_while_the_store_fails_nothing_is_heard_and_then_all_of_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A beat would say that a page is up to date."""
    app = make_app(store, lambda: NOW_S, "Clinic")
    app.state.live._params = replace(LiveParams(), look_s=0.05, beat_s=0.1)
    look, fails = Bulletin.look, [False]

    def failing(self: Bulletin) -> bool:
        if fails[0]:
            raise StoreError("It cannot be read.", "", "")
        return look(self)

    monkeypatch.setattr(Bulletin, "look", failing)

    async def listen(url: str) -> None:
        async with heard(url) as following:
            await following()
            await following()  # a beat
            fails[0] = True
            tell(store, "a")
            waits = asyncio.create_task(following())
            await asyncio.sleep(0.3)
            beats = 1 if waits.done() else 0  # one may have been on its way
            if beats:
                waits = asyncio.create_task(following())
                await asyncio.sleep(0.5)
            assert not waits.done()
            fails[0] = False
            news = await waits
            assert news["data"]["changed"] == {WEAK: ["alerts"]}

    with served(app) as url:
        asyncio.run(listen(url))


def test_the_times_told_are_the_codes() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "pages.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"`LiveParams\.(\w+)` = ([\d.]+\d)", page))
    assert {name: float(value) for name, value in told.items()} == {"look_s": 0.5, "beat_s": 15.0}
    assert all(getattr(LiveParams(), name) == float(value) for name, value in told.items())


def test_a_line_asked_for_while_the_server_ends_is_over_at_once(store: Store) -> None:
    async def listen(url: str) -> None:
        async with heard(url) as following:
            assert await following() is None

    app = make_app(store, lambda: NOW_S)
    with served(app) as url:
        app.state.live.close()
        asyncio.run(listen(url))
