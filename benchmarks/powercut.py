"""Power cuts: of the rows a home had confirmed, how many are there when the power is back.

    python benchmarks/powercut.py [--rows 400] [--cuts 60] [--seed 1]

A home's system calls are recorded (strace) while it keeps rows and lets go of those the clinic has answered for. At so
many moments evenly over the calls, and after each of the first forty, the disk is built from what had been written for
sure (fsync), once with nothing else on it and once with a random part of the rest; the home is opened there, by its own
code. The controls are the same home with a weaker `synchronous`. Ends with 1 when ours loses, or NORMAL does not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DatabaseError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from powercut import cuts, evenly, found, recorded
from surefoot.pipeline.store import StoreError

EARLY = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--cuts", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    table = Table(title=f"{given.rows} rows confirmed one by one, {EARLY} + {given.cuts} cuts")
    for column in ("synchronous", "on the disk", "cuts", "cuts that lost", "lost, worst", "lost, median", "wrong"):
        table.add_column(column, justify="left" if column[0] in "so" else "right")
    lost = {
        (synchronous, some): tried(given, synchronous, some, table)
        for synchronous in ("", "NORMAL", "OFF")
        for some in (False, True)
    }
    Console(width=110).print(table)
    return int(lost["", False] or lost["", True] or not lost["NORMAL", False])


def tried(given: argparse.Namespace, synchronous: str, some: bool, table: Table) -> bool:
    """Whether anything was lost or wrong."""
    rng = np.random.default_rng(given.seed) if some else None
    losses, wrong = [], 0
    with tempfile.TemporaryDirectory(prefix="surefoot-powercut-") as folder:
        calls = recorded(Path(folder), given.rows, synchronous)
        for disk in cuts(calls, sorted({*range(1, EARLY + 1), *evenly(calls, given.cuts)})):
            try:
                left = found(Path(folder), disk, rng)
            except (StoreError, DatabaseError):
                wrong += 1  # it cannot even be opened
                continue
            losses.append(left.lost)
            wrong += bool(left.wrong)
    figures = (len(losses), sum(loss > 0 for loss in losses), max(losses), int(np.median(losses)), wrong)
    table.add_row(synchronous or "FULL (ours)", "some of it" if some else "fsync only", *map(str, figures))
    return bool(any(losses) or wrong)


if __name__ == "__main__":
    sys.exit(main())
