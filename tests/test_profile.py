"""The profile of a patient: shown, written with a name, sealed, sent home as far as needed; one list of all changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text as sql

import made
import story
from story import NOW_S, WEAK, Home
from surefoot.alerts.bodies import DayBody, TestBody, TreatmentBody
from surefoot.pipeline.profiles import Profile
from surefoot.pipeline.sealing import Keyring, new_key
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Affected, Treatment
from surefoot.web.profilewords import changes, said, stands
from test_web import Reader, text

AT = f"/patients/{WEAK}/profile"
ANN = {"who": "Ann", "note": "after the visit"}
FORM = {"side": "left", "since": "2026-01-02", "cause": "disc", "roots": ["L5", "S1"], "aids": ["stick"]}
WRITTEN = Profile("left", ("L5", "S1"), "disc", "2026-01-02", ("stick",), "")


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    Home(WEAK).tell(store, NOW_S, *(DayBody.of_day(day, ()) for day in story.days(3)))
    yield store
    store.close()


def test_what_is_written_is_stored_with_who_and_why_and_shown(clinic: Store) -> None:
    page = text(Reader(clinic).post(AT, FORM | ANN))
    assert "The profile is stored with your name." in page
    assert "Profile: Left leg affected, roots L5 and S1, type: slipped disc, since 2026-01-02, walks with stick" in page
    (one,) = clinic.office.profiles.of(WEAK)
    assert (one.profile, one.who, one.at_s, one.note) == (WRITTEN, "Ann", NOW_S, "after the visit")


def test_the_home_is_told_the_leg_and_its_day_and_nothing_else_and_only_when_they_change(clinic: Store) -> None:
    Reader(clinic).post(AT, FORM | ANN)
    Reader(clinic, NOW_S + 60).post(AT, FORM | {"roots": ["L4"], "remark": "sees Dr. B on Mondays"} | ANN)
    assert [one.order.what for one in clinic.orders.given(WEAK)] == [Affected("left", "2026-01-02")]
    Reader(clinic, NOW_S + 120).post(AT, FORM | {"side": "right"} | ANN)
    assert next(one.order.what for one in clinic.orders.given(WEAK)) == Affected("right", "2026-01-02")
    Reader(clinic, NOW_S + 180).post(AT, FORM | {"side": "both"} | ANN)  # a recovery is of one leg
    assert len(clinic.orders.given(WEAK)) == 2
    assert len(clinic.office.profiles.of(WEAK)) == 4


def test_the_plan_does_not_say_that_nothing_is_set_while_the_home_has_not_confirmed_it(clinic: Store) -> None:
    plan = f"/patients/{WEAK}/plan"
    assert "has not been set" in text(Reader(clinic).get(plan))
    Reader(clinic).post(AT, FORM | ANN)
    page = text(Reader(clinic).get(plan))
    assert "the home has not confirmed it yet" in page and "has not been set" not in page


def test_the_same_again_is_no_change(clinic: Store) -> None:
    Reader(clinic).post(AT, FORM | ANN)
    assert "Nothing was changed" in text(Reader(clinic).post(AT, FORM | ANN))
    assert len(clinic.office.profiles.of(WEAK)) == 1


def test_a_leg_ordered_later_from_the_command_line_is_what_stands(clinic: Store) -> None:
    Reader(clinic).post(AT, FORM | ANN)
    clinic.orders.give(WEAK, Affected("right", "2026-01-05"), "Bo", NOW_S + 60, "2026-01-29")
    assert stands(clinic, WEAK) == Profile("right", ("L5", "S1"), "disc", "2026-01-05", ("stick",), "")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"side": "third"}, "not one of this page's"),
        ({"roots": ["L9"]}, "not one of this page's"),
        ({"aids": ["wings"]}, "not one of this page's"),
        ({"cause": "spell"}, "not one of this page's"),
        ({"since": "2027-01-01"}, "2027-01-01 lies ahead"),
        ({"since": "soon"}, "soon is no day"),
        ({"since": "soon", "side": "both"}, "soon is no day"),
        ({"remark": "x" * 401}, "400 characters at most"),
        ({"who": ""}, "The name is missing"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_stored(clinic: Store, fields, told: str) -> None:
    page = Reader(clinic).post(AT, FORM | ANN | fields)
    assert page.status_code == 400
    assert told in text(page)
    assert clinic.office.profiles.of(WEAK) == [] and clinic.orders.given(WEAK) == []


def test_a_profile_is_sealed_cannot_be_changed_and_does_not_stand_in_the_log(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite", keys=Keyring([new_key()]))
    Home(WEAK).sign_of_life(store, NOW_S)
    Reader(store).post(AT, FORM | {"remark": "knows of it since spring"} | ANN)
    with store._engine.begin() as connection:
        raw = str(connection.execute(sql("SELECT body, note FROM profiles")).all())
    assert "S1" not in raw and "spring" not in raw and "visit" not in raw
    assert store.office.profiles.of(WEAK)[0].profile.remark == "knows of it since spring"
    for change in ("UPDATE profiles SET who = 'x'", "DELETE FROM profiles"):
        with pytest.raises(Exception, match="append-only"), store._engine.begin() as connection:
            connection.execute(sql(change))
    log = [entry for entry in store.office.audit.entries(about=WEAK) if entry.what == "did profile"]
    assert len(log) == 1 and "disc" not in log[0].told and "S1" not in log[0].told
    store.close()


def test_what_is_not_known_is_said_to_be_that() -> None:
    assert said(Profile()) == "Nothing is known yet of this patient's sciatica."
    assert said(Profile(roots=("L5",))).startswith("Affected leg not known, roots L5, type: not known, since when not")
    assert changes(Profile(), Profile(roots=("L5",), side="left")) == (
        "Profile: affected: left leg (was not known); roots: L5 (was not known)"
    )


# ---- who changed what


def test_one_list_tells_who_changed_what_newest_first(clinic: Store) -> None:
    reader = Reader(clinic)
    reader.post(f"/patients/{WEAK}/plan/limits", {"chart_review": "4.5"} | ANN)
    Reader(clinic, NOW_S + 60).post(f"/patients/{WEAK}/plan/learn", {"first_day": "2026-01-20", "days": "10"} | ANN)
    Reader(clinic, NOW_S + 120).post(f"/patients/{WEAK}/plan/treat", {"kind": "injection", "day": "2026-01-20"} | ANN)
    Reader(clinic, NOW_S + 180).post(AT, FORM | ANN)
    Reader(clinic, NOW_S + 240).post("/label", {"gateway": WEAK, "label": "P-01", "who": "Bo"})
    home = Home(WEAK)
    home._seq = 10
    home.tell(clinic, NOW_S, TreatmentBody.of(Treatment("exercise", "2026-01-11")))
    home.tell(clinic, NOW_S, TestBody.of(made.guided_test(1_767_700)))  # in January 2026
    page = text(Reader(clinic, NOW_S + 300).get(f"/patients/{WEAK}/plan"))
    page = page[page.index("Newest first; nothing is changed") :]
    told = [
        "Bo (no login) Named the patient",
        "The left leg is the affected one, since 2026-01-02",
        "Ann Profile: affected: left leg (was not known); type: slipped disc (was not known)",
        "Ann Injection, first day 2026-01-20",
        "Ann Normal is learned anew from 2026-01-20 on, from 10 good days",
        "Ann Limits: a root's chart",
        "2026-01-11 At home Exercise, first day 2026-01-11",
        "At home Guided test, five rises from a chair: 9.80 s",
    ]
    places = [page.find(one) for one in told]
    assert -1 not in places, dict(zip(told, places, strict=True))
    assert places == sorted(places)
