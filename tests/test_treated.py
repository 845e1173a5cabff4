"""Treated: behind an operation normal is learned anew, by whoever it was told; a mistake is undone whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import story
from surefoot.cli.log import log
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.shoes import asked_shoes
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.treated import keep_treatment
from surefoot.pipeline.trends import judge
from surefoot.records import Learning, Order, Question, Treatment, Trend

DAYS = story.days(40, weak_from=24)  # weaker from the 25th day on
OPERATED = DAYS[28].day
NOW_S = DAYS[-1].end_s
SURGERY = Treatment("surgery", OPERATED)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for k, day in enumerate(DAYS):
        store.keep_day(day, judge(DAYS[: k + 1]))
    yield store
    store.close()


def of_root(store: Store) -> list[Trend]:
    return [one for one in store.trends(store.gateway()) if one.metric == "l5_composite" and one.side == "left"]


def test_nothing_before_an_operation_is_compared_with(home: Store) -> None:
    before = of_root(home)
    assert before[-1].state == "much_worse"
    assert keep_treatment(home, SURGERY, NOW_S) == 12
    after = of_root(home)
    assert [one for one in after if one.day < OPERATED] == [one for one in before if one.day < OPERATED]
    assert after[28].state == "cannot_say" and "learning what is normal" in after[28].reason
    assert after[-1].baseline is not None and after[-1].baseline.first_day >= OPERATED
    assert keep_treatment(home, SURGERY, NOW_S) == 0, "told twice, it changes nothing any more"
    keep_treatment(home, Treatment("surgery", OPERATED, withdrawn=True), NOW_S)
    assert of_root(home) == before


def test_another_treatment_leaves_normal_as_it_is(home: Store) -> None:
    before = of_root(home)
    assert keep_treatment(home, Treatment("injection", OPERATED), NOW_S) == 0
    assert of_root(home) == before


def test_an_operation_that_the_clinic_tells_does_the_same(home: Store) -> None:
    assert obey(home, Order("a", NOW_S, SURGERY), NOW_S).verdict == "applied"
    assert home.orders.plan(home.gateway()).learnings == (Learning(OPERATED),)
    assert of_root(home)[28].state == "cannot_say"


def test_what_the_therapist_orders_for_that_day_holds(home: Store) -> None:
    keep_treatment(home, SURGERY, NOW_S)
    obey(home, Order("a", NOW_S, Learning(OPERATED, 21)), NOW_S)
    assert home.orders.plan(home.gateway()).learnings == (Learning(OPERATED, 21),)


def test_a_home_that_is_killed_once_it_has_confirmed_has_done_it(home: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is confirmed is not done again: the clinic would read days judged by what held before."""
    take = home.orders.take

    def killed(*order: object) -> None:
        take(*order)
        raise SystemExit

    monkeypatch.setattr(home.orders, "take", killed)
    for number, what in enumerate((Learning(OPERATED, 21), Question("shoes"))):
        with pytest.raises(SystemExit):
            obey(home, Order(f"order-{number}", NOW_S, what), NOW_S)
    assert of_root(home)[28].state == "cannot_say" and "learning what is normal" in of_root(home)[28].reason
    assert asked_shoes(home, NOW_S + 1.0) is not None


def test_who_logs_it_is_told_how_many_days_are_judged_anew(home: Store, tmp_path: Path) -> None:
    at = ("--store", f"sqlite:///{tmp_path}/home.sqlite")
    done = CliRunner().invoke(log, ["treatment", "surgery", "--from", OPERATED, *at])
    assert done.exit_code == 0 and "surgery logged" in done.stderr and "12 days judged anew" in done.stderr


def test_other_straps_are_another_normal(home: Store, tmp_path: Path) -> None:
    at = ("--store", f"sqlite:///{tmp_path}/home.sqlite")
    done = CliRunner().invoke(log, ["aid", "strap", "--from", OPERATED, *at])
    assert done.exit_code == 0 and "12 days judged anew" in done.stderr
    assert "learning what is normal" in of_root(home)[28].reason
