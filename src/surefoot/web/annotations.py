"""Annotations: what happened to a patient beside the numbers, day by day: treatments, aids, falls, straps, alerts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Literal

from surefoot.pipeline.store import Store, StoredAlert
from surefoot.records import DaySummary, Incident, Treatment
from surefoot.web.language import _
from surefoot.web.ordered import TREATMENTS
from surefoot.web.retold import retold, untold
from surefoot.web.series import is_day
from surefoot.web.words import local_day

Happened = Literal["alert", "treatment", "aid", "fall", "strap"]
NEW_AID_DAYS = 7  # an aid that was not walked with for so long is a new one (P)


@dataclass(frozen=True, slots=True)
class Annotation:
    """``words`` stand in tables and lists, ``short`` in a picture."""

    day: str
    kind: Happened
    words: str
    short: str


def annotations(
    store: Store, gateway: str, days: Sequence[DaySummary], alerts: Sequence[StoredAlert], zone: tzinfo | None
) -> list[Annotation]:
    """All that is known of a patient, oldest first; ``days`` oldest first."""
    found = [*_alerts(alerts), *_treatments(store.diary.treatments(gateway)), *_aids(days), *_straps(days)]
    found += [
        Annotation(local_day(one.start_s, zone), "fall", _("Fall-like event"), _("fall"))
        for one in _falls(store, gateway)
    ]
    return sorted((one for one in found if is_day(one.day)), key=lambda one: (one.day, one.kind, one.words))


def by_day(known: Sequence[Annotation]) -> Mapping[str, list[str]]:
    """What is said of each day."""
    said: dict[str, list[str]] = defaultdict(list)
    for one in known:
        said[one.day].append(one.words)
    return said


def _alerts(alerts: Sequence[StoredAlert]) -> Iterator[Annotation]:
    for one in alerts:
        if one.alert.channel == "clinical":
            tier = one.alert.tier
            yield Annotation(one.alert.day, "alert", _("Alert {tier}", tier=tier), _("alert {tier}", tier=tier))


def _treatments(treatments: Sequence[Treatment]) -> Iterator[Annotation]:
    for one in treatments:
        name = _(TREATMENTS[one.kind])
        yield Annotation(one.day, "treatment", _("{what}, first day", what=name), name)


def _aids(days: Sequence[DaySummary]) -> Iterator[Annotation]:
    """The first day with each aid, and again where it was left away for long: what was logged for a day now and then
    would hide everything else."""
    last: dict[str, str] = {}
    for day in days:
        for aid in day.aids if is_day(day.day) else ():
            if aid not in last or _days_between(last[aid], day.day) > NEW_AID_DAYS:
                yield Annotation(day.day, "aid", _("Walks with: {aid}", aid=retold(aid)), untold(retold(aid)))
            last[aid] = day.day


def _straps(days: Sequence[DaySummary]) -> Iterator[Annotation]:
    for day in days:
        for of in day.slipped:
            said = _("Left sensor moved on the leg") if of == "left" else _("Right sensor moved on the leg")
            yield Annotation(day.day, "strap", said, _("strap"))


def _falls(store: Store, gateway: str) -> Iterator[Incident]:
    """Probable ones, unless the patient or the clinic says that it was none."""
    falls = [one for one in store.lists.incident_heads(gateway) if one.kind == "fall" and one.certainty == "probable"]
    if not falls:
        return
    none = {(one.kind, one.side, one.start_s): one.answer == "no" for one in store.answers(gateway)}
    none |= {
        (one.kind, one.side, one.start_s): one.verdict == "not_real"
        for _home, one in store.judgements.standing(gateway)
        if one.verdict != "unsure"
    }
    yield from (one for one in falls if not none.get((one.kind, one.side, one.start_s), False))


def _days_between(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)) // timedelta(days=1)
