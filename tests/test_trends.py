"""Trends: each number against the patient's own normal, and the chart that adds its deviations up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.pipeline.baseline import BaselineParams, learn
from surefoot.pipeline.chart import TrendParams, rearmed
from surefoot.pipeline.measures import DAY_MEASURES, MEASURES
from surefoot.pipeline.shift import shift_path
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, WORSE, Side, Trend
from weeks import day, days, name

ONE = "no_heel_strike_pct"  # a number with a floor of its own, worse upwards


def trend(trends: list[Trend], metric: str, side: Side | None = "left") -> Trend:
    (found,) = [t for t in trends if t.metric == metric and t.side == side]
    return found


def single(values: list[float | None], metric: str = ONE, params: TrendParams | None = None) -> Trend:
    """The newest trend of one number of the left leg; a None is a day that is missing."""
    lived = [day(k, {("left", metric): v}, "" if v is not None else "not worn") for k, v in enumerate(values)]
    return trend(judge(lived, params), metric)


CALM = [10.0, 12.0, 8.0, 11.0, 9.0, 10.0, 13.0, 7.0, 10.0, 11.0, 9.0, 12.0, 8.0, 10.0]


# ---- cannot say, quiet, worse


def test_nothing_is_judged_of_nothing() -> None:
    assert judge([]) == []


def test_the_first_days_are_for_learning() -> None:
    for n in range(1, 15):
        found = single(CALM[:n])
        assert found.state == "cannot_say" and f"{n} of {'at least 7' if n < 7 else '14'} good days" in found.reason
        assert (found.baseline is None) == (n < 7) and found.shift is None, "there is nothing on the chart yet"
    assert single([*CALM, 10.0]).state == "quiet"


def test_even_a_collapse_in_the_first_fortnight_raises_nothing_and_one_after_it_does() -> None:
    """A baseline still growing is compared with nothing, so it cannot call a day worse and take it back."""
    states = [single([*CALM[:7], *[95.0] * n]).state for n in range(1, 8)]
    assert set(states) == {"cannot_say"}
    assert single([*CALM, *[95.0] * 3]).state in WORSE


def test_a_missing_day_says_why() -> None:
    found = single([*CALM, None])
    assert (found.state, found.reason, found.value) == ("cannot_say", "not worn", None)


def test_a_number_the_day_does_not_support_says_why() -> None:
    lived = [day(k, {("left", ONE): v}) for k, v in enumerate([*CALM, 10.0, None])]
    found = trend(judge(lived), ONE)
    assert (found.state, found.reason) == ("cannot_say", "20 strides")
    assert trend(judge([*lived, day(16)]), ONE).reason == "not known today"


def test_a_number_that_was_always_zero_says_nothing() -> None:
    found = single([0.0] * 20, "push_off_rate_dps")
    assert found.state == "cannot_say" and "never varied" in found.reason and found.z is None
    assert single([0.0] * 14 + [40.0], "push_off_rate_dps").state == "cannot_say"
    assert single([0.0] * 20).state == "quiet", "its spread has a floor that does not shrink with the centre"


@pytest.mark.parametrize("metric", [name for name, measure in MEASURES.items() if measure.how != "score"])
def test_the_direction_of_worse(metric: str) -> None:
    measure = MEASURES[metric]
    side = "left" if measure.per_side else None
    for direction in (-1, 1):
        usual = [v * 10 for v in (CALM if measure.baseline_days is None else (9.0, 11.0, 8.0, 12.0))]
        values = usual + [100.0 + direction * 90.0] * 6
        lived = [day(k, {(side, metric): v}) for k, v in enumerate(values)]
        found = trend(judge(lived), metric, side)
        assert (found.state in WORSE) == (direction == measure.worse != 0), metric
        if measure.worse:
            assert found.z is not None and np.sign(found.z) == direction * measure.worse
            assert found.change == pytest.approx(direction * measure.worse * 90.0)
        else:
            assert found.z is None and found.shift is None, "neither way is worse: there is nothing to orient"


def test_what_a_trend_carries() -> None:
    lived = [day(k, {("left", ONE): v}, worn_h=8.5) for k, v in enumerate([*CALM, *[30.0] * 3])]
    found = trend(judge(lived), ONE)
    base = found.baseline
    assert base is not None and (base.centre, base.days, base.first_day, base.last_day) == (10.0, 14, name(0), name(13))
    assert found.z == pytest.approx(20.0 / base.spread)
    assert found.shift == pytest.approx(chart(np.array([*CALM, *[30.0] * 3]) * 0.7 / 3)[-1])
    assert (found.value, found.change, found.worse_days, found.strides, found.worn_h) == (30.0, 20.0, 3, 400, 8.5)
    assert (found.day, found.mdc) == (name(16), pytest.approx(max(found.mdc or 0, 10.0)))


def test_a_change_too_small_to_be_told_is_not_worse_however_long_it_lasts() -> None:
    """The MDC gate: far over the chart's limit, but less than what is worth telling (10 points)."""
    found = single([*CALM, *[10.0 + 9.0] * 40])
    assert found.shift is not None and found.shift > TrendParams().shift.urgent and found.state == "watch"


