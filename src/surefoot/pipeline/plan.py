"""The plan: what the clinic's orders make of the usual rules for one patient, and which limit an alert has passed.

It is asked for whenever something is judged, so a limit holds from the next judgement on; what was told before stays
as it was told, with the limit that held then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from surefoot.alerts.givingway import GivingWayLimitParams
from surefoot.alerts.limits import RANGE, faults, in_force
from surefoot.alerts.orders import day_faults
from surefoot.alerts.testrules import TEST_LIMITS, TestRuleParams
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.shift import ShiftParams
from surefoot.records import Affected, Learning, Limits, Order, Ordered, Renewal, Treatment

OWN = "set for this patient"
USUAL = Limits(
    chart_review=ShiftParams().review,
    chart_urgent=ShiftParams().urgent,
    **{rule.metric: float(rule.limit) for rule in TEST_LIMITS},
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for this patient by now; ``set_day``: since when the limits do, "" while they are the usual ones."""

    limits: Limits = field(default_factory=Limits)
    set_day: str = ""
    learnings: tuple[Learning, ...] = ()
    affected: Affected | None = None

    def said(self, name: str) -> str:
        """The limit of this name that holds, and whose it is."""
        value, usual = in_force(self.limits, USUAL, name), getattr(USUAL, name)
        if value is None:
            return "what this leg's own rate makes unlikely, the usual limit"
        if getattr(self.limits, name) is None:
            return f"{RANGE[name].said(value)}, the usual limit"
        other = "the leg's own rate" if usual is None else f"{usual:g}"
        return f"{RANGE[name].said(value)}, {OWN} on {self.set_day} (usual: {other})"

    def judging(self, params: TrendParams) -> TrendParams:
        """How this patient's charts are judged."""
        review, urgent = (in_force(self.limits, USUAL, name) for name in ("chart_review", "chart_urgent"))
        if self.limits.chart_review is None and self.limits.chart_urgent is None:
            return replace(params, learnings=self.learnings)
        assert review is not None
        assert urgent is not None
        watch = min(params.shift.watch, review)
        return replace(
            params, shift=replace(params.shift, watch=watch, review=review, urgent=urgent), learnings=self.learnings
        )

    def testing(self, params: TestRuleParams) -> TestRuleParams:
        """How this patient's guided tests are."""
        own = {rule.metric: getattr(self.limits, rule.metric) for rule in params.limits}
        limits = (
            rule if own[rule.metric] is None else replace(rule, limit=own[rule.metric], source=OWN, grade="P")
            for rule in params.limits
        )
        return replace(params, limits=tuple(limits))

    def giving_way(self, params: GivingWayLimitParams) -> GivingWayLimitParams:
        week, day = self.limits.giving_way_week, self.limits.giving_way_day
        return replace(
            params, week_count=None if week is None else int(week), day_count=None if day is None else int(day)
        )

    def learned_since(self, day: str) -> str:
        """The first day of what this day is compared with; "" when that is the first of all."""
        return max((one.first_day for one in self.learnings if one.first_day <= day), default="")


def plan_of(orders: Iterable[Order], operated: Iterable[str] = ()) -> Plan:
    """The plan that these orders make, all of them done: a later one about the same thing replaces an earlier.

    From each day of an operation (``operated``) on, normal is learned anew, with or without an order.
    """
    limits, set_day, affected = Limits(), "", None
    learnings = {day: Learning(day) for day in operated}
    for order in sorted(orders, key=lambda one: (one.given_s, one.order_id)):
        match order.what:
            case Limits() as limits:
                own = limits != Limits()
                set_day = datetime.fromtimestamp(order.given_s, UTC).date().isoformat() if own else ""
            case Affected() as affected:
                pass
            case Learning() as learning:
                learnings[learning.first_day] = learning
    return Plan(limits, set_day, tuple(sorted(learnings.values(), key=lambda one: one.first_day)), affected)


def objections(what: Ordered, today: str) -> list[str]:
    """Why an order cannot hold, each in a sentence; none: it can."""
    return [*(faults(what, USUAL) if isinstance(what, Limits) else ()), *day_faults(what, today)]


def replaced_by(order: Order, taken: Sequence[Order]) -> bool:
    """Whether a later order about the same thing was done already: orders may arrive in any order."""
    return any(_about(one) == _about(order) and one.given_s > order.given_s for one in taken)


def _about(order: Order) -> tuple[object, ...]:
    match order.what:
        case Learning(first_day=day):
            return "learning", day
        case Treatment(kind=kind, day=day):
            return "treatment", kind, day
        case Limits() | Affected() | Renewal():
            return (type(order.what).__name__,)
    return "question", order.order_id
