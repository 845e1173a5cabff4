"""The incident watch: what one incident, or an answer about it, makes of an alert at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from surefoot.cli import log as module
from surefoot.pipeline.incidentwatch import IncidentWatch, answered
from surefoot.pipeline.resumed import resumed, told_of
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.told import Told
from surefoot.records import Alert, Answer, Bout, Incident, Minute
from surefoot.signal.told import WalkFindings
from weeks import DAY_S, FIRST_S, days, findings

TODAY_S = FIRST_S + 21 * DAY_S
UTC = ZoneInfo("UTC")


def buckle(hours: float) -> Incident:
    start_s = TODAY_S + 3600 * hours
    return Incident("giving_way", "left", start_s, start_s + 0.5, "probable", ())


def lying(certainty: str = "probable") -> Incident:
    start_s = TODAY_S + 3600 * 9
    return Incident("fall", None, start_s, start_s + 310, certainty, (("not_up_after_s", 310.0),))


def said(about: Incident, word: str, after_s: float = 60.0) -> Answer:
    return Answer(about.kind, about.side, about.start_s, word, "patient", about.end_s + after_s)


@pytest.fixture
def home(tmp_path: Path) -> Store:
    """Three quiet weeks."""
    store = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for one in days(21):
        store.keep_day(one)
    return store


def lived(home: Store, *told: Incident | float) -> list[Alert]:
    """Incidents as they become known, and times at which nothing new is; each is kept before it is looked at."""
    course = resumed(home, UTC)
    alerts = []
    for one in told:
        if isinstance(one, Incident):
            home.keep_incident(one)
        made = course.walked(heard(one))
        for alert in made:
            home.keep_alert(alert)
        alerts += made
    return alerts


def heard(one: Incident | float) -> WalkFindings:
    if isinstance(one, Incident):
        return findings(incidents=[one])
    return findings(minutes=[Minute("left", one, 60.0, 20.0)])


def urgent(alerts: list[Alert]) -> list[tuple[str, str, float]]:
    return [(alert.tier, alert.kind, alert.raised_s) for alert in alerts]


def test_two_in_a_day_are_asked_about_and_urgent_after_half_an_hour_without_an_answer(home: Store) -> None:
    second = buckle(11)
    assert lived(home, buckle(8), second, second.start_s + 1790) == []
    assert urgent(lived(home, second.start_s + 1900)) == [("T3", "gives_way_more", second.start_s + 1800)]
    assert lived(home, second.start_s + 2000, second.start_s + 7200) == [], "told once"
    (kept,) = [one.alert for one in home.alerts()]
    assert "no answer within 30 minutes" in kept.sentence and kept.day == "2026-03-23"


def test_a_restart_between_question_and_answer_forgets_neither(home: Store) -> None:
    """Each call takes up the store anew, as a gateway does; the day that closes meanwhile as well."""
    midnight_s = TODAY_S + DAY_S
    second = replace(buckle(0), start_s=midnight_s - 600, end_s=midnight_s - 599.5)
    assert lived(home, buckle(20), second) == []
    course = resumed(home, UTC)
    _, alerts = course.update(days(22)[21])
    assert alerts == []
    home.keep_day(days(22)[21])
    assert lived(home, midnight_s + 1100) == []
    assert urgent(lived(home, midnight_s + 1300)) == [("T3", "gives_way_more", second.start_s + 1800)]


@pytest.mark.parametrize("word", ["no", "stumbled"])
def test_one_that_was_none_is_none(home: Store, word: str) -> None:
    second = buckle(11)
    assert lived(home, buckle(8), second) == []
    home.keep_answer(said(second, word))
    now_s = second.end_s + 70
    assert answered(second, now_s, "2026-03-23", home.days(home.gateway()), told_of(home)) == []
    assert lived(home, second.start_s + 1900) == []
    assert urgent(lived(home, buckle(12), buckle(12).start_s + 1900)) == [
        ("T3", "gives_way_more", buckle(12).start_s + 1800)
    ], "two are left with the next one"


def test_one_that_was_so_is_urgent_as_the_patient_says_it(home: Store) -> None:
    second = buckle(11)
    assert lived(home, buckle(8), second) == []
    home.keep_answer(said(second, "gave_way"))
    now_s = second.end_s + 70
    (alert,) = answered(second, now_s, "2026-03-23", home.days(home.gateway()), told_of(home))
    assert (alert.tier, alert.raised_s) == ("T3", now_s)
    home.keep_alert(alert)
    assert lived(home, second.start_s + 1900) == [], "and is told once"


def test_three_in_a_day_are_told_at_once(home: Store) -> None:
    alerts = lived(home, buckle(8), buckle(11), buckle(11.2), buckle(13))
    assert urgent(alerts) == [("T3", "gives_way_more", buckle(11.2).end_s)]


def test_who_ends_before_the_half_hour_is_told_at_the_end(home: Store) -> None:
    course = resumed(home, UTC)
    for one in (buckle(8), buckle(11)):
        home.keep_incident(one)
        assert course.walked(heard(one)) == []
    assert [alert.tier for alert in course.walked(None)] == ["T3"]


def test_the_day_that_closes_behind_it_does_not_tell_it_again(home: Store) -> None:
    assert len(lived(home, buckle(8), buckle(11), buckle(11.6))) == 1
    course = resumed(home, UTC)
    _, alerts = course.update(days(22)[21])
    assert alerts == []


def test_what_was_no_giving_way_counts_for_nothing(home: Store) -> None:
    home.keep_incident(buckle(8))
    home.keep_answer(said(buckle(8), "no"))
    assert lived(home, buckle(11)) == []


def test_a_probable_fall_without_rising_is_told_at_once_and_a_possible_one_after_asking(home: Store) -> None:
    assert [a.tier for a in lived(home, lying())] == ["T4"]
    possible = replace(lying("possible"), start_s=TODAY_S + 7200, end_s=TODAY_S + 7510)
    assert lived(home, possible, possible.end_s + 240) == []
    assert [a.kind for a in lived(home, possible.end_s + 320)] == ["fall_not_up"], "taken up again after a restart"
    assert lived(home, possible.end_s + 400) == [], "and told once"


def test_a_possible_fall_that_was_none_is_not_told_and_one_nobody_answers_for_is_told_at_the_end(home: Store) -> None:
    possible = lying("possible")
    course = resumed(home, UTC)
    assert course.walked(heard(possible)) == []
    assert [a.tier for a in course.walked(None)] == ["T4"]
    home.keep_incident(possible)
    home.keep_answer(said(possible, "no"))
    assert lived(home, possible.end_s + 400) == []


def test_a_day_worked_through_anew_tells_nothing_twice(home: Store) -> None:
    told = lived(home, buckle(8), buckle(8.2), lying())
    assert sorted(alert.tier for alert in told) == ["T3", "T4"]
    assert lived(home, buckle(8), buckle(8.2), lying(), lying().end_s + 600) == []
    unheard = replace(lying(), start_s=TODAY_S + 60, end_s=TODAY_S + 400)
    home.keep_incident(unheard)
    assert len(lived(home, unheard)) == 1


NOON_S = TODAY_S + 12 * 3600


def late(home: Store, *told: Incident | Bout | float) -> list[Alert]:
    """The morning becomes known at noon."""
    course, alerts = resumed(home, UTC, past_s=NOON_S), []
    for one in told:
        if isinstance(one, Incident):
            home.keep_incident(one)
        alerts += course.walked(findings(bouts=[one]) if isinstance(one, Bout) else heard(one))
    return alerts


def test_what_becomes_known_late_is_told_when_all_is_known_and_only_if_it_is_still_true(home: Store) -> None:
    walk = Bout(lying().end_s + 900, lying().end_s + 960, 40, 40)
    assert late(home, lying(), walk, NOON_S + 60) == [], "up and about since"
    assert late(home, lying(), NOON_S - 60) == [], "what happened since is not known yet"
    assert [a.tier for a in late(home, lying(), NOON_S + 60)] == ["T4"]
    assert late(home, buckle(8), buckle(11)) == []
    often = late(home, buckle(8), buckle(11), NOON_S + 60, NOON_S + 1900)
    assert urgent(often)[1:] == [("T3", "gives_way_more", NOON_S + 1800)], "asked about from when it was known"


def test_too_often_the_day_before_yesterday_is_not_too_often_now(home: Store) -> None:
    assert late(home, buckle(8 - 48), buckle(11 - 48), NOON_S + 60) == []


def test_a_fall_behind_the_time_that_came_late_is_told_as_ever(home: Store) -> None:
    fresh = replace(lying(), start_s=NOON_S + 600, end_s=NOON_S + 910)
    assert [a.tier for a in late(home, fresh)] == ["T4"]


def test_without_a_watch_nothing_is_read() -> None:
    """Each block asks for nothing while nothing happened."""

    def never(*_: object) -> list[Alert]:
        raise AssertionError

    watch = IncidentWatch(str, Told(alerts=never, answers=never))
    assert watch.update(heard(5.0), []) == []


def test_the_second_yes_of_a_day_is_urgent_as_the_answer_is_given(home: Store) -> None:
    """However often the leg gives way as a rule."""
    for k in range(12):
        home.keep_incident(buckle(14 - 24.0 * (21 - k)))
    first, second = buckle(8), buckle(11)
    assert lived(home, first, second) == []
    now_s = second.end_s + 600
    home.keep_answer(said(first, "gave_way"))
    assert answered(first, now_s, "2026-03-23", home.days(home.gateway()), told_of(home)) == []
    home.keep_answer(said(second, "gave_way"))
    (alert,) = answered(second, now_s, "2026-03-23", home.days(home.gateway()), told_of(home))
    assert alert.tier == "T3" and "2 times within 24 hours, as the patient says" in alert.sentence


def test_a_fall_that_was_one_is_urgent_and_told_once(home: Store) -> None:
    fall = Incident("fall", None, TODAY_S + 9 * 3600, TODAY_S + 9 * 3600 + 20, "possible", ())
    assert lived(home, fall) == []
    lived_days = home.days(home.gateway())
    for word, raised in (("no", []), ("gave_way", ["T3"]), ("stumbled", [])):
        home.keep_answer(said(fall, word, 60.0 + len(word)))
        alerts = answered(fall, fall.end_s + 600, "2026-03-23", lived_days, told_of(home))
        assert [a.tier for a in alerts] == raised, word
        for alert in alerts:
            home.keep_alert(alert)
    other = replace(fall, start_s=fall.start_s + 600, end_s=fall.end_s + 600)
    home.keep_incident(other)
    home.keep_answer(said(other, "gave_way"))
    assert answered(other, other.end_s + 8 * DAY_S, "2026-04-01", lived_days, told_of(home)) == [], "long ago"
    assert answered(other, other.end_s + 600, "2026-03-23", lived_days, told_of(home)) != []


def test_the_command_tells_what_an_answer_raised(home: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.keep_incident(lying())
    monkeypatch.setattr(module.time, "time", lambda: lying().end_s + 30)
    typed = ["answer", "gave-way", "--store", str(tmp_path / "home.sqlite")]
    done = CliRunner().invoke(module.log, typed)
    assert done.exit_code == 0 and "the care team is told (T4)" in done.output
    assert sorted(one.alert.tier for one in home.alerts()) == ["T3", "T4"]


def test_a_fall_is_told_though_no_reading_comes_any_more(home: Store) -> None:
    """Nobody wears the sensors, or they were broken in it: the time to answer passes all the same."""
    fall = lying("possible")
    home.keep_incident(fall)
    course = resumed(home, UTC)
    assert course.walked(heard(fall)) == []
    assert course.walked(findings(), fall.end_s + 299.0) == []
    assert [alert.tier for alert in course.walked(findings(), fall.end_s + 300.0)] == ["T4"]
