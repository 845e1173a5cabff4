"""Posture: the likeliest course of sitting and standing through given evidence; and how pieces of time lie together."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Activity
from surefoot.signal.posture import SITTING, STANDING, Step, likeliest
from surefoot.signal.timeline import Piece, Timeline, clipped, laid_over

NOTHING = Step(0.0, -4.0)
WALK, LEAN = Step(8.0, -4.0), Step(0.0, 3.0)
STILL, SWAY = Step(-0.15, -4.0), Step(0.25, -4.0)


@pytest.mark.parametrize(
    ("steps", "course"),
    [
        ([NOTHING, NOTHING], [STANDING, STANDING]),  # the start says a little for standing
        ([STILL] * 40, [SITTING] * 40),
        ([STILL] * 4 + [LEAN] + [WALK], [SITTING] * 4 + [STANDING] * 2),
        ([WALK, NOTHING, LEAN, STILL, STILL], [STANDING] * 2 + [SITTING] * 3),
        ([WALK, LEAN, SWAY, SWAY, LEAN, WALK], [STANDING, SITTING, SITTING, SITTING, STANDING, STANDING]),
        ([WALK, LEAN, *[SWAY] * 20, WALK], [STANDING] * 23),  # a squat: who sways afterwards stands
        ([WALK, *[STILL] * 60, WALK], [STANDING, *[SITTING] * 60, STANDING]),  # both changes unseen
    ],
)
def test_courses(steps: list[Step], course: list[int]) -> None:
    assert likeliest(steps, (0.0, 0.2)).posture == course


evidence = st.builds(Step, st.integers(-9, 9).map(float), st.integers(-9, 9).map(float))


@given(st.lists(evidence, min_size=1, max_size=7), st.integers(-3, 3))
def test_no_course_is_better(steps: list[Step], start: int) -> None:
    def worth(course: tuple[int, ...], first: int) -> float:
        total, before = (float(start) if first == STANDING else 0.0), first
        for step, now in zip(steps, course, strict=True):
            total += step.change * (now != before) + step.standing * (now == STANDING)
            before = now
        return total

    found = likeliest(steps, (0.0, float(start)))
    best = max(worth(c, f) for f in (SITTING, STANDING) for c in product((SITTING, STANDING), repeat=len(steps)))
    assert max(worth(tuple(found.posture), f) for f in (SITTING, STANDING)) == pytest.approx(best)
    assert all(0.5 <= sure <= 1.0 for sure in found.sure)
    inside = [a != b for a, b in pairwise(found.posture)]
    assert found.changed[1:] == inside


def test_what_lies_above_hides_what_lies_below() -> None:
    below = [Piece("sitting", 0.0, 10.0, 0.9), Piece("standing", 10.0, 20.0, 0.9)]
    above = [Piece("rising", 8.0, 11.0, 0.9), Piece("walking", 15.0, 17.0, 0.9)]
    spans = [(p.kind, p.start_s, p.end_s) for p in laid_over(below, above)]
    assert spans == [
        ("sitting", 0.0, 8.0), ("rising", 8.0, 11.0), ("standing", 11.0, 15.0), ("walking", 15.0, 17.0),
        ("standing", 17.0, 20.0),
    ]  # fmt: skip
    assert clipped(below, 9.0, 12.0) == [Piece("sitting", 9.0, 10.0, 0.9), Piece("standing", 10.0, 12.0, 0.9)]


def test_a_timeline_joins_what_follows_on_and_tells_long_things_in_parts() -> None:
    line = Timeline()
    told = line.update([Piece("sitting", 100.0, 102.0, 0.8), Piece("sitting", 102.0, 104.0, 0.6)], 104.0)
    assert told == []
    told = line.update([Piece("standing", 104.0, 650.0, 0.9), Piece("standing", 660.0, 670.0, 0.9)], 670.0)
    assert told == [
        Activity("sitting", 100.0, 104.0, 0.7),
        Activity("standing", 104.0, 300.0, 0.9),
        Activity("standing", 300.0, 600.0, 0.9),
        Activity("standing", 600.0, 650.0, 0.9),
    ]
    assert line.update([], 690.0) == [Activity("standing", 660.0, 670.0, 0.9)], "nothing follows on"
    assert line.close() == []
    assert line.update([Piece("sitting", 700.0, 702.0, 0.8)], 702.0) == []
    assert line.close() == [Activity("sitting", 700.0, 702.0, 0.8)]
