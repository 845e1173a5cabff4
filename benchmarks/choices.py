"""Choices: the measurements behind decisions told in docs/methods.md, on the recordings they were made on.

    python benchmarks/choices.py [--data DIR]

Which statistic tells the sign of the axis (alignment), where a landing is put, where a lift-off is put (contacts), and
what the belt's speed is worth as truth (strides); how far a reference's turns on the spot are contacts (contacts).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from accuracy import DATA, module
from drawing import Leg, leg
from rich.console import Console
from rich.table import Table
from scipy.ndimage import correlate1d
from scipy.signal import find_peaks

from surefoot.records import SIDES, Array, Placement
from surefoot.signal.contacts import RATE, SLOW, YAW, contact_params
from surefoot.signal.filters import smoothing_kernel
from surefoot.signal.walk import analyze

PIECE_S = 4.0
PIVOT_DPS = 120.0
WALKING_DPS = 60.0  # root mean square of a piece that is walking


def skews(read: Any, console: Console) -> None:
    """Third moment of the sagittal rate over pieces of four seconds: is its sign that of the swing?"""
    table = _table("Skew of the sagittal rate, pieces of 4 s", "pieces", "least", "5 %", "median", "negative %")
    for which, placement in (("marpino", "shank"), ("movingreality", "shank"), ("ipol1", "foot"), ("gaitmap", "foot")):
        found: list[float] = []
        for recording in read.recordings(which):
            for side in SIDES:
                sensor = recording.sensors[f"{side}_{placement}"]
                x = leg(sensor, recording.rate_hz, placement).row(RATE)
                n = round(PIECE_S * recording.rate_hz)
                pieces = x[: len(x) // n * n].reshape(-1, n)
                square = (pieces**2).mean(axis=1)
                found += ((pieces**3).mean(axis=1) / square**1.5)[square > WALKING_DPS**2].tolist()
        s = np.array(found)
        figures = (s.min(), np.percentile(s, 5), np.median(s))
        table.add_row(
            f"{which} {placement}", str(len(s)), *(f"{x:+.2f}" for x in figures), f"{100 * (s < 0).mean():.1f}"
        )
    console.print(table, "")


def landings(read: Any, score: Any, console: Console) -> None:
    """Initial contact: rise of the jerk (no offset) against the trough of the rate, where both are there."""
    table = _table(
        "Found - reference, initial contact, ms: median (median absolute deviation)", "events", "jerk", "trough"
    )
    for which, placement in (("marpino", "shank"), ("marpino", "foot"), ("ipol1", "foot"), ("gaitmap", "foot")):
        errors: list[tuple[float, float]] = []
        for recording in read.recordings(which):
            if recording.id == "healthy_4x10m":
                continue  # borders of strides, not contacts
            for side in SIDES:
                true = recording.reference.get(f"{side}_ic_s", ())
                seen = leg(recording.sensors[f"{side}_{placement}"], recording.rate_hz, placement)
                jerk = seen.initial_s - contact_params(placement).strike_offset_s
                for i, j in score.match(jerk, true):
                    trough = _trough_after(seen, int(seen.swings.peak[i]), placement)
                    if seen.swings.source[i] == 1 and trough is not None:
                        errors.append((jerk[i] - true[j], trough - true[j]))
        e = 1000 * np.array(errors)
        table.add_row(f"{which} {placement}", str(len(e)), *(_spread(x) for x in e.T))
    console.print(table, "")


def _trough_after(seen: Leg, peak: int, placement: Placement) -> float | None:
    p, x = contact_params(placement), seen.row(RATE)[peak - seen.body.start :]
    down = int((x <= p.swing_over * seen.row(SLOW)[peak - seen.body.start]).argmax())
    window = x[down - 1 : down + round(p.initial_window_s * seen.rate_hz) + 1]
    low = (window[1:-1] < window[:-2]) & (window[1:-1] <= window[2:]) & (window[1:-1] < -p.least_trough_dps)
    return (peak + down + int(low.argmax())) / seen.rate_hz if low.any() else None


def lift_offs(read: Any, score: Any, console: Console) -> None:
    """Final contact at the ankle: the trough of push-off against the rise out of it, by the depth of the trough."""
    pairs: list[tuple[float, float, float]] = []
    for recording in read.recordings("marpino"):
        for side in SIDES:
            true = recording.reference[f"{side}_to_s"]
            seen = leg(recording.sensors[f"{side}_shank"], recording.rate_hz, "shank")
            rise = seen.final_s - contact_params("shank").final_offset_s
            for i, j in score.match(rise, true):
                last = round(rise[i] * seen.rate_hz) - seen.body.start + 1
                x = seen.row(RATE)[max(0, last - round(0.35 * seen.rate_hz)) : last + 1]
                trough = rise[i] - (len(x) - 1 - int(x.argmin())) / seen.rate_hz
                pairs.append((-float(x.min()), 1000 * (rise[i] - true[j]), 1000 * (trough - true[j])))
    depth, *_ = p = np.array(pairs).T
    edges = np.percentile(depth, [0, 33.3, 66.7, 100])
    names = ("weakest third", "middle third", "strongest third")
    title = "Found - reference (toe sensor), final contact at marpino's ankles, ms: median (median absolute deviation)"
    table = _table(title, "events", "push-off, deg/s", "rise", "trough")
    for k, name in enumerate(names):
        mine = (depth >= edges[k]) & (depth <= edges[k + 1])
        table.add_row(name, str(mine.sum()), f"{np.median(depth[mine]):.0f}", *(_spread(x[mine]) for x in p[1:]))
    table.add_row("all", str(len(depth)), f"{np.median(depth):.0f}", *(_spread(x) for x in p[1:]))
    console.print(table, "")


def belts(read: Any, console: Console) -> None:
    """Speed of ankles and feet against the belt's and against each other, trial by trial."""
    table = _table("Walking speed against the belt's, %, both legs", "belt, m/s", "trial", "ankles", "feet")
    against_foot: list[float] = []
    set_at: dict[object, list[Array]] = {}
    for recording in read.recordings("movingreality"):
        belt, speeds = recording.info.get("speed_fixed"), {}
        for placement in ("shank", "foot"):
            sensors = {side: recording.sensors[f"{side}_{placement}"] for side in SIDES}
            strides = analyze(sensors, recording.rate_hz, placement).strides
            mine = [strides.take(strides["valid"]).of_side(side)["speed_mps"] for side in SIDES]
            speeds[placement] = np.array([np.nanmedian(x) for x in mine])
        against_foot += (100 * (speeds["shank"] / speeds["foot"] - 1)).tolist()
        if belt:
            if abs(float(speeds["foot"].mean()) / belt - 1) < 0.05:  # else the belt ran otherwise
                set_at.setdefault(recording.info["subject"], []).append(speeds["shank"] / float(belt))
            off = (f"{100 * (float(speeds[p].mean()) / belt - 1):+.0f}" for p in ("shank", "foot"))
            table.add_row(f"subject {recording.info['subject']}", f"{belt:g}", recording.info["trial"], *off)
    console.print(table)
    e = np.array(against_foot)
    pairs = [(x, x / y) for mine in set_at.values() for i, x in enumerate(mine) for j, y in enumerate(mine) if i != j]
    plain, right = (100 * float(np.median(np.abs(np.concatenate(x) - 1))) for x in zip(*pairs, strict=True))
    console.print(
        "ankle put right by another trial of the same person and leg, where the feet confirm the belt: error "
        f"{plain:.1f} % before, {right:.1f} % after"
    )
    console.print(
        f"ankle against the same leg's foot: median {np.median(e):+.1f} %, of sizes {np.median(np.abs(e)):.1f} %"
    )


