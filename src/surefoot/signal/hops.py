"""Hops: a tenth of a second of one sensor, reduced to the few sums that alignment and wear need.

Everything slower than a stride works on hops instead of samples: one pass over the data, ten numbers a second.
Hops lie on a fixed grid from the first sample of a stretch, so the way a stream was cut cannot move them.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    ``acc`` (h, 3) mean m/s^2; ``peak`` (h,) greatest |gyr|, deg/s; ``span`` (h,) widest range of one gyro axis, deg/s;
    ``jolt`` (h,) greatest |acc|, of a quiet hop that of the mean, m/s^2. The products of a quiet hop are zero.
    """

    gyr: Array
    power: Array
    products: Array
    acc: Array
    peak: Array
    span: Array
    jolt: Array

    def __len__(self) -> int:
        return len(self.power)

    def __getitem__(self, where: slice) -> Hops:
        return Hops(*(getattr(self, name)[where] for name in self.__slots__))


def reduce_to_hops(acc: Array, gyr: Array, length: int) -> Hops:
    """Reduce (3, h * length) accelerations and rates to h hops.

    Samples of a hop are laid along the first axis and added row by row: numpy's own sum changes its order, and with it
    the last bit, with the number of hops it is given.
    """
    h = gyr.shape[1] // length
    rows = np.empty((length, 13, h))  # gyr, acc, |gyr|^2, products
    rows[:, 0:3] = gyr.reshape(3, h, length).transpose(2, 0, 1)
    rows[:, 3:6] = acc.reshape(3, h, length).transpose(2, 0, 1)
    g, squares = rows[:, 0:3], rows[:, 7:10]
    np.multiply(g, g, out=squares)
    rows[:, 6] = squares[:, 0] + squares[:, 1] + squares[:, 2]
    peak = np.sqrt(np.maximum.reduce(rows[:, 6]))
    loud = peak > QUIET_DPS
    count = 13 if loud.any() else 7  # most hours of a day are quiet
    if count == 13:
        for k, (i, j) in enumerate(((0, 1), (0, 2), (1, 2))):
            np.multiply(g[:, i], g[:, j], out=rows[:, 10 + k])
    mean = rows[0, :count].copy()
    for row in rows[1:, :count]:
        mean += row
    mean /= length
    products = np.zeros((h, 3, 3))
    if count == 13:
        products[:, _ROW, _COLUMN] = np.where(loud, mean[_PRODUCT], 0.0).T
    span = np.maximum.reduce(np.maximum.reduce(g) - np.minimum.reduce(g))
    jolt = mean[3] * mean[3] + mean[4] * mean[4] + mean[5] * mean[5]
    if count == 13:
        squares = rows[:, 10:13]  # the products are in the mean by now
        np.multiply(rows[:, 3:6], rows[:, 3:6], out=squares)
        squares[:, 0] += squares[:, 1]
        squares[:, 0] += squares[:, 2]
        jolt = np.where(loud, np.maximum.reduce(squares[:, 0]), jolt)
    jolt = np.sqrt(jolt)
    return Hops(mean[0:3].T.copy(), mean[6], products, mean[3:6].T.copy(), peak, span, jolt)


_ROW = [0, 1, 2, 0, 1, 0, 2, 1, 2]
_COLUMN = [0, 1, 2, 1, 0, 2, 0, 2, 1]
_PRODUCT = [7, 8, 9, 10, 10, 11, 11, 12, 12]


def concatenate(hops: Sequence[Hops]) -> Hops:
    """Hops that follow on each other, as one; at least one piece."""
    if len(hops) == 1:
        return hops[0]
    return Hops(*(np.concatenate([getattr(h, n) for h in hops]) for n in Hops.__slots__))


def no_hops() -> Hops:
    none = np.empty(0)
    return Hops(np.empty((0, 3)), none, np.empty((0, 3, 3)), np.empty((0, 3)), none, none, none)
