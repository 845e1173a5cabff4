"""Rules of a day beside the charts: how often each is wrong where nothing happened, and how soon right where it did.

    python benchmarks/dayrules.py tests     guided tests twice a week, a month after the four of the baseline
    python benchmarks/dayrules.py limits    giving way: limits from two weeks of a leg's own rate
    python benchmarks/dayrules.py slopes    a chart's fortnight beside the chart's own rule, a month watched
    python benchmarks/dayrules.py days      whole made-up days (benchmarks/charts.py), every rule at once

All made up, seeds fixed, no recording. Tests: normal noise of the between-day SD of 5.3 (rises 1.08 s, up and go 1.2 s,
heel rises 2.3 on each leg). Giving way: Poisson, which real buckles are not: they cluster. Slopes: one chart, noise of
one SD a day that hangs on the day before by 0.3, one day in seven not worn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import numpy as np
from charts import CASES, USUAL, _days
from rich.console import Console
from rich.table import Table

from surefoot.alerts.decline import DeclineParams
from surefoot.alerts.givingway import DAY_S, Event, GivingWayLimitParams, Usual, decide_giving_way
from surefoot.alerts.testrules import TEST_LIMITS, TestRuleParams
from surefoot.pipeline.baseline import BaselineParams, learn, smallest_real_change
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.rulebook import RULES, Known, RulebookParams, decide_day
from surefoot.pipeline.shift import ShiftParams, shift_path
from surefoot.pipeline.slopes import SlopeParams, slope
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge
from surefoot.records import Alert, Array, DaySummary

PEOPLE = 4000
SDS = {"sit_to_stand_5_s": (1.08, 1), "timed_up_and_go_s": (1.2, 1), "heel_rise_count": (2.3, 2)}  # and legs
WATCHED = 9  # tests in a month
CONFIRMED = (0.0, 0.5, 1.0)  # share of the events that the patient says were so


def tests() -> Iterator[tuple[str, ...]]:
    yield (
        "test",
        "worse by",
        "any single test",
        "middle of three, or one far beyond (in force)",
        "of them within two tests",
    )
    rng = np.random.default_rng(1)
    for rule in TEST_LIMITS:
        sd, legs = SDS[rule.metric]
        for times in (0.0, 1.0, 1.5):
            x = rng.normal(0, sd, (PEOPLE, legs, 4 + WATCHED))
            x[:, 0, 4:] += times * rule.limit
            single, ours = _fired(x, rule.limit, MEASURES[rule.metric].floor)
            first = ours.any(axis=1)
            soon = first[:, :2].any(axis=1).mean()
            yield (
                *(rule.words, f"{times * rule.limit:g}", _pct(single.any(axis=(1, 2)).mean())),
                *(_pct(first.any(axis=1).mean()), _pct(soon)),
            )


def _fired(x: Array, least: float, floor: float) -> tuple[Array, Array]:
    """Whether a single test would be told, and whether it is by the rule in force: (people, legs, tests)."""
    known = x[..., :4]
    centre = np.median(known, axis=2, keepdims=True)
    mad = 1.4826 * np.median(np.abs(known - centre), axis=2, keepdims=True)
    spread = np.maximum(np.maximum(mad, known.std(axis=2, ddof=1, keepdims=True)), floor)
    change = x[..., 4:] - centre
    noise = [1.96 * spread * np.sqrt(1 / 4 + 1 / count) for count in (1, 3)]
    single = (change >= least) & (change > noise[0])
    middle = np.stack([np.median(change[..., k - 2 : k + 1], axis=2) for k in range(2, change.shape[2])], axis=2)
    ours = single.copy()  # the first two tests stand alone
    ours[..., 2:] = (middle >= least) & (middle > noise[1])
    return single, ours | ((change >= TestRuleParams().far * least) & (change > noise[0]))


def limits() -> Iterator[tuple[str, ...]]:
    """T3 thrice: nobody answers, of half of the events the patient says that they were so, of all."""
    yield (
        *("true rate a week", "people: T2 or T3, nothing changes", "T3, nothing changes", "five-fold: T2 or T3", "T3"),
        *("one a day: T2 or T3 in 7 days", "T3", "two a day: T2 or T3 in 3 days", "T3"),
    )
    rng = np.random.default_rng(0)
    for rate in (0.1, 0.2, 0.5, 1.0, 2.0):
        legs = [_too_often(rng, rate, rate, 30) for _ in range(2)]
        nothing = [1 - float(np.prod([1 - share for share in leg])) for leg in zip(*legs, strict=True)]
        cases = (5 * rate, 30.0), (7.0, 7.0), (14.0, 3.0)
        found = [nothing, *(_too_often(rng, rate, now, days) for now, days in cases)]
        yield f"{rate:g}", *(cell for told in found for cell in (_pct(told[0]), ", ".join(map(_pct, told[1:]))))


def _too_often(rng: np.random.Generator, before: float, now: float, days: float) -> list[float]:
    """The share of legs told of as T2 or T3 where nobody answers, and as T3 by how many events are confirmed."""
    count = np.zeros(1 + len(CONFIRMED))
    for _ in range(PEOPLE):
        usual = Usual(int(rng.poisson(2 * before)), 14)
        at, said = np.sort(rng.uniform(0, days, rng.poisson(now * days / 7))), rng.random(10_000)
        tiers = [_tiers(usual, at, said[: len(at)] < share) for share in CONFIRMED]
        count += [bool(tiers[0]), *("T3" in told for told in tiers)]
    return (count / PEOPLE).tolist()


def _tiers(usual: Usual, at: Array, confirmed: Array) -> set[str]:
    """What the rule in force says of these events, each as it comes and when its answer is waited for no more."""
    events = [Event("left", DAY_S * float(day), bool(yes)) for day, yes in zip(at, confirmed, strict=True)]
    moments = (one.at_s + later_s for one in events for later_s in (0.0, GivingWayLimitParams().ask_s))
    told = (decide_giving_way(events, usual, at_s, "2026-01-01") for at_s in moments)
    return {alert.tier for alerts in told for alert in alerts}


def slopes(people: int = 500) -> Iterator[tuple[str, ...]]:
    yield "a day", "slope alone", "slope while the chart is at watch", "chart (T2)", "either (in force)", "median day"
    rng = np.random.default_rng(3)
    for ramp in (0.0, 0.1, 0.15, 0.25):
        first = np.array([_first(rng, ramp) for _ in range(people)])
        told = np.median(first[:, 3])
        yield f"{ramp:g} SD", *map(_pct, (first < 99).mean(axis=0)), f"{told:.0f}" if told < 99 else "-"


def _first(rng: np.random.Generator, ramp: float) -> tuple[int, int, int, int]:
    """The first day after the baseline on which each rule speaks; 99: none within a month."""
    p, known = ShiftParams(), BaselineParams()
    x = rng.normal(size=44)
    for k in range(1, 44):
        x[k] = 0.3 * x[k - 1] + np.sqrt(1 - 0.09) * x[k]
    x[14:] += ramp * np.arange(1, 31)
    worn = np.flatnonzero(rng.random(44) > 1 / 7)
    values, names = x[worn].tolist(), [(date(2026, 1, 1) + timedelta(days=int(k))).isoformat() for k in worn]
    base = learn(names, values, 0.7, known)
    assert base is not None
    z = (x[worn] - base.centre) / base.spread
    path = shift_path(z, np.empty((0, len(z))), 14, 0.7 / base.spread, p)
    first = [99] * 4
    for k in range(15, len(values)):
        change = float(np.median(values[max(14, k - 2) : k + 1])) - base.centre
        mdc = max(smallest_real_change(values, base, 3, known), 1.0)
        found = slope("made up", None, names[: k + 1], values[: k + 1], SlopeParams())
        falls = found is not None and found.per_fortnight > mdc and found.p < DeclineParams().most_p
        watch = path[k - 14] > p.watch and change > mdc
        chart = path[k - 14] > p.review and change > mdc
        for rule, speaks in enumerate((falls, falls and watch, chart, chart or (falls and watch))):
            first[rule] = min(first[rule], int(worn[k]) - 13) if speaks else first[rule]
    return first[0], first[1], first[2], first[3]


def days(people: int = 100) -> Iterator[tuple[str, ...]]:
    yield "people with an alert of it within 30 days", *(rule.name for rule in RULES), "any T2 or worse", "any T3"
    for case in CASES[:1]:
        told = [_raised(list(_days(case, np.random.default_rng(seed), USUAL))) for seed in range(people)]
        shares = [np.mean([any(name == rule.name for name, _ in mine) for mine in told]) for rule in RULES]
        urgent = np.mean([any(alert.tier == "T3" for _, alert in mine) for mine in told])
        yield case.words, *map(_pct, (*shares, np.mean([bool(mine) for mine in told]), urgent))


def _raised(lived: list[DaySummary]) -> list[tuple[str, Alert]]:
    made: list[tuple[str, Alert]] = []
    for n in range(15, len(lived) + 1):
        known = Known(lived[:n], judge(lived[:n]), Told(), RulebookParams())
        made += [(rule.name, alert) for rule, alert in decide_day(known, [alert for _, alert in made])]
    return made


def _pct(share: float) -> str:
    return f"{100 * share:.1f} %"


TABLES: dict[str, Callable[[], Iterator[tuple[str, ...]]]] = {
    "tests": tests,
    "limits": limits,
    "slopes": slopes,
    "days": days,
}


def main() -> None:
    for name in sys.argv[1:] or TABLES:
        head, *rows = TABLES[name]()
        table = Table(*head, title=name)
        for row in rows:
            table.add_row(*row)
        Console(width=150).print(table)


if __name__ == "__main__":
    main()
