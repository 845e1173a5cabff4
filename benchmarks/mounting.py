"""Mounting: the same recordings with every sensor turned at random must give the same contacts.

    python benchmarks/accuracy.py mounting

Each sensor of a recording is turned by a rotation of its own, drawn evenly over all rotations, 200 times.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from surefoot.records import Placement
from surefoot.signal.walk import analyze

SETS: tuple[tuple[str, Placement, float | None], ...] = (  # the first seconds only, where said
    ("marpino", "shank", None),
    ("ipol1", "foot", None),
    ("movingreality", "shank", 60.0),
)
SAME_S = 1e-6
Sensors = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass
class Turned:
    """One recording: how often turning it changed nothing, and how much it did where it did."""

    which: str
    name: str
    placement: Placement
    rate_hz: float
    sensors: Sensors
    contacts: int = 0
    same: int = 0
    turns: int = 0
    greatest_shift_s: float = 0.0
    shifts_s: list[float] = field(default_factory=list)  # median of each turn
    differing: list[tuple[int, str, int, int, float]] = field(default_factory=list)  # turn, event, found before, now


def turn(recording: Turned, turns: int) -> Turned:
    """Fill in the figures of one recording."""
    r = recording
    before = _contacts(r.sensors, r.rate_hz, r.placement)
    r.contacts, r.turns = sum(len(x) for x in before.values()), turns
    seed = zlib.crc32(f"{r.which}/{r.name}".encode())
    rotations = Rotation.random(turns * len(r.sensors), random_state=seed).as_matrix()
    for k, each in enumerate(rotations.reshape(turns, len(r.sensors), 3, 3)):
        turned = {side: (acc @ m.T, gyr @ m.T) for m, (side, (acc, gyr)) in zip(each, r.sensors.items(), strict=True)}
        now = _contacts(turned, r.rate_hz, r.placement)
        shifts = [now[e] - before[e] if len(now[e]) == len(before[e]) else np.array([np.inf]) for e in before]
        shift = np.concatenate(shifts)
        greatest = float(np.abs(shift).max()) if len(shift) else 0.0
        r.same += greatest <= SAME_S
        r.greatest_shift_s = max(r.greatest_shift_s, greatest)
        r.shifts_s.append(float(np.median(shift)) if len(shift) else 0.0)
        r.differing += [
            (k, e, len(before[e]), len(now[e]), float(np.abs(s).max()))
            for e, s in zip(before, shifts, strict=True)
            if len(s) and np.abs(s).max() > SAME_S
        ]
    return r


def mounting(bench: Any, turns: int = 200) -> None:
    """Share of recordings and turns with the same contacts, to a microsecond (so the same F1); and any that differ."""
    work = []
    for which, placement, seconds in SETS:
        for recording in bench._read.recordings(which):
            sensors = {
                name.split("_")[0]: tuple(x[: None if seconds is None else int(seconds * recording.rate_hz)] for x in s)
                for name, s in recording.sensors.items()
                if name.endswith(placement)
            }
            if sensors:
                work.append(Turned(which, recording.id, placement, recording.rate_hz, sensors))
    by_set: dict[str, list[Turned]] = defaultdict(list)
    with ProcessPoolExecutor() as pool:
        for done in pool.map(turn, work, [turns] * len(work)):
            by_set[f"{done.which} {done.placement}"].append(done)
    rows = [_row(name, done) for name, done in by_set.items()]
    columns = ("", "recordings", "turns each", "contacts", "the same", "recordings never differing", "median shift ms")
    bench.show(f"Sensors turned at random: contacts the same to {SAME_S:g} s", (*columns, "greatest shift ms"), rows)
    for done in (d for group in by_set.values() for d in group if d.differing):
        bench.console.print(f"{done.which} {done.name}: {done.turns - done.same} of {done.turns} turns differ")
        for k, event, was, now, shift_s in done.differing[:4]:
            bench.console.print(f"    turn {k}, {event}: {was} contacts before, {now} turned, shift {shift_s:.6f} s")


def _contacts(sensors: Sensors, rate_hz: float, placement: Placement) -> dict[str, np.ndarray]:
    walk = analyze(sensors, rate_hz, placement)
    by_event = {"initial": walk.initial_contacts, "final": walk.final_contacts}
    return {f"{side} {event}": found[side] for event, found in by_event.items() for side in sensors}


def _row(name: str, done: list[Turned]) -> tuple[str, ...]:
    turns = sum(d.turns for d in done)
    never = sum(d.same == d.turns for d in done)
    finite = [d.greatest_shift_s for d in done]
    return (
        name,
        str(len(done)),
        str(done[0].turns),
        str(sum(d.contacts for d in done)),
        f"{100 * sum(d.same for d in done) / turns:.3f} %",
        f"{never} of {len(done)}",
        f"{1000 * np.median(np.concatenate([d.shifts_s for d in done])):.1g}",
        f"{1000 * max(finite):.1g}",
    )
