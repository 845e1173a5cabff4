"""A home that keeps rows one after another and says each on standard output once the store has returned."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from chaosrows import Mix
from surefoot.pipeline import engine
from surefoot.pipeline.store import open_store

SETTLED_EVERY = 10  # after so many rows the clinic has answered for as many
LEFT = 5  # of the newest


def write(folder: Path, rows: int, synchronous: str) -> None:
    if synchronous:
        _weaken(synchronous)
    store = open_store(f"sqlite:///{folder / 'home.sqlite'}")
    mix = Mix()
    for number in range(1, rows + 1):
        mix.keep(store, number)
        os.write(1, f"kept {number}\n".encode())
        if number % SETTLED_EVERY == 0:
            os.write(1, f"answered {number - LEFT}\n".encode())
            store.outbox.settle(range(number - LEFT - SETTLED_EVERY + 1, number - LEFT + 1))
    store.close()


def _weaken(synchronous: str) -> None:
    """The negative control: what many programs do."""
    set_up = engine._set_up_sqlite

    def weaker(connection: Any, record: Any) -> None:
        set_up(connection, record)
        connection.execute(f"PRAGMA synchronous={synchronous}").close()

    engine._set_up_sqlite = weaker


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
