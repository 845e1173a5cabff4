"""Telling: what a patient says is kept, with the alerts that it raises; the same from a page and from a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from surefoot.alerts.redflags import QUESTIONS, red_flags
from surefoot.pipeline.incidentwatch import answered
from surefoot.pipeline.resumed import told_of
from surefoot.pipeline.store import Store
from surefoot.records import Alert, Answer, AnswerWord, CheckIn, Incident, RedFlag, Teller


def told_check_in(now_s: float, zone: tzinfo, pain: int | None, said: Mapping[RedFlag, bool], by: Teller) -> CheckIn:
    """The day's check-in; ``said``: the questions that were answered, True for yes."""
    flags = tuple(flag for flag in QUESTIONS if said.get(flag) is True)
    ruled_out = tuple(flag for flag in QUESTIONS if said.get(flag) is False)
    return CheckIn(day_of(now_s, zone), now_s, by, pain, flags, ruled_out)


def keep_check_in(store: Store, told: CheckIn) -> None:
    """It and the alert of its red flags, which goes first. What to do has been shown by then."""
    store.diary.keep_check_in(told, red_flags(told))


def keep_answer(store: Store, about: Incident, word: AnswerWord, by: Teller, now_s: float, zone: tzinfo) -> list[Alert]:
    """The answer to "did your leg give way?"; the alerts that it raises, kept too."""
    told = Answer(about.kind, about.side, about.start_s, word, by, now_s)
    store.keep_answer(told)
    alerts = answered(about, now_s, day_of(now_s, zone), store.days(store.gateway()), told_of(store, lambda: now_s))
    for alert in alerts:
        store.keep_alert(alert)
    return alerts


def day_of(at_s: float, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at_s, zone).date().isoformat()
