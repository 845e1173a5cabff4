"""Faults of sensors and radio, each a wrapper around any blocks of readings: what was asked for is the truth.

They stand between a plan and whatever reads it, one behind the other: ``lose(skew(day.blocks(), ...), rng)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from surefoot.records import Array, Gap, Samples, Side

Blocks = Iterable[Samples | Gap]

HOLE_S = 0.050  # up to here a hole is filled by the door (sensors/files/clockwork.py), beyond it is a gap


def skew(
    blocks: Blocks, *, ppm: Mapping[Side, float] | None = None, offset_s: Mapping[Side, float] | None = None
) -> Iterator[Samples | Gap]:
    """Clocks that run fast by so many millionths since the first block, or stand ahead by so much, each side its own.

    The readings stay; only the times written on them change. Block for block the stream stays contiguous per side.
    """
    began: dict[Side, float] = {}
    for block in blocks:
        side = block.side
        first_s = began.setdefault(side, block.start_s)
        fast, ahead_s = 1 + 1e-6 * (ppm or {}).get(side, 0.0), (offset_s or {}).get(side, 0.0)
        start_s, end_s = (first_s + (t - first_s) * fast + ahead_s for t in (block.start_s, block.end_s))
        if isinstance(block, Gap):
            yield replace(block, start_s=start_s, end_s=end_s)
        else:
            yield replace(block, start_s=start_s, rate_hz=block.rate_hz / fast)


def drift(blocks: Blocks, *, dps_per_h: Mapping[Side, Array], from_s: float | None = None) -> Iterator[Samples | Gap]:
    """Gyroscopes whose zero walks away by (3,) deg/s each hour, sample by sample, from the first block on."""
    for block in blocks:
        from_s = block.start_s if from_s is None else from_s
        if isinstance(block, Gap) or block.side not in dps_per_h:
            yield block
            continue
        hours = (block.start_s - from_s + np.arange(len(block)) / block.rate_hz) / 3600
        yield replace(block, gyr=block.gyr + np.maximum(hours, 0.0)[:, None] * dps_per_h[block.side])


def slip(
    blocks: Blocks, *, side: Side, axis: Array, at_s: float, turned_deg: float, over_s: float = 0.0
) -> Iterator[Samples | Gap]:
    """A sensor that slips around ``axis`` (3,) of its own axes by an angle, at once or evenly over some time.

    The axis of the shank as a sensor reads it is ``sensor.rotation @ [0, 0, 1]``. From then on it reads as one that
    sits turned by the angle, counterclockwise seen from the knee where the axis points up. The turning is as slow as
    asked for; its own rate is added to the gyroscope.
    """
    way = np.asarray(axis, float) / np.linalg.norm(axis)
    for block in blocks:
        if isinstance(block, Gap) or block.side != side or block.end_s <= at_s:
            yield block
            continue
        t = block.start_s + np.arange(len(block)) / block.rate_hz
        done = np.clip((t - at_s) / over_s, 0, 1) if over_s > 0 else (t >= at_s).astype(float)
        own_dps = turned_deg / over_s * ((t >= at_s) & (t < at_s + over_s)) if over_s > 0 else np.zeros(len(t))
        angle = np.deg2rad(turned_deg) * done
        gyr = _seen_turned(block.gyr, way, angle) + own_dps[:, None] * way
        yield replace(block, acc=_seen_turned(block.acc, way, angle), gyr=gyr)


def clip(blocks: Blocks, *, gyr_dps: float = np.inf, acc_mps2: float = np.inf) -> Iterator[Samples | Gap]:
    """A sensor with a small range: readings stop at it."""
    for block in blocks:
        if isinstance(block, Gap):
            yield block
            continue
        acc, gyr = np.clip(block.acc, -acc_mps2, acc_mps2), np.clip(block.gyr, -gyr_dps, gyr_dps)
        yield replace(block, acc=acc, gyr=gyr)


def slow_down(blocks: Blocks, *, every: int) -> Iterator[Samples | Gap]:
    """A sensor that delivers every so many-th reading only: 5 makes 20 of 100 a second, 4 makes 25, 3 makes 33.

    Each delivered reading is the mean of ``every`` readings around it, as cheap sensors do, and has their middle time.
    Readings too few for one are carried into the next block; those before a gap are lost.
    """
    left: dict[Side, Samples] = {}
    until: dict[Side, float] = {}
    late_s = 0.0
    for block in blocks:
        side = block.side
        if isinstance(block, Gap):
            left.pop(side, None)
            end_s = block.end_s + late_s
            yield replace(block, start_s=until.get(side, block.start_s), end_s=end_s)
            until[side] = end_s
            continue
        whole = _appended(left.get(side), block)
        count = len(whole) // every
        left[side] = _part(whole, count * every, len(whole))
        if count:
            late_s = 0.5 * (every - 1) / whole.rate_hz  # the middle of those that are averaged
            acc, gyr = (v[: count * every].reshape(count, every, 3).mean(axis=1) for v in (whole.acc, whole.gyr))
            slow = replace(whole, start_s=whole.start_s + late_s, rate_hz=whole.rate_hz / every, acc=acc, gyr=gyr)
            until[side] = slow.end_s
            yield slow


def lose(
    blocks: Blocks,
    rng: np.random.Generator,
    *,
    share: float = 0.01,
    packet: int = 5,
    bursts_per_h: float = 0.0,
    burst_s: tuple[float, float] = (0.2, 5.0),
) -> Iterator[Samples | Gap]:
    """Packets of so many readings lost, ``share`` of them one by one and more in bursts.

    As at the door, a hole of up to 50 ms is filled with a straight line and a longer one becomes a Gap "radio".
    """
    for block in blocks:
        if isinstance(block, Gap) or len(block) < 3:
            yield block
            continue
        lost = np.repeat(rng.random(len(block) // packet + 1) < share, packet)[: len(block)]
        seconds = len(block) / block.rate_hz
        for _ in range(int(rng.poisson(bursts_per_h * seconds / 3600))):
            first = int(rng.integers(len(block)))
            lost[first : first + round(float(rng.uniform(*burst_s)) * block.rate_hz)] = True
        lost[[0, -1]] = False  # a hole is bridged, or told, between readings of its own block
        yield from _holed(block, lost)


def _holed(block: Samples, lost: np.ndarray) -> Iterator[Samples | Gap]:
    if not lost.any():
        yield block
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(int)))
    starts, ends = edges[0::2], edges[1::2]
    acc, gyr = block.acc.copy(), block.gyr.copy()
    at = 0
    kept = np.flatnonzero(~lost)
    for values in (acc, gyr):
        for axis in range(3):
            values[lost, axis] = np.interp(np.flatnonzero(lost), kept, values[kept, axis])
    filled = replace(block, acc=acc, gyr=gyr)
    for a, b in zip(starts, ends, strict=True):
        if (b - a) / block.rate_hz > HOLE_S + 1e-9:
            yield _part(filled, at, int(a))
            times = block.start_s + np.array([a, b]) / block.rate_hz
            yield Gap(block.side, block.placement, float(times[0]), float(times[1]), "radio")
            at = int(b)
    yield _part(filled, at, len(block))


def _part(block: Samples, a: int, b: int) -> Samples:
    start_s = block.start_s + a / block.rate_hz
    return replace(block, start_s=start_s, acc=block.acc[a:b], gyr=block.gyr[a:b])


def _appended(left: Samples | None, block: Samples) -> Samples:
    if left is None or not len(left):
        return block
    acc, gyr = (np.concatenate([getattr(left, name), getattr(block, name)]) for name in ("acc", "gyr"))
    return replace(block, start_s=left.start_s, acc=acc, gyr=gyr)


def _seen_turned(xyz: Array, way: Array, angle: Array) -> Array:
    """Vectors as seen from axes that have been turned about ``way`` by an angle each (Rodrigues, the other way)."""
    along = xyz @ way
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return c * xyz - s * np.cross(way, xyz) + ((1 - c[:, 0]) * along)[:, None] * way
