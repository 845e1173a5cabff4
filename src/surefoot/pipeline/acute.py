"""The acute rule: has a leg become weak within hours, measured against its own last fortnight, stride block by block?

After facts/clinical.md 7.3 (P): three blocks of fifty strides in a row, in two walks at least and over half an hour,
whose root's deviation is beyond both 4 spreads and anything the fortnight showed three times in a row; and one number
has changed by an amount that matters in itself; and the other leg is as usual, or changed likewise (then it is said).
Of a leg whose other leg is as usual three quarters of that amount are enough: what the ground, haste and pain do, they
do to both.
A brace, a stick or other shoes logged today end the comparison, as do sensors found moved or exchanged. Days decide
slowly because one bad day is none; this rule needs no second day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import numpy as np

from surefoot.pipeline.fifties import STRIDES, Fifty
from surefoot.pipeline.measures import Root
from surefoot.pipeline.roots import COMPOSITE, ROOTS
from surefoot.pipeline.usual import Usual, UsualParams, learn_usual
from surefoot.records import SIDES, Array, Baseline, Side, Trend

EXPLAINED: Mapping[Root, Root] = {"l4": "l5"}  # a foot that does not land on its heel also loads more slowly (P)


@dataclass(frozen=True, slots=True)
class AcuteParams:
    """Limits of the rule (7.3, all P)."""

    in_a_row: int = 3
    walks: int = 2
    span_s: float = 1800.0
    least_z: float = 4.0
    days: int = 14  # the last good days that are usual
    least_days: int = 7
    least_blocks: int = 8  # of a leg on a day that counts as one of them
    other_leg_z: float = 2.0  # below it the other leg is as usual
    one_leg: float = 0.75  # share of the change that matters in itself, where the other leg is as usual
    ask_s: float = 1800.0  # the patient is asked first, and has so long to explain it
    gated: bool = True  # False: without what makes a deviation a weakness; for benchmarks
    usual: UsualParams = field(default_factory=UsualParams)


@dataclass(frozen=True, slots=True)
class Sudden:
    """A sudden weakness of a root's pattern: known at ``at_s``, with the numbers it rests on, as trends of today."""

    root: Root
    side: Side
    start_s: float
    at_s: float
    both_legs: bool
    chart: Trend
    features: tuple[Trend, ...]


