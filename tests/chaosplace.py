"""A whole clinic with its homes, of real programs on this machine, each of which can be killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chaosrows import Mix
from enrolled import Enrolled
from postgres import Postgres, postgres
from surefoot.alerts.identity import CLINIC

HERE = Path(__file__).resolve().parent
LISTENS = "listening for homes"
SETTINGS = ("track_commit_timestamp=on",)  # when a row was committed is the database's own word
PATIENCE_S = 120.0


class Program:
    """A process, started and killed again and again."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.command = list(command)
        self.log = log
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *more: str) -> None:
        with self.log.open("ab") as log:
            command = [*self.command, *more]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=self._environment, cwd=HERE)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Whatever state it is in."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def status(self) -> int | None:
        """None while it runs."""
        assert self._process is not None
        return self._process.poll()


@dataclass
class Worker:
    """One ``surefoot clinic``, as it is started by hand."""

    program: Program
    seen: int = 0
    ended: int = 0  # times it ended by itself: it could not open its database

    def start(self) -> None:
        self.forget()
        self.program.start()

    def forget(self) -> None:
        """That it listens: it is up when it says so anew."""
        self.seen = self._told()

    def is_up(self) -> bool:
        if self.program.status is not None:
            self.ended += 1
            time.sleep(0.1)
            self.start()
        return self._told() > self.seen

    def _told(self) -> int:
        return self.program.log.read_text().count(LISTENS) if self.program.log.exists() else 0


@dataclass
class Gateway:
    """One home: its folder, its program, and what its rows are."""

    name: str
    folder: Path
    program: Program
    mix: Mix = field(default_factory=Mix)
    read_from: int = 0  # of the journal, when it was started last

    @property
    def journal(self) -> Path:
        return self.folder / "journal"

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'home.sqlite'}"

    def start(self, *more: str) -> None:
        """The row that was begun last is kept again: a home that starts anew finds once more what it had found."""
        self.read_from = self.journal.stat().st_size if self.journal.exists() else 0
        begun = re.findall(r"^begun (\d+)", self._written(self.read_from - 4096), re.M)
        self.program.start("--first", begun[-1] if begun else "1", *more)

    def is_up(self) -> bool:
        assert self.program.status in (None, 0), self.program.log.read_text()[-3000:]
        return "up " in self._written(self.read_from)

    def _written(self, begin: int) -> str:
        if not self.journal.exists():
            return ""
        with self.journal.open("rb") as file:
            file.seek(max(0, begin))
            return file.read().decode()


class Place:
    """Broker, database, workers and homes. Made by ``place``."""

    def __init__(self, folder: Path, homes: int, workers: int, database: Postgres, options: Sequence[str]) -> None:
        names = [str(uuid.UUID(int=0x4000_8000_0000_0000_0000 + (1 << 96) * (k + 1), version=4)) for k in range(homes)]
        self.folder = folder
        self.database = database
        self.broker = Enrolled(folder, names)
        self._environment = {
            "PYTHONPATH": os.pathsep.join([str(HERE.parent / "src"), str(HERE)]),
            "OPENBLAS_NUM_THREADS": "1",
            "SUREFOOT_HOME": str(folder),
        }
        self.workers = [self._worker(k) for k in range(workers)]
        self.gateways = [self._gateway(name, options) for name in names]

    def start(self) -> None:
        self.broker.start()
        for worker in self.workers:  # one after another: the first makes the tables
            worker.start()
            wait_for(worker)
        for gateway in self.gateways:
            gateway.start()
        for gateway in self.gateways:
            wait_for(gateway)

    def finish(self, gateways: Sequence[Gateway], patience_s: float = PATIENCE_S) -> float:
        """Let homes keep nothing more and wait until all that they kept is answered; how long that took."""
        began_s = time.monotonic()
        for gateway in gateways:
            wait_for(gateway)  # one that is still starting would die of the signal, with rows that wait
            gateway.program.send(signal.SIGUSR1)
        while any(gateway.program.status is None for gateway in gateways):
            if time.monotonic() - began_s > patience_s:
                raise TimeoutError("rows still wait: " + self.logs())
            for worker in self.workers:
                worker.is_up()
            time.sleep(0.1)
        assert all(gateway.program.status == 0 for gateway in gateways), self.logs()
        return time.monotonic() - began_s

    def end(self) -> None:
        for one in (*self.gateways, *self.workers):
            one.program.end()
        self.broker.stop()

    def logs(self) -> str:
        return "\n".join(one.program.log.read_text()[-1500:] for one in (*self.workers, *self.gateways))

    def _worker(self, number: int) -> Worker:
        command = [sys.executable, "-c", "from surefoot.cli.main import main; main()", "clinic"]
        more = ["--broker", self.broker.url, "--database", self.database.url(), "--port", "0", "--no-browser"]
        environment = {**self._environment, "SUREFOOT_IDENTITY": str(self.broker.identity(CLINIC))}
        return Worker(Program([*command, *more], self.folder / f"worker{number}.log", environment))

    def _gateway(self, name: str, options: Sequence[str]) -> Gateway:
        folder = self.folder / name
        folder.mkdir()
        command = [sys.executable, str(HERE / "chaosgateway.py"), str(folder), "--broker", self.broker.url]
        command += ["--identity", str(self.broker.identity(name)), *options]
        return Gateway(name, folder, Program(command, folder / "log", self._environment))


@contextmanager
def place(folder: Path, homes: int, workers: int, options: Sequence[str] = ()) -> Iterator[Place]:
    """Everything but running; gone afterwards. ``options`` are the homes'."""
    with postgres(*SETTINGS) as database:
        here = Place(folder, homes, workers, database, options)
        try:
            yield here
        finally:
            here.end()


def wait_for(one: Worker | Gateway) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not one.is_up():
        if time.monotonic() > until_s:
            raise TimeoutError(one.program.log.read_text()[-3000:])
        time.sleep(0.02)
