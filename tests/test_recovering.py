"""Recovery on the pages: its words and numbers are those of the judgement, and a finding is shown to the therapist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import story
from made import HOME
from story import FIRST, day_s
from surefoot.alerts.bodies import CheckInBody, ConfirmationBody, DayBody
from surefoot.pipeline.obeying import obey
from surefoot.pipeline.recovery import NO_IMPROVEMENT, deficits, recovery
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Affected, CheckIn, DaySummary, Order, Treatment
from surefoot.web.homeday import today
from surefoot.web.recovering import recoveries
from test_web import Reader, text
from test_web_browser import Watched, browser, clinic_of

__all__ = ["browser"]  # a fixture

SINCE = FIRST.isoformat()
LEFT = Affected("left", SINCE)
WEEKS = 7


def behind(pct: Callable[[float], float], weeks: int = WEEKS) -> list[DaySummary]:
    """Days on which the left push-off stands so many % behind the right one."""
    return [_behind(day, pct(k / 7)) for k, day in enumerate(story.days(7 * weeks + 1))]


def _behind(day: DaySummary, pct: float) -> DaySummary:
    right = day.metric("right", "push_off_rate_dps")
    left = day.metric("left", "push_off_rate_dps")
    assert right and left and right.value and left.value
    wander = left.value / 160.0
    own = replace(left, value=right.value * (1 - pct / 100) * wander)
    return replace(day, metrics=tuple(own if one is left else one for one in day.metrics))


def stays(_: float) -> float:
    return 30.0


def heals(week: float) -> float:
    return 40.0 * exp(-week / 3)


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    home, days = story.Home(HOME), behind(stays)
    home.sign_of_life(store, day_s(len(days)))
    told = [CheckIn(days[-1].day, day_s(len(days)) - 3600, "patient", 6, ("both_legs_weak",), ("saddle_numbness",))]
    home.tell(store, day_s(len(days)), *(DayBody.of_day(day, ()) for day in days), *map(CheckInBody.of, told))
    yield store
    store.close()


def confirm(store: Store, what: Affected | Treatment) -> None:
    given = store.orders.give(HOME, what, "Ann", day_s(40), days_day(40))
    home = story.Home(HOME)
    home._seq = 500
    home.tell(store, day_s(40), ConfirmationBody(order_id=given.order.order_id, verdict="applied", at_s=day_s(40)))


def days_day(number: int) -> str:
    return story.days(number + 1)[-1].day


def test_nothing_is_shown_while_nobody_has_said_which_leg(clinic: Store) -> None:
    page = text(Reader(clinic, day_s(50)).get(f"/patients/{HOME}"))
    assert "Which leg is affected, and since when, has not been set" in page
    assert recoveries(behind(stays), None) == []


def test_a_finding_is_shown_to_the_therapist(clinic: Store) -> None:
    confirm(clinic, LEFT)
    page = text(Reader(clinic, day_s(50)).get(f"/patients/{HOME}"))
    assert f"Finding: {NO_IMPROVEMENT} or later" in page
    assert "plateau: three weeks without a change" in page
    assert "6 of 10" in page and "weakness, numbness or pain of both legs" in page and "2 of 4 not answered" in page


@pytest.mark.parametrize(("pct", "state"), [(heals, "improving"), (stays, "plateau: three weeks without a change")])
def test_words_and_numbers_are_those_of_the_judgement(pct: Callable[[float], float], state: str) -> None:
    days = behind(pct, 7 if pct is stays else 3)
    (shown,) = [one for one in recoveries(days, LEFT) if one.title == "Push-off"]
    judged = recovery(course := deficits(days, "left", "push_off_rate_dps"), SINCE)
    assert shown.state == state
    assert f"{judged.now_pct:.0f} % behind the other leg now" in shown.says
    assert f"{judged.mild_pct:.0f} % for a mild to moderate" in shown.says
    assert [row[0] for row in shown.rows] == [one.day for one in reversed(course)]
    line = shown.figure["data"][-1]
    assert line["y"] == [round(one.pct, 2) for one in course]
    assert shown.figure["data"][0]["y"][0] == pytest.approx(
        judged.began_pct, abs=0.01
    )  # the band begins where it began


def test_a_leg_affected_before_the_sensors_came_is_measured_from_the_first_day_worn() -> None:
    (shown,) = [one for one in recoveries(behind(heals, 3), Affected("left", "2025-06-01")) if one.title == "Push-off"]
    assert shown.state == "improving"
    assert f"in the week from {SINCE} on" in shown.says


def test_one_day_is_no_recovery() -> None:
    for shown in recoveries(behind(heals, 3)[:1], LEFT):
        assert shown.state == "cannot say"
        assert len(shown.figure["data"]) == 1


def test_the_band_is_drawn(browser: Any, clinic: Store) -> None:
    confirm(clinic, LEFT)
    with clinic_of(clinic, day_s(7 * WEEKS + 1)) as url:
        for width in (360, 1440):
            tab = Watched(browser, width)
            page = tab.open(f"{url}patients/{HOME}")
            tab.wait_for_charts()
            figure = page.locator("figure", has=page.get_by_role("heading", name="Push-off: plateau"))
            assert figure.locator(".scatterlayer .trace").count() == 3
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            tab.close()


def test_the_patient_reads_it_in_words(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for day in behind(heals, 3):
        store.keep_day(day)
    assert today(store, day_s(22), ZoneInfo("UTC")).recovery == ()
    obey(store, Order("a1", day_s(21), LEFT), day_s(21))
    (push_off,) = [one for one in today(store, day_s(22), ZoneInfo("UTC")).recovery if one.startswith("Push-off")]
    assert push_off.startswith("Push-off: improving.")
    store.close()
