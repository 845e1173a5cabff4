"""A home's technical alerts: raised once, cleared by themselves, and never about a leg."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import made
import story
from story import NOW_S, WEAK
from surefoot.alerts.bodies import AlertBody
from surefoot.alerts.technical import BATTERY, CLOCKS, SWAPPED, Upkeep
from surefoot.pipeline.store import open_store
from surefoot.records import ClockCheck, SensorStatus, SideCheck, Slip

DAY = "2026-01-28"


def battery(pct: int | None, side: str = "left") -> SensorStatus:
    return SensorStatus(side, "shank", NOW_S, "streaming", battery_pct=pct)


def test_sensors_on_the_wrong_legs_are_told_once_and_are_over_when_they_are_right() -> None:
    upkeep = Upkeep()
    wrong, right = SideCheck(NOW_S, "swapped", 2.0, 20), SideCheck(NOW_S + 60, "as_told", 2.0, 20)
    assert upkeep.checked(right, DAY) is None
    raised = upkeep.checked(wrong, DAY)
    assert raised is not None and (raised.kind, raised.tier, raised.channel) == (SWAPPED, "T0", "technical")
    assert "wrong legs" in raised.sentence and "not monitored" in raised.sentence and "left on left" in raised.sentence
    assert upkeep.checked(replace(wrong, at_s=NOW_S + 30), DAY) is None
    assert upkeep.checked(right, DAY) == replace(raised, resolved_s=NOW_S + 60)
    assert upkeep.checked(right, DAY) is None
    again = upkeep.checked(replace(wrong, at_s=NOW_S + 90), DAY)
    assert again is not None and again.alert_id != raised.alert_id


@pytest.mark.parametrize("sign", [-1, 1])
def test_clocks_more_than_20_ms_apart_are_told(sign: int) -> None:
    upkeep = Upkeep()
    assert upkeep.checked(ClockCheck(NOW_S, sign * 0.020, 50), DAY) is None
    raised = upkeep.checked(ClockCheck(NOW_S, sign * 0.034, 50), DAY)
    assert raised is not None and raised.kind == CLOCKS and "34 ms apart" in raised.sentence
    over = upkeep.checked(ClockCheck(NOW_S + 9, sign * 0.004, 50), DAY)
    assert over is not None and over.resolved_s == NOW_S + 9


def test_each_battery_is_told_of_once_and_over_when_it_was_charged() -> None:
    upkeep = Upkeep()
    told = [upkeep.charged(battery(pct), NOW_S, DAY) for pct in (None, 90, 21, 20, 19, 22, 3, 49, 50, 90)]
    assert [a is not None for a in told] == [False] * 3 + [True] + [False] * 4 + [True, False]
    assert told[3].kind == BATTERY["shank"] and told[3].side == "left" and "left sensor is at 20 %" in told[3].sentence
    assert told[8] == replace(told[3], resolved_s=NOW_S)
    assert upkeep.charged(battery(5, "right"), NOW_S, DAY).side == "right"


def test_a_charged_sensor_on_the_foot_says_nothing_of_the_one_at_the_ankle() -> None:
    """Each look is at all of them, every few seconds: none may end what another one has begun."""
    ankle, foot = battery(5), replace(battery(90), placement="foot")
    upkeep = Upkeep()
    told = [upkeep.charged(one, NOW_S + k, DAY) for k in range(3) for one in (ankle, foot)]
    assert [one is not None for one in told] == [True] + 5 * [False]
    low = upkeep.charged(replace(foot, battery_pct=20), NOW_S + 9, DAY)
    assert low is not None and low.kind != told[0].kind and "left foot sensor is at 20 %" in low.sentence
    again = Upkeep([told[0], low]).charged(foot, NOW_S + 99, DAY)
    assert again == replace(low, resolved_s=NOW_S + 99)


def test_a_restart_raises_nothing_again() -> None:
    raised = Upkeep().charged(battery(5), NOW_S, DAY)
    assert Upkeep([raised]).charged(battery(4), NOW_S + 9, DAY) is None
    over = Upkeep([raised]).charged(battery(99), NOW_S + 9, DAY)
    assert over == replace(raised, resolved_s=NOW_S + 9)
    assert Upkeep([over]).charged(battery(4), NOW_S + 99, DAY) is not None


def test_other_findings_are_no_technical_alert() -> None:
    assert Upkeep().checked(Slip("left", NOW_S, 30.0), DAY) is None


def test_what_a_home_says_is_over_closes_at_the_clinic_whatever_order_it_comes_in(new_url: Callable[[], str]) -> None:
    clinic = open_store(new_url())
    raised = Upkeep().charged(battery(5), NOW_S, DAY)
    over = Upkeep([raised]).charged(battery(99), NOW_S + 9, DAY)
    home = story.Home(WEAK)
    home.tell(clinic, NOW_S, AlertBody.of(raised))
    assert clinic.patients()[0].open_technical == 1
    home.tell(clinic, NOW_S + 10, AlertBody.of(over))
    home.tell(clinic, NOW_S + 11, AlertBody.of(raised))
    (stored,) = clinic.alerts()
    assert stored.life.state(NOW_S + 20) == "resolved" and clinic.patients()[0].open_technical == 0
    clinic.close()


def test_a_home_cannot_close_a_clinical_alert(new_url: Callable[[], str]) -> None:
    clinic = open_store(new_url())
    alert = made.alert("a", "T4")
    story.Home(WEAK).tell(clinic, NOW_S, AlertBody.of(alert), AlertBody.of(replace(alert, resolved_s=NOW_S + 1)))
    assert clinic.alerts()[0].life.is_open and clinic.patients()[0].worst_tier == "T4"
    clinic.close()
