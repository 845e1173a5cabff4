"""What a clinic has its patient's home know: limits, learning anew, the affected leg, questions; a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from surefoot.records.findings import IncidentKind, TestKind
from surefoot.records.samples import Side
from surefoot.records.told import Treatment


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of this patient in place of the usual ones; None: the usual one holds. A newer one replaces all of it."""

    chart_review: float | None = None  # a root's chart, in standard errors: T2
    chart_urgent: float | None = None  # and T3
    sit_to_stand_5_s: float | None = None  # changes of guided tests that count
    timed_up_and_go_s: float | None = None
    heel_rise_count: float | None = None
    giving_way_week: float | None = None  # events in 7 days: T2; the usual one is the leg's own rate
    giving_way_day: float | None = None  # events in 24 hours: T3


@dataclass(frozen=True, slots=True)
class Learning:
    """Normal is learned from so many good days, beginning with ``first_day``; "": with the first day of all."""

    first_day: str = ""
    days: int = 14


@dataclass(frozen=True, slots=True)
class Affected:
    """The affected leg, and since when: what a recovery is measured from."""

    side: Side
    since: str


@dataclass(frozen=True, slots=True)
class Question:
    """What the patient is asked: the check-in, a test, other shoes, or whether the leg gave way at an incident."""

    about: Literal["check_in", "test", "shoes", "incident"]
    test: TestKind | None = None
    kind: IncidentKind | None = None  # with side and start_s: the incident
    side: Side | None = None
    start_s: float | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """This home's certificate anew, PEM: of the same name and key, and to last longer."""

    certificate: str


Ordered = Limits | Learning | Affected | Treatment | Question | Renewal


@dataclass(frozen=True, slots=True)
class Order:
    """One decision, by the clinic's clock; the home does it when it arrives, and confirms."""

    order_id: str
    given_s: float
    what: Ordered


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The home's word about an order: it holds ("applied"), or why it does not ("refused")."""

    order_id: str
    verdict: Literal["applied", "refused"]
    at_s: float
    reason: str = ""
