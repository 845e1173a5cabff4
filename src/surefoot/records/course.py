"""What a day and a fortnight say, pipeline to alerts, store and pages: days, baselines, trends, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from surefoot.records.findings import IncidentKind
from surefoot.records.samples import Side

Tier = Literal["T0", "T1", "T2", "T3", "T4"]
TrendState = Literal["cannot_say", "quiet", "watch", "worse", "much_worse"]
WORSE: tuple[TrendState, ...] = ("worse", "much_worse")


@dataclass(frozen=True, slots=True)
class DayMetric:
    """One number of one day and leg (``side`` None: both together), with the strides it rests on.

    ``value`` is None when the day does not support it, and ``reason`` says why. Beside a value, ``reason`` says what
    must be known with it.
    """

    side: Side | None
    name: str
    value: float | None
    strides: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DaySummary:
    """One day of wear. A day with too little data is missing, with its reason; it is never a day of zeros."""

    day: str  # local date, YYYY-MM-DD
    start_s: float
    end_s: float
    recorded_h: float  # best sensor
    worn_h: float  # both sensors (the one, if only one is used) on a moving leg
    walking_min: float
    bouts: int
    strides: tuple[tuple[Side, int], ...]  # valid straight strides per side
    incidents: tuple[tuple[Side | None, IncidentKind, int], ...]
    metrics: tuple[DayMetric, ...]
    missing: str = ""  # empty: the day counts
    aids: tuple[str, ...] = ()  # what helped the walking that day, by what the patient logged
    length_factors: tuple[tuple[Side, float], ...] = ()  # what lengths and speeds were put right by
    late_min: float = 0.0  # of its readings that came late, from a sensor's own memory: the day was told anew with them
    slipped: tuple[Side, ...] = ()  # legs whose sensor moved on the leg that day

    def metric(self, side: Side | None, name: str) -> DayMetric | None:
        return next((m for m in self.metrics if m.side == side and m.name == name), None)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is normal for this patient: robust centre and spread of the baseline days."""

    centre: float
    spread: float
    days: int
    first_day: str
    last_day: str
    provisional: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """Where one metric of one leg stands today against the patient's own baseline.

    ``z`` is oriented: positive is worse. ``state`` "cannot_say" carries its reason; "worse" has passed both the limit
    of its chart (``shift``) and the smallest change that can be told from noise (``mdc``), "much_worse" a higher
    limit; "watch" is nearing it.
    """

    day: str
    side: Side | None
    metric: str
    state: TrendState
    value: float | None = None
    baseline: Baseline | None = None
    z: float | None = None
    shift: float | None = None  # how far the last days stand away from those before, in standard errors
    change: float | None = None  # recent days against the baseline centre, in the metric's unit, oriented
    mdc: float | None = None
    worse_days: int = 0  # worn days in a row on the worse side of the baseline spread
    strides: int = 0
    worn_h: float | None = None
    reason: str = ""
    cleared: bool = False  # it has been so low for so long that what was told of is over
    rearmed: str = ""  # last day by which the chart had been low for so long that an alert may be raised again


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding that a person must see, with its evidence. ``alert_id`` names the episode, chosen by the sender."""

    alert_id: str
    tier: Tier
    channel: Literal["clinical", "technical"]
    kind: str
    side: Side | None
    raised_s: float
    day: str
    sentence: str
    not_this: str  # what the alert is not
    evidence: tuple[Trend, ...] = ()
    resolved_s: float | None = None  # when what it told of was over; a clinical one stays open until a person closes it
    limit: str = ""  # the limit that it passed, and whether it is the usual one or set for this patient
