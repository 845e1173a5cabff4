"""Reading the store: what pages and summaries ask of a home or a clinic."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, Table, func, select

from surefoot.alerts.alertlife import AlertEvent, Life, live
from surefoot.alerts.bodies import AlertBody, AnswerBody, BoutBody, IncidentBody, TestBody
from surefoot.pipeline import holes
from surefoot.pipeline.closed import SAME_ALERT, is_closed
from surefoot.pipeline.kept import Kept
from surefoot.pipeline.rows import side_key
from surefoot.pipeline.schema import (
    aids,
    alert_events,
    alerts,
    answers,
    bouts,
    days,
    gateways,
    incidents,
    metadata,
    tests,
    trends,
)
from surefoot.records import Aid, Alert, Answer, Bout, DaySummary, Incident, Side, TestResult, Tier, Trend

DAY = TypeAdapter(DaySummary)  # of what bodies of the wire have been checked for: made straight into records
TREND = TypeAdapter(Trend)
_AT_ONCE = 5000  # homes asked about in one statement; SQLite takes 32,766 values


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A person took notice of an alert."""

    who: str
    at_s: float
    note: str


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An alert as it stands in the store.

    ``stored_s`` is when the clinic first stored it, by its own clock (at home: when it was raised). ``life`` is what
    has happened to it since, as far as it counts: an alert that has become worse (a higher tier) begins anew.
    """

    gateway: str
    patient_label: str
    alert: Alert
    stored_s: float
    life: Life

    @property
    def acknowledged(self) -> Acknowledgement | None:
        """None again when the alert has become worse than it was when somebody acknowledged it."""
        first = self.life.acknowledged
        return None if first is None else Acknowledgement(first.who, first.at_s, first.note)


@dataclass(frozen=True, slots=True)
class Patient:
    """One gateway as the patient list shows it. ``open_alerts`` and ``worst_tier`` count clinical alerts only."""

    gateway: str
    label: str
    last_seen_s: float | None  # by the clinic's clock; None: never (a home's own store)
    last_day: DaySummary | None
    open_alerts: int
    worst_tier: Tier | None
    open_technical: int = 0
    link: str | None = None  # "up" or "down", by the last status message
    pending: int | None = None  # rows waiting at home, by the last status message
    technical: tuple[str, ...] = ()  # kinds of the open technical alerts
    missing: int = 0  # rows that did not arrive and will not
    urgent: int = 0  # of the open alerts those of T3 and T4


def patients(connection: Connection, kept: Kept, days_too: bool = True) -> list[Patient]:
    """Worst open alert first, then by name. ``days_too``: with the last day of each."""
    lost: dict[str, int] = defaultdict(int)
    for hole in holes.missing(connection, math.inf):
        lost[hole.gateway] += hole.rows if hole.gone else 0
    waiting = kept.of_all(connection, "open", lambda: _open_by_home(connection))
    homes = connection.execute(select(gateways)).all()
    lived: dict[str, DaySummary] = {}
    if days_too:
        asked = dict.fromkeys(home.gateway for home in homes)
        lived = kept.of_each(connection, "last day", asked, lambda some: _last_days(connection, some))
    found = [_patient(row, lived.get(row.gateway), waiting.get(row.gateway, []), lost[row.gateway]) for row in homes]
    return sorted(found, key=lambda patient: (-int((patient.worst_tier or "T-1")[1:]), patient.label))


def _last_days(connection: Connection, homes: Sequence[str]) -> dict[str, DaySummary]:
    found: dict[str, DaySummary] = {}
    for some in parts(homes):
        last = select(days.c.gateway, func.max(days.c.day).label("day")).where(days.c.gateway.in_(some))
        of = last.group_by(days.c.gateway).subquery()
        query = select(days.c.gateway, days.c.body).join(
            of, (days.c.gateway == of.c.gateway) & (days.c.day == of.c.day)
        )
        found |= {row.gateway: DAY.validate_json(row.body) for row in connection.execute(query)}
    return found


def homes(connection: Connection) -> dict[str, float | None]:
    return {row.gateway: row.last_seen_s for row in connection.execute(select(gateways).order_by(gateways.c.gateway))}


def days_of(connection: Connection, gateway: str, newest: int | None = None) -> list[DaySummary]:
    query = select(days.c.body).where(days.c.gateway == gateway).order_by(days.c.day.desc()).limit(newest)
    return [DAY.validate_json(body) for body in connection.scalars(query)][::-1]


def trends_of(
    connection: Connection,
    gateway: str,
    metric: str | None,
    side: Side | EllipsisType | None,
    day: str | None = None,
    since: str | None = None,
) -> list[Trend]:
    query = select(trends.c.body).where(trends.c.gateway == gateway)
    if since is not None:
        query = query.where(trends.c.day >= since)
    if day is not None:
        query = query.where(trends.c.day == day)
    if metric is not None:
        query = query.where(trends.c.metric == metric)
    if not isinstance(side, EllipsisType):
        query = query.where(trends.c.side == side_key(side))
    bodies = connection.scalars(query.order_by(trends.c.day, trends.c.metric, trends.c.side))
    return [TREND.validate_json(body) for body in bodies]


def bouts_of(connection: Connection, gateway: str, start_s: float | None, end_s: float | None) -> list[Bout]:
    query = between(bouts, gateway, start_s, end_s)
    return [BoutBody.model_validate_json(body).record() for body in connection.scalars(query)]


def incidents_of(connection: Connection, gateway: str, start_s: float | None, end_s: float | None) -> list[Incident]:
    query = between(incidents, gateway, start_s, end_s)
    return [IncidentBody.model_validate_json(body).record() for body in connection.scalars(query)]


def tests_of(connection: Connection, gateway: str) -> list[TestResult]:
    return [TestBody.model_validate_json(body).record() for body in connection.scalars(between(tests, gateway))]


def answers_of(connection: Connection, gateway: str, incident: Incident | None) -> list[Answer]:
    query = select(answers.c.body).where(answers.c.gateway == gateway).order_by(answers.c.at_s, answers.c.seq)
    if incident is not None:
        of = (answers.c.kind == incident.kind) & (answers.c.side == side_key(incident.side))
        query = query.where(of & (answers.c.start_s == incident.start_s))
    return [AnswerBody.model_validate_json(body).record() for body in connection.scalars(query)]


def aids_of(connection: Connection) -> list[Aid]:
    rows = connection.execute(select(aids).order_by(aids.c.start_day, aids.c.kind, aids.c.name))
    return [Aid(row.kind, row.start_day, row.end_day, row.name) for row in rows]


def alerts_of(connection: Connection, gateway: str | None, alert_id: str | None = None) -> list[StoredAlert]:
    """Newest first."""
    query = (
        select(alerts, gateways.c.label)
        .join(gateways)
        .order_by(alerts.c.raised_s.desc(), alerts.c.alert_id, alerts.c.gateway)
    )
    if gateway is not None:
        query = query.where(alerts.c.gateway == gateway)
    if alert_id is not None:
        query = query.where(alerts.c.alert_id == alert_id)
    events = _events_of(connection, gateway, alert_id)
    return [_stored_alert(row, events[row.gateway, row.alert_id]) for row in connection.execute(query)]


def alerts_named(connection: Connection, names: Select[Any]) -> list[StoredAlert]:
    """Those of a question for gateways and alert_ids, newest first."""
    of = names.subquery()
    named = (alerts.c.gateway == of.c.gateway) & (alerts.c.alert_id == of.c.alert_id)
    event = (alert_events.c.gateway == of.c.gateway) & (alert_events.c.alert_id == of.c.alert_id)
    events = events_by_alert(connection, select(alert_events).join(of, event))
    query = select(alerts, gateways.c.label).join(gateways).join(of, named)
    order = alerts.c.raised_s.desc(), alerts.c.alert_id, alerts.c.gateway
    return [_stored_alert(row, events[row.gateway, row.alert_id]) for row in connection.execute(query.order_by(*order))]


def labelled(connection: Connection, known: Sequence[StoredAlert]) -> list[StoredAlert]:
    """The same with the patients' labels of now."""
    query = select(gateways.c.gateway, gateways.c.label).where(gateways.c.gateway.in_({one.gateway for one in known}))
    labels = {row.gateway: shown_label(row.gateway, row.label) for row in connection.execute(query)}
    return [replace(one, patient_label=labels[one.gateway]) for one in known if one.gateway in labels]


