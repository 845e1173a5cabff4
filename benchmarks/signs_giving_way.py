"""Giving way, stumbles, falls: what is found of simulated ones, and what is invented on real recordings.

    python benchmarks/signs_giving_way.py [PART ...] [--data DIR] [--days N] [--first-day N]

Parts: curve, standing, stumbles, real, margins, falls, thrown, hands, days; all by default.

Giving way and stumbles were never recorded at the ankle in public: those figures are SIMULATED (docs/simulation.md).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, get_args

import numpy as np
from accuracy import DATA, module
from rich.console import Console
from rich.table import Table
from signs_margins import margins

from surefoot.records import SIDES, Incident, Side
from surefoot.signal.walk import Walk, WalkStream, analyze
from surefoot.simulation.falls import Fall, tumble
from surefoot.simulation.gait import Leg
from surefoot.simulation.handling import taking_off
from surefoot.simulation.life import life_day
from surefoot.simulation.pulses import Buckle, Stumble
from surefoot.simulation.scene import Plan, record
from surefoot.simulation.truth import Direction
from surefoot.simulation.walker import Walker, plan_walk, simulate_walk

RATE_HZ = 100.0
FALLS_G = (0.15, 0.3, 0.45, 0.6)
FLEXIONS_DEG = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0)
SPEEDS_MPS = (0.5, 0.8, 1.1, 1.4)
NEAR_S = 1.0  # found this close to the true moment
KINDS = ("giving_way", "stumble", "fall")
BORNE_OUT = "borne out"


def curve(console: Console, tries: int = 3) -> None:
    """Share of simulated buckles found in walking, by flexion of the knee and fall of the body."""
    both, alone, other = _Counts(), _Counts(), Counter[str]()
    hours = 0.0
    for flexion in FLEXIONS_DEG:
        for fall in FALLS_G:
            for speed in SPEEDS_MPS:
                for seed in range(tries):
                    rng = np.random.default_rng([7, seed, round(flexion), round(100 * fall), round(10 * speed)])
                    side: Side = SIDES[int(rng.integers(2))]
                    walker = Walker(speed_mps=speed, **{side: Leg(quad=float(rng.uniform()))})
                    buckles = [
                        Buckle(side, fall, flexion, int(k)) for k in (rng.integers(13, 17), rng.integers(24, 30))
                    ]
                    sensors, truth = simulate_walk(walker, rng, strides=36, buckles=buckles)
                    read = {s: (x.acc, x.gyr) for s, x in sensors.items()}
                    hours += (truth.end_s - truth.start_s) / 3600
                    for counts, worn in ((both, read), (alone, {side: read[side]})):
                        told = [i for i in analyze(worn, RATE_HZ).incidents if i.kind in KINDS]
                        for true in truth.buckles:
                            near = [i for i in told if _is(i, side, true.start_s)]
                            counts.add((flexion, fall), near)
                            told = [i for i in told if i not in near]
                        other.update(f"{i.kind}, {i.certainty}, {'both' if counts is both else 'one'}" for i in told)
    for name, counts in (("both legs worn", both), ("one leg worn", alone)):
        console.print(counts.table(f"SIMULATED giving way in walking, {name}: % found (of these probable)"))
    console.print(f"told beside the truth in {hours:.1f} h of these walks: {dict(other)}", "")


def standing(console: Console, tries: int = 12) -> None:
    """The same in quiet standing before the walk."""
    counts = _Counts()
    for flexion in FLEXIONS_DEG:
        for fall in FALLS_G:
            for seed in range(tries):
                rng = np.random.default_rng([8, seed, round(flexion), round(100 * fall)])
                side: Side = SIDES[int(rng.integers(2))]
                walker = Walker(speed_mps=float(rng.uniform(0.5, 1.4)))
                sensors, truth = simulate_walk(
                    walker,
                    rng,
                    strides=30,
                    buckles=[Buckle(side, fall, flexion)],
                    stand_s=(float(rng.uniform(6, 12)), 4.0),
                )
                told = analyze({s: (x.acc, x.gyr) for s, x in sensors.items()}, RATE_HZ).incidents
                counts.add((flexion, fall), [i for i in told if _is(i, side, truth.buckles[0].start_s)])
    console.print(counts.table("SIMULATED giving way in quiet standing: % found (of these probable)"))


def found_in_walking(flexion: float, fall: float, seed: int) -> bool:
    """One simulated buckle in a stride, of a person drawn by ``seed``."""
    rng = np.random.default_rng([9, seed, round(flexion), round(100 * fall)])
    side: Side = SIDES[int(rng.integers(2))]
    walker, buckle = Walker(speed_mps=float(rng.uniform(0.5, 1.4))), Buckle(side, fall, flexion, 15)
    return _found(walker, rng, buckle, (3.0, 3.0))


def found_in_standing(flexion: float, fall: float, seed: int) -> bool:
    """The same in the quiet standing before the walk."""
    rng = np.random.default_rng([8, seed, round(flexion), round(100 * fall)])
    side: Side = SIDES[int(rng.integers(2))]
    walker = Walker(speed_mps=float(rng.uniform(0.5, 1.4)))
    return _found(walker, rng, Buckle(side, fall, flexion), (float(rng.uniform(6, 12)), 4.0))


def _found(walker: Walker, rng: np.random.Generator, buckle: Buckle, stand_s: tuple[float, float]) -> bool:
    sensors, truth = simulate_walk(walker, rng, strides=24, buckles=[buckle], stand_s=stand_s)
    told = analyze({s: (x.acc, x.gyr) for s, x in sensors.items()}, RATE_HZ).incidents
    return any(_is(i, buckle.side, truth.buckles[0].start_s) for i in told)


def caught_toes(console: Console, tries: int = 24) -> None:
    """Simulated stumbles, by how the leg recovers and how many sensors are worn."""
    for recovery in ("lowering", "elevating"):
        found = {"both": 0, "one": 0}
        for seed in range(tries):
            rng = np.random.default_rng([10, seed])
            walker = Walker(speed_mps=float(rng.uniform(0.5, 1.4)))
            sensors, truth = simulate_walk(walker, rng, strides=24, stumbles=[Stumble("left", 12, recovery)])
            read = {s: (x.acc, x.gyr) for s, x in sensors.items()}
            for name, worn in (("both", read), ("one", {"left": read["left"]})):
                told = [i for i in analyze(worn, RATE_HZ).incidents if i.kind == "stumble" and i.side == "left"]
                found[name] += any(abs(i.start_s - truth.stumbles[0].start_s) <= NEAR_S for i in told)
        console.print(f"SIMULATED stumbles, {recovery}, found of {tries}: {found}")
    console.print("")


def hands(console: Console, tries: int = 200) -> None:
    """Simulated takings off of both sensors behind a walk: whatever is told is false."""
    told = Counter[str]()
    for seed in range(tries):
        rng = np.random.default_rng([79, seed])
        walker = Walker(speed_mps=float(rng.uniform(0.6, 1.4)))
        walk = partial(plan_walk, walker, strides=14, seated=(False, True))
        sensors, _ = record([walk, partial(taking_off, walker, off_s=45.0)], rng)
        found = analyze({s: (x.acc, x.gyr) for s, x in sensors.items()}, RATE_HZ).incidents
        told.update(f"{i.kind}, {i.certainty}" for i in found if i.kind in KINDS)
    console.print(f"SIMULATED sensors taken off, {tries} times: told {dict(told)}", "")


def _is(incident: Incident, side: Side, at_s: float) -> bool:
    return incident.kind == "giving_way" and incident.side == side and abs(incident.start_s - at_s) <= NEAR_S


class _Counts:
    def __init__(self) -> None:
        self._found: dict[tuple[float, float], list[int]] = {}

    def add(self, cell: tuple[float, float], near: list[Incident]) -> None:
        row = self._found.setdefault(cell, [0, 0, 0])
        row[0] += 1
        row[1] += bool(near)
        row[2] += any(i.certainty == "probable" for i in near)

    def table(self, title: str) -> Table:
        table = Table(title=title)
        table.add_column("body falls with")
        for flexion in FLEXIONS_DEG:
            table.add_column(f"knee {flexion:.0f} deg", justify="right")
        for fall in (*FALLS_G, None):
            cells = []
            for flexion in FLEXIONS_DEG:
                rows = [self._found[flexion, f] for f in FALLS_G if fall in (f, None)]
                n, found, sure = (sum(row[k] for row in rows) for k in range(3))
                cells.append(f"{100 * found / n:.0f} ({100 * sure / n:.0f}) of {n}")
            table.add_row("all" if fall is None else f"{fall:.2f} g", *cells)
        return table


def real(read: Any, console: Console) -> None:
    """Everything told on real recordings, where no giving way, stumble or fall is known to be.

    A stumble is borne out where the same leg's foot sensor, which the detector is not shown, was hit in that swing.
    """
    table = Table(title="Real recordings: told, though nothing is known to have happened")
    for name in ("set", "recordings", "hours", "strides", *KINDS):
        table.add_column(name, justify="left" if name == "set" else "right")
    listed = []
    for which in ("marpino", "movingreality", "terrain", "umafall", "ipol1", "gaitmap"):
        count, hours, strides, kinds = 0, 0.0, 0, Counter[str]()
        for recording in read.recordings(which):
            if "Fall" in str(recording.info.get("label", "")):
                continue
            for walk in _walks(recording):
                strides += len(walk.strides)
                for i in walk.incidents:
                    if i.kind in KINDS:
                        kinds[i.kind] += 1
                        listed.append((which, recording.id, i, _hit(recording, walk, i)))
            count += 1
            hours += max(len(acc) for acc, _ in recording.sensors.values()) / recording.rate_hz / 3600
        table.add_row(which, str(count), f"{hours:.2f}", str(strides), *(str(kinds[kind]) for kind in KINDS))
    console.print(table)
    for which, name, i, hit in listed:
        told = ", ".join(f"{key} {value:.2f}" for key, value in i.evidence)
        console.print(f"{which} {name} {i.start_s:.1f} s: {i.kind}, {i.side}, {i.certainty}: {told}; {hit or 'alone'}")
    told_alone = sum(not hit.startswith(BORNE_OUT) for *_, hit in listed)
    console.print(f"told in all {len(listed)}, of these not borne out by another sensor {told_alone}", "")


def _hit(recording: Any, walk: Walk, incident: Incident) -> str:
    """What the foot sensor says of a stumble told at the shank: its greatest jerk in that swing, and in the others."""
    acc, _ = recording.sensors.get(f"{incident.side}_foot", (None, None))
    if incident.kind != "stumble" or acc is None or not incident.side:
        return ""
    jerk = np.linalg.norm(np.diff(acc, axis=0), axis=1) * recording.rate_hz
    mine = walk.strides.of_side(incident.side)
    spans = zip(mine["final_contact_s"] + 0.08, mine["end_s"] - 0.15, strict=True)
    swings = [jerk[round(a * recording.rate_hz) : round(b * recording.rate_hz)].max(initial=0.0) for a, b in spans]
    this = float(swings.pop(int(np.abs(mine["end_s"] - incident.start_s - 0.3).argmin())))
    word = BORNE_OUT if this >= 2 * max(swings) else "not borne out"
    return f"{word} by the foot: jerk {this:.0f} m/s^3, next {max(swings):.0f} of {len(swings)}"


def _walks(recording: Any) -> Iterator[Walk]:
    """A recording analysed as it was worn, once per placement it has."""
    names = list(recording.sensors)
    for placement in ("shank", "foot"):
        worn = {n.split("_")[0]: recording.sensors[n] for n in names if n.endswith(placement)}
        worn = {"left" if side == "unknown" else side: sensor for side, sensor in worn.items()}
        if worn:
            yield analyze(worn, recording.rate_hz, placement)


def falls(read: Any, console: Console) -> None:
    """Acted falls and daily activities at one ankle, 20 Hz."""
    told: dict[str, list[bool]] = {}
    for recording in read.recordings("umafall"):
        (sensor,) = recording.sensors.values()
        kinds = [i.kind for i in analyze({"left": sensor}, recording.rate_hz).incidents]
        told.setdefault(recording.info["label"], []).append("fall" in kinds)
    table = Table(title="umafall: clips in which a fall was told")
    for name in ("label", "clips", "told"):
        table.add_column(name, justify="left" if name == "label" else "right")
    groups = {
        "all falls": [k for k in told if "Fall" in k],
        "all daily activities": [k for k in told if "Fall" not in k],
    }
    for name, labels in {**{k: [k] for k in sorted(told)}, **groups}.items():
        clips = [x for label in labels for x in told[label]]
        table.add_row(name, str(len(clips)), f"{sum(clips)} ({100 * np.mean(clips):.0f} %)")
    console.print(table, "")


def thrown(console: Console, tries: int = 5) -> None:
    """Simulated falls, out of standing and out of a walk's last step."""
    asked, other = Counter[str](), Counter[str]()
    found: dict[str, Counter[str]] = {"two sensors": Counter(), "one sensor": Counter()}
    for seed, direction in product(range(tries), get_args(Direction)):
        for place in ("standing", "walking"):
            rng = np.random.default_rng([17, seed, *place.encode(), *direction.encode()])
            walker = Walker(speed_mps=float(rng.uniform(0.6, 1.4)))
            fall = Fall(direction, lies_s=float(rng.uniform(10, 40)))
            before = partial(plan_walk, walker, strides=15, fall=fall if place == "walking" else None)
            plans: list[Plan] = [before] if place == "walking" else [before, partial(tumble, walker, fall=fall)]
            samples, truths = record([*plans, partial(plan_walk, walker, strides=12)], rng)
            (true,) = (event for truth in truths for event in truth.falls)
            asked[place] += 1
            for name, sides in (("two sensors", SIDES), ("one sensor", SIDES[seed % 2 :][:1])):
                worn = {side: (samples[side].acc, samples[side].gyr) for side in sides}
                told = [i for i in analyze(worn, RATE_HZ).incidents if i.kind == "fall"]
                near = [abs(i.start_s - true.impact_s) < NEAR_S for i in told]
                found[name][place] += any(near)
                other[name] += len(near) - any(near)
    table = Table(title="SIMULATED falls found, of so many")
    for name in ("", *asked, "told beside them"):
        table.add_column(name, justify="right" if name else "left")
    for name, counts in found.items():
        table.add_row(name, *(f"{counts[place]} of {n}" for place, n in asked.items()), str(other[name]))
    console.print(table, "")


