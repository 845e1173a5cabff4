"""What a person does about an alert, as the event it becomes; None where it changes nothing.

``seen`` is the tier that person was shown: whatever they do about a page that is out of date, a worse alert stays as it
is.
"""

from __future__ import annotations

from surefoot.alerts.alertlife import AlertEvent, Life
from surefoot.alerts.escalation import EscalationParams
from surefoot.records import Tier


def acknowledge(life: Life, who: str, now_s: float, note: str = "", seen: Tier | None = None) -> AlertEvent | None:
    """They took notice, and whatever follows is theirs. The first one counts."""
    if life.acknowledged is not None or is_worse(life, seen):
        return None
    return AlertEvent("acknowledged", life.tier, now_s, who=who, note=note)


def snooze(
    life: Life, who: str, now_s: float, for_s: float, seen: Tier | None = None, params: EscalationParams | None = None
) -> AlertEvent | None:
    """Not now: no reminder for so long, at most two hours. Not of a T4, whose patient was told to call for help."""
    longest_s = (params or EscalationParams()).longest_snooze_s
    if not life.is_open or is_worse(life, seen) or life.tier == "T4" or not 0 < for_s <= longest_s:
        return None
    return AlertEvent("snoozed", life.tier, now_s, life.next_number("snoozed"), who, until_s=now_s + for_s)


def wake(life: Life, who: str, now_s: float) -> AlertEvent | None:
    """The snooze ends now."""
    snoozed = life.snooze
    if snoozed is None or life.snoozed_until_s(now_s) is None:
        return None
    return AlertEvent("woken", life.tier, now_s, snoozed.number, who)


def escalate(
    life: Life, who: str, now_s: float, people: tuple[str, ...], seen: Tier | None = None
) -> AlertEvent | None:
    """The next of ``people`` is told as well, now. Of a T4 all of them were; the last one has nobody behind them."""
    if not life.is_open or is_worse(life, seen) or life.tier not in ("T2", "T3") or life.level + 1 >= len(people):
        return None
    return AlertEvent("escalated", life.tier, now_s, life.level + 1, who, (people[life.level + 1],))


def resolve(life: Life, who: str, now_s: float, comment: str, seen: Tier | None = None) -> AlertEvent | None:
    """It is over, and the comment says why. The first one counts."""
    if life.resolved is not None or is_worse(life, seen) or not comment:
        return None
    return AlertEvent("resolved", life.tier, now_s, who=who, note=comment)


def see(life: Life, who: str, now_s: float) -> AlertEvent | None:
    """It was on a screen that somebody looked at. The first one counts, and changes nothing else."""
    return None if life.seen is not None else AlertEvent("seen", life.tier, now_s, who=who)


def is_worse(life: Life, seen: Tier | None) -> bool:
    return seen is not None and life.tier > seen
