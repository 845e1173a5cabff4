"""The rows of a chaos run: each has a number, and who knows the number knows every byte of the row."""

from __future__ import annotations

from dataclasses import dataclass, replace

import made
from surefoot.alerts.bodies import AlertBody, Body, BoutBody, IncidentBody, TestBody
from surefoot.alerts.messages import digest
from surefoot.pipeline.store import Store

Name = tuple[str, str]  # kind, and what tells a row from others of its kind


@dataclass(frozen=True, slots=True)
class Mix:
    """One row in so many is an alert; what is none is a bout, a guided test or an incident with raw signal."""

    alert_every: int = 20
    left_open: int = 10  # one alert in so many waits for a person, the others are over as soon as they are told
    alerts_from: int = 10**12  # rows from this number on are alerts, all of them

    def body(self, number: int) -> Body:
        if number % self.alert_every == 0 or number >= self.alerts_from:
            alert = made.alert(f"a{number}")
            if number // self.alert_every % self.left_open:
                alert = replace(alert, tier="T0", channel="technical", resolved_s=alert.raised_s)
            return AlertBody.of(alert)
        match number % 10:
            case 3:
                return IncidentBody.of(made.incident(number, (made.signal(0.5, start_s=1000.0 * number),)))
            case 7:
                return TestBody.of(made.guided_test(number))
        return BoutBody.of(made.bout(number))

    def keep(self, store: Store, number: int) -> None:
        match self.body(number):
            case AlertBody() as body:
                store.keep_alert(body.record())
            case IncidentBody():
                store.keep_incident(made.incident(number, (made.signal(0.5, start_s=1000.0 * number),)))
            case TestBody():
                store.keep_test(made.guided_test(number))
            case BoutBody():
                store.keep_bout(made.bout(number))

    def name(self, number: int) -> Name:
        """As the clinic's tables tell rows apart."""
        body = self.body(number)
        return named(body)

    def sha256(self, number: int) -> str:
        return digest(self.body(number))


def named(body: Body) -> Name:
    match body:
        case AlertBody():
            return "alerts", body.alert_id
        case IncidentBody():
            return "incidents", repr(body.start_s)
        case TestBody():
            return "tests", repr(body.start_s)
        case BoutBody():
            return "bouts", repr(body.start_s)
    raise ValueError(body)
