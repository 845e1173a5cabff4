"""Measures: the numbers a day is told in, which way is worse, and how small a change still says something.

One table; days, baselines, trends, alerts and pages all read it. Another column of strides is charted by one more line.
Floors of the spread: facts/clinical.md 7.4; least changes: section 10; guided tests: 5.3 (all P unless said). Roots
after 5.1: a pattern, never a diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surefoot.records import Array, Placement
from surefoot.signal.table import StrideTable

Root = Literal["l4", "l5", "s1"]
How = Literal[
    "median", "cadence", "share", "variation", "asymmetry", "walks", "ending", "screen", "incidents", "activity",
    "test", "score",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speed:
    """How a number follows walking speed before this person's own days tell: value ~ speed^``power``.

    ``sd`` says how far people differ in it. Powers from ``benchmarks/charts.py powers``: three people after stroke at
    two or more speeds each, and the simulated walker; P, and outweighed by the person's own days.
    """

    power: float
    sd: float


@dataclass(frozen=True, slots=True)
class DayMeasure:
    """One number of a day. ``how`` it is made of ``field``:

    median, share (% that show it), variation (SD over mean, %) of a stride column; cadence, from stride times;
    asymmetry, 100 ln(right / left) of a column's medians; walks: ``field`` names a number of all walking bouts;
    ending: how long walks end against how they began; screen: the share of walks with the pattern of foot drop;
    incidents: how many of that kind; activity: a number of ``ActivityTotals``; test: the value of guided tests;
    score: not of a day but of its distance from the others (``pipeline/dropdays.py``), so that only trends have it.

    ``worse`` is the direction of weakness (+1 up, -1 down, 0: neither). ``floor`` is the least spread believed,
    ``least_change`` the least change worth telling; in the measure's unit, or in % of the baseline if ``relative``.
    """

    name: str
    field: str
    unit: str
    words: str
    worse: Literal[-1, 0, 1] = 0
    floor: float = 0.0
    least_change: float = 0.0
    relative: bool = False
    root: Root | None = None
    per_side: bool = True
    how: How = "median"
    speed: Speed | None = None  # compared at this person's usual speed
    least_strides: int | None = None  # where not that of the day (facts/clinical.md 6.3)
    bout_s: tuple[float, float] | None = None  # only strides of bouts longer than the first, up to the second
    baseline_days: int | None = None  # where not that of all: guided tests are done twice a week
    placement: Placement | None = None  # told of sensors there only
    note: str = ""  # what must be known to read it

    def of(self, strides: StrideTable) -> Array:
        """Value of each stride, NaN where absent."""
        if self.how == "cadence":
            return np.asarray(120.0 / strides[self.field])
        values = strides[self.field].astype(np.float64)
        return np.asarray(np.where(np.isnan(values), np.nan, 100.0 * (values > 0)) if self.how == "share" else values)

    def floor_at(self, centre: float) -> float:
        return self.floor / 100.0 * abs(centre) if self.relative else self.floor

    def least_change_at(self, centre: float) -> float:
        return self.least_change / 100.0 * abs(centre) if self.relative else self.least_change


_SHORT, _LONG = (10.0, 30.0), (30.0, float("inf"))  # Mobilise-D's classes of bouts, facts/clinical.md 6.3 and 8.2


def _both(*given: object, **more: object) -> DayMeasure:
    """A number of both legs together."""
    return DayMeasure(*given, per_side=False, **more)  # type: ignore[arg-type]  # passed on as they are


def _test(*given: object, **more: object) -> DayMeasure:
    """A guided test: four of them make a baseline, which at two a week is a fortnight (P)."""
    return DayMeasure(*given, how="test", baseline_days=4, **more)  # type: ignore[arg-type]  # likewise


DAY_MEASURES = (
    DayMeasure("speed_mps", "speed_mps", "m/s", "walking speed", -1, 0.04, 0.13),  # 0.13: Caronni 2024, E2
    _both("speed_10_30_mps", "speed_mps", "m/s", "speed in walks of 10 to 30 s", -1, 0.04, 0.13, bout_s=_SHORT),
    _both("speed_over_30_mps", "speed_mps", "m/s", "speed in walks over 30 s", -1, 0.04, 0.13, bout_s=_LONG),
    DayMeasure("stride_time_s", "stride_time_s", "s", "stride time", 1, 0.02, 0.06),
    DayMeasure("stride_length_m", "stride_length_m", "m", "stride length", -1, 0.04, 0.10),
    _both("cadence_spm", "stride_time_s", "/min", "cadence", -1, 2.0, 5.0, how="cadence"),
    _both("cadence_10_30_spm", "stride_time_s", "/min", "cadence in walks of 10 to 30 s", -1, 2.0, 5.0,
          how="cadence", bout_s=_SHORT),
    _both("cadence_over_30_spm", "stride_time_s", "/min", "cadence in walks over 30 s", -1, 2.0, 5.0,
          how="cadence", bout_s=_LONG),
    DayMeasure("swing_height_m", "swing_height_m", "m", "lift of the ankle in swing", 1, 0.007, 0.015,
               root="l5", speed=Speed(0.0, 0.3)),
    DayMeasure("shank_tilt_max_deg", "shank_tilt_max_deg", "deg", "tilt of the shank in swing", 1, 2, 5,
               root="l5", speed=Speed(0.15, 0.2)),
    DayMeasure("mid_swing_rate_dps", "mid_swing_rate_dps", "deg/s", "swing rate", 0, 5, 10, relative=True,
               speed=Speed(0.5, 0.2)),
    DayMeasure("lateral_excursion_m", "lateral_excursion_m", "m", "sideways swing", 1, 0.01, 0.02),  # E3: in no root
    DayMeasure("heel_strike_mps3", "heel_strike_mps3", "m/s3", "heel strike", -1, 10, 30, relative=True,
               root="l5", speed=Speed(1.4, 0.4)),
    DayMeasure("no_heel_strike_pct", "no_heel_strike", "%", "strides without heel strike", 1, 3, 10,
               root="l5", how="share"),
    DayMeasure("foot_drop_pct", "foot_drop", "%", "foot-drop strides", 1, 3, 10, root="l5", how="share"),
    DayMeasure("foot_drop_walks_pct", "foot_drop", "%", "walks with the pattern of foot drop", 1, 10, 30, how="screen",
               note="Seen without any baseline, against the other leg or by the angle of the foot."),
    DayMeasure("slap_index", "slap_index", "log", "slap of the forefoot against the heel", 0, 0.15, 0.4,
               least_strides=50, note="It rises with weakness and is gone when the heel no longer strikes."),
    DayMeasure("slap_delay_s", "slap_delay_s", "s", "time from heel to slap", 0, 0.01, 0.02, least_strides=50),
    DayMeasure("toe_drag_pct", "toe_drag_s", "%", "strides in which the toe drags", 1, 3, 10, how="share"),
    DayMeasure("foot_pitch_at_contact_deg", "foot_pitch_at_contact_deg", "deg", "angle of the foot as it lands", -1, 2,
               5, root="l5", placement="foot", least_strides=50),
    DayMeasure("foot_pitch_mid_swing_deg", "foot_pitch_mid_swing_deg", "deg", "angle of the foot in mid-swing", 0, 2, 6,
               placement="foot", least_strides=50),  # real weak feet did not show it: docs/methods.md
    DayMeasure("foot_flat_s", "foot_flat_s", "s", "time until the foot is flat", -1, 0.01, 0.02, placement="foot",
               least_strides=50),
    DayMeasure("foot_drop_score", "", "points", "foot-drop score", 1, 0.6, 1.5, root="l5", how="score",
               note="1: changed by as much as counts, landing and swing taken together."),
    DayMeasure("push_off_rate_dps", "push_off_rate_dps", "deg/s", "push-off", -1, 5, 15, relative=True,
               root="s1", speed=Speed(0.6, 0.2)),
    DayMeasure("push_off_acceleration_mps2", "push_off_acceleration_mps2", "m/s2", "push-off acceleration", -1, 5, 15,
               relative=True, root="s1", speed=Speed(1.2, 0.3)),
    DayMeasure("loading_rate_dps", "loading_rate_dps", "deg/s", "loading response", -1, 5, 20, relative=True,
               root="l4", speed=Speed(0.9, 0.3)),
    DayMeasure("giving_way_count", "giving_way", "", "giving-way-like events", 1, 0.5, 1, root="l4", how="incidents"),
    DayMeasure("swing_s", "swing_s", "s", "swing time", 0, 0.02, 0.04),  # biased by the weakness itself (1.3)
    DayMeasure("double_support_s", "double_support_s", "s", "double support", 0, 0.02, 0.04),  # biased likewise
    DayMeasure("stride_time_cv_pct", "stride_time_s", "%", "stride-time variability", 0, 0.5, 1, how="variation",
               least_strides=300),
    _both("step_time_asymmetry_pct", "step_time_s", "%", "step-time asymmetry", 0, 2, 5, how="asymmetry"),
    _both("stride_length_asymmetry_pct", "stride_length_m", "%", "stride-length asymmetry", 0, 2, 5, how="asymmetry"),
    _both("swing_time_asymmetry_pct", "swing_s", "%", "swing-time asymmetry", 0, 2, 5, how="asymmetry"),
    _both("push_off_asymmetry_pct", "push_off_rate_dps", "%", "push-off asymmetry", 0, 5, 15, how="asymmetry"),
    _both("cadence_ending_pct", "cadence_spm", "%", "cadence at the end of long walks", -1, 2, 5, how="ending"),
    DayMeasure("push_off_ending_pct", "push_off_rate_dps", "%", "push-off at the end of long walks", -1, 5, 15,
               how="ending"),
    DayMeasure("foot_drop_ending_pct", "foot_drop_pct", "%", "foot-drop strides at the end of long walks", 1, 3, 10,
               how="ending"),
    _both("walking_min", "total_min", "min", "walking time", -1, 20, 30, relative=True, how="walks"),
    _both("longest_walk_min", "longest_min", "min", "longest walk", -1, 20, 30, relative=True, how="walks"),
    _both("walks_under_10_s", "under_10_s", "", "walks under 10 s", how="walks"),
    _both("walks_10_to_30_s", "10_to_30_s", "", "walks of 10 to 30 s", how="walks"),
    _both("walks_30_to_60_s", "30_to_60_s", "", "walks of 30 to 60 s", how="walks"),
    _both("walks_over_60_s", "over_60_s", "", "walks over 60 s", how="walks"),
    _both("standing_min", "standing_min", "min", "standing time", -1, 20, 30, relative=True, how="activity"),
    _both("longest_standing_min", "longest_standing_min", "min", "longest standing", -1, 20, 30, relative=True,
          how="activity"),
    _both("longest_on_feet_min", "longest_on_feet_min", "min", "longest time on the feet", -1, 20, 30, relative=True,
          how="activity"),
    _both("longest_sitting_min", "longest_sitting_min", "min", "longest sitting", how="activity"),
    _test("sit_to_stand_5_s", "sit_to_stand_5", "s", "five rises from a chair", 1, 1.1, 3.0, root="l4",
          per_side=False),  # MDC 3.0 s in disc herniation (n = 134), E1
    _test("chair_stand_30s_count", "chair_stand_30s", "stands", "rises in 30 s", -1, 0.7, 2, root="l4", per_side=False),
    _test("timed_up_and_go_s", "timed_up_and_go", "s", "timed up and go", 1, 1.2, 3.4, per_side=False),  # E1
    _test("walk_20m_mps", "walk_20m", "m/s", "speed over 20 m", -1, 0.04, 0.13, per_side=False),
    _test("heel_rise_count", "heel_rise", "rises", "heel rises on one leg", -1, 2.3, 7, root="s1"),  # E1
    _test("heel_walk_pct", "heel_walk", "%", "heel walking", -1, 5, 15, root="l5", per_side=False),
    _test("toe_tap_count", "toe_tap", "taps", "toe taps in 10 s", -1, 5, 15, relative=True, root="l5"),
)  # fmt: skip

MEASURES = {measure.name: measure for measure in DAY_MEASURES}
