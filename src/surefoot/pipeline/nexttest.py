"""The next guided test: what the clinic asks for, else one that the patient does regularly, twice a week.

One of these is due at once when the leg's walking moved in what it measures: a weak calf, which walking tells late,
takes heel rises from two dozen to a few. Nobody is led to a test that is not theirs: it may not be good for them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.pipeline.roots import COMPOSITE
from surefoot.records import Side, TestKind, TestResult, Trend

Why = Literal["asked", "moved", "habit"]
Which = tuple[TestKind, Side | None]


@dataclass(frozen=True, slots=True)
class NextTestParams:
    """How often a test is done (facts/clinical.md 5.3; P)."""

    again_days: int = 3  # twice a week
    known_days: int = 28  # one that was not done for so long is no habit any more
    moved_z: float = 2.0  # spreads by which the chart of a root stood away on one day (benchmarks/weakening.py)
    moved_days: int = 2  # so long ago at most


@dataclass(frozen=True, slots=True)
class NextTest:
    """``day``: from when on it is to be done; the clinic's question is for now. ``moved``: the day the walking did."""

    kind: TestKind
    side: Side | None
    day: str
    why: Why
    moved: str = ""


def next_tests(
    asked: Sequence[TestKind],
    done: Sequence[TestResult],
    trends: Sequence[Trend],
    now_s: float,
    zone: tzinfo,
    params: NextTestParams = NextTestParams(),
) -> list[NextTest]:
    """What is asked for first, then by day. A test that was not usable does not count as done.

    ``trends``: of the last days at least.
    """
    today = datetime.fromtimestamp(now_s, zone).date()
    last: dict[Which, date] = {}
    for one in done:
        if one.value is not None:
            on = datetime.fromtimestamp(one.start_s, zone).date()
            last[one.kind, one.side] = max(on, last.get((one.kind, one.side), on))
    first = (today - timedelta(days=params.moved_days)).isoformat()
    moved = tests_of_moved([t for t in trends if first <= t.day <= today.isoformat()], params)
    found = [NextTest(kind, None, today.isoformat(), "asked") for kind in asked]
    for (kind, side), on in last.items():
        if (today - on).days > params.known_days or kind in asked:
            continue
        since = moved.get((kind, side), "")
        if since > on.isoformat():
            found.append(NextTest(kind, side, today.isoformat(), "moved", since))
        else:
            found.append(NextTest(kind, side, max(today, on + timedelta(days=params.again_days)).isoformat(), "habit"))
    return sorted(found, key=lambda one: (one.why != "asked", one.day, one.why != "moved", one.kind, one.side or ""))


def tests_of_moved(trends: Collection[Trend], params: NextTestParams = NextTestParams()) -> dict[Which, str]:
    """The tests that look at what has moved in these charts, each with the newest day on which it had."""
    found: dict[Which, str] = {}
    for trend in trends:
        if trend.metric.endswith(COMPOSITE) and trend.z is not None and trend.z >= params.moved_z:
            root = trend.metric.removesuffix(COMPOSITE)
            for measure in (m for m in DAY_MEASURES if m.how == "test" and m.root == root):
                which: Which = measure.field, trend.side if measure.per_side else None  # type: ignore[assignment]  # so named
                found[which] = max(trend.day, found.get(which, ""))
    return found
