"""Lists: what pages ask of many patients or many incidents at once, and no more of each than a list shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Table, select

from surefoot.alerts.bodies import AnswerBody, BoutBody, CheckInBody, TreatmentBody
from surefoot.pipeline.engine import plain_words
from surefoot.pipeline.kept import Kept
from surefoot.pipeline.lookout import Lookout
from surefoot.pipeline.reads import DAY, TREND, between, days_of, parts
from surefoot.pipeline.schema import answers, bouts, check_ins, days, incidents, treatments, trends
from surefoot.records import Answer, Bout, CheckIn, DaySummary, Incident, IncidentKind, Treatment, Trend

_HEAD = ("kind", "side", "start_s", "end_s", "certainty", "evidence")
_SIDES = ("left", "right", "both")  # all there are: with them SQLite finds a time in the key of the incidents
DAY_S = 86400.0
_WORN_DAYS = 14  # tell how the sensors are worn lately
_Record = TypeVar("_Record")


class Lists:
    """Of one store. Safe to use from several threads. Days and times hold their first and last."""

    def __init__(self, engine: Engine, kept: Kept) -> None:
        self._engine = engine
        self._kept = kept

    def lookout(self) -> Lookout:
        """A new memory of what has changed, for one watcher."""
        return Lookout(self._engine)

    def trends_on(self, lived: Mapping[str, str]) -> dict[str, list[Trend]]:
        """Of each of these gateways the trends of one day."""
        order = trends.c.metric, trends.c.side

        def read(homes: list[str]) -> dict[str, list[Trend]]:
            found: dict[str, list[Trend]] = {}
            for day in {lived[home] for home in homes}:  # a day at a time: for pairs SQLite reads the whole table
                of = [home for home in homes if lived[home] == day]
                found |= _by_home(connection, trends, of, trends.c.day == day, order, TREND.validate_json)
            return found

        with self._reading() as connection:
            return self._kept.of_each(connection, "trends", lived, read)

    def wear(self, homes: Collection[str]) -> dict[str, list[DaySummary]]:
        """The newest days of each of these homes, oldest first, and before them the newest that counts, if any does."""

        def read(some: list[str]) -> dict[str, list[DaySummary]]:
            return {home: _lately(connection, home) for home in some}

        with self._reading() as connection:
            return self._kept.of_each(connection, "wear", dict.fromkeys(homes), read)

    def walked(self, homes: Collection[str], now_s: float) -> dict[str, list[Bout]]:
        """Of each of these homes that walked in the last day, by what has arrived: those bouts, oldest first."""
        hour = now_s // 3600

        def read(some: list[str]) -> dict[str, list[Bout]]:
            lately, bout = bouts.c.start_s >= 3600 * hour - DAY_S, BoutBody.model_validate_json
            order = (bouts.c.start_s,)
            return _by_home(connection, bouts, some, lately, order, lambda body: bout(body).record())

        with self._reading() as connection:
            known = self._kept.of_each(connection, "walked", dict.fromkeys(homes, hour), read)
        lately = {home: [one for one in told if now_s - DAY_S <= one.start_s <= now_s] for home, told in known.items()}
        return {home: told for home, told in lately.items() if told}

    def trends_between(
        self, homes: Collection[str], first: str, last: str, metrics: Collection[str]
    ) -> dict[str, list[Trend]]:
        """Of each of these gateways those of some metrics, oldest first."""
        those = trends.c.day.between(first, last) & trends.c.metric.in_(metrics)
        order = trends.c.day, trends.c.metric, trends.c.side
        with self._reading() as connection:
            return _by_home(connection, trends, homes, those, order, TREND.validate_json)

    def days_between(self, homes: Collection[str], first: str, last: str) -> dict[str, list[DaySummary]]:
        """Oldest first."""
        with self._reading() as connection:
            return _by_home(connection, days, homes, days.c.day.between(first, last), (days.c.day,), DAY.validate_json)

    def check_ins_between(self, homes: Collection[str], first: str, last: str) -> dict[str, list[CheckIn]]:
        """Oldest first."""
        those = check_ins.c.day.between(first, last)
        read = CheckInBody.model_validate_json
        with self._reading() as connection:
            return _by_home(connection, check_ins, homes, those, (check_ins.c.at_s,), lambda body: read(body).record())

    def treatments_between(self, homes: Collection[str], first: str, last: str) -> dict[str, list[Treatment]]:
        """By first day; without those withdrawn."""
        order, read = (treatments.c.day, treatments.c.kind), TreatmentBody.model_validate_json
        those = treatments.c.day.between(first, last)
        with self._reading() as connection:
            found = _by_home(connection, treatments, homes, those, order, lambda body: read(body).record())
        return {home: [one for one in told if not one.withdrawn] for home, told in found.items()}

    def incidents_between(
        self, homes: Collection[str], start_s: float, end_s: float, kinds: Collection[IncidentKind]
    ) -> dict[str, list[Incident]]:
        """Of these kinds, oldest first, without raw signal and contacts."""
        those = incidents.c.kind.in_(kinds) & incidents.c.side.in_(_SIDES) & incidents.c.start_s.between(start_s, end_s)
        with self._reading() as connection:
            return _by_home(connection, incidents, homes, those, (incidents.c.start_s,), _head)

    def answers_between(self, homes: Collection[str], start_s: float, end_s: float) -> dict[str, list[Answer]]:
        """What was said of incidents of that time, in the order in which it was said."""
        those, read = answers.c.start_s.between(start_s, end_s), AnswerBody.model_validate_json
        order = answers.c.at_s, answers.c.seq
        with self._reading() as connection:
            return _by_home(connection, answers, homes, those, order, lambda body: read(body).record())

    def incident_heads(self, gateway: str) -> list[Incident]:
        """All of them, oldest first, without raw signal and contacts."""
        with self._reading() as connection:
            return [_head(body) for body in connection.scalars(between(incidents, gateway))]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            yield connection


def _by_home(
    connection: Connection,
    table: Table,
    homes: Collection[str],
    those: ColumnElement[bool],
    order: tuple[ColumnElement[object], ...],
    read: Callable[[str], _Record],
) -> dict[str, list[_Record]]:
    """What is read of the bodies of those rows; a list for each of ``homes``."""
    found: dict[str, list[_Record]] = {gateway: [] for gateway in homes}
    for some in parts(list(homes)):
        query = select(table.c.gateway, table.c.body).where(table.c.gateway.in_(some), those)
        for gateway, body in connection.execute(query.order_by(*order)):
            found[gateway].append(read(body))
    return found


def _lately(connection: Connection, home: str) -> list[DaySummary]:
    """Further back is looked only where none of the newest counts."""
    newest = days_of(connection, home, _WORN_DAYS)
    if any(not one.missing for one in newest):
        return newest
    counts = next((one for one in reversed(days_of(connection, home)) if not one.missing), None)
    return newest if counts is None else [counts, *newest]


def _head(body: str) -> Incident:
    whole = json.loads(body)
    head = {name: whole[name] for name in _HEAD}
    return Incident(**head | {"evidence": tuple((name, value) for name, value in head["evidence"])})
