"""Tenths: the last minutes of one sensor in steps of a tenth of a second, for what happens outside of strides.

The same hops that alignment and wear use, kept with the frames that were known meanwhile. What looks at them says how
far it must see ahead and never looks farther, so that it finds the same whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from surefoot.records import Array
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.hops import Hops
from surefoot.signal.ring import Ring

BLOCK_HOPS = 20  # of the alignment, which tells a frame after each
UNALIGNED_S = 50.0
WALKED_HOPS, LEAST_HOPS = 80, 20  # looked back for whether the frame still fits (P)
MOST_TILT_DEG, LEAST_SHARE = 30.0, 0.6  # of the mean of seconds of walking from upright, and about the axis (P)


@dataclass(frozen=True, slots=True, eq=False)
class Tenths:
    """What one update adds: whole hops of the stretch that began at ``start_s``, and the frames of its blocks."""

    start_s: float
    hop_s: float
    hops: Hops
    frames: Sequence[Aligned | NotYet]


@dataclass(slots=True, eq=False)
class Stretch:
    """An uninterrupted stretch of hops; hop k lasts from ``start_s + k * hop_s``."""

    start_s: float
    hop_s: float
    rows: Ring = field(default_factory=lambda: Ring(8))  # gyr, acc, peak, jolt
    frames: list[Array | None] = field(default_factory=list)  # rotation after each block from ``first_frame`` on
    first_frame: int = 0

    @property
    def first(self) -> int:
        return self.rows.start

    @property
    def end(self) -> int:
        return self.rows.end

    def time(self, hop: int) -> float:
        return self.start_s + hop * self.hop_s

    def before(self, time_s: float) -> int:
        """Hops that were over by this time, as far as there are any."""
        whole = (time_s - self.start_s) / self.hop_s + 1e-6
        return self.end if whole >= self.end else max(self.first, int(whole))

    def gyr(self, first: int, last: int) -> Array:
        """(3, n) mean rates, deg/s, in the sensor's axes."""
        return self.rows.between(first, last)[0:3]

    def acc(self, first: int, last: int) -> Array:
        return self.rows.between(first, last)[3:6]

    def peak(self, first: int, last: int) -> Array:
        return np.asarray(self.rows.between(first, last)[6])

    def jolt(self, first: int, last: int) -> Array:
        return np.asarray(self.rows.between(first, last)[7])

    def frame(self, hop: int) -> Array | None:
        """The frame known after the block before this hop's; None where nothing can be said."""
        block = hop // BLOCK_HOPS - 1 - self.first_frame
        return self.frames[min(block, len(self.frames) - 1)] if block >= 0 and self.frames else None

    def frame_found(self, hop: int) -> Array | None:
        """The frame known at this hop, or the first one found within a minute after.

        Nothing is told of a sensor that is not yet aligned for that minute (``TrackParams.unaligned_s``), so whoever
        asks when the strides of that time are told finds it.
        """
        first = max(0, hop // BLOCK_HOPS - 1 - self.first_frame)
        last = (hop + round(UNALIGNED_S / self.hop_s)) // BLOCK_HOPS - self.first_frame
        return next((frame for frame in self.frames[first:last] if frame is not None), None)

    def forget_before(self, hop: int) -> None:
        self.rows.let_go_before(hop)
        drop = self.first // BLOCK_HOPS - 2 - self.first_frame
        if drop > 0:
            del self.frames[:drop]
            self.first_frame += drop


class Past:
    """The stretches of one sensor that somebody may still ask for."""

    def __init__(self) -> None:
        self.stretches: list[Stretch] = []

    def add(self, tenths: Tenths) -> float:
        """How long nothing had been recorded before these; 0 where they follow on."""
        pause_s = 0.0
        if not self.stretches or self.stretches[-1].start_s != tenths.start_s:
            pause_s = tenths.start_s - self.stretches[-1].time(self.stretches[-1].end) if self.stretches else np.inf
            self.stretches.append(Stretch(tenths.start_s, tenths.hop_s))
        stretch, hops = self.stretches[-1], tenths.hops
        if len(hops):
            stretch.rows.append(np.concatenate([hops.gyr.T, hops.acc.T, hops.peak[None], hops.jolt[None]]))
        stretch.frames += [f.rotation if isinstance(f, Aligned) else None for f in tenths.frames]
        return pause_s

    def forget_before(self, time_s: float) -> None:
        self.stretches = [s for s in self.stretches[:-1] if s.time(s.end) > time_s] + self.stretches[-1:]
        for stretch in self.stretches:
            stretch.forget_before(stretch.before(time_s))

    def walked_so(self, time_s: float) -> bool:
        """Whether the last seconds before agree with the frame: upright, turning about its axis, fastest in swing.

        A sensor put on another way round takes a minute to be aligned anew; till then its strides hold wonders.
        """
        stretch = self.at(time_s)
        if stretch is None:
            return False
        last = stretch.before(time_s)
        first, frame = max(stretch.first, last - WALKED_HOPS), stretch.frame_found(last)
        if frame is None or last - first < LEAST_HOPS:
            return False
        acc, gyr = stretch.acc(first, last).mean(axis=1), stretch.gyr(first, last)
        turn = frame[2] @ gyr
        upright = frame[1] @ acc > np.cos(np.deg2rad(MOST_TILT_DEG)) * np.linalg.norm(acc)
        return bool(upright and (turn**2).sum() > LEAST_SHARE * (gyr * gyr).sum() and (turn**3).sum() > 0)

    def at(self, time_s: float) -> Stretch | None:
        """The stretch that holds this time."""
        return next((s for s in self.stretches if s.time(s.first) <= time_s < s.time(s.end)), None)
