"""Hints to get up: off unless asked for, only with proof of sitting and wear, quiet when it shall be; kept at home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from story import NOW_S
from surefoot.cli.board import Board
from surefoot.cli.nowfile import home_now
from surefoot.pipeline.sitbreaks import SETTING, SitBreaks, breaks_text, hint, is_quiet, read_breaks
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Activity, Minute, Rise, SensorStatus, WornSensor
from surefoot.web.homeapp import make_home_app
from surefoot.web.homenow import FRESH_S, NAME, HomeNow, SensorNow, read_now, write_now
from surefoot.web.homesensors import sensor_lines
from test_web import text
from visitors import Browser

UTC = ZoneInfo("UTC")
ON = SitBreaks(on=True)


def told(breaks: SitBreaks, now_s: float = NOW_S, seated_min: float = 50.0, doing="sitting", ago_s: float = 60.0):
    return hint(breaks, doing, now_s - ago_s, seated_min, now_s, UTC)


def test_it_is_off_unless_it_was_switched_on() -> None:
    assert told(SitBreaks())[0] is False
    assert told(ON)[0] is True
    assert read_breaks(None) == SitBreaks() and not SitBreaks().on


@pytest.mark.parametrize("doing", ["walking", "standing", "lying", "not_worn", "unknown", None])
def test_only_who_is_known_to_sit_with_the_sensors_on_is_told(doing) -> None:
    assert told(ON, doing=doing)[0] is False


def test_not_too_soon_and_not_by_what_was_true_long_ago() -> None:
    assert told(ON, seated_min=43.0)[0] is False
    assert told(ON, seated_min=44.5)[0] is True  # the minute since counts
    assert told(ON, ago_s=700.0)[0] is False


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [(21, 9, {21, 22, 23, *range(9)}), (0, 8, set(range(8))), (13, 15, {13, 14}), (7, 7, set())],
)
def test_quiet_hours_may_go_over_midnight(first: int, last: int, hours: set[int]) -> None:
    one = replace(ON, quiet_from_h=first, quiet_to_h=last)
    assert {hour for hour in range(24) if is_quiet(one, hour)} == hours


def test_quiet_hours_are_the_patients_own() -> None:
    at_s = datetime(2026, 1, 29, 20, 30, tzinfo=ZoneInfo("UTC")).timestamp()
    assert hint(ON, "sitting", at_s - 60, 50.0, at_s, ZoneInfo("UTC"))[0] is True
    assert hint(ON, "sitting", at_s - 60, 50.0, at_s, ZoneInfo("Europe/Berlin"))[0] is False


def test_a_hint_stays_some_minutes_then_half_an_hour_none_and_so_often_a_day() -> None:
    breaks, shown = ON, []
    for minute in range(0, 12 * 60, 2):
        seen, breaks = told(breaks, NOW_S + 60 * minute, 50.0 + minute)
        if seen:
            shown.append(minute)
    begun = [m for k, m in enumerate(shown) if k == 0 or m - shown[k - 1] > 2]
    assert begun == [0, 30, 60, 90] and breaks.told == ON.most
    assert [m for m in shown if m < 30] == [0, 2, 4]
    assert told(breaks, NOW_S + 86400.0)[0] is True  # another day


def test_a_pause_holds_and_a_broken_setting_is_off() -> None:
    assert told(replace(ON, paused_until_s=NOW_S + 1))[0] is False
    assert told(replace(ON, paused_until_s=NOW_S))[0] is True
    assert read_breaks("{'on'") == SitBreaks()
    assert read_breaks(breaks_text(ON)) == ON


# ---- on the page


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    yield store
    store.close()


SITTING = HomeNow(NOW_S, (), doing="sitting", doing_s=NOW_S - 60, seated_min=95.0)
FORM = {"on": "1", "after_min": "90", "quiet_from_h": "22", "quiet_to_h": "7", "most": "2"}


def page_of(home: Store, now: HomeNow | None = SITTING) -> Browser:
    return Browser(make_home_app(home, lambda: NOW_S, UTC, live=lambda: now))


def test_it_is_set_paused_and_asked_for_on_the_page_and_stays_at_home(home: Store) -> None:
    page = page_of(home)
    assert "Off. Switched on" in text(page.get("/")) and page.get("/breaks/hint").json() == {"hint": False}
    assert "On: after 90 minutes of sitting, 2 times a day at most, not from 22 to 7" in text(
        page.post("/breaks", FORM)
    )
    assert page.get("/breaks/hint").json() == {"hint": True}
    assert read_breaks(home.office.own_page.setting(SETTING)).told == 1
    assert "paused" in text(page.post("/breaks/pause", {}))
    assert page.get("/breaks/hint").json() == {"hint": False}
    assert "Off. Switched on" in text(page.post("/breaks", {k: v for k, v in FORM.items() if k != "on"}))
    assert home.outbox.pending(9) == []


def test_nobody_is_told_while_no_gateway_runs(home: Store) -> None:
    page_of(home).post("/breaks", FORM)
    assert page_of(home, None).get("/breaks/hint").json() == {"hint": False}


@pytest.mark.parametrize("change", [{"after_min": "1"}, {"most": "99"}, {"quiet_to_h": "24"}, {"quiet_from_h": "-1"}])
def test_what_the_page_does_not_offer_is_refused(home: Store, change: dict[str, str]) -> None:
    assert page_of(home).post("/breaks", FORM | change).status_code == 404
    assert home.office.own_page.setting(SETTING) is None


# ---- what the gateway knows just now

WORN = [WornSensor(side, "shank", "dot", f"D4:{side}", "", 60.0, NOW_S - 9e5) for side in ("left", "right")]


def test_what_the_board_knows_reaches_the_page(tmp_path: Path) -> None:
    board = Board(WORN, "shank", UTC, NOW_S)
    board.take_status(SensorStatus("left", "shank", NOW_S, "streaming", battery_pct=83))
    board.take_doing(Activity("walking", NOW_S - 7200, NOW_S - 3600, 0.9))
    board.take_doing(Activity("not_worn", NOW_S - 3600, NOW_S - 2400, 0.9))
    board.take_doing(Activity("sitting", NOW_S - 2400, NOW_S - 60, 0.9))
    board.take_doing(Rise(NOW_S - 3600, NOW_S - 3598))
    board.minutes = [Minute(side, NOW_S - 60 * k, 60.0, 20.0) for k in range(1, 91) for side in ("left", "right")]
    board.mounting = "Both sensors sit well."
    write_now(tmp_path, home_now(board, NOW_S))
    now = read_now(tmp_path, NOW_S + 5)
    assert now is not None and now.sensors[0] == SensorNow("left", "shank", "streaming", "", 83)
    assert (now.doing, now.doing_s, now.seated_min) == ("sitting", NOW_S - 60, 39.0)
    assert now.worn_h == 1.5
    lines = sensor_lines(WORN, now, UTC)
    assert lines == (
        "Left ankle: works. Battery 83 %.",
        "Right ankle: is being looked for; it must be switched on and near. Battery not known.",
        "Both sensors sit well.",
    )
    board.begin_anew()
    assert board.worn_today_h(NOW_S) == 0.0 and board.seated_min == 0.0


@pytest.mark.parametrize("content", [b"", b"{", b'{"at_s": "soon"}', b'{"at_s": 1, "sensors": 5}', b"\xff\x00"])
def test_a_broken_file_is_no_gateway(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert read_now(tmp_path, NOW_S) is None


def test_an_old_file_is_no_gateway_whichever_way_the_clock_went(tmp_path: Path) -> None:
    assert read_now(tmp_path, NOW_S) is None
    write_now(tmp_path, HomeNow(NOW_S, ()))
    assert read_now(tmp_path, NOW_S + FRESH_S) is not None
    assert read_now(tmp_path, NOW_S + FRESH_S + 1) is None
    assert read_now(tmp_path, NOW_S - FRESH_S - 1) is None


def test_a_home_without_sensors_or_gateway_is_told_what_to_do(home: Store) -> None:
    assert "No sensors are paired yet" in text(page_of(home).get("/"))
    for worn in WORN:
        home.keep_worn_sensor(worn)
    page = text(page_of(home, None).get("/"))
    assert "Left ankle: paired 2026-01-18." in page
    assert "surefoot wear) does not run at the moment, so nothing is recorded" in page
    assert "Worn today" not in page
    worn = text(page_of(home, replace(SITTING, worn_h=3.26)).get("/"))
    assert "Worn today: about 3.3 h, as far as it is known by now." in worn
