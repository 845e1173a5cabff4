"""Guided tests that went worse: a change that a patient notices (MCID), held against the patient's own tests (T2).

Changes: facts/clinical.md 5.3 and 7.8. The middle of the last three tests must be beyond the limit and beyond what
noise reaches; of the first two tests after the baseline one is enough, and so is one far beyond. A single odd test of
many is no reason: told at once, it would be wrong three to four times as often (docs/methods.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from surefoot.alerts.rules import latched, leg_words, new_alert, real
from surefoot.records import Alert, Trend


@dataclass(frozen=True, slots=True)
class TestLimit:
    """How much worse is worth a therapist's look."""

    __test__ = False  # pytest would take the name for a test of its own

    metric: str
    kind: str
    words: str
    worse: Literal[-1, 1]  # up or down
    limit: float
    unit: str
    source: str
    grade: str


TEST_LIMITS = (
    TestLimit(
        *("sit_to_stand_5_s", "five_rises_slower", "five rises from a chair", 1, 3.6, "s"),
        *("MCID, Staartjes and Schroder 2018, 2020", "E1"),
    ),
    TestLimit(
        *("timed_up_and_go_s", "up_and_go_slower", "timed up and go", 1, 3.4, "s"), *("MCID, Gautschi 2017", "E1")
    ),
    TestLimit(
        *("heel_rise_count", "heel_rises_fewer", "heel rises on one leg", -1, 7, ""),
        *("smallest real change, Hebert-Losier 2017", "E1"),
    ),
)


@dataclass(frozen=True, slots=True)
class TestRuleParams:
    """How sure a change of tests must be."""

    __test__ = False

    far: float = 1.5  # limits; so far beyond one test is enough (P)
    limits: tuple[TestLimit, ...] = TEST_LIMITS


def decide_tests(
    trends: Sequence[Trend], raised_s: float, before: Sequence[Alert] = (), params: TestRuleParams = TestRuleParams()
) -> list[Alert]:
    """Alerts for the guided tests of one day."""
    alerts = []
    for rule in params.limits:
        for trend in (t for t in trends if t.metric == rule.metric):
            change = _beyond(trend, rule, params)
            if change is not None and not latched(rule.kind, "T2", trend, before):
                sentence = _sentence(trend, rule, change)
                alerts.append(new_alert(rule.kind, "T2", trend.side, trend.day, raised_s, sentence, (trend,)))
    return alerts


def _beyond(trend: Trend, rule: TestLimit, p: TestRuleParams) -> float | None:
    """The change for the worse that passes the limit, if one does."""
    if trend.change is None or trend.mdc is None or trend.value is None or trend.baseline is None:
        return None
    if trend.state == "cannot_say":
        return None
    if real(trend) and trend.change >= rule.limit:
        return trend.change
    today = rule.worse * (trend.value - trend.baseline.centre)
    return today if today >= p.far * rule.limit and today > trend.mdc else None


def _sentence(trend: Trend, rule: TestLimit, change: float) -> str:
    assert trend.baseline is not None
    assert trend.value is not None
    more = "more" if rule.worse > 0 else "fewer"
    unit = f" {rule.unit}" if rule.unit else ""
    digits = 1 if rule.unit else 0
    leg = f"{leg_words(trend.side)}: " if trend.side else ""
    said = (
        f"{leg}{rule.words} {change:.{digits}f}{unit} {more} than own normal ({trend.baseline.centre:.{digits}f}{unit} "
        f"over {trend.baseline.days} tests; today {trend.value:.{digits}f}{unit}), a change of {rule.limit:g}{unit} "
        f"counts ({rule.source}). Repeat the test."
    )
    return said[0].upper() + said[1:]
