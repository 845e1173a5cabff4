"""A leg: one sensor for as long as it sends, over gaps and restarts; contacts, strides and minutes come out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from surefoot.records import Array, Gap, Minute, Placement, Samples, Side, Slip
from surefoot.signal.alignment import Aligned, Alignment, AlignmentParams, NotYet
from surefoot.signal.contacts import ContactParams, Swings, contact_params
from surefoot.signal.hops import Hops, no_hops
from surefoot.signal.leans import LeanFinder, LeanParams, Movement
from surefoot.signal.minutes import MinuteBook
from surefoot.signal.rests import RestMeter, Rests
from surefoot.signal.seats import Seat, SeatTeller
from surefoot.signal.slipping import SlipParams, Slipped, SlipWatch, slip_params
from surefoot.signal.strides import StrideMeter, StrideParams
from surefoot.signal.table import StrideTable
from surefoot.signal.tenths import Tenths
from surefoot.signal.track import Track, TrackParams

PIECE_S = 300.0  # long blocks are worked through in pieces: large ones make few calls, larger ones leave the cache


@dataclass(frozen=True, slots=True)
class LegParams:
    """Everything that can be tuned about one leg; contacts and slipping None: those of the placement."""

    alignment: AlignmentParams = field(default_factory=AlignmentParams)
    contacts: ContactParams | None = None
    strides: StrideParams = field(default_factory=StrideParams)
    track: TrackParams = field(default_factory=TrackParams)
    slipping: SlipParams | None = None
    leans: LeanParams = field(default_factory=LeanParams)
    keep_alignment_s: float = 60.0  # over a longer gap the sensor may have been taken off (P)
    moving_span_dps: float = 3.0  # a tenth of a second with a wider range is movement; sensor noise is below (P)


@dataclass(frozen=True, slots=True, eq=False)
class LegFindings:
    """What became certain: contacts (s), strides, minutes, slips, seats, movements in time order; their grounds."""

    initial_s: Array
    final_s: Array
    strides: StrideTable
    minutes: list[Minute]
    slips: list[Slip]
    seats: list[Seat]
    tenths: Tenths
    rests: Rests | None
    movements: list[Movement]


class Leg:
    """Samples and gaps of one sensor in; findings out, each once, however the stream was cut."""

    def __init__(self, side: Side, placement: Placement, params: LegParams = LegParams()) -> None:
        self.side = side
        self.placement = placement
        self._params = params
        self._contacts = params.contacts or contact_params(placement)
        self._slips = SlipWatch(params.slipping or slip_params(placement))
        self._alignment = Alignment(placement, params.alignment, self._slips)
        self._seats = SeatTeller(side)
        self._minutes = MinuteBook(side, params.moving_span_dps)
        self._track: Track | None = None
        self._meter = StrideMeter(side, placement, 1.0, 0.0, params.strides)
        self._leans: LeanFinder | None = None  # of the track
        self._rests: RestMeter | None = None
        self._start_s = 0.0  # of the track
        self._end_s = -np.inf  # of what was told of so far, gaps included
        self._recorded_s = -np.inf  # of the last sample
        self._counted = 0  # samples of the track counted into minutes
        self._blocks = 0  # of the track, seen by the watch for slips

    @property
    def mounting(self) -> Aligned | NotYet | Slipped:
        """How the sensor sits, as far as is known."""
        return self._slips.slipped or self._alignment.state

    @property
    def known_s(self) -> float:
        """No contact, stride or minute that ends before this time is still to come."""
        if self._track is None:
            return float(self._end_s)
        sample = min(self._meter.open_from(self._track.known), self._counted - self._track.hop)
        return max(self._start_s, self._start_s + sample / self._track.rate_hz)

    @property
    def leans_known_s(self) -> float:
        """No lean and no rest that ends before this time is still to come."""
        return float(self._end_s) if self._leans is None else max(self._start_s, self._leans.known_s)

    def unseen(self, block: Samples) -> Samples:
        """The part of a block that is later than everything taken so far: a repeated reading is not another one."""
        track = self._track
        end_s = self._end_s if track is None else self._start_s + track.end / track.rate_hz
        if block.start_s - end_s >= -0.5 / block.rate_hz:
            return block
        drop = min(len(block), round((end_s - block.start_s) * block.rate_hz))
        start_s = block.start_s + drop / block.rate_hz
        return Samples(block.side, block.placement, start_s, block.rate_hz, block.acc[drop:], block.gyr[drop:])

    def update(self, item: Samples | Gap) -> list[LegFindings]:
        """Take the next block of this side, all of it unseen; one that does not follow on ends the track, as a gap."""
        if isinstance(item, Gap):
            found = self.close()
            self._end_s = max(self._end_s, item.end_s)
            return found
        found = [] if self._follows(item) else self.close()
        if len(item) == 0:
            return found
        track = self._track or self._begin(item)
        piece = max(1, round(PIECE_S * item.rate_hz))
        for k in range(0, len(item), piece):
            if track.take(item.acc[k : k + piece], item.gyr[k : k + piece]):
                found.append(self._tell(track, *track.work(), last=False))
        return found

    def close(self) -> list[LegFindings]:
        """The stream ends here, for good or for a while."""
        if self._track is None:
            return []
        track, self._track = self._track, None
        found = [self._tell(track, *track.work(ending=True), last=False)]
        found.append(self._tell(track, *track.close(), last=True))
        self._leans = self._rests = None
        self._end_s = self._recorded_s = self._start_s + track.end / track.rate_hz
        return found

    def minute_before_gap(self) -> list[Minute]:
        """The minute that a gap cut off, once the gap has gone on beyond it."""
        return self._minutes.over_by(self._end_s) if self._track is None else []

    def flush_minute(self) -> list[Minute]:
        """The minute begun; only when nothing at all will follow."""
        return self._minutes.close()

    def _follows(self, item: Samples) -> bool:
        track = self._track
        if track is None:
            return True
        late = item.start_s - (self._start_s + track.end / track.rate_hz)
        return item.rate_hz == track.rate_hz and abs(late) <= 0.5 / item.rate_hz

    def _begin(self, item: Samples) -> Track:
        if item.start_s - self._recorded_s > self._params.keep_alignment_s:
            self._slips = SlipWatch(self._params.slipping or slip_params(self.placement))
            self._alignment = Alignment(self.placement, self._params.alignment, self._slips)
        self._alignment.restart()
        self._minutes.restart()
        self._track = track = Track(item.rate_hz, self._contacts, self._alignment, self._params.track)
        self._meter = StrideMeter(self.side, self.placement, item.rate_hz, item.start_s, self._params.strides)
        hop_s, block = track.hop / item.rate_hz, self._alignment.block_hops
        self._leans = LeanFinder(hop_s, block, item.start_s, self._params.leans)
        self._rests = RestMeter(hop_s, block, item.start_s)
        self._start_s = item.start_s
        self._counted = 0
        self._blocks = 0
        return track

    def _tell(self, track: Track, hops: Hops, swings: Swings, last: bool) -> LegFindings:
        length = track.hop if len(hops) != 1 or not last else track.end - self._counted
        begin_s = self._start_s + self._counted / track.rate_hz
        whole = hops if length == track.hop else hops[:0]
        tenths = Tenths(self._start_s, track.hop / track.rate_hz, whole, [] if last else list(track.states))
        minutes = self._minutes.update(hops, length, begin_s, track.rate_hz)
        self._counted += len(hops) * length
        strides = self._meter.update(swings, track.body, last)
        track.let_go_before(self._meter.needs_from)
        initial_s, final_s = (self._start_s + x / track.rate_hz for x in (swings.initial, swings.final))
        assert self._leans and self._rests
        seen, frames = (no_hops(), []) if last else (hops, track.states)
        rests, moved = self._rests.update(seen, frames), self._leans.update(seen, frames, last)
        slips, seats = ([], []) if last else self._watch(track)
        return LegFindings(initial_s, final_s, strides, minutes, slips, seats, tenths, rests, moved)

    def _watch(self, track: Track) -> tuple[list[Slip], list[Seat]]:
        block_s = self._alignment.block_hops * track.hop / track.rate_hz
        slips = [Slip(self.side, self._start_s + (self._blocks + k) * block_s, x) for k, x in track.slips]
        seats = self._seats.update(track.states, self._start_s + (self._blocks + 1) * block_s, block_s)
        self._blocks += len(track.states)
        return slips, seats
