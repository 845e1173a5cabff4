"""Limits of giving way: the fact sheet's table, what a fortnight can tell, clusters, answers, how often it is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.alerts.givingway import (
    DAY_S,
    WEEK_S,
    Event,
    GivingWayLimitParams,
    Usual,
    decide_giving_way,
    limit,
)
from surefoot.pipeline.told import Told, events, giving_way
from surefoot.records import Answer, Incident
from weeks import FIRST_S, days, name

P = GivingWayLimitParams()
NOW_S = FIRST_S + 40 * DAY_S
QUIET = Usual(0, 14)


def at(*hours_ago: float, confirmed: bool = False) -> list[Event]:
    return [Event("left", NOW_S - 3600 * h, confirmed) for h in sorted(hours_ago, reverse=True)]


def tiers(found: list[Event], usual: Usual = QUIET, before=()) -> list[str]:
    return [alert.tier for alert in decide_giving_way(found, usual, NOW_S, name(40), before)]


@pytest.mark.parametrize(
    ("rate", "day"), [(0.1, 2), (0.2, 2), (0.5, 3), (1, 3), (2, 4), (3, 5)]
)  # facts/clinical.md 4.5: urgent there, where days begin at midnight
def test_a_rate_known_for_long_has_the_days_limits_of_the_table(rate: float, day: int) -> None:
    known = Usual(round(rate * 100_000), 700_000)
    assert limit(known, 1 / 7, P.day_chance, P) == day <= limit(known, 1 / 7, P.unasked_chance, P) <= day + 1


@pytest.mark.parametrize("window_days", [1.0, 7.0])
@pytest.mark.parametrize("usual", [Usual(0, 14), Usual(3, 14)])
def test_a_count_becomes_full_by_chance_as_often_as_is_said(usual: Usual, window_days: float) -> None:
    """Against made-up legs whose true rate is as likely as the fortnight leaves it, windows beginning at any moment."""
    rng, legs, days = np.random.default_rng(1), 30_000, 30.0
    shape, weeks = P.prior_per_week * P.prior_weeks + usual.events, P.prior_weeks + usual.days / 7
    rates = rng.gamma(shape, 1 / weeks, legs) / 7
    largest, full = 7, np.zeros(8)
    for times in (np.sort(rng.uniform(-window_days, days, n)) for n in rng.poisson(rates * (days + window_days)) if n):
        counts = np.arange(len(times)) - np.searchsorted(times, times - window_days) + 1
        for count in counts[times > 0]:
            full[1 : min(int(count), largest) + 1] += 1
    a_window = full / legs / (days / window_days)
    for count in range(2, largest + 1):
        if full[count] > 400:  # else chance decides
            assert limit(usual, window_days / 7, 1.15 * a_window[count], P) <= count
            assert limit(usual, window_days / 7, 0.85 * a_window[count], P) == count + 1


@given(st.integers(0, 30), st.integers(1, 60), st.sampled_from([1.0, 1 / 7]))
def test_more_events_before_never_lower_a_limit_and_more_days_never_raise_it(
    count: int, days: int, window: float
) -> None:
    here = limit(Usual(count, days), window, 0.005, P)
    assert limit(Usual(count + 1, days), window, 0.005, P) >= here >= limit(Usual(count, days + 1), window, 0.005, P)
    assert limit(Usual(count, days), window, 0.0005, P) >= here >= 1


def test_a_quiet_fortnight() -> None:
    assert limit(QUIET, 1, P.week_chance, P) == 3
    assert [limit(QUIET, 1 / 7, chance, P) for chance in (P.day_chance, P.unasked_chance)] == [2, 3]
    assert [limit(Usual(count, 14), 1, P.week_chance, P) for count in (1, 3, 8)] == [5, 8, 12]
    assert tiers(at(30)) == tiers(at(30, 90)) == tiers(at(3, 28)) == []
    assert tiers(at(30, 60, 90)) == ["T2"]
    assert tiers(at(0.4, 10)) == [] and tiers(at(0.6, 10)) == ["T3"] and tiers(at(0.1, 10, 20)) == ["T3"]
    assert tiers(at(30, 60, 24 * 7 + 1)) == [], "longer than a week ago"


def test_a_leg_that_often_gives_way_needs_more() -> None:
    often = Usual(4, 14)
    assert tiers(at(30, 60, 90), often) == [] and tiers(at(3, 10), often) == []
    assert tiers(at(*range(30, 160, 15)), often) == ["T2"]


def test_two_that_the_patient_confirms_need_no_rate() -> None:
    assert tiers(at(3, 10, confirmed=True), Usual(10, 14)) == ["T3"]
    assert tiers(at(3, confirmed=True), QUIET) == []


def test_two_of_a_day_are_asked_about_for_half_an_hour() -> None:
    two = at(0.1, 10)
    assert decide_giving_way(two, QUIET, NOW_S, name(40)) == []
    one_said = [two[0], replace(two[1], confirmed=True)]
    (urgent,) = decide_giving_way(one_said, QUIET, NOW_S, name(40))
    assert urgent.tier == "T3" and "1 of them as the patient says" in urgent.sentence
    assert "one of which the patient says was so" in urgent.limit
    assert tiers(one_said, Usual(4, 14)) == [], "what this leg does every week calls nobody"
    (urgent,) = decide_giving_way(two, QUIET, two[1].at_s + P.ask_s, name(40))
    assert (
        urgent.tier == "T3" and "2 times within 24 hours, no answer within 30 minutes; 2 are chance" in urgent.sentence
    )
    assert decide_giving_way(two, Usual(4, 14), two[1].at_s + P.ask_s, name(40)) == []


def test_half_an_hour_counts_from_the_event_that_made_them_two() -> None:
    assert tiers(at(0.5, 24.4)) == ["T3"], "within 24 hours of one another"
    assert tiers(at(0.5, 24.6)) == []
    assert tiers(at(0.4, 20, 30)) == ["T3"], "the two before are not undone by a third"
    assert tiers(at(0.4, 25, 30)) == ["T2"]


def test_where_a_therapist_says_how_many_are_urgent_nobody_waits_for_an_answer() -> None:
    own = GivingWayLimitParams(day_count=5)
    assert decide_giving_way(at(1, 3), QUIET, NOW_S, name(40), (), own) == []
    found = decide_giving_way(at(1, 2, 3), QUIET, NOW_S, name(40), (), own)
    assert [alert.tier for alert in found] == ["T2"]
    (urgent,) = decide_giving_way(at(0, 1), QUIET, NOW_S, name(40), (), replace(own, day_count=2))
    assert urgent.tier == "T3" and urgent.limit == ""


def test_where_a_therapist_says_when_to_review_a_week_below_it_is_none() -> None:
    own = GivingWayLimitParams(week_count=4)
    assert decide_giving_way(at(30, 60, 90), QUIET, NOW_S, name(40), (), own) == []
    four = decide_giving_way(at(0.1, 30, 60, 90), QUIET, NOW_S, name(40), (), own)
    assert [alert.tier for alert in four] == ["T2"]


def test_the_sentence_says_what_and_against_what() -> None:
    (alert,) = decide_giving_way(at(30, 60, 90), QUIET, NOW_S, name(40))
    assert alert.sentence == (
        "Left leg seems to give way more often: 3 times within 7 days; 3 are chance in 1 of 100 weeks "
        "(before: 0 in 14 worn days)."
    )
    assert "simulated" in alert.not_this and alert.side == "left"
    (alert,) = decide_giving_way(at(3, 10, 20), Usual(0, 0), NOW_S, name(40))
    assert "nothing is known of before" in alert.sentence


def test_it_is_told_once_worse_once_more_and_again_after_a_quiet_week() -> None:
    (first,) = decide_giving_way(at(30, 60, 90), QUIET, NOW_S, name(40))
    assert tiers(at(30, 60, 90), before=[first]) == []
    assert tiers(at(1, 2, 3, 60, 90), before=[first]) == ["T3"], "a T2 hides no T3"
    (urgent,) = decide_giving_way(at(3, 10, 12), QUIET, NOW_S, name(40))
    assert tiers(at(30, 60, 90), before=[urgent]) == [], "a T3 was told: no T2 behind it"
    long_ago = replace(first, raised_s=NOW_S - 16 * DAY_S)
    assert tiers(at(30, 60, 90), before=[long_ago]) == ["T2"], "quiet for a week since"
    still = [Event("left", NOW_S - k * DAY_S) for k in range(24, 0, -2)]
    assert tiers(still, before=[long_ago]) == [], "never quiet since"
    assert tiers(at(30, 60, 90), before=[replace(first, side="right")]) == ["T2"]


# ---- what counts


def buckle(at_s: float, certainty: str = "probable", kind: str = "giving_way", side: str = "left") -> Incident:
    return Incident(kind, side, at_s, at_s + 0.5, certainty, ())


def said(about: Incident, word: str, after_s: float = 60.0) -> Answer:
    return Answer(about.kind, about.side, about.start_s, word, "patient", about.start_s + after_s)


def test_what_the_patient_says_decides_what_counts() -> None:
    sure, maybe, trip = buckle(10.0), buckle(20.0, "possible"), buckle(30.0, "probable", "stumble")
    assert events([maybe, trip, sure], []) == [Event("left", 10.0)]
    assert events([sure], [said(sure, "no")]) == events([sure], [said(sure, "stumbled")]) == []
    assert events([sure], [said(sure, "no"), said(sure, "gave_way", 90.0)]) == [Event("left", 10.0, True)]
    both = [said(maybe, "gave_way"), said(trip, "gave_way")]
    assert events([maybe, trip], both) == [Event("left", 20.0, True), Event("left", 30.0, True)]


def test_usual_is_that_of_the_first_good_days_and_not_of_this_week() -> None:
    lived = days(30)
    happened = [buckle(FIRST_S + k * DAY_S + 5e4) for k in (2, 2.1, 20, 28, 29)]
    happened += [buckle(FIRST_S + 29 * DAY_S, side="right")]
    told = Told(lambda start_s, end_s: [one for one in happened if start_s <= one.start_s < end_s])
    found = {mine[-1].side: (len(mine), usual) for mine, usual in giving_way(lived[-1].end_s, lived, told)}
    assert found == {"left": (5, Usual(2, 14)), "right": (1, Usual(0, 14))}
    assert giving_way(lived[-1].end_s + 2 * WEEK_S, lived, told) == []
    early = giving_way(FIRST_S + 3 * DAY_S, lived, told)
    assert [usual for _, usual in early] == [Usual(0, 0)]
