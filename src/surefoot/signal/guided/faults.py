"""Faults: what makes any guided test unusable before it is even looked at, each with what to do.

Think of somebody alone at home: a sensor on the table, both on one leg, the tap forgotten, the battery empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import Array, Side
from surefoot.signal.guided.performance import NotUsable
from surefoot.signal.guided.readings import Readings


@dataclass(frozen=True, slots=True)
class FaultParams:
    """Limits of what is believed (P)."""

    least_s: float = 3.0  # of readings
    clipped_run: int = 3  # samples in a row at the sensor's end of scale
    clipped_dps: float = 240.0  # no sensor's scale ends below
    clipped_mps2: float = 18.0
    still_dps: float = 5.0  # a leg that never turns faster (95th percentile) did nothing
    same_share: float = 0.05  # two sensors whose rates differ by less sit on one leg
    shaken_mps2: float = 3.2  # root mean square beside gravity; a foot that stays on the floor is shaken less (umafall:
    # sitting down and rising up to 3.15, hopping from 3.25, walking from 2.2 with a middle of 4.6)
    walking_dps: float = 150.0  # faster than anybody rises; every swing is, but the very slowest
    gap_margin_s: float = 0.5


def check(
    legs: Mapping[Side, Readings], one_legged: bool, at_rest: bool = True, params: FaultParams = FaultParams()
) -> None:
    """Raises NotUsable for a fault that no test survives."""
    for side, leg in legs.items():
        _check_length(leg, params)
        if at_rest and leg.rested_s < leg.params.rest_s and _moves(leg, params):
            raise NotUsable(
                f"The {side} leg was already moving when the recording began. Tap start, keep still for two seconds, "
                "then begin."
            )
    moving = {side: _moves(leg, params) for side, leg in legs.items()}
    if not any(moving.values()):
        raise NotUsable("No movement was seen. Put the sensors on, tap start, then do the test.")
    if not one_legged:
        for side in (s for s, moved in moving.items() if not moved):
            raise NotUsable(f"The {side} sensor did not move with the other. Check that it is on the {side} leg.")
    if _same_leg(list(legs.values()), params):
        raise NotUsable("Both sensors moved as one: they are on the same leg. Put one on each leg and do it again.")
    for side, leg in legs.items():
        if _clipped(leg.acc, params.clipped_mps2, params) or _clipped(leg.gyr, params.clipped_dps, params):
            raise NotUsable(
                f"Movements were stronger than the {side} sensor can measure. Strap it tighter, set its range wider, "
                "and do the test again."
            )


def check_gaps(
    gaps: Sequence[tuple[float, float]], start_s: float, end_s: float, params: FaultParams = FaultParams()
) -> None:
    """Raises NotUsable where readings are missing within the test."""
    inside = [(a, b) for a, b in gaps if a < end_s + params.gap_margin_s and b > start_s - params.gap_margin_s]
    if inside:
        lost_s = _covered_s(inside)
        raise NotUsable(
            f"Readings are missing during the test ({lost_s:.1f} s). Keep the phone or receiver near and do it again."
        )


def moved_between(legs: Mapping[Side, Readings]) -> tuple[float, float]:
    """From the first movement of any leg to the last, s."""
    moving = [np.flatnonzero(leg.activity > leg.active_dps) / leg.rate_hz for leg in legs.values()]
    seen = np.concatenate([*moving, np.zeros(1)])
    return float(min((m[0] for m in moving if len(m)), default=0.0)), float(seen.max())


def before_walking(legs: Mapping[Side, Readings], params: FaultParams = FaultParams()) -> int:
    """How many samples to judge of a test on the spot: to the end of the rest before somebody walked off to tap stop.

    All of them where nobody walked, or walked without a rest behind the test. Raises NotUsable for a walk with no test
    before it.
    """
    n = min(len(leg.gyr) for leg in legs.values())
    fast = np.any([leg.activity[:n] > params.walking_dps for leg in legs.values()], axis=0)
    still = np.all([leg.activity[:n] < leg.active_dps for leg in legs.values()], axis=0)
    edges = np.flatnonzero(np.diff(np.r_[False, still, False].astype(np.int8)))
    rate_hz, rest_s = next((leg.rate_hz, leg.params.rest_s) for leg in legs.values())
    ends = [b for a, b in zip(edges[::2], edges[1::2], strict=True) if a > 0 and b - a >= rest_s * rate_hz]
    first = int(np.argmax(fast)) if fast.any() else n
    kept = int(max((b for b in ends if b <= first), default=n)) if first < n else n
    if kept < min(n, params.least_s * rate_hz):
        raise NotUsable(
            f"Walking was seen {first / rate_hz:.0f} s after the recording began, and no test before it. Tap start "
            "where you do the test, keep still for two seconds, then begin."
        )
    return kept


def check_on_the_spot(legs: Mapping[Side, Readings], ask: str, params: FaultParams = FaultParams()) -> None:
    """Raises NotUsable where a foot left the floor again and again."""
    for side, leg in legs.items():
        beside = np.linalg.norm(leg.acc, axis=1) - np.median(np.linalg.norm(leg.acc, axis=1))
        if float(np.sqrt(np.mean(beside**2))) > params.shaken_mps2:
            raise NotUsable(f"The {side} leg was shaken as in walking or jumping. {ask}, without stepping.")


def _covered_s(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds within any of them; both legs may have lost the same ones."""
    covered, until = 0.0, -np.inf
    for a, b in sorted(spans):
        covered += max(0.0, b - max(a, until))
        until = max(until, b)
    return covered


def _check_length(leg: Readings, params: FaultParams) -> None:
    seconds = len(leg.acc) / leg.rate_hz
    if seconds < params.least_s:
        raise NotUsable(f"Only {seconds:.1f} s were recorded. Tap start, do the whole test, then tap stop.")


def _moves(leg: Readings, params: FaultParams) -> bool:
    return float(np.percentile(leg.activity, 95)) > params.still_dps


def _same_leg(legs: Sequence[Readings], params: FaultParams) -> bool:
    """On one leg two sensors turn equally fast at every moment, however they are mounted."""
    if len(legs) < 2:
        return False
    n = min(len(leg.gyr) for leg in legs)
    one, other = (leg.smooth(np.linalg.norm(leg.gyr[:n], axis=1)) for leg in legs)
    return bool(np.std(one - other) < params.same_share * np.std(one))


def _clipped(x: Array, least: float, params: FaultParams) -> bool:
    """Whether a channel stays at its greatest value for some samples on end."""
    for channel in np.abs(x).T:
        top = channel.max()
        if top > least:
            at_top = channel >= top * (1 - 1e-6)
            runs = np.convolve(at_top, np.ones(params.clipped_run), mode="valid")
            if (runs >= params.clipped_run).any():
                return True
    return False