def test_one_odd_day_is_not_enough() -> None:
    assert single([*CALM, 100.0]).state == "quiet"
    assert single([*CALM, 100.0, 10.0, 10.0]).state == "quiet"


def test_a_recovery_ends_it() -> None:
    assert single([*CALM, *[60.0] * 10, *[10.0] * 2]).state == "quiet"


@given(st.lists(st.integers(0, 25), max_size=12))
def test_missing_days_are_invisible_to_the_chart(where: list[int]) -> None:
    values: list[float | None] = [*CALM, 10.0, 14.0, 20.0, 30.0, 30.0, 30.0]
    plain = single(values)
    for k in where:
        values.insert(min(k, len(values) - 1), None)
    found = single(values)
    assert plain.baseline is not None and found.baseline is not None
    same_days = replace(plain.baseline, first_day=found.baseline.first_day, last_day=found.baseline.last_day)
    assert found == replace(plain, day=found.day, baseline=same_days)


# ---- the chart of a root


def test_a_root_needs_two_of_its_numbers() -> None:
    both = {("left", "push_off_rate_dps"): 160.0, ("left", "push_off_acceleration_mps2"): 14.0}
    one = {("left", "push_off_rate_dps"): 160.0}
    two_of_them = [day(k, both) for k in range(16)]
    assert trend(judge(two_of_them), "s1_composite").state == "quiet"
    only_one = [day(k, one) for k in range(16)]
    assert trend(judge(only_one), "s1_composite").reason == "fewer than 2 of its numbers have a baseline"
    assert not any(t.metric == "l5_composite" for t in judge(only_one)), "none of its numbers was ever known"


def test_a_root_weakens_with_its_numbers_and_no_other_does() -> None:
    found = judge(days(22, weak_from=18))
    states = {(t.metric, t.side): t.state for t in found if t.metric.endswith("_composite")}
    assert states == {
        (f"{root}_composite", side): "much_worse" if (root, side) == ("l5", "left") else "quiet"
        for root in ("l4", "l5", "s1")
        for side in SIDES
    }


def test_a_root_that_cannot_say_has_a_reason() -> None:
    lived = days(20)
    lived[-1] = replace(lived[-1], missing="worn 2.0 h, less than 6 h")
    assert {t.reason for t in judge(lived)} == {"worn 2.0 h, less than 6 h"}
    assert all("of 14 good days" in t.reason for t in judge(lived[:10]) if t.metric == "l5_composite")
    assert all("of at least 7 good days" in t.reason for t in judge(lived[:5]))


def test_one_leg_has_trends_of_its_own() -> None:
    found = judge(days(20, sides=["left"]))
    assert {t.side for t in found} == {"left", None} and all(t.state == "quiet" for t in found)


