"""Weakening: simulated patients who are well for a fortnight; raw samples through the whole path and a home's store.

    python benchmarks/weakening.py [CASE ...] [--lives N] [--first SEED] [--kept FOLDER]

Each person lives the fortnight once. Four lives go on from the store as it was that evening, as a gateway does that was
switched off: from the next morning, and from those one, two and three days later, nothing worn between. The
fortnight's days hold all their walking and little of their sitting, which nothing is compared with, so hours of wear
are not asked of them; the days that count are whole. The store and the alerts of each life are kept in FOLDER: what was
run is not run again (delete the folder after a change of the code); a run that was stopped counts as far as it came.
Told as well: the guided tests that would be brought forward, if the patient does them.

Cases: dorsi, push, quad: that weakness is 0 on one day and 0.6 the next, which is lived; in every second life it is the
right leg. pain: a week 20 % slower, and no weaker. well: a week as before. Nothing here is a recording: no public one
shows a person weakening.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from surefoot.pipeline.days import DayBook, DayParams
from surefoot.pipeline.live import run
from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.pipeline.nexttest import tests_of_moved
from surefoot.pipeline.resumed import resumed
from surefoot.pipeline.store import Store, open_store
from surefoot.records import SIDES, Gap, Samples, Side, Trend
from surefoot.signal.walk import WalkStream
from surefoot.simulation.day import Habits
from surefoot.simulation.patient import Patient, patient_blocks

BASELINE_DAYS, SHORT_H, LATER, ZONE = 14, 0.6, 4, ZoneInfo("UTC")
KINDS = {  # of alerts that name the leg and what has become weak
    "dorsi": ("foot_lifting_weaker",),
    "push": ("push_off_weaker",),
    "quad": ("knee_control_weaker", "gives_way_more"),
}
ROOTS = {"dorsi": "l5", "push": "s1", "quad": "l4"}
ROOT_OF_TEST = {measure.field: measure.root for measure in DAY_MEASURES if measure.how == "test"}
URGENT = ("T3", "T4")


@dataclass(frozen=True, slots=True)
class Life:
    """One of a person's lives after the fortnight, beginning so many mornings later."""

    seed: int
    later: int

    @property
    def first_day(self) -> int:
        return BASELINE_DAYS + 1 + self.later

    @property
    def weak_side(self) -> Side:
        return SIDES[(self.seed + self.later) % 2]


@dataclass(frozen=True, slots=True)
class Case:
    """What the days after the fortnight are; ``changes`` of the patient."""

    name: str
    words: str
    days: int
    changes: tuple[tuple[str, object], ...] = ()

    def patient(self, life: Life) -> Patient:
        last_day, onset = life.first_day + self.days - 1, {"onset_day": life.first_day, "ramp_days": 1.0}
        usual = Patient(seed=life.seed, days=last_day, short_days=(), drawer_days=(), severity=0.0)
        return replace(usual, weak_side=life.weak_side, **onset, **dict(self.changes))  # type: ignore[arg-type]  # fields by name


def _weak(weakness: str, words: str, days: int) -> Case:
    return Case(weakness, f"{words} 0.6 from one day to the next", days, (("weakness", weakness), ("severity", 0.6)))


