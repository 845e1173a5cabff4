"""Sitting without a break, and a day's sums, from activities made up by hand."""

from __future__ import annotations

import pytest

from surefoot.pipeline.activities import SittingParams, SittingWatch, ToleranceParams, totals_of
from surefoot.pipeline.wear import WearParams
from surefoot.records import Activity, ActivityKind
from surefoot.signal.leg import LegParams
from surefoot.signal.slots import SLOT_S, SlotParams


def made(*pieces: tuple[ActivityKind, float], start_s: float = 1000.0) -> list[Activity]:
    """Activities one after another, each so many minutes long."""
    activities = []
    for kind, minutes in pieces:
        activities.append(Activity(kind, start_s, start_s + 60.0 * minutes, 0.9))
        start_s += 60.0 * minutes
    return activities


def seated_after(*pieces: tuple[ActivityKind, float]) -> float:
    watch = SittingWatch()
    for activity in made(*pieces):
        assert not watch.update(activity)  # off unless asked for
    return watch.seated_min


@pytest.mark.parametrize(
    ("pieces", "minutes"),
    [
        ([], 0.0),
        ([("walking", 5)], 0.0),
        ([("sitting", 5), ("sitting", 5)], 10.0),
        ([("vehicle", 20), ("sitting", 5)], 25.0),
        ([("sitting", 20), ("standing", 0.5), ("sitting", 5)], 25.5),  # not long enough to be a break
        ([("sitting", 20), ("standing", 0.5), ("walking", 0.5), ("sitting", 5)], 5.0),
        ([("sitting", 20), ("unknown", 3), ("sitting", 5)], 28.0),
        ([("sitting", 20), ("lying", 2)], 0.0),
        ([("sitting", 20), ("not_worn", 2), ("sitting", 1)], 1.0),
        ([("sitting", 20), ("standing", 0.7), ("sitting", 1), ("standing", 0.7), ("sitting", 1)], 23.4),
    ],
)
def test_minutes_seated_without_a_break(pieces: list[tuple[ActivityKind, float]], minutes: float) -> None:
    assert seated_after(*pieces) == pytest.approx(minutes)


def test_a_hole_in_what_is_told_is_a_break() -> None:
    watch = SittingWatch()
    watch.update(Activity("sitting", 0.0, 1200.0, 0.9))
    watch.update(Activity("sitting", 1500.0, 1800.0, 0.9))
    assert watch.seated_min == 5.0


def test_hints_come_when_asked_for_and_are_repeated_now_and_then() -> None:
    watch = SittingWatch(SittingParams(remind_after_min=30.0, again_after_min=15.0))
    hints = [watch.update(a) for a in made(*[("sitting", 5)] * 12)]
    assert [5 * (k + 1) for k, hint in enumerate(hints) if hint] == [30, 45, 60]
    for activity in made(("walking", 2), ("sitting", 25), start_s=4600.0):
        assert not watch.update(activity)
    assert watch.update(Activity("sitting", 6220.0, 6520.0, 0.9))


def test_sums_of_a_day() -> None:
    day = made(
        ("sitting", 30), ("rising", 0.05), ("walking", 4), ("stairs_up", 0.5), ("walking", 1), ("standing", 6),
        ("walking", 2), ("sitting", 40), ("vehicle", 20), ("lying", 60), ("not_worn", 90), ("unknown", 3),
    )  # fmt: skip
    sums = totals_of(day, 0.0, 1e6)
    assert sums.walking_min == pytest.approx(7.5)
    assert sums.standing_min == pytest.approx(6)
    assert (sums.sitting_min, sums.vehicle_min, sums.lying_min) == pytest.approx((70, 20, 60))
    assert (sums.not_worn_min, sums.unknown_min) == pytest.approx((90, 3))
    assert sums.longest_walk_min == pytest.approx(5.5)
    assert sums.longest_on_feet_min == pytest.approx(13.5)
    assert (sums.longest_standing_min, sums.longest_sitting_min) == pytest.approx((6, 40))


def test_short_stops_and_rests_do_not_end_a_walk() -> None:
    day = made(("walking", 3), ("standing", 0.1), ("walking", 3), ("sitting", 0.1), ("standing", 1), ("sitting", 9))
    assert totals_of(day, 0.0, 1e6).longest_walk_min == pytest.approx(6.1)
    assert totals_of(day, 0.0, 1e6).longest_on_feet_min == pytest.approx(7.2)
    strict = totals_of(day, 0.0, 1e6, ToleranceParams(rest_s=0.0, stop_s=0.0))
    assert (strict.longest_walk_min, strict.longest_on_feet_min) == pytest.approx((3.0, 6.1))


def test_only_what_lies_inside_counts() -> None:
    day = made(("sitting", 60), ("walking", 10), start_s=0.0)
    sums = totals_of(day, 1800.0, 3900.0)
    assert (sums.sitting_min, sums.walking_min, sums.longest_walk_min) == pytest.approx((30, 5, 5))


def test_nothing_done() -> None:
    assert totals_of([], 0.0, 1.0).longest_on_feet_min == 0.0


def test_half_an_hour_of_stillness_means_the_same_here_and_in_days() -> None:
    assert SlotParams().still_slots * SLOT_S == 60.0 * WearParams().still_min
    assert SlotParams().still_dps == LegParams().moving_span_dps
