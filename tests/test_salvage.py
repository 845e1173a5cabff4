"""Salvage: of a damaged store all that can be read is saved, no number is used twice, and what is missing is said."""

from __future__ import annotations

import asyncio
import importlib
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import made
from surefoot.cli import soundstore
from surefoot.cli.housekeeping import BALLAST
from surefoot.cli.soundstore import open_sound
from surefoot.cli.spare import AHEAD, Spare, read_spare, renew_spare
from surefoot.config import Config, load_config
from surefoot.pipeline.salvage import KEPT, put_aside
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import Alert, WornSensor

wear = importlib.import_module("surefoot.cli.wear")  # the file, not the command in it
LEFT = WornSensor("left", "shank", "open", "C0:00:00:00:00:01", "Surefoot 01", 100.0, 0.0)
NOW_S = 1.8e9


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(home=str(tmp_path), timezone="UTC")


def path_of(config: Config) -> Path:
    return config.home / "home.sqlite"


def filled(config: Config, incidents: int = 60) -> str:
    """A home that has been at work for a while; its name."""
    store = open_store(config.home_store)
    store.keep_worn_sensor(LEFT)
    for number in range(1, 29):
        store.keep_day(made.day(number), [made.trend(f"2026-01-{number:02}")])
    store.keep_alert(made.alert("weakness"))
    for number in range(incidents):
        store.keep_incident(made.incident(number, (made.signal(2.0),)))
    store.outbox.settle(range(1, 20))
    renew_spare(config.home, store, None)
    name = store.gateway()
    store.close()
    return name


