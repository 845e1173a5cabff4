"""The acute rule: weak within hours, against the own fortnight; asked first, told half an hour later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest

from surefoot.pipeline.acute import AcuteParams, AcuteWatch, Sudden
from surefoot.pipeline.course import Course
from surefoot.pipeline.fifties import SHOWN, STRIDES, Fifty, FiftyMaker, fifties_of
from surefoot.pipeline.today import Today
from surefoot.records import SIDES, Alert, Side, SideCheck, Slip
from surefoot.signal.table import StrideTable
from weeks import findings, worn

DAY_S, H = 86400.0, 3600.0
USUAL = {
    "speed_mps": 1.05, "foot_drop_pct": 2.0, "no_heel_strike_pct": 4.0, "heel_strike_mps3": 900.0,
    "shank_tilt_max_deg": 42.0, "swing_height_m": 0.12, "push_off_rate_dps": 160.0, "push_off_acceleration_mps2": 14.0,
    "loading_rate_dps": 110.0,
}  # fmt: skip
NOISE = {"foot_drop_pct": 2.0, "no_heel_strike_pct": 3.0}
WEAK = {"foot_drop_pct": 60.0, "no_heel_strike_pct": 70.0, "heel_strike_mps3": -600.0, "shank_tilt_max_deg": 8.0}


def day_of(at_s: float) -> str:
    return f"day {int(at_s // DAY_S):03d}"


def blocks_of(
    number: int, seed: int = 0, weak_from_h: float = 99.0, sides: Iterable[Side] = ("left",), pace: float = 1.0
) -> list[Fifty]:
    """Twenty blocks of each leg, every half hour from 8 o'clock; the named legs weaken at some hour."""
    rng, found = np.random.default_rng([seed, number]), []
    for k in range(20):
        at_s = number * DAY_S + (8 + k / 2) * H
        for side in SIDES:
            weak = WEAK if side in sides and at_s >= number * DAY_S + weak_from_h * H else {}
            noise = {name: rng.standard_normal() * NOISE.get(name, 0.04 * usual) for name, usual in USUAL.items()}
            values = {n: USUAL[n] + noise[n] + weak.get(n, 0.0) for n in USUAL}
            values["speed_mps"] *= pace
            found.append(Fifty(side, at_s, at_s + 58.0, 1, tuple(values.items())))
    return found


FORTNIGHT = [block for number in range(14) for block in blocks_of(number)]


def watched(today: list[Fifty], **settings: object) -> list[Sudden]:
    watch = AcuteWatch(day_of, past=FORTNIGHT, **settings)  # type: ignore[arg-type]
    return [sudden for block in today for sudden in watch.update([block])]


def test_a_weakness_of_the_morning_is_told_within_hours_on_its_leg_and_root() -> None:
    (told,) = watched(blocks_of(14, weak_from_h=10.0))
    assert (told.root, told.side, told.both_legs) == ("l5", "left", False)
    assert told.start_s >= 14 * DAY_S + 10 * H and told.at_s <= 14 * DAY_S + 12 * H
    assert told.chart.z is not None and told.chart.z > 4 and told.chart.strides >= 3 * STRIDES
    changed = {trend.metric for trend in told.features if trend.state == "much_worse"}
    assert {"foot_drop_pct", "no_heel_strike_pct", "heel_strike_mps3"} <= changed
    assert all(trend.baseline and trend.baseline.days == 14 for trend in told.features)


def test_a_foot_that_lands_flat_takes_its_loading_with_it_and_that_is_no_knee() -> None:
    slow = [replace(b, values=tuple((n, v * (0.4 if n == "loading_rate_dps" and b.side == "left" else 1.0))
                                    for n, v in b.values)) for b in blocks_of(14)]  # fmt: skip
    assert [told.root for told in watched(slow)] == ["l4"]
    both = [replace(b, values=tuple((n, v * (0.4 if n == "loading_rate_dps" and b.side == "left" else 1.0))
                                    for n, v in b.values)) for b in blocks_of(14, weak_from_h=8.0)]  # fmt: skip
    assert [told.root for told in watched(both)] == ["l5"]


def test_usual_days_tell_nothing() -> None:
    assert [told for number in range(14, 40) for told in watched(blocks_of(number, seed=3))] == []


def test_both_legs_are_said_to_be_both() -> None:
    told = watched(blocks_of(14, weak_from_h=10.0, sides=SIDES))
    assert {one.side for one in told} == set(SIDES) and any(one.both_legs for one in told)


