"""The rulebook: every rule that judges a day, what it rests on, and how often it would have fired lately."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from surefoot.alerts import alike
from surefoot.alerts.decline import DeclineParams, decide_both_legs, decide_declines
from surefoot.alerts.givingway import GivingWayLimitParams, decide_giving_way
from surefoot.alerts.perroot import one_per_root
from surefoot.alerts.rules import RuleParams, decide
from surefoot.alerts.testrules import TEST_LIMITS, TestRuleParams, decide_tests
from surefoot.pipeline.apart import apart
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.footwear import better
from surefoot.pipeline.plan import Plan
from surefoot.pipeline.shift import ShiftParams
from surefoot.pipeline.slopes import SlopeParams, root_slopes
from surefoot.pipeline.told import Told, giving_way
from surefoot.pipeline.trends import judge
from surefoot.records import Alert, DaySummary, Tier, Trend


@dataclass(frozen=True, slots=True)
class RulebookParams:
    """The limits of all rules of a day."""

    charts: RuleParams = field(default_factory=RuleParams)
    tests: TestRuleParams = field(default_factory=TestRuleParams)
    declines: DeclineParams = field(default_factory=DeclineParams)
    giving_way: GivingWayLimitParams = field(default_factory=GivingWayLimitParams)
    trends: TrendParams = field(default_factory=TrendParams)
    alike: alike.AlikeParams | None = field(default_factory=alike.AlikeParams)  # None: nothing is asked first

    def of(self, plan: Plan) -> RulebookParams:
        """With what the clinic has set for this patient."""
        return replace(
            self,
            tests=plan.testing(self.tests),
            giving_way=plan.giving_way(self.giving_way),
            trends=plan.judging(self.trends),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """All that a rule may look at: the days up to the one judged, its trends, and what was told."""

    days: Sequence[DaySummary]
    trends: Sequence[Trend]
    told: Told
    params: RulebookParams

    @property
    def raised_s(self) -> float:
        return self.days[-1].end_s


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``decide`` gets what is known, the alerts of rules before it today, and those of earlier days.

    ``limits``: the fields of `Limits` that a T2 and a T3 of it have passed.
    """

    name: str
    tiers: tuple[Tier, ...]
    words: str  # when it fires, with its numbers
    source: str
    grade: str
    decide: Callable[[Known, Sequence[Alert], Sequence[Alert]], list[Alert]]
    limits: tuple[str, ...] = ()


