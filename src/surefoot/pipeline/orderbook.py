"""The order book: what the clinic has decided for each patient, and what the home says to it; the same on both sides.

At the clinic an order is given, and waits until its home confirms it. At home it is taken: written down together with
its confirmation, in one transaction, so that it is done once however often it arrives.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from surefoot.alerts.bodies import ConfirmationBody, TreatmentBody
from surefoot.alerts.orders import OrderError, body_text, kind_of, read_body
from surefoot.pipeline.engine import StoreError, plain_words, writing
from surefoot.pipeline.outbox import Outbox, queue
from surefoot.pipeline.plan import Plan, objections, plan_of
from surefoot.pipeline.rows import add, put
from surefoot.pipeline.schema import gateways, outbox
from surefoot.pipeline.toldtables import confirmations, digests, orders, treatments
from surefoot.records import Confirmation, Order, Ordered

LEAST_STEP_S = 0.001  # between two orders of a home, whatever the clock does: the later one is the later one


@dataclass(frozen=True, slots=True)
class GivenOrder:
    """An order as the clinic knows it: by whom, why, and what its home says to it (None: nothing yet)."""

    gateway: str
    order: Order
    who: str
    note: str
    confirmation: Confirmation | None


class OrderBook:
    """The orders of one home, or of all homes of a clinic. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine, way_out: Outbox) -> None:
        self._engine = engine
        self._outbox = way_out
        self._plans: dict[str, tuple[object, Plan]] = {}  # by gateway, with what it was made of

    # ---- clinic

    def give(self, gateway: str, what: Ordered, who: str, now_s: float, today: str, note: str = "") -> GivenOrder:
        """Write an order down; it is sent until its home confirms it. ``today``: the patient's date.

        Raise OrderError where it cannot hold, StoreError for a home that is not known.
        """
        if against := objections(what, today):
            raise OrderError(" ".join(against), "Nothing was set.", "Go back and correct it.")
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            if connection.scalar(select(gateways.c.gateway).where(gateways.c.gateway == gateway)) is None:
                raise StoreError(f"No patient has the gateway {gateway}.", "Nothing was set.", "Reload the list.")
            last_s = connection.scalar(select(func.max(orders.c.given_s)).where(orders.c.gateway == gateway))
            given_s = now_s if last_s is None else max(now_s, last_s + LEAST_STEP_S)
            order = Order(str(uuid.uuid4()), given_s, what)
            add(connection, orders, _row(gateway, order, who, note))
        return GivenOrder(gateway, order, who, note, None)

    def given(self, gateway: str | None = None) -> list[GivenOrder]:
        """All orders, the newest first."""
        query = select(orders).order_by(orders.c.given_s.desc(), orders.c.order_id)
        said = select(confirmations.c.gateway, confirmations.c.order_id, confirmations.c.body)
        if gateway is not None:
            query = query.where(orders.c.gateway == gateway)
            said = said.where(confirmations.c.gateway == gateway)
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            answers = {
                (row.gateway, row.order_id): ConfirmationBody.model_validate_json(row.body).record()
                for row in connection.execute(said)
            }
            rows = connection.execute(query).all()
        return [
            GivenOrder(row.gateway, _order(row), row.who, row.note, answers.get((row.gateway, row.order_id)))
            for row in rows
        ]

    def waiting(self) -> list[tuple[str, Order]]:
        """Orders that no home has confirmed yet, with their gateway, the oldest first."""
        confirmed = (confirmations.c.gateway == orders.c.gateway) & (confirmations.c.order_id == orders.c.order_id)
        query = select(orders).where(~select(confirmations.c.order_id).where(confirmed).exists())
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            rows = connection.execute(query.order_by(orders.c.given_s)).all()
        return [(row.gateway, _order(row)) for row in rows]

    def told_of_week(self, monday: str) -> bool:
        """Whether people were told that the digest of the week before this day can be read."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return connection.scalar(select(digests.c.week).where(digests.c.week == monday)) is not None

    def tell_of_week(self, monday: str, now_s: float, told: tuple[str, ...]) -> None:
        """They were."""
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            add(connection, digests, {"week": monday, "at_s": now_s, "told": "\n".join(told)})

    # ---- home

    def take(self, gateway: str, order: Order, confirmation: Confirmation) -> None:
        """Write down an order that holds, and queue what is said to it."""
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            if confirmation.verdict == "applied":
                add(connection, orders, _row(gateway, order, "", ""))
            _say(connection, gateway, ConfirmationBody.of(confirmation))
        self._outbox.announce()

    def refuse(self, gateway: str, confirmation: Confirmation) -> None:
        """Queue the refusal of something that could not be read."""
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            _say(connection, gateway, ConfirmationBody.of(confirmation))
        self._outbox.announce()

    def plan_with(self, gateway: str, order: Order) -> Plan:
        """What will hold for this patient once this order does."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            days = operated(connection, gateway)
        return plan_of([*self.held(gateway), order], days)

    def said(self, gateway: str, order_id: str) -> bool:
        """Whether something was said to this order already. It is said again unless it is still under way."""
        same = (confirmations.c.gateway == gateway) & (confirmations.c.order_id == order_id)
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            row = connection.execute(select(confirmations.c.seq, confirmations.c.body).where(same)).first()
            if row is None:
                return False
            if connection.scalar(select(outbox.c.seq).where(outbox.c.seq == row.seq)) is None:
                _say(connection, gateway, ConfirmationBody.model_validate_json(row.body))
        self._outbox.announce()
        return True

    # ---- both

    def held(self, gateway: str) -> list[Order]:
        """Orders that hold: those that the home has confirmed, the oldest first."""
        return held(self.given(gateway))

    def plan(self, gateway: str) -> Plan:
        """What holds for this patient by now. It is asked for all the time: made anew only when there is a new word."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            mine = select(func.count()).select_from(confirmations).where(confirmations.c.gateway == gateway)
            made_of = connection.scalar(mine) or 0, operated(connection, gateway)
        known = self._plans.get(gateway)
        if known is None or known[0] != made_of:
            known = self._plans[gateway] = made_of, plan_of(self.held(gateway), made_of[1])
        return known[1]


def held(given: Sequence[GivenOrder]) -> list[Order]:
    """Of orders of one home, the newest first, those that hold, the oldest first."""
    done = (one for one in reversed(given) if one.confirmation is not None and one.confirmation.verdict == "applied")
    return [one.order for one in done]


def operated(connection: Connection, gateway: str) -> tuple[str, ...]:
    """The days of this patient's operations: of a leg, or of the back, nothing before is what it should be like."""
    mine = (treatments.c.gateway == gateway) & (treatments.c.kind == "surgery")
    told = map(TreatmentBody.model_validate_json, connection.scalars(select(treatments.c.body).where(mine)))
    return tuple(sorted(one.day for one in told if not one.withdrawn))


def _row(gateway: str, order: Order, who: str, note: str) -> dict[str, object]:
    told = {"kind": kind_of(order.what), "given_s": order.given_s, "who": who, "note": note}
    return {"gateway": gateway, "order_id": order.order_id, **told, "body": body_text(order.what)}


def _order(row: Row[Any]) -> Order:
    return Order(row.order_id, row.given_s, read_body(row.kind, row.body))


def _say(connection: Connection, gateway: str, body: ConfirmationBody) -> None:
    put(connection, gateway, queue(connection, body), body, body.at_s)
