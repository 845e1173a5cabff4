"""Sit breaks: a hint on the patient's page to get up after long sitting. Off unless the patient switches it on.

It comes only while the sensors are known to be worn and the person to be seated, never in the quiet hours, not more
often than the patient wants in a day, and not while it is paused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from pydantic import TypeAdapter, ValidationError

from surefoot.pipeline.activities import SEATED
from surefoot.records import ActivityKind

SETTING = "sit_breaks"  # its name in the home's store
AFTER_MIN = (30, 45, 60, 90)  # of sitting: what the page offers
MOST = (2, 4, 8)  # hints in a day


@dataclass(frozen=True, slots=True)
class SitBreaks:
    """What the patient set, and what was told by it. Hours are local, of a clock of 24."""

    on: bool = False
    after_min: int = 45
    quiet_from_h: int = 21
    quiet_to_h: int = 9
    most: int = 4
    paused_until_s: float = 0.0
    told_day: str = ""
    told: int = 0
    told_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SitBreakParams:
    """Engineering choices (P)."""

    again_s: float = 1800.0  # between two hints
    shown_s: float = 300.0  # a hint stays so long, while the person stays seated
    known_s: float = 600.0  # what somebody does is told some minutes later; older than this it is not known
    pause_s: float = 7200.0


_FORM: TypeAdapter[SitBreaks] = TypeAdapter(SitBreaks)


def read_breaks(text: str | None) -> SitBreaks:
    """What was kept; the usual, which is off, where nothing was or it cannot be read."""
    try:
        return _FORM.validate_json(text) if text else SitBreaks()
    except ValidationError:
        return SitBreaks()


def breaks_text(breaks: SitBreaks) -> str:
    return _FORM.dump_json(breaks).decode()


def hint(
    breaks: SitBreaks,
    doing: ActivityKind | None,
    doing_s: float | None,
    seated_min: float,
    now_s: float,
    zone: tzinfo,
    params: SitBreakParams = SitBreakParams(),
) -> tuple[bool, SitBreaks]:
    """Whether a hint stands on the page now, and what is to be kept. ``doing``: what a running gateway knows."""
    if not breaks.on or doing not in SEATED or doing_s is None or now_s - doing_s > params.known_s:
        return False, breaks
    seated_min += max(0.0, now_s - doing_s) / 60.0
    now = datetime.fromtimestamp(now_s, zone)
    if now_s < breaks.paused_until_s or is_quiet(breaks, now.hour) or seated_min < breaks.after_min:
        return False, breaks
    if 0 <= now_s - breaks.told_s < params.shown_s:
        return True, breaks
    day = now.date().isoformat()
    told = breaks.told if breaks.told_day == day else 0
    if told >= breaks.most or 0 <= now_s - breaks.told_s < params.again_s:
        return False, breaks
    return True, replace(breaks, told_day=day, told=told + 1, told_s=now_s)


def is_quiet(breaks: SitBreaks, hour: int) -> bool:
    """Whether an hour is one of the quiet ones, which may go over midnight; from and to alike: there are none."""
    first, last = breaks.quiet_from_h, breaks.quiet_to_h
    return first <= hour < last if first <= last else hour >= first or hour < last
