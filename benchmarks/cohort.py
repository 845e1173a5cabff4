"""Cohort: whole months of made-up people, by every rule of a day and of giving way, as one home raises them.

    python benchmarks/cohort.py [--people N]      of those on whom nothing happens; a third as many where something does

Days of benchmarks/charts.py; guided tests on each fourth day of the fortnight, then twice a week, with the noise
of benchmarks/dayrules.py; giving-way-like events that are none, 0.2 a week and leg, Poisson. Nobody answers anything.
Giving way is judged at once and after half an hour, everything else at the day's end. All made up, seeds fixed, no
recording.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from charts import CASES, USUAL, _days
from dayrules import SDS
from rich.console import Console
from rich.table import Table

from surefoot.alerts.decline import TOLD_OF_A_LEG
from surefoot.alerts.givingway import DAY_S, GivingWayLimitParams
from surefoot.alerts.perroot import ROOT_OF
from surefoot.pipeline.incidentwatch import too_often
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.rulebook import Known, RulebookParams, decide_day
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, Alert, DayMetric, DaySummary, Incident, Side

TESTED = {"sit_to_stand_5_s": 11.0, "timed_up_and_go_s": 10.0, "heel_rise_count": 22.0}
EVENTS_A_DAY, FORTNIGHT = 0.2 / 7, 14


@dataclass(frozen=True, slots=True)
class Weak:
    """Which root is worse by how many SD, on which legs from which watched day on."""

    words: str
    root: str = ""
    spreads: float = 0.0
    since: tuple[tuple[Side, int], ...] = ()
    heel_rises: float = 0.0  # fewer, of those legs


NOTHING = Weak("nothing")
WEAKER = (
    Weak("S1 of the left leg worse by 3 SD, heel rises by 8", "s1", 3.0, (("left", 0),), 8.0),
    Weak("L5 worse by 4 SD, the right leg 5 days after the left", "l5", 4.0, (("left", 0), ("right", 5))),
    Weak("S1 of both legs worse by 3 SD from one day on", "s1", 3.0, (("left", 0), ("right", 0))),
)


def rows(cohorts: Sequence[tuple[Weak, int]]) -> Iterator[tuple[str, ...]]:
    yield (
        *("what happens", "people", "any T2 or T3", "any T3", "T2 a person", "T3 a person", "both legs (T3)"),
        *("its day, median", "T1 instead of T2, a person", "most T2 of a root and leg in 7 days"),
    )
    for weak, people in cohorts:
        lives = [_month(weak, np.random.default_rng([11, k])) for k in range(people)]
        reviews, urgent = ([sum(a.tier == tier for _, a in mine) for mine in lives] for tier in ("T2", "T3"))
        both = [next((n for n, a in mine if _both_legs(a)), None) for mine in lives]
        days = [n for n in both if n is not None]
        held = np.mean([sum(a.tier == "T1" and a.kind in ROOT_OF for _, a in mine) for mine in lives])
        called = [two + three > 0 for two, three in zip(reviews, urgent, strict=True)]
        yield (
            *(weak.words, str(people), _pct(np.mean(called)), _pct(np.mean([count > 0 for count in urgent]))),
            *(f"{np.mean(reviews):.2f}", f"{np.mean(urgent):.2f}", _pct(len(days) / people)),
            *(f"{np.median(days):.0f}" if days else "-", f"{held:.2f}", str(max(map(_most_a_week, lives)))),
        )


def _both_legs(alert: Alert) -> bool:
    return alert.kind in TOLD_OF_A_LEG and alert.side is None and alert.tier == "T3"


def _month(weak: Weak, rng: np.random.Generator) -> list[tuple[int, Alert]]:
    """Alerts with the number of watched days until each."""
    lived = [_weakened(day, n, weak) for n, day in enumerate(_days(CASES[0], rng, USUAL))]
    lived = [_tested(day, n, weak, rng) for n, day in enumerate(lived)]
    happened = [
        Incident("giving_way", side, DAY_S * float(at), DAY_S * float(at) + 0.5, "probable", ())
        for side in SIDES
        for at in rng.uniform(0, len(lived), rng.poisson(EVENTS_A_DAY * len(lived)))
    ]
    raised: list[tuple[int, Alert]] = []
    for n in range(FORTNIGHT + 1, len(lived) + 1):
        day, told = lived[n - 1], _known_by(happened, lived[n - 1].end_s)
        moments = {o.end_s + later_s for o in happened for later_s in (0.0, GivingWayLimitParams().ask_s)}
        for at_s in sorted(at_s for at_s in moments if day.start_s <= at_s < day.end_s):
            before = [alert for _, alert in raised]
            found = too_often(at_s, day.day, lived[: n - 1], _known_by(happened, at_s), before)
            raised += [(n - FORTNIGHT, alert) for alert in found]
        known = Known(lived[:n], judge(lived[:n]), told, RulebookParams())
        raised += [(n - FORTNIGHT, alert) for _, alert in decide_day(known, [alert for _, alert in raised])]
    return raised


def _known_by(happened: Sequence[Incident], now_s: float) -> Told:
    return Told(lambda start_s, end_s: [o for o in happened if start_s <= o.start_s < min(end_s, now_s)])


def _weakened(day: DaySummary, number: int, weak: Weak) -> DaySummary:
    legs = {side for side, since in weak.since if number >= FORTNIGHT + since}
    metrics = []
    for one in day.metrics:
        measure, value = MEASURES[one.name], one.value
        if one.side in legs and measure.root == weak.root and value is not None and one.name in USUAL:
            value += measure.worse * weak.spreads * measure.floor_at(USUAL[one.name])
        metrics.append(replace(one, value=value))
    return replace(day, metrics=tuple(metrics))


def _tested(day: DaySummary, number: int, weak: Weak, rng: np.random.Generator) -> DaySummary:
    if (number % 4 != 1) if number < FORTNIGHT else ((number - FORTNIGHT) % 7 not in (2, 6)):
        return day
    made: list[DayMetric] = []
    for name, (sd, legs) in SDS.items():
        for side in SIDES if legs == 2 else (None,):
            weaker = any(of == side and number >= FORTNIGHT + since for of, since in weak.since)
            fewer = weak.heel_rises * (name == "heel_rise_count" and weaker)
            made.append(DayMetric(side, name, float(rng.normal(TESTED[name], sd)) - fewer, 0))
    return replace(day, metrics=(*day.metrics, *made))


def _most_a_week(mine: Sequence[tuple[int, Alert]]) -> int:
    told = [(n, (ROOT_OF[a.kind], a.side)) for n, a in mine if a.tier == "T2" and a.kind in ROOT_OF]
    return max((sum(of == other and 0 <= later - n < 7 for later, other in told) for n, of in told), default=0)


def _pct(share: float) -> str:
    return f"{100 * share:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=90)
    people = parser.parse_args().people
    head, *told = rows([(NOTHING, people), *((weak, max(1, people // 3)) for weak in WEAKER)])
    table = Table(title="30 days behind the fortnight", title_justify="left", box=None)
    for k, word in enumerate(head):
        table.add_column(word, justify="right" if k else "left")
    for row in told:
        table.add_row(*row)
    Console(width=190).print(table)


if __name__ == "__main__":
    main()
