"""Alike: a change that both legs share is asked about before it is called a weakness of one of them.

Other shoes, pain and a new floor move both legs at once; sciatica mostly one. So a review (T2) by a root's chart waits,
three days at the most, while the legs' charts have not come apart and the other leg's has moved as well: the patient is
asked whether other shoes explain it (facts/clinical.md 7.6; all P). "No" makes it the review it was, at once; so do
charts that come apart; shoes, logged, are compared with days in them. What is urgent does not wait, with one exception:
where the walk bears the mark of other shoes (something that both legs do better at once, which no weakness explains),
one leg's review waits for a week, its urgent alert for three days, unless its chart is far from the other's. The second
leg's review, a warning sign of the cauda equina, never waits (7.8, ``decline.py``), nor does what came within hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import uuid5

from surefoot.alerts.rules import CHART_RULES, NAMES, leg_words, new_alert, said
from surefoot.records import SIDES, Alert, Side, Trend

KIND = "legs_changed_alike"
CHART_OF = {rule.kind: rule.chart for rule in CHART_RULES}
KIND_OF = {chart: kind for kind, chart in CHART_OF.items()}
NO_SHOES = ("giving_way_count", "sit_to_stand_5_s", "chair_stand_30s_count", "heel_rise_count", "heel_walk_pct",
            "toe_tap_count")  # what no shoe explains  # fmt: skip
NOT_YET = (
    "Not yet a weakness of one leg: other shoes, pain, haste or another floor change both legs alike. It is no sign "
    "that nothing is wrong either: two legs that weaken together look the same."
)


STALE_DAYS = 14  # behind the longest wait, and the week for which the question stands on the page (P)


@dataclass(frozen=True, slots=True)
class AlikeParams:
    """When a review waits for an answer (P; ``benchmarks/charts.py``)."""

    apart: float = 3.0  # standard errors by which the legs' charts are apart: it is one leg's
    moved: float = 0.5  # standard errors that the other leg's own chart must stand out by, else it is one leg's
    wait_days: int = 3  # after which nobody waits for an answer any more
    better: float = 3.4  # standard errors by which both legs do something better: the mark of other shoes
    shoes_apart: float = 4.6  # and then the legs' charts have to be so far apart to be one leg's
    shoes_days: int = 7  # and so long a review waits; what is urgent, ``wait_days``


def held_back(
    found: Sequence[Alert],
    apart: Mapping[tuple[str, Side], float],
    trends: Sequence[Trend],
    before: Sequence[Alert],
    params: AlikeParams = AlikeParams(),
    better: float = 0.0,
) -> list[Alert]:
    """Those of the alerts of a day that wait for the patient's answer. ``better``: of ``pipeline/footwear.py``."""
    shoes = better > params.better
    apart_by = params.shoes_apart if shoes else params.apart
    both = {one.kind for one in found if one.tier == "T3" and one.side is None}
    charts = {(trend.metric, trend.side): trend for trend in trends}
    held = []
    for one in found:
        if (
            one.tier not in ("T2", "T3")[: 1 + shoes]
            or one.side is None
            or one.kind not in CHART_OF
            or one.kind in both
        ):
            continue
        name = CHART_OF[one.kind], one.side
        other = charts.get((name[0], SIDES[1 - SIDES.index(one.side)]))
        moved = other is not None and other.shift is not None and (shoes or other.shift > params.moved)
        alike = moved and apart.get(name, apart_by) < apart_by
        days = patience(one, params, shoes=shoes)
        known = any(t.metric in NO_SHOES for t in one.evidence) or _answered(one, before, days)
        if alike and not known and _waited(one, before) < days:
            held.append(one)
    return held


def patience(one: Alert, params: AlikeParams, *, shoes: bool) -> int:
    """For how many days it waits for an answer; ``shoes``: the walk bears the mark of other ones."""
    return params.shoes_days if shoes and one.tier == "T2" else params.wait_days


