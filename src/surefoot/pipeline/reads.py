"""Reading the store: what pages and summaries ask of a home or a clinic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from types import EllipsisType
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select

from surefoot.alerts.alertlife import AlertEvent, Life, live
from surefoot.alerts.bodies import AlertBody, AnswerBody, BoutBody, DaySummaryBody, IncidentBody, TestBody, TrendBody
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


def patients(connection: Connection) -> list[Patient]:
    """Worst open alert first, then by name."""
    stored = alerts_of(connection, None)
    found = [_patient(connection, row, stored) for row in connection.execute(select(gateways))]
    return sorted(found, key=lambda patient: (-int((patient.worst_tier or "T-1")[1:]), patient.label))


def homes(connection: Connection) -> dict[str, float | None]:
    return {row.gateway: row.last_seen_s for row in connection.execute(select(gateways).order_by(gateways.c.gateway))}


def days_of(connection: Connection, gateway: str, newest: int | None = None) -> list[DaySummary]:
    query = select(days.c.body).where(days.c.gateway == gateway).order_by(days.c.day.desc()).limit(newest)
    return [DaySummaryBody.model_validate_json(body).record() for body in connection.scalars(query)][::-1]


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
    return [TrendBody.model_validate_json(body).record() for body in bodies]


def bouts_of(connection: Connection, gateway: str, start_s: float | None, end_s: float | None) -> list[Bout]:
    query = _between(bouts, gateway, start_s, end_s)
    return [BoutBody.model_validate_json(body).record() for body in connection.scalars(query)]


def incidents_of(connection: Connection, gateway: str, start_s: float | None, end_s: float | None) -> list[Incident]:
    query = _between(incidents, gateway, start_s, end_s)
    return [IncidentBody.model_validate_json(body).record() for body in connection.scalars(query)]


def tests_of(connection: Connection, gateway: str) -> list[TestResult]:
    return [TestBody.model_validate_json(body).record() for body in connection.scalars(_between(tests, gateway))]


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
    query = select(alerts, gateways.c.label).join(gateways).order_by(alerts.c.raised_s.desc(), alerts.c.alert_id)
    if gateway is not None:
        query = query.where(alerts.c.gateway == gateway)
    if alert_id is not None:
        query = query.where(alerts.c.alert_id == alert_id)
    events = _events_of(connection, gateway, alert_id)
    return [_stored_alert(row, events[row.gateway, row.alert_id]) for row in connection.execute(query)]


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


def _between(table: Table, gateway: str, start_s: float | None = None, end_s: float | None = None) -> Select[Any]:
    """Rows that start in [start_s, end_s), oldest first."""
    query = select(table.c.body).where(table.c.gateway == gateway).order_by(table.c.start_s)
    if start_s is not None:
        query = query.where(table.c.start_s >= start_s)
    return query if end_s is None else query.where(table.c.start_s < end_s)


def _patient(connection: Connection, row: Row[Any], stored: Iterable[StoredAlert]) -> Patient:
    still_open = [one for one in stored if one.gateway == row.gateway and one.life.is_open]
    clinical = [one.life for one in still_open if one.alert.channel == "clinical"]
    newest = select(days.c.body).where(days.c.gateway == row.gateway).order_by(days.c.day.desc()).limit(1)
    body = connection.scalar(newest)
    return Patient(
        gateway=row.gateway,
        label=shown_label(row.gateway, row.label),
        last_seen_s=row.last_seen_s,
        last_day=DaySummaryBody.model_validate_json(body).record() if body else None,
        open_alerts=len(clinical),
        worst_tier=max((life.tier for life in clinical), default=None),
        open_technical=len(still_open) - len(clinical),
        link=row.link,
        pending=row.pending,
        technical=tuple(one.alert.kind for one in still_open if one.alert.channel == "technical"),
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
