"""Soak: homes, broker, workers and database under a multiple of the usual load, for long: memory, and every row.

    python benchmarks/soak.py [--minutes 80] [--times 10] [--homes 8] [--workers 2]

A home makes about 3,500 rows a day: 0.04 a second. Nothing is killed. The memory of each program (resident, of its own)
is read every ten seconds; its slope is fitted over the last three quarters, when everything has been used once: of
80 minutes an hour.
Ends with 1 when a row is lost, doubled or invented, or a program grows by a megabyte an hour or more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from chaosjudge import alerts, judge
from chaosplace import Place, place

USUAL_PER_S = 3500 / 86400
LOOK_S = 10.0
MOST_MB_PER_H = 1.0
Readings = dict[str, list[tuple[float, float]]]  # program: seconds, megabytes


def soak(given: argparse.Namespace, folder: Path) -> bool:
    rate = given.times * USUAL_PER_S
    with place(folder, given.homes, given.workers, ("--rate", f"{rate:.4f}")) as here:
        here.start()
        readings = _watched(here, 60.0 * given.minutes)
        here.finish(here.gateways)
        verdict = judge(here)
        latencies = [one.latency_s for one in alerts(here, here.gateways)]
    slopes = {name: slope_mb_per_h(ones) for name, ones in readings.items()}
    _show(readings, slopes)
    print(
        f"{given.minutes:g} min, {given.homes} homes at {rate:.2f} rows/s ({given.times:g} times the usual): {verdict}"
    )
    p50, p99 = np.percentile(latencies, [50, 99])
    load = f"load {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores"
    print(f"alert to stored: p50 {p50:.2f} s, p99 {p99:.2f} s, max {max(latencies):.2f} s of {len(latencies)}; {load}")
    return verdict.is_clean and all(slope < MOST_MB_PER_H for slope in slopes.values())


def slope_mb_per_h(readings: list[tuple[float, float]]) -> float:
    """Of the last three quarters of the time, by the median of all pairs: one jump does not make a slope."""
    later = np.array([one for one in readings if one[0] >= readings[-1][0] / 4])
    first, second = np.triu_indices(len(later), len(later) // 4 + 1)
    return float(np.median((later[second, 1] - later[first, 1]) / (later[second, 0] - later[first, 0])) * 3600.0)


def _watched(here: Place, seconds: float) -> Readings:
    found: Readings = defaultdict(list)
    began_s = time.monotonic()
    while (at_s := time.monotonic() - began_s) < seconds:
        for name, pids in _programs(here).items():
            found[name].append((at_s, sum(map(_own_mb, pids))))
        time.sleep(LOOK_S)
    return found


def _programs(here: Place) -> dict[str, list[int]]:
    homes = {f"home {k + 1}": [one.program.pid] for k, one in enumerate(here.gateways)}
    workers = {f"worker {k + 1}": [one.program.pid] for k, one in enumerate(here.workers)}
    return {**homes, **workers, "broker": [here.broker.pid]}


def _own_mb(pid: int) -> float:
    """Anonymous memory: what the program itself has asked for, without what it shares with files."""
    status = Path(f"/proc/{pid}/status").read_text()
    return float(status.split("RssAnon:")[1].split()[0]) / 1024.0


def _show(readings: Readings, slopes: dict[str, float]) -> None:
    table = Table(title="memory of its own, MB")
    for column in ("", "at first", "after a quarter", "at last", "MB/h"):
        table.add_column(column, justify="right" if column else "left")
    for name, ones in readings.items():
        quarter = next(mb for at_s, mb in ones if at_s >= ones[-1][0] / 4)
        table.add_row(name, f"{ones[0][1]:.1f}", f"{quarter:.1f}", f"{ones[-1][1]:.1f}", f"{slopes[name]:+.2f}")
    Console(width=110).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=80.0)
    parser.add_argument("--times", type=float, default=10.0)
    parser.add_argument("--homes", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="surefoot-soak-") as folder:
        return int(not soak(given, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
