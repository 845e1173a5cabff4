"""Records made up for the tests of messages, store and delivery: plain ones by number, any ones by hypothesis."""

from __future__ import annotations

from typing import get_args

import numpy as np
from hypothesis import strategies as st

from surefoot.records import (
    Alert,
    Answer,
    Baseline,
    Bout,
    CheckIn,
    DayMetric,
    DaySummary,
    Incident,
    RedFlag,
    Samples,
    TestKind,
    TestResult,
    Treatment,
    TreatmentKind,
    Trend,
)

HOME = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
OTHER = "ffffffff-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
BASELINE = Baseline(1.05, 0.04, 14, "2026-01-01", "2026-01-14", False)


def bout(number: int) -> Bout:
    return Bout(100.0 * number, 100.0 * number + 30, 20, 21, 104.5, 1.1)


def trend(day: str = "2026-01-20", metric: str = "speed_mps", state: str = "worse") -> Trend:
    return Trend(day, "left", metric, state, 0.9, BASELINE, 3.5, 6.1, 0.15, 0.1, 3, 420, 9.5)


def day(number: int, speed_mps: float = 1.0) -> DaySummary:
    name = f"2026-01-{number:02}"
    metrics = (
        DayMetric("left", "speed_mps", speed_mps, 300),
        DayMetric(None, "cadence_spm", None, 12, "too few strides"),
    )
    counted = (("left", 300), ("right", 310)), (("left", "foot_drop", 4), (None, "fall", 1))
    return DaySummary(name, 86400.0 * number, 86400.0 * (number + 1), 12.5, 10.0, 42.0, 9, *counted, metrics)


def incident(number: int, snippet: tuple[Samples, ...] = ()) -> Incident:
    start_s = 1000.0 * number
    return Incident("giving_way", "left", start_s, start_s + 0.6, "probable", (("drop_dps", 210.5),), snippet)


def answer(number: int, word: str = "gave_way", at_s: float = 30.0) -> Answer:
    """About ``incident(number)``."""
    return Answer("giving_way", "left", 1000.0 * number, word, "patient", 1000.0 * number + at_s)


def check_in(number: int, pain: int | None = 4, *flags: str) -> CheckIn:
    ruled_out = tuple(flag for flag in ("saddle_numbness", "bladder_or_bowel") if flag not in flags)
    return CheckIn(f"2026-01-{number:02}", 86400.0 * number + 64800.0, "patient", pain, flags, ruled_out)


def guided_test(number: int, value: float | None = 9.8, reason: str = "") -> TestResult:
    start_s = 1000.0 * number
    return TestResult("sit_to_stand_5", None, start_s, start_s + 12.5, value, "s", 0.9, reason, (("rise_1_s", 1.9),))


def alert(name: str, tier: str = "T2", raised_s: float = 1.8e9, evidence: tuple[Trend, ...] | None = None) -> Alert:
    words = "Left leg slower than its baseline on 3 days.", "Not a diagnosis."
    shown = (trend(),) if evidence is None else evidence
    return Alert(name, tier, "clinical", "weakness", "left", raised_s, "2026-01-20", *words, shown)


def signal(seconds: float, rate_hz: float = 100.0, start_s: float = 0.0, side: str = "left") -> Samples:
    """Readings that do not compress well: as noisy as a foot strike, all the time."""
    rng = np.random.default_rng(int(seconds * rate_hz))
    size = (round(seconds * rate_hz), 3)
    return Samples(side, "shank", start_s, rate_hz, rng.normal(0, 30, size), rng.normal(0, 300, size))


# ---- anything that may be in a record

numbers = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.none() | numbers
counts = st.integers(0, 10**9)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40)
names = texts.filter(bool)
dates = st.dates().map(str)
sides = st.sampled_from(["left", "right"])
any_side = sides | st.none()
kinds = st.sampled_from(["foot_drop", "giving_way", "stumble", "fall"])

baselines = st.builds(Baseline, numbers, numbers, counts, dates, dates, st.booleans())
trends = st.builds(
    Trend,
    *(dates, any_side, names, st.sampled_from(["cannot_say", "quiet", "worse"])),
    *(maybe, st.none() | baselines, maybe, maybe, maybe, maybe, counts, counts, maybe, texts),
)
metrics = st.builds(DayMetric, any_side, names, maybe, counts, texts)
days = st.builds(
    DaySummary,
    *(dates, numbers, numbers, numbers, numbers, numbers, counts),
    st.lists(st.tuples(sides, counts), max_size=2).map(tuple),
    st.lists(st.tuples(any_side, kinds, counts), max_size=4).map(tuple),
    st.lists(metrics, max_size=6).map(tuple),
    texts,
    st.lists(names, max_size=2).map(tuple),
)
answers = st.builds(
    Answer,
    *(kinds, any_side, numbers, st.sampled_from(["gave_way", "stumbled", "no"])),
    *(st.sampled_from(["patient", "companion"]), numbers),
)
flags = st.lists(st.sampled_from(get_args(RedFlag)), unique=True, max_size=4).map(tuple)
check_ins = st.builds(
    CheckIn, dates, numbers, st.sampled_from(["patient", "companion"]), st.none() | st.integers(0, 10), flags, flags
)
treatments = st.builds(Treatment, st.sampled_from(get_args(TreatmentKind)), dates, st.booleans())
tests = st.builds(
    TestResult,
    *(st.sampled_from(get_args(TestKind)), any_side, numbers, numbers, maybe, st.sampled_from(["s", "", "%"])),
    *(numbers, texts, st.lists(st.tuples(names, numbers), max_size=4).map(tuple)),
)
bouts = st.builds(Bout, numbers, numbers, counts, counts, maybe, maybe)
alerts = st.builds(
    Alert,
    *(names, st.sampled_from(["T0", "T1", "T2", "T3", "T4"]), st.sampled_from(["clinical", "technical"]), names),
    *(any_side, numbers, dates, texts, texts, st.lists(trends, max_size=3).map(tuple)),
)


@st.composite
def samples(draw: st.DrawFn) -> Samples:
    count, largest = draw(st.integers(1, 200)), draw(st.sampled_from([0.0, 1e-9, 0.5, 160.0, 2000.0, 8e6]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    acc, gyr = rng.uniform(-largest, largest, (2, count, 3))
    return Samples(draw(sides), draw(st.sampled_from(["shank", "foot"])), draw(numbers), 100.0, acc, gyr)


incidents = st.builds(
    Incident,
    *(kinds, any_side, numbers, numbers, st.sampled_from(["possible", "probable"])),
    st.lists(st.tuples(names, numbers), max_size=4).map(tuple),
    st.lists(samples(), max_size=2).map(tuple),
)
