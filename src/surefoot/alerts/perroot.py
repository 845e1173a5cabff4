"""One review per root: a T2 about a root and leg that people were told of this week waits for the weekly reading (T1).

facts/clinical.md 7.8: "max one per root per 7 d". Rules of different evidence (walking, guided tests, giving way) would
else call the same person twice about the same leg. It is stored and listed as T1; what is urgent (T3) is never held.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from surefoot.alerts.rules import new_alert
from surefoot.records import Alert

ROOT_OF = {  # kind of alert: the root it is about
    "foot_lifting_weaker": "l5",
    "push_off_weaker": "s1",
    "heel_rises_fewer": "s1",
    "knee_control_weaker": "l4",
    "gives_way_more": "l4",
    "five_rises_slower": "l4",
}


@dataclass(frozen=True, slots=True)
class PerRootParams:
    """How long a root is not told of again."""

    days: int = 7  # 7.8


def one_per_root(
    found: Sequence[Alert], before: Sequence[Alert], params: PerRootParams = PerRootParams()
) -> list[Alert | None]:
    """Each alert as it is to be raised: itself, as a T1, or not at all where it waits as a T1 already."""
    made: list[Alert | None] = []
    for one in found:
        told = _told(one, [*before, *(alert for alert in made if alert is not None)], params)
        if told is None:
            made.append(one)
            continue
        reading = _for_reading(one, told)
        waits = any(_alike(alert, reading, params) for alert in before)
        made.append(None if waits else reading)
    return made


def _told(one: Alert, before: Sequence[Alert], p: PerRootParams) -> Alert | None:
    """What people were told of the same root and leg by another rule, this week."""
    root = ROOT_OF.get(one.kind)
    if root is None or one.tier != "T2":
        return None
    told = (a for a in before if a.tier >= "T2" and ROOT_OF.get(a.kind) == root and a.side == one.side)
    return next((a for a in told if a.kind != one.kind and 0 <= _days(a.day, one.day) < p.days), None)


def _for_reading(one: Alert, told: Alert) -> Alert:
    sentence = f"{one.sentence} (Of this root and leg people were told on {told.day}: for the weekly reading.)"
    lesser = new_alert(one.kind, "T1", one.side, one.day, one.raised_s, sentence, one.evidence, one.not_this)
    return replace(lesser, limit=one.limit)


def _alike(alert: Alert, one: Alert, p: PerRootParams) -> bool:
    same = (alert.tier, alert.kind, alert.side) == (one.tier, one.kind, one.side)
    return same and 0 <= _days(alert.day, one.day) < p.days


def _days(day: str, later: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(day)).days
