"""How right the guided tests are: repetitions, times, wrong performances refused.

    python benchmarks/signs_tests.py [--trials N] [--data DIR]

Simulated performances (any mounting, weak and well, 0.5 to 1.4 m/s) say what is true; real recordings say what
happens to people who do something else, how far a known way is, and whether one ankle sees sitting down and rising.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
from accuracy import DATA, module
from chair_clips import KINDS, kind_of
from rich.console import Console
from rich.table import Table

from surefoot.pipeline.calibration import length_factors
from surefoot.records import SIDES, TestKind, TestResult
from surefoot.signal.alignment import Aligned
from surefoot.signal.guided.assess import FOOT_ONLY, ONE_LEGGED, assess, learned
from surefoot.signal.guided.paces import paces
from surefoot.signal.guided.performance import NotUsable, Performance
from surefoot.signal.guided.readings import read as readings_of
from surefoot.signal.guided.stands import stands_of
from surefoot.signal.walk import analyze
from surefoot.simulation.gait import Leg
from surefoot.simulation.trials import WRONG, TrialTruth, simulate_trial
from surefoot.simulation.walker import Walker, simulate_walk

COUNTED = ("sit_to_stand_5", "chair_stand_30s", "heel_rise", "toe_tap")
SIDED = (*ONE_LEGGED, "heel_walk")
OTHER_THINGS = ("sit_to_stand_5", "heel_rise")  # tests for which umafall has the sensor, the rate and the time


@dataclass
class Tally:
    """What came of the right performances of one test."""

    asked: int = 0
    errors: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100, help="right performances of each test [100]")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    given = parser.parse_args()
    console = Console(width=150)
    simulated(given.trials, console)
    calibrated(given.trials // 5, console)
    if given.data.is_dir():
        read = module(given.data, "read")
        chairs(read, console)
        others(read, console)
        ways(read, console)
    else:
        console.print(f"no recordings at {given.data}: the simulated part only")


def performed(kind: TestKind, seed: int, wrong: str = "") -> tuple[TestResult, TrialTruth]:
    """One simulated performance, drawn with everything that may differ between people, and its result."""
    rng = np.random.default_rng([seed, *kind.encode()])
    weak, side, speed = rng.uniform(0, 1), SIDES[seed % 2], rng.uniform(0.5, 1.4)
    placement = "foot" if kind in FOOT_ONLY else "shank"
    how = {"leg": Leg(quad=weak, push=0.85 * weak, dorsi=0.8 * weak), "side": side, "speed_mps": speed}
    sensors, truth = simulate_trial(kind, rng, wrong=wrong, placement=placement, **how)
    legs = {s: (samples.acc, samples.gyr) for s, samples in sensors.items()}
    one = side if kind in SIDED else None
    return assess(kind, legs, 100.0, placement, side=one, distance_m=truth.distance_m), truth


def simulated(trials: int, console: Console) -> None:
    table = Table(
        "test (simulated)",
        "done right",
        "usable",
        "count exact",
        "count within 1",
        "error of the value",
        title_justify="left",
    )
    refused = Table("test (simulated)", "done wrongly: refused", title_justify="left")
    for kind in get_args(TestKind):
        tally = Tally()
        for seed in range(trials):
            add(tally, *performed(kind, seed))
        table.add_row(kind, str(tally.asked), str(len(tally.errors)), *counted(kind, tally), spread(tally, kind))
        for reason, count in tally.reasons.most_common(3):
            console.print(f"{kind}: not usable {count}: {reason}")
        ways = {
            wrong: sum(performed(kind, seed, wrong)[0].value is None for seed in range(trials // 5))
            for wrong in WRONG[kind]
        }
        refused.add_row(kind, ", ".join(f"{wrong} {count}/{trials // 5}" for wrong, count in ways.items()))
        if tally.factors:
            low, middle, high = np.percentile(tally.factors, (5, 50, 95))
            console.print(f"walk_20m: factor of stride length {low:.3f} .. {middle:.3f} .. {high:.3f} (5, 50, 95 %)")
    console.print(table)
    console.print(refused)


def calibrated(people: int, console: Console) -> None:
    """SIMULATED: a 20 m walk puts right the lengths of that person's walks at other speeds."""
    errors = []
    for seed in range(people):
        factors = length_factors([performed("walk_20m", seed)[0]], "shank")
        for k, speed_mps in enumerate((0.7, 1.0, 1.3)):
            read, true = simulate_walk(Walker(speed_mps=speed_mps), np.random.default_rng([5, seed, k]), strides=40)
            strides = analyze({side: (s.acc, s.gyr) for side, s in read.items()}, 100.0).strides
            for side, factor in factors:
                mine = strides.of_side(side)
                length_m = float(np.nanmedian(mine["stride_length_m"][mine["valid"]]))
                right_m = float(np.median(true.legs[side].stride_lengths_m))
                errors.append((100 * (length_m / right_m - 1), 100 * (factor * length_m / right_m - 1)))
    plain, right = np.array(errors).T
    told = (f"{np.median(x):+.1f} % (90 % within {np.percentile(np.abs(x), 90):.1f} %)" for x in (plain, right))
    console.print(f"stride length at the ankle, simulated, as integrated and after one 20 m walk: {', '.join(told)}")


