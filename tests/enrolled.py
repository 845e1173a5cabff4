"""A Mosquitto as ``surefoot clinic enroll`` sets it up: certificates both ways, and each gateway its own topics."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from click.testing import CliRunner

from broker import MOSQUITTO, accepts, free_port
from surefoot.alerts.broker import LinkParams
from surefoot.alerts.identity import CLINIC
from surefoot.alerts.mqtt import Link
from surefoot.cli.authority import Authority
from surefoot.cli.enroll import enroll
from surefoot.cli.identified import link_params
from surefoot.config import Config


class Enrolled:
    """A clinic's authority, made by its own verb, and the broker it configured: always on the same port."""

    def __init__(self, folder: Path, gateways: Sequence[str]) -> None:
        self.port = free_port()
        self.folder = folder
        self.authority = Authority(folder / "authority")
        for gateway in gateways:
            first = ["--host", "127.0.0.1", "--port", str(self.port)] if not self.authority.is_made else []
            command = [gateway, *first, "--folder", str(self.authority.folder)]
            own = CliRunner(env={"SUREFOOT_HOME": str(folder)})  # what it notes is not to be noted at the user's own
            own.invoke(enroll, command, catch_exceptions=False)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtts://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it accepts connections."""
        log = (self.folder / "mosquitto.log").open("ab")
        conf = self.authority.folder / "mosquitto.conf"
        self._process = subprocess.Popen([str(MOSQUITTO), "-c", str(conf)], stdout=log, stderr=log)
        log.close()
        while not accepts(self.port):
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "mosquitto.log").read_text())
            time.sleep(0.01)

    def kill(self) -> None:
        """SIGKILL: whatever it held is gone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def identity(self, who: str) -> Path:
        return self.authority.folder / ("clinic" if who == CLINIC else f"gateways/{who}")

    def params(self, who: str) -> LinkParams:
        return link_params(Config(identity=self.identity(who)))

    def link(self, who: str) -> Link:
        return Link(self.url, f"{who}-{time.monotonic_ns()}", params=self.params(who))
