"""Sealing: names, notes and a home's records cannot be read without the key, and are lost by no mistake with keys."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy import text as sql

import made
import story
from story import NOW_S, WEAK
from surefoot.alerts.bodies import AlertBody
from surefoot.cli.authority import Authority, now_utc
from surefoot.cli.clinic import clinic
from surefoot.cli.clinicstore import open_clinic
from surefoot.cli.export import export
from surefoot.cli.keyfile import clinic_keys, home_keys, keys_in, write_keys
from surefoot.cli.secretfile import SecretError
from surefoot.cli.wear import _opened
from surefoot.config import Config, load_config
from surefoot.pipeline.sealing import Key, Keyring, SealError, is_sealed, key_of, new_key
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import Stride, Treatment

OLD, NEW = new_key(), new_key()
RING, BOTH = Keyring([OLD]), Keyring([OLD, NEW])
NAME, NOTE = "Mrs. Rosa Secret", "She fell in the garden."
HOMES = Keyring([OLD], payloads=True)


def filled(url: str, keys: Keyring | None) -> Store:
    store = open_store(url, keys=keys)
    story.Home(WEAK).tell(store, NOW_S, AlertBody.of(made.alert("a", "T3")))
    store.label_patient(WEAK, NAME)
    store.acknowledge("a", "Dr. Ada", NOW_S, NOTE)
    return store


def read(store: Store) -> tuple[str, str]:
    (one,) = store.alerts()
    return one.patient_label, one.acknowledged.note if one.acknowledged else ""


def raw(url: str) -> list[str]:
    """The label and all notes, as they stand in the database."""
    engine = create_engine(url)
    with engine.begin() as connection:
        found = connection.scalars(sql("SELECT label FROM gateways UNION ALL SELECT note FROM alert_events"))
        texts = [one for one in found if one]
    engine.dispose()
    return texts


# ---- a seal


@settings(max_examples=200)
@given(st.text(), st.text(max_size=20))
def test_any_text_is_sealed_and_opened_again(text: str, of: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    of = of.encode("utf-8", "replace").decode()
    sealed = RING.seal(text, of)
    assert is_sealed(sealed) and key_of(sealed) == OLD.id and RING.open(sealed, of) == BOTH.open(sealed, of) == text
    assert RING.seal(text, of) != sealed, "never twice the same"
    assert len(text) < 8 or text not in sealed


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_seal_that_was_changed_opens_no_more(at: int, by: int) -> None:
    sealed = RING.seal(NAME, "name")
    at = at % len(sealed)
    changed = sealed[:at] + chr((ord(sealed[at]) + by) % 256) + sealed[at + 1 :]
    with pytest.raises(SealError):
        RING.open(changed, "name")
        assert changed == sealed


def test_a_seal_opens_only_where_it_belongs_and_with_its_key() -> None:
    sealed = RING.seal(NAME, "name")
    with pytest.raises(SealError, match="was changed"):
        RING.open(sealed, "note")
    with pytest.raises(SealError, match=rf"sealed with the key {OLD.id}, which is not here.*nothing is lost"):
        Keyring([NEW]).open(sealed, "name")
    assert OLD.secret.hex() not in repr(OLD) and OLD.id in repr(OLD)


# ---- a clinic


def test_names_and_notes_are_read_by_who_has_the_key_alone(new_url: Callable[[], str]) -> None:
    url = new_url()
    store = filled(url, RING)
    assert read(store) == (NAME, NOTE)
    assert raw(url) and all(map(is_sealed, raw(url)))
    assert store.patients()[0].label == NAME
    store.close()
    for keys in (None, Keyring([NEW])):
        with pytest.raises(StoreError, match=rf"sealed with the key {OLD.id}.*Nothing was changed.*SUREFOOT_KEYS"):
            open_store(url, keys=keys)
    again = open_store(url, keys=RING)
    assert read(again) == (NAME, NOTE), "nothing was lost by trying"
    again.close()


def test_what_was_stored_before_there_was_a_key_is_sealed_when_asked(new_url: Callable[[], str]) -> None:
    url = new_url()
    filled(url, None).close()
    assert set(raw(url)) == {NAME, NOTE}
    store = open_store(url, keys=RING)
    assert read(store) == (NAME, NOTE)
    assert store.office.seal_anew() >= 2 and store.office.seal_anew() == 0
    assert all(map(is_sealed, raw(url))) and read(store) == (NAME, NOTE)
    with pytest.raises(Exception, match="append-only"), store._engine.begin() as connection:
        connection.execute(sql("UPDATE alert_events SET note = ''"))
    store.close()


def test_a_new_key_seals_everything_anew(new_url: Callable[[], str]) -> None:
    url = new_url()
    filled(url, RING).close()
    store = open_store(url, keys=BOTH)
    assert read(store) == (NAME, NOTE), "the old one still opens"
    store.office.seal_anew()
    assert {key_of(one) for one in raw(url)} == {NEW.id}
    store.close()
    newer = open_store(url, keys=Keyring([NEW]))
    assert read(newer) == (NAME, NOTE)
    newer.close()


def test_a_name_that_was_tampered_with_is_told_not_guessed(new_url: Callable[[], str]) -> None:
    url = new_url()
    store = filled(url, RING)
    with store._engine.begin() as connection:
        connection.execute(sql("UPDATE gateways SET label = (SELECT note FROM alert_events WHERE what='acknowledged')"))
    with pytest.raises(StoreError, match=r"A sealed text \(patient's name\) was changed"):
        store.patients()
    store.close()


def test_five_hundred_names_are_read_in_no_time(tmp_path: Path) -> None:
    """Searching is done on what was opened, so it finds all it finds without keys."""
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite", keys=RING)
    with store._engine.begin() as connection:
        rows = [(made.OTHER[:-3] + f"{k:03x}", RING.seal(f"Patient {k}", "patient's name")) for k in range(500)]
        connection.exec_driver_sql("INSERT INTO gateways (gateway, label) VALUES (?, ?)", rows)
    began = time.process_time()
    found = [one for one in store.patients() if "tient 49" in one.label]
    assert len(found) == 11 and time.process_time() - began < 5
    store.close()


# ---- a home


def test_a_homes_records_and_what_waits_to_be_sent_are_sealed(tmp_path: Path) -> None:
    path = tmp_path / "home.sqlite"
    home = open_store(f"sqlite:///{path}", keys=HOMES)
    stride = Stride("left", "shank", 10.0, 11.0, speed_mps=0.987654)
    home.keep_strides([stride])
    home.keep_day(made.day(1), [made.trend()])
    home.keep_alert(made.alert("a"))
    home.keep_incident(made.incident(3, (made.signal(1.0),)))
    home.diary.keep_check_in(made.check_in(2, 7, "both_legs_weak"))
    home.diary.keep_treatment(Treatment("injection", "2026-01-02"), 2.0)
    sent = home.outbox.pending(10)
    assert len(sent) == 5 and all(one.body.startswith("{") for one in sent)
    home.outbox.settle([], {sent[0].seq: "no"})
    assert home.outbox.set_aside()[0].body == sent[0].body
    assert home.strides(0, 100) == [stride] and home.days(home.gateway()) == [made.day(1)]
    home.close()
    with sqlite3.connect(path) as connection:
        for table in (
            "strides",
            "days",
            "trends",
            "alerts",
            "incidents",
            "check_ins",
            "treatments",
            "outbox",
            "set_aside",
        ):
            bodies = [body for (body,) in connection.execute(f"SELECT body FROM {table}")]
            assert bodies and all(map(is_sealed, bodies)), table
    connection.close()
    content = path.read_bytes()
    assert b"0.987654" not in content and b"both_legs_weak" not in content and b"slower" not in content


def test_the_same_again_is_known_without_opening_it(tmp_path: Path) -> None:
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite", keys=HOMES)
    for _ in range(2):
        home.keep_day(made.day(1), [made.trend()])
        home.keep_alert(made.alert("a"))
    assert home.outbox.count() == 2
    home.close()


def test_the_key_of_a_home_comes_with_its_identity_and_a_renewal_has_the_same(tmp_path: Path) -> None:
    authority, now = Authority(tmp_path / "authority"), now_utc(time.time())
    authority.make(["clinic.example"], 8883, now)
    folder = authority.enroll(WEAK, now, 30)
    first = keys_in(folder / "home.keys")
    assert keys_in(authority.enroll(WEAK, now, 30) / "home.keys") == first
    assert stat.S_IMODE((folder / "home.keys").stat().st_mode) == 0o600
    config = load_config(folder / "surefoot.toml", home=tmp_path / "home")
    plain = open_store(f"sqlite:///{tmp_path}/before.sqlite")
    plain.gateway(WEAK)
    plain.keep_alert(made.alert("a"))
    plain.close()
    (tmp_path / "home").mkdir()
    (tmp_path / "before.sqlite").rename(tmp_path / "home" / "home.sqlite")
    store, _ = _opened(config)
    assert [one.alert.alert_id for one in store.alerts()] == ["a"]
    store.close()
    with sqlite3.connect(tmp_path / "home" / "home.sqlite") as connection:
        assert is_sealed(connection.execute("SELECT body FROM alerts").fetchone()[0]), "also what was there before"
    connection.close()
    (folder / "home.keys").unlink()
    with pytest.raises(StoreError, match="sealed with the key"):
        _opened(config)


# ---- key files and commands


def test_a_key_file_is_its_owners_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    write_keys(path, [OLD, NEW])
    assert keys_in(path) == [OLD, NEW] and stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    for spoiled, told in (
        (text.replace(OLD.id, NEW.id), "is damaged"),
        (text[:-20], "is damaged"),
        ("# nothing\n", "holds no key"),
        (text + "x y\n", "is damaged"),
    ):
        path.write_text(spoiled)
        with pytest.raises(SecretError, match=told):
            keys_in(path)
    path.chmod(0o644)
    with pytest.raises(SecretError, match="can be read by others"):
        keys_in(path)


def test_keys_are_looked_for_where_they_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(home=tmp_path)
    assert clinic_keys(config) is None and home_keys(config) is None
    write_keys(tmp_path / "clinic.keys", [OLD])
    assert clinic_keys(config).newest == OLD.id and home_keys(config) is None
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    write_keys(credentials / "surefoot-keys", [NEW])
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert clinic_keys(config).newest == home_keys(config).newest == NEW.id
    assert clinic_keys(Config(home=tmp_path, keys=tmp_path / "clinic.keys")).newest == OLD.id
    with pytest.raises(SecretError, match="There is no key file"):
        clinic_keys(Config(home=tmp_path, keys=tmp_path / "nowhere"))
    (credentials / "surefoot-keys").chmod(0o440)  # as systemd does by an access list, whose mask stands for the group
    assert clinic_keys(config).newest == NEW.id
    (credentials / "surefoot-keys").chmod(0o444)
    with pytest.raises(SecretError, match="can be read by others"):
        clinic_keys(config)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(clinic, ["key", *words])
    return done.exit_code, done.output + str(done.exception or "")


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    url = f"sqlite:///{tmp_path}/clinic.sqlite"
    filled(url, None).close()
    assert "are stored as they are: there is no key" in run("show")[1]
    assert run("rotate")[0] == 1
    assert "Sealed 2 names and notes." in run("make")[1] and all(map(is_sealed, raw(url)))
    assert run("make")[0] == 1, "a key is never written over"
    before = {key_of(one) for one in raw(url)}
    assert "Sealed 2 names and notes." in run("rotate")[1] and {key_of(one) for one in raw(url)}.isdisjoint(before)
    assert run("show")[1].count(", ") == 1
    store = open_store(url, keys=clinic_keys(load_config()))
    assert read(store) == (NAME, NOTE) and store.office.audit.verify().wrong is None
    assert [one.what for one in store.office.audit.entries()] == ["made a key", "made a new key"]
    store.close()
    keys = tmp_path / "clinic.keys"
    keys.rename(tmp_path / "elsewhere")
    told = run("make")[1]
    assert "sealed with the key" in told and not keys.exists(), "no second first key beside a sealed database"
    (tmp_path / "elsewhere").rename(keys)
    assert run("show")[0] == 0


def test_what_was_stored_as_it_is_stands_in_no_file_once_it_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beside a clinic that runs, whose hold on the database keeps the journal from being worked in at the end."""
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    running = filled(f"sqlite:///{tmp_path}/clinic.sqlite", None)

    def is_there(text: str) -> bool:
        return any(text.encode() in path.read_bytes() for path in tmp_path.glob("clinic.sqlite*"))

    assert is_there(NAME) and is_there(NOTE)
    assert "Sealed 2 names and notes." in run("make")[1]
    assert not is_there(NAME) and not is_there(NOTE)
    running.close()


def test_an_export_of_a_sealed_clinic_is_readable_and_logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path))
    filled(f"sqlite:///{tmp_path}/clinic.sqlite", None).close()
    run("make")
    given = [NAME, "--store", str(tmp_path / "clinic.sqlite"), "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(export, given, catch_exceptions=False)
    assert done.exit_code == 0 and (tmp_path / "out").is_dir()
    store = open_clinic(load_config())
    (last,) = store.office.audit.entries(1)
    assert (last.what, last.about, last.told) == ("exported", WEAK, "as csv")
    store.close()
    (tmp_path / "clinic.keys").unlink()
    with pytest.raises(StoreError, match="sealed with the key"):
        CliRunner().invoke(export, given, catch_exceptions=False)


def test_a_key_is_32_bytes_and_its_id_does_not_tell_it() -> None:
    assert len(OLD.secret) == 32 and OLD != NEW and OLD.id != NEW.id and Key(OLD.secret) == OLD
    assert OLD.id not in OLD.secret.hex()
