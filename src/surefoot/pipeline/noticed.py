"""Noticed: that the care team has seen an alert or taken it on, told to the home that raised it.

The home asks, with its sign of life, for those of its alerts that it knows nothing of yet; the clinic answers from the
lives of the alerts. So neither remembers what was sent, a lost answer is asked for again a minute later, and nobody's
name leaves the clinic. At home it is an event in the life of the alert, as it is at the clinic.
"""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.alerts.alertlife import AlertEvent
from surefoot.alerts.bodies import MOST_ASKED
from surefoot.alerts.messages import Noticed
from surefoot.pipeline.store import Store

CARE_TEAM = "care team"  # who it was, as far as a home needs to know
ASKED_S = 7 * 86400.0  # a home asks about an alert for so long (P)
TOLD = ("T2", "T3", "T4")  # tiers that somebody is called for


def to_ask(store: Store, now_s: float) -> tuple[str, ...]:
    """At home: alerts of the last days of which it is not known that somebody has taken them on, the newest first."""
    waiting = [one.alert for one in store.alert_log.shown("clinical", 0) if one.life.is_open and one.alert.tier in TOLD]
    lately = [alert.alert_id for alert in waiting if 0 <= now_s - alert.raised_s < ASKED_S]
    return tuple(lately[:MOST_ASKED])


def answer(store: Store, gateway: str, asked: Sequence[str]) -> list[Noticed]:
    """At the clinic: what has become of these alerts; nothing of those nobody has looked at yet."""
    found = []
    for one in store.alert_log.named(gateway, asked):
        taken, seen = one.life.acknowledged, one.life.seen
        if taken is not None:
            found.append(Noticed(alert_id=one.alert.alert_id, what="acknowledged", at_s=taken.at_s))
        elif seen is not None:
            found.append(Noticed(alert_id=one.alert.alert_id, what="seen", at_s=seen.at_s))
    return found


def keep(store: Store, told: Sequence[Noticed]) -> None:
    """At home: what is known of its alerts by now; a word about an alert that is not known here is let go."""
    gateway = store.gateway()
    named = store.alert_log.named(gateway, [one.alert_id for one in told])
    tiers = {one.alert.alert_id: one.life.tier for one in named}
    store.alert_log.add_all(
        [
            (gateway, one.alert_id, AlertEvent(one.what, tiers[one.alert_id], one.at_s, who=CARE_TEAM))
            for one in told
            if one.alert_id in tiers
        ]
    )
