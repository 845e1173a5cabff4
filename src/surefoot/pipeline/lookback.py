"""Looking back: how often the acute rule would have fired on this patient's last days, from the strides that are kept.

The rules of a day are told by ``rulebook.would_have``. Red flags and falls are told by what somebody said, and their
alerts themselves say how often.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from surefoot.pipeline.acute import AcuteParams, AcuteWatch
from surefoot.pipeline.fifties import Fifty, FiftyMaker, table_of
from surefoot.pipeline.rulebook import Known, Rule, WouldHave
from surefoot.records import Alert, DaySummary, Stride


def _nothing(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    """It does not wait for a day's end."""
    return []


_P = AcuteParams()
ACUTE = Rule(
    "acute",
    ("T3",),
    f"{_P.in_a_row} blocks of 50 strides in a row, in {_P.walks} walks and over {_P.span_s / 60:.0f} minutes, beyond "
    f"{_P.least_z:g} spreads and all of the last {_P.days} good days, and a number changed by what matters in itself; "
    "looked for as strides come, not when a day is over",
    "facts/clinical.md 7.3",
    "P",
    _nothing,
)


def sudden_would_have(
    days: Sequence[DaySummary],
    strides: Callable[[float, float], Sequence[Stride]],
    aids_on: Callable[[str], tuple[str, ...]] = lambda day: (),
    last: int = 60,
    params: AcuteParams | None = None,
) -> WouldHave:
    """On which of the last so many stored days it would have fired: every day counts, whatever was told before.

    ``strides`` of [start_s, end_s), as a store keeps them. Aids are taken as they are known now, and a sensor that was
    found moved is not remembered but for its strides, which do not count.
    """
    p = params or _P
    looked, lived = days[max(0, len(days) - last) :], days[max(0, len(days) - last - 3 * p.days) :]
    starts = [day.start_s for day in lived]
    watch = AcuteWatch(lambda at_s: lived[bisect_right(starts, at_s) - 1].day, aids_on, p)
    found = {one.chart.day for one in watch.update(list(_blocks(lived, strides)))}
    return WouldHave(ACUTE, len(looked), tuple((day.day, "T3") for day in looked if day.day in found))


def _blocks(days: Sequence[DaySummary], strides: Callable[[float, float], Sequence[Stride]]) -> Iterator[Fifty]:
    """Day by day: weeks of strides at once are hundreds of megabytes."""
    maker = FiftyMaker()
    for day in days:
        kept = strides(day.start_s, day.end_s)
        if kept:
            yield from maker.update(table_of(kept))
