"""The next guided test: what the clinic asks for, else one that the patient does regularly, twice a week.

One of these is due at once when the leg's walking has moved, since the last of it, in what it measures: a weak calf,
which walking tells late, takes heel rises from two dozen to a few. Once it is done, and the walking stays as it is, it
is a habit again. Nobody is led to a test that is not theirs: it may not be good for them.
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
    moved_z: float = 2.0  # spreads by which the chart of a root stands away on one day (benchmarks/weakening.py)
    moved_days: int = 2  # so long ago at most


@dataclass(frozen=True, slots=True)
class NextTest:
    """``day``: from when on it is to be done; the clinic's question is for now. ``since``: when the walking moved."""

    kind: TestKind
    side: Side | None
    day: str
    why: Why
    since: str = ""


def next_tests(
    asked: Sequence[TestKind],
    done: Sequence[TestResult],
    trends: Sequence[Trend],
    now_s: float,
    zone: tzinfo,
    params: NextTestParams = NextTestParams(),
) -> list[NextTest]:
    """What is asked for first, then by day. A test that was not usable does not count as done.

    ``trends``: of the last week at least.
    """
    today = datetime.fromtimestamp(now_s, zone).date()
    last: dict[Which, date] = {}
    for one in done:
        if one.value is not None:
            on = datetime.fromtimestamp(one.start_s, zone).date()
            last[one.kind, one.side] = max(on, last.get((one.kind, one.side), on))
    lately = (today - timedelta(days=params.moved_days)).isoformat()
    moved = tests_of_moved([one for one in trends if one.day <= today.isoformat()], lately, params)
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


def tests_of_moved(
    trends: Collection[Trend], lately: str = "", params: NextTestParams = NextTestParams()
) -> dict[Which, str]:
    """The tests that look at what charts stand away in on their newest day, each with the day since when (the latest).

    ``lately``: charts whose newest day is before this one tell nothing.
    """
    charts: dict[tuple[str, Side | None], list[Trend]] = {}
    for trend in sorted(trends, key=lambda one: one.day):
        if trend.metric.endswith(COMPOSITE) and trend.z is not None:
            charts.setdefault((trend.metric.removesuffix(COMPOSITE), trend.side), []).append(trend)
    found: dict[Which, str] = {}
    for (root, side), days in charts.items():
        if days[-1].day >= lately and (since := _moved_since(days, params)):
            for measure in (m for m in DAY_MEASURES if m.how == "test" and m.root == root):
                which: Which = measure.field, side if measure.per_side else None  # type: ignore[assignment]  # so named
                found[which] = max(since, found.get(which, ""))
    return found


def _moved_since(days: Sequence[Trend], params: NextTestParams) -> str:
    """The first of the days, up to the newest, on which a chart stands away; "": it does not. Half back is not back."""
    since = ""
    for trend in reversed(days):
        if (trend.z or 0.0) < params.moved_z / 2:
            break
        since = trend.day if (trend.z or 0.0) >= params.moved_z else since
    return since
