"""The lookout: every change a page can show is found, whoever wrote it, and what nobody waits for is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

import made
import story
from story import DAY_S, NOW_S, STEADY, WEAK, Home
from surefoot.alerts.bodies import AlertBody, BoutBody, DayBody, IncidentBody
from surefoot.pipeline.lookout import Found
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Bout


@pytest.fixture
def clinic(new_url: Callable[[], str]) -> Store:
    store = open_store(new_url())
    for gateway in (WEAK, STEADY):
        Home(gateway).sign_of_life(store, NOW_S)
    yield store
    store.close()


def only(found: Found) -> dict[str, set[str]]:
    return {gateway: set(news) for gateway, news in found.changed.items()}


def test_what_was_there_before_the_first_look_is_no_news(clinic: Store) -> None:
    Home(WEAK).tell(clinic, NOW_S, AlertBody.of(made.alert("a")))
    lookout = clinic.lists.lookout()
    assert not lookout.look() and not lookout.look()


def test_each_change_is_found_once_and_whose_it_is(clinic: Store) -> None:
    lookout, weak = clinic.lists.lookout(), Home(WEAK)
    lookout.look()
    alert = made.alert("a", tier="T3")
    weak.tell(clinic, NOW_S, AlertBody.of(alert))
    found = lookout.look()
    assert only(found) == {WEAK: {"alerts"}} and found.raised == ("T3",)
    weak.tell(clinic, NOW_S, AlertBody.of(replace(alert, sentence="It says more by now.")))
    found = lookout.look()
    assert only(found) == {WEAK: {"alerts"}} and found.raised == ()
    clinic.acknowledge("a", "Ann", NOW_S)
    assert only(lookout.look()) == {WEAK: {"alerts"}}
    weak.tell(clinic, NOW_S, AlertBody.of(story.technical("battery", NOW_S)))
    found = lookout.look()
    assert only(found) == {WEAK: {"technical"}} and found.raised == ()
    weak.tell(clinic, NOW_S, DayBody.of_day(story.days(1)[0], ()), IncidentBody.of(story.incident(NOW_S)))
    assert only(lookout.look()) == {WEAK: {"data"}}
    clinic.label_patient(STEADY, "P-02")
    assert only(lookout.look()) == {STEADY: {"home"}}
    Home(STEADY).sign_of_life(clinic, NOW_S, link="down")
    assert only(lookout.look()) == {STEADY: {"home"}}
    assert not lookout.look()


def test_a_patient_who_comes_and_one_who_is_deleted(clinic: Store) -> None:
    lookout = clinic.lists.lookout()
    Home(WEAK).tell(clinic, NOW_S, AlertBody.of(made.alert("a")))
    lookout.look()
    Home(story.NEW).sign_of_life(clinic, NOW_S)
    assert only(lookout.look()) == {story.NEW: {"home"}}
    clinic.office.forget(WEAK, NOW_S, "Ann")
    assert only(lookout.look()) == {WEAK: {"home"}}
    Home(STEADY).tell(clinic, NOW_S, AlertBody.of(made.alert("b")))  # the number of its event may have been taken away
    assert only(lookout.look()) == {STEADY: {"alerts"}}


def test_signs_of_life_and_bouts_are_nobodys_news(clinic: Store) -> None:
    lookout, weak = clinic.lists.lookout(), Home(WEAK)
    weak.sign_of_life(clinic, NOW_S)
    lookout.look()
    weak.sign_of_life(clinic, NOW_S + 60)
    weak.tell(clinic, NOW_S + 60, BoutBody.of(Bout(NOW_S - 100, NOW_S - 40, 50, 51)))
    assert not lookout.look()


def test_what_comes_late_is_found_though_its_number_is_old(clinic: Store) -> None:
    lookout, late = clinic.lists.lookout(), Home(WEAK)
    late._seq = 5
    late.tell(clinic, NOW_S, DayBody.of_day(story.days(2)[1], ()))
    lookout.look()
    late._seq = 2
    late.tell(clinic, NOW_S + DAY_S, DayBody.of_day(story.days(1)[0], ()))
    assert only(lookout.look()) == {WEAK: {"data"}}


def test_an_unanswered_alert_is_loud_again(clinic: Store) -> None:
    from surefoot.alerts.alertlife import AlertEvent

    lookout = clinic.lists.lookout()
    Home(WEAK).tell(clinic, NOW_S, AlertBody.of(made.alert("a", tier="T3")))
    lookout.look()
    clinic.alert_log.add_all([(WEAK, "a", AlertEvent("notified", "T3", NOW_S, to=("Ann",)))])
    assert lookout.look().raised == ()
    clinic.alert_log.add_all([(WEAK, "a", AlertEvent("escalated", "T3", NOW_S, to=("Bob",)))])
    assert lookout.look().raised == ("T3",)
