"""Lists: what pages ask of many patients or many incidents at once, and no more of each than a list shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

from sqlalchemy import ColumnElement, Engine, Table, select

from surefoot.alerts.bodies import AnswerBody, CheckInBody, TreatmentBody
from surefoot.pipeline.engine import plain_words
from surefoot.pipeline.lookout import Lookout
from surefoot.pipeline.reads import DAY, TREND, between
from surefoot.pipeline.schema import answers, check_ins, days, incidents, treatments, trends
from surefoot.records import Answer, CheckIn, DaySummary, Incident, IncidentKind, Treatment, Trend

_HEAD = ("kind", "side", "start_s", "end_s", "certainty", "evidence")
_AT_ONCE = 5000  # homes asked about in one statement; SQLite takes 32,766 values
_SIDES = ("left", "right", "both")  # all there are: with them SQLite finds a time in the key of the incidents
_Record = TypeVar("_Record")


class Lists:
    """Of one store. Safe to use from several threads. Days and times hold their first and last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lookout(self) -> Lookout:
        """A new memory of what has changed, for one watcher."""
        return Lookout(self._engine)

    def trends_on(self, lived: Mapping[str, str]) -> dict[str, list[Trend]]:
        """Of each of these gateways the trends of one day."""
        found: dict[str, list[Trend]] = {}
        for day in set(lived.values()):  # a day at a time: for pairs SQLite reads the whole table
            of = [gateway for gateway, last in lived.items() if last == day]
            found |= self._by_home(
                trends, of, trends.c.day == day, (trends.c.metric, trends.c.side), TREND.validate_json
            )
        return found

    def trends_between(
        self, homes: Collection[str], first: str, last: str, metrics: Collection[str]
    ) -> dict[str, list[Trend]]:
        """Of each of these gateways those of some metrics, oldest first."""
        those = trends.c.day.between(first, last) & trends.c.metric.in_(metrics)
        order = trends.c.day, trends.c.metric, trends.c.side
        return self._by_home(trends, homes, those, order, TREND.validate_json)

    def days_between(self, homes: Collection[str], first: str, last: str) -> dict[str, list[DaySummary]]:
        """Oldest first."""
        return self._by_home(days, homes, days.c.day.between(first, last), (days.c.day,), DAY.validate_json)

    def check_ins_between(self, homes: Collection[str], first: str, last: str) -> dict[str, list[CheckIn]]:
        """Oldest first."""
        those = check_ins.c.day.between(first, last)
        read = CheckInBody.model_validate_json
        return self._by_home(check_ins, homes, those, (check_ins.c.at_s,), lambda body: read(body).record())

    def treatments_between(self, homes: Collection[str], first: str, last: str) -> dict[str, list[Treatment]]:
        """By first day; without those withdrawn."""
        order, read = (treatments.c.day, treatments.c.kind), TreatmentBody.model_validate_json
        those = treatments.c.day.between(first, last)
        found = self._by_home(treatments, homes, those, order, lambda body: read(body).record())
        return {home: [one for one in told if not one.withdrawn] for home, told in found.items()}

    def incidents_between(
        self, homes: Collection[str], start_s: float, end_s: float, kinds: Collection[IncidentKind]
    ) -> dict[str, list[Incident]]:
        """Of these kinds, oldest first, without raw signal and contacts."""
        those = incidents.c.kind.in_(kinds) & incidents.c.side.in_(_SIDES) & incidents.c.start_s.between(start_s, end_s)
        return self._by_home(incidents, homes, those, (incidents.c.start_s,), _head)

    def answers_between(self, homes: Collection[str], start_s: float, end_s: float) -> dict[str, list[Answer]]:
        """What was said of incidents of that time, in the order in which it was said."""
        those, read = answers.c.start_s.between(start_s, end_s), AnswerBody.model_validate_json
        order = answers.c.at_s, answers.c.seq
        return self._by_home(answers, homes, those, order, lambda body: read(body).record())

    def incident_heads(self, gateway: str) -> list[Incident]:
        """All of them, oldest first, without raw signal and contacts."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return [_head(body) for body in connection.scalars(between(incidents, gateway))]

    def _by_home(
        self,
        table: Table,
        homes: Collection[str],
        those: ColumnElement[bool],
        order: tuple[ColumnElement[object], ...],
        read: Callable[[str], _Record],
    ) -> dict[str, list[_Record]]:
        """What is read of the bodies of those rows; a list for each of ``homes``."""
        found: dict[str, list[_Record]] = {gateway: [] for gateway in homes}
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            for some in _parts(list(homes)):
                query = select(table.c.gateway, table.c.body).where(table.c.gateway.in_(some), those)
                for gateway, body in connection.execute(query.order_by(*order)):
                    found[gateway].append(read(body))
        return found


def _parts(homes: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(homes), _AT_ONCE):
        yield homes[first : first + _AT_ONCE]


def _head(body: str) -> Incident:
    whole = json.loads(body)
    head = {name: whole[name] for name in _HEAD}
    return Incident(**head | {"evidence": tuple((name, value) for name, value in head["evidence"])})