def add(tally: Tally, result: TestResult, truth: TrialTruth) -> None:
    tally.asked += 1
    if result.value is None:
        tally.reasons[result.reason] += 1
        return
    details = dict(result.details)
    true = (truth.distance_m or 0.0) / truth.value if result.kind == "walk_20m" else truth.value
    tally.errors.append(result.value - true)
    if result.kind in COUNTED:
        tally.counts.append(
            round(details.get("repetitions", result.value) - len(truth.repetitions_s))
            if result.kind == "sit_to_stand_5"
            else round(result.value - true)
        )
    if "factor" in details:
        tally.factors.append(details["factor"])


def counted(kind: str, tally: Tally) -> tuple[str, str]:
    if kind not in COUNTED:
        return "", ""
    off = np.abs(tally.counts)
    return f"{100 * (off == 0).sum() / tally.asked:.0f} %", f"{100 * (off <= 1).sum() / tally.asked:.0f} %"


def spread(tally: Tally, kind: TestKind) -> str:
    unit = {"sit_to_stand_5": "s", "timed_up_and_go": "s", "walk_20m": "m/s", "heel_walk": "points"}.get(kind, "")
    if not tally.errors:
        return "-"
    middle, wide = np.median(tally.errors), np.percentile(np.abs(tally.errors), 95)
    return f"median {middle:+.2f}, 95 % within {wide:.2f} {unit}".rstrip()


def chairs(read: Any, console: Console) -> None:
    """umafall: from standing, one sitting down and one rising, steps between them; how many are counted as one."""
    clips = [r for r in read.recordings("umafall") if "Sitting" in r.id]
    frames = walked_frames(read)
    seen: dict[str, Counter[int]] = {kind: Counter() for kind in KINDS}
    for clip in clips:
        acc, gyr = next(iter(clip.sensors.values()))
        leg = readings_of("left", acc, gyr, clip.rate_hz)
        lean = leg.lean_deg(frames.get(session(clip)))
        seen[kind_of(clip)][len(stands_of(lean, clip.rate_hz))] += 1
    console.print(f"\numafall, one ankle, 20 Hz: {len(clips)} clips of one sitting down and one rising, from standing")
    for kind, counts in seen.items():
        told = ", ".join(f"{count} as {number}" for number, count in sorted(counts.items()))
        console.print(f"  {kind}: {counts.total()} clips, counted: {told}")


def others(read: Any, console: Console) -> None:
    """umafall: everything else people did, handed in as a test: how much of it is refused."""
    table = Table("handed in as", "clips", "refused", "accepted (what it was, value)")
    clips = [r for r in read.recordings("umafall") if sound(r)]
    for kind in OTHER_THINGS:
        taken: Counter[str] = Counter()
        for clip in clips:
            result = assess(kind, {"left": next(iter(clip.sensors.values()))}, clip.rate_hz, side="left")
            if result.value is not None:
                taken[f"{'fall' if clip.info['fall'] else clip.info['label']} {result.value:.0f}"] += 1
        told = ", ".join(f"{what} ({count})" for what, count in sorted(taken.items()))
        table.add_row(kind, str(len(clips)), str(len(clips) - taken.total()), told)
    console.print(table)


def ways(read: Any, console: Console) -> None:
    """ipol1: 10 m there and back, feet: the integrated way against 20 m, and the same handed in as a walk of 10 m."""
    metres, turns, fit, asked = [], 0, 0, 0
    back: list[tuple[float, float]] = []
    for recording in read.recordings("ipol1"):
        legs = {name.split("_")[0]: sensor for name, sensor in recording.sensors.items()}
        asked += 1
        walk = analyze(legs, recording.rate_hz, "foot")
        own = {side: readings_of(side, *sensor, recording.rate_hz) for side, sensor in legs.items()}
        done = Performance("walk_20m", own, recording.rate_hz, "foot", None, {}, 20.0, walk)
        timed = assess("walk_20m", legs, recording.rate_hz, "foot", distance_m=10.0)
        back += [(timed.value, dict(timed.details)["factor"])] if timed.value is not None else []
        try:
            way = paces(done, "")
        except NotUsable:
            continue
        fit += 1
        turns += way.turned_deg > 90
        metres += [way.distance_m] if way.distance_m else []
    low, middle, high = np.percentile(metres, (5, 50, 95))
    console.print(
        f"ipol1, feet, 10 m there and back ({asked} recordings, {fit} of them begin and end at rest and never stop for "
        f"3 s): integrated {low:.1f} .. {middle:.1f} .. {high:.1f} m (5, 50, 95 %); the turn seen in {turns} of {fit}"
    )
    speeds, factors = (np.percentile(x, (5, 50, 95)) for x in zip(*back, strict=True))
    told = " .. ".join(f"{x:.2f}" for x in speeds), " .. ".join(f"{x:.3f}" for x in factors)
    console.print(f"handed in as a walk of 10 m: {len(back)} usable, to the turn {told[0]} m/s, factor {told[1]}")


def walked_frames(read: Any) -> dict[tuple[str, str], Aligned]:
    """How each umafall session's sensor sat, from its surest walking clip."""
    frames: dict[tuple[str, str], Aligned] = {}
    for clip in read.recordings("umafall"):
        if clip.info["label"] not in ("Walking", "Jogging"):
            continue
        found = learned(*next(iter(clip.sensors.values())), clip.rate_hz)
        known = frames.get(session(clip))
        if found and (known is None or found.confidence > known.confidence):
            frames[session(clip)] = found
    return frames


def session(clip: Any) -> tuple[str, str]:
    return clip.info["subject"], clip.id.rsplit("_", 2)[1]


def sound(clip: Any) -> bool:
    """Subject 13's gyroscope is broken: straight lines between readings far apart."""
    return clip.info["subject"] != 13


if __name__ == "__main__":
    main()
