"""Peers: what others reach on the recordings that surefoot is scored on, told the mounting that surefoot must find.

    make bench-peers
    python benchmarks/peers.py [--data DIR] [--peers PYTHON] [--rounds N] [SET ...]

Peers are gaitmap 2.6 with the segmentations and events of gaitmap-mad (AGPL-3: only run, by ``peers_there.py`` in an
environment of their own, over files in a temporary folder; nothing of them is part of this project), and a plain
gyroscope rule (``peers_rule.py``). pigait is not on PyPI and is not run. What cannot be run is said below the table.

All are favoured over surefoot: each sensor is turned into forward, left and up beforehand, by the frame that
surefoot's own alignment found in the whole of the recording (without gravity, forward is where the strides travel).
gaitmap is made for feet; at the ankle it is outside what it promises. Its HMM runs on Pythons above 3.9 with
protopunica, which is pomegranate 0.14.8 frozen, in place of pomegranate <= 0.14.6: our doing, not a release of theirs.

Scored by the rules of ``accuracy.py``. Where surefoot's own contacts on the foot are the yardstick for strides at
the ankle, the rule's are used beside them. surefoot's constant offsets were set on these recordings; the peers' not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import peers_rule
from accuracy import DATA, FINAL_LATE_S, Bench
from rich.markup import escape
from scipy.signal import butter, sosfilt
from speed import HOUR, RATE_HZ, legs, ratio

from surefoot.records import SIDES, Array, Placement
from surefoot.signal.alignment import Aligned, Alignment, AlignmentParams
from surefoot.signal.hops import hop_length, reduce_to_hops
from surefoot.signal.strides import StrideParams
from surefoot.signal.walk import Walk, analyze

PEERS = Path(__file__).parents[1] / ".venv-peers" / "bin" / "python"
OURS, RULE = "surefoot, mounting not told", "plain gyroscope rule"
SETS = ("marpino", "ipol1", "gaitmap", "movingreality", "oudre1020")
STRIDES, STRIDES_BY_RULE, MOTIONS = "strides, own foot by surefoot", "strides, own foot by the rule", "foot motions"
TOLERANCE_S = {MOTIONS: 0.35}
Contacts = tuple[Array, Array]


@dataclass(frozen=True)
class Question:
    """One leg of one recording: the event asked for, of which sensor, when it truly was, and what surefoot says."""

    where: str
    event: str
    sensor: str
    subject: str
    true_s: Array
    surefoot_s: Array

    def answer(self, contacts: Contacts) -> Array:
        initial, final = contacts
        if self.event in (STRIDES, STRIDES_BY_RULE):
            return stride_ends(initial)
        return {"initial contact": initial, "final contact": final, MOTIONS: (initial + final) / 2}[self.event]


def stride_ends(initial_s: Array) -> Array:
    """Contacts that end a stride of believable length, by surefoot's limits."""
    took = np.diff(initial_s)
    return initial_s[1:][(took >= StrideParams().shortest_s) & (took <= StrideParams().longest_s)]


@dataclass
class Sheet:
    """The questions, and what each method answers by sensor."""

    questions: list[Question] = field(default_factory=list)
    answers: dict[str, dict[str, Contacts]] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=lambda: {"missing": {}, "versions": {}, "speed": {}})


def turned(sensor: Contacts, rate_hz: float, placement: Placement, walked: Contacts | None = None) -> Array:
    """Columns acceleration and rate, each forward, left, up; ValueError where surefoot knows no frame.

    ``walked``: contacts, used where there is no gravity.
    """
    acc, gyr = sensor
    length = hop_length(rate_hz)
    whole = len(acc) // length * length
    alignment = Alignment(placement)
    alignment.update(reduce_to_hops(acc[:whole].T, gyr[:whole].T, length))
    frame = alignment.close()
    if not isinstance(frame, Aligned):
        raise ValueError(frame.reason)
    rotation = frame.rotation
    if walked and np.linalg.norm(acc.mean(axis=0)) < AlignmentParams().gravity_mps2:
        rotation = _travelling_forward(rotation, acc, gyr, rate_hz, walked)
    forward, up, right = rotation
    axes = np.stack([forward, -right, up])
    return np.concatenate([acc @ axes.T, gyr @ axes.T], axis=1)


