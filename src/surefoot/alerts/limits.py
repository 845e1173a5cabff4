"""Limits that may be set for one patient: what each means, how far it may go, and what is wrong with a wish, in words.

The usual ones are those of the rules. How far one may be moved is our own proposal (P): a limit below the range would
alarm most weeks, one above it would hide what the rule is there for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from surefoot.records import Limits


@dataclass(frozen=True, slots=True)
class LimitRange:
    """One limit: its words, its unit, and between which numbers it may be set."""

    name: str  # field of `Limits`
    words: str
    unit: str
    lowest: float
    highest: float
    whole: bool = False

    def said(self, value: float) -> str:
        """A value with its unit: "4.5 standard errors"."""
        return f"{value:g} {self.unit}".rstrip()


RANGES = (
    LimitRange("chart_review", "a root's chart: review (T2)", "standard errors", 3.0, 6.0),
    LimitRange("chart_urgent", "a root's chart: urgent (T3)", "standard errors", 3.5, 8.0),
    LimitRange("sit_to_stand_5_s", "five rises from a chair: slower by (T2)", "s", 1.0, 10.0),
    LimitRange("timed_up_and_go_s", "timed up and go: slower by (T2)", "s", 1.0, 10.0),
    LimitRange("heel_rise_count", "heel rises on one leg: fewer by (T2)", "rises", 2, 15, whole=True),
    LimitRange("giving_way_week", "giving way in 7 days: review (T2)", "events", 2, 30, whole=True),
    LimitRange("giving_way_day", "giving way in 24 hours: urgent (T3)", "events", 2, 15, whole=True),
)
RANGE = {one.name: one for one in RANGES}
ORDERED: Sequence[tuple[str, str]] = (("chart_review", "chart_urgent"), ("giving_way_day", "giving_way_week"))


def faults(limits: Limits, usual: Limits) -> list[str]:
    """What is wrong with these limits, each in a sentence; none: they can hold. ``usual``: where one is left open."""
    found = []
    for one in RANGES:
        value = getattr(limits, one.name)
        if value is None:
            continue
        if not one.lowest <= value <= one.highest:  # also what is no number
            found.append(f"{one.words}: {value:g} is not between {one.lowest:g} and {one.said(one.highest)}.")
        elif one.whole and value != int(value):
            found.append(f"{one.words}: {value:g} must be a whole number.")
    for low, high in ORDERED:
        less, more = (in_force(limits, usual, name) for name in (low, high))
        if not found and less is not None and more is not None and less > more:
            found.append(
                f"{RANGE[low].words} ({less:g}) must not be above {RANGE[high].words} ({more:g}): "
                "the lower limit would never be told of."
            )
    return found


def in_force(limits: Limits, usual: Limits, name: str) -> float | None:
    """The number that holds; None where it is neither set nor a fixed one."""
    own: float | None = getattr(limits, name)
    other: float | None = getattr(usual, name)
    return other if own is None else own


def changes(limits: Limits, usual: Limits) -> list[str]:
    """What differs from the usual, each in words."""
    told = []
    for field in fields(limits):
        own, other, one = getattr(limits, field.name), getattr(usual, field.name), RANGE[field.name]
        if own is not None:
            told.append(f"{one.words} {one.said(own)} (usual: {'own rate' if other is None else f'{other:g}'})")
    return told
