"""Rests: two seconds of one leg at a time, reduced to what tells sitting, standing, lying and riding apart.

A standing leg sways, one that sits or lies does not; a vehicle shakes it without a pause; how far the shank hangs from
where it points in walking tells a raised leg. All of it from hops, no sample is looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.hops import Hops, concatenate


@dataclass(frozen=True, slots=True, eq=False)
class Rests:
    """Blocks of a leg in time order, one row each.

    ``sway_dps`` unrest of the rate from tenth to tenth of a second; ``shake_mps2`` the same of the acceleration;
    ``span_dps`` widest range of the rate within a tenth of a second; ``upright`` cosine of the angle between gravity
    and where it points in walking, NaN where that is not known.
    """

    start_s: Array
    end_s: Array
    sway_dps: Array
    shake_mps2: Array
    span_dps: Array
    upright: Array

    def __len__(self) -> int:
        return len(self.start_s)

    def between(self, start_s: float, end_s: float) -> Rests:
        """The rows that end in [start_s, end_s)."""
        first, last = np.searchsorted(self.end_s, (start_s, end_s)).tolist()
        return Rests(*(getattr(self, name)[first:last] for name in self.__slots__))

    @staticmethod
    def joined(parts: Sequence[Rests]) -> Rests:
        if len(parts) == 1:
            return parts[0]
        if not parts:
            return Rests(*(np.empty(0) for _ in Rests.__slots__))
        return Rests(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rests.__slots__))


class RestMeter:
    """Hops of one track in, blocks out; what is less than a block at the end of a track is not told of."""

    def __init__(self, hop_s: float, block_hops: int, start_s: float) -> None:
        self._hop_s, self._block, self._start_s = hop_s, block_hops, start_s
        self._waiting: list[Hops] = []
        self._count = 0  # of the hops waiting
        self._number = 0  # of the next block

    def update(self, hops: Hops, frames: Sequence[Aligned | NotYet]) -> Rests | None:
        """``frames``: of the blocks these hops complete."""
        if len(hops):
            self._waiting.append(hops)
            self._count += len(hops)
        k, size = len(frames), self._block
        if k == 0:
            return None
        seen = concatenate(self._waiting)
        rows = seen[: k * size]
        self._waiting, self._count = [seen[k * size :]], self._count - k * size
        gyr, acc = (x.reshape(k, size, 3) for x in (rows.gyr, rows.acc))
        unrest = gyr - gyr.mean(axis=1, keepdims=True)
        jolt = acc[:, 1:] - acc[:, :-1]
        up = acc.mean(axis=1)
        up /= np.maximum(np.sqrt((up * up).sum(axis=1)), 1e-9)[:, None]
        start_s = self._start_s + self._hop_s * size * (self._number + np.arange(k))
        self._number += k
        return Rests(
            np.asarray(start_s),
            np.asarray(start_s + self._hop_s * size),
            _root_mean_square(unrest),
            _root_mean_square(jolt),
            rows.span.reshape(k, size).max(axis=1),
            _upright(up, frames),
        )


def _root_mean_square(x: Array) -> Array:
    """Of the vectors in each row of (k, n, 3)."""
    return np.asarray(np.sqrt((x * x).sum(axis=2).mean(axis=1)))


def _upright(up: Array, frames: Sequence[Aligned | NotYet]) -> Array:
    nothing = np.full(3, np.nan)
    walking = np.array([f.rotation[1] if isinstance(f, Aligned) else nothing for f in frames])
    return np.asarray((up * walking).sum(axis=1))
