"""The life of one alert: what happened to it, event by event, and where it stands by now.

Events are only ever added, so their order and their number of copies do not matter: where an alert stands is worked out
from the set of them. It is open until a person has taken notice of it at its highest tier; a technical one also closes
when what it told of is over, an information after a fortnight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from surefoot.records import Tier

Channel = Literal["clinical", "technical"]
What = Literal[
    "stored", "telling", "notified", "failed", "seen", "acknowledged", "snoozed", "woken", "escalated", "expired",
    "resolved",
]  # fmt: skip
State = Literal["raised", "stored", "notified", "seen", "escalated", "snoozed", "acknowledged", "resolved"]

MACHINE = ""  # the name of nobody: surefoot itself


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One thing that happened to an alert, by the clinic's clock.

    ``number``: the first, the second, ... of its kind at this tier. "telling" begins a notice, "notified" and "failed"
    of the same number end it; "woken" ends the snooze of its number.
    """

    what: What
    tier: Tier  # as it was: what is done about an alert counts up to this tier
    at_s: float
    number: int = 1
    who: str = MACHINE  # whose doing it was
    to: tuple[str, ...] = ()  # who is told, or from now on told as well
    until_s: float | None = None  # of a snooze
    note: str = ""


_CLOSING = ("acknowledged", "resolved", "expired")


@dataclass(frozen=True, slots=True)
class Life:
    """Where an alert stands. ``tier`` is the highest that nobody has taken notice of, else the alert's own."""

    tier: Tier
    channel: Channel
    stored_s: float | None  # since when the clinic knows of it at this tier; None: it is still at home only
    events: tuple[AlertEvent, ...]  # all that count at this tier, each once, oldest first

    @property
    def acknowledged(self) -> AlertEvent | None:
        """By whom first. To resolve an alert is to take notice of it."""
        return next((e for e in self.events if e.what in ("acknowledged", "resolved") and e.who != MACHINE), None)

    @property
    def resolved(self) -> AlertEvent | None:
        """Told to be over: by a person, or of a technical alert or an old information by surefoot itself."""
        return next((e for e in self.events if e.what in ("resolved", "expired") and _closes(e, self.channel)), None)

    @property
    def is_open(self) -> bool:
        return self.acknowledged is None and self.resolved is None

    @property
    def seen(self) -> AlertEvent | None:
        return self.first("seen")

    @property
    def level(self) -> int:
        """How many times it went to a next person."""
        return max((e.number for e in self.events if e.what == "escalated"), default=0)

    @property
    def snooze(self) -> AlertEvent | None:
        """The last one, unless somebody ended it."""
        last = max((e for e in self.events if e.what == "snoozed"), key=lambda e: e.number, default=None)
        woken = last is not None and any(e.what == "woken" and e.number == last.number for e in self.events)
        return None if woken else last

    def snoozed_until_s(self, now_s: float) -> float | None:
        """None when it is not snoozed. A snooze of a time that is still to come is none: a clock was set back."""
        snooze = self.snooze if self.is_open else None
        if snooze is None or snooze.until_s is None or not snooze.at_s <= now_s < snooze.until_s:
            return None
        return snooze.until_s

    def state(self, now_s: float) -> State:
        """The one word for it."""
        if self.resolved is not None:
            return "resolved"
        if self.acknowledged is not None:
            return "acknowledged"
        if self.snoozed_until_s(now_s) is not None:
            return "snoozed"
        if self.level:
            return "escalated"
        if self.seen is not None:
            return "seen"
        if self.first("notified") is not None:
            return "notified"
        return "raised" if self.stored_s is None else "stored"

    def first(self, what: What) -> AlertEvent | None:
        return next((e for e in self.events if e.what == what), None)

    def next_number(self, what: What) -> int:
        """What an event of this kind would be numbered."""
        return 1 + max((e.number for e in self.events if e.what == what), default=0)

    def told(self) -> tuple[str, ...]:
        """Everybody whom a notice has reached, each once, the first one first."""
        return tuple(dict.fromkeys(name for e in self.events if e.what == "notified" for name in e.to))


def live(
    tier: Tier, channel: Channel, stored_s: float | None, events: Iterable[AlertEvent], longest_snooze_s: float = 7200.0
) -> Life:
    """The life of an alert that is now of this tier, from its events in any order, however often each is given.

    An alert that became less while nobody had taken notice stays what it was: a higher tier is latched.
    """
    every = sorted(set(events), key=_order)
    closing = [e.tier for e in every if e.what in _CLOSING and _closes(e, channel)]
    known = {tier: stored_s} | {e.tier: e.at_s for e in reversed(every) if e.what == "stored"}
    latched = max((t for t in known if not any(t <= closed for closed in closing)), default=tier)
    mine = [e for e in every if e.tier == latched or (e.what in _CLOSING and e.tier > latched)]
    kept = tuple(_cut(e, longest_snooze_s) for e in mine)
    return Life(latched, channel, known[latched], kept)


def _closes(event: AlertEvent, channel: Channel) -> bool:
    """Only a person closes a clinical alert, but an information that nobody read grows old."""
    if event.who != MACHINE or event.what == "acknowledged":  # to take notice takes somebody
        return event.who != MACHINE
    return channel == "technical" or (event.what == "expired" and event.tier <= "T1")


def _cut(event: AlertEvent, longest_snooze_s: float) -> AlertEvent:
    """No snooze is longer than it may be, whoever wrote it down."""
    if event.what != "snoozed" or event.until_s is None or event.until_s <= event.at_s + longest_snooze_s:
        return event
    return replace(event, until_s=event.at_s + longest_snooze_s)


def _order(event: AlertEvent) -> tuple[object, ...]:
    until_s = -1.0 if event.until_s is None else event.until_s
    return event.at_s, event.number, event.what, event.tier, event.who, event.to, until_s, event.note
