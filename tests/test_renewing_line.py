"""Renewing over the line: a real Mosquitto, and a home whose certificate is exchanged, gone, or back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

import made
from broker import require_mosquitto
from enrolled import Enrolled
from surefoot.alerts.identity import CLINIC
from surefoot.alerts.mqtt import Link, LinkError
from surefoot.cli import household
from surefoot.cli.backlog import Reading
from surefoot.cli.board import Board
from surefoot.cli.clinic import clinic
from surefoot.cli.gateway import Gateway
from surefoot.cli.owncertificate import OwnCertificate
from surefoot.cli.wear import _opened
from surefoot.config import Config, load_config
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.delivery import DeliveryParams, deliver
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import StoreError, open_store
from surefoot.records import WornSensor
from test_enroll import ANNA, connects, stays_out

NOW_S = time.time()
EAGER = DeliveryParams(answer_s=0.3, longest_answer_s=0.6, look_s=0.1)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Enrolled]:
    require_mosquitto()
    place = Enrolled(tmp_path, ())
    arguments = [ANNA, "--host", "127.0.0.1", "--port", str(place.port), "--days", "100"]
    assert run(tmp_path, "enroll", *arguments)[0] == 0
    place.start()
    yield place
    place.stop()


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    runner = CliRunner(env={"SUREFOOT_HOME": str(folder)})
    given = [arguments[0], *arguments[1:], "--folder", str(folder / "authority")]
    done = runner.invoke(clinic, ["--database", f"sqlite:///{folder}/clinic.sqlite", *given])
    return done.exit_code, done.output


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(true):
            await asyncio.sleep(0.05)


def shown(place: Enrolled) -> datetime:
    return OwnCertificate(place.identity(ANNA)).until


def test_a_home_gets_its_new_certificate_over_the_line_and_goes_on_with_it(place: Enrolled, tmp_path: Path) -> None:
    home, clinic_store = (open_store(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("home", "clinic"))
    home.gateway(ANNA)
    own, before = OwnCertificate(place.identity(ANNA)), shown(place)

    def link(who: str) -> Link:
        return Link(place.url, who, params=replace(place.params(who), first_wait_s=0.02, longest_wait_s=0.2))

    async def story() -> None:
        async with asyncio.TaskGroup() as tasks:
            ready = asyncio.Event()
            running = [
                tasks.create_task(serve(clinic_store, link(CLINIC), time.time, ClinicParams(look_s=0.1), ready=ready))
            ]
            await ready.wait()
            running.append(tasks.create_task(deliver(home, link(ANNA), EAGER, install=own.install)))
            await until(clinic_store.homes)
            status, told = await asyncio.to_thread(run, tmp_path, "renew")
            assert status == 0 and "renewed: on its way" in told
            await until(lambda: not clinic_store.orders.waiting())
            assert shown(place) - before > timedelta(days=264)
            place.kill()
            place.start()
            await asyncio.to_thread(home.keep_alert, made.alert("with the new one"))
            await until(lambda: clinic_store.alerts(ANNA))
            for task in running:
                task.cancel()

    asyncio.run(story())
    status, told = run(tmp_path, "renew")
    assert status == 0 and "good" in told and len(clinic_store.orders.given(ANNA)) == 1
    assert f"{shown(place):%Y-%m-%d}" in run(tmp_path, "gateways")[1]
    for store in (home, clinic_store):
        store.close()
    assert asyncio.run(connects(place.link(ANNA)))
    assert run(tmp_path, "revoke", ANNA)[0] == 0
    assert asyncio.run(stays_out(place.link(ANNA))), "the renewed one is revoked as well"


@pytest.mark.parametrize("name", ["gateway.crt", "gateway.key"])
def test_a_home_without_its_certificate_records_and_sends_when_it_is_back(
    place: Enrolled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("surefoot.cli.identified.LOOK_S", 0.05)
    monkeypatch.setattr("surefoot.cli.gateway.LOOK_S", 0.05)
    config = load_config(place.identity(ANNA) / "surefoot.toml", home=str(tmp_path / "home"), broker=place.url)
    _opened(config)[0].close()
    file = place.identity(ANNA) / name
    whole = file.read_bytes()
    file.unlink()
    home, told = _opened(config)
    assert (name == "gateway.crt") == ("Readings are recorded all the same" in told)
    clinic_store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    worn = [WornSensor("left", "shank", "open", "C0:00:00:00:00:01", "", 100.0, 0.0)]
    board, ring = Board(worn, "shank", config.zone, NOW_S), Ring(config.home_ring)

    async def radio() -> AsyncGenerator[Reading, None]:
        yield made.signal(5.0, start_s=NOW_S)
        await asyncio.Event().wait()

    async def story() -> None:
        offset_s = NOW_S - asyncio.get_running_loop().time()
        gateway = Gateway(home, ring, config, board, lambda _: None)
        running = [
            asyncio.create_task(serve(clinic_store, place.link(CLINIC), time.time, ClinicParams(look_s=0.1))),
            asyncio.create_task(gateway.work(radio(), offset_s, [place.url])),
        ]
        home.keep_alert(made.alert("while it was gone"))
        await until(lambda: list(ring.items(NOW_S, NOW_S + 9)) and f"There is no {file}" in board.clinic)
        file.write_bytes(whole)
        file.chmod(0o600)
        await until(lambda: clinic_store.alerts(ANNA))
        for task in running:
            assert not task.done()
            task.cancel()
        await asyncio.wait(running)

    asyncio.run(story())
    ring.close()
    for store in (home, clinic_store):
        store.close()


def test_a_home_that_never_had_a_name_does_not_start_without_one(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="cannot be read"):
        _opened(Config(home=tmp_path / "home", identity=tmp_path / "nowhere"))


def test_the_doctor_greets_a_broker_with_the_homes_certificate(place: Enrolled, tmp_path: Path) -> None:
    settings = {"broker": place.url, "identity": str(place.identity(ANNA)), "home": tmp_path}
    found = {line.what: line for line in household.broker(load_config(**settings))}
    assert found["Broker"].state == "ok" and "with TLS" in found["Broker"].value
    assert found["Certificate"].state == "ok" and ANNA in found["Certificate"].value
    whole = (place.identity(ANNA) / "gateway.crt").read_bytes()
    (place.identity(ANNA) / "gateway.crt").write_text("rubbish")
    found = {line.what: line for line in household.broker(load_config(**settings))}
    assert "Copy the folder" in found["Certificate"].remedy, "over the line nothing comes any more"
    (place.identity(ANNA) / "gateway.crt").write_bytes(whole)
    (place.identity(ANNA) / "gateway.key").chmod(0o644)
    (line,) = household.broker(load_config(**settings))
    assert (line.what, line.state) == ("Certificate", "bad") and "can be read by others" in line.value


def test_a_timer_that_does_not_know_the_clinics_database_fails(tmp_path: Path) -> None:
    """It would find no home in an empty one, each day, until their certificates have ended."""
    assert run(tmp_path, "enroll", "--host", "127.0.0.1")[0] == 0
    elsewhere = CliRunner(env={"SUREFOOT_HOME": str(tmp_path / "other")})
    done = elsewhere.invoke(clinic, ["renew", "--folder", str(tmp_path / "authority")])
    assert isinstance(done.exception, StoreError) and "There is no clinic" in done.exception.what
    assert not (tmp_path / "other" / "clinic.sqlite").exists()


def test_the_units_renew_each_day(tmp_path: Path) -> None:
    status, text = run(tmp_path, "renew", "--print-unit")
    assert status == 0 and f"clinic renew --days 365 --folder {tmp_path}/authority" in text and "Type=oneshot" in text
    assert "OnCalendar=*-*-* 09:00" in run(tmp_path, "renew", "--print-timer")[1]
    assert not (tmp_path / "authority").exists(), "printing makes nothing"
