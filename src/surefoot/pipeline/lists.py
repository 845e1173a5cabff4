"""Lists: what pages ask of many patients or many incidents at once, and no more of each than a list shows."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Engine, select

from surefoot.pipeline.engine import plain_words
from surefoot.pipeline.lookout import Lookout
from surefoot.pipeline.reads import TREND, between
from surefoot.pipeline.schema import incidents, trends
from surefoot.records import Incident, Trend

_HEAD = ("kind", "side", "start_s", "end_s", "certainty", "evidence")
_AT_ONCE = 5000  # homes asked about in one statement; SQLite takes 32,766 values


class Lists:
    """Of one store. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def lookout(self) -> Lookout:
        """A new memory of what has changed, for one watcher."""
        return Lookout(self._engine)

    def trends_on(self, lived: Mapping[str, str]) -> dict[str, list[Trend]]:
        """Of each of these gateways the trends of one day."""
        found: dict[str, list[Trend]] = {gateway: [] for gateway in lived}
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            for day in set(lived.values()):  # a day at a time: for pairs SQLite reads the whole table
                of = [gateway for gateway, last in lived.items() if last == day]
                for first in range(0, len(of), _AT_ONCE):
                    these = (trends.c.day == day) & trends.c.gateway.in_(of[first : first + _AT_ONCE])
                    query = select(trends.c.gateway, trends.c.body).where(these)
                    for row in connection.execute(query.order_by(trends.c.metric, trends.c.side)):
                        found[row.gateway].append(TREND.validate_json(row.body))
        return found

    def incident_heads(self, gateway: str) -> list[Incident]:
        """All of them, oldest first, without raw signal and contacts."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            bodies = [json.loads(body) for body in connection.scalars(between(incidents, gateway))]
        heads = ({name: body[name] for name in _HEAD} for body in bodies)
        return [
            Incident(**head | {"evidence": tuple((name, value) for name, value in head["evidence"])}) for head in heads
        ]
