"""The weekly notice: once a week the therapists are told that the digest can be read, and how much there is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from surefoot.alerts.notice import Notice
from surefoot.pipeline.digest import weeks
from surefoot.pipeline.store import Store

KIND = "weekly_digest"


@dataclass(frozen=True, slots=True)
class WeeklyParams:
    """Whom and when (7.8, T1: "weekly digest, therapist reads"; the hour is P)."""

    therapists: tuple[str, ...] = ("therapist",)
    hour: int = 7  # of Monday, in the clinic's time zone
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Due:
    """A notice to send, of the week that ended with the day before ``monday``."""

    monday: str
    notice: Notice


def due(store: Store, now_s: float, params: WeeklyParams | None = None) -> Due | None:
    """The notice that is due and was not sent; None while there is none, or nobody's days to tell of."""
    p = params or WeeklyParams()
    now = datetime.fromtimestamp(now_s, p.zone)
    monday = (now - timedelta(days=now.weekday())).replace(hour=p.hour, minute=0, second=0, microsecond=0)
    if now < monday or store.orders.told_of_week(monday.date().isoformat()):
        return None
    last, first = ((monday.date() - timedelta(days=back)).isoformat() for back in (1, 7))
    patients = store.patients()
    if not any(one.last_day is not None and one.last_day.day >= first for one in patients):
        return None
    found = weeks(store, patients, last)
    worth = sum(one.worth_reading for one in found)
    sentence = (
        f"The digest of the week up to {last} can be read: {len(found)} patient{'s' * (len(found) != 1)}, {worth} with "
        "something to read. On the pages: Weekly digest."
    )
    notice = Notice(channel="clinical", tier="T1", kind=KIND, sentence=sentence, to=p.therapists, number=1)
    return Due(monday.date().isoformat(), notice)
