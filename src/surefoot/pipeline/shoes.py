"""Shoes: whether other shoes explain that both legs have changed: the open question, and what its answer does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from surefoot.alerts.alike import (
    KIND,
    KIND_OF,
    AlikeParams,
    answered,
    names,
    open_questions,
    patience,
    unanswered,
)
from surefoot.pipeline.aids import changed_by
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.footwear import better
from surefoot.pipeline.resumed import over_by, told_of
from surefoot.pipeline.rulebook import Known, RulebookParams, decide_day
from surefoot.pipeline.store import Store
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge
from surefoot.records import Aid, Alert, DaySummary, Trend

ShoeWord = Literal["still", "until", "no"]
SHOE_WORDS: dict[ShoeWord, str] = {
    "still": "other shoes, and still in them",
    "until": "other shoes on those days only",
    "no": "the usual shoes",
}
DAY_S = 86400.0
SETTLED_S = 6 * 3600.0  # behind a midnight the day before it has been told, where sensors were worn (P)
LONGEST_S = 28 * DAY_S  # what nobody could judge for so long is not told as if it were of now (P)
OPEN_S = 7 * DAY_S  # so long the question stands on the page: what was worn longer ago is not remembered (P)


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
    if word == "no":
        told = told_of(store, lambda: now_s).alerts()
        for each in open_questions(told):  # an older one too: none of what waits for one is lost
            words = f"Asked about other shoes on {each.day}: {SHOE_WORDS['no']}."
            made += [replace(one, sentence=f"{one.sentence} {words}") for _, one in waited(store, each, now_s, made)]
        for one in (made := [replace(one, raised_s=now_s) for one in made]):
            store.keep_alert(one)
    else:
        plan, days = store.orders.plan(gateway), over_by(store.days(gateway), now_s)
        store.diary.keep_aid(Aid("shoes", asked.first_day, None if word == "still" else asked.last_day))
        for day, trends in changed_by(days, store.diary.aids(), plan.judging(TrendParams())):
            store.keep_day(day, trends)
    for one in open_questions(known.alert for known in store.alerts(gateway)):  # an older one is answered with it
        store.keep_alert(answered(one, SHOE_WORDS[word], now_s))
    return made


def waited(store: Store, asked: Alert, now_s: float, made: Sequence[Alert] = ()) -> list[tuple[Known, Alert]]:
    """What waits for the answer to this question, as far as it is still true, and what is known of it.

    Each chart is judged on the newest day that tells of it: not on one of which only a guided test has come, on one
    without the sensors, or on one that a clock told that stood ahead. ``made``: alerts raised with it.
    """
    gateway, told = store.gateway(), told_of(store, lambda: now_s)
    params, days = RulebookParams().of(store.orders.plan(gateway)), over_by(store.days(gateway), now_s)
    before, found = [*told.alerts(), *made], list[tuple[Known, Alert]]()
    for chart in (one for one in asked.evidence if one.metric in KIND_OF):
        known, mine = _newest(days, asked.day, chart, params, told), replace(asked, evidence=(chart,))
        if known is not None:
            found += [(known, one) for one in denied(known, mine, [*before, *(one for _, one in found)])]
    return found


def denied(known: Known, asked: Alert, before: Sequence[Alert]) -> list[Alert]:
    """What this question is about and would have been raised, had nobody been asked."""
    unasked = replace(known, params=replace(known.params, alike=None))
    now = decide_day(unasked, [one for one in before if one.kind != KIND])
    return [one for _, one in now if one.tier >= "T2" and names(asked, one)]


def overdue(store: Store, now_s: float) -> list[Alert]:
    """What has waited for an answer for so long that the day which would have told it is over, and has not.

    Days without the sensors tell nothing, and who walks worse and worse may lie in bed: nobody waits for them.
    """
    before = told_of(store, lambda: now_s).alerts()
    p, made = AlikeParams(), list[Alert]()
    for asked in open_questions(before):
        late_s = now_s - asked.raised_s - SETTLED_S
        if not p.wait_days * DAY_S <= late_s < LONGEST_S:
            continue
        for known, one in waited(store, asked, now_s, made):
            shoes = better(known.days, known.params.trends) > p.better
            if late_s >= patience(one, p, shoes=shoes) * DAY_S:
                made.append(replace(unanswered(one, before), raised_s=now_s))
    return made


def _newest(days: Sequence[DaySummary], since: str, chart: Trend, params: RulebookParams, told: Told) -> Known | None:
    """What is known on the newest of the days since then on which this chart says anything."""
    for k in range(len(days), 0, -1):
        if days[k - 1].day < since:
            break
        trends = judge(days[:k], params.trends)
        if any((t.metric, t.side) == (chart.metric, chart.side) and t.shift is not None for t in trends):
            return Known(days[:k], trends, told, params)
    return None


def _about(asked: Alert, days: Sequence[DaySummary]) -> AskedShoes:
    good = [day.day for day in days if not day.missing and day.day <= asked.day]
    count = max(2, *(trend.worse_days for trend in asked.evidence), 2)
    return AskedShoes(asked, good[-count:][0] if good else asked.day, asked.day)
