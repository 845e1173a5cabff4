"""The keeper of a home: what is committed at once, and what is gathered."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import made
from surefoot.cli.board import Board
from surefoot.cli.homekeeper import GATHER_S, HomeKeeper
from surefoot.config import load_config
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.records import Answer, Incident, Stride, WornSensor
from test_shoes import LIVED, fill
from weeks import days

WORN = [WornSensor("left", "shank", "open", "C0:00:00:00:00:01", "open left", 104.0, 0.0)]


class Counting(Store):
    """Counts how often strides are committed."""

    commits = 0

    def keep_strides(self, strides: Sequence[Stride], *, anew: bool = False) -> None:
        self.commits += 1
        super().keep_strides(strides, anew=anew)


class Home:
    def __init__(self, folder: Path) -> None:
        self.now_s = 1000.0
        self.said: list[str] = []
        self.store = Counting(open_store(f"sqlite:///{folder / 'home.sqlite'}")._engine)
        board = Board(WORN, "shank", load_config().zone, 0.0)
        self.keeper = HomeKeeper(
            self.store,
            board,
            lambda: self.now_s,
            lambda words: self.said.append(words),
            threading.Event(),
            lambda: False,
        )
        self.keeper.flush()

    def walk(self, seconds: float) -> None:
        """A stride of one leg or the other each half second."""
        for k in range(int(2 * seconds)):
            self.now_s += 0.5
            self.keeper.keep_strides([Stride("left" if k % 2 else "right", "shank", self.now_s, self.now_s + 1.0)])

    def strides(self) -> list[float]:
        return [stride.start_s for stride in self.store.strides(0.0, 1e12)]


def test_a_minute_of_walking_is_committed_every_two_seconds_and_not_at_each_step(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.walk(60.0)
    assert 60 / GATHER_S - 1 <= home.store.commits <= 60 / GATHER_S + 1
    home.keeper.flush()
    assert home.strides() == [1000.0 + 0.5 * k for k in range(1, 121)]
    home.keeper.flush()
    assert home.store.commits <= 60 / GATHER_S + 2


def test_an_alert_does_not_wait_and_a_bout_brings_its_strides(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.walk(GATHER_S / 2)
    home.keeper.keep_alert(made.alert("a", "T3"))
    assert [one.alert.alert_id for one in home.store.alerts(home.store.gateway())] == ["a"]
    assert [row.kind for row in home.store.outbox.pending(10)] == ["alert"]
    assert home.strides() == []
    home.keeper.keep_bout(made.bout(1))
    assert len(home.strides()) == 2


def quiet_weeks(folder: Path) -> Home:
    """A home whose patient's legs have not given way, by days long before."""
    home = Home(folder)
    for day in days(21):
        home.store.keep_day(replace(day, start_s=day.start_s - 1.8e9, end_s=day.end_s - 1.8e9))
    return home


def gave_way(home: Home, at_s: float) -> Incident:
    """It is kept when it is known, some seconds later."""
    home.now_s = at_s + 10.0
    found = Incident("giving_way", "left", at_s, at_s + 0.5, "probable", ())
    home.keeper.keep_incident(found)
    return found


def urgent(home: Home) -> list[float]:
    home.keeper.tell_unanswered()
    return [one.alert.raised_s for one in home.store.alerts() if one.alert.tier == "T3"]


def test_two_givings_way_that_nobody_answers_for_are_urgent_by_the_clock_though_no_reading_comes(
    tmp_path: Path,
) -> None:
    home = quiet_weeks(tmp_path)
    gave_way(home, 40_000.0)
    gave_way(home, 50_000.0)
    assert sum("did your left leg give way at" in words for words in home.said) == 2
    home.now_s = 51_799.0
    assert urgent(home) == []
    home.now_s = 51_811.0
    assert urgent(home) == [51_811.0]
    home.now_s = 60_000.0
    assert urgent(home) == [51_811.0], "once"


