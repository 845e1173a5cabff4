"""Walking: both legs together, as a stream or a whole recording. The door to this room.

Findings are told in the order of the time at which they become certain, never before both legs are known that far, so
that neither the cutting of the stream nor the order in which the legs' blocks arrive can change what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import (
    SIDES,
    Activity,
    Array,
    Bout,
    Check,
    Gap,
    Incident,
    Minute,
    Placement,
    Rise,
    Samples,
    Side,
    Slip,
)
from surefoot.signal.activity import ActivityBook
from surefoot.signal.alignment import Aligned, NotYet
from surefoot.signal.blocks import block_of, in_turn
from surefoot.signal.bouts import BoutBook
from surefoot.signal.clocks import ClockOffset, ClockWatch, OffsetNotKnown
from surefoot.signal.company import Company
from surefoot.signal.falls import Falls
from surefoot.signal.footdrop import FootDrop
from surefoot.signal.givingway import GivingWay
from surefoot.signal.incidents import IncidentBook
from surefoot.signal.leans import Movement
from surefoot.signal.leg import Leg, LegFindings
from surefoot.signal.lengths import put_right
from surefoot.signal.pairing import pair
from surefoot.signal.rests import Rests
from surefoot.signal.seats import Seat
from surefoot.signal.sides import SideWatch
from surefoot.signal.slipping import Slipped
from surefoot.signal.snippets import Snippets
from surefoot.signal.standing import Standing
from surefoot.signal.stumbles import stumbles
from surefoot.signal.table import StrideTable
from surefoot.signal.tenths import Past
from surefoot.signal.terrain import Terrain, terrain_params
from surefoot.signal.told import USUAL, WalkFindings, WalkParams

CONTACTS_KEPT_S = 10.0
PAST_KEPT_S = 50.0  # of tenths of a second
TELL_EVERY_S = 2.0  # all but contacts is looked at so often, and told so much later at most: each look has its price
AT_ONCE = 2048  # strides looked at together; more would leave the cache


class WalkStream:
    """Blocks of either leg in, findings out. ``sides`` are the sensors worn; one leg alone works and says less."""

    def __init__(
        self, sides: Sequence[Side] = SIDES, placement: Placement = "shank", params: WalkParams = USUAL
    ) -> None:
        self.placement: Placement = placement
        self._legs = {side: Leg(side, placement, params.leg) for side in sides}
        self._params = params
        self._strides: list[StrideTable] = []
        self._minutes: list[Minute] = []
        self._checks: list[Check] = []
        self._seats: list[Seat] = []
        self._contacts: dict[Side, tuple[Array, Array]] = {side: (np.empty(0), np.empty(0)) for side in sides}
        self._bouts = BoutBook(tuple(sides), placement, params.bouts)
        self._company = Company(placement, params.company)
        self._terrain = Terrain(params.terrain or terrain_params(placement))
        self._foot_drop = FootDrop(placement, params.foot_drop)
        self._giving_way = GivingWay(params.giving_way)
        self._standing = Standing(params.standing)
        self._falls = Falls(params.falls)
        self._pasts: dict[Side, Past] = {side: Past() for side in sides}
        self._raw = Snippets()
        self._incidents = IncidentBook(params.foot_drop, self._raw)
        self._sides = SideWatch(tuple(sides), placement, params.sides)
        self._clocks = ClockWatch(sides, placement, params.clocks)
        self._activities = ActivityBook(tuple(sides), params.activity)
        self._rests: dict[Side, list[Rests]] = {side: [] for side in sides}
        self._moved: dict[Side, list[Movement]] = {side: [] for side in sides}
        self._known_s = -np.inf

    def update(self, item: Samples | Gap) -> WalkFindings:
        """Take the next block of one leg. KeyError for a side that was not announced."""
        leg = self._legs[item.side]
        if isinstance(item, Samples):
            item = leg.unseen(item)
            self._raw.add(item)
        found = leg.update(item)
        if not found and isinstance(item, Samples):  # the leg gathers short blocks
            return self._nothing()
        new = self._gather(leg.side, found)
        self._minutes += leg.minute_before_gap()
        return self._tell(min(leg.known_s for leg in self._legs.values()), new)

    def close(self) -> WalkFindings:
        """Nothing more will come: tell the rest."""
        new: dict[Side, tuple[Array, Array]] = {}
        for leg in self._legs.values():
            new |= self._gather(leg.side, leg.close())
            self._minutes += leg.flush_minute()
        return self._tell(np.inf, new)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The legs with a sensor."""
        return tuple(self._legs)

    def mounting(self, side: Side) -> Aligned | NotYet | Slipped:
        """How the sensor of a leg sits, as far as is known."""
        return self._legs[side].mounting

    @property
    def clock_offset(self) -> ClockOffset | OffsetNotKnown:
        """How far the two sensors' clocks stand apart, as far as is known."""
        return self._clocks.state

    def _nothing(self, contacts: dict[Side, tuple[Array, Array]] | None = None) -> WalkFindings:
        return WalkFindings(StrideTable.empty(self.placement), [], [], [], contacts or {})

    def _gather(self, side: Side, found: list[LegFindings]) -> dict[Side, tuple[Array, Array]]:
        self._strides += [f.strides for f in found if len(f.strides)]
        for f in found:
            self._minutes += f.minutes
            self._checks += f.slips
            self._seats += f.seats
            self._clocks.notice({side: f.initial_s})
            if self._pasts[side].add(f.tenths) > self._params.leg.keep_alignment_s:
                self._foot_drop.put_on(side, f.tenths.start_s)
                self._giving_way.put_on(side, f.tenths.start_s)
            self._moved[side] += f.movements
            if f.rests is not None:
                self._rests[side].append(f.rests)
        pieces = [f for f in found if len(f.initial_s)]
        if not pieces:
            return {}
        new = np.concatenate([f.initial_s for f in pieces]), np.concatenate([f.final_s for f in pieces])
        before = self._contacts[side]
        self._contacts[side] = (np.concatenate([before[0], new[0]]), np.concatenate([before[1], new[1]]))
        return {side: new}

    def _tell(self, known_s: float, contacts: dict[Side, tuple[Array, Array]]) -> WalkFindings:
        """Everything that became certain by the last whole ``TELL_EVERY_S`` before ``known_s``."""
        known_s = float(np.floor(known_s / TELL_EVERY_S) * TELL_EVERY_S)
        if known_s <= self._known_s:
            return self._nothing(contacts)
        self._known_s = known_s
        strides = self._settled(self._strides_before(known_s), known_s)
        for first in range(0, len(strides), AT_ONCE):
            self._look_at(strides.take(slice(first, first + AT_ONCE)))
        put_right(strides, self._params.length_factors)
        self._checks += self._clocks.update(known_s, self._raw)
        settled_s = known_s - self._params.company.wait_s
        walked = self._bouts.update(strides, settled_s)
        self._incidents.wait(self._outside_strides(strides, settled_s))
        incidents = self._incidents.tell(settled_s, walked)
        minutes = sorted((m for m in self._minutes if m.start_s + 60.0 <= known_s), key=lambda m: (m.start_s, m.side))
        self._minutes = [m for m in self._minutes if m.start_s + 60.0 > known_s]
        self._forget(known_s)
        checks = sorted((c for c in self._checks if c.at_s <= settled_s), key=lambda c: (c.at_s, str(c)))
        self._checks = [c for c in self._checks if c.at_s > settled_s]
        seats = sorted((s for s in self._seats if s.at_s <= settled_s), key=lambda s: (s.at_s, s.side))
        self._seats = [s for s in self._seats if s.at_s > settled_s]
        doing = self._doing(strides, settled_s)
        return WalkFindings(strides, [w.bout for w in walked], incidents, minutes, contacts, checks, *doing, seats)

    def _doing(self, strides: StrideTable, settled_s: float) -> tuple[list[Activity], list[Rise]]:
        legs = [leg.leans_known_s for leg in self._legs.values()] if settled_s < np.inf else []
        rests, moved = self._rests, self._moved
        self._rests, self._moved = {side: [] for side in rests}, {side: [] for side in moved}
        return self._activities.update(strides, rests, moved, min([settled_s, *legs]))

    def _settled(self, strides: StrideTable, known_s: float) -> StrideTable:
        """The strides whose neighbours are known by ``known_s``, without lone swings, those on stairs labelled."""
        if len(strides):
            pair(strides, *_by_event(self._contacts))
            self._terrain.weigh(strides)
        around = self._company.update(strides, known_s)
        if not around.told.any():
            return StrideTable.empty(self.placement)
        self._terrain.label(around.strides, around.told)
        return around.strides.take(around.told)

    def _look_at(self, strides: StrideTable) -> None:
        """What both legs together say of strides that are certain."""
        self._foot_drop.flag(strides)
        self._checks += self._sides.update(strides)
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
        settled_s = known_s - self._params.company.wait_s
        happening_s = min(settled_s, self._falls.open_from_s)
        for past in self._pasts.values():
            past.forget_before(happening_s - PAST_KEPT_S)
        raw_s = min(self._incidents.needs_from(min(settled_s, happening_s)), self._clocks.needs_from(known_s))
        self._raw.forget_before(raw_s)
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
    checks: list[Check]
    clock_offset: ClockOffset | OffsetNotKnown
    activities: list[Activity]

    @property
    def slips(self) -> list[Slip]:
        """The checks that say a sensor moved on its leg."""
        return [check for check in self.checks if isinstance(check, Slip)]


