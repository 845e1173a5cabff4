"""Renewing: a certificate that ends is made anew in time, and taken by its home; nothing else is."""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from story import Home
from surefoot.alerts.bodies import ConfirmationBody, StatusBody
from surefoot.alerts.identity import BACK, Identity, issue, new_authority, objection, renewed
from surefoot.alerts.mqtt import LinkError
from surefoot.cli.authority import Authority, now_utc
from surefoot.cli.board import Board
from surefoot.cli.housekeeping import Housekeeping
from surefoot.cli.identified import take_name
from surefoot.cli.owncertificate import WARN_DAYS, OwnCertificate
from surefoot.cli.renewing import LEFT, SHORTEST_DAYS, renew_due
from surefoot.config import Config
from surefoot.pipeline.complaints import complaints
from surefoot.pipeline.digest import weeks
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.ring import Ring
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Order, Renewal
from surefoot.web.language import OWN, speak
from surefoot.web.retold import retold
from test_enroll import ANNA, BERT
from test_renewing_line import run

NOW_S = time.time()
NOW = now_utc(NOW_S)


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