CASES = (
    _weak("dorsi", "Lifts the foot less (L5),", 1),
    _weak("push", "Pushes off less (S1),", 3),
    _weak("quad", "Knee weaker (L4),", 3),
    Case("well", "Well", 7),
    Case("pain", "20 % slower, no weaker", 7, (("slowing_pct", 20.0), ("weakness", "none"), ("severity", 1.0))),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """An alert of the days lived after the fortnight, ``hours`` after the first reading of them."""

    hours: float
    tier: str
    kind: str
    side: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A guided test that is brought forward behind day number ``day`` of those lived, where the patient does it."""

    day: int
    kind: str
    side: str | None


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of one life. ``heard`` holds what was told in the fortnight, too (negative hours)."""

    heard: tuple[Heard, ...]
    moved: tuple[Moved, ...]


def baseline(seed: int, folder: Path) -> Path:
    """The store of a patient's fortnight, lived now if it was not before."""
    at = folder / f"fortnight-{seed}.sqlite"
    if not at.exists():
        short, days = Habits(worn_h=SHORT_H, short_h=SHORT_H), tuple(range(1, BASELINE_DAYS + 1))
        patient = Patient(seed=seed, days=BASELINE_DAYS, short_days=days, drawer_days=(), severity=0.0, habits=short)
        with_it = folder / f"unfinished-{seed}.sqlite"
        with_it.unlink(missing_ok=True)
        _live(patient_blocks(patient), with_it, DayParams(least_worn_h=0.25)).close()
        with_it.rename(at)
    return at


def lived(case: Case, life: Life, folder: Path) -> Lived:
    known = folder / f"{case.name}-{life.seed}-{life.later}.json"
    if not known.exists():
        at, patient = folder / f"{case.name}.sqlite", case.patient(life)
        shutil.copy(baseline(life.seed, folder), at)
        blocks = list(patient_blocks(patient, life.first_day))
        began_s = next(block.start_s for block in blocks if isinstance(block, Samples))
        with closing(_live(iter(blocks), at)) as store:
            alerts = [one.alert for one in store.alerts() if one.alert.channel == "clinical"]
            trends = store.trends(store.gateway(), since=datetime.fromtimestamp(began_s, ZONE).date().isoformat())
        at.unlink()
        heard = [((a.raised_s - began_s) / 3600, a.tier, a.kind, a.side, a.sentence) for a in alerts]
        known.write_text(json.dumps({"heard": heard, "moved": list(_moved(trends))}))
    found = json.loads(known.read_text())
    return Lived(tuple(Heard(*one) for one in found["heard"]), tuple(Moved(*one) for one in found["moved"]))


def _moved(trends: Iterable[Trend]) -> Iterator[tuple[int, str, str | None]]:
    days = groupby(sorted(trends, key=lambda one: one.day), lambda one: one.day)
    for number, (_, told) in enumerate(days, 1):
        for kind, side in tests_of_moved(list(told)):
            yield number, kind, side


def _live(blocks: Iterator[Samples | Gap], at: Path, params: DayParams | None = None) -> Store:
    """The store, open, when they have been lived."""
    store = open_store(f"sqlite:///{at}")
    asyncio.run(run(_source(blocks), WalkStream(), DayBook(params, ZONE), store, resumed(store, ZONE)))
    return store


async def _source(blocks: Iterator[Samples | Gap]) -> AsyncIterator[Samples | Gap]:
    for block in blocks:
        yield block


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="dorsi alone if none is named")
    parser.add_argument("--lives", type=int, default=100)
    parser.add_argument("--first", type=int, default=7, metavar="SEED")
    parser.add_argument("--kept", type=Path, default=Path("/tmp/surefoot-weakening"), metavar="FOLDER")
    given = parser.parse_args()
    given.kept.mkdir(parents=True, exist_ok=True)
    wanted = [case for case in CASES if case.name in (given.cases or ["dorsi"])]
    lives = [Life(given.first + k // LATER, k % LATER) for k in range(given.lives)]
    console = Console(width=190)
    for case in wanted:
        told = {life: lived(case, life, given.kept) for life in track(lives, case.name, console=Console(stderr=True))}
        console.print(_table(case, told))
        for life, mine in told.items():
            for one in (h for h in mine.heard if not _right(case, life, h)):
                console.print(f"  {life}: {one.hours:.1f} h: {one.tier}, {one.sentence}")
            if case.name in KINDS and not any(h.hours < 24 and _right(case, life, h) for h in mine.heard):
                console.print(f"  {life}: not told that day")


def _right(case: Case, life: Life, one: Heard) -> bool:
    return one.kind in KINDS.get(case.name, ()) and one.side == life.weak_side and one.hours >= 0


def _looks_there(case: Case, life: Life, one: Moved) -> bool:
    return ROOT_OF_TEST[one.kind] == ROOTS.get(case.name) and one.side in (None, life.weak_side)


def _table(case: Case, told: Mapping[Life, Lived]) -> Table:
    people = len({life.seed for life in told})
    table = Table(title=f"{case.words}: {len(told)} lives of {people} people, {case.days} days each", box=None)
    right = [[h for h in mine.heard if _right(case, life, h)] for life, mine in told.items()]
    urgent = [min((h.hours for h in mine if h.tier in URGENT), default=np.inf) for mine in right]
    forward = [[m.day for m in mine.moved if _looks_there(case, life, m)] for life, mine in told.items()]
    wrongly = [{m.day for m in mine.moved if not _looks_there(case, life, m)} for life, mine in told.items()]
    cells = {
        "right leg and root, same day": sum(any(h.hours < 24 for h in mine) for mine in right),
        "and urgent (T3)": sum(hours < 24 for hours in urgent),
        "median hours after": f"{np.median(urgent):.1f}",
        "told in these days": sum(map(bool, right)),
        "its test next morning": sum(1 in days for days in forward),
        "the morning after": sum(any(day <= 2 for day in days) for days in forward),
        "other leg or root": sum(len(mine.heard) > len(true) for mine, true in zip(told.values(), right, strict=True)),
    }
    if case.name not in KINDS:
        cells = {"lives with an alert": cells["other leg or root"]}
    cells["days with another test"] = f"{sum(map(len, wrongly))} of {len(told) * case.days}"
    for head in cells:
        table.add_column(head, justify="right")
    table.add_row(*map(str, cells.values()))
    return table


if __name__ == "__main__":
    main()
