"""A track: one sensor over one uninterrupted stretch of samples, turned into the body's own axes and into swings.

Only what can matter is computed. Hours of sitting are reduced to hops and let go; body axes, smoothed rates and the
search for swings exist around movement, with margins wider than any of them looks back. Leaving quiet samples out
therefore changes no result. Nor does waiting: short blocks are gathered, because a call costs more than its samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from surefoot.records import Array
from surefoot.signal.alignment import Aligned, Alignment, NotYet
from surefoot.signal.contacts import FORWARD, JERK, LATERAL, RATE, SLOW, USUAL, ContactParams, SwingFinder, Swings
from surefoot.signal.filters import Smooth
from surefoot.signal.hops import QUIET_DPS, Hops, hop_length, no_hops, reduce_to_hops
from surefoot.signal.ring import Ring


@dataclass(frozen=True, slots=True)
class TrackParams:
    """How much of the past a track looks at, and how often (P)."""

    before_s: float = 2.0  # processed before movement: more than a contact looks back
    behind_s: float = 4.0  # processed behind movement: more than the longest stride
    unaligned_s: float = 60.0  # raw samples kept while the frame of the sensor is not known
    gather_s: float = 0.2  # samples worked on together, at least; contacts are known so much later
    hops_at_once: int = 10  # while walking; divides a block


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
        self._gather = max(1, round(params.gather_s * rate_hz))
        self._at_once = params.hops_at_once * self.hop
        self._raw = Ring(6)
        self._worked = 0  # samples gathered before the last work
        self._hopped = 0  # samples reduced to hops
        self._moved = -self._behind  # end of the last hop that moved
        self.states: list[Aligned | NotYet] = []  # of the alignment, after each block the last ``work`` completed
        self.slips: list[tuple[int, float]] = []  # of the alignment: how many of these blocks, degrees
        self._frames = [alignment.state]  # of the blocks from ``_first_frame`` on; the last one is still growing
        self._first_frame = 0
        self._begin(0)

    def _begin(self, sample: int) -> None:
        """Start body axes afresh at this sample."""
        self.resting = False
        self.body = Ring(9, sample)  # shown as far as RATE is smoothed; SLOW lags behind that
        self._event = Smooth(self._contacts.event_hz, self.rate_hz)
        self._slow = Smooth(self._contacts.slow_hz, self.rate_hz)
        self._smoothed = {RATE: sample, SLOW: sample}  # how far
        self._finder = SwingFinder(self.rate_hz, self._contacts, sample)

    @property
    def end(self) -> int:
        """Samples taken so far."""
        return self._raw.end

    @property
    def known(self) -> int:
        """All contacts before this sample have been told."""
        return max(0, self._hopped - self._before) if self.resting else self._finder.open_from

    def take(self, acc: Array, gyr: Array) -> bool:
        """Take (n, 3) samples; true when there are enough to ``work`` on."""
        room = self._raw.room(len(acc))
        room[:3], room[3:] = acc.T, gyr.T
        self._raw.show(self._raw.written)
        return self.end - self._worked >= self._gather

    def work(self, ending: bool = False) -> tuple[Hops, Swings]:
        """The hops that are whole and the swings that are certain by now; all hops if the stretch is ending."""
        self._worked = self.end
        hops = self._hops_due(ending)
        moving = self._hopped + self.hop * (np.flatnonzero(hops.peak > QUIET_DPS) - len(hops))
        if len(moving):
            self._moved = int(moving[-1]) + self.hop
        self.states, self.slips = self._alignment.update(hops), self._alignment.slips
        self._frames += self.states
        if isinstance(self._frames[-1], NotYet):
            self._forget_unaligned()
            return hops, Swings.none()
        self._backfill()
        if self.resting and len(moving):
            self._begin(max(self._raw.start, int(moving[0]) - self._before))
        swings = Swings.none()
        if not self.resting:
            stop = min(self.end, self._moved + self._behind)
            if self.body.written < stop:
                self._project(stop)
                swings = self._finder.find(self.body, self._smoothed[SLOW])
            if self._hopped - self._moved >= self._behind:
                self.resting = True  # keep only what a movement beginning now would look back at
        if self.resting:
            self._raw.let_go_before(self._hopped - self._before)
            self._let_go_frames(self._raw.start)
        return hops, swings

    def close(self) -> tuple[Hops, Swings]:
        """No more samples will come: tell what is left behind ``work(ending=True)``, the unfinished hop."""
        state = self._alignment.close()
        if isinstance(self._frames[-1], NotYet):
            self._frames[-1] = state
        if isinstance(self._frames[-1], NotYet) or self.resting:
            return self._last_hop(), Swings.none()
        self._backfill()
        self._project(self.end, last=True)
        return self._last_hop(), self._finder.find(self.body, self.body.end, last=True)

    def let_go_before(self, sample: float) -> None:
        """The caller needs no body axes before this sample."""
        self.body.let_go_before(int(min(sample, self._finder.past_from)))

    def _hops_due(self, ending: bool) -> Hops:
        """Whole hops where something may hang on them: a block is full, or the leg rests; a second at a time else."""
        waiting = self.end - self._hopped
        walking = not self.resting and self.end - self._moved < self._behind
        if (
            walking
            and not ending
            and waiting < self._at_once
            and self.end // self._block == self._hopped // self._block
        ):
            return no_hops()
        return self._reduce(waiting // self.hop, self.hop)

    def _last_hop(self) -> Hops:
        """At the end of a stretch: what is left, if it is long enough to say something."""
        length = self.end - self._hopped
        return self._reduce(1, length) if length >= 2 else no_hops()

    def _reduce(self, count: int, length: int) -> Hops:
        raw = self._raw.between(self._hopped, self._hopped + count * length)
        self._hopped += count * length
        return reduce_to_hops(raw[:3], raw[3:], length)

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
            if oldest * self._block > self.body.written:
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
        start, size = self.body.written, self._block
        first = start // size
        frames = [f for f in self._frames[first - self._first_frame :] if isinstance(f, Aligned)]
        rotation, usual = np.array([f.rotation for f in frames]), np.array([f.usual_dps for f in frames])
        rows = self.body.room(stop - start)
        head = min(stop, -(-start // size) * size)
        for a, b in pairwise((start, head, max(head, stop // size * size), stop)):
            if b > a:
                blocks, new = slice(a // size - first, -(-b // size) - first), rows[:, a - start : b - start]
                _turn(self._raw.between(a, b), new[FORWARD : RATE + 1], rotation[blocks], size, a % size)
                new[USUAL].reshape(blocks.stop - blocks.start, -1)[:] = usual[blocks, None]
        self._add_jerk(start, stop)
        self._smooth(rows[RATE : RATE + 1].copy(), last)
        self._raw.let_go_before(min(stop, self._hopped))
        self._let_go_frames(min(stop, self._hopped))

    def _add_jerk(self, start: int, stop: int) -> None:
        """Size of the change of acceleration since the sample before; zero where there is none."""
        before = max(self.body.start, start - 1)
        acc = self.body.between(before, stop)[: LATERAL + 1]
        change = (acc[:, 1:] - acc[:, :-1]) * self.rate_hz
        change *= change
        jerk = self.body.between(start, stop)[JERK]
        jerk[:1] = 0.0
        np.sqrt(change[0] + change[1] + change[2], out=jerk[start == before :])

    def _smooth(self, turn: Array, last: bool) -> None:
        for row, smooth in ((RATE, self._event), (SLOW, self._slow)):
            for smoothed in (smooth.update(turn), smooth.close()) if last else (smooth.update(turn),):
                first = self._smoothed[row]
                self._smoothed[row] += smoothed.shape[1]
                self.body.between(first, self._smoothed[row])[row : row + 1] = smoothed
        self.body.show(self._smoothed[RATE])


def _turn(raw: Array, rows: Array, rotation: Array, size: int, first: int) -> None:
    """Write (6, n) raw samples in body axes: whole blocks, a rotation each, or a part of one from its ``first`` on.

    What is multiplied is always as long as a block: matrices of another shape might round differently.
    """
    seen, out = raw, rows
    part = slice(first, first + raw.shape[1])
    if raw.shape[1] % size:
        seen, out = np.zeros((6, size)), np.empty((6, size))
        seen[:, part] = raw
    shape = (2, 3, len(rotation), size)
    np.matmul(rotation, seen.reshape(shape).swapaxes(1, 2), out=out.reshape(shape).swapaxes(1, 2))
    if out is not rows:
        rows[:] = out[:, part]
