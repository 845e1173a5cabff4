"""Monitored: whether anything can be said about a patient just now, and what stands in the way (tier T0).

Silence is measured by the clinic's own clock, from what it received itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid5

from surefoot.alerts.escalation import SILENT_HOME
from surefoot.alerts.rules import NAMES
from surefoot.pipeline.tested import only_tests
from surefoot.records import Alert, DaySummary

NOT_WORN = "not_worn"
SAME_MIDNIGHT_S = 3600.0
NOT_THIS = "About sensors and lines, not about the leg: it says nothing about how the patient is."


@dataclass(frozen=True, slots=True)
class MonitorParams:
    """When a patient counts as not monitored."""

    silent_s: float = 180.0  # three signs of life missed (facts/reliability.md 5)
    least_worn_h: float = 6.0  # facts/clinical.md 7.8, T0
    thin_days: int = 2  # running (7.8)
    recent_s: float = 3 * 86400.0  # days that ended longer ago raise nothing: it would not be true now (P)
    mass: int = 5  # so many homes that fell silent together are told of at once, as one outage (P)
    together_s: float = 600.0  # (P)
    gather_s: float = 90.0  # an outage is told of so long after its first home: signs of life come once a minute (P)


def is_silent(since_s: float | None, now_s: float, params: MonitorParams) -> bool:
    """Nothing heard for too long; None: never heard, as of a home's own store."""
    return since_s is not None and now_s - since_s >= params.silent_s


def begun_by(days: Sequence[DaySummary], now_s: float) -> list[DaySummary]:
    """Without days that are still to come: a home whose clock was ahead told them, and nobody is watched by them."""
    return [day for day in days if day.start_s <= now_s]


def thin_days(days: Sequence[DaySummary], params: MonitorParams) -> list[DaySummary]:
    """The days in a row up to the newest that were hardly worn, when they are enough to tell of; oldest first."""
    found: list[DaySummary] = []
    for day in reversed([day for day in days if not only_tests(day)]):
        follows = not found or abs(found[-1].start_s - day.end_s) < SAME_MIDNIGHT_S  # names of days may be nonsense
        if day.worn_h >= params.least_worn_h or not follows:
            break
        found.append(day)
    return found[::-1] if len(found) >= params.thin_days else []


def silent_home(gateway: str, last_seen_s: float, now_s: float, day: str) -> Alert:
    """Named by when it was last heard: the same silence is the same alert, whoever notices it."""
    what = "Nothing is heard from this home any more"
    remedy = "Check there that the box with surefoot has power and internet; what it found meanwhile comes later"
    return _alert(SILENT_HOME, f"{gateway}|{last_seen_s!r}", now_s, day, what, remedy)


def not_worn(gateway: str, thin: Sequence[DaySummary], now_s: float, params: MonitorParams) -> Alert:
    """Named by the first of the days: as long as it goes on it is one alert."""
    hours = ", ".join(f"{day.worn_h:.1f} h on {day.day}" for day in thin[-params.thin_days :])
    what = f"The sensors were worn for less than {params.least_worn_h:g} h a day: {hours}"
    remedy = "Ask the patient what keeps them from wearing both sensors, and help with it"
    return _alert(NOT_WORN, f"{gateway}|{thin[0].day}", now_s, thin[-1].day, what, remedy)


def _alert(kind: str, episode: str, now_s: float, day: str, what: str, remedy: str) -> Alert:
    sentence = f"{what}. Until that changes this patient is not monitored. {remedy}."
    name = str(uuid5(NAMES, f"{kind}|{episode}"))
    return Alert(name, "T0", "technical", kind, None, now_s, day, sentence, NOT_THIS)
