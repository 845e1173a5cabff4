"""The clinic's duty: look at every open alert and every home, write down what is due, and say what is to be told.

A look rests on the database alone, so it does not matter who looks, how often, or what died in between: each step is
written before it is taken, and the one whose row is written takes it. A notice that was begun and not ended is sent
again; twice is better than never.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from surefoot.alerts.alertlife import AlertEvent
from surefoot.alerts.escalation import SILENT_HOME, EscalationParams, event_of, next_due
from surefoot.alerts.notice import Notice
from surefoot.pipeline.alertlog import OpenAlert
from surefoot.pipeline.complaints import KINDS, RECENT_S, complaints
from surefoot.pipeline.monitored import (
    NOT_WORN,
    MonitorParams,
    begun_by,
    is_silent,
    not_worn,
    silent_home,
    thin_days,
)
from surefoot.pipeline.store import Store
from surefoot.records import Alert, DaySummary

STEP_S = 60.0  # more than this between two clocks, or two looks at one, is no correction but another time
LOOKED_BACK = 14  # days, for how long the sensors have hardly been worn


@dataclass(frozen=True, slots=True)
class DutyParams:
    """Who is told and when, and when a patient is not monitored."""

    escalation: EscalationParams = field(default_factory=EscalationParams)
    monitor: MonitorParams = field(default_factory=MonitorParams)


@dataclass(frozen=True, slots=True)
class Claim:
    """A notice that is ours to send, and the alerts it is about, each with the event that says so."""

    notice: Notice
    about: tuple[tuple[str, str, AlertEvent], ...]  # gateway, alert_id, "telling"


def look(store: Store, now_s: float, params: DutyParams | None = None) -> list[Claim]:
    """Take every step that is due; return the notices to send now. What follows from a step is due at the next look."""
    p = params or DutyParams()
    steps, waiting = [], store.alert_log.waiting()
    outage = _fell_silent_together(waiting, now_s, p.monitor)
    for one in waiting:
        due = next_due(one.life, now_s, p.escalation, "" if one in outage else one.kind)
        if due is not None and due.at_s <= now_s:
            steps.append((one, event_of(due, one.life, now_s)))
    written = store.alert_log.add_all([(one.gateway, one.alert_id, event) for one, event in steps])
    ours = [step for step, is_ours in zip(steps, written, strict=True) if is_ours and step[1].what == "telling"]
    silent = [step for step in ours if step[0].kind == SILENT_HOME]
    if len(silent) < p.monitor.mass:
        return [_claim(*step) for step in ours]
    return [_outage(silent), *(_claim(*step) for step in ours if step not in silent)]


def settle(store: Store, claim: Claim, now_s: float, failure: str = "") -> None:
    """A notice has gone out, or why it has not."""
    what = "failed" if failure else "notified"
    ends = [(g, a, replace(event, what=what, at_s=now_s, note=failure)) for g, a, event in claim.about]
    store.alert_log.add_all(ends)


def watch(store: Store, now_s: float, since_s: float, params: DutyParams | None = None, *, days: bool = True) -> None:
    """Raise and clear the alerts about homes: silent, in trouble by what they say, with rows that never came; and, with
    ``days``, about sensors that are not worn.

    ``since_s``: since when the clinic's own line and clock have been as they are: a home is given its time after that.
    """
    p = params or DutyParams()

    def day_of(at_s: float) -> str:
        return datetime.fromtimestamp(at_s, p.escalation.zone).date().isoformat()

    today, homes = day_of(now_s), store.homes()
    found = {(gateway, SILENT_HOME): _silence(gateway, seen_s, now_s, today) for gateway, seen_s in homes.items()}
    raised = [
        found[gateway, SILENT_HOME]
        for gateway, seen_s in homes.items()
        if seen_s is not None and is_silent(_heard_s(seen_s, since_s, now_s), now_s, p.monitor)
    ]
    if days:
        thin = {gateway: _thin(store, gateway, now_s, p.monitor) for gateway in homes}
        for gateway, run in thin.items():
            found[gateway, NOT_WORN] = (gateway, not_worn(gateway, run, now_s, p.monitor)) if run else None
            if run and now_s - run[-1].end_s < p.monitor.recent_s:
                raised.append(found[gateway, NOT_WORN])
    complained = _complaints(store, homes, now_s, day_of)
    found |= complained
    raised += complained.values()
    store.alert_log.raise_ours([one for one in raised if one is not None], now_s)
    over = AlertEvent("resolved", "T0", now_s)
    known = [one for one in store.alert_log.going_on() if (one.gateway, one.kind) in found]
    ended = [one for one in known if not _goes_on(one, found[one.gateway, one.kind])]
    store.alert_log.add_all([(one.gateway, one.alert_id, over) for one in ended])


def _fell_silent_together(waiting: Sequence[OpenAlert], now_s: float, p: MonitorParams) -> list[OpenAlert]:
    """Homes nobody was told of yet: so many within so short a time that it is not each home's own affair."""
    untold = [one for one in waiting if one.kind == SILENT_HOME and not one.life.told()]
    ages = [now_s - one.life.stored_s for one in untold if one.life.stored_s is not None]
    recent = [one for one, age_s in zip(untold, ages, strict=True) if 0 <= age_s < p.together_s]
    return recent if len(recent) >= p.mass and max(ages) >= p.gather_s else []


