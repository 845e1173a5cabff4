"""Kept: what was read of a clinic's store, until something it rests on has changed; many pages ask the same at once.

What it rests on is asked of the database each time, so it does not matter which program wrote. Of a home's own store
nothing is kept: what is written there has no number yet.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from surefoot.pipeline.holes import holes, reached
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.schema import about, alert_events

ERASED = "erased"  # in ``about``: how often something was deleted
OWN = "gateway"  # and there: the name of a home, in its own store
_OVERTAKE = 1000  # numbers of events: of two writers the later number may be committed first
_Read = TypeVar("_Read")


class Kept:
    """Of one store. Safe to use from several threads: of those who ask at the same time one reads, the others wait.

    ``read`` must use the connection it is asked with, and what it returns must be left as it is.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._stood: tuple[Any, ...] = ()
        self._of_all: dict[Hashable, Any] = {}
        self._of_each: dict[str, dict[str, tuple[Hashable, Any]]] = {}

    def of_all(self, connection: Connection, name: Hashable, read: Callable[[], _Read]) -> _Read:
        """What ``read`` says of all homes; read again after an alert, a row of any home or a deletion."""
        with self._lock:
            stands = tuple(connection.execute(_stands()).one())
            if _is_home(connection):
                return read()
            if stands != self._stood:
                self._stood, self._of_all = stands, {}
            if name not in self._of_all:
                self._of_all[name] = read()
            found: _Read = self._of_all[name]
            return found

    def of_each(
        self,
        connection: Connection,
        name: str,
        homes: Mapping[str, Hashable],
        read: Callable[[list[str]], Mapping[str, _Read]],
    ) -> dict[str, _Read]:
        """What ``read`` says of each of these homes; read again of those of which a row came, or other is asked.

        ``homes``: with what is asked of each. A home that ``read`` says nothing of is left out.
        """
        with self._lock:
            marks = _marks(connection)
            known = {home: one for home, one in self._of_each.get(name, {}).items() if home in marks}
            now = {home: (marks.get(home), asked) for home, asked in homes.items()}
            lacking = [home for home, mark in now.items() if home not in known or known[home][0] != mark]
            fresh = read(lacking) if lacking else {}
            known |= {home: (now[home], fresh.get(home)) for home in lacking}
            self._of_each[name] = {home: one for home, one in known.items() if home in marks}
            return {home: known[home][1] for home in homes if known[home][1] is not None}


def note_erased(connection: Connection) -> None:
    """Something was deleted: what was read before may not be there any more."""
    times = connection.scalar(select(about.c.value).where(about.c.name == ERASED))
    upsert(connection, about, {"name": ERASED, "value": str(int(times or 0) + 1)})


def _stands() -> Any:
    """How far the alerts' events and the rows of all homes have come, in one row."""
    newest = select(func.max(alert_events.c.id)).scalar_subquery()
    lately = select(func.count()).where(alert_events.c.id > newest - _OVERTAKE).scalar_subquery()
    far = select(func.sum(reached.c.newest)).scalar_subquery()
    return select(newest, lately, far, _lacking(), _erased())


def _marks(connection: Connection) -> dict[str, Hashable]:
    """How far each home has come; nothing of a home's own store."""
    if _is_home(connection):
        return {}
    of_home = holes.c.gateway == reached.c.gateway
    lacks = select(func.sum(holes.c.last - holes.c.first + 1)).where(of_home).scalar_subquery()
    rows = connection.execute(select(reached.c.gateway, reached.c.newest, lacks, _erased()))
    return {gateway: tuple(mark) for gateway, *mark in rows}


def _lacking() -> Any:
    return select(func.sum(holes.c.last - holes.c.first + 1)).scalar_subquery()


def _erased() -> Any:
    return select(about.c.value).where(about.c.name == ERASED).scalar_subquery()


def _is_home(connection: Connection) -> bool:
    return connection.scalar(select(about.c.name).where(about.c.name == OWN)) is not None
