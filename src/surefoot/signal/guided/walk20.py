"""A walk of a known way, 20 m straight on: speed, and the factor that puts integrated lengths right."""

from __future__ import annotations

from dataclasses import dataclass

from surefoot.signal.guided.paces import paces
from surefoot.signal.guided.performance import Found, NotUsable, Performance

ASK = "Stand still for two seconds, walk {distance:.0f} m straight on at your own speed, and stand still"


@dataclass(frozen=True, slots=True)
class WayParams:
    """Limits of a walk of a known way (P unless said)."""

    straight_deg: float = 90.0  # a way that turns further is not straight on
    least_factor: float = 0.75  # known over integrated way; beyond, another way was walked
    most_factor: float = 1.33
    least_strides: int = 6  # Motti Ader 2020: means are reliable from 6 cycles (E2)


def walk_20m(done: Performance, params: WayParams = WayParams()) -> Found:
    """Mean speed, standing to standing; ``factor`` puts right the lengths and speeds integrated at home."""
    ask = ASK.format(distance=done.distance_m)
    way = paces(done, ask)
    if way.turned_deg > params.straight_deg:
        raise NotUsable(f"There was a turn of {way.turned_deg:.0f} degrees. {ask}.")
    seconds = way.end_s - way.start_s
    details = {"seconds": seconds, "strides": float(way.strides), "stride_time_s": way.stride_s}
    if way.strides < params.least_strides:
        raise NotUsable(f"Only {way.strides} strides were seen. {ask}.")
    if way.distance_m is not None and way.length_m is not None:
        factor = done.distance_m / way.distance_m
        if not params.least_factor < factor < params.most_factor:
            raise NotUsable(
                f"The way looked like {way.distance_m:.0f} m, not {done.distance_m:.0f} m. Measure it. {ask}."
            )
        details |= {"factor": factor, "integrated_m": way.distance_m, "stride_length_m": factor * way.length_m}
    quality = way.valid / way.strides
    return Found(way.start_s, way.end_s, done.distance_m / seconds, quality, details)
