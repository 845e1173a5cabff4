"""Accuracy on real recordings: contacts, strides and false strides, every figure with its number of events.

    python benchmarks/accuracy.py [--data DIR] [SET ...]

Scored by the rules of the data set's own ``score.py`` (found beside the recordings): found and reference times match
one to one, closest first, within 250 ms (50 ms where said); errors are found - reference.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from mounting import mounting
from rich.console import Console
from rich.table import Table

from surefoot.records import SIDES
from surefoot.signal.walk import Walk, analyze

DATA = Path(__file__).parents[2] / "shared" / "data"
FIGURES = ("references", "F1", "recall", "precision", "F1 50 ms", "bias ms", "median |error| ms", "p5 .. p95 ms")
FINAL_LATE_S = 0.040  # marpino's toe sensors tell the final contact this late (30-50 ms, its README)


def module(data: Path, name: str) -> ModuleType:
    """A module that lies beside the recordings."""
    spec = importlib.util.spec_from_file_location(f"recordings_{name}", data / f"{name}.py")
    assert spec
    assert spec.loader
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded  # dataclasses look their module up
    spec.loader.exec_module(loaded)
    return loaded


class Bench:
    """The recordings, analysed once each and placement, and the tables made of them."""

    def __init__(self, data: Path) -> None:
        self._read = module(data, "read")
        self._score = module(data, "score")
        self.console = Console(width=160)

    def recordings(self, which: str) -> Iterator[Any]:
        yield from self._read.recordings(which)

    def walks(self, which: str, placement: str | None = None) -> Iterator[tuple[Any, str, Walk]]:
        for recording in self._read.recordings(which):
            by_placement: dict[str, dict[str, Any]] = defaultdict(dict)
            for name, sensor in recording.sensors.items():
                side, where = name.split("_")
                by_placement[where]["left" if side == "unknown" else side] = sensor
            for where, sensors in by_placement.items():
                if placement in (None, where):
                    yield recording, where, analyze(sensors, recording.rate_hz, where)

    def scores(self) -> tuple[Any, Any]:
        return self._score.Score(), self._score.Score(tolerance_s=0.05)

    def show(self, title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        table = Table(title=title, title_justify="left", box=None)
        for k, column in enumerate(columns):
            table.add_column(column, justify="right" if k else "left")
        for row in rows:
            table.add_row(*row)
        self.console.print(table)
        self.console.print()


def told(scores: tuple[Any, Any]) -> tuple[str, ...]:
    wide, narrow = scores[0].summary(), scores[1].summary()
    return (
        str(wide["references"]),
        *(f"{wide[k]:.3f}" for k in ("f1", "recall", "precision")),
        f"{narrow['f1']:.3f}",
        f"{wide['bias_ms']:+.0f}",
        f"{wide['median_abs_ms']:.0f}",
        f"{wide['p5_ms']:+.0f} .. {wide['p95_ms']:+.0f}",
    )


def contacts(bench: Bench, which: str, placement: str, late_s: float, by: Callable[[Any], str]) -> None:
    """Initial and final contacts against the reference of a set, in total and by group."""
    groups: dict[tuple[str, str], tuple[Any, Any]] = {}
    counted = {"found": 0, "reference": 0}
    for recording, _, walk in bench.walks(which, placement):
        for side in SIDES:
            for event, found, key, late in (
                ("initial", walk.initial_contacts.get(side), f"{side}_ic_s", 0.0),
                ("final", walk.final_contacts.get(side), f"{side}_to_s", late_s),
            ):
                reference = recording.reference.get(key)
                if found is None or reference is None or len(reference) == 0:
                    continue
                if event == "initial":
                    counted["reference"] += len(reference)
                    counted["found"] += int(((found >= reference[0] - 0.5) & (found <= reference[-1] + 0.5)).sum())
                for group in ("all", by(recording)):
                    for score in groups.setdefault((event, group), bench.scores()):
                        score.add(found, reference - late)
    rows = [(f"{event} contact, {group}", *told(scores)) for (event, group), scores in sorted(groups.items())]
    bench.show(f"{which} {placement}", ("", *FIGURES), rows)
    share = 100 * (counted["found"] / max(counted["reference"], 1) - 1)
    bench.console.print(f"initial contacts: {counted['found']} found, {counted['reference']} true ({share:+.1f} %)\n")


def stroke(bench: Bench) -> None:
    """movingreality: the shank against the foot of the same leg, and the belt's speed."""
    total, worst = bench.scores(), {}
    times: list[float] = []
    speeds: dict[str, list[float]] = defaultdict(list)
    pairs: dict[str, dict[str, Walk]] = defaultdict(dict)
    about = {}
    for recording, where, walk in bench.walks("movingreality"):
        pairs[recording.id][where] = walk
        about[recording.id] = recording.info
        # Without feedback ("Reg") ankles and feet agree on up to 40 % more than the label: the belt ran otherwise.
        belt = recording.info.get("speed_fixed") if "FB" in recording.info["trial"] else None
        speed = walk.strides.take(walk.strides["valid"])["speed_mps"]
        if belt and np.isfinite(speed).sum() > 20:
            speeds[where].append(100 * (float(np.nanmedian(speed)) / belt - 1))
    for name, pair in pairs.items():
        subject = str(about[name]["subject"])
        for side in SIDES:
            shank, foot = (pair[w].strides.of_side(side) for w in ("shank", "foot"))
            for score in (*total, *worst.setdefault(subject, bench.scores())):
                score.add(shank["end_s"], foot["end_s"])
            times.append(float(np.median(shank["stride_time_s"]) - np.median(foot["stride_time_s"])))
    rows = [("all", *told(total)), *((f"subject {s}", *told(scores)) for s, scores in sorted(worst.items()))]
    bench.show("movingreality: strides of the shank against those of the foot", ("", *FIGURES), rows)
    bench.console.print(f"stride time, median of differences: {1000 * np.median(np.abs(times)):.1f} ms")
    for where, errors in speeds.items():
        e = np.array(errors)
        middle, size, worst_one = np.median(e), np.median(np.abs(e)), e[np.abs(e).argmax()]
        told_of = f"median {middle:+.1f} %, median |error| {size:.1f} %, worst {worst_one:+.1f} %"
        bench.console.print(f"belt speed, {where}, {len(e)} trials: {told_of}")
    bench.console.print()


