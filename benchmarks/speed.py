"""Speed: one hour of two walking legs at 100 Hz, as ratios to one filter pass over the same numbers in the same run.

    python benchmarks/speed.py [--rounds N]

The pass is one 4th-order ``scipy.signal.sosfilt`` over a C-contiguous float64 (12, n). Ratios are the median over
rounds in which pass and subject alternate; seconds are of this machine and this moment. The hour is simulated walking
without a rest, the worst case: most hours of a day are cheap.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.signal import butter, sosfilt

from surefoot.records import SIDES, Array, Samples
from surefoot.signal.alignment import Alignment
from surefoot.signal.contacts import contact_params
from surefoot.signal.leg import PIECE_S
from surefoot.signal.track import Track
from surefoot.signal.walk import WalkStream, analyze
from surefoot.simulation.walker import Walker, simulate_walk

RATE_HZ = 100.0
HOUR = 360_000
Legs = dict[str, tuple[Array, Array]]


def legs(samples: int) -> Legs:
    """Walking without a rest, repeated to the length asked for."""
    walked, _ = simulate_walk(Walker(), np.random.default_rng(1), strides=550, stand_s=(0.5, 0.5))
    return {side: tuple(np.resize(x, (samples, 3)) for x in (walked[side].acc, walked[side].gyr)) for side in SIDES}


def contacts_only(sensors: Legs) -> None:
    piece = round(PIECE_S * RATE_HZ)
    for acc, gyr in sensors.values():
        track = Track(RATE_HZ, contact_params("shank"), Alignment("shank"))
        for k in range(0, len(acc), piece):
            track.take(acc[k : k + piece], gyr[k : k + piece])
            track.work()
            track.let_go_before(track.known)
        track.close()


def live(sensors: Legs, block: int = 10) -> None:
    stream = WalkStream()
    for k in range(0, len(sensors["left"][0]), block):
        for side in SIDES:
            acc, gyr = sensors[side]
            stream.update(Samples(side, "shank", k / RATE_HZ, RATE_HZ, acc[k : k + block], gyr[k : k + block]))
    stream.close()


def seconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def ratio(what: Callable[[], object], one_pass: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median ratio to the pass, and median seconds."""
    what()
    pairs = np.array([(min(seconds(one_pass) for _ in range(3)), seconds(what)) for _ in range(rounds)])
    return float(np.median(pairs[:, 1] / pairs[:, 0])), float(np.median(pairs[:, 1]))


def extra_memory(sensors: Legs) -> float:
    """Peak memory of ``analyze`` beyond its input, in inputs."""
    size = sum(x.nbytes for pair in sensors.values() for x in pair)
    tracemalloc.start()
    analyze(sensors, RATE_HZ)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    sensors = legs(HOUR)
    numbers = np.ascontiguousarray(np.concatenate([x.T for pair in sensors.values() for x in pair]))
    sos = butter(4, 15.0, fs=RATE_HZ, output="sos")

    def one_pass() -> object:
        return sosfilt(sos, numbers, axis=1)

    table = Table(title="One hour, two legs, 6 channels each, 100 Hz", title_justify="left", box=None)
    for k, column in enumerate(("", "ratio to the pass", "goal", "seconds")):
        table.add_column(column, justify="right" if k else "left")
    for name, what, goal in (
        ("contacts only", lambda: contacts_only(sensors), "<= 4"),
        ("analyze: strides, bouts, incidents", lambda: analyze(sensors, RATE_HZ), "<= 15"),
    ):
        times, spent = ratio(what, one_pass, rounds)
        table.add_row(name, f"{times:.1f}", goal, f"{spent:.3f}")
    day = legs(6 * HOUR)
    hour_s, hours_s = seconds(lambda: analyze(sensors, RATE_HZ)), seconds(lambda: analyze(day, RATE_HZ))
    table.add_row("growth, 6 hours to 1", f"{hours_s / hour_s:.1f} times", "<= 6.25", f"{hours_s:.3f}")
    minutes = {side: (acc[:30_000], gyr[:30_000]) for side, (acc, gyr) in sensors.items()}
    spent = seconds(lambda: live(minutes))
    table.add_row("live, blocks of 0.1 s", f"{100 * spent / 300:.2f} % of a core", "<= 0.5 %", f"{spent:.3f}")
    table.add_row("memory beyond the input", f"{extra_memory(sensors):.2f} inputs", "<= 1.5", "")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
