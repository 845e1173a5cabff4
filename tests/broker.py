"""A real Mosquitto for the tests: its own configuration on a free port, started, stopped and killed by process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")


class Mosquitto:
    """One broker, always on the same port; it keeps nothing on disk."""

    def __init__(self, folder: Path, user: str | None = None, password: str | None = None) -> None:
        self.port = free_port()
        self.user = user
        self.password = password
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._config = self._write_config()

    @property
    def url(self) -> str:
        who = f"{self.user}:{self.password}@" if self.user else ""
        return f"mqtt://{who}127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        log = (self._folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen([str(MOSQUITTO), "-c", str(self._config)], stdout=log, stderr=log)
        log.close()
        while not accepts(self.port):
            if self._process.poll() is not None:
                raise RuntimeError((self._folder / "mosquitto.log").read_text())
            time.sleep(0.01)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """SIGKILL: whatever it held is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nobody answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def _write_config(self) -> Path:
        lines = [f"listener {self.port} 127.0.0.1", "persistence false", "max_packet_size 65536"]
        if self.user is None:
            lines.append("allow_anonymous true")
        else:
            passwords = self._folder / "passwords"
            passwords.touch(mode=0o600)
            tool = shutil.which("mosquitto_passwd") or "/usr/bin/mosquitto_passwd"
            subprocess.run([tool, "-b", str(passwords), self.user, str(self.password)], check=True)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            lines.append("user root")  # the default user may not read a test's folder
        config = self._folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        return config


def require_mosquitto() -> None:
    """Without Mosquitto the test is skipped, saying so; where CI is set it fails."""
    if MOSQUITTO is None:
        reason = "no mosquitto found: nothing about delivery is tested (Debian: apt-get install mosquitto)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@contextmanager
def mosquitto(folder: Path, user: str | None = None, password: str | None = None) -> Iterator[Mosquitto]:
    """A running broker."""
    require_mosquitto()
    broker = Mosquitto(folder, user, password)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def free_port() -> int:
    """A port that stays ours while nobody listens at it.

    One that the kernel chose it may give to the next connection anybody makes; so these are below those it chooses
    from, and every worker of pytest has a thousand of its own.
    """
    while True:
        port = next(_PORTS)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def _ports() -> Iterator[int]:
    first = 20_000 + 1000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 12)
    return (first + (os.getpid() + k) % 1000 for k in count())


_PORTS = _ports()


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
