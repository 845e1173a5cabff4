"""Treated: a treatment is kept; behind an operation normal is learned anew, and the days since are judged so."""

from __future__ import annotations

from surefoot.pipeline.plan import Plan
from surefoot.pipeline.rulebook import RulebookParams
from surefoot.pipeline.store import Store
from surefoot.pipeline.trends import judge
from surefoot.records import Treatment


def keep_treatment(store: Store, treatment: Treatment, now_s: float) -> int:
    """It, or the word that it was logged by mistake; how many days it has judged anew. Alerts stay raised."""
    before = store.orders.plan(store.gateway())
    store.diary.keep_treatment(treatment, now_s)
    plan = store.orders.plan(store.gateway())
    return judge_anew(store, treatment.day, plan) if plan != before else 0


def judge_anew(store: Store, first_day: str, plan: Plan) -> int:
    """The days from this one on, by this plan; how many."""
    days, params = store.days(store.gateway()), RulebookParams().of(plan)
    since = [k for k, day in enumerate(days) if day.day >= first_day]
    for k in since:
        store.keep_day(days[k], judge(days[: k + 1], params.trends))
    return len(since)
