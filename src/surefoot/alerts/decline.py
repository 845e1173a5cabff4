"""Slow decline: a root's chart that falls from day to day for a fortnight, and a weakness that reaches the other leg.

A fortnight's slope (Theil-Sen) beyond the smallest real change, and hardly by chance (Mann-Kendall p < 0.01), supports
a review (T2, facts/clinical.md 7.8) where the chart itself is nearing its limit and has changed by more than noise:
with the fact sheet's p < 0.05, or alone, it would be wrong too often (docs/methods.md). Once a treatment is logged the
sentence says "despite" it (7.5). A weakness that comes to the second leg within a fortnight is urgent (T3, 7.1, 7.8):
both legs are a warning sign of the cauda equina.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from surefoot.alerts.rules import CHART_RULES, changed_features, explained_features, latched, leg_words, new_alert
from surefoot.records import WORSE, Alert, Side, Treatment, Trend

BOTH_LEGS = (
    "Not a diagnosis. Two legs that weaken within days are a warning sign that needs asking about saddle numbness, "
    "bladder and bowel the same day; a bad week, illness or new shoes can look the same."
)
TOLD_OF_A_LEG = {rule.kind: rule.words for rule in CHART_RULES} | {
    "gives_way_more": "giving way more often",
    "heel_rises_fewer": "heel rises on one leg",
}


@dataclass(frozen=True, slots=True)
class Slope:
    """How a number went over its last fortnight. ``per_fortnight`` is oriented: positive is worse."""

    metric: str
    side: Side | None
    per_fortnight: float
    p: float  # that so steady a course comes by chance
    days: int  # it rests on


@dataclass(frozen=True, slots=True)
class DeclineParams:
    """When a slope counts (7.5, 7.8; P)."""

    most_p: float = 0.01  # the fact sheet has 0.05: too often wrong (docs/methods.md)
    treated_days: int = 84  # so long after its first day a treatment is still held against what comes
    both_days: int = 14  # within so many days the second leg makes it urgent


def decide_declines(
    trends: Sequence[Trend],
    slopes: Sequence[Slope],
    treatments: Sequence[Treatment],
    raised_s: float,
    before: Sequence[Alert] = (),
    params: DeclineParams = DeclineParams(),
) -> list[Alert]:
    """Alerts for the charts that nobody has been told of and that fall steadily."""
    by_name = {(slope.metric, slope.side): slope for slope in slopes}
    alerts = []
    for rule in CHART_RULES:
        for chart in (t for t in trends if t.metric == rule.chart and _nears_its_limit(t)):
            slope = by_name.get((chart.metric, chart.side))
            if slope is None or chart.mdc is None or slope.per_fortnight <= chart.mdc or slope.p >= params.most_p:
                continue
            explained = explained_features(trends, rule, chart.side)
            if explained and not changed_features(trends, rule, chart.side):
                continue  # loading falls too where the foot no longer lands on its heel
            if not latched(rule.kind, "T2", chart, before):
                treated = _treated(treatments, chart.day, params)
                sentence = (
                    f"{leg_words(chart.side)} weaker from day to day{treated} ({rule.words}): by "
                    f"{slope.per_fortnight:.1f} spreads in a fortnight, {slope.days} worn days "
                    f"(Mann-Kendall p {slope.p:.3f}; what noise reaches is {chart.mdc:.1f})."
                )
                alerts.append(new_alert(rule.kind, "T2", chart.side, chart.day, raised_s, sentence, (chart,)))
    return alerts


def decide_both_legs(
    now: Sequence[Alert], raised_s: float, before: Sequence[Alert] = (), params: DeclineParams = DeclineParams()
) -> list[Alert]:
    """An urgent alert where one of ``now`` is about a leg whose other leg was told of lately, or is told of now.

    It is any review that is newly bilateral (7.8): charts, heel rises, giving way.
    """
    alerts: list[Alert] = []
    for one in (a for a in now if a.kind in TOLD_OF_A_LEG and a.side is not None):
        others = [a for a in (*before, *now) if a.kind == one.kind and a.side not in (one.side, None)]
        others = [a for a in others if a.tier >= "T2"]
        lately = [a for a in others if 0 <= _days(a.day, one.day) <= params.both_days]
        if not lately or _told_of_both(one, (*before, *alerts), params):
            continue
        evidence = (*one.evidence, *(trend for a in lately[-1:] for trend in a.evidence))
        sentence = (
            f"Both legs weaker ({TOLD_OF_A_LEG[one.kind]}), the {one.side} leg now, the other since {lately[-1].day}: "
            "contact the patient today and ask about red flags."
        )
        alerts.append(new_alert(one.kind, "T3", None, one.day, raised_s, sentence, evidence, BOTH_LEGS))
    return alerts


def _told_of_both(one: Alert, before: Sequence[Alert], p: DeclineParams) -> bool:
    told: Iterator[Alert] = (a for a in before if a.kind == one.kind and a.side is None and a.tier == "T3")
    return any(_days(a.day, one.day) <= p.both_days for a in told)


def _nears_its_limit(chart: Trend) -> bool:
    """And it has changed by more than noise."""
    known = chart.change is not None and chart.mdc is not None and chart.change > chart.mdc
    return known and chart.state in ("watch", *WORSE)


def _treated(treatments: Sequence[Treatment], day: str, p: DeclineParams) -> str:
    """What is being done, in words: treatments begun before that day and not long ago."""
    begun = [t for t in treatments if 0 < _days(t.day, day) <= p.treated_days and not t.withdrawn]
    return f" despite {' and '.join(f'{t.kind} since {t.day}' for t in begun)}" if begun else ""


def _days(day: str, later: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(day)).days
