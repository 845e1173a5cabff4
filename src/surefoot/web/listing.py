"""The listing: one row for each patient of a store, who needs a look first; the pages and programs read the same."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.pipeline.monitored import begun_by
from surefoot.pipeline.store import Patient, Store
from surefoot.pipeline.tested import only_tests
from surefoot.records import DaySummary
from surefoot.web.patients import Row, WatchParams, in_order, is_named, last_lived, row, watch


def rows_of(store: Store, patients: Sequence[Patient], now_s: float, asked: str = "") -> list[Row]:
    """Those of ``patients`` that a search means (empty: all), in the order in which they need a look.

    Days that are still to come were told by a clock that stood ahead, and are nobody's newest.
    """
    named = [one for one in patients if is_named(one, asked)]
    unsure = [one.gateway for one in named if one.last_day is not None and not _tells(one.last_day, now_s)]
    more = store.lists.wear(unsure)
    days = {
        one.gateway: begun_by(more.get(one.gateway) or ([one.last_day] if one.last_day else []), now_s) for one in named
    }
    lived = {home: day.day for home, known in days.items() if (day := last_lived(known)) is not None}
    trends = store.lists.trends_on(lived)
    walked = store.lists.walked([one.gateway for one in named], now_s)
    rows = (
        row(one, watch(one, days[one.gateway], now_s, None, walked.get(one.gateway)), trends.get(one.gateway, []))
        for one in named
    )
    return in_order(list(rows))


def _tells(last: DaySummary, now_s: float) -> bool:
    """Whether the last day alone tells that the sensors are worn."""
    worn = not last.missing and last.worn_h >= WatchParams().monitor.least_worn_h
    return worn and last.start_s <= now_s and not only_tests(last)
