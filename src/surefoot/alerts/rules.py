"""The decision to alert: which trends a person must see, said in one sentence with the numbers behind it.

T2 (review) and T3 (urgent) of facts/clinical.md 7.8, for each root: its chart says "worse" (its limit and the MDC gate)
and at least one of its features has changed by more than noise; or "much worse", and two have. Latched: a lasting
weakness is one alert of each tier; the root and leg may raise another when its chart has been below half its limit for
seven good days since, so never two within a week. The clock is the day's end; silence of the sensors raises nothing
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID, uuid5

from surefoot.records import WORSE, Alert, Side, Tier, Trend

AGAIN_DAYS = 7  # never two of a kind and leg within so many (7.8)
NAMES = UUID("6f0c3c0e-3a52-5d0e-9a64-8a3f1d1b7a11")  # of alert ids

NOT_THIS = (
    "Not a diagnosis and not an emergency alarm: ankle sensors see how the leg moves, not why. New shoes, a brace, "
    "a stick, pain or a sensor that sits differently can look the same. Saddle numbness or trouble with bladder or "
    "bowel cannot be seen and need asking."
)


@dataclass(frozen=True, slots=True)
class ChartRule:
    """Alert when the chart of a root is worse."""

    chart: str  # metric of the trend
    kind: str
    words: str
    features: tuple[str, ...]  # trends that count as its evidence
    unless: tuple[tuple[str, str], ...] = ()  # (feature, chart): no evidence while that chart of the leg has changed


@dataclass(frozen=True, slots=True)
class FeatureWords:
    """How a changed feature is said: "push-off 18 % below own normal". ``worse``: up (+1) or down (-1)."""

    words: str
    worse: Literal[-1, 1]
    unit: str  # of the change as said
    scale: float = 1.0
    relative: bool = False
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class RuleParams:
    """Limits of the rules (7.8)."""

    least_features: int = 1
    urgent_features: int = 2


CHART_RULES = (
    ChartRule(
        "l5_composite",
        "foot_lifting_weaker",
        "foot lifting, pattern compatible with L5-type weakness",
        (
            *("foot_drop_pct", "no_heel_strike_pct", "heel_strike_mps3", "shank_tilt_max_deg", "swing_height_m"),
            *("foot_drop_score", "foot_pitch_at_contact_deg", "heel_walk_pct", "toe_tap_count"),
        ),
    ),
    ChartRule(
        "s1_composite",
        "push_off_weaker",
        "push-off, pattern compatible with S1-type weakness",
        ("push_off_rate_dps", "push_off_acceleration_mps2", "heel_rise_count"),
    ),
    ChartRule(
        "l4_composite",
        "knee_control_weaker",
        "knee control, pattern compatible with L4-type weakness",
        ("loading_rate_dps", "giving_way_count", "sit_to_stand_5_s", "chair_stand_30s_count"),
        (("loading_rate_dps", "l5_composite"),),  # a foot that does not land on its heel also loads more slowly (P)
    ),
)

FEATURES = {
    "foot_drop_pct": FeatureWords("foot-drop strides", 1, "points"),
    "no_heel_strike_pct": FeatureWords("strides without heel strike", 1, "points"),
    "heel_strike_mps3": FeatureWords("heel strike", -1, "%", relative=True),
    "shank_tilt_max_deg": FeatureWords("tilt of the shank in swing", 1, "deg"),
    "foot_drop_score": FeatureWords("foot-drop score", 1, "points", decimals=1),
    "foot_pitch_at_contact_deg": FeatureWords("angle of the landing foot", -1, "deg"),
    "swing_height_m": FeatureWords("lift of the ankle", 1, "cm", scale=100.0, decimals=1),
    "push_off_rate_dps": FeatureWords("push-off", -1, "%", relative=True),
    "push_off_acceleration_mps2": FeatureWords("push-off acceleration", -1, "%", relative=True),
    "loading_rate_dps": FeatureWords("loading response", -1, "%", relative=True),
    "giving_way_count": FeatureWords("giving-way-like events", 1, "a day"),
    "sit_to_stand_5_s": FeatureWords("five rises from a chair", 1, "s", decimals=1),
    "chair_stand_30s_count": FeatureWords("rises in 30 s", -1, ""),
    "heel_rise_count": FeatureWords("heel rises on one leg", -1, ""),
    "heel_walk_pct": FeatureWords("heel walking", -1, "points"),
    "toe_tap_count": FeatureWords("toe taps", -1, "%", relative=True),
    "speed_mps": FeatureWords("speed", -1, "%", relative=True),
}
SUMS = ("foot_drop_score",)  # of other numbers, which say more to a reader


def decide(
    trends: Sequence[Trend], raised_s: float, before: Sequence[Alert] = (), params: RuleParams | None = None
) -> list[Alert]:
    """Alerts for one day's trends. ``before``: alerts already raised; ``raised_s``: when the day was judged, UTC s."""
    p = params or RuleParams()
    alerts = []
    for rule in CHART_RULES:
        for chart in trends:
            if chart.metric != rule.chart or chart.state not in WORSE:
                continue
            changed = changed_features(trends, rule, chart.side)
            urgent = chart.state == "much_worse" and len(changed) >= p.urgent_features
            tier: Tier = "T3" if urgent else "T2"
            if len(changed) >= p.least_features and not latched(rule.kind, tier, chart, before):
                alerts.append(_alert(rule, tier, chart, changed, trends, raised_s))
    return alerts


