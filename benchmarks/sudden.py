"""Sudden: the acute rule on made-up blocks of fifty strides, alone, and together with every rule of a day.

    python benchmarks/sudden.py quiet [--people N] [--wander X]    30 days on which nothing happens
    python benchmarks/sudden.py step [--people N] [--wander X]     a leg is worse from one morning on, and stays so

Made-up blocks: 40 a leg and day in 13 or so walks from 8 to 20 o'clock; each number wanders by one floor from day to
day, hanging on the day before by 0.3, and by one more from block to block, half of both shared by a leg's numbers and
half of that by both legs; pace wanders by 0.04 m/s a day and 0.08 m/s a walk, and numbers follow it as people differ.
``--wander`` multiplies how far days and blocks wander: how far real ones do is assumed, and floors stay as they are.
A day is what its blocks make: their median, or mean of shares. In ``step`` one day in seven is not worn (but the
fortnight before is whole); days are those of the calendar, the first one that of the step. Nothing here is a recording.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from charts import USUAL
from rich.console import Console
from rich.table import Table

from surefoot.alerts.rules import decide_sudden
from surefoot.pipeline.acute import AcuteParams, AcuteWatch
from surefoot.pipeline.fifties import SPEED, STRIDES, Fifty
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.rulebook import Known, RulebookParams, decide_day
from surefoot.pipeline.told import Told
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, Alert, DayMetric, DaySummary

LEARNED, WATCHED, RHO, WORN, DAY_S = 14, 30, 0.3, 6 / 7, 86400.0
STEPS = 3.1, 4.0, 6.0  # spreads of a day; 3.1 of each of the five numbers of L5 are 4 SD of its chart
ROOTS = ("l5", "s1", "l4")
KINDS = {"l5": "foot_lifting_weaker", "s1": "push_off_weaker", "l4": "knee_control_weaker"}


@dataclass(frozen=True, slots=True)
class Step:
    """The numbers of a root of the left leg are worse by so many spreads (SDs of a day, in floors)."""

    root: str
    spreads: float


class Life:
    """One person's days in blocks of fifty strides."""

    def __init__(self, rng: np.random.Generator, wander: float = 1.0) -> None:
        self._rng, self._by = rng, wander
        self._measures = [MEASURES[name] for name in USUAL if name not in (SPEED, "mid_swing_rate_dps")]
        speeds = {m.name: m.speed for m in self._measures}
        self._powers = {name: rng.normal(one.power, one.sd) if one else 0.0 for name, one in speeds.items()}
        self._state: dict[str, float] = {}

    def day(self, number: int, step: Step | None = None) -> list[Fifty]:
        rng = self._rng
        pace_of_day = USUAL[SPEED] + 0.04 * self._wander("pace")
        both, legs = self._wander("both"), {side: self._wander(side) for side in SIDES}
        own = {(side, m.name): self._wander(f"{side} {m.name}") for side in SIDES for m in self._measures}
        starts = np.sort(rng.uniform(8 * 3600, 20 * 3600, 13))
        blocks = []
        for start, count in zip(starts, rng.geometric(1 / 3, 13), strict=True):
            pace = pace_of_day + 0.08 * rng.standard_normal()
            for k in range(min(int(count), 8)):
                at_s = DAY_S * number + start + 58.0 * k
                shared = rng.standard_normal()
                for side in SIDES:
                    of_leg, values = rng.standard_normal(), [(SPEED, pace)]
                    for m in self._measures:
                        noise = _mixed(both, legs[side], own[side, m.name])
                        noise = self._by * (noise + _mixed(shared, of_leg, rng.standard_normal()))
                        if step is not None and (m.root, side) == (step.root, "left"):
                            noise += m.worse * step.spreads
                        usual = USUAL[m.name]
                        value = (usual + m.floor_at(usual) * noise) * (pace / USUAL[SPEED]) ** self._powers[m.name]
                        values.append((m.name, value))
                    blocks.append(Fifty(side, at_s, at_s + 58.0, 1, tuple(values)))
        return sorted(blocks, key=lambda block: block.end_s)

    def _wander(self, name: str) -> float:
        fresh = float(self._rng.standard_normal())
        self._state[name] = RHO * self._state[name] + np.sqrt(1 - RHO**2) * fresh if name in self._state else fresh
        return self._state[name]


def _mixed(both: float, leg: float, own: float) -> float:
    return 0.5 * both + 0.5 * leg + np.sqrt(0.5) * own


# ---- nothing happens


def quiet(people: range, seed: int, wander: float, _: str = "") -> Iterator[tuple[str, ...]]:
    """False alarms of the acute rule. Who is told nothing without the gates is told nothing with them."""
    yield "", "people", "patient-days", "told", "one in", "people told in 30 days"
    alone, gated = [], []
    for k in people:
        told = [_told(Life(np.random.default_rng([seed, k]), wander), AcuteParams(gated=False))]
        if told[0]:
            told.append(_told(Life(np.random.default_rng([seed, k]), wander), AcuteParams()))
        alone.append(told[0])
        gated.append(told[-1])
        if k % 10 == 9:
            print(f"to {k}: {sum(alone)} told without gates, {sum(gated)} with", file=sys.stderr, flush=True)
    for words, found in (("rule alone", alone), ("with its gates", gated)):
        count, days = sum(found), len(people) * WATCHED
        rate = f"{days / count:.0f} patient-days" if count else f"over {days / 3:.0f} patient-days (95 %)"
        yield words, str(len(people)), str(days), str(count), rate, _pct(np.mean([one > 0 for one in found]))


