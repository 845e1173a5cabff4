"""Renewing: a certificate that ends is made anew in time and taken by its home over a real broker; nothing else is."""

from __future__ import annotations

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import serialization

import made
from broker import require_mosquitto
from enrolled import Enrolled
from story import Home
from surefoot.alerts.bodies import ConfirmationBody, StatusBody
from surefoot.alerts.identity import BACK, CLINIC, Identity, issue, new_authority, objection, renewed
from surefoot.alerts.mqtt import Link, LinkError
from surefoot.cli import household
from surefoot.cli.authority import Authority, now_utc
from surefoot.cli.backlog import Reading
from surefoot.cli.board import Board
from surefoot.cli.clinic import clinic
from surefoot.cli.gateway import Gateway
from surefoot.cli.housekeeping import Housekeeping
from surefoot.cli.identified import take_name
from surefoot.cli.owncertificate import WARN_DAYS, OwnCertificate
from surefoot.cli.renewing import LEFT, SHORTEST_DAYS, renew_due
from surefoot.cli.wear import _opened
from surefoot.config import Config, load_config
from surefoot.pipeline.clinic import ClinicParams, serve
from surefoot.pipeline.complaints import complaints
from surefoot.pipeline.delivery import DeliveryParams, deliver
from surefoot.pipeline.digest import weeks
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import Order, Renewal, WornSensor
from surefoot.web.language import OWN, speak
from surefoot.web.retold import retold
from test_enroll import ANNA, BERT, connects, stays_out

NOW_S = time.time()
NOW = now_utc(NOW_S)
EAGER = DeliveryParams(answer_s=0.3, longest_answer_s=0.6, look_s=0.1)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    authority = Authority(tmp_path / "authority")
    authority.make(["127.0.0.1"], 8883, NOW)
    return authority


@pytest.fixture
def clinic_store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/clinic.sqlite")) as store:
        yield store


def heard(clinic_store: Store, *gateways: str) -> None:
    for gateway in gateways:
        Home(gateway).sign_of_life(clinic_store, NOW_S)


def due(authority: Authority, clinic_store: Store, after_days: float = 0.0) -> dict[str, tuple[str, bool]]:
    found = renew_due(authority, clinic_store, NOW_S + after_days * 86400, 365, "Cy")
    return {one.gateway: (one.state, one.is_wrong) for one in found}


def orders(clinic_store: Store, gateway: str) -> list[Order]:
    """The newest first."""
    return [one.order for one in clinic_store.orders.given(gateway) if isinstance(one.order.what, Renewal)]


# ---- which certificate may take another's place


def test_only_a_longer_one_of_the_same_name_key_and_authority_takes_its_place() -> None:
    own, other = new_authority("this clinic", NOW), new_authority("another", NOW)
    held = issue(own, ANNA, NOW, 100)

    def against(offered: bytes) -> str:
        return objection(offered, held.certificate, own.certificate, NOW)

    assert against(renewed(own, held.certificate, NOW, 101)) == ""
    assert "as long" in against(renewed(own, held.certificate, NOW, 99)), "an old one that is played back"
    assert "as long" in against(held.certificate)
    assert "another key" in against(issue(own, ANNA, NOW, 200).certificate)
    assert "another gateway" in against(issue(own, BERT, NOW, 200).certificate)
    assert "another authority" in against(renewed(other, held.certificate, NOW, 200))
    same_name = new_authority("this clinic", NOW)
    assert "another authority" in against(renewed(same_name, held.certificate, NOW, 200)), "by its key, not its name"
    for ahead_days in (1, 365 * 14):  # a clinic whose clock stands ahead, by more than certificates are dated back
        later = renewed(own, held.certificate, NOW + BACK + timedelta(days=ahead_days), 365)
        assert "not valid yet" in against(later), "no broker would let it in"
    for rubbish in (b"", b"-----BEGIN CERTIFICATE-----\n", own.key, b"\xff" * 100, of_another_version(held)):
        assert against(rubbish) == "it is no certificate"
    again = Identity(renewed(own, held.certificate, NOW, 365), held.key)
    assert (again.name, again.until - NOW) == (ANNA, timedelta(days=365)) and again.serial != held.serial


def of_another_version(known: Identity) -> bytes:
    der = bytearray(x509.load_pem_x509_certificate(known.certificate).public_bytes(serialization.Encoding.DER))
    der[12] = 7
    return pem(b64encode(der))


def pem(text: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + text + b"\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("spelling", ["one line", "more behind it", "more before it"])
def test_however_it_is_spelt_what_is_put_in_place_can_be_shown(tmp_path: Path, spelling: str) -> None:
    own = new_authority("this clinic", NOW)
    held = issue(own, ANNA, NOW, 100)
    for name, content in (("authority.crt", own.certificate), ("gateway.crt", held.certificate)):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "gateway.key").write_bytes(held.key)
    made = renewed(own, held.certificate, NOW, 200)
    offered = {
        "one line": pem(b"".join(made.split(b"\n")[1:-2])),
        "more behind it": made + pem(b"AAAA"),
        "more before it": b"Bag Attributes: none\n" + made,
    }[spelling]
    assert OwnCertificate(tmp_path).install(offered.decode(), NOW_S) == ""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(tmp_path / "gateway.crt", tmp_path / "gateway.key")
    assert (tmp_path / "gateway.crt").read_bytes() == made