def _travelling_forward(rotation: Array, acc: Array, gyr: Array, rate_hz: float, walked: Contacts) -> Array:
    """The frame turned about its left-right axis so that the strides travel along forward; needs no gravity."""
    initial, final = walked
    middle = np.rint((initial[:-1] + final[1:]) / 2 * rate_hz).astype(int)
    plane = acc @ rotation[0] + 1j * (acc @ rotation[1])
    way = 0j
    for a, b in pairwise(middle.tolist()):
        tilt = np.radians(np.cumsum(gyr[a:b] @ rotation[2]) / rate_hz)
        speed = np.cumsum(plane[a:b] * np.exp(1j * (tilt - np.linspace(0, tilt[-1], b - a))))
        way += (speed - np.linspace(0, speed[-1], b - a)).sum()
    c, s = np.cos(np.angle(way)), np.sin(np.angle(way))
    return np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) @ rotation


def questions(recording: Any, walks: dict[str, Walk]) -> Iterator[Question]:
    """What ``accuracy.py`` asks of a recording."""
    name, subject, reference = recording.set, str(recording.info.get("subject", "")), recording.reference
    for side in SIDES:
        if name == "movingreality":
            shank, foot = (walks[w].strides.of_side(side)["end_s"] for w in ("shank", "foot"))
            yield Question("movingreality shank", STRIDES, f"{side}_shank", subject, foot, shank)
            seen = turned(recording.sensors[f"{side}_foot"], recording.rate_hz, "foot")
            foot = stride_ends(peers_rule.contacts(seen, recording.rate_hz)[0])
            yield Question("movingreality shank", STRIDES_BY_RULE, f"{side}_shank", subject, foot, shank)
        for where, walk in walks.items():
            asked: tuple[tuple[str, str, float], ...] = (
                ("initial contact", "ic", 0.0),
                ("final contact", "to", FINAL_LATE_S if name == "marpino" else 0.0),
            )
            for event, key, late_s in asked:
                true = reference.get(f"{side}_{key}_s", ())
                if len(true) and f"{side}_to_s" in reference:  # without: borders of strides, not contacts
                    found = (walk.initial_contacts if key == "ic" else walk.final_contacts)[side]
                    yield Question(f"{name} {where}", event, f"{side}_{where}", subject, true - late_s, found)
            if f"{side}_move_start_s" in reference:
                true = (reference[f"{side}_move_start_s"] + reference[f"{side}_move_end_s"]) / 2
                found = (walk.initial_contacts[side] + walk.final_contacts[side]) / 2
                yield Question(f"{name} {where}", MOTIONS, f"{side}_{where}", subject, true, found)


def fill(bench: Bench, sets: tuple[str, ...], folder: Path) -> Sheet:
    """Analyse the recordings; hand every sensor asked for to the rule, and to the peers as a file."""
    sheet = Sheet(answers={RULE: {}})
    for which in sets:
        by_recording: dict[str, tuple[Any, dict[str, Walk]]] = {}
        for recording, where, walk in bench.walks(which):
            by_recording.setdefault(recording.id, (recording, {}))[1][where] = walk
        for recording, walks in by_recording.values():
            asked = list(questions(recording, walks))
            for sensor in sorted({q.sensor for q in asked}):
                side, where = sensor.split("_")
                number = f"{len(sheet.answers[RULE]):05d}"
                walked = walks[where].initial_contacts[side], walks[where].final_contacts[side]
                data = turned(recording.sensors[sensor], recording.rate_hz, where, walked)
                np.savez(folder / f"{number}.npz", data=data, rate_hz=recording.rate_hz, side=side)
                sheet.answers[RULE][number] = peers_rule.contacts(data, recording.rate_hz)
                for q in asked:
                    if q.sensor == sensor:
                        sheet.questions.append(Question(q.where, q.event, number, q.subject, q.true_s, q.surefoot_s))
    return sheet


def ask_peers(python: Path, folder: Path, rounds: int, sheet: Sheet) -> None:
    """Run the peers on what lies in the folder."""
    if not python.exists():
        sheet.told["missing"]["gaitmap"] = f"no environment of its own at {python}: make bench-peers makes one"
        return
    print(f"asking the peers for {len(sheet.answers[RULE])} sensors: some minutes", file=sys.stderr)
    script = Path(__file__).with_name("peers_there.py")
    alone = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([python, "-I", script, folder, str(rounds)], check=False, env=os.environ | alone)
    if done.returncode:
        sheet.told["missing"]["gaitmap"] = f"its process failed (exit status {done.returncode}; its words are above)"
        return
    sheet.told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    with np.load(folder / "found.npz") as found:
        for key in found.files:
            name, number = key.split("/")
            sheet.answers.setdefault(name, {})[number] = tuple(found[key])


