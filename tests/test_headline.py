"""The headline: what is worst is read first, and a patient whom nobody watches is said to be that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import made
import story
from story import DAY_S, WEAK
from surefoot.alerts.bodies import AlertBody, DayBody
from surefoot.pipeline import duty
from surefoot.pipeline.store import Store, open_store
from surefoot.web.headline import headline
from surefoot.web.patients import watch

NOW_S = story.day_s(30)


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    yield store
    store.close()


def test_an_information_that_came_later_does_not_stand_before_an_urgent_alert(clinic: Store) -> None:
    urgent = replace(made.alert("a", "T3", NOW_S - 2 * DAY_S), sentence="Left leg much weaker.")
    later = [replace(made.alert(name, "T1", NOW_S - DAY_S + k), sentence="To be read.") for k, name in enumerate("bc")]
    story.Home(WEAK).tell(clinic, NOW_S, *(AlertBody.of(one) for one in (urgent, *later)))
    (patient,) = clinic.patients()
    told = headline(clinic.alerts(WEAK), watch(patient, [], NOW_S), [], [])
    assert told.sentence == "Left leg much weaker."
    clinic.acknowledge("a", "Ann", NOW_S, gateway=WEAK)
    told = headline(clinic.alerts(WEAK), watch(patient, [], NOW_S), [], [])
    assert told.stored is not None and told.stored.alert.alert_id == "c", "the newest of those that wait"


def test_a_day_of_a_clock_that_was_ahead_watches_nobody(clinic: Store) -> None:
    """Told as 2036 and worn all day; since the clock was put right the sensors lie in a drawer."""
    home, days = story.Home(WEAK), story.days(30)
    strange = replace(days[0], day="2036-01-01", start_s=days[0].start_s + 3652 * DAY_S, end_s=NOW_S + 3652 * DAY_S)
    thin = [
        replace(day, worn_h=2.0, missing="worn 2.0 h, less than 6 h") if k > 26 else day for k, day in enumerate(days)
    ]
    home.tell(clinic, NOW_S, *(DayBody.of_day(day, ()) for day in (*thin, strange)))
    home.sign_of_life(clinic, NOW_S)
    (patient,) = clinic.patients()
    assert "no day that counts for" in watch(patient, clinic.days(WEAK), NOW_S + 60).gap
    duty.watch(clinic, NOW_S + 60, 0.0)
    assert "not_worn" in [one.kind for one in clinic.alert_log.waiting()]
