"""The log of alerts: what happened to each is added, and nothing is ever changed.

An event has its number among those of its kind, and a number can be written once: of two who want to do the same, the
one whose row is written does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from surefoot.alerts.alertlife import AlertEvent, Channel, Life, live
from surefoot.alerts.bodies import AlertBody
from surefoot.pipeline import reads
from surefoot.pipeline.closed import SAME_ALERT, is_closed
from surefoot.pipeline.engine import StoreError, plain_words, writing
from surefoot.pipeline.kept import Kept
from surefoot.pipeline.reads import StoredAlert
from surefoot.pipeline.rows import add, find, put
from surefoot.pipeline.schema import alert_events, alerts
from surefoot.records import Alert


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that waits, without the evidence that only its reader needs."""

    gateway: str
    alert_id: str
    kind: str
    sentence: str
    life: Life


def stored(connection: Connection, gateway: str, body: AlertBody, now_s: float) -> None:
    """The clinic has an alert of this tier, and by its home's word what it told of may be over."""
    _write(connection, gateway, body.alert_id, AlertEvent("stored", body.tier, now_s))
    if body.resolved_s is not None:
        _write(connection, gateway, body.alert_id, AlertEvent("resolved", body.tier, now_s))


class AlertLog:
    """The events of all alerts of a store. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine, kept: Kept) -> None:
        self._engine = engine
        self._kept = kept

    def events(self, gateway: str, alert_id: str) -> list[AlertEvent]:
        """All that happened to an alert, as it was written."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return reads.events_of(connection, gateway, alert_id)

    def add_all(self, events: Sequence[tuple[str, str, AlertEvent]]) -> list[bool]:
        """Write events (gateway, alert_id, event) in one transaction.

        False for each whose kind, tier and number is there already: somebody else did it.
        """
        if not events:
            return []
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            return [_write(connection, *event) for event in events]

    def act(
        self, gateway: str | None, alert_id: str, event: Callable[[Life], AlertEvent | None], meant: str = "stored"
    ) -> StoredAlert:
        """Write what ``event`` makes of the alert as it is now (None: nothing); the alert as it is then.

        StoreError when there is no such alert, or several and no ``gateway``; ``meant`` says what was not done.
        """
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            found = _one(connection, alert_id, gateway, meant)
            made = event(found.life)
            if made is not None:
                _write(connection, found.gateway, alert_id, made)
            return reads.alerts_of(connection, found.gateway, alert_id)[0]

    def raise_ours(self, alerts: Sequence[tuple[str, Alert]], now_s: float) -> None:
        """Alerts that the clinic itself raises about homes; one that was raised before stays as it is."""
        if not alerts:
            return
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            for gateway, alert in alerts:
                body = AlertBody.of(alert)
                if find(connection, gateway, body) is None:
                    put(connection, gateway, None, body, now_s)
                    stored(connection, gateway, body, now_s)

    def waiting(self) -> list[OpenAlert]:
        """All open alerts, the oldest first; those that were closed cost nothing."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            mine = select(alert_events).join(alerts, SAME_ALERT).where(~is_closed())
            events = reads.events_by_alert(connection, mine)
            order = alerts.c.stored_s, alerts.c.alert_id, alerts.c.gateway  # two who look write in the same order
            rows = connection.execute(select(alerts).where(~is_closed()).order_by(*order))
            found = [_open_alert(row, events[row.gateway, row.alert_id]) for row in rows]
        return [one for one in found if one.life.is_open]

    def shown(self, channel: Channel, closed: int) -> list[StoredAlert]:
        """All that wait of a channel and the newest so many of those closed; newest first. Older ones cost nothing."""
        mine, order = alerts.c.channel == channel, (alerts.c.raised_s.desc(), alerts.c.alert_id, alerts.c.gateway)
        names = select(alerts.c.gateway, alerts.c.alert_id).where(mine)
        waiting, over = names.where(~is_closed()), names.where(is_closed()).order_by(*order).limit(closed)
        with plain_words("The records cannot be read"), self._engine.begin() as connection:

            def read() -> list[StoredAlert]:
                found = [*reads.alerts_named(connection, waiting), *reads.alerts_named(connection, over)]
                return sorted(found, key=lambda one: one.alert.raised_s, reverse=True)

            known = self._kept.of_all(connection, ("shown", channel, closed), read)
            return reads.labelled(connection, known)

    def waiting_or_since(self, channel: Channel, since_s: float) -> list[StoredAlert]:
        """All that wait of a channel, and what was raised since then, whatever became of it; newest first."""
        mine = (alerts.c.channel == channel) & (~is_closed() | (alerts.c.raised_s >= since_s))
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return reads.alerts_named(connection, select(alerts.c.gateway, alerts.c.alert_id).where(mine))

    def named(self, gateway: str, names: Sequence[str]) -> list[StoredAlert]:
        """These alerts of a home, those of them that there are."""
        mine = (alerts.c.gateway == gateway) & alerts.c.alert_id.in_(names)
        query = select(alerts.c.gateway, alerts.c.alert_id).where(mine)
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return reads.alerts_named(connection, query)

    def going_on(self) -> list[OpenAlert]:
        """Technical alerts of which nothing says yet that they are over, also those that somebody took notice of."""
        over = select(alert_events.c.id).where(SAME_ALERT, alert_events.c.what == "resolved").exists()
        query = select(alerts).where(alerts.c.channel == "technical", ~over)
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return [_open_alert(row, []) for row in connection.execute(query)]


def _open_alert(row: Row[Any], events: list[AlertEvent]) -> OpenAlert:
    alert = AlertBody.model_validate_json(row.body).record()
    life = live(alert.tier, alert.channel, row.stored_s, events)
    return OpenAlert(row.gateway, row.alert_id, alert.kind, alert.sentence, life)


def _one(connection: Connection, alert_id: str, gateway: str | None, meant: str) -> StoredAlert:
    found = reads.alerts_of(connection, gateway, alert_id)
    if len(found) != 1:
        what = f"{'No alert' if not found else 'More than one alert'} has the name {alert_id}."
        raise StoreError(what, f"Nothing was {meant}.", "Reload the page and do it there.")
    return found[0]


def _write(connection: Connection, gateway: str, alert_id: str, event: AlertEvent) -> bool:
    row = {
        "gateway": gateway,
        "alert_id": alert_id,
        "tier": event.tier,
        "what": event.what,
        "number": event.number,
        "at_s": event.at_s,
        "who": event.who,
        "told": "\n".join(event.to),
        "until_s": event.until_s,
        "note": event.note,
    }
    return add(connection, alert_events, row)
