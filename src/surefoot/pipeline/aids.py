"""Aids: what the patient logged as walking with, put on the days; and the trends of days that it changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.trends import judge
from surefoot.records import Aid, DaySummary, Trend


def with_aids(day: DaySummary, aids: Sequence[Aid]) -> DaySummary:
    """The day with the aids logged for it, each once, in the order of the alphabet."""
    return replace(day, aids=aids_on(day.day, aids))


def aids_on(day: str, aids: Sequence[Aid]) -> tuple[str, ...]:
    """The aids of a date, in words."""
    worn = {aid.words for aid in aids if aid.start_day <= day and (aid.end_day is None or day <= aid.end_day)}
    return tuple(sorted(worn))


def changed_by(
    days: Sequence[DaySummary], aids: Sequence[Aid], params: TrendParams | None = None
) -> Iterator[tuple[DaySummary, list[Trend]]]:
    """Days, oldest first, whose aids or trends are others once these aids are logged: from the first changed one on.

    A change logged late is true of the days that are told already. Their trends are judged anew; alerts stay raised.
    """
    return judged_anew(days, [with_aids(day, aids) for day in days], params)


def judged_anew(
    before: Sequence[DaySummary], now: Sequence[DaySummary], params: TrendParams | None = None
) -> Iterator[tuple[DaySummary, list[Trend]]]:
    """The days as they are told now, oldest first, from the first on that was not told so before."""
    known = {day.day: day for day in before}
    first = next((k for k, day in enumerate(now) if known.get(day.day) != day), len(now))
    for k in range(first, len(now)):
        yield now[k], judge(now[: k + 1], params)