def question(
    held: Sequence[Alert],
    before: Sequence[Alert],
    raised_s: float,
    params: AlikeParams = AlikeParams(),
    better: float = 0.0,
) -> list[Alert]:
    """What the patient is asked (T1: the clinic may read it); nothing where each of them was asked about already."""
    if not [one for one in held if not any(names(asked, one) for asked in open_questions(before))]:
        return []
    told = "; ".join(_told(one) for one in held)
    sentence = (
        f"Both legs have changed alike ({told}): the patient is asked about other shoes. "
        f"Without an answer it is a review after {params.wait_days} days."
    )
    if better > params.better:
        sentence = (
            f"Both legs have changed at once, some of it for the better, as in other shoes ({told}): the patient is "
            f"asked about them. Without an answer it is told after {_days_of(held, params)} days."
        )
    evidence = tuple(dict.fromkeys(trend for one in held for trend in one.evidence))
    asked = new_alert(KIND, "T1", None, held[0].day, raised_s, sentence, evidence, NOT_YET)
    return [asked] if all(old.alert_id != asked.alert_id for old in before) else []


def _days_of(held: Sequence[Alert], params: AlikeParams) -> int:
    return params.wait_days if any(one.tier == "T3" for one in held) else params.shoes_days


def asked_by_clinic(order_id: str, day: str, asked_s: float) -> Alert:
    """The same question, because the clinic wishes it: no chart waits for it."""
    sentence = "The care team asks the patient about other shoes."
    asked = new_alert(KIND, "T1", None, day, asked_s, sentence, (), NOT_YET)
    return replace(asked, alert_id=str(uuid5(NAMES, f"{KIND}|{order_id}")))


def open_questions(alerts: Iterable[Alert]) -> list[Alert]:
    """Those nobody has answered, each as it was told last, the oldest first."""
    known = {alert.alert_id: alert for alert in alerts if alert.kind == KIND}
    return sorted((one for one in known.values() if one.resolved_s is None), key=lambda one: one.day)


def answered(asked: Alert, words: str, at_s: float) -> Alert:
    """The question, with what the patient said: it is over."""
    return replace(asked, sentence=f"{asked.sentence} The patient says: {words}.", resolved_s=at_s)


def unanswered(one: Alert, before: Sequence[Alert]) -> Alert:
    """A review, with the word that the patient was asked first, where that was so."""
    asked = [old for old in open_questions(before) if names(old, one)]
    if not asked:
        return one
    return replace(one, sentence=f"{one.sentence} Asked about other shoes on {asked[0].day}: no answer.")


def waiting(before: Iterable[Alert]) -> list[Alert]:
    """The reviews that wait for an answer, as they would have been raised: the second leg's is urgent all the same."""
    return [
        new_alert(KIND_OF[chart.metric], "T2", chart.side, asked.day, asked.raised_s, asked.sentence, (chart,))
        for asked in open_questions(before)
        for chart in asked.evidence
        if chart.metric in KIND_OF
    ]


def names(asked: Alert, one: Alert) -> bool:
    """Whether this review is one that the question is about: one of long ago says nothing of the shoes of today."""
    if (date.fromisoformat(one.day) - date.fromisoformat(asked.day)).days > STALE_DAYS:
        return False
    return any((trend.metric, trend.side) == (CHART_OF.get(one.kind), one.side) for trend in asked.evidence)


def _waited(one: Alert, before: Sequence[Alert]) -> int:
    """For how many days it has been asked about."""
    asked = [old for old in open_questions(before) if names(old, one)]
    return (date.fromisoformat(one.day) - date.fromisoformat(asked[0].day)).days if asked else 0


def _answered(one: Alert, before: Sequence[Alert], days: int) -> bool:
    """Whether it was asked about within so many days and has an answer: shoes are logged then, or the usual."""
    asked = (old for old in before if old.kind == KIND and old.resolved_s is not None and names(old, one))
    return any((date.fromisoformat(one.day) - date.fromisoformat(old.day)).days < days for old in asked)


def _told(one: Alert) -> str:
    changed = [said(trend) for trend in one.evidence if trend.metric not in KIND_OF][:2]
    return f"{leg_words(one.side)}: {'; '.join(changed) or 'from day to day'}"