def test_an_answer_holds_it_back_and_a_day_told_anew_asks_nothing_again(tmp_path: Path) -> None:
    home = quiet_weeks(tmp_path)
    gave_way(home, 40_000.0)
    home.keeper.anew_until_s = 60_000.0
    second = gave_way(home, 50_000.0)
    assert sum("did your left leg" in words for words in home.said) == 1
    home.keeper.keep_answer(Answer(second.kind, second.side, second.start_s, "no", "patient", 50_100.0))
    home.now_s = 52_000.0
    assert urgent(home) == []


def test_an_alert_of_a_clock_that_stood_ahead_and_a_busy_store_hide_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = quiet_weeks(tmp_path)
    home.store.keep_alert(replace(made.alert("ghost", "T3"), kind="gives_way_more", side="left", raised_s=9e8))
    gave_way(home, 40_000.0)
    gave_way(home, 50_000.0)
    home.now_s = 51_811.0

    def busy(*_: object) -> None:
        raise StoreError("The records cannot be read: database is locked.", "", "", "busy")

    with monkeypatch.context() as patched:
        patched.setattr(home.store, "days", busy)
        assert urgent(home) == urgent(home) == [9e8], "and the home goes on"
    assert sum("is locked" in words and "it is tried again" in words for words in home.said) == 1
    assert sorted(urgent(home)) == [51_811.0, 9e8]


def test_a_question_about_shoes_that_nobody_answers_is_a_review_though_the_sensors_stay_off(tmp_path: Path) -> None:
    home = Home(tmp_path)
    fill(home.store)
    home.now_s = LIVED[-1].end_s + 5 * 86400.0
    home.keeper.tell_unanswered()
    assert [one.alert.tier for one in home.store.alerts()] == ["T1"], "what was recorded is understood first"
    for _ in range(2):
        home.now_s += 600.0
        home.keeper.tell_unanswered()
    assert sorted(one.alert.tier for one in home.store.alerts()) == ["T1", "T2"]
    assert sum("ALERT T2: Left leg weaker" in words for words in home.said) == 1


def test_strides_told_before_and_new_ones_may_be_gathered_together(tmp_path: Path) -> None:
    """What happened before ``anew_until_s`` takes the place of what was told of that moment."""
    home = Home(tmp_path)
    home.store.keep_strides(
        [Stride("right", "shank", 1000.6, 1000.6 + 1.0), Stride("right", "shank", 1001.6, 1001.6 + 1.0)]
    )
    home.keeper.anew_until_s = 1001.2
    home.walk(GATHER_S)
    home.keeper.flush()
    assert 1000.6 not in home.strides() and 1001.6 in home.strides()


def test_a_clock_that_is_set_back_does_not_keep_strides_waiting(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.walk(GATHER_S / 2)
    home.now_s -= 600.0
    home.walk(0.5)
    assert len(home.strides()) == 3


def test_while_it_waits_for_the_store_it_says_that_it_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a watchdog would end, again and again, a gateway that only waits for a disk, and its recording with it."""
    monkeypatch.setattr("surefoot.cli.homekeeper.RETRY_S", 0.01)
    store, waits, left = open_store(f"sqlite:///{tmp_path / 'home.sqlite'}"), [], [3]

    def keep_clock(*_: object) -> None:
        if left[0]:
            left[0] -= 1
            raise StoreError("The records cannot be written: the disk is full.", "", "Make room.", "full")

    monkeypatch.setattr(store, "keep_clock", keep_clock)
    board = Board(WORN, "shank", load_config().zone, 0.0)
    stopping = threading.Event()
    keeper = HomeKeeper(store, board, lambda: 0.0, lambda _: None, stopping, lambda: False, lambda: waits.append(1))
    keeper.keep_clock("C0:00:00:00:00:01", 3.0, None)
    assert len(waits) == 3 and left == [0]
