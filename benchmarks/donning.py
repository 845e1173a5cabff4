"""The mounting check on real walkers: which leg is which, what has slipped, and what is told without cause.

    python benchmarks/donning.py [--data DIR]

Pieces of 40 s from the first step of movingreality (after stroke, treadmill), whole short walks of ipol1 and marpino,
hours of terrain. Sensors are exchanged, turned and slipped on purpose. ``strides`` are valid ones of all legs worn.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from accuracy import DATA, module
from choices import _table
from rich.console import Console
from scipy.spatial.transform import Rotation

from surefoot.pipeline.habit import differences, habit_of, numbers_of
from surefoot.pipeline.mounting import MountingCheck, MountingParams
from surefoot.records import SIDES, Donning, Side
from surefoot.signal.blocks import block_of, in_turn
from surefoot.signal.walk import WalkStream, analyze

Sensors = Mapping[Side, tuple[np.ndarray, np.ndarray]]
OTHER: dict[Side, Side] = {"left": "right", "right": "left"}
PIECE_S, BEFORE_S, SLIP_AT_S, SEEN_S = 40.0, 1.0, 12.0, 60.0
WALKS = (("movingreality", "shank"), ("movingreality", "foot"), ("ipol1", "foot"), ("marpino", "shank"))


def told(sensors: Sensors, rate_hz: float, placement: str, **given: Any) -> list[Donning]:
    blocks = [block_of(side, acc, gyr, rate_hz, placement) for side, (acc, gyr) in sensors.items()]
    stream, check = WalkStream(tuple(sensors), placement), MountingCheck(tuple(sensors), placement, **given)
    found = [donning for part in in_turn(blocks) for donning in check.update(stream.update(part))]
    return found + check.update(stream.close()) + check.close()


def pieces(recording: Any, placement: str, size_s: float = PIECE_S) -> Iterator[Sensors]:
    """The treadmill walks in pieces, the others whole."""
    sensors = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
    count = min(len(acc) for acc, _ in sensors.values())
    size, first = round(size_s * recording.rate_hz), 0
    if recording.set == "movingreality":
        busy = np.abs(sensors["left"][1]).max(axis=1) > 100.0
        first = max(0, int(busy.argmax()) - round(BEFORE_S * recording.rate_hz))
    else:
        size = count
    for k in range(first, count - size + 1, size):
        yield {side: (acc[k : k + size], gyr[k : k + size]) for side, (acc, gyr) in sensors.items()}


def which_leg(read: Any, console: Console) -> None:
    columns = ("walks", "good", "swapped", "moved", "unknown", "strides", "corrected")
    table = _table("Which leg is which: the first verdict, and how often it was changed later", "worn", *columns)
    for name, placement in WALKS:
        rows: dict[str, list[list[Donning]]] = {}
        for recording in read.recordings(name):
            for sensors in pieces(recording, placement):
                rate_hz, exchanged = recording.rate_hz, {OTHER[side]: sensor for side, sensor in sensors.items()}
                rows.setdefault("both", []).append(told(sensors, rate_hz, placement))
                rows.setdefault("both, exchanged", []).append(told(exchanged, rate_hz, placement))
                for side in SIDES:
                    rows.setdefault("one", []).append(told({side: sensors[side]}, rate_hz, placement))
                    alone = {OTHER[side]: sensors[side]}
                    rows.setdefault("one, on the other leg", []).append(told(alone, rate_hz, placement))
        for worn, verdicts in rows.items():
            table.add_row(f"{name} {placement}, {worn}", *_figures(verdicts))
    console.print(table)


def _figures(verdicts: Sequence[Sequence[Donning]]) -> list[str]:
    first = Counter(donnings[0].verdict for donnings in verdicts if donnings)
    strides = [donnings[0].strides for donnings in verdicts if donnings and donnings[0].verdict != "unknown"]
    middle = f"{np.median(strides):.0f}, most {max(strides)}" if strides else "-"
    changed = sum(len(donnings) > 1 for donnings in verdicts)
    counts = (str(first[verdict]) for verdict in ("good", "swapped", "moved", "unknown"))
    return [str(sum(map(bool, verdicts))), *counts, middle, str(changed)]


def habits(read: Any, console: Console) -> None:
    """The habit alone, learned from the other trials of the same person, on every 16 strides."""
    table = _table("Habit alone, from a person's other trials", "sensors", "as told", "exchanged", "neither")
    most = MountingParams().most_habit - 1.0  # with the least evidence of the landing that decides
    people: dict[str, list[Any]] = {}
    for recording in read.recordings("movingreality"):
        people.setdefault(recording.info["subject"], []).append(recording)
    for placement in ("shank", "foot"):
        walked = {r.id: _strides(r, placement) for trials in people.values() for r in trials}
        counts: Counter[str] = Counter()
        for trials in people.values():
            for trial in trials:
                habit = habit_of([s for other in trials if other is not trial for s in walked[other.id]])
                mine = walked[trial.id]
                for k in range(0, len(mine) - 15, 16) if habit else ():
                    points = habit.points(differences(numbers_of(mine[k : k + 16])))
                    counts["as told" if points >= most else "exchanged" if points <= -most else "neither"] += 1
        table.add_row(placement, *(str(counts[name]) for name in ("as told", "exchanged", "neither")))
    console.print(table)


def _strides(recording: Any, placement: str) -> list[Any]:
    sensors = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
    return [stride for stride in analyze(sensors, recording.rate_hz, placement).strides if stride.valid]


def slips(read: Any, console: Console) -> None:
    """One ankle turned about a slanted axis 12 s after the first step, and hours in which nothing was."""
    table = _table(f"A sensor that slips {SLIP_AT_S:.0f} s after the first step", "turn", "sensors", "told in 60 s")
    for degrees in (0, 20, 30, 45, 60):
        count = found = 0
        for recording in read.recordings("movingreality"):
            for sensors in [*pieces(recording, "shank", SEEN_S)][:1]:
                for side, (acc, gyr) in sensors.items():
                    about = acc.mean(axis=0) / np.linalg.norm(acc.mean(axis=0)) + 0.3 * np.eye(3)[0]
                    turn = Rotation.from_rotvec(np.deg2rad(degrees) * about / np.linalg.norm(about))
                    at = round(SLIP_AT_S * recording.rate_hz)
                    slipped = tuple(np.concatenate([x[:at], turn.apply(x[at:])]) for x in (acc, gyr))
                    verdicts = told({**sensors, side: slipped}, recording.rate_hz, "shank")
                    count += 1
                    found += any(donning.verdict == "moved" for donning in verdicts)
        table.add_row(f"{degrees} deg", str(count), str(found))
    console.print(table)
    hours, counts = 0.0, Counter[str]()
    for recording in read.recordings("terrain"):
        for sensor in recording.sensors.values():
            hours += len(sensor[0]) / recording.rate_hz / 3600
            counts.update(donning.verdict for donning in told({"left": sensor}, recording.rate_hz, "shank"))
    told_so = ", ".join(f"{verdict} {count}" for verdict, count in sorted(counts.items()))
    console.print(f"{hours:.1f} h outdoors (terrain, one lower leg, which is not known; all told as left): {told_so}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no recordings at {given.data}: name their folder with --data")
    read, console = module(given.data, "read"), Console(width=140)
    which_leg(read, console)
    habits(read, console)
    slips(read, console)


if __name__ == "__main__":
    main()
