"""Stairs: the odds of a stair stride fitted anew without the person they are tried on, one person after the other.

    python benchmarks/stairs.py [--data DIR]

Seconds of terrain as in accuracy.py: one counts for a stride that touches it. Fitted by logistic regression on strides
of which the camera says nine tenths or nothing, and on the level strides of marpino and movingreality.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from accuracy import DATA, Bench
from scipy.optimize import minimize

from surefoot.records import Array
from surefoot.signal.table import WORDS, StrideTable
from surefoot.signal.terrain import Gait, Terrain, TerrainParams

KINDS = ("stairs_up", "stairs_down")
LEVEL_SHARE = 0.5  # of a level stride of another set against one of terrain
MORE = (0.5, 1.3)  # added to the fitted offsets of up and down: a flight is rare, to miss one is no better


@dataclass(frozen=True)
class Recorded:
    """One recording: its strides, the share of each that is on stairs up and down, and its labels."""

    person: str
    strides: StrideTable
    share: Array  # (k, 2)
    intervals: list[tuple[float, float, str]]
    seconds: int


def recorded(bench: Bench, which: str) -> list[Recorded]:
    found = []
    for recording, _, walk in bench.walks(which, "shank"):
        intervals = recording.info["intervals"] if which == "terrain" else []
        start, end = walk.strides["start_s"], walk.strides["end_s"]
        share = np.zeros((len(walk.strides), 2))
        for a, b, label in intervals:
            if label in KINDS:
                share[:, KINDS.index(label)] += np.clip(np.minimum(end, b) - np.maximum(start, a), 0.0, None)
        person = f"{which} {recording.info['subject']}"
        seconds = int(len(next(iter(recording.sensors.values()))[0]) / recording.rate_hz) + 2
        found.append(Recorded(person, walk.strides, share / np.maximum(end - start, 0.1)[:, None], intervals, seconds))
    return found


def fitted(recordings: Sequence[Recorded], start: TerrainParams) -> TerrainParams:
    """Weights and offsets that tell these recordings' strides best; ``start`` says what is usual for anybody."""
    params = start
    for _ in range(2):  # what is usual hangs on the weights a little
        rows, kinds, voices = [], [], []
        for r in recordings:
            terrain = Terrain(params)
            beyond = np.full((len(r.strides), len(fields(Gait))), np.nan)
            for side in (0, 1):
                mine = r.strides["side"] == side
                if mine.any():
                    beyond[mine] = terrain._beyond_usual(r.strides.take(mine), side)
            most = r.share.max(axis=1)
            use = np.isfinite(beyond).all(axis=1) & ((most > 0.9) | (most < 0.1))
            rows.append(beyond[use])
            kinds.append(np.where(most > 0.9, 1 + r.share.argmax(axis=1), 0)[use])
            voices.append(np.full(use.sum(), 1.0 if r.intervals else LEVEL_SHARE))
        weights, offsets = _regress(*(np.concatenate(x) for x in (rows, kinds, voices)))
        up, down = (Gait(*w) for w in weights)
        params = replace(start, up=up, down=down, up_offset=offsets[0] + MORE[0], down_offset=offsets[1] + MORE[1])
    return params


def _regress(rows: Array, kinds: Array, voices: Array) -> tuple[list[list[float]], list[float]]:
    """Two rows of weights, and offsets, against level; a small penalty on weights per spread keeps them finite."""
    spread = rows.std(axis=0)
    x = np.column_stack([rows / spread, np.ones(len(rows))])
    n = x.shape[1]

    def loss(p: Array) -> tuple[float, Array]:
        odds = np.column_stack([np.zeros(len(x)), x @ p[:n], x @ p[n:]])
        total = np.logaddexp.reduce(odds, axis=1)
        chance = np.exp(odds - total[:, None])
        slope = [(voices * (chance[:, k] - (kinds == k))) @ x for k in (1, 2)]
        return float((voices * (total - odds[np.arange(len(x)), kinds])).sum() + 0.5 * p @ p), np.concatenate(slope) + p

    p = minimize(loss, np.zeros(2 * n), jac=True, method="L-BFGS-B").x.reshape(2, n)
    return (p[:, :-1] / spread).tolist(), p[:, -1].tolist()


def seconds_of(r: Recorded, params: TerrainParams) -> dict[str, tuple[Array, Array]]:
    """Per kind of stairs the seconds found with these parameters and the true ones."""
    return _seconds(r, _labelled(r, params))


def _labelled(r: Recorded, params: TerrainParams) -> Array:
    table = r.strides.take(np.arange(len(r.strides)))  # a copy: this one is labelled anew
    table["context"] = np.zeros(len(table), np.int8)
    terrain = Terrain(params)
    terrain.weigh(table)
    terrain.label(table, np.ones(len(table), bool))
    return table["context"]


def _by_an_oracle(r: Recorded) -> Array:
    """What the camera says of most of each stride."""
    numbers = np.array([WORDS["context"].index(word) for word in KINDS])
    return np.where(r.share.max(axis=1) > 0.5, numbers[r.share.argmax(axis=1)], 0)


def _seconds(r: Recorded, context: Array) -> dict[str, tuple[Array, Array]]:
    told = {}
    for word in KINDS:
        found, true = np.zeros((2, r.seconds), bool)
        mine = context == WORDS["context"].index(word)
        for a, b in zip(r.strides["start_s"][mine], r.strides["end_s"][mine], strict=True):
            found[round(a) : round(b) + 1] = True
        for a, b, label in r.intervals:
            true[round(a) : round(b)] |= label == word
        told[word] = found, true
    return told


def row(name: str, told: Sequence[dict[str, tuple[Array, Array]]]) -> tuple[str, ...]:
    cells = [name]
    for word in KINDS:
        found, true = (np.concatenate([t[word][k] for t in told]) for k in (0, 1))
        hit = int((found & true).sum())
        shares = (2 * hit / (found.sum() + true.sum()), hit / true.sum(), hit / max(found.sum(), 1))
        cells += [str(int(true.sum())), *(f"{share:.3f}" for share in shares)]
    return tuple(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the recordings")
    bench = Bench(parser.parse_args().data)
    stairs = recorded(bench, "terrain")
    everybody = [*stairs, *recorded(bench, "marpino"), *recorded(bench, "movingreality")]
    start = TerrainParams()
    rows: list[tuple[str, ...]] = []
    others: list[Any] = []
    for person in sorted({r.person for r in stairs}):
        params = fitted([r for r in everybody if r.person != person], start)
        told = [seconds_of(r, params) for r in stairs if r.person == person]
        others += told
        rows.append(row(f"{person}, fitted on the others", told))
    rows.append(row("all, each fitted on the others", others))
    rows.append(row("all, as the program is", [seconds_of(r, start) for r in stairs]))
    rows.append(row("all, strides told by the camera", [_seconds(r, _by_an_oracle(r)) for r in stairs]))
    figures = ("seconds", "F1", "recall", "precision")
    bench.show("terrain: seconds on stairs, up, then down", ("", *figures, *figures), rows)
    params = fitted(everybody, start)
    names = [f.name for f in fields(Gait)]
    lines = [
        (kind, *(f"{w:.3g}" for w in astuple(gait)), f"{offset:.2f}")
        for kind, gait, offset in (("up", params.up, params.up_offset), ("down", params.down, params.down_offset))
    ]
    bench.show("weights fitted on everybody", ("", *names, "offset"), lines)


if __name__ == "__main__":
    main()