_Ours = tuple[str, Alert] | None  # gateway and what is the matter with it; None: nothing


def _complaints(
    store: Store, homes: Mapping[str, object], now_s: float, day_of: Callable[[float], str]
) -> dict[tuple[str, str], _Ours]:
    """Of every home and kind: what is the matter, None where nothing is."""
    of = store.arrivals
    since_s = now_s - RECENT_S
    letters = of.reused(since_s), of.turned_down(since_s)
    told = complaints(of.missing(now_s), of.told(), *letters, now_s, day_of, homes)
    ours: dict[tuple[str, str], _Ours] = {(gateway, kind): None for gateway in homes for kind in KINDS}
    return ours | {key: (key[0], alert) for key, alert in told.items()}


def _heard_s(seen_s: float, since_s: float, now_s: float) -> float:
    """From when on a home is waited for. What came while a look was begun is later than it, as is what another computer
    wrote whose clock is a little ahead; much later was heard by a clock that has been set back since."""
    return since_s if seen_s > now_s + STEP_S else max(seen_s, since_s)


def _silence(gateway: str, seen_s: float | None, now_s: float, today: str) -> _Ours:
    return None if seen_s is None else (gateway, silent_home(gateway, seen_s, now_s, today))


def _thin(store: Store, gateway: str, now_s: float, p: MonitorParams) -> list[DaySummary]:
    """Most homes have worn days among their newest: further back is looked only where they have none."""
    few = store.days(gateway, newest=p.thin_days + 2)
    if len(begun_by(few, now_s)) == len(few) and not thin_days(few, p):
        return []
    return thin_days(begun_by(store.days(gateway, newest=LOOKED_BACK), now_s), p)


def _goes_on(one: OpenAlert, now: _Ours) -> bool:
    """An episode is named by how it began: another name is another one."""
    return now is not None and now[1].alert_id == one.alert_id


def _claim(one: OpenAlert, event: AlertEvent) -> Claim:
    life = one.life
    notice = Notice(
        channel=life.channel,
        tier=life.tier,
        kind=one.kind,
        sentence=one.sentence,
        to=event.to,
        number=event.number,
        gateway=one.gateway,
        alert_id=one.alert_id,
    )
    return Claim(notice, ((one.gateway, one.alert_id, event),))


def _outage(steps: Sequence[tuple[OpenAlert, AlertEvent]]) -> Claim:
    """Many homes at once are one thing to tell of."""
    sentence = (
        f"{len(steps)} homes are silent. Their patients are not monitored. Look first at what they have in common: "
        "the broker, the network, this clinic's own line."
    )
    to = tuple(dict.fromkeys(name for _, event in steps for name in event.to))
    about = tuple((one.gateway, one.alert_id, event) for one, event in steps)
    notice = Notice(
        channel="technical", tier="T0", kind=SILENT_HOME, sentence=sentence, to=to, number=1, homes=len(steps)
    )
    return Claim(notice, about)