def analyze(
    sensors: Mapping[str, tuple[Array, Array]],
    rate_hz: float,
    placement: Placement = "shank",
    params: WalkParams = USUAL,
) -> Walk:
    """Analyse a whole recording of one or both legs.

    ``sensors``: "left" and/or "right" -> (acc, gyr), each (n, 3), m/s^2 with gravity and deg/s, in the sensor's own
    axes (any mounting). Legs may differ in length. The same code as the live stream, given long blocks.
    ValueError for another key, other shapes, values that are not finite, or a rate that is not positive.
    """
    blocks = [block_of(side, acc, gyr, rate_hz, placement) for side, (acc, gyr) in sensors.items()]
    if not blocks:
        raise ValueError("no sensor given: expected 'left' and/or 'right'")
    stream = WalkStream([b.side for b in blocks], placement, params)
    found = [stream.update(part) for part in in_turn(blocks)] + [stream.close()]
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
        [r for f in found for r in f.rises],
        [m for f in found for m in f.minutes],
        [c for f in found for c in f.checks],
        stream.clock_offset,
        [a for f in found for a in f.activities],
    )


def _by_event(contacts: Mapping[Side, tuple[Array, Array]]) -> tuple[dict[str, Array], dict[str, Array]]:
    return {side: both[0] for side, both in contacts.items()}, {side: both[1] for side, both in contacts.items()}