def _charts(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    return decide(known.trends, known.raised_s, before, known.params.charts)


def _declines(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    charts = [t for t in known.trends if t.metric.endswith("_composite") and t.state not in ("quiet", "cannot_say")]
    if not charts:
        return []
    slopes = root_slopes(known.days, known.params.trends)
    told = known.told.treatments()
    return decide_declines(known.trends, slopes, told, known.raised_s, [*before, *now], known.params.declines)


def _tests(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    return decide_tests(known.trends, known.raised_s, before, known.params.tests)


def _giving_way(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    at_s, day, p = known.raised_s, known.days[-1].day, known.params.giving_way
    found = giving_way(at_s, known.days, known.told)
    return [alert for mine, usual in found for alert in decide_giving_way(mine, usual, at_s, day, before, p)]


def _both_legs(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    return decide_both_legs(now, known.raised_s, [*before, *alike.waiting(before)], known.params.declines)


def _asked(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> list[Alert]:
    held, shoes = _held(known, now, before)
    p = known.params.alike
    return alike.question(held, before, known.raised_s, p, shoes) if p else []


def _held(known: Known, now: Sequence[Alert], before: Sequence[Alert]) -> tuple[list[Alert], float]:
    """What waits for an answer, and how plainly the walk bears the mark of other shoes."""
    p = known.params.alike
    if p is None or not any(one.tier >= "T2" and one.side and one.kind in alike.CHART_OF for one in now):
        return [], 0.0
    legs, shoes = apart(known.days, known.params.trends), better(known.days, known.params.trends)
    return alike.held_back(now, legs, known.trends, before, p, shoes), shoes


_SHIFT, _CHARTS, _DECLINE, _WAY = ShiftParams(), RuleParams(), DeclineParams(), GivingWayLimitParams()
_ALIKE = alike.AlikeParams()
_LIMITS = ", ".join(f"{one.words} {one.limit:g}{f' {one.unit}' if one.unit else ''}" for one in TEST_LIMITS)
RULES = (
    Rule(
        "charts",
        ("T2", "T3"),
        "a root's chart has moved away from all days before, by more than noise reaches "
        f"({_SHIFT.review:g} standard errors: T2; {_SHIFT.urgent:g} and {_CHARTS.urgent_features} numbers: T3)",
        "facts/clinical.md 7.2 and 7.8; Siegmund and Venkatraman 1995",
        "P",
        _charts,
        ("chart_review", "chart_urgent"),
    ),
    Rule(
        "decline",
        ("T2",),
        f"a root's chart nears its limit and fell over {SlopeParams().days} days by more than noise reaches "
        f"(Theil-Sen; Mann-Kendall p < {_DECLINE.most_p:g})",
        "facts/clinical.md 7.5 and 7.8",
        "P",
        _declines,
    ),
    Rule("tests", ("T2",), f"a guided test is worse by: {_LIMITS}", "facts/clinical.md 5.3 and 7.8", "E1", _tests),
    Rule(
        "giving way",
        ("T2", "T3"),
        f"a count that is full by chance in 1 week of {1 / _WAY.week_chance:,.0f} (T2) or 1 day of "
        f"{1 / _WAY.day_chance:,.0f} (T3; the patient is asked first, {_WAY.ask_s / 60:g} minutes), 1 day of "
        f"{1 / _WAY.unasked_chance:,.0f} (T3), or {_WAY.confirmed} in 24 hours that the patient says were so (T3)",
        "facts/clinical.md 4.5 and 7.8",
        "P",
        _giving_way,
        ("giving_way_week", "giving_way_day"),
    ),
    Rule(
        "both legs",
        ("T3",),
        f"a review of the second leg (chart, heel rises, giving way) within {_DECLINE.both_days} days of the first's",
        "facts/clinical.md 7.1 and 7.8",
        "P",
        _both_legs,
    ),
    Rule(
        "both legs alike",
        ("T1",),
        f"a chart's review (T2) while the legs' charts are less than {_ALIKE.apart:g} standard errors apart: the "
        f"patient is asked about other shoes, and the review waits for the answer, {_ALIKE.wait_days} days at the "
        f"most; where both legs also do something better, {_ALIKE.shoes_days} days, and one leg's urgent chart (T3) "
        f"{_ALIKE.wait_days} days",
        "facts/clinical.md 7.6",
        "P",
        _asked,
    ),
)


def decide_day(known: Known, before: Sequence[Alert] = ()) -> list[tuple[Rule, Alert]]:
    """All alerts of a day, each with its rule and the limit that held. ``known.params`` are the patient's own."""
    made: list[tuple[Rule, Alert]] = []
    plan = known.told.plan()
    for rule in RULES:
        alerts = rule.decide(known, [alert for _, alert in made], before)
        made += [(rule, replace(alert, limit=_limit(rule, alert, plan))) for alert in alerts]
    held, _ = _held(known, [alert for _, alert in made], before)
    made = [(rule, alike.unanswered(alert, before)) for rule, alert in made if alert not in held]
    raised = one_per_root([alert for _, alert in made], before)
    return [(rule, alert) for (rule, _), alert in zip(made, raised, strict=True) if alert is not None]


def _limit(rule: Rule, alert: Alert, plan: Plan) -> str:
    """The limit that this alert has passed, and whose it is."""
    if alert.limit:
        return alert.limit
    if rule.decide is _tests:
        return plan.said(next(one.metric for one in TEST_LIMITS if one.kind == alert.kind))
    if rule.limits:
        return plan.said(rule.limits[alert.tier >= "T3"])
    return f"{rule.words}, the usual limit"


@dataclass(frozen=True, slots=True)
class WouldHave:
    """On which of the last days a rule would have fired, had it been in force: of ``looked`` days that are stored."""

    rule: Rule
    looked: int
    fired: tuple[tuple[str, Tier], ...]  # day, tier


def would_have(
    days: Sequence[DaySummary], told: Told | None = None, last: int = 60, params: RulebookParams | None = None
) -> list[WouldHave]:
    """How often each rule would have fired on the last so many days, each judged with what was known of days by then.

    Answers and treatments are taken as they are known now. Nothing raised before these days is remembered.
    """
    told = told or Told()
    p = (params or RulebookParams()).of(told.plan())
    raised: list[Alert] = []
    fired: dict[str, list[tuple[str, Tier]]] = {rule.name: [] for rule in RULES}
    looked = range(max(0, len(days) - last), len(days))
    for k in looked:
        until = days[: k + 1]
        made = decide_day(Known(until, judge(until, p.trends), told, p), raised)
        raised += [alert for _, alert in made]
        for rule, alert in made:
            fired[rule.name].append((alert.day, alert.tier))
    return [WouldHave(rule, len(looked), tuple(fired[rule.name])) for rule in RULES]
