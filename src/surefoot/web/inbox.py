"""The alert inbox: what waits for a person, with its evidence in words; clinical and technical apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from surefoot.alerts.alertlife import AlertEvent
from surefoot.alerts.escalation import SILENT_HOME
from surefoot.pipeline.monitored import MonitorParams
from surefoot.pipeline.store import StoredAlert
from surefoot.records import Tier, Trend
from surefoot.web.acting import NOBODY
from surefoot.web.language import N_, _, _n, day_words
from surefoot.web.retold import retold
from surefoot.web.words import CHARTS, TIERS, count, leg, local, metric_words, normal, number

SHOWN_CLOSED = 100
HOW = {  # the state of an alert in a word
    "raised": N_("Open"),
    "stored": N_("Open"),
    "notified": N_("Open, told"),
    "seen": N_("Open, seen"),
    "escalated": N_("Open, next person told"),
    "snoozed": N_("Open, snoozed"),
    "acknowledged": N_("Acknowledged"),
    "resolved": N_("Resolved"),
}
STATES = {
    "much_worse": N_("much worse"),
    "worse": N_("worse"),
    "watch": N_("not (yet) worse: being watched"),
    "quiet": N_("not (yet) worse"),
    "cannot_say": N_("cannot say"),
}
HAPPENED = {
    "stored": N_("Stored by this clinic"),
    "telling": N_("A notice to {to} was begun"),
    "notified": N_("The notice to {to} went out"),
    "failed": N_("The notice to {to} did not go out"),
    "seen": N_("Seen by {who}"),
    "acknowledged": N_("Acknowledged by {who}"),
    "snoozed": N_("Snoozed until {until} by {who}"),
    "woken": N_("Snooze ended by {who}"),
    "escalated": N_("Not answered: {to} is told as well"),
    "passed": N_("{who} had {to} told as well"),
    "expired": N_("Grown old"),
    "resolved": N_("Resolved by {who}"),
    "cleared": N_("Over: it cleared by itself"),
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
        expected=_(expected),
        state=_(HOW[life.state(now_s)]),
        raised=local(alert.raised_s, zone),
        arrived=local(stored.stored_s, zone),
        latched=_(
            "Its home calls it {lower} by now. It stays {tier} until somebody takes notice of it.",
            lower=alert.tier,
            tier=life.tier,
        )
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


def in_order(alerts: Sequence[StoredAlert]) -> tuple[list[StoredAlert], list[StoredAlert]]:
    """Open ones (worst first, then newest) and the newest closed ones, of alerts that come newest first."""
    waiting = [one for one in alerts if one.life.is_open]
    done = [one for one in alerts if not one.life.is_open][:SHOWN_CLOSED]
    return sorted(waiting, key=lambda one: one.life.tier, reverse=True), done


def outage(waiting: list[StoredAlert]) -> tuple[list[StoredAlert], list[StoredAlert]]:
    """What is shown one by one, and the silent homes where they are so many that one entry says it."""
    silent = [one for one in waiting if one.alert.kind == SILENT_HOME]
    if len(silent) < MonitorParams().mass:
        return waiting, []
    return [one for one in waiting if one not in silent], silent


def standing(stored: StoredAlert, now_s: float, zone: tzinfo | None) -> Iterator[str]:
    """Where an open alert stands: who was told, who else is on it, until when it is quiet."""
    life = stored.life
    if not life.is_open:
        return
    if stored.alert.channel == "clinical" and stored.alert.resolved_s is not None:
        yield _(
            "By the sensors it is over since {when}: its chart has been quiet for three good days. "
            "It stays open until a person closes it.",
            when=local(stored.alert.resolved_s, zone),
        )
    until_s, snooze = life.snoozed_until_s(now_s), life.snooze
    if until_s is not None and snooze is not None:
        yield _(
            "Snoozed until {when} by {who}: reminders rest, everything else goes on.",
            when=local(until_s, zone),
            who=_who(snooze.who),
        )
    notices = [e for e in life.events if e.what == "notified"]
    if notices:
        yield _n(
            "Told: {whom}, last {when}.",
            "Told: {whom}, last {when}, {n} notices so far.",
            len(notices),
            whom=", ".join(life.told()),
            when=local(notices[-1].at_s, zone),
        )
    elif any(e.what == "failed" for e in life.events):
        yield _("Nobody could be told yet: no notice has gone out. It is tried again.")
    last = max((e for e in life.events if e.what == "escalated"), key=lambda e: e.number, default=None)
    if last is not None:
        yield f"{happened(last, zone)}."


def happened(event: AlertEvent, zone: tzinfo | None) -> str:
    """One event in a sentence, without its note."""
    until = "" if event.until_s is None else local(event.until_s, zone)
    by_hand = {"resolved": ("resolved", "cleared"), "escalated": ("passed", "escalated")}
    what = by_hand[event.what][not event.who] if event.what in by_hand else event.what
    said = _(HAPPENED[what], who=_who(event.who), to=", ".join(event.to), until=until)
    return f"{said}, {local(event.at_s, zone)}"


def _who(name: str) -> str:
    return _(NOBODY) if name == NOBODY else name or "surefoot"


def evidence(trend: Trend) -> Evidence:
    words = metric_words(trend.metric)
    change = words.say_change(trend.change)
    if trend.change is not None and trend.mdc is not None:
        change = _("{change} (noise alone: up to {noise})", change=change, noise=words.say_change(trend.mdc))
    row = _n(
        "; beyond its spread on {n} worn day in a row",
        "; beyond its spread on {n} worn days in a row",
        trend.worse_days,
    )
    return Evidence(
        number=f"{leg(trend.side)}: {words.title}" + (_(", all its signs") if trend.metric in CHARTS else ""),
        value=words.say(trend.value),
        baseline=normal(trend.baseline, words),
        change=change,
        z=number(trend.z, 1),
        shift=number(trend.shift, 1),
        rests_on=_(
            "{day}: {strides}, worn {hours}",
            day=day_words(trend.day),
            strides=count(trend.strides, "stride") if trend.strides else _("strides not told"),
            hours=number(trend.worn_h, 1, "h"),
        ),
        judged=_(STATES[trend.state])
        + (row if trend.worse_days else "")
        + (f" ({retold(trend.reason)})" if trend.reason else ""),
    )


def _place(stored: StoredAlert) -> str:
    """Open ones worst first; of one tier, and of closed ones, the newest first."""
    worst = 9 - int(stored.life.tier[1:]) if stored.life.is_open else 9
    newest = min(max(1e12 - stored.alert.raised_s, 0.0), 1e13)  # whatever a home's clock said
    return f"{worst} {newest:020.6f} {stored.alert.alert_id} {stored.gateway}"


def anchor(gateway: str, alert_id: str) -> str:
    """A name for the alert's place on a page: an ``alert_id`` may hold any character."""
    return "alert-" + hashlib.sha256(f"{gateway}/{alert_id}".encode()).hexdigest()[:12]
