"""Norms: every number has its place, its source and its grade, and a change is only told where it is one."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from surefoot.records import TestKind, TestResult
from surefoot.signal.guided.assess import UNITS
from surefoot.signal.guided.norms import NORMS, compare_sides, place

KINDS = get_args(TestKind)


def result(kind: str, value: float | None, side: str | None = None, reason: str = "") -> TestResult:
    return TestResult(kind, side, 0.0, 20.0, value, UNITS[kind], 1.0, reason)


def test_every_test_has_its_norm() -> None:
    assert set(NORMS) == set(KINDS) == set(UNITS)


@pytest.mark.parametrize("kind", KINDS)
def test_bands_leave_no_hole_and_do_not_overlap(kind: str) -> None:
    """To the digits a value is told with."""
    norm = NORMS[kind]
    for value in np.round(np.arange(0, 110, 10.0**-norm.digits), norm.digits):
        assert sum(band.holds(float(value)) for band in norm.bands) == (1 if norm.bands else 0), value


@pytest.mark.parametrize("kind", KINDS)
def test_everything_has_a_source_and_a_grade(kind: str) -> None:
    norm = NORMS[kind]
    told = [*norm.bands, *([norm.change] if norm.change else [])]
    assert told and all(t.source and t.grade in {"E1", "E2", "E3", "P"} for t in told)


@pytest.mark.parametrize(
    ("seconds", "meaning"),
    [
        (10.4, "no impairment"),
        (10.44, "no impairment"),
        (10.46, "mild"),
        (15.2, "mild"),
        (15.3, "moderate"),
        (22.06, "severe"),
    ],
)
def test_where_five_rises_lie(seconds: float, meaning: str) -> None:
    said = place(result("sit_to_stand_5", seconds))
    assert said.startswith(f"{seconds:.1f} s: {meaning}") and "Staartjes and Schroder 2018" in said


def test_a_change_smaller_than_chance_is_called_so() -> None:
    said = place(result("sit_to_stand_5", 12.9), baseline=11.7)
    assert "+1.2 s against your baseline of 11.7 s, less than the 3.0 s" in said and "worse" not in said


@pytest.mark.parametrize(
    ("kind", "before", "now", "way"),
    [
        ("sit_to_stand_5", 10.0, 13.5, "worse"),
        ("sit_to_stand_5", 13.5, 10.0, "better"),
        ("heel_rise", 20, 12, "worse"),
        ("heel_rise", 12, 20, "better"),
        ("timed_up_and_go", 10.0, 11.6, "worse"),  # 15 % of the baseline
        ("walk_20m", 1.20, 1.05, "worse"),
        ("toe_tap", 50, 40, "worse"),
    ],
)
def test_a_change_beyond_chance_has_a_direction(kind: str, before: float, now: float, way: str) -> None:
    assert f", {way} by more than" in place(result(kind, now), baseline=before)


def test_a_test_that_is_not_usable_says_why_and_nothing_else() -> None:
    assert place(result("toe_tap", None, reason="The sensor fell off."), 40) == "Not usable: The sensor fell off."


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_one_sentence_and_no_diagnosis(kind: str) -> None:
    for value in (0.0, 5.0, 12.0, 100.0):
        said = place(result(kind, value), baseline=9.0)
        assert said.endswith(".") and ". " not in said
        assert not any(word in said.lower() for word in ("you have", "radiculopathy", "disease of"))


def test_two_legs_are_compared_where_that_means_something() -> None:
    weak, strong = result("heel_rise", 12.0, "left"), result("heel_rise", 20.0, "right")
    assert compare_sides(weak, strong) == compare_sides(strong, weak)
    assert "left leg reached 60% of the right: less alike" in compare_sides(weak, strong)
    assert "as alike" in compare_sides(result("toe_tap", 45.0, "left"), result("toe_tap", 50.0, "right"))
    assert compare_sides(result("walk_20m", 1.0), result("walk_20m", 1.1)) == ""
    assert compare_sides(result("heel_rise", None, "left"), strong) == ""
