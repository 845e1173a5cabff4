"""The systemd units: what systemd itself says of them, and a program that tells it whether it moves."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot.cli.pulse import Pulse, keep_telling, tell, watchdog_s
from surefoot.cli.units import WATCHDOG_S, Program, unit

CODE = "from surefoot.cli.main import main; main()"
ANALYZE = shutil.which("systemd-analyze")


def printed(program: Program, folder: Path) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "SUREFOOT_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, "-c", CODE, program, "--print-unit"], capture_output=True, text=True, env=env, check=True
    )
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is of Linux")
@pytest.mark.parametrize("program", ["wear", "clinic"])
def test_the_printed_unit_is_begun_again_whatever_ends_it(tmp_path: Path, program: Program) -> None:
    text = printed(program, tmp_path)
    assert f" {program} " in re.findall(r"^ExecStart=(.*)$", text, re.M)[0]
    for line in ("Type=notify", "Restart=always", "StartLimitIntervalSec=0", f"WatchdogSec={WATCHDOG_S}"):
        assert line in text.splitlines()
    assert f"Environment=SUREFOOT_HOME={tmp_path / 'home'}" in text and f"ReadWritePaths={tmp_path / 'home'}" in text
    assert list(tmp_path.iterdir()) == [], "printing makes nothing"


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze here: the units are not verified")
@pytest.mark.parametrize("program", ["wear", "clinic"])
def test_systemd_takes_the_unit_and_finds_little_exposed(tmp_path: Path, program: Program) -> None:
    path = tmp_path / f"surefoot-{program}.service"
    path.write_text(unit(program, Path(sys.executable), "root", Path("/var/lib/surefoot")))
    verified = subprocess.run([str(ANALYZE), "verify", str(path)], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    rated = subprocess.run(
        [str(ANALYZE), "security", "--offline=true", "--threshold=25", str(path)], capture_output=True, text=True
    )
    assert rated.returncode == 0, rated.stdout[-200:]


def test_a_home_below_home_may_be_written_and_the_rest_of_it_only_read() -> None:
    text = unit("wear", Path("/home/pi/venv/bin/surefoot"), "pi", Path("/home/pi/.local/share/surefoot"), "/etc/s.toml")
    assert "ProtectHome=read-only" in text and "ReadWritePaths=/home/pi/.local/share/surefoot" in text
    assert "Environment=SUREFOOT_CONFIG=/etc/s.toml" in text
    assert "ProtectHome=yes" in unit("wear", Path("/opt/bin/surefoot"), "pi", Path("/var/lib/surefoot"))


# ---- the pulse


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd hears of a program."""
    if not hasattr(socket, "AF_UNIX"):
        pytest.skip("no sockets of this kind here")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("notify")
        listener.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def test_without_systemd_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
        monkeypatch.delenv(name, raising=False)
    assert not tell("READY=1") and watchdog_s() == float("inf")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/at/all")
    assert not tell("READY=1")


def test_a_watchdog_for_another_process_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "120000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert watchdog_s() == 120.0
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_s() == float("inf")


def test_what_is_stuck_is_named() -> None:
    now_s = [0.0]
    pulse = Pulse({"radio": 10.0, "looking": 20.0}, lambda: now_s[0])
    now_s[0] = 11.0
    assert pulse.stuck() == ["radio"]
    pulse.beat("radio")
    assert pulse.stuck() == []
    now_s[0] = 25.0
    assert pulse.stuck() == ["radio", "looking"]


def test_systemd_hears_of_it_only_while_everything_moves(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    stuck_after = 3
    now_s = [0.0]
    pulse = Pulse({"radio": 1.0}, lambda: now_s[0])
    heard: list[str] = []

    async def run() -> None:
        telling = asyncio.create_task(keep_telling(pulse, lambda: "all\nwell"))
        while len(heard) < 7:
            heard.append((await asyncio.to_thread(systemd.recv, 4096)).decode())
            now_s[0] = 0.0 if len(heard) < stuck_after else 2.0
        telling.cancel()

    asyncio.run(run())
    assert heard[0] == "READY=1\nSTATUS=all well"
    assert heard[1] == "WATCHDOG=1\nSTATUS=all well"
    assert heard[-2:] == ["STATUS=stuck: radio"] * 2 and not any("WATCHDOG" in one for one in heard[-2:])


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
def test_wear_tells_systemd_that_it_is_ready_and_moves(tmp_path: Path, systemd: socket.socket) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "WATCHDOG_USEC": "600000"}
    env |= {"SUREFOOT_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    env.pop("WATCHDOG_PID", None)
    wear = subprocess.Popen(
        [sys.executable, "-c", CODE, "wear", "--simulate", "--plain"], env=env, stdout=subprocess.DEVNULL
    )
    try:
        heard = []
        while len(heard) < 2:
            said = systemd.recv(4096).decode()
            heard += [said] * (said != "READY=1")  # that of the simulation's bus, of which systemd would not hear
    finally:
        wear.send_signal(signal.SIGTERM)
        assert wear.wait(60) == 0
    assert heard[0].startswith("READY=1\nSTATUS=left ankle: ")
    assert heard[1].startswith("WATCHDOG=1\nSTATUS=left ankle: ") and "no broker is set" in heard[1]
