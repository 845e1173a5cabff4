"""Norms of the guided tests: what others reach, what counts as a change, each with its source and how good that is.

Never a diagnosis: a band says where a number lies among people, not what is wrong with one. Grades as in
docs/methods.md, which also says which sources were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from surefoot.records import TestKind, TestResult


@dataclass(frozen=True, slots=True)
class Band:
    """A range of values and what it means; an open end is None. Ends belong to the band."""

    low: float | None
    high: float | None
    meaning: str
    who: str
    grade: str
    source: str

    def holds(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@dataclass(frozen=True, slots=True)
class Change:
    """The smallest change that can be told from chance (in the test's unit, or as a share of the baseline)."""

    least: float
    grade: str
    source: str
    share: bool = False
    important: float | None = None  # the smallest change that patients feel
    important_source: str = ""


@dataclass(frozen=True, slots=True)
class Norm:
    """What a test's number is held against. ``digits`` it is told with; ``more_is_worse`` as for seconds."""

    bands: tuple[Band, ...]
    change: Change | None
    digits: int = 0
    more_is_worse: bool = False


_STAARTJES = "Staartjes and Schroder 2018, 2020"
_RIKLI = "Rikli and Jones"
_CARONNI = "Caronni 2024"
NORMS: Mapping[TestKind, Norm] = {
    "sit_to_stand_5": Norm(
        (
            Band(None, 10.4, "no impairment", "lumbar disease", "E1", _STAARTJES),
            Band(10.5, 15.2, "mild impairment", "lumbar disease", "E1", _STAARTJES),
            Band(15.3, 22.0, "moderate impairment", "lumbar disease", "E1", _STAARTJES),
            Band(22.1, None, "severe impairment", "lumbar disease", "E1", _STAARTJES),
        ),
        Change(3.0, "E1", "disc herniation, n=134", important=3.6, important_source="disc herniation, n=134"),
        digits=1,
        more_is_worse=True,
    ),
    "timed_up_and_go": Norm(
        (),
        Change(
            *(0.15, "E2", f"older people with neurological disease, {_CARONNI}"),
            share=True,
            important=3.4,
            important_source="lumbar disease, Gautschi 2017",
        ),
        digits=1,
        more_is_worse=True,
    ),
    "heel_rise": Norm(
        (
            Band(None, 4, "few: most people with a sound calf do more than 5", "adults", "E3", "clinical custom"),
            Band(5, 20, "below the middle of all ages", "20-81 y: 24 men, 21 women", "E1", "Hebert-Losier 2017"),
            Band(21, None, "at the middle or above", "20-81 y: 24 men, 21 women", "E1", "Hebert-Losier 2017"),
        ),
        Change(7, "E1", "limits of agreement between days, Hebert-Losier 2017"),
    ),
    "heel_walk": Norm(
        (
            Band(None, 99, "toes came down", "100 % is usual", "E2", "Charcot-Marie-Tooth studies, PMC3909942"),
            Band(100, None, "toes stayed up", "100 % is usual", "E2", "Charcot-Marie-Tooth studies, PMC3909942"),
        ),
        None,
    ),
    "toe_tap": Norm(
        (
            Band(None, 39, "below what is usual", "adults: about 40-55", "E3", "general knowledge"),
            Band(40, None, "usual", "adults: about 40-55", "E3", "general knowledge"),
        ),
        Change(0.15, "P", "our proposal", share=True),
    ),
    "chair_stand_30s": Norm(
        (
            Band(None, 9, "below the usual range at 70-74 y", "men 12-17, women 10-15", "E1", _RIKLI),
            Band(10, 11, "in the usual range of women at 70-74 y, below that of men", "10-15, 12-17", "E1", _RIKLI),
            Band(12, 13, "in the usual range at 70-74 y, below that of men at 60-64 y", "12-17, 14-19", "E1", _RIKLI),
            Band(14, None, "in or above the usual range at 60-64 y", "men 14-19, women 12-17", "E1", _RIKLI),
        ),
        Change(2, "E1", "general knowledge"),
    ),
    "walk_20m": Norm(
        (
            Band(None, 0.99, "slower than usual", "adults: 1.0-1.4 m/s", "E1", "general knowledge"),
            Band(1.0, 1.4, "usual", "adults: 1.0-1.4 m/s", "E1", "general knowledge"),
            Band(1.41, None, "faster than usual", "adults: 1.0-1.4 m/s", "E1", "general knowledge"),
        ),
        Change(
            *(0.13, "E2", f"older people with neurological disease, {_CARONNI}"),
            important=0.10,
            important_source="Perera 2006",
        ),
        digits=2,
    ),
}
LEAST_SIDE_RATIO: Mapping[TestKind, tuple[float, str]] = {  # weaker over stronger leg
    "heel_rise": (0.90, "E3"),
    "toe_tap": (0.85, "P"),
}


def place(result: TestResult, baseline: float | None = None) -> str:
    """One sentence: where a result lies among people, and against the patient's own ``baseline`` where there is one."""
    if result.value is None:
        return f"Not usable: {result.reason}"
    norm = NORMS[result.kind]
    value = round(result.value, norm.digits)
    told = f"{_number(value, norm)} {result.unit}"
    band = next((band for band in norm.bands if band.holds(value)), None)
    among = f"{band.meaning} ({band.who}{_limits(band, result.unit, norm)}; {band.source})" if band else ""
    own = _against(value, baseline, result.unit, norm)
    if not among and not own:
        own = "no limits for all people are known; it is to be held against your own earlier results"
    return f"{told}: {'; '.join(part for part in (among, own) if part)}."


def compare_sides(weaker: TestResult, stronger: TestResult) -> str:
    """One sentence on the two legs of a one-legged test; empty where they cannot be compared."""
    if weaker.kind not in LEAST_SIDE_RATIO or not weaker.value or not stronger.value:
        return ""
    (low, high), (least, grade) = (
        sorted((weaker, stronger), key=lambda r: r.value or 0.0),
        LEAST_SIDE_RATIO[weaker.kind],
    )
    assert low.value and high.value
    share = low.value / high.value
    said = "as alike as legs usually are" if share >= least else "less alike than legs usually are"
    return f"The {low.side} leg reached {share:.0%} of the {high.side}: {said} (limit {least:.0%}, grade {grade})."


def _against(value: float, baseline: float | None, unit: str, norm: Norm) -> str:
    if baseline is None:
        return ""
    change = round(value - round(baseline, norm.digits), norm.digits)
    since = f"your baseline of {_number(baseline, norm)} {unit}"
    if norm.change is None:
        return f"{_signed(change, norm)} {unit} against {since}"
    least = norm.change.least * (abs(baseline) if norm.change.share else 1.0)
    worse = (change > 0) == norm.more_is_worse
    beyond = abs(change) >= least
    told = f"{_signed(change, norm)} {unit} against {since}"
    if not beyond:
        return (
            f"{told}, less than the {_number(least, norm)} {unit} that can be told from chance ({norm.change.source})"
        )
    way = "worse" if worse else "better"
    return f"{told}, {way} by more than the {_number(least, norm)} {unit} of chance ({norm.change.source})"


def _limits(band: Band, unit: str, norm: Norm) -> str:
    if norm.more_is_worse and band.low is not None and band.high is not None:
        return f": {_number(band.low, norm)} to {_number(band.high, norm)} {unit}"
    if norm.more_is_worse and band.high is not None:
        return f": up to {_number(band.high, norm)} {unit}"
    if norm.more_is_worse and band.low is not None:
        return f": from {_number(band.low, norm)} {unit}"
    return ""


def _number(value: float, norm: Norm) -> str:
    return f"{value:.{norm.digits}f}"


def _signed(value: float, norm: Norm) -> str:
    return f"{value:+.{norm.digits}f}"
