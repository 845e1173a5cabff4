"""Holes: numbers of a home's outbox that the clinic lacks, kept as runs, so that missing data is seen as missing.

A home numbers its rows without a gap, so what lies between two that arrived was lost or is still to come. Which of the
two, its signs of life tell: below the lowest number that still waits there, everything was answered or gave way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    ForeignKey,
    Select,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)

from surefoot.alerts.bodies import StatusBody
from surefoot.pipeline.tables import gateway_key, metadata

SHOWN_AFTER_S = 60.0  # a hole older than this is told: rows overtake each other (facts/reliability.md 2)
_OVERTAKE = 10_000  # rubbish is believed about its own number only so far ahead

reached = Table(
    "reached",
    metadata,
    Column("gateway", ForeignKey("gateways.gateway"), primary_key=True),
    Column("newest", BigInteger, nullable=False, comment="the highest number known to have been used"),
    Column("told", Text, comment="what the home's last sign of life said"),
    Column("told_s", Double, comment="when that came, by the clinic's clock"),
    comment="how far each home has come",
)
holes = Table(
    "holes",
    metadata,
    gateway_key(),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("since_s", Double, nullable=False, comment="noticed, by the clinic's clock"),
    comment="numbers that have not arrived, first to last; what arrives later shortens, splits or closes its run",
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A run of rows that a clinic lacks. ``gone``: they will not come; else they may still wait at home."""

    gateway: str
    first: int
    last: int
    since_s: float
    gone: bool

    @property
    def rows(self) -> int:
        return self.last - self.first + 1


def note_arrivals(connection: Connection, gateway: str, seqs: Collection[int], now_s: float) -> None:
    """These numbers have arrived. To be called within the transaction that stores them, its gateway's row locked."""
    newest = _newest(connection, gateway)
    for first, last in _runs(seqs):
        if first > newest + 1:
            _open(connection, gateway, newest + 1, first - 1, now_s)
        if first <= newest:
            _fill(connection, gateway, first, last)
        newest = max(newest, last)
    _reach(connection, gateway, newest)


def note_refusal(connection: Connection, gateway: str, seq: int, now_s: float) -> None:
    """A message that could not be taken has this number: it is no hole, it is among the dead letters."""
    if seq <= _newest(connection, gateway) + _OVERTAKE:
        note_arrivals(connection, gateway, [seq], now_s)


def note_status(connection: Connection, gateway: str, told: StatusBody, now_s: float) -> None:
    """A sign of life: what was answered, by the home's word, and never arrived is a hole too."""
    below = _settled_below(told)
    newest = _newest(connection, gateway)
    if below is not None and below - 1 > newest:
        _open(connection, gateway, newest + 1, below - 1, now_s)
        newest = below - 1
    _reach(connection, gateway, newest)
    if told.link == "up" or told.pending is not None:  # a last will knows nothing
        word = {"told": told.json_text(), "told_s": now_s}
        connection.execute(update(reached).where(reached.c.gateway == gateway).values(word))


def missing(connection: Connection, now_s: float, gateway: str | None = None) -> list[Missing]:
    """Holes that are older than a minute, by home and number."""
    told = {row.gateway: row.told for row in connection.execute(_of(select(reached), gateway, reached))}
    query = select(holes).where(holes.c.since_s <= now_s - SHOWN_AFTER_S).order_by(holes.c.gateway, holes.c.first)
    found = []
    for row in connection.execute(_of(query, gateway, holes)):
        word = told.get(row.gateway)
        below = _settled_below(StatusBody.model_validate_json(word)) if word else None
        found.append(Missing(row.gateway, row.first, row.last, row.since_s, below is not None and row.last < below))
    return found


def told_by(connection: Connection) -> dict[str, tuple[StatusBody, float]]:
    """The last sign of life of each home that gave one, and when it came."""
    rows = connection.execute(select(reached.c.gateway, reached.c.told, reached.c.told_s).where(reached.c.told_s > 0))
    return {gateway: (StatusBody.model_validate_json(told), told_s) for gateway, told, told_s in rows}


def make_tables(connection: Connection) -> None:
    """Begun for a database that has rows already: what it lacks of earlier ones is not known."""
    for table in (reached, holes):
        table.create(connection, checkfirst=True)
    if inspect(connection).has_table("received"):
        received = metadata.tables["received"]
        known = select(received.c.gateway, func.max(received.c.seq)).group_by(received.c.gateway)
        known = known.where(received.c.gateway.not_in(select(reached.c.gateway)))
        connection.execute(insert(reached).from_select(["gateway", "newest"], known))


def _settled_below(told: StatusBody) -> int | None:
    """Every number below this was answered at home or gave way; None: it did not say."""
    if told.newest is None:
        return None
    return told.newest + 1 if told.oldest is None else told.oldest


def _newest(connection: Connection, gateway: str) -> int:
    return connection.scalar(select(reached.c.newest).where(reached.c.gateway == gateway)) or 0


def _reach(connection: Connection, gateway: str, newest: int) -> None:
    done = connection.execute(update(reached).where(reached.c.gateway == gateway).values(newest=newest))
    if done.rowcount == 0:
        connection.execute(insert(reached).values(gateway=gateway, newest=newest))


def _open(connection: Connection, gateway: str, first: int, last: int, now_s: float) -> None:
    """A hole, without the numbers that lie among the dead letters."""
    letters = metadata.tables["dead_letters"]
    of = (letters.c.gateway == gateway) & letters.c.seq.between(first, last)
    refused = connection.scalars(select(letters.c.seq).where(of).distinct()).all()
    connection.execute(insert(holes).values(gateway=gateway, first=first, last=last, since_s=now_s))
    for a, b in _runs(refused):
        _fill(connection, gateway, a, b)


def _fill(connection: Connection, gateway: str, first: int, last: int) -> None:
    touched = (holes.c.gateway == gateway) & (holes.c.first <= last) & (holes.c.last >= first)
    for hole in connection.execute(select(holes).where(touched)).all():
        connection.execute(delete(holes).where(holes.c.gateway == gateway, holes.c.first == hole.first))
        for a, b in ((hole.first, first - 1), (last + 1, hole.last)):
            if a <= b:
                connection.execute(insert(holes).values(gateway=gateway, first=a, last=b, since_s=hole.since_s))


def _runs(seqs: Collection[int]) -> Iterator[tuple[int, int]]:
    """Numbers that follow on, as first and last."""
    first = last = None
    for seq in sorted(set(seqs)):
        if last is not None and first is not None and seq != last + 1:
            yield first, last
            first = seq
        first = seq if first is None else first
        last = seq
    if first is not None and last is not None:
        yield first, last


def _of(query: Select, gateway: str | None, table: Table) -> Select:  # type: ignore[type-arg]  # any columns
    return query if gateway is None else query.where(table.c.gateway == gateway)
