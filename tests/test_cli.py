"""The command line: help, versions, errors told in a sentence, and the exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import pytest

import realdata
import surefoot
from surefoot.cli import main as cli
from surefoot.cli.console import clock_time, json_line, length, number, progress
from surefoot.config import load_config
from surefoot.records import Alert, DayMetric, DaySummary, Incident, Samples, Stride, SurefootError, Trend


def run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as a user starts it."""
    code = "from surefoot.cli.main import main; main()"
    path = os.pathsep.join(p for p in sys.path if p)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path, **env},
        check=False,
    )


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """A verb ``fail`` that raises ``error``."""

    @click.command()
    def fail() -> None:
        raise error

    monkeypatch.setitem(cli.VERBS, "fail", (f"{__name__}:fail", "Fails."))
    module = type(sys)(__name__)
    module.fail = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, __name__, module)


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    return int(caught.value.code or 0)


def test_help_lists_every_verb_and_loads_none() -> None:
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    for verb, (_, told) in cli.VERBS.items():
        assert verb in done.stdout and told in done.stdout
    assert "not an emergency alarm" in done.stdout


def test_version() -> None:
    assert run("--version").stdout == f"surefoot, version {surefoot.__version__}\n"


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_is_where_the_table_says_and_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    module, _, name = cli.VERBS[verb][0].partition(":")
    assert isinstance(getattr(import_module(module), name), click.Command)
    assert status(verb, "--help") == 0
    assert "--help" in capsys.readouterr().out


def test_wrong_usage_exits_2() -> None:
    for arguments in (["nonsense"], ["--nonsense"], ["replay", "--nonsense"]):
        done = run(*arguments)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert "No such" in done.stderr


def test_an_error_of_ours_is_told_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, SurefootError("The disk is full.", "Nothing was stored.", "Make room."))
    assert status("fail") == 1
    assert capsys.readouterr().err == "surefoot: The disk is full. Nothing was stored. Make room.\n"
    failing(monkeypatch, ExceptionGroup("tasks", [ExceptionGroup("inner", [SurefootError("The disk is full.")])]))
    assert status("fail") == 1
    assert capsys.readouterr().err == "surefoot: The disk is full.\n"


def test_an_error_nobody_expected_is_one_line_and_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    failing(monkeypatch, ZeroDivisionError("division by zero"))
    assert status("fail") == 1
    (line,) = capsys.readouterr().err.splitlines()
    (file,) = (tmp_path / "surefoot").iterdir()
    assert line.endswith(str(file)) and "ZeroDivisionError: division by zero" in line
    text = file.read_text()
    assert "Traceback" in text and surefoot.__version__ in text
    assert file.stat().st_mode & 0o077 == 0


def test_a_state_folder_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    failing(monkeypatch, ZeroDivisionError())
    assert status("fail") == 1
    assert "could not be written" in capsys.readouterr().err


def test_a_part_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, ModuleNotFoundError("No module named 'amqtt'", name="amqtt.broker"))
    assert status("fail") == 1
    assert "pip install 'surefoot[demo]'" in capsys.readouterr().err


def test_ctrl_c_exits_130_and_says_only_what_is_true_of_the_verb(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    assert status("fail") == 130
    assert capsys.readouterr().err == "\nStopped.\n"
    assert set(cli.STOPPED) <= set(cli.VERBS)
    monkeypatch.setitem(cli.STOPPED, "fail", "The rest is safe.")
    assert status("fail") == 130
    assert capsys.readouterr().err == "\nStopped. The rest is safe.\n"


@pytest.mark.parametrize("how", [[], ["--json"]], ids=["tables", "json"])
def test_a_reader_who_has_seen_enough_is_no_error(tmp_path: Path, how: list[str]) -> None:
    real = realdata.recording("movingreality", "1019_pp01_exported003")
    path = realdata.write_csv(real.sensors["left_shank"], tmp_path / "left.csv", real.rate_hz)
    code = "from surefoot.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "replay", str(path), *how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        told = process.stderr.read()
    assert process.returncode == 1
    assert [line for line in told.splitlines() if not line.startswith("note: ")] == []


def test_a_verb_may_set_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, click.exceptions.Exit(3))
    assert status("fail") == 3


# ---- the console


STRIDE = Stride("left", "shank", 1.0, 2.1, stride_time_s=1.1)


def test_a_record_is_one_json_object_with_null_for_what_is_not_known() -> None:
    told = json.loads(json_line(STRIDE))
    assert told["type"] == "stride" and told["stride_time_s"] == 1.1 and told["speed_mps"] is None


def test_an_incident_leaves_its_raw_signal_out() -> None:
    block = Samples("left", "shank", 0.0, 100.0, np.zeros((5, 3)), np.zeros((5, 3)))
    incident = Incident("giving_way", "left", 1.0, 2.0, "probable", (("peak_dps", 310.0),), (block,))
    told = json.loads(json_line(incident))
    assert told["evidence"] == {"peak_dps": 310.0} and "snippet" not in told and "\n" not in json_line(incident)


def test_an_alert_carries_its_evidence_and_a_day_its_metrics() -> None:
    trend = Trend("2026-01-01", None, "cadence_spm", "worse", value=80.0)
    alert = Alert("a", "T2", "clinical", "weakness", "left", 1.0, "2026-01-01", "Müde.", "No.", (trend,))
    assert json.loads(json_line(alert))["evidence"][0]["metric"] == "cadence_spm" and "Müde" in json_line(alert)
    metric = DayMetric("left", "speed_mps", None, 3, "too few strides")
    day = DaySummary("2026-01-01", 0.0, 1.0, 1.0, 1.0, 1.0, 1, (("left", 3),), (), (metric,))
    assert json.loads(json_line(day))["metrics"] == [
        {"side": "left", "name": "speed_mps", "value": None, "strides": 3, "reason": "too few strides"}
    ]


def test_a_number_that_is_none_never_leaves() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_line(Stride("left", "shank", 0.0, float("nan")))


def test_times_and_numbers_as_people_read_them() -> None:
    zone = load_config(timezone="Europe/Berlin").zone
    assert clock_time(1_700_000_000.0, zone, wall_clock=True) == "2023-11-14 23:13:20"
    assert clock_time(75.5, zone, wall_clock=False) == "1:15.50"
    assert (number(None), number(1.234), number(12.3, 0)) == ("-", "1.23", "12")
    assert [length(hours) for hours in (9.31, 1.0, 0.05, 0.006, 0.0)] == ["9.3 h", "1.0 h", "3 min", "22 s", "0 s"]


def test_no_bar_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("reading", 10.0) as advance:
        advance(5.0)
    assert capsys.readouterr() == ("", "")
