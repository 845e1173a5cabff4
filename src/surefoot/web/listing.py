"""The listing: one row for each patient of a store, who needs a look first; the pages and programs read the same."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.pipeline.store import Patient, Store
from surefoot.pipeline.tested import only_tests
from surefoot.records import DaySummary
from surefoot.web.patients import Row, Watch, WatchParams, in_order, is_named, last_lived, row, watch


def rows_of(store: Store, patients: Sequence[Patient], now_s: float, asked: str = "") -> list[Row]:
    """Those of ``patients`` that a search means (empty: all), in the order in which they need a look."""
    named = [one for one in patients if is_named(one, asked)]
    lived = {one.gateway: day.day for one in named if (day := _last_lived(store, one)) is not None}
    trends = store.lists.trends_on(lived)
    return in_order([row(one, _watch(store, one, now_s), trends.get(one.gateway, [])) for one in named])


def _watch(store: Store, patient: Patient, now_s: float) -> Watch:
    last = patient.last_day
    fine = last is not None and not last.missing and last.worn_h >= WatchParams().monitor.least_worn_h
    days = [last] if last is not None and fine else store.days(patient.gateway)
    return watch(patient, days, now_s)


def _last_lived(store: Store, patient: Patient) -> DaySummary | None:
    lived = patient.last_day
    return last_lived(store.days(patient.gateway)) if lived is not None and only_tests(lived) else lived
