"""Snippets: the raw signal of both legs around an incident, cut from the samples as they came in."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter

import numpy as np

from surefoot.records import SIDES, Samples, Side

AROUND_S = 5.0
_END_S = attrgetter("end_s")


class Snippets:
    """Holds the last blocks of each side in time order, by reference, until nobody can ask for them."""

    def __init__(self) -> None:
        self._blocks: dict[Side, list[Samples]] = {}

    def add(self, block: Samples) -> None:
        if len(block):
            self._blocks.setdefault(block.side, []).append(block)

    def forget_before(self, time_s: float) -> None:
        for blocks in self._blocks.values():
            del blocks[: bisect_left(blocks, time_s, key=_END_S)]

    def cut(self, start_s: float, end_s: float, sides: Sequence[Side] = SIDES) -> tuple[Samples, ...]:
        """Everything recorded in [start_s, end_s): per side one piece, or several where the stream was interrupted."""
        pieces: list[Samples] = []
        for side in sorted(self._blocks.keys() & set(sides)):
            blocks = self._blocks[side]
            for block in blocks[bisect_right(blocks, start_s, key=_END_S) :]:
                if block.start_s >= end_s:
                    break
                piece = _part(block, start_s, end_s)
                if piece is None:
                    continue
                if pieces and _follows(pieces[-1], piece):
                    pieces[-1] = _joined(pieces[-1], piece)
                else:
                    pieces.append(piece)
        return tuple(pieces)


def _part(block: Samples, start_s: float, end_s: float) -> Samples | None:
    first = max(0, int(np.ceil((start_s - block.start_s) * block.rate_hz - 1e-6)))
    last = min(len(block), int(np.ceil((end_s - block.start_s) * block.rate_hz - 1e-6)))
    if last <= first:
        return None
    start = block.start_s + first / block.rate_hz
    part = slice(first, last)
    return Samples(block.side, block.placement, start, block.rate_hz, block.acc[part].copy(), block.gyr[part].copy())


def _follows(a: Samples, b: Samples) -> bool:
    return a.side == b.side and a.rate_hz == b.rate_hz and abs(a.end_s - b.start_s) <= 0.5 / a.rate_hz


def _joined(a: Samples, b: Samples) -> Samples:
    acc, gyr = np.concatenate([a.acc, b.acc]), np.concatenate([a.gyr, b.gyr])
    return Samples(a.side, a.placement, a.start_s, a.rate_hz, acc, gyr)