def events_of(connection: Connection, gateway: str, alert_id: str) -> list[AlertEvent]:
    """All that happened to an alert, at whatever tier, as it was written."""
    return _events_of(connection, gateway, alert_id)[gateway, alert_id]


def counts(connection: Connection) -> dict[str, int]:
    """Rows per table."""
    return {
        name: connection.scalar(select(func.count()).select_from(table)) or 0
        for name, table in metadata.tables.items()
        if name != "about"
    }


def shown_label(gateway: str, label: str | None) -> str:
    return label or f"unnamed {gateway[:8]}"


def parts(homes: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many homes as one statement may name."""
    for first in range(0, len(homes), _AT_ONCE):
        yield homes[first : first + _AT_ONCE]


def between(table: Table, gateway: str, start_s: float | None = None, end_s: float | None = None) -> Select[Any]:
    """Rows that start in [start_s, end_s), oldest first."""
    query = select(table.c.body).where(table.c.gateway == gateway).order_by(table.c.start_s)
    if start_s is not None:
        query = query.where(table.c.start_s >= start_s)
    return query if end_s is None else query.where(table.c.start_s < end_s)


def _open_by_home(connection: Connection) -> dict[str, list[tuple[str, Life]]]:
    """Kind and life of each open alert, without what only its reader needs."""
    events = events_by_alert(connection, select(alert_events).join(alerts, SAME_ALERT).where(~is_closed()))
    found: dict[str, list[tuple[str, Life]]] = defaultdict(list)
    query = select(*(alerts.c[name] for name in ("gateway", "alert_id", "tier", "channel", "stored_s", "body")))
    for row in connection.execute(query.where(~is_closed())):
        life = live(row.tier, row.channel, row.stored_s, events[row.gateway, row.alert_id])
        if life.is_open:
            found[row.gateway].append((AlertBody.model_validate_json(row.body).kind, life))
    return found


def _patient(row: Row[Any], last_day: DaySummary | None, waiting: list[tuple[str, Life]], missing: int) -> Patient:
    clinical = [life for _, life in waiting if life.channel == "clinical"]
    return Patient(
        gateway=row.gateway,
        label=shown_label(row.gateway, row.label),
        last_seen_s=row.last_seen_s,
        last_day=last_day,
        open_alerts=len(clinical),
        worst_tier=max((life.tier for life in clinical), default=None),
        open_technical=len(waiting) - len(clinical),
        link=row.link,
        pending=row.pending,
        technical=tuple(kind for kind, life in waiting if life.channel == "technical"),
        missing=missing,
        urgent=sum(life.tier >= "T3" for life in clinical),
    )


_Events = defaultdict[tuple[str, str], list[AlertEvent]]


def events_by_alert(connection: Connection, query: Select[Any]) -> _Events:
    """Rows of events as what happened to each alert, as it was written."""
    found: _Events = defaultdict(list)
    for row in connection.execute(query.order_by(alert_events.c.id)):
        found[row.gateway, row.alert_id].append(_event(row))
    return found


def _events_of(connection: Connection, gateway: str | None, alert_id: str | None = None) -> _Events:
    query = select(alert_events)
    if gateway is not None:
        query = query.where(alert_events.c.gateway == gateway)
    if alert_id is not None:
        query = query.where(alert_events.c.alert_id == alert_id)
    return events_by_alert(connection, query)


def _event(row: Row[Any]) -> AlertEvent:
    told = tuple(row.told.split("\n")) if row.told else ()
    return AlertEvent(row.what, row.tier, row.at_s, row.number, row.who, told, row.until_s, row.note)


def _stored_alert(row: Row[Any], events: list[AlertEvent]) -> StoredAlert:
    alert = AlertBody.model_validate_json(row.body).record()
    life = live(alert.tier, alert.channel, row.stored_s, events)
    return StoredAlert(row.gateway, shown_label(row.gateway, row.label), alert, row.stored_s, life)
