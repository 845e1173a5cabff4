"""Arrivals: what a clinic lacks of each home, what homes say of themselves, numbers used twice, letters not read."""

from __future__ import annotations

from sqlalchemy import Engine, case, func, select

from surefoot.alerts.bodies import StatusBody
from surefoot.pipeline import holes
from surefoot.pipeline.engine import plain_words
from surefoot.pipeline.holes import Missing
from surefoot.pipeline.inbox import REUSED
from surefoot.pipeline.schema import dead_letters


class Arrivals:
    """Reads of a clinic's store. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def missing(self, now_s: float, gateway: str | None = None) -> list[Missing]:
        """Runs of rows that have not arrived for more than a minute, by home and number."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return holes.missing(connection, now_s, gateway)

    def told(self) -> dict[str, tuple[StatusBody, float]]:
        """The last sign of life of each home that gave one, and when it came by the clinic's clock."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return holes.told_by(connection)

    def reused(self, since_s: float) -> dict[str, int]:
        """Homes of which numbers came back with other content since then, and how many letters."""
        query = select(dead_letters.c.gateway, func.count()).group_by(dead_letters.c.gateway)
        query = query.where(dead_letters.c.reason == REUSED, dead_letters.c.received_s >= since_s)
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return {gateway: count for gateway, count in connection.execute(query) if gateway}

    def turned_down(self, since_s: float) -> dict[str, tuple[int, int]]:
        """Homes of which findings could not be read since then: how many, and how many of those were alerts."""
        alerts = func.sum(case((dead_letters.c.topic.like("%/alert"), 1), else_=0))
        query = select(dead_letters.c.gateway, func.count(), alerts).group_by(dead_letters.c.gateway)
        query = query.where(dead_letters.c.reason != REUSED, dead_letters.c.received_s >= since_s)
        query = query.where(dead_letters.c.seq.is_not(None))  # signs of life have none
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return {gateway: (count, int(urgent)) for gateway, count, urgent in connection.execute(query) if gateway}
