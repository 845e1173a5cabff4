"""Paces: what the strides of a test with walking in it say: where it began and ended, how far and how straight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Array, Side
from surefoot.signal.guided.performance import NotUsable, Performance


@dataclass(frozen=True, slots=True)
class PaceParams:
    """What a way of walking is made of (P)."""

    least_strides: int = 3  # of each leg
    first_share: float = 0.35  # of a stride: the leading foot's way out of standing; the other's is twice that
    longest_break_s: float = 3.0  # Mobilise-D's: a longer one ends a walk (E1)
    at_end_s: float = 0.5  # still for so long before the second tap


@dataclass(frozen=True, slots=True, eq=False)
class Paces:
    """The walking of a test. ``start_s``, ``end_s``: first and last movement of either leg around the strides."""

    start_s: float
    end_s: float
    first_lift_s: float  # first foot off the ground
    strides: int  # of both legs
    valid: int
    length_m: float | None  # median stride
    ways_m: Mapping[Side, float]  # integrated, of each leg whose strides are known
    turned_deg: float  # greatest change of direction between any two moments
    stride_s: float

    @property
    def distance_m(self) -> float | None:
        return float(np.mean(list(self.ways_m.values()))) if self.ways_m else None


def paces(done: Performance, ask: str, bridge_s: float = 0.0, params: PaceParams = PaceParams()) -> Paces:
    """The walking between the taps; raises NotUsable where there is none, it was interrupted, or went on.

    A rest no longer than ``bridge_s`` before or behind the steps still belongs to the test.
    """
    walk = done.walk
    contacts = [c for c in walk.initial_contacts.values() if len(c)] if walk else []
    if walk is None or not contacts or min(len(c) for c in contacts) < params.least_strides:
        raise NotUsable(f"No walking was seen. {ask}.")
    every = np.sort(np.concatenate(contacts))
    breaks = np.diff(every)
    if breaks.max(initial=0.0) > params.longest_break_s:
        raise NotUsable(f"There was a stop of {breaks.max():.0f} s on the way. {ask} without stopping.")
    start_s, end_s = _spell(done, float(every[0]) - 0.3, float(every[-1]) + 0.2, bridge_s)
    if end_s > done.seconds - params.at_end_s:
        raise NotUsable(f"The recording stopped before the test did. {ask}, keep still for two seconds, then tap stop.")
    strides = walk.strides
    heading = heading_deg(done)
    return Paces(
        start_s,
        end_s,
        min(float(lifts[0]) for lifts in walk.final_contacts.values() if len(lifts)),
        len(strides),
        int(strides["valid"].sum()),
        _median(strides["stride_length_m"]),
        ways_m(done, params=params),
        float(np.ptp(heading)),
        float(np.median(strides["stride_time_s"])) if len(strides) else float(np.median(np.diff(contacts[0]))),
    )


def _spell(done: Performance, first_s: float, last_s: float, bridge_s: float) -> tuple[float, float]:
    """From the last long rest before to the first one behind, s."""
    n = min(len(leg.acc) for leg in done.legs.values())
    still = np.all([leg.activity[:n] < leg.active_dps for leg in done.legs.values()], axis=0)
    edges = np.flatnonzero(np.diff(np.r_[False, still, False].astype(np.int8)))
    begins, ends = edges[::2], edges[1::2]
    long = ends - begins > bridge_s * done.rate_hz
    begin_s, still_until_s = begins[long] / done.rate_hz, ends[long] / done.rate_hz
    before, behind = still_until_s[begin_s <= first_s], begin_s[still_until_s >= last_s]
    start_s = min(float(before[-1]), first_s) if len(before) else 0.0
    return start_s, max(float(behind[0]), last_s) if len(behind) else n / done.rate_hz


def heading_deg(done: Performance) -> Array:
    """Change of direction since the start, both legs' mean, freed of what a single step twists (n,)."""
    n = min(len(leg.acc) for leg in done.legs.values())
    yaw = np.mean([_about_vertical(done, side)[:n] for side in done.legs], axis=0)
    leg = done.main
    return leg.smooth(np.cumsum(yaw) / done.rate_hz, 0.7)


def _about_vertical(done: Performance, side: Side) -> Array:
    """Turn rate about the vertical, to the left positive (n,): of a leaning shank it is in part what rolls it."""
    leg, frame = done.legs[side], done.frames.get(side)
    forward, up, _ = leg.rotation(frame)
    lean = np.deg2rad(leg.lean_deg(frame))
    return np.asarray((leg.gyr @ up) * np.cos(lean) - (leg.gyr @ forward) * np.sin(lean))


def ways_m(done: Performance, until_s: float = np.inf, params: PaceParams = PaceParams()) -> dict[Side, float]:
    """How far each ankle came until then, by its strides and the step out of standing before them, which none holds.

    A stride that is not known counts as the leg's middle one.
    """
    walk = done.walk
    assert walk is not None
    known: dict[Side, Array] = {
        side: walk.initial_contacts[side]
        for side in SIDES
        if side in walk.initial_contacts and len(walk.initial_contacts[side]) > 1
    }
    leading = min(known, key=lambda side: float(known[side][0]), default=None)
    found: dict[Side, float] = {}
    for side, contacts in known.items():
        strides = walk.strides.of_side(side)
        strides = strides.take(np.isfinite(strides["stride_length_m"]))
        if len(strides) == 0:
            continue
        middle_m = float(np.median(strides["stride_length_m"]))
        lengths = np.full(len(contacts) - 1, middle_m)
        which = np.searchsorted(contacts, strides["start_s"] + 1e-6, side="right") - 1
        inside = (which >= 0) & (which < len(lengths))
        lengths[which[inside]] = strides["stride_length_m"][inside]
        first_m = params.first_share * (1 if side == leading else 2) * middle_m
        found[side] = float(np.interp(until_s, contacts, first_m + np.concatenate([[0.0], np.cumsum(lengths)])))
    return found


def _median(x: Array) -> float | None:
    known = x[np.isfinite(x)]
    return float(np.median(known)) if len(known) else None
