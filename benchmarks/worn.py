"""How the sensors are worn: how soon one that moved is noticed, and how sure left is told from right.

    python benchmarks/worn.py [--data DIR]

Real walkers. A slip is made by turning the second half of a recording about a slanted axis. The side is judged from
all valid strides of each leg; its number is positive on a left leg and negative on a right one.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from accuracy import DATA, module
from choices import _table
from rich.console import Console
from scipy.spatial.transform import Rotation

from surefoot.records import SIDES
from surefoot.signal.sides import SideParams
from surefoot.signal.walk import analyze

TURNS_DEG = (20, 30, 45, 60)
SHORT = 2  # strides of a leg that must be there to be counted


def slips(read: Any, console: Console) -> None:
    """Strides of one leg until a turn is told, on movingreality's ankles; and slips told where nothing was turned."""
    table = _table(
        "A sensor turned half-way: strides until it is told", "sensors", "not told", "10 %", "median", "90 %"
    )
    false = 0
    for degrees in TURNS_DEG:
        counts: list[int] = []
        sensors = 0
        for recording in read.recordings("movingreality"):
            for side in SIDES:
                acc, gyr = recording.sensors[f"{side}_shank"]
                half = len(acc) // 2
                about = acc.mean(axis=0) / np.linalg.norm(acc.mean(axis=0)) + 0.3 * np.eye(3)[0]
                turn = Rotation.from_rotvec(np.deg2rad(degrees) * about / np.linalg.norm(about))
                sensor = tuple(np.concatenate([x[:half], turn.apply(x[half:])]) for x in (acc, gyr))
                walk = analyze({side: sensor}, recording.rate_hz)
                at_s = half / recording.rate_hz
                false += sum(slip.at_s < at_s for slip in walk.slips)
                after = [slip.at_s for slip in walk.slips if slip.at_s >= at_s]
                ends = walk.strides["end_s"]
                counts += [int(((ends > at_s) & (ends < after[0])).sum())] if after else []
                sensors += 1
        figures = (f"{x:.0f}" for x in np.percentile(counts, (10, 50, 90)))
        table.add_row(f"{degrees} deg", str(sensors), str(sensors - len(counts)), *figures)
    console.print(table)
    hours = 0.0
    for recording in read.recordings("terrain", "marpino"):
        for name, sensor in recording.sensors.items():
            if "shank" in name:
                hours += len(sensor[0]) / recording.rate_hz / 3600
                false += len(analyze({"left": sensor}, recording.rate_hz).slips)
    console.print(f"slips told where nothing was turned (these, and {hours:.1f} h of terrain and marpino): {false}\n")


def sides(read: Any, console: Console) -> None:
    """The number that tells left from right, per leg and per pair, against the least that is believed."""
    columns = ("legs", "right sign %", "pairs", "right sign %", "least", "10 %", "median", "believed from")
    table = _table("Left against right: half the difference of the two legs' medians", *columns)
    kinds = (("marpino", "shank"), ("movingreality", "shank"), ("marpino", "foot"), ("movingreality", "foot"))
    for which, placement in (*kinds, ("ipol1", "foot")):
        legs: list[float] = []
        pairs: list[float] = []
        for recording in read.recordings(which):
            told = []
            for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
                walk = analyze({side: recording.sensors[f"{side}_{placement}"]}, recording.rate_hz, placement)
                seen = walk.strides["side_sign"][walk.strides["valid"]]
                told += [sign * float(np.median(seen))] if len(seen) >= SHORT else []
            legs += told
            pairs += [sum(told) / 2] if len(told) == 2 else []
        least = SideParams().least_shank if placement == "shank" else SideParams().least_foot
        right = [f"{100 * np.mean(np.array(x) > 0):.0f}" for x in (legs, pairs)]
        figures = (f"{x:.3f}" for x in np.percentile(pairs, (0, 10, 50)))
        table.add_row(f"{which} {placement}", str(len(legs)), right[0], str(len(pairs)), right[1], *figures, f"{least}")
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no recordings at {given.data}: name their folder with --data")
    read, console = module(given.data, "read"), Console(width=120)
    slips(read, console)
    sides(read, console)


if __name__ == "__main__":
    main()
