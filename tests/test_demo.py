"""The demo: one patient's story through every part, told from the clinic's store, and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from broker import free_port
from surefoot.cli.demo import _demo
from surefoot.pipeline.store import open_store
from surefoot.simulation.day import Habits
from surefoot.simulation.patient import Patient

FIRST_S = 1772409600.0  # 2026-03-02
TODAY = "Today the patient goes on, with two simulated sensors heard over Bluetooth ...\n"
STORY = Patient(  # as short as a story with a whole baseline can be
    days=20,
    first_day_s=FIRST_S,
    onset_day=17,
    ramp_days=1,
    short_days=(3,),
    drawer_days=(5,),
    habits=Habits(strides=260, worn_h=7.3, short_h=2.0),
)


class Demo:
    """``surefoot demo`` as a user starts it, with its temporary folders in ``folder``."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        code = "from surefoot.cli.main import main; main()"
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "TMPDIR": str(folder)}
        env |= {"XDG_STATE_HOME": str(folder / "state"), "PYTHONUNBUFFERED": "1"}
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error::ResourceWarning", "-c", code, "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=300)
        assert "Traceback" not in err and "Warning" not in err
        return self.process.returncode, out, err

    def stopped(self, with_signal: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        self.process.send_signal(with_signal)
        return self.ended()

    def works(self) -> None:
        """Wait until its stores are there."""
        until_s = time.monotonic() + 120
        while not list(self.folder.glob("surefoot-demo-*/home.sqlite-wal")):
            assert self.process.poll() is None and time.monotonic() < until_s
            time.sleep(0.05)


def test_the_story(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it prints is what the clinic holds: the days, the alert, its day, its evidence."""
    asyncio.run(_demo(tmp_path, STORY, None, browse=False))
    out, err = capsys.readouterr()
    clinic, home = (open_store(f"sqlite:///{tmp_path}/{name}.sqlite") for name in ("clinic", "home"))
    gateway = home.gateway()
    stored = clinic.alerts(gateway)[-1]  # the first one raised
    days, alert = clinic.days(gateway), stored.alert
    assert (days, clinic.bouts(gateway)) == (home.days(gateway), home.bouts(gateway))
    assert home.outbox.count() == 0 and home.outbox.set_aside() == []
    clinic.close(), home.close()

    assert (len(days), alert.kind, alert.side, alert.tier) == (20, "foot_lifting_weaker", "left", "T3")
    number = 1 + [day.day for day in days].index(alert.day)
    assert STORY.onset_day <= number <= STORY.onset_day + 1
    assert stored.patient_label == "Demo patient (simulated)"
    words = " ".join(out.split())
    assert f" day {number} ({alert.day}), stored by the clinic" in words and "ALERT T3, raised at " in words
    assert alert.sentence in words and alert.not_this in words
    assert "20 days" in words and f"{sum(n for day in days for _, n in day.strides):,} strides" in words
    for trend in alert.evidence:
        (row,) = [line.split() for line in out.splitlines() if line.startswith(trend.metric)]
        assert row[1] == "left" and str(trend.strides) == row[-1]
    assert [line.split()[0] for line in out.splitlines() if "does not count" in line] == [days[2].day, days[4].day]
    assert "foot-drop-like event, left: " in words
    assert (
        "Truth: the left foot weakens from day 17 on and now and then catches its toe." in words
        and "No alert" not in words
        and err.startswith(TODAY)
    )
    assert "Today, over the simulated radio: left ankle: streaming, battery 87 %" in words


def test_once_over_a_few_days_claims_no_health(tmp_path: Path) -> None:
    status, out, err = Demo(tmp_path, "--once", "--days", "3").ended()
    assert status == 0 and err.startswith(TODAY)
    assert "3 days" in out and "No alert was raised in 3 days that count. That is not a finding of health." in out
    assert "the left foot does not weaken in these 3 days" in out and "ALERT" not in out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_leaves_nothing_behind(tmp_path: Path, with_signal: signal.Signals) -> None:
    running = Demo(tmp_path, "--once", "--days", "365")
    running.works()
    time.sleep(1.0)  # somewhere in its work
    status, out, err = running.stopped(with_signal)
    assert (status, out) == (130, "") and "gone" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_its_pages_show_the_patient_until_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    running = Demo(tmp_path, "--days", "1", "--no-browser", "--port", str(port))
    out = running.process.stdout
    assert out is not None
    address = ""
    giving_up = threading.Timer(120, running.process.kill)
    giving_up.start()
    for line in out:
        if line.startswith("Pages: "):
            address = line.split()[1]
            break
    giving_up.cancel()
    assert address == f"http://127.0.0.1:{port}/"
    with urllib.request.urlopen(address, timeout=30) as page:
        assert "Demo patient (simulated)" in page.read().decode()
    status, _, err = running.stopped()
    assert status == 130 and "gone" in err
    assert list(tmp_path.iterdir()) == []


def test_a_port_in_use_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        status, out, err = Demo(tmp_path, "--port", str(port)).ended()
    assert (status, out) == (1, "") and f"Port {port} of 127.0.0.1 cannot be used" in err and "--port" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("days", ["0", "366", "many"])
def test_days_it_cannot_tell_are_wrong_usage(tmp_path: Path, days: str) -> None:
    assert Demo(tmp_path, "--once", "--days", days).ended()[0] == 2
