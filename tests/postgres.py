"""A real PostgreSQL for the tests: a cluster of its own in a new folder, started, stopped and killed by process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from broker import free_port

PLACES = [str(path.parent) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)]
POSTGRES = shutil.which("postgres") or shutil.which("postgres", path=os.pathsep.join(PLACES))
FAST = ("fsync=off", "full_page_writes=off")  # for tests in which no power is cut
OWNERS = ("postgres", "nobody")  # PostgreSQL will not run as root


class Postgres:
    """One cluster, always on the same port. ``settings`` are lines of postgresql.conf."""

    def __init__(self, *settings: str) -> None:
        assert POSTGRES is not None
        self._bin = Path(POSTGRES).resolve().parent
        self._who = _owner()
        self.folder = Path(tempfile.mkdtemp(prefix="surefoot-postgres-"))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._who:
            shutil.chown(self.folder, self._who)
        self._run("initdb", "-D", str(self._data), "-U", "surefoot", "-A", "trust", "-E", "UTF8", "--no-sync")
        lines = [f"port={self.port}", "listen_addresses='127.0.0.1'", f"unix_socket_directories='{self.folder}'"]
        with (self._data / "postgresql.conf").open("a") as conf:
            conf.write("\n".join([*lines, "shared_buffers=32MB", "max_wal_size=256MB", *settings]) + "\n")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self) -> str:
        return f"postgresql+psycopg://surefoot@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start and wait until it answers; what a killed one left is recovered first."""
        while True:
            with (self.folder / "log").open("ab") as log:
                command = [str(self._bin / "postgres"), "-D", str(self._data)]
                self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as())
            while self._process.poll() is None:
                if self._answers():
                    return
                time.sleep(0.02)
            if "is still in use" not in self.log():  # those killed hold their shared memory a moment longer
                raise RuntimeError(self.log())
            time.sleep(0.05)

    def new_place(self, name: str) -> str:
        """An empty schema, which costs less than a database and is as good; its URL."""
        import psycopg

        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=surefoot dbname=postgres") as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url()}?options=-csearch_path%3D{name}"

    def kill(self) -> None:
        """SIGKILL to all its processes at once: nothing is written any more."""
        assert self._process is not None
        for child in _children(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        self._process = None

    def remove(self) -> None:
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.folder)

    def pids(self) -> list[int]:
        return [] if self._process is None else [self._process.pid, *_children(self._process.pid)]

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-4000:]

    def _answers(self) -> bool:
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False, **self._as())
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def _as(self) -> dict[str, object]:
        return {"user": self._who, "group": pwd.getpwnam(self._who).pw_gid, "extra_groups": []} if self._who else {}


def require_postgres() -> None:
    """Without PostgreSQL the test is skipped, saying so; where CI is set it fails."""
    if POSTGRES is None:
        reason = "no PostgreSQL found: a clinic's real database is not tested (Debian: apt-get install postgresql)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@contextmanager
def postgres(*settings: str) -> Iterator[Postgres]:
    """A running cluster, gone afterwards."""
    require_postgres()
    cluster = Postgres(*settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()


def _owner() -> str:
    """Whom the cluster runs as; empty: whoever runs the tests."""
    if os.geteuid() != 0:
        return ""
    for name in OWNERS:
        with suppress(KeyError):
            pwd.getpwnam(name)
            return name
    raise RuntimeError(f"root cannot run PostgreSQL, and there is none of the users {', '.join(OWNERS)}")


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