def spoil(path: Path, share: float, seed: int = 1) -> int:
    """Overwrite a share of the pages behind the first ones with rubbish; how many."""
    rng = random.Random(seed)
    data = bytearray(path.read_bytes())
    size = 4096
    pages = [k for k in range(len(data) // size // 2, len(data) // size) if rng.random() < share]
    for k in pages:
        data[k * size : (k + 1) * size] = rng.randbytes(size)
    path.write_bytes(data)
    return len(pages)


def technical(store: Store) -> list[str]:
    return [one.alert.sentence for one in store.alerts() if one.alert.channel == "technical"]


def test_a_whole_store_is_opened_and_nothing_is_said(config: Config) -> None:
    name = filled(config)
    store, told = open_sound(config, NOW_S)
    assert (told, store.gateway(), technical(store)) == ("", name, [])
    store.close()


@pytest.mark.parametrize("seed", range(3))
def test_what_the_damage_left_is_saved_and_the_gateway_goes_on(config: Config, seed: int) -> None:
    name = filled(config)
    assert spoil(path_of(config), 0.3, seed) > 3
    store, told = open_sound(config, NOW_S)
    assert "was damaged and has been begun anew" in told and "home.sqlite.damaged-20270115-080000" in told
    assert store.gateway() == name and store.worn_sensors() == [LEFT]
    assert 0 < len(store.incidents(name)) <= 60
    assert "weakness" in {one.alert.alert_id for one in store.alerts()}
    assert len(technical(store)) == 1 and "may be missing, with numbers below" in technical(store)[0]
    assert store.outbox.pending(1)[0].kind == "alert"
    with closing(sqlite3.connect(path_of(config))) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    store.close()
    again, told = open_sound(config, NOW_S)  # the new one is whole
    assert told == ""
    again.close()


def test_of_a_file_that_is_none_any_more_the_spare_brings_name_sensors_and_numbers(config: Config) -> None:
    name = filled(config)
    spare = read_spare(config.home)
    assert spare is not None and spare.seq_used == 89 + AHEAD
    path_of(config).write_bytes(b"\0" * 100_000)
    store, told = open_sound(config, NOW_S)
    assert store.gateway() == name and store.worn_sensors() == [LEFT] and store.days(name) == []
    assert [row.seq for row in store.outbox.pending(10)] == [spare.seq_used + 1], "a number was used twice"
    assert f"numbers below {spare.seq_used + 1}" in told and "0 rows" in told
    store.close()


def test_rows_that_read_as_rubbish_are_left_out(config: Config) -> None:
    """SQLite has no checksums: a page spoilt inside a text is read without complaint."""
    name = filled(config)
    with closing(sqlite3.connect(path_of(config))) as raw, raw:
        raw.execute("UPDATE days SET body = substr(body, 1, 40) || x'ff80' WHERE day = '2026-01-03'")
        raw.execute("UPDATE days SET body = substr(body, 1, 40) WHERE day = '2026-01-04'")
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("UPDATE sqlite_master SET rootpage = 999999 WHERE name = 'donnings'")
    store, told = open_sound(config, NOW_S)
    assert [day.day for day in store.days(name)] == [f"2026-01-{n:02}" for n in range(1, 29) if n not in (3, 4)]
    assert "of days, donnings some may be lost" in told
    store.close()


def test_a_store_that_is_spoilt_while_it_is_used_ends_the_session_and_another_begins(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = filled(config)
    greetings: list[str] = []

    async def session(_: Config, store: Store, worn: list[WornSensor], kit: None, plain: bool, greeting: str) -> str:
        greetings.append(greeting)
        assert (store.gateway(), worn) == (name, [LEFT])
        if len(greetings) == 1:
            store._engine.dispose()
            spoil(path_of(config), 1.0)
            raise ExceptionGroup("tasks", [ExceptionGroup("of them", [unreadable(store, name)])])
        return ""

    monkeypatch.setattr(wear, "_time_known", at_once)
    monkeypatch.setattr(wear, "_session", session)
    asyncio.run(wear._wear(config, None, True, False))
    assert "Listening to" in greetings[0] and "was damaged" not in greetings[0]
    assert len(greetings) == 2 and "was damaged and has been begun anew" in greetings[1]


async def at_once(*_: object) -> None:
    return None


def unreadable(store: Store, name: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        store.incidents(name)
    return caught.value


def test_other_trouble_is_not_taken_for_damage(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(config, 1)

    async def session(*_: object) -> str:
        raise ExceptionGroup("tasks", [StoreError("busy", "", "", "busy")])

    monkeypatch.setattr(wear, "_time_known", at_once)
    monkeypatch.setattr(wear, "_session", session)
    with pytest.raises(ExceptionGroup):
        asyncio.run(wear._wear(config, None, True, False))


def test_only_the_last_damaged_files_are_kept(config: Config) -> None:
    for stamp in ("1", "2", "3"):
        filled(config, incidents=1)
        put_aside(path_of(config), stamp)
    assert sorted(one.name for one in config.home.glob("*damaged*")) == [
        "home.sqlite.damaged-2",
        "home.sqlite.damaged-3",
    ]
    assert KEPT == 2


def test_where_no_new_one_can_be_made_that_is_said(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(config)
    path_of(config).write_bytes(b"\0" * 100_000)

    def closed(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("surefoot.cli.soundstore.put_aside", closed)
    with pytest.raises(StoreError, match="A new one cannot be made beside it: Read-only file system"):
        open_sound(config, NOW_S)


class Killed(BaseException):
    """Where a program is killed nothing of it runs any more."""


@pytest.mark.parametrize("at", ["open_store", "salvage", "put_aside", "store_damaged"])
@pytest.mark.parametrize("late", [False, True], ids=["before", "behind"])
def test_killed_while_it_saves_it_saves_all_the_same(
    config: Config, at: str, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the next start finds a new, empty store, takes it for sound, and begins to count anew."""
    name = filled(config)
    spoil(path_of(config), 0.3)
    done = getattr(soundstore, at)

    def killed(*given: object) -> None:
        if late:
            done(*given)
        raise Killed

    with monkeypatch.context() as first, pytest.raises(Killed):
        first.setattr(soundstore, at, killed)
        open_sound(config, NOW_S)
    store, _ = open_sound(config, NOW_S + 60)
    assert store.gateway() == name and store.worn_sensors() == [LEFT] and len(store.days(name)) > 5
    assert "weakness" in {one.alert.alert_id for one in store.alerts()} and len(technical(store)) == 1
    store.keep_alert(made.alert("new"))
    assert store.outbox.newest() > 89, "numbers that were used are not used again"
    store.close()
    assert {one.name for one in config.home.glob("home.sqlite*")} - {"home.sqlite"} == {
        one.name for one in config.home.glob("home.sqlite.damaged-*")
    }


@pytest.mark.parametrize("ballast", [True, False])
def test_where_what_is_saved_fills_the_disk_the_ballast_makes_room_for_the_alert(
    config: Config, ballast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(config)
    spoil(path_of(config), 0.3)
    kept = Store.keep_alert
    if ballast:
        (config.home / BALLAST).write_bytes(b"0")

    def keep(store: Store, alert: Alert) -> None:
        if (config.home / BALLAST).exists() or not ballast:
            raise StoreError("The disk is full.", "", "", "full")
        kept(store, alert)

    monkeypatch.setattr(Store, "keep_alert", keep)
    if not ballast:
        with pytest.raises(StoreError, match="The disk is full"):
            open_sound(config, NOW_S)
        monkeypatch.undo()  # somebody has made room
    store, _ = open_sound(config, NOW_S)
    assert len(technical(store)) == 1
    store.close()


def test_a_page_that_is_open_meanwhile_goes_on_in_the_new_store(config: Config) -> None:
    """What a patient tells there must not go into the file that was put aside."""
    name = filled(config)
    page = open_store(config.home_store)
    assert len(page.days(name)) == 28
    spoil(path_of(config), 0.3)
    store, told = open_sound(config, NOW_S)
    assert "begun anew" in told
    away = path_of(config).rename(config.home / "away")  # as between the old one and the new one
    with pytest.raises(StoreError, match="not there any more"):
        page.diary.keep_check_in(made.check_in(1))
    assert not path_of(config).exists()
    away.rename(path_of(config))
    page.diary.keep_check_in(made.check_in(2, 7, "both_legs_weak"))
    assert store.diary.check_ins(name) == [made.check_in(2, 7, "both_legs_weak")]
    page.close()
    store.close()


def test_a_spare_that_is_rubbish_or_missing_is_none(config: Config) -> None:
    assert read_spare(config.home) is None
    (config.home / "home.spare.json").write_text('{"gateway": 1}')
    assert read_spare(config.home) is None


def test_the_spare_is_written_only_when_it_falls_behind(config: Config) -> None:
    store = open_store(config.home_store)
    first = renew_spare(config.home, store, None)
    assert first == Spare(store.gateway(), AHEAD, ())
    store.keep_bout(made.bout(1))
    assert renew_spare(config.home, store, first) is first
    store.keep_worn_sensor(LEFT)
    second = renew_spare(config.home, store, first)
    assert second.worn == (LEFT,) and read_spare(config.home) == second
    for number in range(2, AHEAD // 2 + 3):
        store.keep_bout(made.bout(number))
    third = renew_spare(config.home, store, second)
    assert third.seq_used == AHEAD // 2 + 2 + AHEAD and read_spare(config.home) == third
    store.close()
