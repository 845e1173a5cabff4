"""Orientation: does a library's attitude beat the planar one? Cost for one hour, and the treadmill belt's speed.

    python benchmarks/orientation.py [--data DIR] [--rounds N]

Runs only where ``vqf`` is installed (it is no dependency of surefoot; put it into an environment of your own). Same
strides, same mid-stances, same pendulum at both ends, same straight-line drift correction; only where the vertical
comes from differs: gravity at both mid-stances and the sagittal rate in between (surefoot), or VQF's quaternions
(Laidig and Seel 2023), live and offline. VQF has three dimensions to use: its stride is the horizontal way there. A
third way shows what remembering alone does: the planar path with the vertical averaged over the last five strides.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy import DATA, Bench
from rich.console import Console
from rich.table import Table
from scipy.signal import butter, sosfilt
from scipy.spatial.transform import Rotation
from speed import HOUR, RATE_HZ, Legs, contacts_only, legs, seconds

from surefoot.records import SIDES, Array
from surefoot.signal.alignment import Aligned, Alignment
from surefoot.signal.contacts import FORWARD, RATE, SLOW, UP, Swings, contact_params
from surefoot.signal.leg import PIECE_S
from surefoot.signal.strides import StrideMeter, StrideParams
from surefoot.signal.table import StrideTable
from surefoot.signal.track import Track

try:
    import vqf
except ImportError:
    vqf = None

AVERAGED = 5  # strides over which the third way takes the vertical


@dataclass
class Path3:
    """One leg of one trial, per valid stride: lengths and tilts by one attitude."""

    length_m: Array
    took_s: Array
    tilt_deg: Array  # at the mid-stance that opens the stride


# ---- cost


def meter_seconds(sensors: Legs) -> float:
    """Seconds in the strides alone: tilt, path and all else a stride measures; finding contacts is not counted."""
    spent = 0.0
    piece = round(PIECE_S * RATE_HZ)
    for side, (acc, gyr) in sensors.items():
        track = Track(RATE_HZ, contact_params("shank"), Alignment("shank"))
        meter = StrideMeter(side, "shank", RATE_HZ, 0.0, StrideParams())
        for k in range(0, len(acc), piece):
            track.take(acc[k : k + piece], gyr[k : k + piece])
            _, swings = track.work()
            spent += seconds(lambda track=track, meter=meter, swings=swings: meter.update(swings, track.body))
            track.let_go_before(meter.needs_from)
    return spent


def cost(console: Console, rounds: int) -> None:
    sensors = legs(HOUR)
    ready = [(np.deg2rad(gyr), np.ascontiguousarray(acc)) for acc, gyr in sensors.values()]
    numbers = np.ascontiguousarray(np.concatenate([x.T for pair in sensors.values() for x in pair]))
    sos = butter(4, 15.0, fs=RATE_HZ, output="sos")
    subjects: dict[str, Callable[[], float]] = {
        "VQF live: attitude of every sample, nothing else": lambda: sum(
            seconds(lambda g=g, a=a: vqf.VQF(1 / RATE_HZ).updateBatch(g, a)) for g, a in ready
        ),
        "VQF offline": lambda: sum(seconds(lambda g=g, a=a: vqf.offlineVQF(g, a, None, 1 / RATE_HZ)) for g, a in ready),
        "surefoot: all a stride measures (tilt, velocity, path; times, rates, lean)": lambda: meter_seconds(sensors),
        "surefoot: contacts": lambda: seconds(lambda: contacts_only(sensors)),
    }
    table = Table(title="One hour, two shanks, 100 Hz (median of rounds)", title_justify="left", box=None)
    for k, column in enumerate(("", "ratio to the pass", "seconds")):
        table.add_column(column, justify="right" if k else "left")
    for name, what in subjects.items():
        what()
        pairs = np.array(
            [(min(seconds(lambda: sosfilt(sos, numbers, axis=1)) for _ in range(3)), what()) for _ in range(rounds)]
        )
        table.add_row(name, f"{np.median(pairs[:, 1] / pairs[:, 0]):.1f}", f"{np.median(pairs[:, 1]):.3f}")
    console.print(table)


# ---- the belt


def legs_of(bench: Bench) -> Iterator[tuple[float, dict[str, Path3]]]:
    """Belt speed and the paths of each shank of each trial."""
    for recording in bench._read.recordings("movingreality"):
        belt = recording.info.get("speed_fixed") if "FB" in recording.info["trial"] else None  # choices.py says why
        for side in SIDES:
            found = paths(*recording.sensors[f"{side}_shank"], recording.rate_hz) if belt else None
            if found:
                yield belt, found


def paths(acc: Array, gyr: Array, rate_hz: float) -> dict[str, Path3] | None:
    track = Track(rate_hz, contact_params("shank"), Alignment("shank"))
    track.take(acc, gyr)
    swings = Swings.none()
    for _, more in (track.work(ending=True), track.close()):
        swings = swings.followed_by(more)
    params = StrideParams()
    meter = StrideMeter("left", "shank", rate_hz, 0.0, params)
    table = meter.update(swings, track.body, last=True)
    if len(table) < 20 or not isinstance(track._alignment.state, Aligned):
        return None
    a, b = (mid_stances(table, table[name], track, params) for name in ("start_s", "end_s"))
    near = max(1, round(0.04 * rate_hz))
    forward, up = (track.body.windows(row, a - near, 2 * near + 1).mean(axis=1) for row in (FORWARD, UP))
    tilt = np.rad2deg(np.arctan2(-forward, up))
    use = table["valid"] & np.isfinite(table["stride_length_m"]) & (b < len(acc))
    found = {"surefoot, planar": Path3(table["stride_length_m"][use], (b - a)[use] / rate_hz, tilt[use])}
    frame = track._alignment.state.rotation
    rate, forward, up = (track.body.windows(row, np.zeros(1, np.intp), len(acc))[0] for row in (RATE, FORWARD, UP))
    steady = averaged(np.deg2rad(tilt), rate, a, rate_hz)
    found[f"planar, vertical of {AVERAGED} strides"] = sagittal(
        steady, forward, up, rate, a[use], b[use], params, rate_hz
    )
    for name, attitude in (("VQF live", live), ("VQF offline", offline)):
        quaternions = attitude(gyr, acc, rate_hz)
        found[name] = walked(quaternions, acc, frame, rate, a[use], b[use], rate_hz, params.pendulum_m)
    return found


def averaged(tilt: Array, rate: Array, a: Array, rate_hz: float) -> Array:
    """Tilt of every sample, rad: the integral of the rate, moved to the mean of gravity at the last mid-stances."""
    turned = -np.deg2rad(integral(rate, rate_hz))
    apart = tilt - turned[a]
    kept = np.array([apart[max(0, k + 1 - AVERAGED) : k + 1].mean() for k in range(len(apart))])
    return turned + np.interp(np.arange(len(rate)), a, kept)


def sagittal(
    tilt: Array, forward: Array, up: Array, rate: Array, a: Array, b: Array, params: StrideParams, rate_hz: float
) -> Path3:
    """The planar path by any tilt."""
    level = (forward * np.cos(tilt) + up * np.sin(tilt))[:, None]
    ends = -np.deg2rad(rate)[:, None] * params.pendulum_m
    lengths = [way(level[i : j + 1], ends[i], ends[j], rate_hz) for i, j in zip(a, b, strict=True)]
    return Path3(np.array(lengths), (b - a) / rate_hz, np.rad2deg(tilt[a]))


def way(level: Array, first: Array, last: Array, rate_hz: float) -> float:
    """Length of the way from an acceleration between two known velocities, drift taken out as a straight line."""
    gained = integral(level, rate_hz)
    share = np.linspace(0, 1, len(level))[:, None]
    velocity = first + gained + share * (last - first - gained[-1])
    return float(np.linalg.norm(integral(velocity, rate_hz)[-1]))


def mid_stances(table: StrideTable, contact_s: Array, track: Track, params: StrideParams) -> Array:
    """The sample after a contact at which the leg turns least, as the strides have it."""
    length = table["stride_time_s"] * track.rate_hz
    first = np.rint(contact_s * track.rate_hz + params.stance_from * length).astype(np.intp)
    count = np.maximum(np.rint((params.stance_to - params.stance_from) * length), 1)
    x = np.abs(track.body.windows(SLOW, first, int(count.max())))
    return first + np.where(np.arange(x.shape[1]) < count[:, None], x, np.inf).argmin(axis=1)


def live(gyr: Array, acc: Array, rate_hz: float) -> Array:
    filter_ = vqf.VQF(1 / rate_hz)
    return filter_.updateBatch(np.deg2rad(gyr), np.ascontiguousarray(acc))["quat6D"]


def offline(gyr: Array, acc: Array, rate_hz: float) -> Array:
    return vqf.offlineVQF(np.deg2rad(gyr), np.ascontiguousarray(acc), None, 1 / rate_hz)["quat6D"]


def walked(
    quaternions: Array, acc: Array, frame: Array, rate: Array, a: Array, b: Array, rate_hz: float, radius_m: float
) -> Path3:
    """Horizontal way from mid-stance to mid-stance, acceleration turned upright by quaternions (w, x, y, z)."""
    turned = Rotation.from_quat(quaternions[:, [1, 2, 3, 0]])
    level = turned.apply(acc)[:, :2]  # gravity is all in the third
    forward, up = (turned.apply(axis) for axis in frame[:2])
    heading = forward[:, :2] / np.linalg.norm(forward[:, :2], axis=1, keepdims=True)
    tilt = -np.rad2deg(np.arctan2(forward[:, 2], up[:, 2]))
    ends = -np.deg2rad(rate)[:, None] * radius_m * heading
    lengths = [way(level[i : j + 1], ends[i], ends[j], rate_hz) for i, j in zip(a, b, strict=True)]
    return Path3(np.array(lengths), (b - a) / rate_hz, tilt[a])


def integral(x: Array, rate_hz: float) -> Array:
    total = np.zeros_like(x)
    np.cumsum(0.5 * (x[1:] + x[:-1]), axis=0, out=total[1:])
    return total / rate_hz


def belt(console: Console, bench: Bench) -> None:
    errors: dict[str, list[float]] = defaultdict(list)
    spreads: dict[str, list[float]] = defaultdict(list)
    tilts: dict[str, list[float]] = defaultdict(list)
    apart: dict[str, list[float]] = defaultdict(list)
    lengths: dict[str, list[float]] = defaultdict(list)
    strides = 0
    for speed, found in legs_of(bench):
        ours = found["surefoot, planar"]
        strides += len(ours.length_m)
        for name, path in found.items():
            speeds = path.length_m / path.took_s
            errors[name].append(100 * (float(np.median(speeds)) / speed - 1))
            spreads[name].append(100 * 1.4826 * float(np.median(np.abs(speeds / np.median(speeds) - 1))))
            tilts[name].append(1.4826 * float(np.median(np.abs(path.tilt_deg - np.median(path.tilt_deg)))))
            apart[name].append(float(np.median(path.tilt_deg - ours.tilt_deg)))
            lengths[name].append(100 * float(np.median(path.length_m / ours.length_m - 1)))
    columns = (
        "attitude by",
        "belt: median error %",
        "median |error| %",
        "worst %",
        "speed, stride to stride %",
        "length against ours %",
        "tilt at mid-stance against ours, deg (p5 .. p95)",
        "its spread, deg",
    )
    table = Table(
        title=f"movingreality, trials with feedback: {len(errors['VQF live'])} shanks, {strides} strides",
        title_justify="left",
    )
    for k, column in enumerate(columns):
        table.add_column(column, justify="right" if k else "left")
    for name, each in errors.items():
        e = np.array(each)
        table.add_row(
            name,
            f"{np.median(e):+.1f}",
            f"{np.median(np.abs(e)):.1f}",
            f"{e[np.abs(e).argmax()]:+.1f}",
            f"{np.median(spreads[name]):.1f}",
            f"{np.median(lengths[name]):+.1f}",
            "{:+.1f} ({:+.1f} .. {:+.1f})".format(*np.percentile(apart[name], [50, 5, 95])),
            f"{np.median(tilts[name]):.1f}",
        )
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    if vqf is None:
        sys.exit("vqf is not installed: nothing can be compared. `pip install vqf` into an environment of your own.")
    console = Console(width=160)
    cost(console, given.rounds)
    if not given.data.is_dir():
        sys.exit(f"no recordings at {given.data}: name their folder with --data")
    belt(console, Bench(given.data))


if __name__ == "__main__":
    main()
