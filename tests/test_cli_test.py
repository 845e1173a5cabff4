"""The verb ``test``: a recording of a guided test in, its number and what it means out, as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from realdata import HEADER
from surefoot.cli import main as cli
from surefoot.pipeline.store import open_store
from surefoot.records import TestKind
from surefoot.simulation.gait import Leg
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.trials import simulate_trial
from surefoot.web.homework import SAFETY, STEPS, TITLES

Run = Callable[..., tuple[int, str, str]]
KINDS = get_args(TestKind)


@pytest.fixture
def surefoot(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as caught:
            cli.main(["test", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "Traceback" not in err and not (tmp_path / "state").exists()
        return int(caught.value.code or 0), out, err

    return run


def files(folder: Path, kind: str, seed: int = 1, placement: str = "shank", drop: slice | None = None, **how: object):
    """A simulated test as left.csv and right.csv, and its truth."""
    read, truth = simulate_trial(
        kind, np.random.default_rng(seed), placement=placement, leg=Leg(quad=0.4, push=0.5), **how
    )
    paths = []
    for side, samples in read.items():
        path = folder / f"{side}{'-foot' if placement == 'foot' else ''}.csv"
        rows = np.column_stack([np.arange(len(samples)) / samples.rate_hz, samples.acc, samples.gyr])
        rows = np.delete(rows, drop, axis=0) if drop else rows
        np.savetxt(path, rows, fmt="%.4f", delimiter=",", header=HEADER, comments="")
        paths.append(path)
    return paths, truth


def test_five_rises_are_told_with_their_norms(surefoot: Run, tmp_path: Path) -> None:
    paths, truth = files(tmp_path, "sit_to_stand_5")
    status, out, err = surefoot("sit_to_stand_5", *paths, "--baseline", "8")
    assert status == 0 and err == ""
    assert TITLES["sit_to_stand_5"] in out and "Staartjes and Schroder 2018" in out and "your baseline of 8.0 s" in out
    seconds = float(out.splitlines()[1].split()[0])
    assert seconds == pytest.approx(truth.value, abs=0.7)
    assert "Not a diagnosis" in out


def test_json_is_one_object_with_its_sentence(surefoot: Run, tmp_path: Path) -> None:
    paths, truth = files(tmp_path, "heel_rise")
    status, out, _ = surefoot("heel_rise", *paths, "--side", "left", "--json")
    told = json.loads(out)
    assert status == 0 and told["type"] == "test" and told["kind"] == "heel_rise" and told["side"] == "left"
    assert told["value"] == pytest.approx(truth.value, abs=1) and told["reason"] == ""
    assert told["details"]["height_cm"] > 3 and told["sentence"].startswith(f"{told['value']:.0f} rises")


def test_a_test_done_wrongly_ends_with_status_1_and_what_to_do(surefoot: Run, tmp_path: Path) -> None:
    paths, _ = files(tmp_path, "walk_20m", wrong="turned")
    status, out, _ = surefoot("walk_20m", *paths)
    assert status == 1 and "Not usable: There was a turn" in out and "--how" in out
    status, out, _ = surefoot("walk_20m", *paths, "--json")
    told = json.loads(out)
    assert status == 1 and told["value"] is None and "turn" in told["reason"]


def test_a_gap_in_the_file_makes_it_unusable(surefoot: Run, tmp_path: Path) -> None:
    paths, _ = files(tmp_path, "sit_to_stand_5", drop=slice(600, 680))
    status, out, err = surefoot("sit_to_stand_5", *paths)
    assert status == 1 and "Readings are missing during the test (0.8 s)" in out
    assert "left.csv" in err


def test_foot_files_serve_the_tests_that_need_them(surefoot: Run, tmp_path: Path) -> None:
    feet, truth = files(tmp_path, "toe_tap", placement="foot")
    status, out, _ = surefoot("toe_tap", "--foot-left", feet[0], "--json")
    assert status == 0 and json.loads(out)["value"] == pytest.approx(truth.value, abs=2)
    ankles, _ = files(tmp_path, "sit_to_stand_5")
    status, out, _ = surefoot("sit_to_stand_5", *ankles, *feet, "--json")  # the ankles are taken
    assert status == 0
    status, out, _ = surefoot("toe_tap", ankles[0])
    assert status == 1 and "needs a foot sensor" in out


def test_walking_before_tells_how_the_sensors_sit(surefoot: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    worn = {side: put_on(rng, noise_tape(rng)) for side in ("left", "right")}
    (tmp_path / "walk").mkdir()
    walked, _ = files(tmp_path / "walk", "walk_20m", sensors=worn)
    paths, truth = files(tmp_path, "sit_to_stand_5", sensors=worn)
    given = [word for path in walked for word in ("--walked", path)]
    status, out, err = surefoot("sit_to_stand_5", *paths, "--json", *given)
    assert status == 0 and err == "" and json.loads(out)["value"] == pytest.approx(truth.value, abs=0.7)
    _, _, err = surefoot("sit_to_stand_5", *paths, "--walked", paths[0])
    assert "too little walking" in err


@pytest.mark.parametrize("kind", KINDS)
def test_it_teaches_every_test_safety_first(surefoot: Run, kind: str) -> None:
    status, out, _ = surefoot(kind, "--how")
    told = " ".join(out.split())
    assert status == 0 and SAFETY in told and told.index(SAFETY) < told.index(f"1. {STEPS[kind][0]}")
    assert all(step in told for step in STEPS[kind])
    assert any("Tap start" in step for step in STEPS[kind]) and "tap stop" in told.lower()


def test_help_names_every_kind(surefoot: Run) -> None:
    status, out, _ = surefoot("--help")
    assert status == 0 and all(kind in out for kind in KINDS) and "against a wall" in " ".join(out.split())


def test_wrong_usage_exits_2(surefoot: Run, tmp_path: Path) -> None:
    paths, _ = files(tmp_path, "heel_rise")
    for arguments, said in (
        (("jumping", *paths), "jumping"),
        (("heel_rise",), "No recording was given"),
        (("heel_rise", *paths), "--side left or --side right"),
        (("heel_rise", paths[0], "--side", "right"), "no recording of the right leg"),
        (("walk_20m", *paths, "--distance", "0"), "--distance"),
    ):
        status, _, err = surefoot(*arguments)
        assert status == 2 and said in err


def test_a_file_that_is_not_there_exits_1(surefoot: Run, tmp_path: Path) -> None:
    status, _, err = surefoot("walk_20m", tmp_path / "left.csv")
    assert status == 1 and "left.csv" in err


def test_a_result_is_kept_for_trends_when_its_day_is_known(surefoot: Run, tmp_path: Path) -> None:
    paths, _ = files(tmp_path, "sit_to_stand_5")
    store = tmp_path / "anna.sqlite"
    status, _, err = surefoot("sit_to_stand_5", *paths, "--store", store)
    assert status == 2 and "has no date" in err and not store.exists()
    status, out, err = surefoot("sit_to_stand_5", *paths, "--store", store, "--start", "2026-05-01T09:30")
    assert status == 0 and "kept in" in err
    kept = open_store(f"sqlite:///{store}")
    (result,) = kept.tests(kept.gateway())
    kept.close()
    assert result.kind == "sit_to_stand_5" and f"{result.value:.1f}" in out
    assert 0 < result.start_s - datetime(2026, 5, 1, 9, 30, tzinfo=UTC).timestamp() < 60
