"""Day metrics: each kind of number of a day, from made-up findings whose answer is plain."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from surefoot.pipeline.days import DayBook, DayParams
from surefoot.pipeline.measures import DAY_MEASURES, MEASURES
from surefoot.pipeline.tested import with_tests
from surefoot.records import SIDES, Activity, DayMetric, DaySummary, Incident, Side, TestKind, TestResult
from surefoot.signal.table import NUMBERS, StrideTable
from surefoot.signal.told import WalkFindings
from weeks import FIRST_S, H, findings, walk, worn

EASY = DayParams(least_worn_h=0.01, least_bouts=1, least_strides=5)
NOON_S = FIRST_S + 12 * H


def known_strides(found: WalkFindings, **columns: tuple[float, float]) -> WalkFindings:
    """The same strides with these numbers of the left and the right leg."""
    for name, (left, right) in columns.items():
        found.strides[name] = np.where(found.strides["side"] == 0, left, right)
    return found


def walked(*seconds: float) -> WalkFindings:
    """A day of seven hours with walks of these lengths, an hour apart."""
    walks = [walk(FIRST_S + (9 + k) * H, length) for k, length in enumerate(seconds)]
    rows = [row for rows, _ in walks for row in rows]
    return findings(rows, [bout for _, bout in walks], minutes=worn(FIRST_S + 8 * H, FIRST_S + 15 * H))


def on_feet(found: WalkFindings) -> WalkFindings:
    """The same strides, of sensors on the feet."""
    table = StrideTable.of("foot", len(found.strides))
    for name in (*NUMBERS, "side", "no_heel_strike", "foot_drop", "valid"):
        table[name] = found.strides[name]
    return replace(found, strides=table)


def told(found: WalkFindings, *noted: Activity | TestResult, params: DayParams = EASY) -> DaySummary:
    book = DayBook(params)
    book.update(replace(found, activities=[one for one in noted if isinstance(one, Activity)]))
    (day,) = book.close()
    return with_tests(day, [one for one in noted if isinstance(one, TestResult)])


def metric(day: DaySummary, name: str, side: Side | None = None) -> DayMetric:
    found = day.metric(side, name)
    assert found is not None, name
    return found


def test_every_stride_column_named_in_the_table_exists() -> None:
    for measure in DAY_MEASURES:
        if measure.how in ("median", "cadence", "share", "variation", "asymmetry"):
            assert measure.field in (*NUMBERS, "no_heel_strike", "foot_drop"), measure.name


def test_every_measure_is_told_once_for_each_leg_or_both() -> None:
    day = told(walked(100, 100))
    names = [(m.side, m.name) for m in day.metrics]
    whole = [m for m in DAY_MEASURES if m.how not in ("activity", "test", "score") and m.placement != "foot"]
    assert names == [(side, m.name) for m in whole for side in (SIDES if m.per_side else (None,))]


# ---- strides


def test_medians_are_of_each_leg() -> None:
    day = told(known_strides(walked(100), swing_s=(0.42, 0.38), lateral_excursion_m=(0.03, 0.02)))
    assert (metric(day, "swing_s", "left").value, metric(day, "swing_s", "right").value) == (0.42, 0.38)
    assert metric(day, "lateral_excursion_m", "left").value == 0.03


def test_asymmetry_is_the_log_of_right_against_left() -> None:
    day = told(known_strides(walked(100), step_time_s=(0.5, 0.55), stride_length_m=(1.2, 1.2)))
    found = metric(day, "step_time_asymmetry_pct")
    assert found.value == pytest.approx(100 * np.log(0.55 / 0.5)) and found.strides == 100
    assert metric(day, "stride_length_asymmetry_pct").value == 0.0
    turned = told(known_strides(walked(100), step_time_s=(0.55, 0.5)))
    assert metric(turned, "step_time_asymmetry_pct").value == pytest.approx(-found.value)


def test_one_leg_has_no_asymmetry_and_says_why() -> None:
    found = metric(told(known_strides(walked(100), step_time_s=(0.5, np.nan))), "step_time_asymmetry_pct")
    assert found.value is None and "right leg: known of 0 strides" in found.reason


def test_variability_needs_three_hundred_strides() -> None:
    few = metric(told(walked(200)), "stride_time_cv_pct", "left")
    assert few.value is None and few.reason == "200 strides, at least 300 are needed"
    found = walked(200, 200)
    found.strides["stride_time_s"] = np.where(np.arange(len(found.strides)) // 2 % 2, 1.02, 0.98)
    assert metric(told(found), "stride_time_cv_pct", "left").value == pytest.approx(2.0, abs=0.01)


def test_speed_and_cadence_by_length_of_walk() -> None:
    """Walks of at most 30 s at one speed, longer ones at another; those up to 10 s in neither."""
    found = walked(8, 20, 25, 100)
    length = np.concatenate([np.full(2 * n, n) for n in (8, 20, 25, 100)])
    found.strides["speed_mps"] = np.select([length <= 10, length <= 30], [3.0, 0.9], 1.2)
    found.strides["stride_time_s"] = np.select([length <= 10, length <= 30], [0.5, 1.2], 1.0)
    day = told(found)
    assert (metric(day, "speed_10_30_mps").value, metric(day, "speed_over_30_mps").value) == (0.9, 1.2)
    assert (metric(day, "speed_10_30_mps").strides, metric(day, "speed_over_30_mps").strides) == (90, 200)
    assert (metric(day, "cadence_10_30_spm").value, metric(day, "cadence_over_30_spm").value) == (100.0, 120.0)
    none = metric(told(walked(8, 100)), "speed_10_30_mps")
    assert none.value is None and none.reason == "0 strides, at least 5 are needed"


def test_the_landing_is_told_of_each_leg() -> None:
    found = known_strides(walked(100), slap_index=(0.4, -1.2), slap_delay_s=(0.05, np.nan))
    found.strides["toe_drag_s"] = np.where(np.arange(len(found.strides)) // 2 % 4 == 0, 0.1, 0.0)
    day = told(found)
    assert (metric(day, "slap_index", "left").value, metric(day, "slap_index", "right").value) == (0.4, -1.2)
    assert metric(day, "slap_delay_s", "left").value == 0.05
    assert metric(day, "slap_delay_s", "right").reason == "known of 0 strides only"
    assert metric(day, "toe_drag_pct", "left").value == pytest.approx(25.0)
    found.strides["toe_drag_s"] = np.where(np.arange(len(found.strides)) < 192, np.nan, 0.1)
    few = metric(told(found), "toe_drag_pct", "left")
    assert (few.value, few.reason) == (None, "known of 4 strides only"), "not known is not undragged"


def test_the_sole_is_told_of_sensors_on_the_feet_only() -> None:
    sole = ("foot_pitch_at_contact_deg", "foot_pitch_mid_swing_deg", "foot_flat_s")
    found = known_strides(walked(100), **dict.fromkeys(sole, (2.0, 20.0)))
    assert {m.name for m in told(found).metrics} & set(sole) == set()
    day = told(on_feet(found))
    for name in sole:
        assert [metric(day, name, side).value for side in SIDES] == [2.0, 20.0]
    assert metric(told(on_feet(walked(40))), "foot_flat_s", "left").reason == "40 strides, at least 50 are needed"


def test_swing_and_push_off_are_compared_between_the_legs() -> None:
    day = told(known_strides(walked(100), swing_s=(0.4, 0.44), push_off_rate_dps=(150.0, 120.0)))
    assert metric(day, "swing_time_asymmetry_pct").value == pytest.approx(100 * np.log(1.1))
    assert metric(day, "push_off_asymmetry_pct").value == pytest.approx(100 * np.log(0.8))


# ---- walks one by one


def test_how_long_walks_end_is_the_middle_of_them() -> None:
    """Three walks of six minutes, each slower at its end by another tenth; a short one has no say."""
    found = walked(360, 360, 360, 60)
    walk_number = np.repeat([0, 1, 2, 3], [720, 720, 720, 120])
    since_s = found.strides["start_s"] - (FIRST_S + (9 + walk_number) * H)
    late = since_s > 230
    found.strides["stride_time_s"] = np.where(late & (walk_number < 3), 1 / (0.9 - 0.1 * walk_number), 1.0)
    found.strides["push_off_rate_dps"] = np.where(late & (found.strides["side"] == 0), 150.0, 200.0)
    found.strides["foot_drop"] = late & (found.strides["side"] == 1)
    day = told(found)
    cadence = metric(day, "cadence_ending_pct")
    assert cadence.value == pytest.approx(-20.0) and cadence.strides == 2160
    assert [metric(day, "push_off_ending_pct", side).value for side in SIDES] == pytest.approx([-25.0, 0.0])
    assert [metric(day, "foot_drop_ending_pct", side).value for side in SIDES] == [0.0, pytest.approx(100.0, abs=10)]


def test_a_day_without_a_long_walk_says_so() -> None:
    found = metric(told(walked(100, 60)), "cadence_ending_pct")
    assert found.value is None and "no walk of 120 s" in found.reason


def test_the_pattern_of_foot_drop_is_looked_for_in_each_walk() -> None:
    """The left foot has lost its heel strike in three of five walks, the right one never."""
    found = walked(40, 40, 40, 40, 40, 5)
    dropped = np.repeat([True, False, True, False, True, True], [80, 80, 80, 80, 80, 10])
    found.strides["no_heel_strike"] = dropped & (found.strides["side"] == 0)
    day = told(found)
    left = metric(day, "foot_drop_walks_pct", "left")
    assert left.value == 60.0 and "pattern compatible with foot drop; a clinician must confirm it" in left.reason
    assert "3 of 5 walks" in left.reason
    right = metric(day, "foot_drop_walks_pct", "right")
    assert (right.value, right.reason) == (0.0, "")


def test_two_walks_of_many_are_no_pattern_and_one_walk_cannot_say() -> None:
    found = walked(*[20] * 8)
    found.strides["no_heel_strike"] = (found.strides["side"] == 0) & (np.arange(len(found.strides)) < 80)
    said = metric(told(found), "foot_drop_walks_pct", "left")
    assert (said.value, said.reason) == (25.0, "")
    alone = metric(told(walked(100)), "foot_drop_walks_pct", "left")
    assert alone.value is None and "1 bouts long enough" in alone.reason


# ---- walks and incidents


def test_walks_by_length_and_the_longest() -> None:
    day = told(walked(8, 20, 25, 45, 90, 300))
    counted = [metric(day, f"walks_{name}").value for name in ("under_10_s", "10_to_30_s", "30_to_60_s", "over_60_s")]
    assert counted == [1, 2, 1, 2]
    assert metric(day, "longest_walk_min").value == pytest.approx(300.5 / 60)
    assert metric(day, "walking_min").value == pytest.approx(sum((8, 20, 25, 45, 90, 300, 3)) / 60)


def test_giving_way_is_counted_on_its_leg_and_none_is_zero() -> None:
    gave = [Incident("giving_way", "left", NOON_S + k, NOON_S + k + 1, "possible", ()) for k in range(2)]
    other = [Incident("stumble", "right", NOON_S, NOON_S + 1, "probable", ())]
    day = told(replace(walked(100), incidents=[*gave, *other]))
    assert [metric(day, "giving_way_count", side).value for side in SIDES] == [2.0, 0.0]


def test_of_a_day_that_does_not_count_nothing_is_counted() -> None:
    day = told(walked(100), Activity("standing", NOON_S, NOON_S + 600, 1.0), params=DayParams())
    assert day.missing
    for name, side in (("giving_way_count", "left"), ("walking_min", None), ("walks_over_60_s", None),
                       ("standing_min", None)):  # fmt: skip
        found = metric(day, name, side)
        assert (found.value, found.reason) == (None, "the day does not count")


# ---- activities


def activity(kind: str, start_min: float, end_min: float) -> Activity:
    return Activity(kind, NOON_S + 60 * start_min, NOON_S + 60 * end_min, 0.9)  # type: ignore[arg-type]


def test_standing_and_sitting_together_and_in_a_row() -> None:
    spans = [activity("standing", 0, 5), activity("standing", 5, 12), activity("sitting", 12, 50)]
    spans += [activity("standing", 50, 53), activity("sitting", 53, 60), activity("lying", 60, 90)]
    day = told(walked(100), *spans[::-1])
    assert metric(day, "standing_min").value == pytest.approx(15.0)
    assert metric(day, "longest_standing_min").value == pytest.approx(12.0)
    assert metric(day, "longest_on_feet_min").value == pytest.approx(12.0)
    assert metric(day, "longest_sitting_min").value == pytest.approx(38.0)


def test_a_day_without_activities_says_nothing_of_them_and_one_without_standing_says_zero() -> None:
    assert told(walked(100)).metric(None, "standing_min") is None
    assert metric(told(walked(100), activity("sitting", 0, 9)), "standing_min").value == 0.0


def test_an_activity_over_midnight_is_shared_by_its_days() -> None:
    tomorrow, bout = walk(FIRST_S + 33 * H, 100)
    days = DayBook(EASY)
    days.update(replace(walked(100), activities=[Activity("sitting", FIRST_S + 23 * H, FIRST_S + 24.5 * H, 1.0)]))
    closed = days.update(findings(tomorrow, [bout], minutes=worn(FIRST_S + 32 * H, FIRST_S + 35 * H))) + days.close()
    assert [metric(day, "longest_sitting_min").value for day in closed] == [60.0, 30.0]


def test_feet_say_nothing_of_standing_and_sitting() -> None:
    """A foot on the floor is as still under a chair as in a queue."""
    on_feet = replace(walked(100), strides=StrideTable.empty("foot"))
    assert told(on_feet, activity("sitting", 0, 9)).metric(None, "longest_sitting_min") is None


# ---- guided tests


def rises(value: float | None, unit: str = "s", at_min: float = 0.0, reason: str = "") -> TestResult:
    start_s = NOON_S + 60 * at_min
    return TestResult("sit_to_stand_5", None, start_s, start_s + 20, value, unit, 0.9, reason)


def test_a_test_is_the_days_number_and_of_several_the_median() -> None:
    day = told(walked(100), rises(9.0), rises(11.0, at_min=3), rises(10.0, at_min=6))
    assert metric(day, "sit_to_stand_5_s").value == 10.0
    heel = TestResult("heel_rise", "left", NOON_S, NOON_S + 60, 20.0, "rises", 0.9)
    day = told(walked(100), heel)
    assert metric(day, "heel_rise_count", "left").value == 20.0 and day.metric("right", "heel_rise_count") is None


def test_a_test_that_is_not_usable_says_why_and_beside_a_usable_one_is_left_out() -> None:
    bad = rises(None, reason="used the arms")
    assert metric(told(walked(100), bad), "sit_to_stand_5_s").reason == "used the arms"
    assert metric(told(walked(100), bad, rises(9.5, at_min=5)), "sit_to_stand_5_s").value == 9.5


def test_a_test_in_another_unit_is_not_charted() -> None:
    found = metric(told(walked(100), rises(9500.0, unit="ms")), "sit_to_stand_5_s")
    assert found.value is None and found.reason == "told in ms, not in s"


def test_no_test_no_number() -> None:
    assert told(walked(100)).metric(None, "sit_to_stand_5_s") is None


def test_every_kind_of_test_has_its_number() -> None:
    assert {m.field for m in MEASURES.values() if m.how == "test"} == set(get_args(TestKind))


def test_an_empty_table_is_no_number() -> None:
    day = told(replace(walked(100), strides=StrideTable.empty("shank")))
    assert metric(day, "swing_s", "left").value is None
