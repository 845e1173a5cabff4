"""``surefoot clinic`` as its user runs it: a process, a real broker, a home that publishes, and Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

import made
import story
from broker import Mosquitto, free_port, mosquitto
from surefoot.cli.main import main
from surefoot.cli.sending import send
from surefoot.pipeline.store import open_store

COMMAND = [sys.executable, "-c", "from surefoot.cli.main import main; main()", "clinic"]
BANNER = "Broker not reachable"


class Clinic:
    """A running ``surefoot clinic`` and what it prints."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.told = folder / "told.txt"
        given = ["--database", f"sqlite:///{folder}/clinic.sqlite", "--port", "0", "--no-browser", *options]
        with self.told.open("wb") as file:
            self.process = subprocess.Popen([*COMMAND, *given], stdout=file, stderr=file, env=surroundings())

    def says(self, pattern: str) -> str:
        """Wait until it has printed this; the first group, or all of it."""
        found = self.until(lambda: re.search(pattern, self.told.read_text()), pattern)
        return str(found.group(found.re.groups))

    @property
    def url(self) -> str:
        return self.says(r"Clinic at (http://127\.0\.0\.1:\d+/) ")

    def shows(self, words: str, path: str = "", gone: bool = False) -> str:
        """Wait until a page holds these words, or no longer does."""
        url = self.url + path

        def look() -> str | None:
            page = httpx.get(url, trust_env=False).text
            return page if (words in page) is not gone else None

        return str(self.until(look, words))

    def until(self, look: Callable[[], object], what: str) -> object:
        while not (found := look()):
            if self.process.poll() is not None:
                pytest.fail(f"it ended before {what!r}: {self.told.read_text()}")
            time.sleep(0.05)
        return found

    def stop(self, with_signal: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait()


@contextmanager
def clinic(folder: Path, *options: str) -> Iterator[Clinic]:
    running = Clinic(folder, *options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def surroundings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SUREFOOT_")}


def refusal(tmp_path: Path, *options: str, started: bool = False) -> str:
    """What it says when it does not start at all, or ends by itself, as a program of its own."""
    database = f"sqlite:///{tmp_path}/clinic.sqlite"
    command = [*COMMAND, "--no-browser", "--database", database, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings(), check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("Clinic at ") is started
    assert "Traceback" not in done.stderr
    return done.stderr


Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """The same within this program, which is there already."""
    for name in os.environ.keys() - surroundings().keys():
        monkeypatch.delenv(name)

    def said(*options: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["clinic", "--no-browser", "--database", f"sqlite:///{tmp_path}/clinic.sqlite", *options])
        told = capsys.readouterr()
        assert (ended.value.code, told.out) == (1, "") and "Traceback" not in told.err
        return told.err

    return said


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as running:
        yield running


def test_what_a_home_sends_is_stored_answered_and_shown(tmp_path: Path, broker: Mosquitto) -> None:
    home = open_store(f"sqlite:///{tmp_path}/home.sqlite")
    for lived in story.days(3):
        home.keep_day(lived, [made.trend(lived.day)])
    home.keep_alert(made.alert("weakness"))
    with clinic(tmp_path, "--broker", broker.url) as running:
        running.says("connected to the broker")
        assert BANNER not in running.shows("No home has sent anything yet")
        assert send(home, broker.url, lambda _: None) == 4
        running.shows("1 open alert")
        page = running.shows("Left leg slower than its baseline on 3 days.", f"patients/{home.gateway()}")
        assert "Walking speed" in page and "2026-01-03" in page
        form = {"gateway": home.gateway(), "alert_id": "weakness", "tier": "T2", "who": "Dr. Ada"}
        done = httpx.post(running.url + "acknowledge", data=form, follow_redirects=True, trust_env=False)
        assert "Acknowledged by Dr. Ada" in done.text
        assert running.stop() == 130
    assert home.outbox.count() == 0
    kept = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    assert kept.days(home.gateway()) == home.days(home.gateway())
    assert kept.alerts()[0].acknowledged is not None
    kept.close()
    home.close()


@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly(tmp_path: Path, broker: Mosquitto, with_signal: signal.Signals) -> None:
    with clinic(tmp_path, "--broker", broker.url) as running:
        running.says("connected to the broker")
        with httpx.Client(trust_env=False) as browser:  # its connection stays open, as a browser's does
            browser.get(running.url)
            assert running.stop(with_signal) == 130
        told = running.told.read_text()
    assert "Stopped. Nothing is lost" in told
    assert "Traceback" not in told
    assert len(re.findall("Clinic at ", told)) == 1


def test_it_starts_without_a_broker_and_finds_it_later(tmp_path: Path, broker: Mosquitto) -> None:
    broker.stop()
    with clinic(tmp_path, "--broker", broker.url) as running:
        running.says("Nothing answers at 127.0.0.1")
        page = running.shows("Nothing answers at 127.0.0.1")
        assert BANNER in page and "Data on this page may be old." in page
        assert httpx.get(running.url + "healthz", trust_env=False).json()["broker"] == "not reachable"
        broker.start()
        running.says("connected to the broker")
        running.shows(BANNER, gone=True)
        broker.kill()
        running.shows("was lost")
        assert running.stop() == 130


def test_a_lost_broker_is_told_once_not_at_every_try(tmp_path: Path) -> None:
    with clinic(tmp_path, "--broker", f"mqtt://127.0.0.1:{free_port()}") as running:
        running.says("Nothing answers at")
        time.sleep(2.5)  # two more tries at least
        running.stop()
        assert running.told.read_text().count("Nothing answers at") == 1


def test_a_wrong_password_is_said_and_ends_it(tmp_path: Path) -> None:
    with mosquitto(tmp_path, "clinic", "right") as guarded:
        told = refusal(tmp_path, "--port", "0", "--broker", guarded.url.replace("right", "wrong"), started=True)
        assert "refuses this user or password" in told and "wrong" not in told
        with clinic(tmp_path, "--broker", guarded.url) as running:
            running.says("connected to the broker")


def test_a_broker_for_3_1_1(tmp_path: Path, broker: Mosquitto) -> None:
    with clinic(tmp_path, "--broker", broker.url, "--protocol", "3.1.1") as running:
        running.says("connected to the broker")
        assert running.stop() == 130


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = refusal(tmp_path, "--port", str(port))
    assert f"Port {port} of 127.0.0.1 cannot be used: Address already in use." in told
    assert "Nothing was started." in told and "--port" in told
    assert not (tmp_path / "clinic.sqlite").exists(), "nothing was started, so nothing was made"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_only_this_machine_is_served(refused: Refused, host: str) -> None:
    told = refused("--host", host)
    assert f"The pages cannot be served at {host}: nobody has a login yet" in told
    assert "Nothing was started." in told


def test_a_broken_database_or_broker_address(tmp_path: Path, refused: Refused) -> None:
    assert "cannot keep its records in oracle" in refused("--port", "0", "--database", "oracle://x")
    assert "should look like mqtt://" in refused("--broker", "http://127.0.0.1")
    (tmp_path / "clinic.sqlite").write_text("this is no database, and long enough to be taken for one " * 50)
    assert "not a database" in refused("--port", "0")


def test_the_password_of_a_database_is_not_shown() -> None:
    from surefoot.cli.clinic import _without_password

    shown = _without_password("postgresql+psycopg://ada:secret@db.example:5432/clinic")
    assert shown == "postgresql+psycopg://db.example:5432/clinic"
    assert "secret" not in _without_password("postgresql+psycopg://db.example/clinic?user=ada&password=secret")
    assert _without_password("sqlite:////data/clinic.sqlite") == "sqlite:////data/clinic.sqlite"
