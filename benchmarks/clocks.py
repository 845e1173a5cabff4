"""One clock: how well the times of two sensors are told, through drift, delay and loss; what keeping readings takes.

    python benchmarks/clocks.py [--minutes 10] [--pairs 5] [--only dot ...] [--links turns ...]
    python benchmarks/clocks.py --bound
    python benchmarks/clocks.py --picture docs/pictures/clock.png

Pretend sensors (tests/packets.py): readings of a known time, in packets like each product's, sent by clocks that drift
apart, delayed and lost on the way. The second table keeps a simulated day's 16-bit readings, in memory where the system
lets files be there. ``--bound``: how near anybody can come who looks for so long.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from choices import _table
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from packets import MILLI, START_S, Sent, errors, sent, streamed
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Samples
from surefoot.sensors.makers.products import PRODUCTS, product
from surefoot.simulation.day import Habits
from surefoot.simulation.patient import Patient, patient_blocks
from surefoot.simulation.sensor import Make

MEMORY = Path("/dev/shm")
UNDER_WAY_S = 0.004  # of every packet, which no clock can see

DELAYS = {
    "uniform": "each 0 to 200 ms late by itself, in order",
    "turns": "turns at random, 0 to 200 ms apart",
    "grid": "a turn each 50 ms",
    "bursts": "bursts of up to 240 ms",
    "stalls": "0 to 15 ms, stalls of 0.5 s each 10 s",
}
PARTS = {"movesense": 2, "polar": 2}  # notifications that a packet takes
SETTLED_S = 120.0
OFF = {80.0: -0.0074, -80.0: 0.004}  # of the rate, where it is all that a sensor's clock is
KNOWN_PPM = dict(zip(OFF, (83.0, -70.0), strict=True))  # kept from another day, when it was colder


@dataclass(frozen=True)
class Pair:
    """One pair of sensors: how far off the times told are, and those of the legs against each other; all in s."""

    off: np.ndarray
    settled: np.ndarray  # the same, from ``SETTLED_S`` on
    apart: np.ndarray
    apart_settled: np.ndarray
    sure: float  # share of the last readings that were as near as said
    untold: int  # readings lost and not said to be


def run(key: str, delays: str, minutes: float, seed: int, lost: float = 0.02, known: bool = False) -> Pair:
    traits, sides, sure, untold = product(key).traits, [], [], 0
    for fast in (80.0, -80.0):
        rng = np.random.default_rng([seed, int(fast > 0)])
        rate = {} if traits.tick_s else {"rate_off": OFF[fast]}
        how = {"lost": lost, "delays": delays, "parts": PARTS.get(key, 1), **rate}
        made = sent(rng, traits, 60 * minutes, ppm=fast, ppm_per_h=5.0, **how)
        ppm = {"ppm": KNOWN_PPM[fast] if traits.tick_s else 1e6 * OFF[fast] + fast} if known else {}
        stream, items = streamed(made, **ppm)
        at, error = errors(made, items)
        sides.append((at, error - UNDER_WAY_S))
        sure.append(abs(error[-1] - UNDER_WAY_S) <= (stream.uncertainty_s or 0.0))
        missing = np.diff(_marks(made, items)) - 1
        told = sum(int(g.reason.split()[0]) for g in items if isinstance(g, Gap) and "lost" in g.reason)
        untold += abs(int(missing[missing > 0].sum()) - told)
    grid = START_S + np.arange(15.0, 60 * minutes - 5, 0.1)
    apart = np.abs(np.interp(grid, *sides[0]) - np.interp(grid, *sides[1]))
    off = [np.abs(error) for _, error in sides]
    late = [np.abs(error[at > START_S + SETTLED_S]) for at, error in sides]
    settled = apart[grid > START_S + SETTLED_S]
    return Pair(np.concatenate(off), np.concatenate(late), apart, settled, float(np.mean(sure)), untold)


def clocks(console: Console, minutes: float, pairs: int, keys: Sequence[str], kinds: Sequence[str]) -> None:
    """All products over all links."""
    rows = [(key, kind, 0.02, False) for kind in kinds for key in keys]
    if "dot" in keys and "grid" in kinds:
        rows.append(("dot", "grid", 0.02, True))
    if "witmotion" in keys:
        rows += [("witmotion", "bursts", 0.0, False), ("witmotion", "bursts", 0.02, True)]
    title = (
        f"{pairs} pairs of {minutes:g} min, clocks 80 ppm fast and slow wandering 5 ppm/h: 95 % of readings within "
        f"(behind the stroke: from {SETTLED_S:g} s on)"
    )
    table = _table(title, "product", "link", "lost", "time ms", "left-right ms", "as sure as told", "losses untold")
    for key, kind, lost, known in rows:
        runs = [run(key, kind, minutes, seed, lost, known) for seed in range(pairs)]
        within = [
            f"{_ms([one.off for one in runs])} / {_ms([one.settled for one in runs])}",
            f"{_ms([one.apart for one in runs])} / {_ms([one.apart_settled for one in runs])}",
        ]
        name = f"{key}, clock known" if known else key
        sure = f"{100 * np.mean([one.sure for one in runs]):.0f} %"
        table.add_row(name, DELAYS[kind], f"{100 * lost:g} %", *within, sure, str(sum(one.untold for one in runs)))
    console.print(table)


def _ms(parts: list[np.ndarray]) -> str:
    return f"{1000 * np.quantile(np.concatenate(parts), 0.95):.1f}"


BOUND_S = (10, 20, 30, 60, 120, 300)


def bound(console: Console, keys: Sequence[str], runs: int = 40) -> None:
    """How near to the floor who knows all but the floor comes: that delays are even, where they end, no drift, no loss.

    The mean of what is likely is nearest, in the mean of squares; so no estimator of these arrivals is better by those.
    """
    title = (
        f"Standard deviation (ms) of the best that can be said of the floor, {runs} links each by itself, 0 to 200 ms"
    )
    table = _table(title, "product", *(f"after {seconds} s" for seconds in BOUND_S))
    depths = np.concatenate(
        [-0.2 * np.linspace(1, 0, 400)[:-1] ** 3, 0.2 * np.linspace(0, 1, 400) ** 3]
    )  # 0: the truth
    for key in (key for key in keys if product(key).traits.tick_s):
        traits, off = product(key).traits, []
        for seed in range(runs):
            rng, parts = np.random.default_rng(seed), PARTS.get(key, 1)
            each_s = traits.readings_per_packet / traits.usual_rate_hz
            gone = np.repeat(np.arange(0, BOUND_S[-1], each_s), parts)
            own = rng.uniform(0, 0.2, len(gone))
            arrived = np.maximum.accumulate(gone + own)
            before = np.concatenate([[-1.0], arrived[:-1]]) - gone  # as late as this it is, if it waits
            late, waits = arrived - gone, before >= own
            off.append([_best(late[gone < s], before[(gone < s) & waits], depths) for s in BOUND_S])
        table.add_row(key, *(f"{1000 * np.mean(np.square(column)) ** 0.5:.1f}" for column in zip(*off, strict=True)))
    console.print(table)


def _best(late: np.ndarray, bounds: np.ndarray, depths: np.ndarray) -> float:
    """The mean of the floors that these delays allow, each by how likely it is."""
    floors = depths[depths < late.min()]
    likely = np.array([np.log(bounds - floor).sum() for floor in floors]) - len(late) * np.log(0.2 - floors)
    weights = np.exp(likely - likely.max()) * np.gradient(floors)
    return float(weights @ floors / weights.sum())


def _marks(made: Sent, items: list[Any]) -> np.ndarray:
    return np.concatenate([made.marks(item) for item in items if isinstance(item, Samples)])


def keeping(console: Console) -> None:
    """A simulated day, at 100 Hz, in blocks of 0.2 s, kept and read again."""
    make, steps = Make(), (Make().acc_step_mps2, Make().gyr_step_dps)
    patient = Patient(days=1, habits=Habits(strides=2000, worn_h=8.0))
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        ring = Ring(folder)
        raw = readings = 0
        cpu = wall = 0.0
        for block in patient_blocks(patient):
            if not isinstance(block, Samples) or block.acc.max(initial=0.0) >= make.acc_limit_mps2:
                continue
            for k in range(0, len(block), 20):
                part = slice(k, k + 20)
                at_s = block.start_s + k / block.rate_hz
                piece = replace(block, start_s=at_s, acc=block.acc[part] + 0.0, gyr=block.gyr[part] + 0.0, steps=steps)
                began = time.process_time(), time.perf_counter()
                ring.keep(piece)
                cpu, wall = cpu + time.process_time() - began[0], wall + time.perf_counter() - began[1]
                readings += len(piece)
        ring.close()
        raw = 12 * readings
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        began_s = time.process_time()
        again = sum(len(item) for item in Ring(folder).items(0, 1e12) if isinstance(item, Samples))
        read_s = time.process_time() - began_s
    hours = readings / 2 / 100 / 3600
    table = _table(
        f"{hours:.1f} h of two legs kept, 100 Hz",
        "MB",
        "of 16 bits",
        "MB a day at 104 Hz",
        "% of a core",
        "written in",
        "read in",
    )
    day = size / 1e6 * 24 / hours * 1.04
    row = (
        f"{size / 1e6:.1f}",
        f"1/{raw / size:.2f}",
        f"{day:.0f}",
        f"{100 * cpu / hours / 3600:.2f}",
        f"{wall:.0f} s",
        f"{read_s:.0f} s",
    )
    table.add_row(*row)
    console.print(table)
    assert again == readings


def picture(path: Path) -> None:
    """Arrivals of one sensor, the line below them, and how far off the told times are."""
    from drawing import GREEN, GREY, INK, RED, plt

    made = sent(np.random.default_rng(3), MILLI, 240.0, ppm=-80.0, lost=0.02, delays="uniform")
    _, items = streamed(made)
    number = [int(made.marks(Samples("left", "shank", 0.0, 1.0, p.acc, p.gyr))[-1]) for _, p in made.packets]
    arrived = np.array([at for at, _ in made.packets])
    device = np.array(number) / 104.0
    first = arrived[0] - device[0]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(8.0, 5.0), sharex=True, height_ratios=(3, 2), layout="constrained"
    )
    above.plot(device, 1000 * (arrived - first - device), ".", color=GREY, markersize=2, label="arrivals")
    at, off = errors(made, items)
    mark = _marks(made, items)
    above.plot(mark / 104.0, 1000 * (at - first - mark / 104.0), color=RED, label="time told")
    above.plot(mark / 104.0, 1000 * (made.true_s[mark] - first - mark / 104.0), color=GREEN, label="true time")
    above.set_ylabel("ms later than by the sensor's clock")
    above.legend(loc="upper left")
    below.plot(mark / 104.0, 1000 * (off - UNDER_WAY_S), color=INK, linewidth=1)
    below.axhspan(-5, 5, color=GREEN, alpha=0.15)
    below.set(xlabel="s", ylabel="error, ms", ylim=(-25, 25))
    figure.savefig(path, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="PRODUCT", default=[one.key for one in PRODUCTS])
    parser.add_argument("--links", nargs="+", choices=DELAYS, default=list(DELAYS))
    parser.add_argument("--bound", action="store_true")
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    if asked.picture:
        picture(asked.picture)
        return
    console = Console(width=150)
    if asked.bound:
        bound(console, asked.only)
        return
    clocks(console, asked.minutes, asked.pairs, asked.only, asked.links)
    keeping(console)


if __name__ == "__main__":
    main()
