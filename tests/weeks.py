"""Days and findings made up for the tests of days, trends, alerts and the course: plain ones, by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import numpy as np

from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.records import SIDES, Bout, DayMetric, DaySummary, Incident, Minute, Side
from surefoot.signal.table import StrideTable
from surefoot.signal.told import WalkFindings

FIRST = date(2026, 3, 2)
FIRST_S = 1772409600.0  # its midnight, UTC
DAY_S = 86400.0
H = 3600.0

USUAL = {  # (usual, how much a day wanders, change per unit of weakness)
    "speed_mps": (1.05, 0.03, 0.0),
    "stride_time_s": (1.16, 0.015, 0.0),
    "stride_length_m": (1.22, 0.03, 0.0),
    "cadence_spm": (103.0, 1.5, 0.0),
    "swing_height_m": (0.12, 0.004, 0.02),
    "shank_tilt_max_deg": (42.0, 1.2, 6.0),
    "mid_swing_rate_dps": (290.0, 9.0, 20.0),
    "heel_strike_mps3": (900.0, 40.0, -400.0),
    "no_heel_strike_pct": (4.0, 1.5, 30.0),
    "foot_drop_pct": (2.0, 1.0, 30.0),
    "push_off_rate_dps": (160.0, 6.0, 0.0),
    "push_off_acceleration_mps2": (14.0, 0.6, 0.0),
    "loading_rate_dps": (110.0, 5.0, 0.0),
    "giving_way_count": (0.0, 0.0, 0.0),
}


def name(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def day(
    number: int,
    values: dict[tuple[Side | None, str], float | None] | None = None,
    missing: str = "",
    worn_h: float = 9.0,
) -> DaySummary:
    """A day with these metrics and no others; a None is a metric the day does not support."""
    metrics = tuple(
        DayMetric(side, metric, value, 400 if value is not None else 20, "" if value is not None else "20 strides")
        for (side, metric), value in (values or {}).items()
    )
    start_s = FIRST_S + number * DAY_S
    counts = (("left", 400), ("right", 400))
    return DaySummary(
        name(number), start_s, start_s + DAY_S, worn_h + 1, worn_h, 40.0, 20, counts, (), metrics, missing
    )


def days(count: int, weak_from: int | None = None, seed: int = 1, sides: Sequence[Side] = SIDES) -> list[DaySummary]:
    """Whole days of a patient; from ``weak_from`` on the left foot lifts less."""
    rng = np.random.default_rng(seed)
    return [_whole(n, rng, sides, float(weak_from is not None and n >= weak_from)) for n in range(count)]


def _whole(number: int, rng: np.random.Generator, sides: Sequence[Side], weak: float) -> DaySummary:
    values: dict[tuple[Side | None, str], float | None] = {}
    for measure in (m for m in DAY_MEASURES if m.name in USUAL):
        usual, wander, change = USUAL[measure.name]
        for side in sides if measure.per_side else (None,):
            values[side, measure.name] = usual + wander * rng.standard_normal() + change * weak * (side == "left")
    return day(number, values)


def findings(
    strides: Iterable[tuple[Side, float, float]] = (),
    bouts: Sequence[Bout] = (),
    incidents: Sequence[Incident] = (),
    minutes: Sequence[Minute] = (),
) -> WalkFindings:
    """What a walk stream tells; strides are (side, start, end) and valid."""
    rows = sorted(strides, key=lambda row: row[2])
    table = StrideTable.of("shank", len(rows))
    table["side"] = np.array([SIDES.index(side) for side, _, _ in rows], np.int8)
    for column, k in (("start_s", 1), ("end_s", 2)):
        table[column] = np.array([row[k] for row in rows], np.float64)
    table["stride_time_s"] = table["end_s"] - table["start_s"]
    table["speed_mps"] = np.full(len(rows), 1.1)
    return WalkFindings(table, list(bouts), list(incidents), list(minutes), {})


def walk(start_s: float, seconds: float, sides: Sequence[Side] = SIDES) -> tuple[list[tuple[Side, float, float]], Bout]:
    """Strides of a second each, the right foot half a second later, and their bout."""
    rows = [(side, start_s + k + 0.5 * (side == "right"), 0.0) for k in range(int(seconds)) for side in sides]
    rows = [(side, start, start + 1.0) for side, start, _ in rows]
    counts = [sum(side == row[0] for row in rows) for side in SIDES]
    return rows, Bout(start_s, max(row[2] for row in rows), counts[0], counts[1])


def worn(start_s: float, end_s: float, sides: Sequence[Side] = SIDES, moving_s: float = 20.0) -> list[Minute]:
    """Every minute of [start_s, end_s), recorded whole."""
    count = round((end_s - start_s) / 60)
    return [Minute(side, start_s + 60.0 * k, 60.0, moving_s) for k in range(count) for side in sides]
