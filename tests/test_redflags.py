"""Red flags: what raises T4, what does not, in which words, and that each episode is one alert."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

import made
from surefoot.alerts.redflags import EMERGENCY, FLAGS, QUESTIONS, not_up, red_flags
from surefoot.records import Answer, Incident, RedFlag

FALL = Incident("fall", None, 100.0, 400.0, "probable", (("lying_s", 300.0), ("not_up_after_s", 300.0)))
POSSIBLE = replace(FALL, certainty="possible")
DAY = "2026-01-20"


def said(word: str) -> Answer:
    return Answer("fall", None, 100.0, word, "companion", 500.0)


@pytest.mark.parametrize("flag", get_args(RedFlag))
def test_each_flag_answered_yes_is_an_emergency(flag: RedFlag) -> None:
    (alert,) = red_flags(made.check_in(3, 2, flag))
    assert (alert.tier, alert.channel, alert.side) == ("T4", "clinical", None)
    assert FLAGS[flag] in alert.sentence and (alert.raised_s, alert.day) == (made.check_in(3).at_s, "2026-01-03")


def test_pain_alone_and_flags_answered_no_are_none() -> None:
    assert red_flags(made.check_in(3, 10)) == []


def test_the_same_flags_of_an_hour_are_one_alert_and_another_flag_is_another() -> None:
    told = made.check_in(3, 2, "saddle_numbness")
    (first,), (again,) = red_flags(told), red_flags(replace(told, at_s=told.at_s + 60, pain=9))
    (more,) = red_flags(replace(told, flags=("sudden_weakness", "saddle_numbness")))
    (next_day,) = red_flags(replace(told, day="2026-01-04"))
    (turned,) = red_flags(replace(told, flags=("saddle_numbness", "sudden_weakness")))
    assert turned.alert_id == more.alert_id
    assert first.alert_id == again.alert_id
    (evening,) = red_flags(replace(told, at_s=told.at_s + 9 * 3600))
    assert len({first.alert_id, more.alert_id, next_day.alert_id, evening.alert_id}) == 4


def test_every_flag_has_a_question_in_plain_words_and_the_text_says_what_to_do() -> None:
    assert set(QUESTIONS) == set(FLAGS) == set(get_args(RedFlag))
    for question in QUESTIONS.values():
        assert question.endswith("?") and "cauda" not in question and "saddle" not in question
    assert EMERGENCY.startswith("CALL THE EMERGENCY NUMBER NOW (112")


def test_a_fall_without_rising_is_an_emergency_at_once_where_it_is_probable() -> None:
    (alert,) = not_up(FALL, None, 400.0, DAY)
    assert (
        alert.tier == "T4" and "no rising for 5 minutes" in alert.sentence and "nobody has answered" in alert.sentence
    )


def test_a_possible_one_is_asked_about_and_silence_is_no_all_clear() -> None:
    assert not_up(POSSIBLE, None, 699.0, DAY) == []
    assert not_up(POSSIBLE, None, 700.0, DAY) != []
    (alert,) = not_up(POSSIBLE, said("gave_way"), 450.0, DAY)
    assert "the companion said it was so" in alert.sentence


@pytest.mark.parametrize("fall", [FALL, POSSIBLE])
def test_who_says_that_nothing_happened_is_believed(fall: Incident) -> None:
    assert not_up(fall, said("no"), 1e9, DAY) == []


def test_who_got_up_is_no_emergency() -> None:
    assert not_up(replace(FALL, evidence=(("lying_s", 20.0),)), None, 1e9, DAY) == []
    assert not_up(replace(FALL, kind="stumble"), None, 1e9, DAY) == []
