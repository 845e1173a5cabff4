"""Looking back: the acute rule over the strides that a store has kept says what it said when they came."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from surefoot.cli.log import log
from surefoot.pipeline.acute import AcuteWatch
from surefoot.pipeline.fifties import FiftyMaker
from surefoot.pipeline.lookback import ACUTE, sudden_would_have
from surefoot.pipeline.store import open_store
from surefoot.records import SIDES, Stride
from surefoot.signal.table import StrideTable
from weeks import FIRST_S, days, name

DAY_S, WEAK_DAYS, LIVED = 86400.0, (16, 18), 20
USUAL = {
    "speed_mps": 1.05, "heel_strike_mps3": 900.0, "shank_tilt_max_deg": 42.0, "swing_height_m": 0.12,
    "push_off_rate_dps": 160.0, "push_off_acceleration_mps2": 14.0, "loading_rate_dps": 110.0,
}  # fmt: skip


def walk(at_s: float, weak: bool, rng: np.random.Generator, count: int = 50) -> StrideTable:
    """Fifty strides of both legs, in time order."""
    strides = StrideTable.of("shank", 2 * count)
    strides["side"] = np.arange(2 * count, dtype=np.int8) % 2
    strides["start_s"] = at_s + np.arange(2 * count) * 0.55
    strides["end_s"] = strides["start_s"] + 1.1
    strides["valid"], strides["confidence"] = np.ones(2 * count, bool), np.ones(2 * count)
    lame = weak & (strides["side"] == SIDES.index("left"))
    for column, usual in USUAL.items():
        strides[column] = usual * (1 + 0.05 * rng.standard_normal(2 * count))
    for column, share in (("foot_drop", 0.02), ("no_heel_strike", 0.04)):
        strides[column] = rng.random(2 * count) < np.where(lame, 0.8, share)
    strides["heel_strike_mps3"] = np.where(lame, 0.3, 1.0) * strides["heel_strike_mps3"]
    return strides


@pytest.fixture(scope="module")
def walked() -> list[StrideTable]:
    rng = np.random.default_rng(5)
    return [
        walk(FIRST_S + number * DAY_S + (9 + k) * 3600.0, number in WEAK_DAYS and k >= 2, rng)
        for number in range(LIVED)
        for k in range(6)
    ]


@pytest.fixture(scope="module")
def kept(walked: list[StrideTable]) -> list[Stride]:
    return [stride for table in walked for stride in table]


def between(kept: list[Stride]):
    return lambda start_s, end_s: [one for one in kept if start_s <= one.start_s < end_s]


def test_it_would_have_fired_on_the_days_on_which_it_did(walked: list[StrideTable], kept: list[Stride]) -> None:
    lived, maker = days(LIVED), FiftyMaker()
    watch = AcuteWatch(lambda at_s: name(int((at_s - FIRST_S) // DAY_S)))
    came = {one.chart.day for table in walked for one in watch.update(maker.update(table))}
    found = sudden_would_have(lived, between(kept))
    assert came == {name(number) for number in WEAK_DAYS}
    assert (found.rule, found.looked, found.fired) == (ACUTE, LIVED, tuple((name(n), "T3") for n in WEAK_DAYS))


def test_only_the_last_days_are_told_but_those_before_are_what_is_usual(kept: list[Stride]) -> None:
    found = sudden_would_have(days(LIVED), between(kept), last=3)
    assert (found.looked, found.fired) == (3, ((name(18), "T3"),))


def test_days_in_other_shoes_are_compared_with_none_before(kept: list[Stride]) -> None:
    shoes = {name(number): ("shoes",) for number in WEAK_DAYS}
    assert sudden_would_have(days(LIVED), between(kept), lambda day: shoes.get(day, ())).fired == ()


def test_who_has_no_days_or_no_strides_is_told_so() -> None:
    assert (sudden_would_have([], between([])).looked, sudden_would_have([], between([])).fired) == (0, ())
    assert sudden_would_have(days(9), between([])).fired == ()


def test_the_command_tells_it_beside_the_rules_of_a_day(tmp_path: Path, kept: list[Stride]) -> None:
    store = open_store(f"sqlite:///{tmp_path}/anna.sqlite")
    for one in days(LIVED):
        store.keep_day(one)
    store.keep_strides(kept)
    store.close()
    done = CliRunner().invoke(log, ["rules", "--store", str(tmp_path / "anna.sqlite")])
    assert done.exit_code == 0 and f"{name(16)} T3, {name(18)} T3" in " ".join(done.output.split())
