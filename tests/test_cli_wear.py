"""``surefoot wear`` as its user starts it, over the simulated radio; and what its board says."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from surefoot.cli.board import COLUMNS, Board
from surefoot.config import load_config
from surefoot.records import SensorStatus, WornSensor

CODE = "from surefoot.cli.main import main; main()"
WORN = [WornSensor("left", "shank", "open", "C0:00:00:00:00:01", "Surefoot 01", 104.0, 0.0)]


class Wear:
    """The command in a process of its own, with a home in ``folder``."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONUNBUFFERED": "1"}
        env |= {"SUREFOOT_HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "TMPDIR": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error::ResourceWarning", "-c", CODE, "wear", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )

    def until(self, words: str) -> str:
        """Everything it prints up to these words."""
        assert self.process.stdout is not None
        seen = ""
        for line in self.process.stdout:
            seen += line
            if words in line:
                return seen
        raise AssertionError(f"it ended without a word of {words!r}: {seen}")

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=120)
        assert "Traceback" not in err and "Warning" not in err
        return self.process.returncode, out, err


def test_without_paired_sensors_it_says_what_to_do(tmp_path: Path) -> None:
    status, out, err = Wear(tmp_path).ended()
    assert (status, out) == (1, "")
    assert "No sensors are paired." in err and "surefoot pair" in err and "--simulate" in err


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
@pytest.mark.parametrize(("with_signal", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_streams_and_is_stopped_cleanly(tmp_path: Path, with_signal: signal.Signals, status: int) -> None:
    wear = Wear(tmp_path, "--simulate")
    begun = wear.until("ankle: streaming") + wear.until("ankle: streaming")  # whichever comes first
    assert all(f"{side} ankle: streaming" in begun for side in ("left", "right")) and "Nothing is kept" in begun
    wear.process.send_signal(with_signal)
    ended, _, err = wear.ended()
    assert ended == status and "nothing is kept" in err
    assert not list(tmp_path.glob("surefoot-simulated-*"))


def test_it_ends_by_itself_when_asked_to(tmp_path: Path) -> None:
    status, out, err = Wear(tmp_path, "--simulate", "--for", "4").ended()
    assert (status, err) == (0, "")
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", line) for line in out.splitlines())


# ---- the board


def board() -> Board:
    return Board(WORN, "shank", load_config(timezone="UTC").zone, 1000.0)


def status(at_s: float, state: str = "streaming", **more: object) -> SensorStatus:
    return SensorStatus("left", "shank", at_s, state, **more)  # type: ignore[arg-type]


def test_the_board_tells_a_sensor_as_it_fares() -> None:
    it = board()
    assert it.rows(1000.0) == [("left ankle", "searching", "-", "-", "-", "0", "-", "0")]
    assert it.take_status(status(1000.0, "connecting")) == "left ankle: connecting"
    it.take_status(status(1001.0, readings=0, battery_pct=81, signal_dbm=-62))
    it.take_status(status(1011.0, readings=1040, lost=7, battery_pct=80, signal_dbm=-62, clock_ppm=31.4))
    (row,) = it.rows(1011.0)
    assert dict(zip(COLUMNS, row, strict=True)) == {
        "sensor": "left ankle",
        "link": "streaming",
        "battery": "80 %",
        "signal": "-62 dBm",
        "readings/s": "104.0",
        "lost": "7",
        "clock": "+31 ppm",
        "strides today": "0",
    }
    assert it.take_status(status(1021.0, readings=2080, lost=7)) is None  # nothing new
    told = it.take_status(status(1030.0, "away", reason="not heard of: out of range.", readings=2100))
    assert told == "left ankle: away (not heard of: out of range)"
    assert it.rows(1030.0)[0][4] == "-"


def test_the_board_says_whose_readings_wait_and_for_what() -> None:
    told = board()
    told.take_status(status(1005.0, held_s=2.5))
    assert "wait" not in told.line(1005.0)
    told.take_status(status(1010.0, held_s=7.4))
    assert "the left ankle sensor's readings of the last 7 s are kept and wait to be understood" in told.line(1010.0)
    told.take_status(status(1020.0, held_s=0.0))
    assert "kept and wait" not in told.line(1020.0)


def test_a_line_tells_everything_and_what_waits() -> None:
    it = board()
    it.take_status(status(1001.0, battery_pct=81))
    assert it.line(1001.0) == (
        "left ankle: streaming, battery 81 %, lost 0, strides today 0; findings stay at home (no broker is set)"
    )
    it.clinic, it.waiting = "clinic.example:8883", 1
    assert it.line(1001.0).endswith("1 row waits for the clinic: clinic.example:8883")
