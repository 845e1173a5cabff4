"""The alert inbox: what waits for a person, with its evidence in words; clinical and technical apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import tzinfo

from surefoot.alerts.alertlife import AlertEvent
from surefoot.alerts.escalation import SILENT_HOME
from surefoot.pipeline.monitored import MonitorParams
from surefoot.pipeline.store import StoredAlert
from surefoot.records import Tier, Trend
from surefoot.web.words import CHARTS, TIERS, count, leg, local, metric_words, normal, number

SHOWN_CLOSED = 100
HOW = {  # the state of an alert in a word
    "raised": "Open",
    "stored": "Open",
    "notified": "Open, told",
    "seen": "Open, seen",
    "escalated": "Open, next person told",
    "snoozed": "Open, snoozed",
    "acknowledged": "Acknowledged",
    "resolved": "Resolved",
}
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
    place: str  # grows down the list it stands in
    tier: Tier
    shape: str
    tier_word: str
    expected: str
    state: str
    raised: str
    arrived: str
    latched: str  # empty: its home calls it by the tier it is shown with
    now: tuple[str, ...]  # who was told, who is next, until when it is snoozed
    closed: str  # empty: it is open
    note: str  # of whoever closed it
    snoozed: bool
    resolved: bool
    trail: tuple[str, ...]  # everything that happened, oldest first
    evidence: tuple[Evidence, ...]


def card(stored: StoredAlert, now_s: float, zone: tzinfo | None) -> Card:
    alert, life = stored.alert, stored.life
    shape, word, expected = TIERS[life.tier]
    ended = life.resolved or life.acknowledged
    return Card(
        stored=stored,
        anchor=anchor(stored.gateway, alert.alert_id),
        place=_place(stored),
        tier=life.tier,
        shape=shape,
        tier_word=word,
        expected=expected,
        state=HOW[life.state(now_s)],
        raised=local(alert.raised_s, zone),
        arrived=local(stored.stored_s, zone),
        latched=f"Its home calls it {alert.tier} by now. It stays {life.tier} until somebody takes notice of it."
        if life.tier > alert.tier
        else "",
        now=tuple(standing(stored, now_s, zone)),
        closed="; ".join(happened(e, zone) for e in dict.fromkeys((life.acknowledged, life.resolved)) if e is not None),
        note=ended.note if ended else "",
        snoozed=life.snoozed_until_s(now_s) is not None,
        resolved=life.resolved is not None,
        trail=tuple(happened(e, zone) + (f": {e.note}" if e.note else "") for e in life.events),
        evidence=tuple(evidence(trend) for trend in alert.evidence),
    )


def cards(
    alerts: Iterable[StoredAlert], channel: str, now_s: float, zone: tzinfo | None
) -> tuple[list[Card], list[Card]]:
    """Open ones (worst first, then newest) and the newest closed ones of a channel."""
    mine = [one for one in alerts if one.alert.channel == channel]
    waiting = [card(one, now_s, zone) for one in mine if one.life.is_open]
    done = [one for one in mine if not one.life.is_open][:SHOWN_CLOSED]
    return sorted(waiting, key=lambda one: one.tier, reverse=True), [card(one, now_s, zone) for one in done]


def outage(waiting: list[Card]) -> tuple[list[Card], list[Card]]:
    """What is shown one by one, and the silent homes where they are so many that one entry says it."""
    silent = [one for one in waiting if one.stored.alert.kind == SILENT_HOME]
    if len(silent) < MonitorParams().mass:
        return waiting, []
    return [one for one in waiting if one not in silent], silent


def standing(stored: StoredAlert, now_s: float, zone: tzinfo | None) -> Iterator[str]:
    """Where an open alert stands: who was told, who else is on it, until when it is quiet."""
    life = stored.life
    if not life.is_open:
        return
    if stored.alert.channel == "clinical" and stored.alert.resolved_s is not None:
        quiet = f"By the sensors it is over since {local(stored.alert.resolved_s, zone)}"
        yield f"{quiet}: its chart has been quiet for three good days. It stays open until a person closes it."
    until_s, snooze = life.snoozed_until_s(now_s), life.snooze
    if until_s is not None and snooze is not None:
        yield f"Snoozed until {local(until_s, zone)} by {snooze.who}: reminders rest, everything else goes on."
    notices = [e for e in life.events if e.what == "notified"]
    if notices:
        again = f", {count(len(notices), 'notice')} so far" if len(notices) > 1 else ""
        yield f"Told: {', '.join(life.told())}, last {local(notices[-1].at_s, zone)}{again}."
    elif any(e.what == "failed" for e in life.events):
        yield "Nobody could be told yet: no notice has gone out. It is tried again."
    last = max((e for e in life.events if e.what == "escalated"), key=lambda e: e.number, default=None)
    if last is not None:
        yield f"{happened(last, zone)}."


def happened(event: AlertEvent, zone: tzinfo | None) -> str:
    """One event in a sentence, without its note."""
    who, to = event.who or "surefoot", ", ".join(event.to)
    until = "" if event.until_s is None else f" until {local(event.until_s, zone)}"
    said = {
        "stored": "Stored by this clinic",
        "telling": f"A notice to {to} was begun",
        "notified": f"The notice to {to} went out",
        "failed": f"The notice to {to} did not go out",
        "seen": f"Seen by {who}",
        "acknowledged": f"Acknowledged by {who}",
        "snoozed": f"Snoozed{until} by {who}",
        "woken": f"Snooze ended by {who}",
        "escalated": f"Not answered: {to} is told as well",
        "expired": "Grown old",
        "resolved": f"Resolved by {who}" if event.who else "Over: it cleared by itself",
    }[event.what]
    return f"{said}, {local(event.at_s, zone)}"


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


def _place(stored: StoredAlert) -> str:
    """Open ones worst first; of one tier, and of closed ones, the newest first."""
    worst = 9 - int(stored.life.tier[1:]) if stored.life.is_open else 9
    newest = min(max(1e12 - stored.alert.raised_s, 0.0), 1e13)  # whatever a home's clock said
    return f"{worst} {newest:020.6f} {stored.alert.alert_id} {stored.gateway}"


def anchor(gateway: str, alert_id: str) -> str:
    """A name for the alert's place on a page: an ``alert_id`` may hold any character."""
    return "alert-" + hashlib.sha256(f"{gateway}/{alert_id}".encode()).hexdigest()[:12]
