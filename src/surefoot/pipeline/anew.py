"""Days judged anew: what is told late changes its own day, and through its trends the days behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from surefoot.pipeline.trends import TrendParams, judge
from surefoot.records import DaySummary, Trend


def judged_anew(
    before: Sequence[DaySummary], now: Sequence[DaySummary], params: TrendParams | None = None
) -> Iterator[tuple[DaySummary, list[Trend]]]:
    """The days as they are told now, oldest first, from the first on that was not told so before."""
    known = {day.day: day for day in before}
    first = next((k for k, day in enumerate(now) if known.get(day.day) != day), len(now))
    for k in range(first, len(now)):
        yield now[k], judge(now[: k + 1], params)
