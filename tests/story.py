"""A clinic's month for the tests of the pages: made-up days, judged by the real rules, kept through the real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from surefoot.alerts.bodies import (
    AlertBody,
    AnswerBody,
    Body,
    BoutBody,
    CheckInBody,
    ConfirmationBody,
    DayBody,
    IncidentBody,
    StatusBody,
    TestBody,
    TreatmentBody,
)
from surefoot.alerts.messages import up_payload, up_topic
from surefoot.alerts.mqtt import Received
from surefoot.alerts.rules import decide
from surefoot.pipeline.clinic import take
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, Alert, Bout, DayMetric, DaySummary, Incident, Samples

FIRST = date(2026, 1, 1)
FIRST_S = 1767225600.0  # its midnight, UTC
DAY_S = 86400.0
USUAL = {  # metric: value, how much a day wanders, change per weak day
    "speed_mps": (1.05, 0.03, -0.006),
    "stride_time_s": (1.16, 0.015, 0.002),
    "stride_length_m": (1.22, 0.03, -0.006),
    "swing_height_m": (0.12, 0.004, 0.004),
    "shank_tilt_max_deg": (42.0, 1.2, 1.2),
    "mid_swing_rate_dps": (290.0, 9.0, -4.0),
    "heel_strike_mps3": (900.0, 40.0, -45.0),
    "no_heel_strike_pct": (4.0, 1.5, 5.0),
    "foot_drop_pct": (2.0, 1.0, 5.0),
    "push_off_rate_dps": (160.0, 6.0, -1.0),
    "push_off_acceleration_mps2": (14.0, 0.6, 0.0),
    "loading_rate_dps": (110.0, 5.0, 0.0),
    "giving_way_count": (0.0, 0.0, 0.0),
}


def day_s(number: int) -> float:
    """Midnight that begins day 0, 1, ..."""
    return FIRST_S + number * DAY_S


def days(count: int, weak_from: int | None = None, gone: tuple[int, ...] = (), seed: int = 1) -> list[DaySummary]:
    """So many days; from ``weak_from`` on the left foot lifts less; on ``gone`` days the sensors lay in a drawer."""
    rng = np.random.default_rng(seed)
    return [_day(number, weak_from, number in gone, rng) for number in range(count)]


def _day(number: int, weak_from: int | None, gone: bool, rng: np.random.Generator) -> DaySummary:
    name = (FIRST + timedelta(days=number)).isoformat()
    weak = 0 if weak_from is None else max(0, number - weak_from + 1)
    metrics = []
    for side in SIDES:
        for metric, (usual, wander, change) in USUAL.items():
            value = float(usual + rng.normal(0, wander) + (weak * change if side == "left" else 0))
            metrics.append(DayMetric(side, metric, max(0.0, value), int(rng.integers(1500, 3500))))
    metrics.append(DayMetric(None, "cadence_spm", float(103 + rng.normal(0, 1.5)), 5000))
    worn_h = float(rng.uniform(8, 13))
    if gone:
        strides = (("left", 0), ("right", 0))
        return DaySummary(
            name, day_s(number), day_s(number + 1), 0.4, 0.0, 0.0, 0, strides, (), (), "worn 24 min, less than 6 h"
        )
    strides = tuple((side, int(rng.integers(1500, 3500))) for side in SIDES)
    incidents = (("left", "foot_drop", 3 * weak),) if weak else ()
    return DaySummary(
        name, day_s(number), day_s(number + 1), worn_h + 1, worn_h, 74.0, 31, strides, incidents, tuple(metrics)
    )


def snippet(start_s: float) -> tuple[Samples, ...]:
    """Ten seconds of two legs."""
    t = np.arange(1000) / 100
    rng = np.random.default_rng(3)
    blocks = []
    for k, side in enumerate(SIDES):
        swing = 250 * np.sin(2 * np.pi * (0.9 * t + k / 2))
        gyr = np.column_stack([swing, 0.2 * swing, rng.normal(0, 12, 1000)])
        acc = np.column_stack([0.02 * swing, rng.normal(0, 0.6, 1000), 9.8 + rng.normal(0, 1.5, 1000)])
        blocks.append(Samples(side, "shank", start_s - 5, 100.0, acc, gyr))
    return tuple(blocks)


def incident(at_s: float, certainty: str = "probable", kind: str = "giving_way") -> Incident:
    evidence = (("lean_rate_dps", 168.0), ("added_tilt_deg", 14.2), ("score", 3.0))
    return Incident(kind, "left", at_s, at_s + 0.6, certainty, evidence, snippet(at_s))


def technical(name: str, at_s: float) -> Alert:
    words = "Left sensor: the battery will not last until tomorrow evening.", "It says nothing about the leg."
    return Alert(name, "T0", "technical", "battery", "left", at_s, "2026-01-28", *words)


class Home:
    """One home whose messages a clinic takes, in order, without a broker between them."""

    def __init__(self, gateway: str) -> None:
        self.gateway = gateway
        self._seq = 0

    def tell(self, clinic: Store, now_s: float, *bodies: Body) -> None:
        kinds = {DayBody: "day", AlertBody: "alert", BoutBody: "bout", IncidentBody: "incident"}
        kinds |= {
            ConfirmationBody: "confirmation",
            AnswerBody: "answer",
            TestBody: "test",
            CheckInBody: "checkin",
            TreatmentBody: "treatment",
        }
        batch = []
        for body in bodies:
            self._seq += 1
            kind = kinds[type(body)]
            payload = up_payload(self.gateway, self._seq, kind, body.json_text())
            batch.append(Received(up_topic(self.gateway, kind), payload))
        take(clinic, batch, now_s)

    def live(self, clinic: Store, now_s: float, lived: list[DaySummary]) -> list[Alert]:
        """Send each day when it is over, judged as the home judges it; return the alerts."""
        raised: list[Alert] = []
        for number in range(1, len(lived) + 1):
            trends = judge(lived[:number])
            alerts = decide(trends, lived[number - 1].end_s, raised)
            raised += alerts
            bodies = [DayBody.of_day(lived[number - 1], tuple(trends)), *map(AlertBody.of, alerts)]
            self.tell(clinic, min(now_s, lived[number - 1].end_s + 900), *bodies)
        self.sign_of_life(clinic, now_s - 40)
        return raised

    def sign_of_life(self, clinic: Store, now_s: float, link: str = "up") -> None:
        payload = up_payload(self.gateway, None, "status", StatusBody(link=link, pending=0).json_text())
        take(clinic, [Received(up_topic(self.gateway, "status"), payload)], now_s)


WEAK, STEADY, NEW, SILENT, EMPTY = (f"{k}a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d" for k in range(5))
NOW_S = day_s(28) + 9.2 * 3600


def filled(folder: Path) -> Store:
    """A clinic's database in this folder with ``fill``'s five patients. They live once; each database is a copy."""
    (folder / "clinic.sqlite").write_bytes(_lived())
    return open_store(f"sqlite:///{folder}/clinic.sqlite")


@cache
def _lived() -> bytes:
    with TemporaryDirectory(prefix="surefoot-story-") as folder:
        store = open_store(f"sqlite:///{folder}/clinic.sqlite")
        fill(store)
        store.close()
        return (Path(folder) / "clinic.sqlite").read_bytes()


def fill(clinic: Store) -> None:
    """Five patients: one weaker, one steady, one too new to tell, one silent, one who has sent nothing but a sign."""
    weak = Home(WEAK)
    weak.live(clinic, NOW_S, days(28, weak_from=20, gone=(9, 16)))
    noon_s = day_s(27) + 11 * 3600
    told = [incident(noon_s), incident(noon_s + 700, "possible"), incident(day_s(26) + 40000, kind="stumble")]
    weak.tell(clinic, NOW_S - 3000, *map(IncidentBody.of, told))
    weak.tell(
        clinic, NOW_S - 3000, *(BoutBody.of(Bout(noon_s + 99 * k, noon_s + 99 * k + 60, 50, 51)) for k in range(9))
    )
    weak.sign_of_life(clinic, NOW_S - 25)
    Home(STEADY).live(clinic, NOW_S, days(28, seed=2))
    Home(NEW).live(clinic, NOW_S, [*_later(days(4, seed=3), 24)])
    silent = Home(SILENT)
    silent.live(clinic, day_s(25), days(25, seed=4))
    silent.tell(clinic, day_s(25), AlertBody.of(technical("battery", day_s(25) - 7200)))
    Home(EMPTY).sign_of_life(clinic, NOW_S - 100)
    names = (WEAK, "P-01"), (STEADY, "P-02"), (NEW, "P-03"), (SILENT, "P-04")
    for gateway, label in names:
        clinic.label_patient(gateway, label)


def _later(some: list[DaySummary], by: int) -> list[DaySummary]:
    return [
        replace(
            one,
            day=(FIRST + timedelta(days=by + k)).isoformat(),
            start_s=one.start_s + by * DAY_S,
            end_s=one.end_s + by * DAY_S,
        )
        for k, one in enumerate(some)
    ]
