"""The headline: the one sentence on top of a patient's page, with how much walking it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.pipeline.store import StoredAlert
from surefoot.records import WORSE, DaySummary, Trend
from surefoot.web.language import _, _n, day_words
from surefoot.web.patients import Watch, judged, reason
from surefoot.web.retold import retold
from surefoot.web.words import number

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
    """From the worst open clinical alert, of those the newest, else what is known.

    ``alerts`` newest first, ``trends`` of one day.
    """
    clinical = [one for one in alerts if one.life.is_open and one.alert.channel == "clinical"]
    waiting = max(clinical, key=lambda one: one.life.tier, default=None)
    if waiting is not None:
        return Headline(retold(waiting.alert.sentence), _coverage(days, seen), waiting)
    return Headline(_known(seen, trends), _coverage(days, seen), None)


def _known(seen: Watch, trends: Sequence[Trend]) -> str:
    if seen.gap:
        return _("Not monitored: {why}. No open alert, and none could have been raised.", why=seen.gap)
    known = judged(trends)
    if not known:
        return _("Cannot say yet: {why}. No open alert.", why=reason(trends))
    worse = sum(trend.state in WORSE for trend in known)
    return _n(
        "No open alert: {n} number compared with the patient's own normal on {day}, {judged}. "
        "That no alert is open does not mean that nothing is wrong.",
        "No open alert: {n} numbers compared with the patient's own normal on {day}, {judged}. "
        "That no alert is open does not mean that nothing is wrong.",
        len(known),
        day=day_words(known[-1].day),
        judged=_n("{n} judged worse", "{n} judged worse", worse) if worse else _("none judged worse"),
    )


def _coverage(days: Sequence[DaySummary], seen: Watch) -> str:
    recent = days[-RECENT_DAYS:]
    if not recent:
        return _("No day of wear has arrived yet.")
    good = [day for day in recent if not day.missing]
    told = _n("{good} of the last {n} day counted", "{good} of the last {n} days counted", len(recent), good=len(good))
    if recent[-1].aids:
        aids, on = retold(" and ".join(recent[-1].aids)), day_words(recent[-1].day)
        told += _(" (compared only with days with {aids}, as on {day})", aids=aids, day=on)
    if good:
        hours = number(sum(day.worn_h for day in good) / len(good), 1, "h")
        strides = sum(many for day in good for _side, many in day.strides)
        told += _(": worn {hours} a day, {n} strides", hours=hours, n=strides)
    return _("{told}. Last worn: {worn}. Last heard: {heard}.", told=told, worn=seen.worn, heard=seen.heard)
