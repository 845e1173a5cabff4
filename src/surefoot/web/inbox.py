"""The alert inbox: what waits for a person, with its evidence in words; clinical and technical apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from surefoot.pipeline.store import StoredAlert
from surefoot.records import Trend
from surefoot.web.words import CHARTS, TIERS, count, leg, local, metric_words, normal, number

STATES = {
    "much_worse": "much worse",
    "worse": "worse",
    "watch": "not (yet) worse: being watched",
    "quiet": "not (yet) worse",
    "cannot_say": "cannot say",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One trend behind an alert, in words."""

    number: str
    value: str
    baseline: str
    change: str
    z: str
    shift: str
    rests_on: str
    judged: str


@dataclass(frozen=True, slots=True)
class Card:
    """An alert as it is shown."""

    stored: StoredAlert
    anchor: str
    shape: str
    tier_word: str
    expected: str
    raised: str
    arrived: str
    acknowledged: str  # empty: nobody yet
    evidence: tuple[Evidence, ...]


def card(stored: StoredAlert, zone: tzinfo | None) -> Card:
    alert, taken = stored.alert, stored.acknowledged
    shape, word, expected = TIERS[alert.tier]
    return Card(
        stored=stored,
        anchor=anchor(stored.gateway, alert.alert_id),
        shape=shape,
        tier_word=word,
        expected=expected,
        raised=local(alert.raised_s, zone),
        arrived=local(stored.stored_s, zone),
        acknowledged=f"Acknowledged by {taken.who}, {local(taken.at_s, zone)}" if taken else "",
        evidence=tuple(evidence(trend) for trend in alert.evidence),
    )


def cards(alerts: Iterable[StoredAlert], channel: str, zone: tzinfo | None) -> tuple[list[Card], list[Card]]:
    """Open ones (worst first, then newest) and acknowledged ones (newest first) of a channel."""
    mine = [card(one, zone) for one in alerts if one.alert.channel == channel]
    waiting = [one for one in mine if not one.acknowledged]
    return sorted(waiting, key=lambda one: one.stored.alert.tier, reverse=True), [c for c in mine if c.acknowledged]


def evidence(trend: Trend) -> Evidence:
    words = metric_words(trend.metric)
    change = words.say_change(trend.change)
    if trend.change is not None and trend.mdc is not None:
        change += f" (noise alone: up to {words.say_change(trend.mdc)})"
    row = f"; beyond its spread on {count(trend.worse_days, 'worn day')} in a row" if trend.worse_days else ""
    return Evidence(
        number=f"{leg(trend.side)}: {words.title}" + (", all its signs" if trend.metric in CHARTS else ""),
        value=words.say(trend.value),
        baseline=normal(trend.baseline, words),
        change=change,
        z=number(trend.z, 1),
        shift=number(trend.shift, 1),
        rests_on=f"{trend.day}: {count(trend.strides, 'stride') if trend.strides else 'strides not told'}, "
        f"worn {number(trend.worn_h, 1, 'h')}",
        judged=f"{STATES[trend.state]}{row}" + (f" ({trend.reason})" if trend.reason else ""),
    )


def anchor(gateway: str, alert_id: str) -> str:
    """A name for the alert's place on a page: an ``alert_id`` may hold any character."""
    return "alert-" + hashlib.sha256(f"{gateway}/{alert_id}".encode()).hexdigest()[:12]
