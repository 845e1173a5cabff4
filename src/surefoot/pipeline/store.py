"""The store: everything a home or a clinic remembers, behind one class.

The same tables serve both. A home keeps one patient's rows and queues each for the clinic in the same transaction; a
clinic ingests the rows of many homes. Calls block and may be made from any thread (``asyncio.to_thread``).
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import EllipsisType

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, select

from surefoot.alerts.actions import acknowledge
from surefoot.alerts.bodies import AlertBody, AnswerBody, Body, BoutBody, DayBody, IncidentBody, TestBody
from surefoot.alerts.messages import Refused, UpMessage, digest
from surefoot.pipeline import forgetting, inbox, reads, rows, wardrobe
from surefoot.pipeline.alertlog import AlertLog
from surefoot.pipeline.arrivals import Arrivals
from surefoot.pipeline.diary import Diary
from surefoot.pipeline.engine import StoreError, open_engine, plain_words, writing
from surefoot.pipeline.inbox import Receipt
from surefoot.pipeline.judgements import Judgements
from surefoot.pipeline.kept import Kept
from surefoot.pipeline.lists import Lists
from surefoot.pipeline.office import Office
from surefoot.pipeline.orderbook import OrderBook
from surefoot.pipeline.outbox import Outbox, queue
from surefoot.pipeline.reads import Acknowledgement, Patient, StoredAlert
from surefoot.pipeline.rows import add, find, forget_strides, know_gateway, put, upsert
from surefoot.pipeline.schema import about, gateways
from surefoot.pipeline.schema import strides as stride_rows
from surefoot.pipeline.sealing import Keyring
from surefoot.records import (
    Alert,
    Answer,
    Bout,
    DaySummary,
    Donning,
    Incident,
    Side,
    Stride,
    TestResult,
    Tier,
    Trend,
    WornSensor,
)

__all__ = ["Acknowledgement", "Patient", "Receipt", "Store", "StoreError", "StoredAlert", "open_store"]

_STRIDE: TypeAdapter[Stride] = TypeAdapter(Stride)
NEAR_S = 0.3  # no two strides of a leg begin so near to each other
STRIDE_DAYS = 90  # kept at home, stride by stride: beyond a baseline and a look back at what an alert rests on


def open_store(url: str, stride_days: int = STRIDE_DAYS, keys: Keyring | None = None) -> Store:
    """Open ``sqlite:///path`` or ``postgresql+psycopg://...``; make or update its tables.

    ``stride_days``: how many days of walking are kept stride by stride; all else is kept for good. ``keys``: what is
    personal is sealed with them. Raise StoreError, with the remedy, when that is not possible.
    """
    return Store(open_engine(url, keys), stride_days)


class Store:
    """The records of one home, or of all the patients of a clinic."""

    def __init__(self, engine: Engine, stride_days: int = STRIDE_DAYS) -> None:
        self._engine = engine
        self._stride_days = stride_days
        self._gateway: str | None = None
        self.outbox = Outbox(engine)
        self._kept = Kept()
        self.alert_log = AlertLog(engine, self._kept)
        self.arrivals = Arrivals(engine)
        self.diary = Diary(engine, self._keep)
        self.lists = Lists(engine, self._kept)
        self.judgements = Judgements(engine)
        self.office = Office(engine)
        self.orders = OrderBook(engine, self.outbox)

    def close(self) -> None:
        self._engine.dispose()

    # ---- home: one patient; each row is queued for the clinic in the same transaction (outbox=False: not queued).
    # The same content again changes nothing; changed content under the same name replaces it and is queued anew.

    def gateway(self, enrolled: str = "") -> str:
        """This home's name, made once: random, unless it is ``enrolled`` under one by then."""
        if self._gateway is None:
            with self._write() as connection:
                add(connection, about, {"name": "gateway", "value": enrolled or str(uuid.uuid4())})
                name = connection.scalar(select(about.c.value).where(about.c.name == "gateway"))
                know_gateway(connection, str(name))
            self._gateway = str(name)
        return self._gateway

    def keep_bout(self, bout: Bout, *, outbox: bool = True, anew: bool = False) -> None:
        """Named by its start. ``anew``: instead of all that began while it lasted."""
        self._keep(BoutBody.of(bout), outbox, bout.start_s)
        if anew:
            with self._write() as connection:
                rows.forget_bouts_in(connection, self.gateway(), bout.start_s, bout.end_s)

    def keep_incident(self, incident: Incident, *, outbox: bool = True) -> None:
        """Named by its kind, side and start."""
        self._keep(IncidentBody.of(incident), outbox, incident.start_s)

    def keep_answer(self, answer: Answer, *, outbox: bool = True) -> None:
        """Every answer is kept; StoreError when there is no such incident."""
        asked = [(one.kind, one.side) for one in self.incidents(self.gateway(), *_moment(answer.start_s))]
        if (answer.kind, answer.side) not in asked:
            what = f"No {answer.kind} incident of this leg began at {answer.start_s!r} s."
            raise StoreError(what, "No answer was stored.", "Name an incident that this store holds.")
        self._keep(AnswerBody.of(answer), outbox, answer.at_s)

    def keep_test(self, test: TestResult, *, outbox: bool = True) -> None:
        """Named by its kind, side and start."""
        self._keep(TestBody.of(test), outbox, test.start_s)

    def keep_day(self, day: DaySummary, trends: Sequence[Trend] = (), *, outbox: bool = True) -> None:
        """A day and the trends judged on it, named by its date. The oldest days' strides make room."""
        self._keep(DayBody.of_day(day, tuple(trends)), outbox, day.end_s)
        with self._write() as connection:
            forget_strides(connection, self._stride_days)

    def keep_alert(self, alert: Alert, *, outbox: bool = True) -> None:
        """Named by its ``alert_id``."""
        self._keep(AlertBody.of(alert), outbox, alert.raised_s)

    def keep_strides(self, strides: Sequence[Stride], *, anew: bool = False) -> None:
        """Strides stay at home; each is named by its side and start. ``anew``: instead of those in its place."""
        with self._write() as connection:
            for stride in strides:
                if anew:
                    rows.forget_strides_in(connection, stride.side, stride.start_s - NEAR_S, stride.end_s - NEAR_S)
                body = _STRIDE.dump_json(stride, exclude_defaults=True).decode()
                upsert(connection, stride_rows, {"side": stride.side, "start_s": stride.start_s, "body": body})

    def strides(self, start_s: float, end_s: float) -> list[Stride]:
        """Strides that start in [start_s, end_s), oldest first."""
        start = stride_rows.c.start_s
        query = select(stride_rows.c.body).where(start >= start_s, start < end_s).order_by(start)
        with self._read() as connection:
            return [_STRIDE.validate_json(body) for body in connection.scalars(query)]

    def keep_worn_sensor(self, sensor: WornSensor) -> None:
        """In its place on the leg, instead of the one paired for it before. It stays at home, as donnings do."""
        with self._write() as connection:
            wardrobe.keep_sensor(connection, sensor)

    def keep_clock(self, address: str, ppm: float, within_s: float | None) -> None:
        """What is known of a paired sensor's clock, for the next start."""
        with self._write() as connection:
            wardrobe.keep_clock(connection, address, ppm, within_s)

    def drop_worn_sensor(self, address: str) -> bool:
        """Forget a sensor; tell whether it was paired."""
        with self._write() as connection:
            return wardrobe.drop_sensor(connection, address)

    def worn_sensors(self) -> list[WornSensor]:
        """Those paired: left before right, the shank before the foot."""
        with self._read() as connection:
            return wardrobe.sensors(connection)

    def keep_donning(self, donning: Donning) -> None:
        """Named by its start: a later verdict on the same donning replaces the earlier one."""
        with self._write() as connection:
            wardrobe.keep_donning(connection, donning)

    def donnings(self, start_s: float, end_s: float) -> list[Donning]:
        """Those that start in [start_s, end_s), oldest first."""
        with self._read() as connection:
            return wardrobe.donnings_between(connection, start_s, end_s)

    # ---- reads, by gateway

    def patients(self, days_too: bool = True) -> list[Patient]:
        """Worst open alert first, then by name; ``days_too``: with the last day of each, which takes its time."""
        with self._read() as connection:
            return reads.patients(connection, self._kept, days_too)

    def homes(self) -> dict[str, float | None]:
        """Every gateway, and when it was last heard by the clinic's clock."""
        with self._read() as connection:
            return reads.homes(connection)

    def days(self, gateway: str, newest: int | None = None) -> list[DaySummary]:
        """Oldest first; of the ``newest`` so many."""
        with self._read() as connection:
            return reads.days_of(connection, gateway, newest)

    def trends(
        self,
        gateway: str,
        metric: str | None = None,
        side: Side | EllipsisType | None = ...,
        day: str | None = None,
        since: str | None = None,
    ) -> list[Trend]:
        """Oldest first; ``side=None`` means the metrics of both legs together, left out: any side.

        Of one ``day``, of all days ``since`` one, or of all.
        """
        with self._read() as connection:
            return reads.trends_of(connection, gateway, metric, side, day, since)

    def bouts(self, gateway: str, start_s: float | None = None, end_s: float | None = None) -> list[Bout]:
        """Those that start in [start_s, end_s), oldest first."""
        with self._read() as connection:
            return reads.bouts_of(connection, gateway, start_s, end_s)

    def incidents(self, gateway: str, start_s: float | None = None, end_s: float | None = None) -> list[Incident]:
        """Those that start in [start_s, end_s), oldest first."""
        with self._read() as connection:
            return reads.incidents_of(connection, gateway, start_s, end_s)

    def answers(self, gateway: str, incident: Incident | None = None) -> list[Answer]:
        """What was said about an incident, or about all; oldest first: the last one stands."""
        with self._read() as connection:
            return reads.answers_of(connection, gateway, incident)

    def tests(self, gateway: str) -> list[TestResult]:
        """Guided tests, oldest first."""
        with self._read() as connection:
            return reads.tests_of(connection, gateway)

    def alerts(self, gateway: str | None = None) -> list[StoredAlert]:
        """Newest first."""
        with self._read() as connection:
            return reads.alerts_of(connection, gateway)

    def counts(self) -> dict[str, int]:
        """Rows per table."""
        with self._read() as connection:
            return reads.counts(connection)

    # ---- clinic

    def label_patient(self, gateway: str, label: str) -> None:
        """Name a gateway's patient; an empty label takes the name away. StoreError for an unknown gateway."""
        with self._write() as connection:
            named = gateways.update().where(gateways.c.gateway == gateway).values(label=label.strip() or None)
            if connection.execute(named).rowcount == 0:
                raise StoreError(f"No patient has the gateway {gateway}.", "Nothing was changed.", "Reload the list.")

    def acknowledge(
        self, alert_id: str, who: str, at_s: float, note: str = "", gateway: str | None = None, seen: Tier | None = None
    ) -> StoredAlert:
        """Note that a person took notice. The first one wins: whoever comes later is shown who was first.

        ``seen`` is the tier that person was shown: an alert that has become worse since stays as it is, unacknowledged.

        An ``alert_id`` is its home's; give ``gateway`` where two homes might use the same. StoreError when it is not
        known or not unique.
        """
        deed = partial(acknowledge, who=who, now_s=at_s, note=note, seen=seen)
        return self.alert_log.act(gateway, alert_id, deed, "acknowledged")

    def ingest(self, messages: Sequence[UpMessage], now_s: float, refused: Sequence[Refused] = ()) -> Receipt:
        """Store messages from homes in one transaction. A replay changes nothing and counts as stored."""
        with self._write() as connection:
            messages, refused, turned_away = forgetting.sift(connection, messages, refused)
            receipt = inbox.ingest(connection, messages, refused, now_s)
            return Receipt(receipt.stored, receipt.rejected + turned_away)

    # ---- within

    def _keep(self, body: Body, outbox: bool, stored_s: float) -> None:
        gateway = self.gateway()
        with self._write() as connection:
            known = find(connection, gateway, body)
            if known is not None and known.sha256 == digest(body) and (known.seq is not None or not outbox):
                return
            seq = queue(connection, body) if outbox else None
            put(connection, gateway, seq, body, stored_s)
        if outbox:
            self.outbox.announce()

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            yield connection


def _moment(start_s: float) -> tuple[float, float]:
    """The shortest time that holds this one."""
    return start_s, math.nextafter(start_s, math.inf)