def test_a_number_that_comes_late_has_its_own_fortnight() -> None:
    lived = days(30)
    late = [
        d if k >= 12 else replace(d, metrics=tuple(m for m in d.metrics if m.name != "heel_strike_mps3"))
        for k, d in enumerate(lived)
    ]
    found = judge(late)
    heel = trend(found, "heel_strike_mps3")
    assert heel.baseline is not None and heel.baseline.first_day == name(12) and heel.state == "quiet"
    assert trend(found, "l5_composite").state == "quiet"


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_whatever_is_known_of_the_days_every_trend_is_a_number_or_a_reason(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lived = []
    for k in range(int(rng.integers(1, 30))):
        values: dict[tuple[Side | None, str], float | None] = {}
        for measure in DAY_MEASURES:
            for side in SIDES if measure.per_side else (None,):
                if rng.random() < 0.8:
                    values[side, measure.name] = None if rng.random() < 0.2 else float(rng.choice([0, 0, 1, 5.5, -3]))
        lived.append(day(k, values, "not worn" if rng.random() < 0.2 else ""))
    for found in judge(lived):
        told = [found.value, found.z, found.shift, found.change, found.mdc]
        assert all(x is None or np.isfinite(x) for x in told)
        assert bool(found.reason) == (found.state == "cannot_say")
        if found.state != "cannot_say":
            assert found.baseline is not None and found.baseline.spread > 0


# ---- how often the chart is wrong, and how soon right (facts/clinical.md 7.3)

ONE_SD = 3.0 / 0.7  # of ``ONE``, so that its floor of 3 points is the recipe's 0.7 SD


def wandering(runs: int, seed: int) -> np.ndarray:
    """(runs, 44) unit-variance noise, each day hanging on the last by 0.3: a fortnight to learn, 30 days to watch."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((runs, 44))
    for k in range(1, 44):
        noise[:, k] = 0.3 * noise[:, k - 1] + np.sqrt(1 - 0.3**2) * noise[:, k]
    return noise


def chart(values: np.ndarray) -> np.ndarray:
    """The chart after each day behind the baseline, of one number with a floor of 0.7."""
    base = learn([name(k) for k in range(len(values))], values.tolist(), 0.7, BaselineParams())
    assert base is not None
    z = (values - base.centre) / base.spread
    return shift_path(z, np.empty((0, len(z))), base.days, 0.7 / base.spread)


def first_worse(values: np.ndarray) -> int | None:
    """Days behind the baseline until ``judge`` says worse; it is asked on the days on which its chart is over."""
    over = np.flatnonzero(chart(values) > TrendParams().shift.review) + 1
    said = (50 + ONE_SD * values).tolist()
    return next((n for n in over.tolist() if single(said[: 14 + n]).state in WORSE), None)


def test_judge_draws_that_very_chart_and_its_gate_only_lowers_the_alarms() -> None:
    runs = wandering(400, 3)
    for values in runs[:20]:
        drawn = chart(values)
        told = [single((50 + ONE_SD * values[: 14 + n]).tolist()).shift for n in (1, 7, 30)]
        assert told == pytest.approx([drawn[0], drawn[6], drawn[29]], abs=1e-9)
    alarms = sum(first_worse(values) is not None for values in runs)
    ungated = sum((chart(values) > TrendParams().shift.review).any() for values in runs)
    assert alarms <= ungated <= 0.046 * len(runs), "no more than the plain CUSUM of the table, on one chart"


def test_judge_sees_a_step_of_four_spreads_within_a_week() -> None:
    values = wandering(200, 4)
    values[:, 14:] += 4.0
    days_until = [first_worse(v) for v in values]
    assert sum(n is not None and n <= 7 for n in days_until) >= 195
    assert np.median([n or 99 for n in days_until]) <= 3


@pytest.mark.parametrize("least", [7, 10])
def test_a_shorter_baseline_is_a_setting(least: int) -> None:
    params = TrendParams(baseline=BaselineParams(days=least, provisional_days=least))
    assert single(CALM[:least], params=params).state == "cannot_say"
    assert single([*CALM[:least], 10.0], params=params).state == "quiet"


def test_a_chart_is_rearmed_after_seven_good_days_below_half_its_limit() -> None:
    path = np.array([6.0] * 5 + [0.0] * 40)
    days = [f"2026-{1 + k // 28:02d}-{1 + k % 28:02d}" for k in range(len(path))]
    p = TrendParams()
    for k in range(1, len(path) + 1):
        told = rearmed(path[:k], days[:k], p)
        assert told == ("" if k < 5 + p.rearm_days else days[k - 1])
