"""The lookout: of which patients something has changed in a clinic's store since it last looked.

It rests on the database alone, so it does not matter which program wrote. What changes with every sign of life is
nobody's news: when a home was heard last, what waits there, a walking bout.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, Text, and_, func, or_, select, type_coerce

from surefoot.pipeline.engine import plain_words
from surefoot.pipeline.holes import holes, reached
from surefoot.pipeline.schema import alert_events, alerts, gateways, received
from surefoot.records import Tier

News = Literal["alerts", "technical", "data", "home"]  # home: its name, its line, that it is there at all

_OVERTAKE = 1000  # numbers of events: of two writers the later number may be committed first
_AT_ONCE = 100  # homes asked about in one statement
_LOUD = ("stored", "escalated")  # what makes an alert news to whoever does not look at it


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found. ``raised``: the tier of each clinical alert that came, grew worse or went unanswered."""

    changed: Mapping[str, frozenset[News]] = field(default_factory=dict)
    raised: tuple[Tier, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed)


class Lookout:
    """One memory of how the store stood. The first look finds nothing: there is none before it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._homes: dict[str, tuple[Any, ...]] | None = None
        self._events: frozenset[int] = frozenset()
        self._highest = 0  # of the events' numbers so far: forgetting a patient takes some away

    def look(self) -> Found:
        """To be called by one thread at a time. StoreError when the records cannot be read."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            homes = {row[0]: tuple(row[1:]) for row in connection.execute(_homes())}
            events = connection.execute(_events(self._highest - _OVERTAKE)).all()
            before, new = self._homes, [row for row in events if row.id not in self._events]
            found = Found() if before is None else _found(connection, before, homes, new)
        self._homes, self._events = homes, frozenset(row.id for row in events)
        self._highest = max(self._highest, *self._events, 0)
        return found


def _homes() -> Any:
    """Gateway; name, line; how far it has come, and how many of its rows are lacking."""
    lacks = select(holes.c.gateway, func.sum(holes.c.last - holes.c.first + 1).label("rows")).group_by(holes.c.gateway)
    lacking = lacks.subquery()
    name = type_coerce(gateways.c.label, Text)  # as it is stored: whether it changed is to be known, not how it reads
    return (
        select(gateways.c.gateway, name, gateways.c.link, reached.c.newest, lacking.c.rows)
        .outerjoin(reached, reached.c.gateway == gateways.c.gateway)
        .outerjoin(lacking, lacking.c.gateway == gateways.c.gateway)
    )


def _events(after: int) -> Any:
    same = (alerts.c.gateway == alert_events.c.gateway) & (alerts.c.alert_id == alert_events.c.alert_id)
    event = alert_events.c
    columns = event.id, event.gateway, event.what, event.tier, alerts.c.channel
    newest = select(func.max(event.id) - _OVERTAKE).scalar_subquery()  # of the first look: not the whole past
    return select(*columns).join(alerts, same).where(event.id > after, event.id > newest)


def _found(
    connection: Connection,
    before: Mapping[str, tuple[Any, ...]],
    homes: Mapping[str, tuple[Any, ...]],
    events: Sequence[Row[Any]],
) -> Found:
    changed: defaultdict[str, set[News]] = defaultdict(set)
    for gateway in before.keys() ^ homes.keys():
        changed[gateway].add("home")
    came: dict[str, int] = {}  # gateway: the number that was its newest
    for gateway in before.keys() & homes.keys():
        was, now = before[gateway], homes[gateway]
        if was[:2] != now[:2]:
            changed[gateway].add("home")
        if was[2] != now[2]:
            came[gateway] = was[2] or 0
        if was[3] != now[3]:
            changed[gateway].add("data")  # late, or missing
    for gateway, news in _arrived(connection, came):
        changed[gateway].add(news)
    for row in events:
        changed[row.gateway].add("technical" if row.channel == "technical" else "alerts")
    raised = [row.tier for row in events if row.what in _LOUD and row.channel == "clinical"]
    return Found({gateway: frozenset(news) for gateway, news in changed.items()}, tuple(sorted(raised, reverse=True)))


def _arrived(connection: Connection, came: Mapping[str, int]) -> list[tuple[str, News]]:
    """What kind of rows came after these numbers; an alert that came again may say something else."""
    found: list[tuple[str, News]] = []
    homes = sorted(came)
    same = and_(alerts.c.gateway == received.c.gateway, alerts.c.seq == received.c.seq)
    for first in range(0, len(homes), _AT_ONCE):
        of = [(received.c.gateway == one) & (received.c.seq > came[one]) for one in homes[first : first + _AT_ONCE]]
        query = select(received.c.gateway, received.c.kind, alerts.c.channel).outerjoin(alerts, same)
        for gateway, kind, channel in connection.execute(query.where(or_(*of), received.c.kind != "bout").distinct()):
            news: News = "data" if kind != "alert" else "technical" if channel == "technical" else "alerts"
            found.append((gateway, news))
    return found