def days(console: Console, count: int, first: int) -> None:
    """Simulated days of life; whatever is told away from a true stumble (weak feet have some) is false."""
    false, true, seen = Counter[str](), 0, 0
    for number in range(first, first + count):
        rng = np.random.default_rng([11, number])
        side: Side = SIDES[int(rng.integers(2))]
        weak = Leg(dorsi=float(rng.choice([0.0, 0.0, 0.4, 0.9])), push=float(rng.uniform(0, 0.6)), quad=0.0)
        walker = Walker(speed_mps=float(rng.uniform(0.6, 1.4)), **{side: weak})
        day = life_day(walker, number)
        stream = WalkStream()
        found = [stream.update(block) for block in day.blocks()] + [stream.close()]
        told = [i for f in found for i in f.incidents if i.kind in KINDS]
        true += len(day.events)
        seen += sum(any(abs(i.start_s - event.start_s) <= NEAR_S for i in told) for event in day.events)
        for i in told:
            if any(abs(i.start_s - event.start_s) <= 3 * NEAR_S for event in day.events):
                continue
            false[f"{i.kind}, {i.certainty}"] += 1
            what = next((c.kind for c in reversed(day.context) if c.start_s <= i.start_s < c.end_s), "?")
            words = ", ".join(f"{key} {value:.2f}" for key, value in i.evidence)
            console.print(f"day {number} {i.start_s:.1f} s, {what}: {i.kind}, {i.side}, {i.certainty}: {words}")
        console.print(
            f"day {number}: {sum(day.strides.values())} strides, dorsi {weak.dorsi}; false so far {dict(false)}"
        )
    table = Table(title=f"SIMULATED days of 8 h, {count}: told though nothing happened")
    for name in ("", "told", "per leg and week"):
        table.add_column(name, justify="right" if name else "left")
    for name, told_times in sorted(false.items()):
        table.add_row(name, str(told_times), f"{told_times / count / 2 * 7:.2f}")
    console.print(table, f"true stumbles in them: {true}, found {seen}", "")


def main() -> None:
    parts = {"curve": curve, "standing": standing, "stumbles": caught_toes, "real": real, "margins": margins}
    parts |= {"falls": falls, "thrown": thrown, "hands": hands, "days": days}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], help="which tables; all by default")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--days", type=int, default=200, help="how many simulated days")
    parser.add_argument("--first-day", type=int, default=0, help="number of the first of them")
    arguments = parser.parse_args()
    console = Console(width=140)
    for name in arguments.parts or list(parts):
        if name in ("real", "margins", "falls"):
            parts[name](module(arguments.data, "read"), console)  # type: ignore[operator]  # parts differ in arguments
        elif name == "days":
            days(console, arguments.days, arguments.first_day)
        else:
            parts[name](console)  # type: ignore[operator]  # likewise


if __name__ == "__main__":
    sys.exit(main())
