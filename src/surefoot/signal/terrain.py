"""Terrain: strides on stairs, told from level ones by a path that climbs and is short, against what was usual lately.

A step of a staircase lifts the ankle by 15-20 cm; a stride takes two. The height of one stride's end over its start is
only good to about 0.1 m, because a tilt wrong by 4 degrees makes a level stride of 1.4 m climb by that much. The error
stays the same while the sensor sits the same, so the slope is compared with the median of the strides before; and
since nobody takes long strides on stairs, a long stride is never one (P; measured on terrain, benchmarks/accuracy.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES
from surefoot.signal.recent import Recent
from surefoot.signal.table import WORDS, StrideTable, invalid


@dataclass(frozen=True, slots=True)
class TerrainParams:
    """Limits of a stair stride; all P."""

    usual_strides: int = 60  # of the same leg; more than a flight of stairs
    steeper: float = 0.16  # slope beyond the usual one, height over length
    shorter: float = 0.8  # of the usual length
    shortest_m: float = 0.25  # below this a slope says nothing


class Terrain:
    """Labels strides; strides of both legs come in order of their end."""

    def __init__(self, params: TerrainParams = TerrainParams()) -> None:
        self._params = params
        self._usual = [Recent(params.usual_strides, 2) for _ in SIDES]

    def label(self, strides: StrideTable) -> None:
        """Set ``context`` of these strides, and take those on stairs out of trends."""
        p = self._params
        for k, usual in enumerate(self._usual):
            mine = (strides["side"] == k) & ~strides["turning"]
            if not mine.any():
                continue
            length = strides["stride_length_m"][mine]
            slope = strides["rise_m"][mine] / np.maximum(length, p.shortest_m)
            usual.add(strides["end_s"][mine], np.stack([slope, length], axis=1))
            centre, _ = usual.usual(strides["end_s"][mine])
            with np.errstate(invalid="ignore"):
                short = length < p.shorter * centre[:, 1]
                climb = slope - centre[:, 0]
                context = np.where(short & (climb > p.steeper), _UP, np.where(short & (climb < -p.steeper), _DOWN, 0))
            strides["context"][mine] = context
            usual.forget_before(float(strides["end_s"].min()) - 10.0)
        invalid(strides, (strides["context"] == _UP) | (strides["context"] == _DOWN), "stairs")


_UP, _DOWN = (WORDS["context"].index(word) for word in ("stairs_up", "stairs_down"))
