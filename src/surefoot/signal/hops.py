"""Hops: a tenth of a second of one sensor, reduced to the few sums that alignment and wear need.

Everything slower than a stride works on hops instead of samples: one pass over the data, ten numbers a second.
Hops lie on a fixed grid from the first sample of a stretch, so the way a stream was cut cannot move them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array

HOP_S = 0.1
QUIET_DPS = 20.0  # a hop that never turns faster holds no part of a swing (peaks are above 30 deg/s)


def hop_length(rate_hz: float) -> int:
    """Samples in one hop at this rate (at least 2)."""
    return max(2, round(HOP_S * rate_hz))


@dataclass(frozen=True, slots=True, eq=False)
class Hops:
    """Sums over each of h hops of n samples; rows are hops.

    ``gyr`` (h, 3) mean rate deg/s; ``power`` (h,) mean of |gyr|^2; ``products`` (h, 3, 3) mean of gyr gyr^T;
    ``acc`` (h, 3) mean m/s^2; ``peak`` (h,) greatest |gyr|, deg/s; ``span`` (h,) widest range of one gyro axis, deg/s.
    Products of a quiet hop may be zero.
    """

    gyr: Array
    power: Array
    products: Array
    acc: Array
    peak: Array
    span: Array

    def __len__(self) -> int:
        return len(self.power)

    def __getitem__(self, where: slice) -> Hops:
        return Hops(*(getattr(self, name)[where] for name in self.__slots__))


def reduce_to_hops(acc: Array, gyr: Array, length: int) -> Hops:
    """Reduce (3, h * length) accelerations and rates to h hops."""
    a = acc.reshape(3, -1, length)
    g = gyr.reshape(3, -1, length)
    squared = g[0] * g[0] + g[1] * g[1] + g[2] * g[2]
    peak = np.sqrt(squared.max(axis=1))
    products = np.zeros((g.shape[1], 3, 3))
    if (peak > QUIET_DPS).any():  # most hours of a day are quiet, and alignment does not look at them
        for i in range(3):
            for j in range(i, 3):
                products[:, i, j] = products[:, j, i] = (g[i] * g[j]).mean(axis=1)
    return Hops(
        gyr=np.ascontiguousarray(g.mean(axis=2).T),
        power=squared.mean(axis=1),
        products=products,
        acc=np.ascontiguousarray(a.mean(axis=2).T),
        peak=peak,
        span=(g.max(axis=2) - g.min(axis=2)).max(axis=0),
    )


def concatenate(first: Hops, second: Hops) -> Hops:
    return Hops(*(np.concatenate([getattr(first, n), getattr(second, n)]) for n in Hops.__slots__))


def no_hops() -> Hops:
    return Hops(np.empty((0, 3)), np.empty(0), np.empty((0, 3, 3)), np.empty((0, 3)), np.empty(0), np.empty(0))
