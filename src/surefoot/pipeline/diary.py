"""The diary: check-ins, treatments and aids, as a home writes them and both sides read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Engine, Table, select

from surefoot.alerts.bodies import AlertBody, Body, CheckInBody, TreatmentBody
from surefoot.pipeline import reads
from surefoot.pipeline.engine import plain_words, writing
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.toldtables import aids, check_ins, treatments
from surefoot.records import Aid, Alert, CheckIn, Treatment

Keep = Callable[[Body, bool, float], None]  # a body, whether it is queued for the clinic, and its time


class Diary:
    """What one patient told, or the patients of a clinic. ``keep`` writes a row and queues it, in one transaction."""

    def __init__(self, engine: Engine, keep: Keep) -> None:
        self._engine = engine
        self._keep = keep

    def keep_check_in(self, told: CheckIn, alerts: Sequence[Alert] = (), *, outbox: bool = True) -> None:
        """Every check-in is kept. The alerts it raises are kept and queued before it: they must not wait for it."""
        for alert in alerts:
            self._keep(AlertBody.of(alert), outbox, alert.raised_s)
        self._keep(CheckInBody.of(told), outbox, told.at_s)

    def keep_treatment(self, treatment: Treatment, at_s: float, *, outbox: bool = True) -> None:
        """Named by its kind and day; logged ``at_s``."""
        self._keep(TreatmentBody.of(treatment), outbox, at_s)

    def keep_aid(self, aid: Aid) -> None:
        """Named by its kind, name and first day. It stays at home: days tell of it (``pipeline.aids``)."""
        row = {"kind": aid.kind, "name": aid.name, "start_day": aid.start_day, "end_day": aid.end_day}
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            upsert(connection, aids, row)

    def drop_aid(self, aid: Aid) -> bool:
        """Take back what was logged by mistake; tell whether it was there."""
        named = (aids.c.kind == aid.kind) & (aids.c.name == aid.name) & (aids.c.start_day == aid.start_day)
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            return connection.execute(aids.delete().where(named)).rowcount == 1

    def aids(self) -> list[Aid]:
        """What this home's patient logged, by first day."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return reads.aids_of(connection)

    def check_ins(self, gateway: str) -> list[CheckIn]:
        """Oldest first."""
        told = (CheckInBody.model_validate_json(body).record() for body in self._bodies(check_ins, gateway))
        return sorted(told, key=lambda one: one.at_s)

    def treatments(self, gateway: str) -> list[Treatment]:
        """By first day; without those withdrawn."""
        told = (TreatmentBody.model_validate_json(body).record() for body in self._bodies(treatments, gateway))
        return sorted((one for one in told if not one.withdrawn), key=lambda one: (one.day, one.kind))

    def _bodies(self, table: Table, gateway: str) -> Sequence[str]:
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return connection.scalars(select(table.c.body).where(table.c.gateway == gateway)).all()
