"""Speed: somebody who only walks slower is not weaker, and somebody weaker is found at any speed."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surefoot.alerts.rules import decide
from surefoot.pipeline.chart import TrendParams
from surefoot.pipeline.measures import DAY_MEASURES, MEASURES, Speed
from surefoot.pipeline.speed import at_usual_speed
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, Alert, DaySummary, Side, Trend
from surefoot.signal.walk import analyze
from surefoot.simulation.gait import Leg
from surefoot.simulation.walker import Walker, simulate_walk
from weeks import USUAL, day

BY_SPEED = [m for m in DAY_MEASURES if m.speed is not None]
PUSH = Speed(0.6, 0.2)


def moved(values: np.ndarray, speeds: np.ndarray, known: Speed = PUSH) -> tuple[np.ndarray, np.ndarray]:
    return at_usual_speed(values, speeds, 14, 8.0, known)


# ---- one number


def test_at_the_usual_speed_nothing_is_moved() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(160, 6, 30)
    found, doubt = moved(values, np.full(30, 1.1))
    assert found == pytest.approx(values) and doubt == pytest.approx(0.0)


@pytest.mark.parametrize("power", [0.4, 0.6, 0.8])
def test_a_number_that_follows_speed_is_what_it_would_have_been(power: float) -> None:
    rng = np.random.default_rng(2)
    speeds = np.concatenate([rng.normal(1.1, 0.05, 14), [0.8, 0.9, 1.3]])
    found, doubt = moved(160 * (speeds / 1.1) ** power, speeds)
    errors = np.abs(found[14:] - 160)
    assert (errors < 0.05 * 160).all() and (errors < 1.5 * doubt[14:]).all()
    raw = np.abs(160 * (speeds[14:] / 1.1) ** power - 160)
    assert (errors < raw).all()


def test_doubt_grows_with_the_distance_and_shrinks_with_what_the_own_days_tell() -> None:
    rng = np.random.default_rng(3)
    at = np.array([1.0, 0.9, 0.7])
    doubts = {}
    for spread in (0.02, 0.15):
        speeds = np.concatenate([rng.normal(1.1, spread, 14), at])
        doubts[spread] = moved(160 * (speeds / 1.1) ** 0.6, speeds)[1][14:]
        assert (np.diff(doubts[spread]) > 0).all()
    assert (doubts[0.15] < doubts[0.02]).all()


def test_own_days_outweigh_what_others_do() -> None:
    """Somebody whose push-off does not follow speed at all, on days of very different speed."""
    rng = np.random.default_rng(4)
    speeds = np.concatenate([rng.uniform(0.7, 1.4, 14), [0.8]])
    values = 160 + rng.normal(0, 2, 15)
    found, _ = moved(values, speeds)
    assert abs(found[-1] - 160) < 0.05 * 160 < abs(values[-1] + 0.6 * 160 * (1.1 - 0.8) / 1.1 - 160)


def test_one_odd_day_does_not_bend_the_curve() -> None:
    rng = np.random.default_rng(5)
    speeds = np.concatenate([rng.normal(1.1, 0.08, 14), [0.8]])
    values = 160 * (speeds / 1.1) ** 0.6
    odd = values.copy()
    odd[3] = 20.0
    assert abs(moved(odd, speeds)[0][-1] - moved(values, speeds)[0][-1]) < 0.03 * 160


def test_a_number_that_is_zero_stays() -> None:
    found, doubt = moved(np.zeros(20), np.linspace(0.8, 1.2, 20))
    assert not found.any() and not doubt.any()


@given(st.lists(st.tuples(st.floats(0.05, 2.5), st.floats(-1e3, 1e3)), min_size=7, max_size=30), st.integers(7, 14))
def test_whatever_the_days_were_the_answer_is_a_number(days: list[tuple[float, float]], learned: int) -> None:
    speeds, values = np.array(days).T
    found, doubt = at_usual_speed(values, speeds, min(learned, len(days)), 0.0, PUSH)
    assert np.isfinite(found).all() and np.isfinite(doubt).all() and (doubt >= 0).all()


# ---- a person's weeks


def lived(seed: int, slow: float = 1.0, weak: float = 0.0, count: int = 34, from_day: int = 18) -> list[DaySummary]:
    """Days of somebody whose numbers follow speed in their own way; from a day on slower, and the left leg weaker."""
    rng = np.random.default_rng(seed)
    powers = {m.name: rng.normal(m.speed.power, m.speed.sd / 2) for m in BY_SPEED if m.speed}
    told = []
    for k in range(count):
        late = k >= from_day
        pace = (slow if late else 1.0) * (1 + 0.04 * rng.standard_normal())
        values: dict[tuple[Side | None, str], float | None] = {}
        for name, (usual, wander, change) in USUAL.items():
            measure = MEASURES[name]
            for side in SIDES if measure.per_side else (None,):
                value = usual + wander * rng.standard_normal() + change * weak * (late and side == "left")
                if name in powers:
                    value *= pace ** powers[name]
                elif name in ("speed_mps", "stride_length_m"):
                    value = usual * pace
                values[side, name] = value
        told.append(day(k, values))
    return told


def alerts_of(days: list[DaySummary], params: TrendParams | None = None) -> list[Alert]:
    raised: list[Alert] = []
    for n in range(15, len(days) + 1):
        raised += decide(judge(days[:n], params), days[n - 1].end_s, raised)
    return raised


RAW = TrendParams(speed=None)
SEEDS = range(4)


def test_somebody_who_only_walks_slower_raises_nothing() -> None:
    assert [alerts_of(lived(seed, slow=0.8)) for seed in SEEDS] == [[]] * len(SEEDS)
    unmoved = [alerts_of(lived(seed, slow=0.8), RAW) for seed in SEEDS[:2]]
    assert all({a.kind for a in alerts} >= {"push_off_weaker"} for alerts in unmoved), "else this proves nothing"


@pytest.mark.parametrize("slow", [1.0, 0.85])
def test_a_leg_that_weakens_is_found_at_the_same_speed_and_at_a_slower_one(slow: float) -> None:
    for seed in SEEDS:
        alerts = alerts_of(lived(seed, slow=slow, weak=1.0))
        assert {(a.kind, a.side) for a in alerts} == {("foot_lifting_weaker", "left")}


def newest(days: list[DaySummary], metric: str, params: TrendParams | None = None) -> Trend:
    (found,) = [t for t in judge(days, params) if (t.metric, t.side) == (metric, "left")]
    return found


def test_walking_slowly_does_not_hide_a_weakness() -> None:
    """The shank tilts more because the foot drops, and less because the walk is slow: the raw number stands still."""
    days = []
    rng = np.random.default_rng(8)
    for k in range(30):
        slow = 0.75 if k >= 20 else 1.0
        pace = slow * (1 + 0.04 * rng.standard_normal())
        rate = 350 * pace**0.5 * (1.15 if k >= 20 else 1.0) * (1 + 0.02 * rng.standard_normal())
        days.append(day(k, {("left", "speed_mps"): 1.1 * pace, ("left", "mid_swing_rate_dps"): rate}))
    raw, found = (newest(days, "mid_swing_rate_dps", params) for params in (RAW, None))
    assert raw.change is not None and found.change is not None and raw.mdc is not None and found.mdc is not None
    assert abs(raw.change) < raw.mdc and found.change > found.mdc


def test_a_day_whose_speed_is_not_known_is_not_compared() -> None:
    days = [day(k, {("left", "speed_mps"): 1.1, ("left", "push_off_rate_dps"): 160.0 + k % 3}) for k in range(20)]
    assert newest(days, "push_off_rate_dps").state == "quiet"
    days.append(day(20, {("left", "speed_mps"): None, ("left", "push_off_rate_dps"): 120.0}))
    found = newest(days, "push_off_rate_dps")
    assert (found.state, found.reason) == ("cannot_say", "it depends on walking speed, which is not known today")


# ---- the simulated walker, whose numbers follow speed by other laws than those assumed here


WALKED_MPS = (0.7, 0.85, 1.0, 1.15, 1.3)


@cache
def by_pace(push: float) -> dict[tuple[Side, str], list[float]]:
    """What the whole path from samples on measures of a walker at these speeds."""
    found: dict[tuple[Side, str], list[float]] = {}
    for speed_mps in WALKED_MPS:
        walker = Walker(speed_mps=speed_mps, left=Leg(push=push))
        samples, _ = simulate_walk(walker, np.random.default_rng(1), strides=60)
        strides = analyze({side: (one.acc, one.gyr) for side, one in samples.items()}, 100.0).strides
        strides = strides.take(strides["valid"])
        for name in ("speed_mps", *(m.name for m in BY_SPEED)):
            for side in SIDES:
                found.setdefault((side, name), []).append(float(np.nanmedian(strides.of_side(side)[name])))
    return found


def walked(seed: int, late_mps: float, push: float = 0.0) -> list[DaySummary]:
    """Days at about 1.1 m/s, then at another speed and with a left leg that pushes less."""
    rng = np.random.default_rng(seed)
    told = []
    for k in range(30):
        late = k >= 18
        pace = float(np.clip((late_mps if late else 1.1) + 0.04 * rng.standard_normal(), 0.7, 1.3))
        values: dict[tuple[Side | None, str], float | None] = {}
        for (side, name), at in by_pace(push if late else 0.0).items():
            wander = MEASURES[name].floor_at(at[2]) * rng.standard_normal() * (name != "speed_mps")
            values[side, name] = float(np.interp(pace, WALKED_MPS, at)) + wander
        told.append(day(k, values))
    return told


def test_a_simulated_walker_who_only_slows_raises_nothing_and_one_who_weakens_is_found() -> None:
    for seed in range(3):
        assert alerts_of(walked(seed, late_mps=0.9)) == []
        for late_mps in (1.1, 0.9):
            weak = alerts_of(walked(seed, late_mps, push=0.9))
            assert {(a.kind, a.side) for a in weak} == {("push_off_weaker", "left")}
    assert any(alerts_of(walked(seed, 0.9), RAW) for seed in range(3)), "else this proves nothing"


@settings(max_examples=10)
@given(st.floats(0.7, 1.3), st.integers(0, 1000))
def test_any_change_of_speed_alone_leaves_the_charts_of_roots_quiet(slow: float, seed: int) -> None:
    assert alerts_of(lived(seed, slow=slow, count=26)) == []