def motions(bench: Bench) -> None:
    """oudre1020: foot motions (heel-off to foot-flat); a swing whose middle is within 0.35 s of a motion's finds it."""
    groups: dict[str, Any] = {}
    for recording, _, walk in bench.walks("oudre1020"):
        for side in SIDES:
            key = f"{side}_move_start_s"
            if key not in recording.reference:
                continue
            true = (recording.reference[key] + recording.reference[f"{side}_move_end_s"]) / 2
            found = (walk.initial_contacts[side] + walk.final_contacts[side]) / 2
            for group in ("all", str(recording.info["cohort"])):
                groups.setdefault(group, bench._score.Score(tolerance_s=0.35)).add(found, true)
    rows = []
    for group, score in sorted(groups.items()):
        s = score.summary()
        rows.append((group, str(s["references"]), *(f"{s[k]:.3f}" for k in ("f1", "recall", "precision"))))
    bench.show("oudre1020 feet: foot motions (gyroscope only)", ("", *FIGURES[:4]), rows)


def quiet(bench: Bench) -> None:
    """umafall and terrain: strides where nobody walks, and incidents in daily life."""
    counts: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0, 0, 0, 0])
    for which in ("umafall", "terrain"):
        for recording, _, walk in bench.walks(which):
            length_s = len(next(iter(recording.sensors.values()))[0]) / recording.rate_hz
            label = str(recording.info.get("label") or recording.info["cohort"])
            row = counts[which, label]
            row[0] += length_s / 3600
            row[1] += len(walk.strides)
            for k, kind in enumerate(("giving_way", "stumble", "fall")):
                row[2 + k] += sum(i.kind == kind for i in walk.incidents)
    rows = [(f"{w} {label}", f"{r[0]:.2f}", *(f"{x:.0f}" for x in r[1:])) for (w, label), r in sorted(counts.items())]
    bench.show("Strides and incidents by label", ("", "hours", "strides", "giving way", "stumble", "fall"), rows)


def stairs(bench: Bench) -> None:
    """terrain: seconds on stairs, one sensor at the lower leg, 40 Hz; a second counts for a stride that touches it."""
    counted = {word: [0, 0, 0] for word in ("stairs_up", "stairs_down")}
    for recording, _, walk in bench.walks("terrain"):
        seconds = int(len(next(iter(recording.sensors.values()))[0]) / recording.rate_hz) + 2
        context = walk.strides.column("context")
        for word, tally in counted.items():
            found, true = np.zeros(seconds, bool), np.zeros(seconds, bool)
            for start, end in zip(*(walk.strides[name][context == word] for name in ("start_s", "end_s")), strict=True):
                found[round(start) : round(end) + 1] = True
            for start, end, label in recording.info["intervals"]:
                true[round(start) : round(end)] |= label == word
            for k, hits in enumerate((found & true, found & ~true, ~found & true)):
                tally[k] += int(hits.sum())
    rows = []
    for word, (hit, extra, missed) in counted.items():
        f1 = 2 * hit / max(2 * hit + extra + missed, 1)
        shares = (f1, hit / max(hit + missed, 1), hit / max(hit + extra, 1))
        rows.append((word, str(hit + missed), *(f"{share:.3f}" for share in shares)))
    bench.show("terrain: seconds on stairs", ("", "seconds", *FIGURES[1:4]), rows)


BENCHES: dict[str, Callable[[Bench], None]] = {
    "marpino": lambda b: (
        [
            contacts(
                b, "marpino", where, FINAL_LATE_S, lambda r: "elderly" if "elderly" in r.info["cohort"] else "young"
            )
            for where in ("shank", "foot")
        ]
        and None
    ),
    "ipol1": lambda b: contacts(b, "ipol1", "foot", 0.0, lambda r: "healthy"),
    "gaitmap": lambda b: contacts(b, "gaitmap", "foot", 0.0, lambda r: str(r.info["reference"])),
    "movingreality": stroke,
    "oudre1020": motions,
    "quiet": quiet,
    "stairs": stairs,
    "mounting": mounting,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    parser.add_argument("sets", nargs="*", choices=[*BENCHES, []], help="only these")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no recordings at {given.data}: name their folder with --data")
    bench = Bench(given.data)
    for name in given.sets or BENCHES:
        BENCHES[name](bench)


if __name__ == "__main__":
    main()
