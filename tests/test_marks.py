"""Marks: two taps behind an incident are the patient's answer; without one they say nothing.

The taps are those of test_taps.py: the left ankle's at 4.6 s, the right one's at 9.6 and 35.6 s.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from surefoot.cli.board import Board
from surefoot.cli.homekeeper import HomeKeeper
from surefoot.cli.marks import Marks
from surefoot.pipeline.store import Store, open_store
from surefoot.records import SIDES, Answer, Incident, Samples, Side
from test_taps import readings

T0 = 1_790_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    one = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    yield one
    one.close()


def buckle(at_s: float, side: Side = "left") -> Incident:
    return Incident("giving_way", side, T0 + at_s, T0 + at_s + 0.5, "possible", ())


Told = tuple[list[Answer], list[str]]


def marked(store: Store, *incidents: Incident, sides: tuple[Side, ...] = SIDES) -> Told:
    """What becomes of the taps, with these known as they would be a while after; what is said of it."""
    for one in incidents:
        store.keep_incident(one)
    said: list[str] = []
    board = Board([], "shank", ZoneInfo("UTC"), T0)
    keeper = HomeKeeper(store, board, lambda: T0, said.append, threading.Event(), lambda: False)
    marks = Marks(store, keeper, ZoneInfo("UTC"), sides, said.append)
    for item in readings(2, 104.0, seconds=110.0):
        if item.side in sides:
            marks.update(Samples(item.side, "shank", T0 + item.start_s, item.rate_hz, item.acc, item.gyr))
    return store.answers(store.gateway()), said


def test_each_tap_answers_for_its_own_leg_and_for_the_last_that_has_no_answer(store: Store) -> None:
    answers, said = marked(store, buckle(-100.0), buckle(-30.0), buckle(-200.0, "right"))
    told = {(answer.side, answer.start_s - T0): answer.at_s - T0 for answer in answers}
    assert told == {("left", -30.0): pytest.approx(4.6, abs=0.4), ("right", -200.0): pytest.approx(9.6, abs=0.4)}
    assert len(said) == 2 and all(line.startswith("two taps: the ") for line in said)
    assert marked(store, buckle(-30.0)) == (answers, []), "worked through anew it answers once"


def test_taps_without_an_incident_or_long_after_it_say_nothing(store: Store) -> None:
    assert marked(store, buckle(-400.0), buckle(60.0)) == ([], [])


def test_what_was_answered_stays_as_it_is(store: Store) -> None:
    store.keep_incident(buckle(-30.0))
    no = Answer("giving_way", "left", T0 - 30.0, "no", "patient", T0 - 10.0)
    store.keep_answer(no)
    assert marked(store)[0] == [no]


def test_the_second_yes_of_a_day_is_told_at_once(store: Store) -> None:
    _, said = marked(store, buckle(-30.0), buckle(-100.0, "right"), buckle(-20.0, "right"))
    assert [line.startswith("ALERT T3") for line in said] == [
        False,
        False,
        False,
        True,
        False,
    ]  # and what to do meanwhile
    assert [(one.alert.tier, one.alert.side) for one in store.alerts()] == [("T3", "right")]


def test_one_leg_alone_hears_no_marks(store: Store) -> None:
    assert marked(store, buckle(-30.0), sides=("left",))[0] == []