def decide_sudden(
    chart: Trend,
    features: Sequence[Trend],
    span_s: tuple[float, float],
    both_legs: bool,
    before: Sequence[Alert] = (),
) -> list[Alert]:
    """An urgent alert (T3) for a weakness that came within hours, unless that leg and root have one already.

    ``features``: numbers of the last walks, as trends of today, largest deviation first; "much_worse" those changed by
    what matters in itself. ``span_s``: the first of these strides and the last, UTC s.
    """
    (rule,) = (rule for rule in CHART_RULES if rule.chart == chart.metric)
    if latched(rule.kind, "T3", chart, before):
        return []
    parts = "; ".join(said(t) for t in features if t.state == "much_worse")
    also = " The other leg has changed likewise." if both_legs else " The other leg is as usual."
    worn = f"in the last {chart.strides} strides, within {max(1, round((span_s[1] - span_s[0]) / 60))} minutes"
    days = f"the last {chart.baseline.days} good days" if chart.baseline else "the last days"
    sentence = f"{leg_words(chart.side)} suddenly weaker ({rule.words}): {parts}, {worn}, against {days}.{also}"
    return [_new(rule, "T3", chart, sentence, (chart, *features), span_s[1])]


def explained_features(trends: Sequence[Trend], rule: ChartRule, side: Side | None) -> set[str]:
    """Features of the rule that are no evidence now: another chart of the leg has changed and takes them with it."""
    charts = {t.metric for t in trends if t.side == side and real(t)}
    return {feature for feature, chart in rule.unless if chart in charts}


def changed_features(trends: Sequence[Trend], rule: ChartRule, side: Side | None) -> list[Trend]:
    """Features of the rule that changed for the worse by more than noise, largest deviation first, sums last."""
    explained = explained_features(trends, rule, side)
    mine = [t for t in trends if t.side in (side, None) and t.metric in rule.features and t.metric not in explained]
    return sorted(filter(real, mine), key=lambda t: (t.metric in SUMS, -(t.z or 0.0)))


def real(trend: Trend) -> bool:
    """Whether it changed for the worse by more than noise."""
    if trend.state == "cannot_say" or trend.change is None or trend.mdc is None:
        return False
    return trend.change > trend.mdc


def latched(kind: str, tier: Tier, chart: Trend, before: Sequence[Alert]) -> bool:
    """An alert of this kind, leg and at least this tier was raised, and its chart has not been low for long since.

    Or less than a week ago: what came within hours may be less than the day's chart can see, which stays low then.
    """
    alike = (a for a in before if a.kind == kind and a.side == chart.side and a.tier >= tier)
    return any(chart.rearmed <= a.day or _days(a.day, chart.day) < AGAIN_DAYS for a in alike)


def _alert(
    rule: ChartRule, tier: Tier, chart: Trend, changed: Sequence[Trend], trends: Sequence[Trend], raised_s: float
) -> Alert:
    parts = "; ".join(said(t) for t in changed[:3])
    run = f"on {chart.worse_days} worn day{'s' * (chart.worse_days != 1)} in a row"
    days = run if chart.worse_days else "over the last worn days"
    hours = f", {chart.worn_h:.1f} h worn that day" if chart.worn_h is not None else ""
    sentence = f"{leg_words(chart.side)} weaker ({rule.words}): {parts} {days}{hours}{_speed(trends, chart.side)}."
    return _new(rule, tier, chart, sentence, (chart, *changed), raised_s)


def _days(day: str, later: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(day)).days


def leg_words(side: Side | None) -> str:
    return f"{side.capitalize()} leg" if side else "Both legs"


def _new(
    rule: ChartRule, tier: Tier, chart: Trend, sentence: str, evidence: tuple[Trend, ...], raised_s: float
) -> Alert:
    return new_alert(rule.kind, tier, chart.side, chart.day, raised_s, sentence, evidence)


def new_alert(
    kind: str,
    tier: Tier,
    side: Side | None,
    day: str,
    raised_s: float,
    sentence: str,
    evidence: tuple[Trend, ...] = (),
    not_this: str = NOT_THIS,
) -> Alert:
    """A clinical alert; one of the same tier, kind, leg and day is the same episode."""
    alert_id = str(uuid5(NAMES, f"{tier}|{kind}|{side}|{day}"))
    return Alert(alert_id, tier, "clinical", kind, side, raised_s, day, sentence, not_this, evidence)


def said(trend: Trend) -> str:
    """A changed feature in words: the change it was judged by, told in the direction of the number itself."""
    assert trend.change is not None
    assert trend.baseline is not None
    how, usual = FEATURES[trend.metric], abs(trend.baseline.centre)
    direction = "above" if how.worse * trend.change > 0 else "below"
    if how.relative and usual == 0:
        return f"{how.words} {direction} own normal"
    amount = abs(trend.change) * (100.0 / usual if how.relative else how.scale)
    return " ".join([how.words, f"{amount:.{how.decimals}f}", *how.unit.split(), direction, "own normal"])


def _speed(trends: Sequence[Trend], side: Side | None) -> str:
    """What the walking speed did meanwhile, because it moves everything else."""
    speed = next((t for t in trends if t.metric == "speed_mps" and t.side == side and t.change is not None), None)
    if speed is None or speed.mdc is None or speed.change is None:
        return "; speed not known"
    if abs(speed.change) <= speed.mdc:
        return "; speed unchanged"
    return f"; {said(speed)}"
