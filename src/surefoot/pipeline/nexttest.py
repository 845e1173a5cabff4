"""The next guided test: what the clinic asks for, else one that the patient does regularly, twice a week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from surefoot.records import Side, TestKind, TestResult


@dataclass(frozen=True, slots=True)
class NextTestParams:
    """How often a test is done (facts/clinical.md 5; P)."""

    again_days: int = 3  # twice a week
    known_days: int = 28  # one that was not done for so long is no habit any more


@dataclass(frozen=True, slots=True)
class NextTest:
    """``day``: from when on it is to be done; the clinic's question is for now."""

    kind: TestKind
    side: Side | None
    day: str
    asked: bool


def next_tests(
    asked: Sequence[TestKind],
    done: Sequence[TestResult],
    now_s: float,
    zone: tzinfo,
    params: NextTestParams = NextTestParams(),
) -> list[NextTest]:
    """What is asked for first, then by day. A test that was not usable does not count as done."""
    today = datetime.fromtimestamp(now_s, zone).date()
    last: dict[tuple[TestKind, Side | None], date] = {}
    for one in done:
        if one.value is not None:
            on = datetime.fromtimestamp(one.start_s, zone).date()
            last[one.kind, one.side] = max(on, last.get((one.kind, one.side), on))
    found = [NextTest(kind, None, today.isoformat(), True) for kind in asked]
    for (kind, side), on in last.items():
        if (today - on).days <= params.known_days and kind not in asked:
            day = max(today, on + timedelta(days=params.again_days))
            found.append(NextTest(kind, side, day.isoformat(), False))
    return sorted(found, key=lambda one: (not one.asked, one.day, one.kind, one.side or ""))
