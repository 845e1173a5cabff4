"""The picture of activities: a simulated stretch of life, what was done and what is told of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from activities import KINDS, WORDS, lived, seen, walk
from drawing import BLUE, GREEN, GREY, INK, RED, canvas, save

from surefoot.records import SIDES
from surefoot.simulation import chairs, floor, handling, riding, standing
from surefoot.simulation.person import Walker


def activities(folder: Path) -> Path:
    walker = Walker(speed_mps=1.0)
    plans = [
        partial(chairs.sitting, walker, seconds=90),
        walk(walker, 25, (True, False)),
        partial(standing.standing, walker, seconds=90),
        walk(walker, 20, (False, True)),
        partial(chairs.chair_stands, walker, took_s=14.0, rest_s=(20.0, 20.0)),
        partial(riding.riding, walker),
        partial(chairs.rising, walker),
        walk(walker, 20),
        partial(floor.lying_down, walker, seconds=120),
        walk(walker, 15, (False, True)),
        partial(handling.taking_off, walker, off_s=100),
    ]
    samples, truth = lived(plans, [4], 100.0)
    found = seen(samples, SIDES)
    figure, (signal, told) = canvas(2, size=(9, 5.2), sharex=True, height_ratios=(1, 2))
    for side, colour in zip(SIDES, (INK, GREY), strict=True):
        size = np.sqrt((samples[side].gyr ** 2).sum(axis=1))
        tenths = size[: len(size) // 10 * 10].reshape(-1, 10).max(axis=1)
        signal.plot(0.1 * np.arange(len(tenths)), tenths, color=colour, linewidth=0.5, label=f"{side} leg")
    signal.set(ylabel="turning, deg/s", yscale="log", ylim=(0.5, 1500))
    signal.legend(loc="upper right", frameon=False, ncols=2)
    words = [word for word in WORDS if not word.startswith("stairs")]
    for y, word in enumerate(words):
        true = [(c.start_s, c.end_s - c.start_s) for c in truth if KINDS.get(c.kind) == word]
        spans = [(a.start_s, a.end_s - a.start_s) for a in found.activities if a.kind == word]
        told.broken_barh(true, (y + 0.05, 0.38), facecolor="#c7e5cc", edgecolor=GREEN, linewidth=0.8)
        told.broken_barh(spans, (y - 0.43, 0.38), facecolor=BLUE, edgecolor=BLUE, linewidth=0.5)
    at = [r.start_s for r in found.rises]
    told.plot(at, np.full(len(at), len(words) - 0.2), "v", color=RED, markersize=5, clip_on=False)
    told.set_yticks(range(len(words)), words)
    told.set(xlim=(0, truth[-1].end_s), ylim=(-0.6, len(words) - 0.2), xlabel="s")
    title = "Activities, simulated, two ankles: done (green, above) and told (blue, below); red: rises counted"
    return save(figure, folder, "activities", title)
