"""The tiers, cell by cell (facts/clinical.md 7.8): one review per root and week, newly bilateral, over, who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import made
from surefoot.alerts.alertlife import AlertEvent, live
from surefoot.alerts.decline import decide_both_legs
from surefoot.alerts.escalation import EscalationParams, next_due, reached
from surefoot.alerts.perroot import one_per_root
from surefoot.alerts.rules import new_alert
from surefoot.pipeline.course import Course
from surefoot.pipeline.incidentwatch import too_often
from surefoot.pipeline.told import Told
from surefoot.records import Alert, Incident, Side
from surefoot.web.inbox import card
from weeks import days, name

PEOPLE = EscalationParams(clinical=("ann", "bob"), therapists=("dee",), technical=("cy",))


def told(kind: str, day: int, tier: str = "T2", side: Side | None = "left") -> Alert:
    return new_alert(kind, tier, side, name(day), 9.0, "A sentence.")  # type: ignore[arg-type]


# ---- T2: at most one per root and leg in seven days


@pytest.mark.parametrize(
    ("earlier", "tier"),
    [
        (told("push_off_weaker", 30), "T1"),  # the same day, another rule
        (told("push_off_weaker", 24), "T1"),
        (told("push_off_weaker", 23), "T2"),  # seven days on
        (told("push_off_weaker", 26, "T3"), "T1"),
        (told("push_off_weaker", 26, "T1"), "T2"),  # nobody was told of that
        (told("push_off_weaker", 26, side="right"), "T2"),
        (told("foot_lifting_weaker", 26), "T2"),  # another root
        (told("heel_rises_fewer", 26), "T2"),  # the same rule latches by itself
    ],
)
def test_a_review_of_a_root_that_was_told_this_week_is_for_reading(earlier: Alert, tier: str) -> None:
    (found,) = one_per_root([told("heel_rises_fewer", 30)], [earlier])
    assert found is not None
    assert found.tier == tier
    assert ("for the weekly reading" in found.sentence) is (tier == "T1")


def test_it_waits_as_one_t1_and_is_raised_when_the_week_is_over() -> None:
    push_off, ways = told("knee_control_weaker", 20), [told("gives_way_more", k) for k in (22, 23, 27)]
    (first,) = one_per_root(ways[:1], [push_off])
    assert first is not None and first.tier == "T1"
    assert one_per_root(ways[1:2], [push_off, first]) == [None]
    assert one_per_root(ways[2:], [push_off, first]) == ways[2:]


def test_what_is_urgent_is_never_held() -> None:
    urgent = told("gives_way_more", 22, "T3")
    assert one_per_root([urgent], [told("knee_control_weaker", 21), told("knee_control_weaker", 22, "T3")]) == [urgent]


def test_two_rules_of_one_day_call_once() -> None:
    both = [told("push_off_weaker", 30), told("heel_rises_fewer", 30), told("up_and_go_slower", 30, side=None)]
    assert [one and one.tier for one in one_per_root(both, [])] == ["T2", "T1", "T2"]


# ---- T3: any review that is newly bilateral


@pytest.mark.parametrize("kind", ["push_off_weaker", "gives_way_more", "heel_rises_fewer"])
def test_any_review_that_reaches_the_other_leg_is_urgent(kind: str) -> None:
    (both,) = decide_both_legs([told(kind, 30, side="right")], 9.0, [told(kind, 20)])
    assert (both.tier, both.side) == ("T3", None)
    assert decide_both_legs([told(kind, 30, side="right")], 9.0, [told(kind, 20, "T1")]) == []
    assert decide_both_legs([told(kind, 30, side="right")], 9.0, [told(kind, 15)]) == []


def test_giving_way_of_the_second_leg_is_urgent_before_the_day_is_over() -> None:
    lived = days(25)
    spread = [lived[20].start_s + 36000.0 - 90000.0 * k for k in range(4)]  # a week's worth, not a day's
    happened = [Incident("giving_way", "right", one, one + 1, "probable", ()) for one in spread]
    known = Told(lambda start_s, end_s: [one for one in happened if start_s <= one.start_s < end_s])
    found = too_often(max(spread) + 1, name(20), lived[:20], known, [told("gives_way_more", 15)])
    assert [(one.tier, one.side) for one in found] == [("T2", "right"), ("T3", None)]


# ---- over, by the sensors: three good days below a third of the limit


def test_a_chart_that_is_quiet_again_says_that_it_is_over_and_closes_nothing() -> None:
    weak, well = days(27, weak_from=18), days(60, seed=3)
    lived = [*weak, *(replace(one, day=name(27 + k)) for k, one in enumerate(well[:25]))]
    course, raised, over = Course(), [], []
    for day in lived:
        trends, alerts = course.update(day)
        raised += alerts
        over += [(day.day, one) for one in course.over(trends, day)]
    assert {one.alert_id for _, one in over} == {one.alert_id for one in raised} != set()
    assert len(over) == len(raised), "each once"
    first_day, first = over[0]
    assert first_day >= name(27 + 2)
    assert first.resolved_s is not None
    life = live(first.tier, "clinical", 5.0, [AlertEvent("stored", first.tier, 5.0), AlertEvent("resolved", "T3", 6.0)])
    assert life.is_open


def test_its_card_says_so() -> None:
    from surefoot.pipeline.reads import StoredAlert

    alert = replace(made.alert("a", "T2"), resolved_s=1.8e9)
    life = live("T2", "clinical", 5.0, [AlertEvent("stored", "T2", 5.0)])
    shown = card(StoredAlert(made.HOME, "P-01", alert, 5.0, life), 1.8e9, UTC)
    assert "By the sensors it is over since 2027-01-15" in shown.now[0]
    assert "stays open until a person closes it" in shown.now[0]


# ---- who is told, within which time


def at(day: int, hour: int) -> float:
    return datetime(2026, 3, day, hour, tzinfo=UTC).timestamp()  # the 2nd is a Monday


@pytest.mark.parametrize(
    ("tier", "channel", "first"),
    [("T2", "clinical", "dee"), ("T3", "clinical", "ann"), ("T4", "clinical", "ann bob"), ("T0", "technical", "cy")],
)
def test_a_review_goes_to_the_therapist_and_what_is_urgent_to_those_on_call(tier, channel, first) -> None:
    life = live(tier, channel, at(2, 9), [AlertEvent("stored", tier, at(2, 9))])
    due = next_due(life, at(2, 9), PEOPLE)
    assert due is not None
    assert (due.what, due.at_s, due.to) == ("tell", at(2, 9), tuple(first.split()))


def test_a_review_without_an_answer_goes_on_to_those_on_call_and_stays_a_review() -> None:
    events = [AlertEvent("stored", "T2", at(2, 9)), AlertEvent("telling", "T2", at(2, 9), to=("dee",))]
    events.append(AlertEvent("notified", "T2", at(2, 9), to=("dee",)))
    due = next_due(live("T2", "clinical", at(2, 9), events), at(2, 10), PEOPLE)
    assert due is not None
    assert (due.what, due.at_s, due.to) == ("escalate", at(4, 9), ("ann",))
    later = live("T2", "clinical", at(2, 9), [*events, AlertEvent("escalated", "T2", at(4, 9), to=("ann",))])
    assert later.tier == "T2"
    assert reached(later, PEOPLE) == ("dee", "ann")


def test_a_day_off_of_the_clinic_is_no_working_day() -> None:
    closed = replace(PEOPLE, holidays=frozenset({"2026-03-03"}))
    events = [AlertEvent(what, "T2", at(2, 9), to=("dee",)) for what in ("stored", "telling", "notified")]
    due = next_due(live("T2", "clinical", at(2, 9), events), at(2, 10), closed)
    assert due is not None
    assert due.at_s == at(5, 9)


def test_nobody_is_called_for_a_t1() -> None:
    life = live("T1", "clinical", at(2, 9), [AlertEvent("stored", "T1", at(2, 9))])
    due = next_due(life, at(2, 10), PEOPLE)
    assert due is not None
    assert (due.what, due.at_s) == ("expire", at(16, 9))
