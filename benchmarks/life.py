"""How far simulated falls, chairs, beds and stairs are from real ones, and what a day of life holds.

    python benchmarks/life.py [FOLDER OF REAL RECORDINGS]

writes the tables between the markers in docs/simulation.md. Clips: real ones are umafall's (ankle, 20 Hz, gyroscope
clipped at 256 deg/s), simulated ones go through the same rate and range. Stairs: terrain's (one sensor at the lower
leg, 40 Hz), each median curve cut at the swing peak. Days: healthy people drawn at random.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.signal import find_peaks

from surefoot.records import Samples
from surefoot.simulation import chairs, falls, floor, standing
from surefoot.simulation.falls import Fall
from surefoot.simulation.faults import clip, slow_down
from surefoot.simulation.ground import Ground
from surefoot.simulation.life import life_day
from surefoot.simulation.person import draw_walker
from surefoot.simulation.scene import Plan, record
from surefoot.simulation.walker import plan_walk

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "simulation.md"
PEOPLE = 40
DAYS = 5


def _fall(direction: str) -> list[Callable]:
    return [partial(falls.tumble, fall=Fall(direction, 6.0, False), stand_s=(6.0, 1.0))]


CLIPS: dict[str, tuple[str, list[Callable]]] = {  # umafall's label -> ours
    "forward fall": ("forwardFall", _fall("forward")),
    "backward fall": ("backwardFall", _fall("backward")),
    "lateral fall": ("lateralFall", _fall("left")),
    "sitting down and rising": ("Sitting_GettingUpOnAChair", [chairs.sitting_down, chairs.rising]),
    "bending": ("Bending", [standing.bending]),
    "lying down and getting up": ("LyingDown_OnABed", [partial(floor.lying_down, seconds=6.0, turns=0)]),
    "walking": ("Walking", [partial(plan_walk, strides=6)]),
}


def clips(reader) -> list[str]:
    """Of each clip the hardest reading, the fastest turn, and the turning within 1 s of the hardest: 10/50/90 %."""
    real = defaultdict(list)
    for recording in reader.recordings("umafall"):
        real[recording.info["label"]].append(_hardest(*next(iter(recording.sensors.values()))))
    head = ["clip", "peak acceleration, m/s²", "peak rate, deg/s", "turned within 1 s, deg"]
    lines = ["| " + " | ".join(f"{h} (real > simulated, 10/50/90 %)" if k else h for k, h in enumerate(head)) + " |"]
    lines.append("|---" * len(head) + "|")
    for name, (label, scenes) in CLIPS.items():
        made = [_made(scenes, seed) for seed in range(PEOPLE)]
        cells = [f"{_three(np.array(real[label])[:, k])} > {_three(np.array(made)[:, k])}" for k in range(3)]
        lines.append(f"| {name} ({len(real[label])} real) | " + " | ".join(cells) + " |")
    return lines


def _made(scenes: Sequence[Callable], seed: int) -> tuple[float, float, float]:
    rng = np.random.default_rng(seed)
    walker = draw_walker(rng)
    plans: list[Plan] = [partial(scene, walker) for scene in scenes]
    samples, _ = record(plans, rng)
    slow = next(iter(clip(slow_down([samples["left"]], every=5), gyr_dps=256.0)))
    assert isinstance(slow, Samples)
    return _hardest(slow.acc, slow.gyr)


def _hardest(acc: np.ndarray, gyr: np.ndarray) -> tuple[float, float, float]:
    force, rate = np.linalg.norm(acc, axis=1), np.linalg.norm(gyr, axis=1)
    at = int(force.argmax())
    return float(force.max()), float(rate.max()), float(rate[max(0, at - 20) : at + 20].sum() / 20)


def _three(values: np.ndarray) -> str:
    return "/".join(f"{v:.0f}" for v in np.percentile(values, [10, 50, 90]))


def stairs(reader) -> list[str]:
    """Median stride on stairs: time, swing peak, deepest rate, range of tilt, and how far the curves lie apart."""
    real: dict[str, list[np.ndarray]] = {"stairs_up": [], "stairs_down": []}
    took: dict[str, list[float]] = {"stairs_up": [], "stairs_down": []}
    for recording in reader.recordings("terrain"):
        _, gyr = recording.sensors["unknown_shank"]
        for a, b, label in recording.info["intervals"]:
            if label in real:
                rate = gyr[int(a * 40) : int(b * 40)]
                _add(rate @ _axis(gyr), 40.0, real[label], took[label])
    lines = ["| | stride time, s | swing peak, deg/s | deepest rate, deg/s | range of tilt, deg | RMSE, % of range |"]
    lines.append("|---|---|---|---|---|---|")
    for kind in real:
        made: list[np.ndarray] = []
        times: list[float] = []
        for seed in range(PEOPLE):
            rng = np.random.default_rng(seed)
            walker = draw_walker(rng)
            plans: list[Plan] = [partial(plan_walk, walker, strides=8)]  # the axis is found in level walking
            plans.append(partial(plan_walk, walker, strides=7, ground=Ground(kind)))
            samples, truths = record(plans, rng)
            slow = np.concatenate([b.gyr for b in slow_down([samples["left"]], every=3) if isinstance(b, Samples)])
            _add((slow @ _axis(slow))[int(truths[1].start_s * 100 / 3) :], 100 / 3, made, times)
        a, b = (_curve(real[kind], took[kind]), _curve(made, times))
        apart = 100 * np.sqrt(np.mean((a[0] - b[0]) ** 2)) / np.ptp(a[0])
        cells = [
            f"{x:.2f} > {y:.2f}" if k == 0 else f"{x:.0f} > {y:.0f}"
            for k, (x, y) in enumerate(zip(a[1], b[1], strict=True))
        ]
        lines.append(
            f"| {kind} ({len(real[kind])} real strides, 4 people) | " + " | ".join(cells) + f" | {apart:.1f} |"
        )
    return lines


def _axis(gyr: np.ndarray) -> np.ndarray:
    moving = gyr[np.linalg.norm(gyr, axis=1) > 30]
    axis = np.linalg.svd(moving, full_matrices=False)[2][0]
    omega = gyr @ axis
    return axis if np.percentile(omega, 98) > -np.percentile(omega, 2) else -axis


def _add(omega: np.ndarray, rate_hz: float, curves: list[np.ndarray], took: list[float]) -> None:
    if len(omega) < 3 * rate_hz:
        return
    peaks, _ = find_peaks(omega, height=110, distance=int(0.7 * rate_hz))
    for a, b in pairwise(peaks):
        if 0.8 < (b - a) / rate_hz < 2.2:
            curve = np.interp(np.linspace(a, b, 101), np.arange(len(omega)), omega)
            curves.append(curve - curve.mean())  # the zero of the gyroscope is not known; a stride turns by nothing
            took.append((b - a) / rate_hz)


def _curve(curves: list[np.ndarray], took: list[float]) -> tuple[np.ndarray, tuple[float, ...]]:
    middle, time_s = np.median(curves, axis=0), float(np.median(took))
    tilt = np.cumsum(middle - middle.mean()) * time_s / 100
    return middle, (time_s, float(middle.max()), float(middle.min()), float(np.ptp(tilt)))


def days() -> list[str]:
    """What people do in a day: how often, how many minutes; and what a day costs to make."""
    often, minutes = defaultdict(float), defaultdict(float)
    strides, cost = [], []
    for seed in range(DAYS):
        began = time.process_time()
        day = life_day(draw_walker(np.random.default_rng(seed)), seed)
        for _ in day.blocks():
            pass
        cost.append(time.process_time() - began)
        strides += list(day.strides.values())
        for c in day.context:
            often[c.kind] += 1 / DAYS
            minutes[c.kind] += (c.end_s - c.start_s) / 60 / DAYS
    lines = ["| context | times a day | minutes a day |", "|---|---|---|"]
    lines += [
        f"| `{kind}` | {often[kind]:.0f} | {minutes[kind]:.1f} |"
        for kind in sorted(often, key=minutes.get, reverse=True)
    ]
    print(f"{DAYS} days: {np.mean(strides):.0f} strides a leg; {np.mean(cost):.1f} s of one core a day")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data")
    folder = parser.parse_args().folder
    if not (folder / "read.py").is_file():
        sys.exit(f"No real recordings in {folder}: nothing can be compared. Name the folder that holds read.py.")
    spec = importlib.util.spec_from_file_location("real_recordings", folder / "read.py")
    reader = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = reader
    spec.loader.exec_module(reader)
    page = PAGE.read_text()
    for name, lines in (("clips", clips(reader)), ("stairs", stairs(reader)), ("days", days())):
        print("\n".join(lines))
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        page = before + f"<!-- {name} -->\n" + "\n".join(lines) + "\n<!-- end -->" + rest.partition("<!-- end -->")[2]
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
