"""Terrain: stairs and level ground of real walkers, and what a stride's neighbours say."""

from __future__ import annotations

import numpy as np
import pytest

import realdata
from surefoot.records import SIDES
from surefoot.signal.table import LEANS, WORDS, StrideTable
from surefoot.signal.terrain import Terrain, TerrainParams, measures
from surefoot.signal.walk import Walk, analyze

UP, DOWN = (WORDS["context"].index(word) for word in ("stairs_up", "stairs_down"))


def strides(odds: list[tuple[float, float]], starts_s: list[float] | None = None) -> StrideTable:
    """Strides of one leg of 1.1 s with these odds of up and down."""
    table = StrideTable.of("shank", len(odds))
    table["start_s"] = np.array(starts_s or [1.1 * k for k in range(len(odds))])
    table["end_s"] = table["start_s"] + 1.1
    table["up_odds"], table["down_odds"] = np.array(odds).T
    return table


def labelled(table: StrideTable) -> list[int]:
    Terrain().label(table, np.ones(len(table), bool))
    return table["context"].tolist()


LEVEL, UPSTAIRS, DOWNSTAIRS = (-6.0, -6.0), (6.0, -9.0), (-9.0, 6.0)


@pytest.mark.parametrize(
    ("odds", "found"),
    [
        ([LEVEL] * 5, [0] * 5),
        ([LEVEL] * 3 + [UPSTAIRS] * 4 + [LEVEL] * 3, [0] * 3 + [UP] * 4 + [0] * 3),
        ([LEVEL] * 3 + [DOWNSTAIRS] * 4 + [LEVEL] * 3, [0] * 3 + [DOWN] * 4 + [0] * 3),
        ([LEVEL] * 3 + [(99.0, -9.0)] + [LEVEL] * 3, [0] * 7),  # nobody takes one stair
        ([UPSTAIRS] * 3 + [(float("nan"), float("nan"))] + [UPSTAIRS] * 3, [UP] * 7),  # one stride says nothing
    ],
)
def test_neighbours_are_heard(odds: list[tuple[float, float]], found: list[int]) -> None:
    assert labelled(strides(odds)) == found


def test_strides_of_another_walk_are_no_neighbours() -> None:
    table = strides([LEVEL] * 3 + [UPSTAIRS] * 2, [0.0, 1.1, 2.2, 30.0, 31.1])
    assert labelled(table) == [0, 0, 0, UP, UP]
    assert table["valid"].tolist() == [True] * 3 + [False] * 2


def test_nor_are_those_of_a_walk_to_come() -> None:
    table = strides([(1.0, -6.0)] * 2 + [LEVEL] * 3, [0.0, 1.1, 30.0, 31.1, 32.2])
    assert labelled(table) == [UP, UP, 0, 0, 0]


def test_only_the_rows_asked_for_are_labelled() -> None:
    table = strides([UPSTAIRS] * 4)
    Terrain().label(table, np.array([False, True, True, False]))
    assert table["context"].tolist() == [0, UP, UP, 0]


def terrain_of(recording) -> tuple[Walk, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """What is found in a recording; per kind of stairs the seconds found and the true ones."""
    (sensor,) = recording.sensors.values()
    walk = analyze({"left": sensor}, recording.rate_hz)
    context = walk.strides.column("context")
    seconds = {}
    for word in ("stairs_up", "stairs_down"):
        found, true = np.zeros((2, int(len(sensor[0]) / recording.rate_hz) + 2), bool)
        for start, end in zip(*(walk.strides[n][context == word] for n in ("start_s", "end_s")), strict=True):
            found[round(start) : round(end) + 1] = True
        for start, end, label in recording.info["intervals"]:
            true[round(start) : round(end)] |= label == word
        seconds[word] = found, true
    return walk, seconds


def f1(found: np.ndarray, true: np.ndarray) -> float:
    return float(2 * (found & true).sum() / (found.sum() + true.sum()))


def test_stairs_of_real_walkers() -> None:
    """The limits guard what was reached on the people the weights were fitted on; methods.md tells of others."""
    told = [terrain_of(recording)[1] for recording in realdata.recordings("terrain")]
    for word in ("stairs_up", "stairs_down"):
        found, true = (np.concatenate([seconds[word][k] for seconds in told]) for k in (0, 1))
        assert true.sum() > 450
        assert f1(found, true) >= 0.85, word


def test_stairs_among_the_first_strides() -> None:
    """Somebody who goes down right after the sensor was put on: nothing is known yet of how they usually walk."""
    recording = realdata.recording("terrain", "subject_005_02")
    (acc, gyr), first = next(iter(recording.sensors.values())), round(40 * recording.rate_hz)
    walk = analyze({"left": (acc[first:], gyr[first:])}, recording.rate_hz)
    down = walk.strides["context"] == DOWN
    assert down[walk.strides["end_s"] < 24].sum() >= 10  # true: two flights, 10 .. 22 s


@pytest.mark.parametrize(("which", "placement"), [("marpino", "shank"), ("movingreality", "shank"), ("ipol1", "foot")])
def test_level_ground_is_hardly_ever_stairs(which: str, placement: str) -> None:
    count = stairs = 0
    for recording in realdata.recordings(which):
        sensors = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
        context = analyze(sensors, recording.rate_hz, placement).strides["context"]
        count += len(context)
        stairs += int(((context == UP) | (context == DOWN)).sum())
    assert count > 250
    assert stairs <= 0.002 * count


@pytest.mark.parametrize(("name", "word"), [("stairs_up", UP), ("stairs_down", DOWN)])
def test_stairs_seen_from_the_feet(name: str, word: int) -> None:
    recording = realdata.recording("gaitmap", name)
    sensors = {side: recording.sensors[f"{side}_foot"] for side in SIDES}
    context = analyze(sensors, recording.rate_hz, "foot").strides["context"]
    assert (context == word).mean() > 0.7
    assert (context == UP + DOWN - word).sum() == 0


def test_what_is_usual_follows_the_person() -> None:
    """A sensor that always reads a climb of a sixth of the length: level once that is known to be usual."""
    table = StrideTable.of("shank", 200)
    table["start_s"] = 1.1 * np.arange(200)
    table["end_s"] = table["start_s"] + 1.1
    p = TerrainParams().anybody
    values = {
        "stride_time_s": 1.1, "swing_s": 1.1 * (p.swing_share + 0.02), "stride_length_m": 1.0, "rise_m": -0.3,
        "mid_swing_rate_dps": 300.0, "push_off_rate_dps": 160.0, "pre_swing_mps2": 2.0, "lean_middle": 15.0,
        **dict.fromkeys(LEANS, 55.0),
    }  # fmt: skip
    for name, value in values.items():
        table[name][:] = value
    Terrain().weigh(table)
    odds = table["down_odds"]
    assert odds[0] > -2.0
    assert odds[-1] < -4.0
    assert (np.diff(odds) < 1e-9).all()


def test_what_is_measured_of_a_stride_does_not_hang_on_those_beside_it() -> None:
    table = StrideTable.of("shank", 4)
    rng = np.random.default_rng(1)
    for name in ("stride_length_m", "rise_m", "mid_swing_rate_dps", "push_off_rate_dps", "swing_s", "stride_time_s"):
        table[name] = rng.uniform(0.5, 1.0, 4)
    table["lean_middle"] = np.full(4, float(len(LEANS)))
    table.leans[:] = 40.0 * rng.normal(size=table.leans.shape)
    alone = np.concatenate([measures(table.take(slice(k, k + 1))) for k in range(4)])
    assert np.array_equal(alone, measures(table), equal_nan=True)
