"""Before and after: one number of one leg on the days before something was begun, against the days since.

It says how far the middles stand apart, and how far days that wander by themselves would set them apart. It does not
say why: what got better by itself, by a brace or by another treatment looks the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Literal

import numpy as np

from surefoot.pipeline.baseline import autocorrelation
from surefoot.pipeline.slopes import mann_kendall


@dataclass(frozen=True, slots=True)
class BeforeAfterParams:
    """How far it looks, and what it says (P, but for what is named)."""

    days: int = 28  # of the calendar, before the day and from the day on
    least: int = 5  # days with the number on either side
    sure: float = 1.96  # standard errors that 19 of 20 differences by chance stay within (E1)
    median_error: float = 1.2533  # how much less sure a median is than a mean, of normal days (E1)
    most_autocorrelation: float = 0.6  # eight weeks cannot tell more (P)
    steady_p: float = 0.01  # less likely by chance is a course that goes on, up or down (P),
    hanging: float = 0.3  # of days that hang together so (facts/clinical.md 7.3)


@dataclass(frozen=True, slots=True)
class Spell:
    """The days on one side: how many have the number, their middle, and how far they lie around it (1.4826 MAD)."""

    days: int
    middle: float | None
    spread: float | None


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """``change``: after less before. ``noise``: what days alone set medians apart by, 19 times of 20; None: no change
    can be told, and ``reason`` says why. ``course``: where the days since go steadily, which their middle hides."""

    before: Spell
    after: Spell
    change: float | None = None
    noise: float | None = None
    reason: str = ""
    course: Literal["up", "down", ""] = ""

    @property
    def state(self) -> Literal["more", "less", "noise", "cannot_say"]:
        if self.change is None or self.noise is None:
            return "cannot_say"
        return "noise" if abs(self.change) <= self.noise else "more" if self.change > 0 else "less"


def before_after(values: Mapping[str, float], day: str, params: BeforeAfterParams = BeforeAfterParams()) -> BeforeAfter:
    """``values`` by day, of days that count; ``day``: the first one of what was begun, which belongs to after."""
    first, last = spell_days(day, params)
    before = [value for name, value in values.items() if first <= name < day]
    after = [value for name, value in sorted(values.items()) if day <= name <= last]
    spells = _spell(before), _spell(after)
    few = [(word, len(of)) for word, of in (("before", before), ("after", after)) if len(of) < params.least]
    if few:
        told = " and ".join(f"{many} {'day' if many == 1 else 'days'} {word}" for word, many in few)
        return BeforeAfter(*spells, reason=f"{told}; at least {params.least} on either side are needed")
    change, noise = median(after) - median(before), _noise(before, after, params)
    return BeforeAfter(*spells, change, noise, course=_course(after, params))


def _course(after: Sequence[float], params: BeforeAfterParams) -> Literal["up", "down", ""]:
    values = np.asarray(after, dtype=np.float64)
    if mann_kendall(values, params.hanging) > params.steady_p:
        return ""
    return "up" if np.sign(values[None, :] - values[:, None])[np.triu_indices(len(values), 1)].sum() > 0 else "down"


def _noise(before: Sequence[float], after: Sequence[float], params: BeforeAfterParams) -> float:
    """A day is like the one before it: so many days say as much as fewer that are not (as in `pipeline.baseline`)."""
    sides = [np.asarray(of, dtype=np.float64) for of in (before, after)]
    rho = autocorrelation(np.concatenate([of - of.mean() for of in sides]), params.most_autocorrelation)
    alone = [max(2.0, len(of) * (1 - rho) / (1 + rho)) for of in sides]
    errors = [params.median_error * float(of.std(ddof=1)) / np.sqrt(n) for of, n in zip(sides, alone, strict=True)]
    return params.sure * float(np.hypot(*errors))


def spell_days(day: str, params: BeforeAfterParams = BeforeAfterParams()) -> tuple[str, str]:
    """The first day before, and the last day after, that is looked at."""
    begun = date.fromisoformat(day)
    return (begun - timedelta(days=params.days)).isoformat(), (begun + timedelta(days=params.days - 1)).isoformat()


def _spell(values: Sequence[float]) -> Spell:
    if not values:
        return Spell(0, None, None)
    middle = median(values)
    return Spell(len(values), middle, 1.4826 * median([abs(value - middle) for value in values]))