# ---- which are due


def test_a_certificate_is_renewed_when_a_third_of_its_time_is_left(authority: Authority, clinic_store: Store) -> None:
    authority.enroll(ANNA, NOW, 365)
    heard(clinic_store, ANNA)
    assert due(authority, clinic_store, 365 * 2 / 3 - 1) == {ANNA: ("good", False)}
    assert orders(clinic_store, ANNA) == []
    assert due(authority, clinic_store, 365 * 2 / 3 + 1) == {ANNA: ("renewed: on its way to the home", False)}
    state, wrong = due(authority, clinic_store, 250)[ANNA]
    assert "waits for the home" in state and not wrong, "the same one is sent on, no second one made"
    (order,) = orders(clinic_store, ANNA)
    assert isinstance(order.what, Renewal) and Identity(order.what.certificate.encode(), b"").name == ANNA
    assert due(authority, clinic_store, 366)[ANNA][1], "nobody can be reached any more: it is wrong by now"
    assert clinic_store.office.audit.entries(1)[0].what == "renewed a certificate"


def test_who_is_revoked_or_was_never_heard_gets_none(authority: Authority, clinic_store: Store) -> None:
    for gateway in (ANNA, BERT):
        authority.enroll(gateway, NOW, 30)
    heard(clinic_store, ANNA)
    authority.revoke(ANNA, NOW)
    found = due(authority, clinic_store)
    assert list(found) == [BERT] and "nothing was ever heard" in found[BERT][0] and not found[BERT][1]
    assert orders(clinic_store, ANNA) == orders(clinic_store, BERT) == []
    assert due(authority, clinic_store, 31)[BERT][1]


