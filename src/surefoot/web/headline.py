"""The headline: the one sentence on top of a patient's page, with how much walking it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.pipeline.store import StoredAlert
from surefoot.records import WORSE, DaySummary, Trend
from surefoot.web.patients import Watch, judged, reason
from surefoot.web.words import count, number

RECENT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Headline:
    """What to read first."""

    sentence: str
    coverage: str
    stored: StoredAlert | None  # the alert it is taken from


def headline(
    alerts: Sequence[StoredAlert], seen: Watch, days: Sequence[DaySummary], trends: Sequence[Trend]
) -> Headline:
    """From the newest open clinical alert, else what is known. ``alerts`` newest first, ``trends`` of one day."""
    waiting = next((one for one in alerts if one.life.is_open and one.alert.channel == "clinical"), None)
    if waiting is not None:
        return Headline(waiting.alert.sentence, _coverage(days, seen), waiting)
    return Headline(_known(seen, trends), _coverage(days, seen), None)


def _known(seen: Watch, trends: Sequence[Trend]) -> str:
    if seen.gap:
        return f"Not monitored: {seen.gap}. No open alert, and none could have been raised."
    known = judged(trends)
    if not known:
        return f"Cannot say yet: {reason(trends)}. No open alert."
    worse = sum(trend.state in WORSE for trend in known)
    compared = f"{count(len(known), 'number')} compared with the patient's own normal on {known[-1].day}"
    told = f"{worse} judged worse" if worse else "none judged worse"
    return f"No open alert: {compared}, {told}. That no alert is open does not mean that nothing is wrong."


def _coverage(days: Sequence[DaySummary], seen: Watch) -> str:
    recent = days[-RECENT_DAYS:]
    if not recent:
        return "No day of wear has arrived yet."
    good = [day for day in recent if not day.missing]
    told = f"{len(good)} of the last {count(len(recent), 'day')} counted"
    if recent[-1].aids:
        told += f" (compared only with days with {' and '.join(recent[-1].aids)}, as on {recent[-1].day})"
    if good:
        hours = sum(day.worn_h for day in good) / len(good)
        strides = sum(many for day in good for _, many in day.strides)
        told += f": worn {number(hours, 1, 'h')} a day, {strides} strides"
    return f"{told}. Last worn: {seen.worn}. Last heard: {seen.heard}."
