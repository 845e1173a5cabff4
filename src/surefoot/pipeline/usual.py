"""Usual: how the blocks of one leg were on the last good days, in a root's numbers; what today's are beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from surefoot.pipeline.fifties import SPEED, STRIDES, Fifty
from surefoot.pipeline.measures import MEASURES, DayMeasure, Root
from surefoot.pipeline.speed import SpeedCurve, SpeedParams, learn_speed
from surefoot.records import Array, Baseline, Trend, TrendState

ABSOLUTE: Mapping[str, float] = {  # a change that matters in itself, in the measure's unit or in % of usual (P)
    "foot_pitch_at_contact_deg": 8.0,  # 7.3
    "foot_drop_pct": 35.0,  # 7.3: 40 % of the strides where it was below 10
    "no_heel_strike_pct": 35.0,
    "heel_strike_mps3": 40.0,
    "shank_tilt_max_deg": 10.0,
    "push_off_rate_dps": 30.0,  # 7.3
    "push_off_acceleration_mps2": 30.0,
    "loading_rate_dps": 30.0,
    SPEED: 25.0,  # 7.3
}


@dataclass(frozen=True, slots=True)
class UsualParams:
    """How it is learned."""

    floor: float = 0.5  # least spread of a root's mean deviation (P)
    known: float = 0.9  # share of the blocks that must support a number (P)
    speed: SpeedParams = field(default_factory=SpeedParams)


@dataclass(frozen=True, slots=True)
class UsualNumber:
    """One number over the usual blocks, at the usual speed."""

    measure: DayMeasure
    centre: float
    spread: float
    curve: SpeedCurve | None

    def at_usual(self, blocks: Sequence[Fifty]) -> Array:
        """(n,), NaN where a block does not support it."""
        values = _column(blocks, self.measure.name)
        return values if self.curve is None else self.curve.at_usual(values, _column(blocks, SPEED))[0]

    def deviations(self, blocks: Sequence[Fifty]) -> Array:
        """In spreads, positive is worse."""
        return np.asarray(self.measure.worse * (self.at_usual(blocks) - self.centre) / self.spread)


@dataclass(frozen=True, slots=True)
class Usual:
    """``highest``: the deviation that the usual days reached so often in a row as is asked for."""

    root: Root
    days: tuple[str, ...]
    numbers: tuple[UsualNumber, ...]
    centre: float
    spread: float
    highest: float

    def deviations(self, blocks: Sequence[Fifty]) -> Array:
        """Of the root: the mean of its numbers' deviations, in spreads of that mean; NaN where none is known."""
        return np.asarray((_mean(self._roots(), blocks) - self.centre) / self.spread)

    def trends(self, today: str, blocks: Sequence[Fifty], share: float = 1.0) -> Iterator[Trend]:
        """Its numbers over these blocks; "much_worse" where one has changed by what matters in itself.

        ``share``: of that, so much is enough; of speed, which is no leg's own, all of it.
        """
        for one in self.numbers:
            values = one.at_usual(blocks)
            if not np.isfinite(values).all():
                continue
            now, name = median(values.tolist()), one.measure.name
            change = one.measure.worse * (now - one.centre)
            size = ABSOLUTE[name] * (abs(one.centre) / 100.0 if one.measure.relative or name == SPEED else 1.0)
            size *= 1.0 if name == SPEED else share
            own = Baseline(one.centre, one.spread, len(self.days), self.days[0], self.days[-1], provisional=False)
            state: TrendState = "much_worse" if change >= size else "quiet"
            z, strides = change / one.spread, STRIDES * len(blocks)
            yield Trend(today, blocks[0].side, name, state, now, own, z, change=change, mdc=size, strides=strides)

    def _roots(self) -> list[UsualNumber]:
        return [one for one in self.numbers if one.measure.name != SPEED]


def learn_usual(
    root: Root, days: Sequence[str], blocks: Sequence[Sequence[Fifty]], in_a_row: int, params: UsualParams
) -> Usual | None:
    """From the blocks of one leg, day by day; None where they lack all numbers that the root is judged by."""
    every = [block for day in blocks for block in day]
    names = [name for name in ABSOLUTE if name == SPEED or MEASURES[name].root == root]
    numbers = tuple(one for name in names if (one := _learn(MEASURES[name], every, params)))
    roots = [one for one in numbers if one.measure.name != SPEED]
    if not roots:
        return None
    mean = _mean(roots, every)
    centre, spread = float(np.nanmedian(mean)), max(_spread(mean), params.floor)
    runs = [_most(_mean(roots, day), in_a_row) for day in blocks]
    return Usual(root, tuple(days), numbers, centre, spread, (max(runs) - centre) / spread)


def _learn(measure: DayMeasure, blocks: Sequence[Fifty], p: UsualParams) -> UsualNumber | None:
    values, pace = _column(blocks, measure.name), _column(blocks, SPEED)
    known = np.isfinite(values) & (np.isfinite(pace) | (measure.speed is None))
    if not len(known) or known.mean() < p.known:
        return None
    values, pace = values[known], pace[known]
    floor = measure.floor_at(float(np.median(values)))
    curve = learn_speed(values, pace, floor, measure.speed, p.speed) if measure.speed else None
    if curve is not None:
        values, _ = curve.at_usual(values, pace)
    spread = max(_spread(values), floor)
    return UsualNumber(measure, float(np.median(values)), spread, curve) if spread > 0 else None


def _mean(numbers: Sequence[UsualNumber], blocks: Sequence[Fifty]) -> Array:
    every = np.array([one.deviations(blocks) for one in numbers])
    known = np.isfinite(every)
    total = np.where(known, every, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def _column(blocks: Sequence[Fifty], name: str) -> Array:
    return np.array([np.nan if (x := block.value(name)) is None else x for block in blocks], dtype=np.float64)


def _spread(x: Array) -> float:
    x = x[np.isfinite(x)]
    return max(1.4826 * float(np.median(np.abs(x - np.median(x)))), float(x.std()))


def _most(z: Array, in_a_row: int) -> float:
    """The highest value reached so often in a row on one day."""
    if len(z) < in_a_row:
        return -np.inf
    return float(np.nan_to_num(np.lib.stride_tricks.sliding_window_view(z, in_a_row).min(axis=1), nan=-np.inf).max())
