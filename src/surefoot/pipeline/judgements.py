"""Judgements: what people at the clinic say of incidents they looked at; append-only, and the last word stands."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Row, Select, func, select

from surefoot.pipeline.engine import plain_words, writing
from surefoot.pipeline.rows import side_key
from surefoot.pipeline.schema import incidents
from surefoot.pipeline.toldtables import judgements
from surefoot.records import Incident, IncidentKind, Judgement


class Judgements:
    """Of one clinic. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def say(self, gateway: str, judgement: Judgement) -> None:
        """Kept behind those before it. StoreError when the records cannot be written."""
        row = {
            "gateway": gateway,
            "kind": judgement.kind,
            "side": side_key(judgement.side),
            "start_s": judgement.start_s,
            "certainty": judgement.certainty,
            "verdict": judgement.verdict,
            "who": judgement.who,
            "at_s": judgement.at_s,
            "note": judgement.note,
        }
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            connection.execute(judgements.insert().values(row))

    def of(self, gateway: str, incident: Incident) -> list[Judgement]:
        """All that were said of one incident, oldest first."""
        mine = (judgements.c.kind == incident.kind) & (judgements.c.side == side_key(incident.side))
        query = select(judgements).where(judgements.c.gateway == gateway, mine)
        return self._read(query.where(judgements.c.start_s == incident.start_s))

    def standing(self, gateway: str | None = None) -> list[tuple[str, Judgement]]:
        """The last one of each incident, with its home; of one home, or of all."""
        query = select(judgements) if gateway is None else select(judgements).where(judgements.c.gateway == gateway)
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            rows = _rows(connection, query)
        last = {(row.gateway, row.kind, row.side, row.start_s): row for row in rows}
        return [(row.gateway, _judgement(row)) for row in last.values()]

    def told(self) -> dict[IncidentKind, int]:
        """How many incidents of each kind are stored, judged or not."""
        query = select(incidents.c.kind, func.count()).group_by(incidents.c.kind)
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _read(self, query: Select[tuple[object, ...]]) -> list[Judgement]:
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return [_judgement(row) for row in _rows(connection, query)]


def _rows(connection: Connection, query: Select[tuple[object, ...]]) -> Sequence[Row[tuple[object, ...]]]:
    return connection.execute(query.order_by(judgements.c.id)).all()


def _judgement(row: Row[tuple[object, ...]]) -> Judgement:
    side = None if row.side == "both" else row.side
    return Judgement(row.kind, side, row.start_s, row.certainty, row.verdict, row.who, row.at_s, row.note)