def pivots(read: Any, console: Console) -> None:
    """ipol1: turns of a foot about the vertical without a swing, and how many of them the reference calls a contact."""
    found = labelled = 0
    for recording in read.recordings("ipol1"):
        for side in SIDES:
            true = recording.reference[f"{side}_ic_s"]
            seen = leg(recording.sensors[f"{side}_foot"], recording.rate_hz, "foot")
            n = round(0.3 * recording.rate_hz)
            kernel = smoothing_kernel(contact_params("foot").slow_hz, recording.rate_hz)
            turn, swing = np.abs(correlate1d(seen.row(YAW), kernel)), np.abs(seen.row(SLOW))
            for peak in find_peaks(turn, height=PIVOT_DPS, distance=2 * n)[0]:
                if swing[max(0, peak - n) : peak + n].max() > 0.5 * turn[peak]:
                    continue
                end = seen.time_s[min(peak + int((turn[peak:] < 0.15 * turn[peak]).argmax()), len(turn) - 1)]
                if true[0] - 0.5 <= end <= true[-1] + 0.5:
                    found += 1
                    labelled += bool(np.abs(true - end).min() <= 0.25)
    console.print(
        f"ipol1 feet: {found} turns on the spot without a swing, {labelled} of them a contact in the reference"
    )


def _spread(x: Array) -> str:
    middle = np.median(x)
    return f"{middle:+.0f} ({np.median(np.abs(x - middle)):.0f})"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no recordings at {given.data}: name their folder with --data")
    read, score, console = module(given.data, "read"), module(given.data, "score"), Console(width=120)
    skews(read, console)
    landings(read, score, console)
    lift_offs(read, score, console)
    belts(read, console)
    pivots(read, console)


if __name__ == "__main__":
    main()
