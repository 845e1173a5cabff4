"""A walk of a known way, 20 m straight on: speed, and the factors that put integrated lengths right.

Who walks back at once has done it too: the way there is counted, to the middle of the turn, which is at the mark.
"""

from __future__ import annotations

from dataclasses import dataclass

from surefoot.signal.guided.paces import Paces, heading_deg, paces, ways_m
from surefoot.signal.guided.performance import Found, NotUsable, Performance
from surefoot.signal.guided.turnback import turn_back

ASK = "Keep still for two seconds, then walk {distance:.0f} m straight on at your own speed"


@dataclass(frozen=True, slots=True)
class WayParams:
    """Limits of a walk of a known way (P unless said)."""

    straight_deg: float = 90.0  # a way that turns further is not straight on
    least_factor: float = 0.75  # known over integrated way; beyond, another way was walked
    most_factor: float = 1.33
    least_strides: int = 6  # Motti Ader 2020: means are reliable from 6 cycles (E2)


def walk_20m(done: Performance, params: WayParams = WayParams()) -> Found:
    """Mean speed, from standing to standing or to the turn.

    The details ``factor`` and, for each leg, ``shank_factor_left`` and the like put right the lengths and speeds
    integrated at home (``pipeline/calibration.py``); those of each leg are not told of a walk there and back, for
    people turn behind the mark (0.2 m on ipol1's feet).
    """
    ask = ASK.format(distance=done.distance_m)
    way = paces(done, ask)
    turned = way.turned_deg > params.straight_deg
    end_s = _turned_at_s(done, way, ask) if turned else way.end_s
    seconds, ways = end_s - way.start_s, ways_m(done, end_s)
    details = {"seconds": seconds, "strides": float(way.strides), "stride_time_s": way.stride_s}
    if way.strides < params.least_strides * (2 if turned else 1):
        raise NotUsable(f"Only {way.strides} strides were seen. {ask}.")
    if ways and way.length_m is not None:
        integrated_m = sum(ways.values()) / len(ways)
        factor = done.distance_m / integrated_m
        if not params.least_factor < factor < params.most_factor:
            looked = (
                f"The way{' there' if turned else ''} looked like {integrated_m:.0f} m, not {done.distance_m:.0f} m"
            )
            turn = f"There was a turn of {way.turned_deg:.0f} degrees. " if turned else ""
            raise NotUsable(f"{turn}{looked}. Measure it. {ask}.")
        details |= {"factor": factor, "integrated_m": integrated_m, "stride_length_m": factor * way.length_m}
        each = {f"{done.placement}_factor_{side}": done.distance_m / m for side, m in ways.items()}
        details |= {"turned_back": 1.0} if turned else each
    elif turned:
        raise NotUsable(f"There was a turn of {way.turned_deg:.0f} degrees, and nobody knows where. {ask}.")
    return Found(way.start_s, end_s, done.distance_m / seconds, way.valid / way.strides, details)


def _turned_at_s(done: Performance, way: Paces, ask: str) -> float:
    """The middle of the turn of somebody who walked there and back; any other turn spoils it."""
    turn = turn_back(heading_deg(done), done.rate_hz, way.start_s, way.end_s)
    if turn is None:
        raise NotUsable(f"There was a turn of {way.turned_deg:.0f} degrees. {ask}, or straight on and straight back.")
    return turn.middle_s
