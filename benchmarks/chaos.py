"""Chaos: homes, broker, workers and database are killed at random, and every row is looked for afterwards.

    python benchmarks/chaos.py kills   [--kills 300] [--rows 100000] [--homes 4] [--rate 20] [--workers 3] [--seed 1]
                                       [--apart 0]
    python benchmarks/chaos.py drain   [--backlog 20000]
    python benchmarks/chaos.py control

Real programs: homes (the delivery of surefoot on SQLite), a Mosquitto with persistence off as `surefoot clinic enroll`
sets it up (certificates both ways, access list), `surefoot clinic` as workers that share the messages, PostgreSQL.
SIGKILL takes everything a program had in memory; it does not take what the kernel has been given (docs/reliability.md).
Latency runs from before a home's own commit to the commit in the clinic's database, by the database's word. `control`
is a home that lets go of a row when the broker has it. Ends with 1 when a row is lost, doubled or invented.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psycopg
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from chaosjudge import Journal, alerts, drained, judge
from chaosplace import Gateway, Place, place, wait_for
from chaosrounds import KINDS, Round, during, rounds
from chaosrows import Mix

HEALTHY_S = 60.0
CATCHING_UP_S = 1800.0  # a machine that is too busy for so many kills has a backlog at their end
CONSOLE = Console(width=110)


def kills(given: argparse.Namespace, folder: Path) -> bool:
    rng = np.random.default_rng(given.seed)
    with place(folder, given.homes, given.workers, ("--rate", str(given.rate))) as here:
        here.start()
        time.sleep(5.0)
        healthy = time.time()
        time.sleep(HEALTHY_S)
        told = _until(here, given, rng)
        stored = _stored(here)  # before what was kept is read, which goes on
        waited = _kept(here) - stored
        finished_s = here.finish(here.gateways, CATCHING_UP_S)
        verdict = judge(here)
        found = alerts(here, here.gateways)
        ended = sum(worker.ended for worker in here.workers)
    _show_kills(told, verdict.kept, ended)
    print(f"{verdict}; {waited} rows waited when the kills ended, all answered {finished_s:.1f} s after the last kill")
    calm = [one.latency_s for one in found if healthy <= one.begun_s < healthy + HEALTHY_S]
    _show_latencies({"healthy": calm, **{f"{kind} killed": w for kind, w in during(found, told).items()}})
    print(*verdict.lost[:5], *verdict.twice[:5], *verdict.invented[:5], sep="\n")
    return verdict.is_clean


def _until(here: Place, given: argparse.Namespace, rng: np.random.Generator) -> list[Round]:
    """Rounds until there were kills and rows enough."""
    told = list(rounds(here, given.kills, rng, apart_s=given.apart))
    while _kept(here) < given.rows:
        told += rounds(here, 1, rng, apart_s=given.apart)
    return told


def _kept(here: Place) -> int:
    return sum(len(Journal.read(gateway.journal).kept) for gateway in here.gateways)


def _stored(here: Place) -> int:
    while True:
        try:
            with psycopg.connect(here.database.url().replace("+psycopg", "")) as connection:
                (rows,) = connection.execute("SELECT count(*) FROM received").fetchone() or (0,)
                return int(rows)
        except psycopg.OperationalError:  # it was killed a moment ago
            time.sleep(0.5)


def drain(given: argparse.Namespace, folder: Path) -> bool:
    """A home comes back with so many rows, and has something new to say twice a second meanwhile."""
    backlog = given.backlog
    mix = Mix(10**9, alerts_from=backlog + 1)
    options = ("--alert-every", str(10**9), "--alerts-from", str(backlog + 1), "--rate", "2")
    with place(folder, 1, given.workers, options) as here:
        gateway = here.gateways[0]
        gateway.mix = mix
        here.broker.start()
        for worker in here.workers:
            worker.start()
            wait_for(worker)
        for worker in here.workers:
            worker.forget()
        here.broker.kill()
        gateway.start("--at-once", str(backlog), "--last", str(backlog))
        _wait_until_kept(gateway, backlog)
        gateway.program.kill()
        here.broker.start()
        for worker in here.workers:  # they were away with the broker: what waits is to be measured, not their way back
            wait_for(worker)
        gateway.start()
        _wait_until_stored(gateway, here, backlog)
        here.finish([gateway])
        verdict = judge(here)
        first_s, last_s = drained(here, gateway, backlog)
        meanwhile = [one.latency_s for one in alerts(here, [gateway]) if one.begun_s < last_s]
    print(f"{verdict}; {backlog} rows in {last_s - first_s:.1f} s: {backlog / (last_s - first_s):.0f} rows/s")
    _show_latencies({"while draining": meanwhile})
    return verdict.is_clean


def _wait_until_kept(gateway: Gateway, rows: int) -> None:
    while not (gateway.journal.exists() and f"kept {rows} " in gateway.journal.read_text()):
        time.sleep(1.0)


def _wait_until_stored(gateway: Gateway, here: Place, rows: int) -> None:
    query = "SELECT count(*) FROM received WHERE gateway = %s AND seq <= %s"
    while True:
        with psycopg.connect(here.database.url().replace("+psycopg", "")) as connection:
            if connection.execute(query, [gateway.name, rows]).fetchone() == (rows,):
                return
        time.sleep(1.0)


def control(given: argparse.Namespace, folder: Path) -> bool:
    """It must lose: else this would see nothing."""
    rng = np.random.default_rng(given.seed)
    options = ("--rate", str(given.rate), "--trusting")
    with place(folder, given.homes, given.workers, options) as here:
        here.start()
        told = list(rounds(here, min(given.kills, 40), rng))
        here.finish(here.gateways)
        verdict = judge(here)
    _show_kills(told, verdict.kept, 0)
    print(f"control: {verdict}")
    return bool(verdict.lost)


def _show_kills(told: Sequence[Round], rows: int, ended: int) -> None:
    counted = Counter(kind for one in told for kind in one.killed)
    figures = ", ".join(f"{counted[kind]} {kind}" for kind in KINDS)
    double = sum(len(one.killed) > 1 for one in told)
    print(f"{counted.total()} kills ({figures}), {double} times two at once; {rows} rows kept")
    apart_s = np.diff([one.at_s for one in told])
    print(f"{np.median(apart_s):.1f} s from one to the next; {ended} times a worker ended itself, without a database")


def _show_latencies(found: dict[str, list[float]]) -> None:
    table = Table(title=f"alert to stored, s (load {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores)")
    for column in ("", "alerts", "p50", "p90", "p99", "max"):
        table.add_column(column, justify="right" if column else "left")
    single = [latency for name, ones in found.items() if "killed" in name for latency in ones]
    for name, latencies in {**found, **({"any single kill": single} if single else {})}.items():
        if latencies:
            figures = [*np.percentile(latencies, [50, 90, 99]), max(latencies)]
            table.add_row(name, str(len(latencies)), *(f"{figure:.2f}" for figure in figures))
    CONSOLE.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["kills", "drain", "control"])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--apart", type=float, default=0.0, help="seconds more between kills: each stands alone")
    parser.add_argument("--homes", type=int, default=4)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--rate", type=float, default=20.0, help="rows a second of each home")
    parser.add_argument("--backlog", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="surefoot-chaos-") as folder:
        clean = {"kills": kills, "drain": drain, "control": control}[given.what](given, Path(folder))
    return int(not clean)


if __name__ == "__main__":
    sys.exit(main())
