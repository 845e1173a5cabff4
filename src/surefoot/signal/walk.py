"""Walking: both legs together, as a stream or a whole recording. The door to this room.

Findings are told in the order of the time at which they become certain, never before both legs are known that far, so
that neither the cutting of the stream nor the order in which the legs' blocks arrive can change what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from surefoot.records import (
    SIDES,
    Array,
    Bout,
    Finding,
    Gap,
    Incident,
    Minute,
    Placement,
    Rise,
    Samples,
    Side,
    Slip,
)
from surefoot.signal.bouts import BoutBook, BoutParams
from surefoot.signal.clocks import ClockOffset, OffsetNotKnown, clock_offset
from surefoot.signal.falls import FallParams, Falls
from surefoot.signal.footdrop import FootDrop, FootDropParams
from surefoot.signal.givingway import GivingWay, GivingWayParams
from surefoot.signal.incidents import CERTAIN_S, IncidentBook
from surefoot.signal.leg import Leg, LegFindings, LegParams
from surefoot.signal.pairing import pair
from surefoot.signal.standing import Standing, StandingParams
from surefoot.signal.stumbles import StumbleParams, stumbles
from surefoot.signal.table import StrideTable
from surefoot.signal.tenths import Past
from surefoot.signal.terrain import Terrain, TerrainParams

CONTACTS_KEPT_S = 10.0
PAST_KEPT_S = 50.0  # of tenths of a second


@dataclass(frozen=True, slots=True)
class WalkParams:
    """Everything that can be tuned about walking."""

    leg: LegParams = field(default_factory=LegParams)
    bouts: BoutParams = field(default_factory=BoutParams)
    foot_drop: FootDropParams = field(default_factory=FootDropParams)
    terrain: TerrainParams = field(default_factory=TerrainParams)
    giving_way: GivingWayParams = field(default_factory=GivingWayParams)
    standing: StandingParams = field(default_factory=StandingParams)
    stumbles: StumbleParams = field(default_factory=StumbleParams)
    falls: FallParams = field(default_factory=FallParams)


@dataclass(frozen=True, slots=True, eq=False)
class WalkFindings:
    """What became certain with one update, each kind in time order."""

    strides: StrideTable
    bouts: list[Bout]
    incidents: list[Incident]
    minutes: list[Minute]
    contacts: dict[Side, tuple[Array, Array]]  # initial and final, s, as soon as each leg knows them
    slips: list[Slip] = field(default_factory=list)

    def records(self) -> list[Finding]:
        """All of them as records, in the order in which they became certain."""
        delay = BoutParams().longest_break_s + BoutParams().longest_stride_s
        keyed: list[tuple[float, int, Finding]] = [(s.end_s, 0, s) for s in self.strides]
        keyed += [(m.start_s + 60.0, 1, m) for m in self.minutes]
        keyed += [(b.end_s + delay, 2, b) for b in self.bouts]
        keyed += [(i.end_s + CERTAIN_S, 3, i) for i in self.incidents]
        keyed += [(s.at_s, 4, s) for s in self.slips]
        return [finding for _, _, finding in sorted(keyed, key=lambda x: x[:2])]


class WalkStream:
    """Blocks of either leg in, findings out. ``sides`` are the sensors worn; one leg alone works and says less."""

    def __init__(
        self, sides: Sequence[Side] = SIDES, placement: Placement = "shank", params: WalkParams = WalkParams()
    ) -> None:
        self.placement: Placement = placement
        self._legs = {side: Leg(side, placement, params.leg) for side in sides}
        self._params = params
        self._strides: list[StrideTable] = []
        self._minutes: list[Minute] = []
        self._slips: list[Slip] = []
        self._contacts: dict[Side, tuple[Array, Array]] = {side: (np.empty(0), np.empty(0)) for side in sides}
        self._bouts = BoutBook(tuple(sides), placement, params.bouts)
        self._terrain = Terrain(params.terrain)
        self._foot_drop = FootDrop(placement, params.foot_drop)
        self._giving_way = GivingWay(params.giving_way)
        self._standing = Standing(params.standing)
        self._falls = Falls(params.falls)
        self._pasts: dict[Side, Past] = {side: Past() for side in sides}
        self._incidents = IncidentBook(params.foot_drop)
        self._known_s = -np.inf

    def update(self, item: Samples | Gap) -> WalkFindings:
        """Take the next block of one leg. KeyError for a side that was not announced."""
        leg = self._legs[item.side]
        if isinstance(item, Samples):
            item = leg.unseen(item)
            self._incidents.add(item)
        found = leg.update(item)
        if not found and isinstance(item, Samples):  # the leg gathers short blocks
            return self._nothing()
        new = self._gather(leg.side, found)
        return self._tell(min(leg.known_s for leg in self._legs.values()), new)

    def close(self) -> WalkFindings:
        """Nothing more will come: tell the rest."""
        new: dict[Side, tuple[Array, Array]] = {}
        for leg in self._legs.values():
            new |= self._gather(leg.side, leg.close())
            self._minutes += leg.flush_minute()
        return self._tell(np.inf, new)

    def _nothing(self, contacts: dict[Side, tuple[Array, Array]] | None = None) -> WalkFindings:
        return WalkFindings(StrideTable.empty(self.placement), [], [], [], contacts or {})

    def _gather(self, side: Side, found: list[LegFindings]) -> dict[Side, tuple[Array, Array]]:
        self._strides += [f.strides for f in found if len(f.strides)]
        for f in found:
            self._minutes += f.minutes
            self._slips += f.slips
            self._pasts[side].add(f.tenths)
        pieces = [f for f in found if len(f.initial_s)]
        if not pieces:
            return {}
        new = np.concatenate([f.initial_s for f in pieces]), np.concatenate([f.final_s for f in pieces])
        before = self._contacts[side]
        self._contacts[side] = (np.concatenate([before[0], new[0]]), np.concatenate([before[1], new[1]]))
        return {side: new}

    def _tell(self, known_s: float, contacts: dict[Side, tuple[Array, Array]]) -> WalkFindings:
        """Everything that became certain by ``known_s``."""
        if known_s <= self._known_s:
            return self._nothing(contacts)
        self._known_s = known_s
        strides = self._strides_before(known_s)
        if len(strides):
            self._look_at(strides)
        walked = self._bouts.update(strides, known_s)
        self._incidents.wait(self._outside_strides(strides, known_s))
        incidents = self._incidents.tell(known_s, walked, self._falls.open_from_s)
        minutes = sorted((m for m in self._minutes if m.start_s + 60.0 <= known_s), key=lambda m: (m.start_s, m.side))
        self._minutes = [m for m in self._minutes if m.start_s + 60.0 > known_s]
        self._forget(known_s)
        slips = sorted((s for s in self._slips if s.at_s <= known_s), key=lambda s: (s.at_s, s.side))
        self._slips = [s for s in self._slips if s.at_s > known_s]
        return WalkFindings(strides, [w.bout for w in walked], incidents, minutes, contacts, slips)

    def _look_at(self, strides: StrideTable) -> None:
        """What both legs together say of strides that are certain."""
        pair(strides, *_by_event(self._contacts))
        self._terrain.label(strides)
        self._foot_drop.flag(strides)
        found: list[Incident] = []
        if self.placement == "shank":  # the foot does not lean, and turns about toe and heel as it swings
            found = [*self._giving_way.find(strides), *stumbles(strides, self._params.stumbles)]
            found = [i for i in found if i.side and self._pasts[i.side].walked_so(i.start_s)]
        self._incidents.notice(strides, found)

    def _outside_strides(self, strides: StrideTable, known_s: float) -> list[Incident]:
        if self.placement == "foot":
            return []
        return [*self._standing.find(self._pasts, strides, known_s), *self._falls.find(self._pasts, known_s)]

    def _strides_before(self, known_s: float) -> StrideTable:
        waiting = StrideTable.joined(self.placement, self._strides)
        certain = waiting["end_s"] < known_s
        self._strides = [waiting]
        if not certain.any():
            return StrideTable.empty(self.placement)
        self._strides = [waiting.take(~certain)]
        now = waiting.take(certain)
        return now.take(np.lexsort((now["side"], now["end_s"])))

    def _forget(self, known_s: float) -> None:
        for past in self._pasts.values():
            past.forget_before(min(known_s, self._falls.open_from_s) - PAST_KEPT_S)
        for side, (initial, final) in self._contacts.items():
            if len(initial) and initial[0] < known_s - 2 * CONTACTS_KEPT_S:
                recent = slice(int(np.searchsorted(initial, known_s - CONTACTS_KEPT_S)), None)
                self._contacts[side] = (initial[recent], final[recent])


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """What a whole recording holds. Contacts are float64 seconds from the first sample, sorted."""

    initial_contacts: dict[str, Array]
    final_contacts: dict[str, Array]
    strides: StrideTable
    bouts: list[Bout]
    incidents: list[Incident]
    rises: list[Rise]
    minutes: list[Minute]
    slips: list[Slip]
    clock_offset: ClockOffset | OffsetNotKnown


def analyze(
    sensors: Mapping[str, tuple[Array, Array]],
    rate_hz: float,
    placement: Placement = "shank",
    params: WalkParams = WalkParams(),
) -> Walk:
    """Analyse a whole recording of one or both legs.

    ``sensors``: "left" and/or "right" -> (acc, gyr), each (n, 3), m/s^2 with gravity and deg/s, in the sensor's own
    axes (any mounting). Legs may differ in length. The same code as the live stream, given one long block per leg.
    ValueError for another key, other shapes, values that are not finite, or a rate that is not positive.
    """
    blocks = [_block(side, acc, gyr, rate_hz, placement) for side, (acc, gyr) in sensors.items()]
    if not blocks:
        raise ValueError("no sensor given: expected 'left' and/or 'right'")
    stream = WalkStream([b.side for b in blocks], placement, params)
    found = [stream.update(b) for b in blocks] + [stream.close()]
    contacts: dict[str, list[Array]] = {}
    for block in blocks:
        told = [f.contacts[block.side] for f in found if block.side in f.contacts]
        contacts[block.side] = [np.concatenate([np.empty(0), *(both[k] for both in told)]) for k in (0, 1)]
    return Walk(
        {side: both[0] for side, both in contacts.items()},
        {side: both[1] for side, both in contacts.items()},
        StrideTable.joined(placement, [f.strides for f in found]),
        [b for f in found for b in f.bouts],
        [i for f in found for i in f.incidents],
        [],
        [m for f in found for m in f.minutes],
        [s for f in found for s in f.slips],
        _clocks(contacts, blocks),
    )


def _clocks(contacts: Mapping[str, Sequence[Array]], blocks: Sequence[Samples]) -> ClockOffset | OffsetNotKnown:
    if blocks[0].placement != "shank":
        return OffsetNotKnown("a foot does not feel the other one land")
    initial_s = {side: both[0] for side, both in contacts.items()}
    return clock_offset(initial_s, {b.side: b.acc for b in blocks}, blocks[0].rate_hz)


def _by_event(contacts: Mapping[Side, tuple[Array, Array]]) -> tuple[dict[str, Array], dict[str, Array]]:
    return {side: both[0] for side, both in contacts.items()}, {side: both[1] for side, both in contacts.items()}


def _block(side: str, acc: Array, gyr: Array, rate_hz: float, placement: Placement) -> Samples:
    if side not in SIDES:
        raise ValueError(f"sensor {side!r}: expected 'left' or 'right'")
    if placement not in ("shank", "foot"):
        raise ValueError(f"placement {placement!r}: expected 'shank' or 'foot'")
    if not rate_hz > 0:
        raise ValueError(f"rate_hz is {rate_hz!r}: expected a positive number")
    acc, gyr = (np.ascontiguousarray(x, dtype=np.float64) for x in (acc, gyr))
    if acc.ndim != 2 or acc.shape[1] != 3 or acc.shape != gyr.shape:
        raise ValueError(f"{side}: acc {acc.shape} and gyr {gyr.shape}, expected two arrays (n, 3) of the same length")
    if not (np.isfinite(acc).all() and np.isfinite(gyr).all()):
        raise ValueError(f"{side}: values that are not finite; use surefoot.load, which makes them gaps")
    return Samples(SIDES[SIDES.index(side)], placement, 0.0, float(rate_hz), acc, gyr)
