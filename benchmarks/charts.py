"""Charts of roots: how often they alarm where nothing happened, and how soon where something did; and speed's part.

    python benchmarks/charts.py alarms [--people N] [--case WORDS] [--feet] [--without NUMBER] [--answers]  made-up days
    python benchmarks/charts.py powers [--data DIR]     how each number follows walking speed: recordings and simulation

Days after facts/clinical.md 7.3 and 7.4: noise of one floor a day, each day hanging on the last by 0.3, half of its
variance shared by the numbers of a leg; speed wanders by 0.04 m/s. How numbers follow speed is drawn for each person
with the whole spread that the prior of ``pipeline/measures.py`` has. False giving-way-like events come 0.2 a week.
Other shoes that nobody logged move each number of both legs alike by a normal amount of an SD of 1.5 floors, and of
each leg by 0.5 more. An alert is one of any rule of a day (``pipeline/rulebook.py``), T2 or T3. A patient who is asked
about other shoes says nothing, or with ``--answers`` what is so on the next morning, which counts as the day after;
``--unasked``: nobody is asked.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from accuracy import DATA, Bench
from rich.console import Console
from rich.table import Table

from surefoot.alerts.alike import KIND as ASKED
from surefoot.alerts.alike import AlikeParams, answered
from surefoot.pipeline import trends
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.measures import MEASURES, DayMeasure
from surefoot.pipeline.rulebook import Known, RulebookParams, decide_day
from surefoot.pipeline.shoes import denied
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, Alert, DayMetric, DaySummary, Side
from surefoot.signal.walk import Walk, analyze
from surefoot.simulation.walker import Walker, simulate_walk

USUAL = {
    "speed_mps": 1.05, "swing_height_m": 0.12, "shank_tilt_max_deg": 42.0, "mid_swing_rate_dps": 290.0,
    "heel_strike_mps3": 900.0, "no_heel_strike_pct": 4.0, "foot_drop_pct": 2.0, "push_off_rate_dps": 160.0,
    "push_off_acceleration_mps2": 14.0, "loading_rate_dps": 110.0,
    "slap_index": -0.5, "lateral_excursion_m": 0.03,
}  # fmt: skip
OF_FEET = USUAL | {"foot_pitch_at_contact_deg": 20.0, "foot_flat_s": 0.09}
ANKLES_ONLY = ("shank_tilt_max_deg", "slap_index", "loading_rate_dps")
BASELINE_DAYS, WATCHED_DAYS, RHO, SHARED = 14, 30, 0.3, 0.5
FALSE_EVENTS_A_DAY = 0.2 / 7
ROOTS = {"l5": "foot_lifting_weaker", "s1": "push_off_weaker", "l4": "knee_control_weaker"}


@dataclass(frozen=True, slots=True)
class Case:
    """What happens on the day after the baseline, and stays: speed in %, features of a root of the left leg in SD.

    ``shoes``: how far they move the numbers of both legs, in floors.
    """

    words: str
    speed_pct: float = 0.0
    root: str = ""
    spreads: float = 0.0
    shoes: float = 0.0
    days: int = WATCHED_DAYS


CASES = (
    Case("nothing"),
    Case("walks 10 % slower", -10.0),
    Case("walks 20 % slower", -20.0),
    Case("walks 20 % faster", 20.0),
    Case("a week 10 % slower", -10.0, days=7),
    Case("a week 20 % slower", -20.0, days=7),
    Case("a week in other shoes", shoes=1.5, days=7),
    Case("a week in other shoes, 10 % slower", -10.0, shoes=1.5, days=7),
    *(Case(f"{root.upper()} features worse by 4 SD", 0.0, root, 4.0, days=14) for root in ROOTS),
    *(Case(f"{root.upper()} features worse by 4 SD, 10 % slower", -10.0, root, 4.0, days=14) for root in ROOTS),
)


def alarms(given: argparse.Namespace, usual: Mapping[str, float]) -> None:
    """Each case with numbers as they are, and at the usual speed."""
    people, alike = given.people, None if given.unasked else AlikeParams()
    title = f"People of {people} with an alert within {WATCHED_DAYS} days (weaker: 14)"
    table = Table(title=title, box=None, title_justify="left")
    columns = ("", "compared", "any alert", "T3", "asked", "L5", "S1", "L4", "right one within 7 days", "median days")
    for k, column in enumerate(columns):
        table.add_column(column, justify="right" if k > 1 else "left")
    for case in (one for one in CASES if given.case in one.words):
        for how, params in (("as it is", TrendParams(speed=None)), ("at usual speed", TrendParams()))[given.in_force :]:
            lives = (list(_days(case, np.random.default_rng(given.first + k), usual)) for k in range(people))
            rules = RulebookParams(trends=params, alike=alike)
            raised = [_alerts(lived, rules, given.answers, case.shoes > 0) for lived in lives]
            table.add_row(case.words, how, *_counted(case, raised))
    Console(width=160).print(table)


def _counted(case: Case, raised: list[list[tuple[int, Alert]]]) -> list[str]:
    asked = sum(any(alert.kind == ASKED for _, alert in mine) for mine in raised)
    raised = [[(n, alert) for n, alert in mine if alert.tier >= "T2"] for mine in raised]
    urgent = sum(any(alert.tier == "T3" for _, alert in mine) for mine in raised)
    kinds = [{alert.kind for _, alert in mine} for mine in raised]
    shares = [sum(map(bool, kinds)), urgent, asked, *(sum(kind in mine for mine in kinds) for kind in ROOTS.values())]
    told = [f"{100 * share / len(raised):.1f} %" for share in shares]
    if not case.root:
        return [*told, "", ""]
    right = (ROOTS[case.root], "left")
    first = [next((n for n, a in mine if (a.kind, a.side) == right), None) for mine in raised]
    found = [n for n in first if n is not None]
    soon = 100 * sum(n <= 7 for n in found) / len(raised)
    return [*told, f"{soon:.1f} %", f"{np.median(found):.0f}" if found else "none"]


def _alerts(
    days: list[DaySummary], rules: RulebookParams, answers: bool, shoes: bool = False
) -> list[tuple[int, Alert]]:
    """Alerts with the number of watched days until each."""
    raised: list[tuple[int, Alert]] = []
    lived, last, worn = days[:BASELINE_DAYS], BASELINE_DAYS, ()
    for n in range(BASELINE_DAYS + 1, len(days) + 1):
        lived, before = [*lived, replace(days[n - 1], aids=worn)], [alert for _, alert in raised]
        known = Known(lived, judge(lived, rules.trends), Told(), rules)
        new = [alert for _, alert in decide_day(known, before)]
        raised += [(n - BASELINE_DAYS, alert) for alert in new]
        for asked in (alert for alert in new if alert.kind == ASKED and answers):
            said = "other shoes" if shoes else "the usual ones"
            raised = [(k, answered(a, said, known.raised_s) if a is asked else a) for k, a in raised]
            if shoes:
                worn = ("shoes",)
                lived = lived[:last] + [replace(day, aids=worn) for day in lived[last:]]
            else:
                raised += [(n + 1 - BASELINE_DAYS, alert) for alert in denied(known, asked, before)]
    return raised


def _days(case: Case, rng: np.random.Generator, known: Mapping[str, float]) -> Iterator[DaySummary]:
    count = BASELINE_DAYS + case.days
    powers = {m.name: rng.normal(m.speed.power, m.speed.sd) for m in map(MEASURES.__getitem__, known) if m.speed}
    late = np.arange(count) >= BASELINE_DAYS
    pace = (1 + 0.04 / USUAL["speed_mps"] * _wandering(rng, count)) * (1 + case.speed_pct / 100 * late)
    shared = {side: _wandering(rng, count) for side in SIDES}
    columns: dict[tuple[Side | None, str], np.ndarray] = {}
    for name, usual in known.items():
        measure = MEASURES[name]
        shoes = case.shoes * rng.standard_normal() if case.shoes else 0.0
        for side in SIDES:
            columns[side, name] = usual * pace
            if name != "speed_mps":
                noise = np.sqrt(SHARED) * shared[side] + np.sqrt(1 - SHARED) * _wandering(rng, count)
                noise = noise + measure.worse * case.spreads * late * (measure.root == case.root and side == "left")
                if case.shoes:
                    noise = noise + late * (shoes + case.shoes / 3 * rng.standard_normal())
                columns[side, name] = (usual + _floor(measure, usual) * noise) * pace ** powers.get(name, 0.0)
    for side in SIDES:
        weak = case.root == "l4" and side == "left"
        columns[side, "giving_way_count"] = rng.poisson(FALSE_EVENTS_A_DAY + 0.3 * weak * late).astype(float)
    for n in range(count):
        metrics = tuple(DayMetric(side, name, float(values[n]), 600) for (side, name), values in columns.items())
        name = (date(2026, 1, 1) + timedelta(days=n)).isoformat()
        yield DaySummary(name, 86400.0 * n, 86400.0 * (n + 1), 10, 9, 40, 20, (("left", 600),), (), metrics)


def _floor(measure: DayMeasure, usual: float) -> float:
    return measure.floor_at(usual)


def _wandering(rng: np.random.Generator, count: int) -> np.ndarray:
    noise = rng.standard_normal(count)
    for k in range(1, count):
        noise[k] = RHO * noise[k - 1] + np.sqrt(1 - RHO**2) * noise[k]
    return noise


# ---- how numbers follow speed


def powers(data: Path) -> None:
    """Slope of log value on log speed within a leg, over trials of one person and over simulated walks."""
    names = [name for name, measure in MEASURES.items() if measure.speed]
    real: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for recording, _, walk in Bench(data).walks("movingreality", "shank"):
        for side in SIDES:
            real[str(recording.info["subject"]), side].append(_medians(walk, side, names))
    pretend: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for speed_mps in (0.6, 0.8, 1.0, 1.2, 1.4):
        samples, _ = simulate_walk(Walker(speed_mps=speed_mps), np.random.default_rng(1), strides=120)
        walk = analyze({side: (one.acc, one.gyr) for side, one in samples.items()}, 100.0)
        for side in SIDES:
            pretend["simulated", side].append(_medians(walk, side, names))
    table = Table(title="value ~ speed^power", box=None, title_justify="left")
    for column in ("", "recorded", "legs", "simulated", "prior, SD"):
        table.add_column(column)
    for name in names:
        of_real, legs = _power(real, name)
        of_pretend, _ = _power(pretend, name)
        known = MEASURES[name].speed
        assert known
        row = f"{of_real:.2f}", str(legs), f"{of_pretend:.2f}", f"{known.power:g}, {known.sd:g}"
        table.add_row(name, *row)
    Console(width=160).print(table)


def _medians(walk: Walk, side: Side, names: list[str]) -> dict[str, float]:
    strides = walk.strides.take(walk.strides["valid"]).of_side(side)
    return {name: float(np.nanmedian(strides[name])) for name in ("speed_mps", *names) if len(strides) >= 15}


def _power(trials: dict[tuple[str, str], list[dict[str, float]]], name: str) -> tuple[float, int]:
    """The slope common to all legs whose trials differ in speed by an eighth or more; and how many legs those are."""
    x: list[float] = []
    y: list[float] = []
    legs = 0
    for mine in trials.values():
        pairs = np.array([(one["speed_mps"], one[name]) for one in mine if one]).reshape(-1, 2)
        pairs = np.log(pairs[(pairs > 0).all(axis=1)])
        if len(pairs) >= 2 and np.ptp(pairs[:, 0]) >= np.log(1.12):
            x += (pairs[:, 0] - pairs[:, 0].mean()).tolist()
            y += (pairs[:, 1] - pairs[:, 1].mean()).tolist()
            legs += 1
    return (float(np.dot(x, y) / np.dot(x, x)) if legs else float("nan")), legs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("alarms", "powers"))
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--case", default="", help="only cases with these words")
    parser.add_argument("--feet", action="store_true", help="sensors on the feet")
    parser.add_argument("--without", default="", metavar="NUMBER", help="a number that is left out of the charts")
    parser.add_argument("--answers", action="store_true", help="who is asked about shoes says what is so")
    parser.add_argument("--unasked", action="store_true", help="as if nothing were asked first")
    parser.add_argument("--in-force", action="store_true", help="at the usual speed only")
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    given = parser.parse_args()
    trends.DAY_MEASURES = tuple(m for m in trends.DAY_MEASURES if m.name != given.without)
    if given.what == "alarms":
        usual = {n: x for n, x in OF_FEET.items() if n not in ANKLES_ONLY} if given.feet else USUAL
        alarms(given, usual)
    elif given.data.is_dir():
        powers(given.data)
    else:
        sys.exit(f"no recordings at {given.data}: name their folder with --data")


if __name__ == "__main__":
    main()