def show_accuracy(bench: Bench, sheet: Sheet) -> None:
    """Every event of every set with every method, and the worst subject where subjects are scored apart."""
    methods = [OURS, *sheet.answers]
    rows: list[tuple[str, ...]] = []
    for where, event in dict.fromkeys((q.where, q.event) for q in sheet.questions):
        asked = [q for q in sheet.questions if (q.where, q.event) == (where, event)]
        for k, method in enumerate(methods):
            row = _row(bench, asked, method, sheet)
            rows.append((where if k == 0 else "", event if k == 0 else "", method, *row))
        rows.append(("",) * 10)
    columns = (
        "set",
        "event",
        "method",
        "references",
        "F1",
        "F1 50 ms",
        "bias ms",
        "median |error| ms",
        "about bias ms",
    )
    bench.show("Peers on the same recordings, mounting told", (*columns, "worst F1"), rows)
    for name, reason in sheet.told["missing"].items():
        bench.console.print(escape(f"not run: {name}: {reason}"))
    bench.console.print("not run: pigait: not on PyPI")
    if sheet.told["versions"]:
        bench.console.print("peers ran with: " + ", ".join(f"{n} {v}" for n, v in sheet.told["versions"].items()))
    bench.console.print()


def _row(bench: Bench, asked: list[Question], method: str, sheet: Sheet) -> tuple[str, ...]:
    event = asked[0].event
    wide, narrow = (bench._score.Score(TOLERANCE_S.get(event, 0.25)), bench._score.Score(0.05))
    by_subject: dict[str, Any] = {}
    for q in asked:
        found = q.surefoot_s if method == OURS else q.answer(sheet.answers[method][q.sensor])
        own = by_subject.setdefault(q.subject, bench._score.Score(TOLERANCE_S.get(event, 0.25)))
        for score in (wide, narrow, own):
            score.add(found, q.true_s)
    s, close = wide.summary(), narrow.summary()
    errors_ms = 1000 * np.array(wide.errors_s or [np.nan])
    spread = np.median(np.abs(errors_ms - np.median(errors_ms)))
    exact = (f"{close['f1']:.3f}", f"{s['bias_ms']:+.0f}", f"{s['median_abs_ms']:.0f}", f"{spread:.0f}")
    worst = f"{min(x.summary()['f1'] for x in by_subject.values()):.3f}" if event in (STRIDES, STRIDES_BY_RULE) else ""
    return (str(s["references"]), f"{s['f1']:.3f}", *(exact if event != MOTIONS else [""] * 4), worst)


def save_hour(folder: Path) -> tuple[dict[str, Contacts], dict[str, Array]]:
    """The hour of ``speed.py``, as it is for surefoot and turned for the others."""
    sensors = legs(HOUR)
    hour = {side: turned(sensors[side], RATE_HZ, "shank") for side in SIDES}
    np.savez(folder / "hour.npz", **hour)
    return sensors, hour


def show_speed(bench: Bench, sheet: Sheet, sensors: dict[str, Contacts], hour: dict[str, Array], rounds: int) -> None:
    numbers = np.ascontiguousarray(np.concatenate([x.T for pair in sensors.values() for x in pair]))
    sos = butter(4, 15.0, fs=RATE_HZ, output="sos")
    subjects: tuple[tuple[str, Callable[[], object]], ...] = (
        ("surefoot: alignment, contacts, strides, bouts, incidents", lambda: analyze(sensors, RATE_HZ)),
        (f"{RULE}: contacts", lambda: [peers_rule.contacts(x, RATE_HZ) for x in hour.values()]),
    )
    rows = []
    for name, what in subjects:
        quartiles, spent = ratio(what, lambda: sosfilt(sos, numbers, axis=1), rounds)
        rows.append((name, *_told_speed(*quartiles, spent)))
    rows += [(f"{name}: contacts", *_told_speed(*told)) for name, told in sheet.told["speed"].items()]
    title = "One hour, two legs, 100 Hz: processor time in passes of sosfilt over the 12 channels, in the same process"
    bench.show(title, ("", "passes", "quartiles", "seconds"), rows)


def _told_speed(low: float, middle: float, high: float, spent: float) -> tuple[str, str, str]:
    return f"{middle:.1f}", f"{low:.1f} .. {high:.1f}", f"{spent:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    parser.add_argument("--peers", type=Path, default=PEERS, help="Python of the peers' environment")
    parser.add_argument("--rounds", type=int, default=3, help="of the speed table; 0: none")
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="only these")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"no recordings at {given.data}: name their folder with --data")
    bench = Bench(given.data)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hour = save_hour(folder) if given.rounds else None
        sheet = fill(bench, tuple(given.sets) or SETS, folder)
        ask_peers(given.peers, folder, given.rounds, sheet)
    show_accuracy(bench, sheet)
    if hour:
        show_speed(bench, sheet, *hour, given.rounds)


if __name__ == "__main__":
    main()
