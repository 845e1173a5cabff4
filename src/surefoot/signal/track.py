"""A track: one sensor over one uninterrupted stretch of samples, turned into the body's own axes and into swings.

Only what can matter is computed. Hours of sitting are reduced to hops and let go; body axes, smoothed rates and the
search for swings exist around movement, with margins wider than any of them looks back. Leaving quiet samples out
therefore changes no result.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.signal.alignment import Aligned, Alignment, NotYet
from surefoot.signal.contacts import ContactParams, SwingFinder, Swings
from surefoot.signal.filters import Smooth
from surefoot.signal.hops import QUIET_DPS, Hops, hop_length, reduce_to_hops
from surefoot.signal.ring import Ring


@dataclass(frozen=True, slots=True)
class TrackParams:
    """How much of the past a track looks at (P)."""

    before_s: float = 2.0  # processed before movement: more than a contact looks back
    behind_s: float = 4.0  # processed behind movement: more than the longest stride
    unaligned_s: float = 60.0  # raw samples kept while the frame of the sensor is not known


class Track:
    """Samples in, swings out; ``body`` holds the recent past in body axes (rows named in ``contacts``)."""

    def __init__(
        self, rate_hz: float, contacts: ContactParams, alignment: Alignment, params: TrackParams = TrackParams()
    ) -> None:
        self.rate_hz = rate_hz
        self._alignment = alignment
        self._contacts = contacts
        self._before = round(params.before_s * rate_hz)
        self._behind = round(params.behind_s * rate_hz)
        self.hop = hop_length(rate_hz)
        self._block = self.hop * alignment.block_hops
        self._unaligned = round(params.unaligned_s * rate_hz) // self._block  # in blocks
        self._raw = Ring(6)
        self._hopped = 0  # samples reduced to hops
        self._moved = -self._behind  # end of the last hop that moved
        self._frames = [alignment.state]  # of the blocks from ``_first_frame`` on; the last one is still growing
        self._first_frame = 0
        self._begin(0)

    def _begin(self, sample: int) -> None:
        """Start body axes afresh at this sample."""
        self.resting = False
        self.body, self._axes, self._events, self._slows = (Ring(k, sample) for k in (9, 7, 1, 1))
        self._event = Smooth(self._contacts.event_hz, self.rate_hz)
        self._slow = Smooth(self._contacts.slow_hz, self.rate_hz)
        self._finder = SwingFinder(self.rate_hz, self._contacts, sample)

    @property
    def end(self) -> int:
        """Samples taken so far."""
        return self._raw.end

    @property
    def known(self) -> int:
        """All contacts before this sample have been told."""
        return max(0, self._hopped - self._before) if self.resting else self._finder.open_from

    def update(self, acc: Array, gyr: Array) -> tuple[Hops, Swings]:
        """Take (n, 3) samples; return the hops they complete and the swings now certain."""
        raw = np.empty((6, len(acc)))
        raw[:3], raw[3:] = acc.T, gyr.T
        self._raw.append(raw)
        hops = self._new_hops()
        moving = np.flatnonzero(hops.peak > QUIET_DPS)
        if len(moving):
            self._moved = self._hopped - (len(hops) - 1 - int(moving[-1])) * self.hop
        self._frames += self._alignment.update(hops)
        if isinstance(self._frames[-1], NotYet):
            self._forget_unaligned()
            return hops, Swings.none()
        self._backfill()
        if self.resting and len(moving):
            first = self._hopped - (len(hops) - int(moving[0])) * self.hop
            self._begin(max(self._raw.start, first - self._before))
        swings = Swings.none()
        if not self.resting:
            stop = min(self.end, self._moved + self._behind)
            if self._axes.end < stop:
                self._project(stop)
                swings = self._finder.find(self.body)
            if self._hopped - self._moved >= self._behind:
                self.resting = True  # keep only what a movement beginning now would look back at
        if self.resting:
            self._raw.let_go_before(self._hopped - self._before)
            self._let_go_frames(self._raw.start)
        return hops, swings

    def close(self) -> tuple[Hops, Swings]:
        """No more samples will come: tell what is left."""
        state = self._alignment.close()
        if isinstance(self._frames[-1], NotYet):
            self._frames[-1] = state
        if isinstance(self._frames[-1], NotYet) or self.resting:
            return self._new_hops(partial=True), Swings.none()
        self._backfill()
        self._project(self.end, last=True)
        return self._new_hops(partial=True), self._finder.find(self.body, last=True)

    def let_go_before(self, sample: float) -> None:
        """The caller needs no body axes before this sample."""
        self.body.let_go_before(int(min(sample, self._finder.past_from)))

    def _new_hops(self, partial: bool = False) -> Hops:
        """Reduce what is whole hops by now; at the end of a stretch also the rest, if it is long enough to say."""
        length = self.hop
        count = (self.end - self._hopped) // length
        if partial:
            length, count = self.end - self._hopped, 1
            if length < 2:
                return reduce_to_hops(self._raw.rows[:3, :0], self._raw.rows[3:, :0], self.hop)
        part = slice(self._hopped - self._raw.start, self._hopped - self._raw.start + count * length)
        self._hopped += count * length
        return reduce_to_hops(self._raw.rows[:3, part], self._raw.rows[3:, part], length)

    def _forget_unaligned(self) -> None:
        """Nothing can be said of samples walked longer ago than ``unaligned_s`` before the frame is known."""
        oldest = max(0, self._first_frame + len(self._frames) - 1 - self._unaligned)
        if oldest * self._block > self._raw.start:
            self._start_at_block(oldest)

    def _backfill(self) -> None:
        """The first frame found also holds for the samples kept from before it."""
        first = next(k for k, frame in enumerate(self._frames) if isinstance(frame, Aligned))
        if first:
            oldest = max(0, self._first_frame + first - self._unaligned)
            self._frames[:first] = [self._frames[first]] * first
            if oldest * self._block > self._axes.end:
                self._start_at_block(oldest)

    def _start_at_block(self, block: int) -> None:
        self._frames = self._frames[max(0, block - self._first_frame) :]
        self._first_frame = max(block, self._first_frame)
        self._raw.let_go_before(min(block * self._block, self._hopped))
        self._begin(self._raw.start)

    def _let_go_frames(self, sample: int) -> None:
        drop = sample // self._block - self._first_frame
        if drop > 0:
            self._frames = self._frames[drop:]
            self._first_frame += drop

    def _project(self, stop: int, last: bool = False) -> None:
        """Turn raw samples before ``stop`` into body axes, each block by its frame, and smooth them."""
        start = self._axes.end
        first, count = start // self._block, -(-stop // self._block) - start // self._block
        frames = [f for f in self._frames[first - self._first_frame :][:count] if isinstance(f, Aligned)]
        rotation = np.array([f.rotation for f in frames]).reshape(-1, 3, 3)
        raw = np.zeros((6, count * self._block))
        here = slice(start - first * self._block, stop - first * self._block)
        raw[:, here] = self._raw.between(start, stop)
        whole = raw.reshape(6, count, self._block)
        rows = np.empty((7, count, self._block))
        for k in range(3):
            r = rotation[:, k, :, None]
            rows[k] = r[:, 0] * whole[0] + r[:, 1] * whole[1] + r[:, 2] * whole[2]
            rows[3 + k] = r[:, 0] * whole[3] + r[:, 1] * whole[4] + r[:, 2] * whole[5]
        rows[6] = np.array([f.usual_dps for f in frames])[:, None]
        self._smooth(rows.reshape(7, -1)[:, here], last)
        self._raw.let_go_before(min(stop, self._hopped))
        self._let_go_frames(min(stop, self._hopped))

    def _smooth(self, rows: Array, last: bool) -> None:
        self._axes.append(rows)
        for smooth, ring in ((self._event, self._events), (self._slow, self._slows)):
            ring.append(smooth.update(rows[5:6]))
            if last:
                ring.append(smooth.close())
        start, stop = self.body.end, self._slows.end
        if stop <= start:
            return
        axes = self._axes.between(start, stop)
        before = self.body.rows[:3, -1:] if start > self.body.start else axes[:3, :1]
        change = np.diff(np.concatenate([before, axes[:3]], axis=1), axis=1) * self.rate_hz
        jerk = np.sqrt(change[0] ** 2 + change[1] ** 2 + change[2] ** 2)
        rate, slow = self._events.between(start, stop), self._slows.between(start, stop)
        self.body.append(np.concatenate([axes[:5], rate, slow, jerk[None], axes[6:]]))
        for ring in (self._axes, self._events, self._slows):
            ring.let_go_before(stop)