def test_a_slow_day_is_no_weakness() -> None:
    assert watched(blocks_of(14, pace=0.9)) == []


@pytest.mark.parametrize("known", [0, 6])
def test_too_few_days_say_nothing(known: int) -> None:
    watch = AcuteWatch(day_of, past=FORTNIGHT[: 40 * known])
    assert watch.update(blocks_of(14, weak_from_h=8.0)) == []


def test_one_walk_is_not_enough_however_long() -> None:
    weak = blocks_of(14, weak_from_h=8.0)
    first = weak[0].start_s
    without_pause = [
        replace(b, start_s=first + 58 * (k // 2), end_s=first + 58 * (k // 2 + 1)) for k, b in enumerate(weak)
    ]
    assert watched(without_pause) == []


def test_what_a_moved_sensor_says_is_no_evidence() -> None:
    watch = AcuteWatch(day_of, past=FORTNIGHT)
    today = blocks_of(14, weak_from_h=10.0)
    until = next(k for k in range(len(today)) if watch.update([today[k]]))
    again = AcuteWatch(day_of, past=FORTNIGHT)
    again.update(today[:until])
    again.doubt("left", today[until].start_s)
    assert again.update([today[until]]) == []


def test_other_shoes_are_compared_with_days_in_the_same() -> None:
    told = watched(blocks_of(14, weak_from_h=8.0), aids_on=lambda day: ("shoes",) if day == day_of(14 * DAY_S) else ())
    assert told == []


def test_a_day_told_again_from_its_recording_counts_once() -> None:
    today = blocks_of(14, weak_from_h=10.0)
    watch = AcuteWatch(day_of, past=[*FORTNIGHT, *today[:10]])
    told = [sudden for block in today for sudden in watch.update([block])]
    assert [(one.start_s, one.at_s) for one in told] == [(one.start_s, one.at_s) for one in watched(today)]


# ---- blocks


def table(count: int, side: Side, start_s: float = 0.0) -> StrideTable:
    strides = StrideTable.of("shank", count)
    strides["side"] = np.full(count, SIDES.index(side), np.int8)
    strides["start_s"] = start_s + np.arange(count)
    strides["end_s"] = start_s + np.arange(count) + 1.0
    strides["speed_mps"] = np.full(count, 1.1)
    strides["push_off_rate_dps"] = np.arange(count, dtype=float)
    return strides


def test_blocks_are_of_fifty_valid_strides_of_one_leg_however_they_came() -> None:
    strides = table(137, "left")
    strides["valid"][[3, 40]] = False
    whole = FiftyMaker().update(strides)
    maker = FiftyMaker()
    assert [b for k in range(0, 137, 9) for b in maker.update(strides.take(slice(k, k + 9)))] == whole
    assert [(b.start_s, b.end_s, b.walks) for b in whole] == [(0.0, 52.0, 1), (52.0, 102.0, 1)]
    assert whole[1].value("push_off_rate_dps") == np.median(np.arange(52, 102)) and whole[0].value("foot_drop_pct") == 0
    assert whole[0].value("loading_rate_dps") is None, "no stride supports it"
    assert fifties_of(list(strides)) == whole, "and the same from the store"


def test_every_number_of_a_block_is_one_of_the_day() -> None:
    assert {name for name, _ in FiftyMaker().update(table(50, "left"))[0].values} <= {"speed_mps", *SHOWN}


# ---- from strides to the alert


class Life:
    """Strides of a patient, day by day, through the course."""

    def __init__(
        self,
        aids: dict[str, tuple[str, ...]] | None = None,
        past_s: float = float("-inf"),
        denied: Callable[[Sudden], bool] = lambda sudden: False,
    ) -> None:
        self.aids, self.asked = aids or {}, []
        today = Today(
            day_of, lambda day: self.aids.get(day, ()), on_ask=self.asked.append, past_s=past_s, denied=denied
        )
        self.course = Course(today=today)
        self.rng = np.random.default_rng(5)

    def day(
        self, number: int, weak_from_h: float = 99.0, until_h: float = 20.0, weak_until_h: float = 99.0
    ) -> list[Alert]:
        told: list[Alert] = []
        for k in range(24):
            at_s = number * DAY_S + (8 + k / 2) * H
            if at_s > number * DAY_S + until_h * H:
                break
            both = [
                self._walk(side, at_s, weak_from_h * H <= at_s % DAY_S < weak_until_h * H and side == "left")
                for side in SIDES
            ]
            minutes = worn(at_s, at_s + 1800.0)
            new = findings(minutes=minutes)
            told += self.course.walked(replace(new, strides=StrideTable.joined("shank", both)))
        return told

    def _walk(self, side: Side, at_s: float, weak: bool) -> StrideTable:
        strides = table(60, side, at_s)
        for name, usual in USUAL.items():
            if not name.endswith("_pct"):
                strides[name] = usual * (1 + 0.05 * self.rng.standard_normal(60))
        for name, share in (("foot_drop", 0.02), ("no_heel_strike", 0.04)):
            strides[name] = self.rng.random(60) < (0.8 if weak else share)
        if weak:
            strides["heel_strike_mps3"] = 0.3 * strides["heel_strike_mps3"]
        return strides


def test_it_is_asked_at_once_and_an_alert_half_an_hour_later() -> None:
    life = Life()
    assert [alert for number in range(14) for alert in life.day(number)] == [] == life.asked
    (alert,) = life.day(14, weak_from_h=10.0)
    (asked,) = life.asked
    assert (alert.tier, alert.kind, alert.side) == ("T3", "foot_lifting_weaker", "left")
    assert alert.raised_s == asked.at_s <= 14 * DAY_S + 12.5 * H
    assert alert.sentence.startswith(
        "Left leg suddenly weaker (foot lifting, pattern compatible with L5-type weakness):"
    )
    assert "against the last 14 good days. The other leg is as usual." in alert.sentence
    assert alert.evidence[0].metric == "l5_composite" and len(alert.evidence) > 3
    assert life.day(15, weak_from_h=0.0) == [], "one lasting weakness is one alert"


def test_who_logs_other_shoes_within_the_half_hour_has_explained_it() -> None:
    life = Life()
    for number in range(14):
        life.day(number)
    life.asked = life.asked
    today = day_of(14 * DAY_S)
    told: list[Alert] = []

    def explain(sudden: Sudden) -> None:
        life.aids[today] = ("shoes (new)",)

    life.course._today._on_ask = explain  # type: ignore[union-attr]
    told += life.day(14, weak_from_h=10.0)
    told += life.course.walked(None)
    assert told == []


def test_nobody_waits_for_an_answer_when_the_stream_ends() -> None:
    life = Life()
    for number in range(14):
        life.day(number)
    told = life.day(14, weak_from_h=10.0, until_h=11.2)
    assert told or life.course.walked(None), "the day ended within the half hour"


def test_who_takes_the_sensors_off_is_told_of_all_the_same() -> None:
    """No reading comes any more: half an hour later the care team hears of it, and not when they are worn again."""
    life = Life()
    for number in range(14):
        life.day(number)
    told = life.day(14, weak_from_h=10.0, until_h=11.2)
    (asked,) = life.asked
    assert told == []
    assert life.course.walked(findings(), asked.at_s + 1799.0) == []
    assert [alert.tier for alert in life.course.walked(findings(), asked.at_s + 1800.0)] == ["T3"]


@pytest.mark.parametrize("weak_until_h", [99.0, 15.0], ids=["lasting", "over"])
def test_a_weakness_that_becomes_known_late_is_told_only_if_it_lasts(weak_until_h: float) -> None:
    """The day until half past four becomes known then."""
    life = Life(past_s=14 * DAY_S + 16.5 * H)
    for number in range(14):
        life.day(number)
    told = life.day(14, weak_from_h=10.0, weak_until_h=weak_until_h)
    assert [a.tier for a in told] == (["T3"] if weak_until_h > 20 else []) and life.asked == []
    if not told:
        again = life.day(15, weak_from_h=10.0)
        assert [a.tier for a in again] == ["T3"], "one that was over latches nothing"


def test_checks_of_the_sensors_reach_the_rule() -> None:
    life = Life()
    for number in range(14):
        life.day(number)
    at_s = 15 * DAY_S
    moved = replace(findings(), checks=[Slip("left", at_s, 40.0), SideCheck(at_s, "swapped", 2.0, 20)])
    assert life.course.walked(moved) == []
    assert life.day(14, weak_from_h=10.0) == [], "what was measured before the sensor was found moved"


def test_the_limits_are_those_of_the_rule() -> None:
    p = AcuteParams()
    assert (p.in_a_row, p.walks, p.span_s, p.least_z, p.days, p.ask_s) == (3, 2, 1800.0, 4.0, 14, 1800.0)
