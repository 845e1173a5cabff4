"""One clock: how well the times of two sensors are told, through drift, delay and loss; what keeping readings takes.

    python benchmarks/clocks.py [--minutes 10] [--pairs 5] [--picture docs/pictures/clock.png]

Pretend sensors (tests/packets.py): readings of a known time, sent by clocks that drift apart, delayed and lost on the
way. The second table keeps a simulated day's 16-bit readings, in memory where the system lets files be there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from choices import _table
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from packets import MICRO, MILLI, NANO, NUMBERED, START_S, TIMELESS, Sent, errors, sent, streamed
from surefoot.pipeline.ring import Ring
from surefoot.records import Gap, Samples
from surefoot.sensors.product import Traits
from surefoot.simulation.day import Habits
from surefoot.simulation.patient import Patient, patient_blocks
from surefoot.simulation.sensor import Make

MEMORY = Path("/dev/shm")
UNDER_WAY_S = 0.004  # of every packet, which no clock can see

CASES: tuple[tuple[str, Traits, dict[str, Any]], ...] = (
    ("8 readings, ms", MILLI, {"lost": 0.02, "delays": "uniform"}),
    ("8 readings, ms", MILLI, {"lost": 0.02, "delays": "stalls"}),
    ("8 readings, ms", MILLI, {"lost": 0.02, "delays": "bursts"}),
    ("8 readings, ms", MILLI, {"lost": 0.02, "delays": "interval"}),
    ("1 reading, us", MICRO, {"lost": 0.02, "delays": "stalls"}),
    ("1 reading, us", MICRO, {"lost": 0.02, "delays": "uniform"}),
    ("52 readings, ns", NANO, {"lost": 0.02, "delays": "stalls"}),
    ("52 readings, ns", NANO, {"lost": 0.02, "delays": "uniform"}),
    ("8 readings, numbers", NUMBERED, {"lost": 0.02, "delays": "stalls"}),
    ("4 readings, nothing", TIMELESS, {"lost": 0.0, "delays": "bursts"}),
    ("4 readings, nothing", TIMELESS, {"lost": 0.001, "delays": "bursts"}),
    ("4 readings, nothing", TIMELESS, {"lost": 0.02, "delays": "bursts"}),
    ("the same, rate known", TIMELESS, {"lost": 0.02, "delays": "bursts"}),
)


def clocks(console: Console, minutes: float, pairs: int) -> None:
    columns = (
        "packets and their time",
        "delays",
        "lost",
        "time ms",
        "left-right ms",
        "as sure as told",
        "runs",
        "losses",
        "told",
    )
    title = f"{pairs} pairs of {minutes:g} min, clocks 80 ppm fast and slow wandering 5 ppm/h: 95 % of readings within"
    table = _table(title, *columns)
    for name, traits, how in CASES:
        off, apart, sure, runs, losses, told = [], [], [], 0, 0, 0
        for pair in range(pairs):
            sides = []
            for fast in (80.0, -80.0):
                counted = {"rate_off": -0.0074 if fast > 0 else 0.004} if traits.tick_s is None else {}
                rng = np.random.default_rng([pair, int(fast > 0)])
                made = sent(rng, traits, 60 * minutes, ppm=fast, ppm_per_h=5.0, **counted, **how)
                known = {"ppm": 1e6 * counted["rate_off"] + fast} if "known" in name else {}
                stream, items = streamed(made, **known)
                uncertain_s = stream.uncertainty_s or 0.0
                at, error = errors(made, items)
                sides.append((at, error))
                off.append(np.abs(error - UNDER_WAY_S))
                sure.append(abs(error[-1] - UNDER_WAY_S) <= uncertain_s)
                rates = [item.rate_hz for item in items if isinstance(item, Samples)]
                runs += sum(a != b for a, b in pairwise(rates))
                missing = np.diff(_marks(made, items)) - 1
                losses += int(missing[missing > 0].sum())
                told += sum(int(g.reason.split()[0]) for g in items if isinstance(g, Gap) and "lost" in g.reason)
            grid = START_S + np.arange(15.0, 60 * minutes - 5, 0.1)
            apart.append(np.abs(np.interp(grid, *sides[0]) - np.interp(grid, *sides[1])))
        within = (1000 * np.quantile(np.concatenate(x), 0.95) for x in (off, apart))
        percent = f"{100 * np.mean(sure):.0f} %"
        share = f"{100 * how['lost']:g} %"
        table.add_row(
            name,
            how["delays"],
            share,
            *(f"{x:.1f}" for x in within),
            percent,
            str(runs // pairs // 2),
            str(losses),
            str(told),
        )
    console.print(table)


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
    parser.add_argument("--picture", type=Path)
    asked = parser.parse_args()
    if asked.picture:
        picture(asked.picture)
        return
    console = Console(width=150)
    clocks(console, asked.minutes, asked.pairs)
    keeping(console)


if __name__ == "__main__":
    main()
