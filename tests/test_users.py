"""``surefoot clinic user``, and where the pages may be served: beyond this computer only behind a login and TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from surefoot.alerts.identity import issue, new_authority
from surefoot.cli.clinic import clinic
from surefoot.cli.main import main
from surefoot.pipeline.store import Store, open_store
from surefoot.web.app import make_app
from surefoot.web.server import Outside, PortError, serve_pages, take_port
from visitors import PASSWORD, quick_passwords

NOW = datetime(2026, 1, 29, tzinfo=UTC)
FILES = (Path("certificate"), Path("key"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    quick_passwords(monkeypatch)
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(clinic, ["user", *words], input=typed, catch_exceptions=False)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["clinic", *words])
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_a_login_is_given_changed_and_taken_away() -> None:
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    made = run("add", "Dr. Ada", "--role", "therapist", "--role", "admin", typed=typed)
    assert "Dr. Ada may log in as: therapist, admin." in made.output and PASSWORD not in made.output
    assert "from now on nobody sees these pages without a login" in made.output
    assert "from now on" not in run("add", "Bo", "--role", "care-team", typed=typed).output
    assert "Dr. Ada has a new password." in run("passwd", "dr. ada", typed=typed.replace("horse", "mule")).output
    run("role", "Bo", "--role", "therapist")
    run("remove", "Bo")
    listed = run("list").output
    assert "therapist, admin" in listed and "may log in" in listed and "has left" in listed
    assert "the pages are open to whoever uses this computer" in run("remove", "Dr. Ada").output


def test_the_database_is_named_before_the_verb(tmp_path: Path, store: Store) -> None:
    given = ["--database", f"sqlite:///{tmp_path}/clinic.sqlite", "user", "add", "Ada", "--role", "admin"]
    CliRunner().invoke(clinic, given, input=f"{PASSWORD}\n{PASSWORD}\n", catch_exceptions=False)
    assert [one.person.name for one in store.office.staff.everybody()] == ["Ada"]


def test_a_password_is_read_from_a_file_that_nobody_else_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    file.chmod(0o640)
    told = said(capsys, "user", "add", "Ada", "--role", "admin", "--password-file", str(file))
    assert "can be read by others on this machine" in told and "chmod 600" in told and PASSWORD not in told
    assert "cannot be read: No such file" in said(capsys, "user", "passwd", "Ada", "--password-file", "nowhere")
    file.chmod(0o600)
    assert "may log in as" in run("add", "Ada", "--role", "admin", "--password-file", str(file)).output
    store = open_store(f"sqlite:///{tmp_path}/home/clinic.sqlite")
    assert store.office.logins.log_in("Ada", PASSWORD, "here", "t", 0.0) is not None
    store.close()


@pytest.mark.parametrize(
    ("outside", "login", "lacks"),
    [
        (Outside(), False, "nobody has a login yet"),
        (Outside(("clinic.example",), *FILES), False, "nobody has a login yet"),
        (Outside(), True, "by which name"),
        (Outside(("clinic.example",)), True, "without a certificate passwords"),
        (Outside(("clinic.example",), FILES[0]), True, "without a certificate passwords"),
    ],
)
def test_other_machines_are_served_only_behind_login_name_and_tls(outside: Outside, login: bool, lacks: str) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "clinic.example"):
        with pytest.raises(PortError, match=lacks):
            take_port(host, 0, outside, login=login)
    take_port("127.0.0.1", 0, outside, login=login).close()
    take_port("0.0.0.0", 0, Outside(("clinic.example",), *FILES), login=True).close()


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key"
    key.write_text("key")
    key.chmod(0o644)
    assert "can be read by others" in said(capsys, "--key", str(key), "--certificate", str(key), "--no-browser")


def test_the_pages_are_served_over_tls_under_their_name(tmp_path: Path, store: Store) -> None:
    store.office.staff.add("Ada", ["therapist"], PASSWORD, 0.0)
    own = new_authority("test", NOW)
    made = issue(own, "pages", NOW, days=3650, hosts=["localhost"])
    for name, content in (("ca", own.certificate), ("crt", made.certificate), ("key", made.key)):
        (tmp_path / name).write_bytes(content)
    outside = Outside(("localhost",), tmp_path / "crt", tmp_path / "key")
    app = make_app(store, lambda: 0.0, names=outside.names)

    async def ask() -> tuple[str, httpx.Response]:
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve_pages(app, port=0, outside=outside, on_ready=found.set_result))
        url = await found
        trusted = ssl.create_default_context(cafile=str(tmp_path / "ca"))
        async with httpx.AsyncClient(verify=trusted, trust_env=False) as client:
            answer = await client.get(url)
        serving.cancel()
        await asyncio.wait({serving})
        return url, answer

    url, answer = asyncio.run(ask())
    assert url.startswith("https://localhost:") and answer.status_code == 303
    assert "strict-transport-security" in answer.headers


def test_a_proxy_on_this_machine_says_who_asks(store: Store) -> None:
    """Else all of a clinic would share one address, and one who guesses would keep all others out."""
    store.office.staff.add("Ada", ["therapist"], PASSWORD, 0.0)
    asked_from = []
    app = make_app(store, lambda: 0.0, names=["clinic.example"])
    app.get("/static-not/address")(lambda: None)
    real = store.office.logins.log_in

    async def ask(names: tuple[str, ...], believed: str) -> None:
        store.office.logins.log_in = lambda *given: asked_from.append(given[2]) or real(*given)  # type: ignore[method-assign]
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(serve_pages(app, port=0, outside=Outside(names), on_ready=found.set_result))
        headers = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https", "host": "clinic.example"}
        async with httpx.AsyncClient(base_url=await found, trust_env=False, headers=headers) as client:
            page = await client.get("login")
            cookie = page.headers["set-cookie"].partition(";")[0]
            csrf = page.text.split('name="csrf" value="')[1].partition('"')[0]
            form = {"csrf": csrf, "name": "Ada", "password": "another password"}
            done = await client.post("login", data=form, headers={"cookie": cookie, "origin": "https://clinic.example"})
        serving.cancel()
        await asyncio.wait({serving})
        assert done.status_code == 403 and asked_from[-1] == believed

    asyncio.run(ask(("clinic.example",), "203.0.113.7"))
    asyncio.run(ask((), "127.0.0.1"))
