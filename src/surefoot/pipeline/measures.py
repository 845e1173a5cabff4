"""Measures: the numbers a day is told in, which way is worse, and how small a change still says something.

One table; days, baselines, trends, alerts and pages all read it. Floors of the spread: facts/clinical.md 7.4; least
changes: section 10 (both P unless said). Roots after 5.1: a pattern, never a diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from surefoot.records import Array
from surefoot.signal.table import StrideTable

Root = Literal["l4", "l5", "s1"]


@dataclass(frozen=True, slots=True)
class DayMeasure:
    """One number of a day: the median over its strides of ``field``, or the share (%) of strides that show it.

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
    is_share: bool = False

    def of(self, strides: StrideTable) -> Array:
        """Value of each stride, NaN where absent."""
        if self.name == "cadence_spm":
            return np.asarray(120.0 / strides["stride_time_s"])
        values = strides[self.field].astype(np.float64)
        return np.asarray(100.0 * values if self.is_share else values)

    def floor_at(self, centre: float) -> float:
        return self.floor / 100.0 * abs(centre) if self.relative else self.floor

    def least_change_at(self, centre: float) -> float:
        return self.least_change / 100.0 * abs(centre) if self.relative else self.least_change


DAY_MEASURES = (
    DayMeasure("speed_mps", "speed_mps", "m/s", "walking speed", -1, 0.04, 0.13),  # 0.13: Caronni 2024, E2
    DayMeasure("stride_time_s", "stride_time_s", "s", "stride time", 1, 0.02, 0.06),
    DayMeasure("stride_length_m", "stride_length_m", "m", "stride length", -1, 0.04, 0.10),
    DayMeasure("cadence_spm", "stride_time_s", "/min", "cadence", -1, 2.0, 5.0, per_side=False),
    DayMeasure("swing_height_m", "swing_height_m", "m", "lift of the ankle in swing", 1, 0.007, 0.015, root="l5"),
    DayMeasure("shank_tilt_max_deg", "shank_tilt_max_deg", "deg", "tilt of the shank in swing", 1, 2, 5, root="l5"),
    DayMeasure("mid_swing_rate_dps", "mid_swing_rate_dps", "deg/s", "swing rate", 0, 5, 10, relative=True),
    DayMeasure("heel_strike_mps3", "heel_strike_mps3", "m/s3", "heel strike", -1, 10, 30, relative=True, root="l5"),
    DayMeasure(
        "no_heel_strike_pct", "no_heel_strike", "%", "strides without heel strike", 1, 3, 10, root="l5", is_share=True
    ),
    DayMeasure("foot_drop_pct", "foot_drop", "%", "foot-drop strides", 1, 3, 10, root="l5", is_share=True),
    DayMeasure("push_off_rate_dps", "push_off_rate_dps", "deg/s", "push-off", -1, 5, 15, relative=True, root="s1"),
    DayMeasure(
        "push_off_acceleration_mps2",
        "push_off_acceleration_mps2",
        "m/s2",
        "push-off acceleration",
        -1,
        5,
        15,
        relative=True,
        root="s1",
    ),
    DayMeasure(
        "loading_rate_dps", "loading_rate_dps", "deg/s", "loading response", -1, 5, 20, relative=True, root="l4"
    ),
)

MEASURES = {measure.name: measure for measure in DAY_MEASURES}

ROOT_WORDS: dict[Root, str] = {
    "l5": "foot lifting (pattern compatible with L5-type weakness)",
    "s1": "push-off (pattern compatible with S1-type weakness)",
    "l4": "knee control (pattern compatible with L4-type weakness)",
}