class AcuteWatch:
    """Blocks of both legs in, in time order; what is sudden out, each root and leg once a day.

    ``day_of`` tells the local date of a moment, ``aids_on`` what the patient walked with on a date. ``past``: blocks
    that are known already, oldest first.
    """

    def __init__(
        self,
        day_of: Callable[[float], str],
        aids_on: Callable[[str], tuple[str, ...]] = lambda day: (),
        params: AcuteParams | None = None,
        past: Iterable[Fifty] = (),
    ) -> None:
        self._day_of, self._aids_on = day_of, aids_on
        self._params = params or AcuteParams()
        self._days: dict[str, list[Fifty]] = {}
        self._doubted: dict[Side, float] = {}  # nothing of this leg is compared before this moment
        self._told: set[tuple[str, Root, Side]] = set()
        self._resumed = False
        self._usual: dict[tuple[Root, Side], Usual | None] = {}
        self._usual_of: tuple[str, tuple[str, ...]] = "", ()  # the day and the days it is compared with
        for block in past:
            self._keep(block)

    def doubt(self, side: Side, at_s: float) -> None:
        """The sensor of this leg was found moved or on the other leg: what it said before is no evidence."""
        self._doubted[side] = at_s

    def lasts(self, sudden: Sudden) -> bool:
        """Whether the leg still walks so, by all that is known now: its last blocks are beyond the limit."""
        day, side = sudden.chart.day, sudden.side
        later = any(d > day and any(block.side == side for block in blocks) for d, blocks in self._days.items())
        usual = self._usual_for(sudden.root, side)
        return not later and usual is not None and len(self._beyond(usual, side, day)) >= self._params.in_a_row

    def take_back(self, sudden: Sudden) -> None:
        """It was over when it became known: it may be told when it comes again."""
        self._told.discard((sudden.chart.day, sudden.root, sudden.side))

    def update(self, blocks: Sequence[Fifty]) -> list[Sudden]:
        found = []
        for block in blocks:
            day = self._day_of(block.start_s)
            if not self._resumed:  # a day that was begun before is told whole now: once is enough
                self._resumed, self._days = True, {d: known for d, known in self._days.items() if d < day}
            self._keep(block)
            if (compared := (day, self._usual_days(day))) != self._usual_of:
                self._usual, self._usual_of = {}, compared
            for root in ROOTS:
                if (day, root, block.side) not in self._told and (sudden := self._sudden(root, block.side, day)):
                    self._told.add((day, root, block.side))
                    found.append(sudden)
        return found

    def _keep(self, block: Fifty) -> None:
        self._days.setdefault(self._day_of(block.start_s), []).append(block)
        while len(self._days) > 3 * self._params.days:
            del self._days[min(self._days)]

    def _usual_days(self, today: str) -> tuple[str, ...]:
        aids, p = self._aids_on(today), self._params
        good = [
            day
            for day, blocks in sorted(self._days.items())
            if day < today and self._aids_on(day) == aids and len(blocks) >= p.least_blocks
        ]
        return tuple(good[-p.days :])

    def _usual_for(self, root: Root, side: Side) -> Usual | None:
        """How this leg was on the days it is compared with; None while they are too few or lack what the root needs."""
        if (root, side) not in self._usual:
            _, days = self._usual_of
            p, enough = self._params, len(days) >= self._params.least_days
            blocks = [[b for b in self._days[day] if b.side == side] for day in days] if enough else []
            self._usual[root, side] = learn_usual(root, days, blocks, p.in_a_row, p.usual)
        return self._usual[root, side]

    def _sudden(self, root: Root, side: Side, today: str) -> Sudden | None:
        p, usual = self._params, self._usual_for(root, side)
        if usual is None:
            return None
        rows = self._beyond(usual, side, today)
        if len(rows) < p.in_a_row or rows[-1].end_s - rows[0].start_s < p.span_s or _walks(rows) < p.walks:
            return None
        other = self._other(root, side, today, rows[0].start_s)
        if p.gated and other is not None and p.other_leg_z <= other < p.least_z:
            return None  # neither as usual nor plainly changed: the ground, haste, pain
        alone = other is not None and other < p.other_leg_z
        features = tuple(usual.trends(today, rows, p.one_leg if alone else 1.0))
        if p.gated and not any(one.state == "much_worse" for one in features):
            return None
        if p.gated and self._explained(root, rows):
            return None
        both = other is not None and other >= p.least_z
        chart = _chart(root, usual, today, rows)
        return Sudden(root, side, rows[0].start_s, rows[-1].end_s, both, chart, features)

    def _beyond(self, usual: Usual, side: Side, day: str) -> list[Fifty]:
        """The last blocks of this leg on a day that are beyond the limit, in a row."""
        since_s = self._doubted.get(side, -np.inf)
        mine = [b for b in self._days.get(day, ()) if b.side == side and b.start_s >= since_s]
        return mine[len(mine) - _run_over(usual.deviations(mine), max(self._params.least_z, usual.highest)) :]

    def _explained(self, root: Root, rows: Sequence[Fifty]) -> bool:
        """Whether these blocks have changed in another root of the leg, which takes this one's number with it."""
        usual = self._usual_for(EXPLAINED[root], rows[0].side) if root in EXPLAINED else None
        return usual is not None and median(usual.deviations(rows).tolist()) >= self._params.other_leg_z

    def _other(self, root: Root, side: Side, today: str, since_s: float) -> float | None:
        """Where the other leg stood meanwhile: the median of its blocks' deviations."""
        (other,) = (one for one in SIDES if one != side)
        now = [b for b in self._days[today] if b.side == other and b.end_s >= since_s]
        usual = self._usual_for(root, other)
        return median(usual.deviations(now).tolist()) if usual and now else None


def _run_over(z: Array, limit: float) -> int:
    """How many of the last blocks are beyond the limit, in a row."""
    under = np.flatnonzero(~(z > limit))
    return len(z) - (int(under[-1]) + 1 if len(under) else 0)


def _walks(rows: Sequence[Fifty], break_s: float = 3.0) -> int:
    return 1 + sum(b.start_s - a.end_s > break_s for a, b in pairwise(rows)) + sum(row.walks - 1 for row in rows)


def _chart(root: Root, usual: Usual, today: str, rows: Sequence[Fifty]) -> Trend:
    z = median(usual.deviations(rows).tolist())
    own = Baseline(0.0, 1.0, len(usual.days), usual.days[0], usual.days[-1], provisional=False)
    strides = STRIDES * len(rows)
    return Trend(today, rows[0].side, root + COMPOSITE, "much_worse", z, own, z, change=z, strides=strides)