def _told(life: Life, params: AcuteParams) -> int:
    watch = AcuteWatch(_day_of, params=params, past=[block for day in range(LEARNED) for block in life.day(day)])
    return sum(len(watch.update(life.day(day))) for day in range(LEARNED, LEARNED + WATCHED))


# ---- a step, by all rules together


def steps(people: range, seed: int, wander: float, only: str = "") -> Iterator[tuple[str, ...]]:
    yield (
        *(
            "worse from one morning on",
            "acute rule, that day if worn",
            "hours after",
            "T2 or T3, that day",
            "within 2 days",
        ),
        *("within 3 days", "T3 within 3 days", "within the first 2 worn days", "another leg or root"),
    )
    for root in ROOTS if not only else [only]:
        for spreads in STEPS:
            step = Step(root, spreads)
            lives = [_Stepped(np.random.default_rng([seed, k]), step, wander) for k in people]
            yield (f"{root.upper()} by {spreads:g} spreads", *_row(lives, step))


@dataclass(frozen=True, slots=True)
class _Heard:
    day: int  # of the calendar, from 1
    worn_day: int
    hours: float | None  # since the morning's first block, of the acute rule
    alert: Alert


def _row(lives: Sequence[_Stepped], step: Step) -> Iterator[str]:
    right = [[h for h in one.heard if (h.alert.kind, h.alert.side) == (KINDS[step.root], "left")] for one in lives]
    sudden = [min((h.hours for h in mine if h.hours is not None and h.day == 1), default=None) for mine in right]
    found = [hours for hours in sudden if hours is not None]
    yield _pct(len(found) / sum(one.worn_at_once for one in lives))
    yield f"{np.median(found):.1f}" if found else "-"
    for days in (1, 2, 3):
        yield _pct(np.mean([any(h.day <= days for h in mine) for mine in right]))
    yield _pct(np.mean([any(h.day <= 3 and h.alert.tier == "T3" for h in mine) for mine in right]))
    yield _pct(np.mean([any(h.worn_day <= 2 for h in mine) for mine in right]))
    told = [[h for h in one.heard if h.alert.tier >= "T2"] for one in lives]  # a question calls nobody
    yield _pct(np.mean([len(every) > len(mine) for every, mine in zip(told, right, strict=True)]))


class _Stepped:
    """A life with a step on the first day after the fortnight, and the alerts of the worn days among the next four."""

    def __init__(self, rng: np.random.Generator, step: Step, wander: float) -> None:
        self.heard: list[_Heard] = []
        self.worn_at_once = False
        self._life, self._step = Life(rng, wander), step
        fortnight = [self._life.day(day) for day in range(LEARNED)]
        self._watch = AcuteWatch(_day_of, past=[block for blocks in fortnight for block in blocks])
        self._days = [_summary(blocks) for blocks in fortnight]
        for day in range(1, 5):
            if rng.random() < WORN:
                self.worn_at_once |= day == 1
                self._wear(day)

    def _wear(self, day: int) -> None:
        blocks = self._life.day(LEARNED + day - 1, self._step)
        for one in (sudden for block in blocks for sudden in self._watch.update([block])):
            span_s, hours = (one.start_s, one.at_s), (one.at_s - blocks[0].start_s) / 3600
            self._hear(day, hours, decide_sudden(one.chart, one.features, span_s, one.both_legs, self._before()))
        self._days.append(_summary(blocks))
        known = Known(self._days, judge(self._days), Told(), RulebookParams())
        self._hear(day, None, [alert for _, alert in decide_day(known, self._before())])

    def _before(self) -> list[Alert]:
        return [heard.alert for heard in self.heard]

    def _hear(self, day: int, hours: float | None, alerts: Sequence[Alert]) -> None:
        worn_day = len(self._days) - LEARNED + (hours is not None)
        self.heard += [_Heard(day, worn_day, hours, alert) for alert in alerts]


def _summary(blocks: Sequence[Fifty]) -> DaySummary:
    midnight_s = blocks[0].start_s // DAY_S * DAY_S
    metrics = []
    for side in SIDES:
        mine: Sequence[Mapping[str, float]] = [dict(b.values) for b in blocks if b.side == side]
        for name in mine[0]:
            values = [one[name] for one in mine]
            middle = np.mean(values) if MEASURES[name].how == "share" else np.median(values)
            metrics.append(DayMetric(side, name, float(middle), STRIDES * len(mine)))
        metrics.append(DayMetric(side, "giving_way_count", 0.0, STRIDES * len(mine)))
    count = STRIDES * len(blocks) // 2
    strides = tuple((side, count) for side in SIDES)
    return DaySummary(_day_of(midnight_s), midnight_s, midnight_s + DAY_S, 10, 9, 40, 13, strides, (), tuple(metrics))


def _day_of(at_s: float) -> str:
    return (date(2026, 1, 1) + timedelta(days=int(at_s // DAY_S))).isoformat()


def _pct(share: float) -> str:
    return f"{100 * share:.1f} %"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("quiet", "step"))
    parser.add_argument("--people", type=int, help="170 for quiet, 200 for step")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="begin with this one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--wander", type=float, default=1.0)
    parser.add_argument("--root", choices=ROOTS, default="", help="only steps of this one")
    given = parser.parse_args()
    tables = {"quiet": (quiet, 170), "step": (steps, 200)}
    made, people = tables[given.what]
    chosen = range(given.first, given.first + (given.people or people))
    head, *rows = made(chosen, given.seed, given.wander, given.root)
    table = Table(title=f"{given.what}, wander x {given.wander:g}", title_justify="left", box=None)
    for k, word in enumerate(head):
        table.add_column(word, justify="right" if k else "left")
    for row in rows:
        table.add_row(*row)
    Console(width=190).print(table)


if __name__ == "__main__":
    main()
