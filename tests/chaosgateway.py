"""One home of a chaos run, a program of its own: keeps rows by number, delivers them, and writes down what it kept.

The journal is a file that neither the store nor the clinic knows: ``begun`` before a row is handed to the store,
``kept`` when the store has returned. It is written with one system call a line, so that a kill leaves whole lines.
SIGUSR1 ends the keeping; the program ends when the clinic has answered for everything.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from chaosrows import Mix
from surefoot.alerts.mqtt import Link, Session
from surefoot.cli.freed import give_back, settle_in
from surefoot.cli.housekeeping import HouseParams
from surefoot.cli.identified import link_params, take_name
from surefoot.config import Config
from surefoot.pipeline.delivery import deliver
from surefoot.pipeline.store import Store, open_store

LOOK_S = 0.1
SOME = 20  # rows kept in one go by a home that lags behind its rate


@dataclass(frozen=True, slots=True)
class Home:
    """What the program is told on its command line."""

    folder: Path
    identity: Path | None
    broker: str
    first: int
    rate: float
    mix: Mix
    last: int | None = None
    at_once: int = 0  # rows kept before anything is sent
    trusting: bool = False  # the negative control: lets go of a row when the broker has it

    @property
    def database(self) -> str:
        return f"sqlite:///{self.folder / 'home.sqlite'}"

    @property
    def journal(self) -> Path:
        return self.folder / "journal"


class Journal:
    """Lines that outlive their writer."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, word: str, number: int = 0) -> None:
        os.write(self._file, f"{word} {number} {time.time():.6f}\n".encode())


async def live(home: Home) -> None:
    config = Config(identity=home.identity)
    store = open_store(home.database)
    if home.identity is not None:
        take_name(store, config)
    journal = Journal(home.journal)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, stop.set)
    next_number = await asyncio.to_thread(_keep_at_once, store, home, journal)
    link = Link(home.broker, f"surefoot-{store.gateway()}", params=link_params(config))
    if home.trusting:
        _trust(store)
    journal.write("up")
    settle_in()
    sending, freeing = asyncio.create_task(deliver(store, link)), asyncio.create_task(_give_back())
    await _keep(store, home, journal, next_number, stop)
    while await asyncio.to_thread(store.outbox.count):
        await asyncio.sleep(LOOK_S)
    journal.write("empty")
    for task in (sending, freeing):
        task.cancel()
    await asyncio.wait({sending, freeing})
    store.close()


async def _give_back() -> None:
    """As the housekeeping of a home does."""
    while True:
        await asyncio.sleep(HouseParams().trim_s)
        await asyncio.to_thread(give_back)


def _keep_at_once(store: Store, home: Home, journal: Journal) -> int:
    _keep_some(store, home.mix, journal, range(home.first, home.first + home.at_once))
    return home.first + home.at_once


async def _keep(store: Store, home: Home, journal: Journal, number: int, stop: asyncio.Event) -> None:
    """At an even rate, or as fast as the store takes them where that is slower."""
    clock = asyncio.get_running_loop().time
    began_s, first = clock(), number
    while not stop.is_set() and (home.last is None or number <= home.last):
        behind = min(SOME, max(1, int((clock() - began_s) * home.rate) - (number - first)))
        await asyncio.to_thread(_keep_some, store, home.mix, journal, range(number, number + behind))
        number += behind
        await asyncio.sleep(max(0.0, began_s + (number - first) / home.rate - clock()))


def _keep_some(store: Store, mix: Mix, journal: Journal, numbers: Iterable[int]) -> None:
    for number in numbers:
        _keep_one(store, mix, journal, number)


def _keep_one(store: Store, mix: Mix, journal: Journal, number: int) -> None:
    journal.write("begun", number)
    mix.keep(store, number)
    journal.write("kept", number)


def _trust(store: Store) -> None:
    """Take the broker's acknowledgement for "stored", as many do."""
    publish: Callable[..., object] = Session.publish

    async def trusting(self: Session, topic: str, payload: bytes) -> None:
        await publish(self, topic, payload)  # type: ignore[misc]
        head = payload.split(b'"seq":', 1)[1].split(b",", 1)[0]
        if head != b"null":
            await asyncio.to_thread(store.outbox.settle, [int(head)])

    Session.publish = trusting  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--identity", type=Path)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--last", type=int)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--alert-every", type=int, default=20)
    parser.add_argument("--alerts-from", type=int, default=10**12)
    parser.add_argument("--at-once", type=int, default=0)
    parser.add_argument("--trusting", action="store_true")
    given = vars(parser.parse_args())
    mix = Mix(given.pop("alert_every"), alerts_from=given.pop("alerts_from"))
    asyncio.run(live(Home(mix=mix, **given)))


if __name__ == "__main__":
    main()
