"""A guided test is kept: in the store, and on its day at once, which is judged anew with the days after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo

from surefoot.pipeline.aids import judged_anew
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.resumed import resumed
from surefoot.pipeline.store import Store
from surefoot.pipeline.tested import day_of
from surefoot.records import TestResult


def keep_test(store: Store, test: TestResult, zone: tzinfo, now_s: float) -> None:
    """With the alerts that it raises. Usable or not: that it was tried is known, too.

    Days that a clock told which stood ahead of ``now_s`` are not judged with it.
    """
    store.keep_test(test)
    gateway = store.gateway()
    course, before = resumed(store, zone, now_s=lambda: now_s), store.days(gateway)
    _, alerts = course.update(day_of(test, before, zone))
    for alert in alerts:
        store.keep_alert(replace(alert, raised_s=min(alert.raised_s, now_s)))  # its day may not be over yet
    plan = store.orders.plan(gateway)
    for day, trends in judged_anew(before, course.days, plan.judging(TrendParams())):
        store.keep_day(day, trends)