def test_killed_before_it_was_sent_it_is_renewed_the_next_time(
    authority: Authority, clinic_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.enroll(ANNA, NOW, 30)
    heard(clinic_store, ANNA)
    with monkeypatch.context() as patch:
        patch.setattr(clinic_store.orders, "give", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            due(authority, clinic_store)
    assert due(authority, clinic_store)[ANNA][0].startswith("renewed")
    assert len(orders(clinic_store, ANNA)) == 1
    authority.revoke(ANNA, NOW)
    assert len(authority.gateways()[0].issued) == 3, "and all that were ever made can be revoked"


def test_a_line_that_a_full_disk_has_torn_keeps_nobody_from_revoking(authority: Authority) -> None:
    """It was to be written before its certificate went anywhere."""
    authority.enroll(ANNA, NOW, 30)
    path = authority.folder / "issued.list"
    (whole,) = path.read_text().splitlines()
    for length in range(1, len(whole)):
        path.write_text(f"{whole}\n{whole[:length]}")
        authority.renew(ANNA, NOW, 365)
        issued = authority.gateways()[0].issued
        assert [one.is_renewal for one in issued][-1:] == [True] and len(issued) <= 3
    path.write_bytes(f"{whole}\n".encode() + bytes(100))
    authority.revoke(ANNA, NOW)
    assert authority.gateways()[0].is_revoked


# ---- at home


def home_of(authority: Authority, days: int, tmp_path: Path) -> tuple[Store, OwnCertificate, Path]:
    folder = authority.enroll(ANNA, NOW, days)
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    store.gateway(ANNA)
    return store, OwnCertificate(folder), folder


def test_a_home_killed_before_it_could_say_so_takes_it_once_more(
    authority: Authority, clinic_store: Store, tmp_path: Path
) -> None:
    home, own, _ = home_of(authority, 30, tmp_path)
    heard(clinic_store, ANNA)
    due(authority, clinic_store)
    (order,) = orders(clinic_store, ANNA)
    assert isinstance(order.what, Renewal) and own.install(order.what.certificate, NOW_S) == ""
    with closing(home):
        said = obey(home, order, NOW_S, own.install)
        assert said is not None and said.verdict == "applied" and "next connection" in said.reason
        assert obey(home, order, NOW_S, own.install) is None
    assert own.until - NOW == timedelta(days=365)


def test_what_a_home_cannot_take_it_refuses_with_the_reason(
    authority: Authority, clinic_store: Store, tmp_path: Path
) -> None:
    home, own, folder = home_of(authority, 30, tmp_path)
    before = (folder / "gateway.crt").read_bytes()
    foreign = issue(new_authority("another", NOW), ANNA, NOW, 700).certificate.decode()
    wrong = Order("o1", NOW_S, Renewal(foreign)), Order("o2", NOW_S, Renewal("rubbish"))
    with closing(home):
        said = [obey(home, one, NOW_S, own.install) for one in wrong]
        assert [one and (one.verdict, one.reason) for one in said] == [
            ("refused", "another authority has signed it"),
            ("refused", "it is no certificate"),
        ]
        without = obey(home, Order("o3", NOW_S, Renewal(foreign)), NOW_S)
        assert without is not None and without.reason == "this home has no certificate to renew"
    assert (folder / "gateway.crt").read_bytes() == before
    folder.rename(tmp_path / "gone")
    why = own.install(foreign, NOW_S)
    assert "cannot be put in its place" in why and str(folder) in why
    speak("de")
    assert retold(why).startswith("es lässt sich dort nicht an seine Stelle setzen")
    speak(OWN)


def test_a_clinic_tells_which_home_refused(authority: Authority, clinic_store: Store, tmp_path: Path) -> None:
    """As one whose new folder was made at the clinic, and never carried there."""
    home, _, folder = home_of(authority, 30, tmp_path)
    (tmp_path / "at home").mkdir()
    for name in ("gateway.crt", "authority.crt"):
        (tmp_path / "at home" / name).write_bytes((folder / name).read_bytes())
    authority.enroll(ANNA, NOW, 30)
    heard(clinic_store, ANNA)
    due(authority, clinic_store)
    (order,) = orders(clinic_store, ANNA)
    with closing(home):
        said = obey(home, order, NOW_S, OwnCertificate(tmp_path / "at home").install)
    assert said is not None
    Home(ANNA).tell(clinic_store, NOW_S, ConfirmationBody.of(said))
    for day in range(7):
        state, wrong = due(authority, clinic_store, day)[ANNA]
        assert wrong and "refused" in state and "it is for another key than this home's" in state
    assert len(orders(clinic_store, ANNA)) == 1, "nobody reads one a day, and each is kept for good"
    state, wrong = due(authority, clinic_store, 8)[ANNA]
    assert wrong and state == "sent again; the home refused the last one: it is for another key than this home's"
    assert len(orders(clinic_store, ANNA)) == 2
    (week,) = weeks(clinic_store, clinic_store.patients(), NOW.date().isoformat())
    assert not week.unheard, "no therapist can mend it"


def test_a_clinic_whose_clock_stood_years_ahead_renews_once_it_is_right(
    authority: Authority, clinic_store: Store, tmp_path: Path
) -> None:
    home, own, _ = home_of(authority, 100, tmp_path)
    heard(clinic_store, ANNA)
    line = Home(ANNA)

    def taken() -> str:
        said = obey(home, orders(clinic_store, ANNA)[0], NOW_S, own.install)
        assert said is not None
        line.tell(clinic_store, NOW_S, ConfirmationBody.of(said))
        return said.verdict

    with closing(home):
        due(authority, clinic_store, 14 * 365)
        assert taken() == "refused" and own.until - NOW == timedelta(days=100)
        assert due(authority, clinic_store)[ANNA][0].startswith("sent again")
        assert taken() == "applied" and own.until - NOW == timedelta(days=365)
    assert due(authority, clinic_store) == {ANNA: ("good", False)}


@pytest.mark.parametrize(("left", "told"), [(WARN_DAYS + 1, ""), (WARN_DAYS - 1, "ends on"), (-1, "ended on")])
def test_a_certificate_that_ends_is_told_at_home_and_to_the_clinic(
    authority: Authority, tmp_path: Path, left: int, told: str
) -> None:
    home, own, folder = home_of(authority, 365, tmp_path)
    now_s = NOW_S + (365 - left) * 86400
    config = Config(home=tmp_path, identity=folder)
    board = Board([], "shank", config.zone, now_s)
    Housekeeping(home, Ring(tmp_path / "ring"), config, board).look(now_s)
    home.close()
    assert ("certificate_ending" in board.open_faults()) == bool(told)
    assert told in own.warning(now_s) and told in board.line(now_s)
    status = StatusBody(link="up", faults=board.open_faults())
    found = complaints([], {ANNA: (status, now_s)}, {}, {}, now_s, lambda _: "2026-01-29", [ANNA])
    assert bool(found) == bool(told)
    assert all("ends within a month" in one.sentence and one.tier == "T0" for one in found.values())


def test_nobody_is_warned_of_one_that_is_renewed_in_time(tmp_path: Path) -> None:
    assert SHORTEST_DAYS * LEFT >= WARN_DAYS + 7, "the timer has run, and the home was off for days"
    assert run(tmp_path, "renew", "--days", f"{SHORTEST_DAYS - 1}", "--print-unit")[0] == 2
    assert run(tmp_path, "renew", "--days", f"{SHORTEST_DAYS}", "--print-unit")[0] == 0


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_one_that_cannot_be_read_is_told_with_what_to_do(tmp_path: Path, folder: str) -> None:
    (tmp_path / "gateway.crt").write_text("rubbish")
    config = Config(home=tmp_path, identity=tmp_path / folder)
    assert "cannot be read" in OwnCertificate(tmp_path / folder).warning(NOW_S)
    with closing(open_store("sqlite://")) as store, pytest.raises(LinkError, match="cannot be read") as told:
        take_name(store, config)
    assert "Copy the folder" in told.value.remedy


# ---- over a real broker


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
