"""Resumed: the course of a patient, taken up again from what the home's store knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from functools import partial
from itertools import pairwise

from surefoot.pipeline.acute import Sudden
from surefoot.pipeline.course import Course
from surefoot.pipeline.incidentwatch import IncidentWatch
from surefoot.pipeline.store import Store
from surefoot.pipeline.suddenask import denied, walks_with
from surefoot.pipeline.tested import only_tests
from surefoot.pipeline.today import Today
from surefoot.pipeline.told import Told
from surefoot.records import Alert, DaySummary, Stride

STRIDES_S = 28 * 86400.0  # of them make a fortnight of good days
AHEAD_S = 3600.0  # an alert so much later than now was raised while a clock was ahead (P)


def resumed(
    store: Store,
    zone: tzinfo,
    on_ask: Callable[[Sudden], None] = lambda sudden: None,
    until_s: float = float("inf"),
    past_s: float = float("-inf"),
    late_s: Callable[[float, float], float] | None = None,
    now_s: Callable[[], float] = lambda: float("inf"),
) -> Course:
    """Days, alerts, and the strides of the last weeks; aids and tests are asked of the store whenever a day is judged.

    ``on_ask`` hears of a sudden weakness half an hour before it becomes an alert. ``until_s``: strides from then on
    will be told anew, as by a gateway that works through what it recorded of a day that is not over. ``past_s``: what
    happened before raises an alert only if it is still true by then. ``late_s`` tells how much of a time came late.
    What lies behind ``now_s`` was told while a clock was ahead: it must neither be the newest day nor hide an alert.
    """
    gateway = store.gateway()
    days = over_by(store.days(gateway), now_s())
    newest_s = open_day_s(days)

    def day_of(at_s: float) -> str:
        return datetime.fromtimestamp(at_s, zone).date().isoformat()

    today = Today(
        day_of,
        partial(walks_with, store),
        _by_day(store, newest_s, until_s) if newest_s else (),
        on_ask=on_ask,
        past_s=past_s,
        denied=lambda sudden: denied(store, sudden.side, sudden.at_s),
    )
    told = told_of(store, now_s)
    alerts = told.alerts()
    watch = IncidentWatch(day_of, told, newest_s or float("inf"), past_s=past_s)
    tests = partial(store.tests, gateway)
    return Course(
        days=days, alerts=alerts, aids=store.diary.aids, tests=tests, today=today, told=told, watch=watch, late_s=late_s
    )


def open_day_s(days: Sequence[DaySummary], now_s: float = float("inf")) -> float:
    """When the first day begins that is not told yet: one of which only guided tests have come is not."""
    return max((day.end_s for day in over_by(days, now_s) if not only_tests(day)), default=0.0)


def over_by(days: Sequence[DaySummary], now_s: float) -> list[DaySummary]:
    """Without those that are not over yet, but for guided tests of today: they were told while a clock was ahead."""
    return [day for day in days if day.end_s <= now_s or (only_tests(day) and day.start_s <= now_s)]


def _by_day(store: Store, newest_s: float, until_s: float) -> Iterator[Stride]:
    """Strides of the last weeks: of the days told, one day in memory at a time, and those behind them."""
    edges_s = [newest_s - STRIDES_S + 86400.0 * k for k in range(round(STRIDES_S / 86400.0) + 1)]
    for start_s, end_s in pairwise([*edges_s, float("inf")]):
        if start_s < until_s:
            yield from store.strides(start_s, min(end_s, until_s))


def told_of(store: Store, now_s: Callable[[], float] = lambda: float("inf")) -> Told:
    """What this home's store knows beside the days; without alerts of a time that is still to come."""
    gateway = store.gateway()

    def alerts() -> list[Alert]:
        known = [one.alert for one in store.alerts(gateway)]
        return [alert for alert in known if alert.raised_s <= now_s() + AHEAD_S]

    return Told(
        lambda start_s, end_s: store.incidents(gateway, start_s, end_s),
        lambda: store.answers(gateway),
        lambda: store.diary.treatments(gateway),
        alerts,
        lambda: store.orders.plan(gateway),
    )
