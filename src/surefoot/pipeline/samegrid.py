"""The same grid: the readings of both legs at the same moments, and the gaps over which a straight line is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from surefoot.records import Array, Gap, Samples, Side

Readings = dict[Side, tuple[Array, Array]]
EDGE_S = 0.5  # readings that begin so much later or end so much earlier than asked are no gap (P)


def same_grid(
    parts: Mapping[Side, Sequence[Samples | Gap]], rate_hz: float, start_s: float, end_s: float
) -> tuple[Readings, list[tuple[float, float]]]:
    """Each leg's (acc, gyr) from ``start_s`` on, and the gaps, in seconds from there. Every leg has some readings."""
    at_s = start_s + np.arange(int((end_s - start_s) * rate_hz + 1e-6)) / rate_hz
    sensors: Readings = {}
    gaps: list[tuple[float, float]] = []
    for side, items in parts.items():
        blocks = [part for part in items if isinstance(part, Samples) and len(part)]
        times = np.concatenate([block.start_s + np.arange(len(block)) / block.rate_hz for block in blocks])
        both = (np.concatenate([block.acc for block in blocks]), np.concatenate([block.gyr for block in blocks]))
        acc, gyr = (np.column_stack([np.interp(at_s, times, channel) for channel in x.T]) for x in both)
        sensors[side] = acc, gyr
        gaps += [(part.start_s - start_s, part.end_s - start_s) for part in items if isinstance(part, Gap)]
        if times[0] > start_s + EDGE_S:
            gaps.append((0.0, float(times[0]) - start_s))
        if times[-1] < end_s - EDGE_S:
            gaps.append((float(times[-1]) - start_s, end_s - start_s))
    return sensors, gaps
