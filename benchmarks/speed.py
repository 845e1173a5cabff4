"""Speed: one hour of two walking legs at 100 Hz, as ratios to one filter pass over the same numbers in the same run.

    python benchmarks/speed.py [--rounds N] [--hours N]

The pass is one 4th-order ``scipy.signal.sosfilt`` over a C-contiguous float64 (12, n). Ratios are the median over
rounds in which pass and subject alternate, with their quartiles; seconds are processor time of this machine and this
moment. The hour is simulated walking without a rest, the worst case: most hours of a day are cheap.
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
ALIGNED_S = 30.0  # contacts before the frame is known are told late by their nature
Legs = dict[str, tuple[Array, Array]]


def legs(samples: int) -> Legs:
    """Walking without a rest, repeated to the length asked for."""
    walked, _ = simulate_walk(Walker(), np.random.default_rng(1), strides=550, stand_s=(0.5, 0.5))
    return {side: tuple(np.resize(x, (samples, 3)) for x in (walked[side].acc, walked[side].gyr)) for side in SIDES}


def part(sensors: Legs, samples: int) -> Legs:
    return {side: (acc[:samples], gyr[:samples]) for side, (acc, gyr) in sensors.items()}


def contacts_only(sensors: Legs) -> None:
    """Alignment, filtering and events, in the pieces that ``analyze`` makes."""
    piece = round(PIECE_S * RATE_HZ)
    for acc, gyr in sensors.values():
        track = Track(RATE_HZ, contact_params("shank"), Alignment("shank"))
        for k in range(0, len(acc), piece):
            if track.take(acc[k : k + piece], gyr[k : k + piece]):
                track.work()
                track.let_go_before(track.known)
        track.work(ending=True)
        track.close()


def live(sensors: Legs, block: int = 10) -> Array:
    """Stream blocks of both legs; return how long after each initial contact it was told, s of the stream."""
    stream = WalkStream()
    delays: list[Array] = []
    for k in range(0, len(sensors["left"][0]), block):
        for side in SIDES:
            acc, gyr = (x[k : k + block] for x in sensors[side])
            samples = Samples(side, "shank", k / RATE_HZ, RATE_HZ, acc, gyr)
            for initial_s, _ in stream.update(samples).contacts.values():
                if initial_s[0] > ALIGNED_S:
                    delays.append(samples.end_s - initial_s)
    stream.close()
    return np.concatenate(delays)


def seconds(what: Callable[[], object]) -> float:
    """Processor time: other programs on the machine take none of it, though they take caches."""
    began = time.process_time()
    what()
    return time.process_time() - began


def ratio(what: Callable[[], object], one_pass: Callable[[], object], rounds: int) -> tuple[Array, float]:
    """Quartiles of the ratio to the passes before and behind, and median seconds."""
    what()
    passes, spent = [seconds(one_pass)], []
    for _ in range(rounds):
        spent.append(seconds(what))
        passes.append(seconds(one_pass))
    beside = (np.array(passes[1:]) + np.array(passes[:-1])) / 2
    return np.quantile(np.array(spent) / beside, (0.25, 0.5, 0.75)), float(np.median(spent))


def growth(hours: int, rounds: int) -> tuple[float, float]:
    """Cost of ``hours`` in hours, medians of alternating rounds; and median seconds of ``hours``."""
    short, long = legs(HOUR), legs(hours * HOUR)
    times = [(seconds(lambda: analyze(short, RATE_HZ)), seconds(lambda: analyze(long, RATE_HZ))) for _ in range(rounds)]
    one, many = np.median(np.array(times), axis=0)
    return float(many / one), float(many)


def extra_memory(sensors: Legs) -> float:
    """Peak memory of ``analyze`` beyond its input, in inputs."""
    size = sum(x.nbytes for pair in sensors.values() for x in pair)
    tracemalloc.start()
    analyze(sensors, RATE_HZ)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return float(peak / size)


def rows(rounds: int, hours: int) -> list[tuple[str, str, str, str]]:
    """What was measured, how much, the goal, seconds."""
    sensors = legs(HOUR)
    numbers = np.ascontiguousarray(np.concatenate([x.T for pair in sensors.values() for x in pair]))
    sos = butter(4, 15.0, fs=RATE_HZ, output="sos")
    told = []
    for name, what, goal in (
        ("contacts only", lambda: contacts_only(sensors), "<= 4"),
        ("analyze: strides, bouts, incidents", lambda: analyze(sensors, RATE_HZ), "<= 15"),
    ):
        (low, middle, high), spent = ratio(what, lambda: sosfilt(sos, numbers, axis=1), rounds)
        told.append((name, f"{middle:.1f} passes ({low:.1f} .. {high:.1f})", goal, f"{spent:.3f}"))
    times, spent = growth(hours, 3)
    told.append((f"growth, {hours} hours to 1", f"{times:.1f} times", f"<= {hours * 25 / 24:.1f}", f"{spent:.3f}"))
    minutes = part(sensors, 30_000)
    spent = float(np.median([seconds(lambda: live(minutes)) for _ in range(rounds)]))
    told.append(("live, blocks of 0.1 s", f"{100 * spent / 300:.2f} % of a core", "<= 0.5 %", f"{spent:.3f}"))
    delays = live(minutes)
    late = f"{np.median(delays):.2f} s, worst {delays.max():.2f} s"
    told.append((f"live, contact to told ({len(delays)})", late, "<= 0.3 s, 1.0 s", ""))
    told.append(("memory beyond the input", f"{extra_memory(sensors):.2f} inputs", "<= 1.5", ""))
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--hours", type=int, default=6, help="of the recording that growth is measured with (24: 1.7 GB)"
    )
    chosen = parser.parse_args()
    table = Table(title="One hour, two legs, 6 channels each, 100 Hz", title_justify="left", box=None)
    for k, column in enumerate(("", "measured", "goal", "seconds")):
        table.add_column(column, justify="right" if k else "left")
    for row in rows(chosen.rounds, chosen.hours):
        table.add_row(*row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
