"""Calibration: 20 m walks put one person's lengths and speeds right, leg by leg, and make no trend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import surefoot
from realdata import HEADER
from surefoot.cli.replay import replay
from surefoot.cli.test import test as guided
from surefoot.pipeline.calibration import length_factors, on_scale_of
from surefoot.pipeline.store import open_store
from surefoot.pipeline.trends import judge
from surefoot.records import SIDES, WORSE, DaySummary, Side, TestResult
from surefoot.signal.lengths import ALONG
from surefoot.signal.table import NUMBERS
from surefoot.signal.told import USUAL
from surefoot.simulation.trials import simulate_trial
from surefoot.simulation.walker import Walker, simulate_walk
from surefoot.web.charts import charts
from weeks import DAY_S, FIRST_S, day, days

FACTORS: tuple[tuple[Side, float], ...] = (("left", 0.9), ("right", 1.2))


def walk(number: int, **details: float) -> TestResult:
    start_s = FIRST_S + number * DAY_S
    return TestResult("walk_20m", None, start_s, start_s + 20, 1.1, "m/s", 1.0, "", tuple(details.items()))


# ---- which factor


def test_it_is_the_middle_of_the_newest_four_of_each_leg() -> None:
    tests = [walk(k, shank_factor_left=f, factor=2.0) for k, f in enumerate((0.8, 0.8, 0.8, 0.95, 0.96, 1.3, 0.97))]
    assert length_factors(tests, "shank") == (("left", 0.965),)
    both = [*tests, walk(9, shank_factor_left=0.97, shank_factor_right=0.9)]
    assert length_factors(both, "shank") == (("left", 0.97), ("right", 0.9))


def test_sensors_elsewhere_and_walks_not_usable_tell_nothing() -> None:
    assert length_factors([walk(0, shank_factor_left=0.9)], "foot") == ()
    assert length_factors([replace(walk(0, shank_factor_left=0.9), value=None, reason="a turn")], "shank") == ()
    assert length_factors([], "shank") == ()


# ---- applied to strides


def test_lengths_and_speeds_are_put_right_and_nothing_else_changes() -> None:
    sensors, _ = simulate_walk(Walker(), np.random.default_rng(3), strides=30)
    legs = {side: (s.acc, s.gyr) for side, s in sensors.items()}
    plain = surefoot.analyze(legs, 100.0)
    right = surefoot.analyze(legs, 100.0, params=replace(USUAL, length_factors=FACTORS))
    for side, factor in FACTORS:
        a, b = plain.strides.of_side(side), right.strides.of_side(side)
        for name in NUMBERS:
            scaled = factor * a[name] if name in ALONG else a[name]
            assert np.array_equal(b[name], scaled, equal_nan=True), name
    assert right.incidents == plain.incidents and right.minutes == plain.minutes
    (before,), (now,) = plain.bouts, right.bouts
    assert now.speed_mps == pytest.approx(np.nanmedian(right.strides["speed_mps"][right.strides["valid"]]))
    assert replace(now, speed_mps=before.speed_mps) == before


# ---- days on one scale


def scaled(one: DaySummary, factors: tuple[tuple[Side, float], ...]) -> DaySummary:
    return on_scale_of(one, replace(one, length_factors=factors))


def test_a_day_is_told_on_the_scale_of_another() -> None:
    (plain,) = days(1)
    values = {("left", "stride_time_cv_pct"): 2.0, (None, "speed_over_30_mps"): 1.0, (None, "walk_20m_mps"): 1.0}
    values[None, "stride_length_asymmetry_pct"] = 0.0
    plain = replace(plain, metrics=plain.metrics + day(0, values).metrics)
    told = scaled(plain, FACTORS)

    def value(one: DaySummary, name: str, side: Side | None) -> float:
        found = one.metric(side, name)
        assert found is not None and found.value is not None
        return found.value

    for name in ALONG:
        for side, factor in FACTORS:
            assert value(told, name, side) == pytest.approx(factor * value(plain, name, side))
    assert value(told, "speed_over_30_mps", None) == pytest.approx(1.05)
    assert value(told, "stride_length_asymmetry_pct", None) == pytest.approx(100 * np.log(1.2 / 0.9))
    unchanged = [m for m in plain.metrics if m.name not in (*ALONG, "speed_over_30_mps", "stride_length_asymmetry_pct")]
    assert set(unchanged) <= set(told.metrics)
    back = scaled(told, ())
    assert [m.value for m in back.metrics] == pytest.approx([m.value for m in plain.metrics])


def test_a_first_calibration_is_no_slowing_down() -> None:
    """From the fifteenth day on lengths are told a sixth shorter: the person walks as ever."""
    factors: tuple[tuple[Side, float], ...] = (("left", 0.85), ("right", 0.85))
    lived = days(20)
    now = [*lived[:14], *(scaled(one, factors) for one in lived[14:])]
    for before, after in zip(judge(lived), judge(now), strict=True):
        assert after.state == before.state == "quiet", after.metric
        if after.metric in ALONG and after.value and before.value and after.baseline and before.baseline:
            assert after.value == pytest.approx(0.85 * before.value)
            assert after.baseline.centre == pytest.approx(0.85 * before.baseline.centre)
    torn = [*lived[:14], *(replace(one, length_factors=()) for one in now[14:])]
    assert any(t.state in WORSE for t in judge(torn) if t.metric in ALONG), "else this test would show nothing"


def test_a_page_shows_all_days_on_the_newest_scale() -> None:
    lived = days(20)
    now = [*lived[:14], *(scaled(one, (("left", 0.5), ("right", 0.5))) for one in lived[14:])]
    (chart,) = [c for c in charts(now, judge(now)) if c.name == "stride_length_m"]
    shown = [float(row[1].split()[0]) for row in chart.rows]
    assert max(shown) < 0.8 and min(shown) > 0.5, "1.22 m of the first fortnight as half of that"


# ---- as a user does it


def written(folder: Path, read: dict[Side, object]) -> list[str]:
    paths = []
    for side in SIDES:
        samples = read[side]
        rows = np.column_stack([np.arange(len(samples)) / 100.0, samples.acc, samples.gyr])
        folder.mkdir(exist_ok=True)
        np.savetxt(folder / f"{side}.csv", rows, fmt="%.5f", delimiter=",", header=HEADER, comments="")
        paths.append(str(folder / f"{side}.csv"))
    return paths


def test_a_walk_of_20_m_changes_what_a_replay_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUREFOOT_HOME", str(tmp_path / "home"))
    run, store = CliRunner(), str(tmp_path / "anna.sqlite")
    read, truth = simulate_trial("walk_20m", np.random.default_rng(3))
    tested = ["walk_20m", *written(tmp_path / "test", read), "--distance", f"{truth.distance_m:.3f}"]
    done = run.invoke(guided, [*tested, "--store", store, "--start", "2026-05-01T09:00"])
    assert done.exit_code == 0
    told = " ".join(done.output.split())
    assert "speeds of the left leg are multiplied by 0.9" in told and "instead of 1.00 in recordings replayed" in told
    daily, true = simulate_walk(Walker(), np.random.default_rng(8), strides=40)
    replayed = [*written(tmp_path / "day", daily), "--store", store, "--start", "2026-05-02T09:00"]
    done = run.invoke(replay, replayed)
    assert done.exit_code == 0 and "are multiplied by 0.9" in " ".join(done.output.split())
    kept = open_store(f"sqlite:///{store}")
    (_, lived) = kept.days(kept.gateway())
    factors = dict(lived.length_factors)
    assert set(factors) == set(SIDES) and all(0.9 < factor < 1 for factor in factors.values())
    strides = [s for s in kept.strides(0.0, 4e9) if s.valid and s.stride_length_m]
    kept.close()
    measured = np.median([s.stride_length_m for s in strides])
    right_m = np.median(np.concatenate([true.legs[side].stride_lengths_m for side in SIDES]))
    plain = np.median([s.stride_length_m / factors[s.side] for s in strides])
    assert abs(measured / right_m - 1) < 0.02 < abs(plain / right_m - 1)
