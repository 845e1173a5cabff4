"""Shoes: whether other shoes explain that both legs have changed: the open question, and what its answer does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from surefoot.alerts.alike import answered, names, open_questions
from surefoot.pipeline.aids import changed_by
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.resumed import told_of
from surefoot.pipeline.rulebook import Known, RulebookParams, decide_day
from surefoot.pipeline.store import Store
from surefoot.pipeline.trends import judge
from surefoot.records import Aid, Alert, DaySummary

ShoeWord = Literal["still", "until", "no"]
SHOE_WORDS: dict[ShoeWord, str] = {
    "still": "other shoes, and still in them",
    "until": "other shoes on those days only",
    "no": "the usual shoes",
}
OPEN_S = 7 * 86400.0  # so long the question stands on the page: what was worn longer ago is not remembered (P)


@dataclass(frozen=True, slots=True)
class AskedShoes:
    """The question, and the days it is about: those on which a leg was out of the usual."""

    alert: Alert
    first_day: str
    last_day: str


def asked_shoes(store: Store, now_s: float) -> AskedShoes | None:
    """The newest question about shoes that is open at home; None: there is none."""
    gateway = store.gateway()
    alerts = (known.alert for known in store.alerts(gateway))
    lately = [one for one in open_questions(alerts) if 0 <= now_s - one.raised_s < OPEN_S]
    return _about(lately[-1], store.days(gateway)) if lately else None


def keep_shoes(store: Store, asked: AskedShoes, word: ShoeWord, now_s: float) -> list[Alert]:
    """The answer. Shoes are logged, and their days judged anew; without any it is the review (T2) that waited."""
    gateway = store.gateway()
    made: list[Alert] = []
    plan, days = store.orders.plan(gateway), store.days(gateway)
    if word == "no":
        params, told = RulebookParams().of(plan), told_of(store)
        known = Known(days, judge(days, params.trends), told, params)
        asked_of = open_questions(told.alerts())  # an older one too: none of what waits for one is lost
        waited = {one.alert_id: one for each in asked_of for one in denied(known, each, told.alerts())}
        made = [replace(one, raised_s=now_s) for one in waited.values()]
        for one in made:
            store.keep_alert(one)
    else:
        store.diary.keep_aid(Aid("shoes", asked.first_day, None if word == "still" else asked.last_day))
        for day, trends in changed_by(days, store.diary.aids(), plan.judging(TrendParams())):
            store.keep_day(day, trends)
    for one in open_questions(known.alert for known in store.alerts(gateway)):  # an older one is answered with it
        store.keep_alert(answered(one, SHOE_WORDS[word], now_s))
    return made


def denied(known: Known, asked: Alert, before: Sequence[Alert]) -> list[Alert]:
    """The reviews that waited for this answer, as far as they are still true: no other shoes were worn."""
    unasked = replace(known, params=replace(known.params, alike=None))
    found = [one for _, one in decide_day(unasked, before) if one.tier >= "T2" and names(asked, one)]
    words = f"Asked about other shoes on {asked.day}: {SHOE_WORDS['no']}."
    return [replace(one, sentence=f"{one.sentence} {words}") for one in found]


def _about(asked: Alert, days: Sequence[DaySummary]) -> AskedShoes:
    good = [day.day for day in days if not day.missing and day.day <= asked.day]
    count = max(2, *(trend.worse_days for trend in asked.evidence), 2)
    return AskedShoes(asked, good[-count:][0] if good else asked.day, asked.day)
