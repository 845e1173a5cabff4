"""Timed up and go: rise, walk three metres, turn, walk back, turn, sit down; seconds from first to last movement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surefoot.records import Array
from surefoot.signal.guided.paces import Paces, heading_deg, paces
from surefoot.signal.guided.performance import Found, NotUsable, Performance

ASK = "Sit still for two seconds, get up, walk to the line three metres away, turn, walk back and sit down"


@dataclass(frozen=True, slots=True)
class UpAndGoParams:
    """Limits of a timed up and go (P)."""

    least_turn_deg: float = 120.0  # the way back
    turn_from: float = 0.2  # a turn lasts from this share of its angle
    turn_to: float = 0.8  # to this one
    least_rise_s: float = 0.8  # first movement to first foot off the ground: nobody gets up faster
    push_off_s: float = 0.4  # the first step leans the leg so long before its foot is off the ground
    least_lean_deg: float = 4.0  # of both shanks in getting up (5.3 has 8-20)
    bridge_s: float = 1.5  # a pause so short between rising and walking, or walking and sitting, belongs to it
    least_way_m: float = 3.5  # there and back is 6 m
    most_way_m: float = 12.0


def timed_up_and_go(done: Performance, params: UpAndGoParams = UpAndGoParams()) -> Found:
    """Seconds from the first move in the chair to the last, with the parts it is made of."""
    if done.placement != "shank":
        raise NotUsable("The foot stays flat while you get up. Wear the sensors just above the ankles.")
    way = paces(done, ASK, params.bridge_s)
    heading = heading_deg(done)
    if way.turned_deg < params.least_turn_deg:
        raise NotUsable(f"No turn was seen. {ASK}.")
    if way.first_lift_s - way.start_s < params.least_rise_s or not _rose(done, way, params):
        raise NotUsable(f"No rise from the chair was seen before the first step. {ASK}.")
    if way.distance_m is not None and not params.least_way_m < way.distance_m < params.most_way_m:
        raise NotUsable(f"The way there and back looked like {way.distance_m:.0f} m, not 6 m. {ASK}.")
    turn_s = _first_turn(heading, done.rate_hz, params)
    details = {
        "rise_s": way.first_lift_s - way.start_s,
        "walk_out_s": turn_s[0] - way.first_lift_s,
        "turn_s": turn_s[1] - turn_s[0],
        "walk_back_and_sit_s": way.end_s - turn_s[1],
        "strides": float(way.strides),
    }
    return Found(way.start_s, way.end_s, way.end_s - way.start_s, 1.0 if len(done.legs) == 2 else 0.8, details)


def _rose(done: Performance, way: Paces, params: UpAndGoParams) -> bool:
    """Whether both shanks leaned before either pushed off: getting up needs both, a first step leans one."""
    part = slice(round(way.start_s * done.rate_hz), round((way.first_lift_s - params.push_off_s) * done.rate_hz))
    leans = [leg.lean_deg(done.frames.get(side))[part] for side, leg in done.legs.items()]
    return all(len(lean) and float(np.ptp(lean)) > params.least_lean_deg for lean in leans)


def _first_turn(heading: Array, rate_hz: float, params: UpAndGoParams) -> tuple[float, float]:
    """When the first half turn began and ended, s."""
    way = np.abs(heading - heading[0])
    whole = min(180.0, float(way.max()))
    begun, done = (int(np.argmax(way > share * whole)) for share in (params.turn_from, params.turn_to))
    return begun / rate_hz, done / rate_hz
