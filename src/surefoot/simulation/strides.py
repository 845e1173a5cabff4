"""The strides of one walk, planned for both legs: when each starts at mid-stance, how long it is, how far it turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Array, Side
from surefoot.simulation.pulses import Buckle, Stumble

FIRST = 1.25  # the stride out of standing, and the one into it, take this much longer
# a stride has two steps; from contact to contact it spans two of the strides counted here, in parts of 0.22 and 0.78
RESCUE = np.array([0.62, 1.25])  # the step out of a giving way, and the one after it, against the usual
_STEP_SPREAD = 2**0.5 / (0.22**2 + 0.78**2) ** 0.5


@dataclass(frozen=True, slots=True)
class Variation:
    """Stride-to-stride variation as coefficients of variation, in percent (stride time 1-3 %, clinical.md 6.2, E2)."""

    time_pct: float = 2.0
    length_pct: float = 2.5
    tilt_pct: float = 2.5
    lift_pct: float = 5.0
    impact_pct: float = 25.0
    impact_ms: float = 6.0  # spread of the delay from contact to the shank
    unsteadiness: float = 1.0  # size of what changes the shape of strides, see unsteadiness.py


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of direction, positive to the left, spread over ``strides`` strides from number ``at_stride`` on."""

    at_stride: int
    degrees: float
    strides: int = 3


@dataclass(frozen=True, slots=True, eq=False)
class Strides:
    """One leg's strides: stride k lasts from ``starts_s[k]`` to ``starts_s[k + 1]``, both at mid-stance."""

    starts_s: Array  # (m + 1,)
    lengths_m: Array  # (m,)
    tilt: Array  # (m,) scale of the tilt range
    lift: Array  # (m,) scale of the ankle's path upwards
    turn_rad: Array  # (m,)
    impact: Array  # (m,) size of the heel strike
    impact_delay_s: Array  # (m,) beyond the usual
    drag: Array  # (m,) how hard the toe scrapes along the floor in swing; 0 where it does not
    unsteady_at: int  # where the tape of unsteadiness is played from

    def at(self, stride: int, part: float) -> float:
        """Time at which this part (0..1) of a stride's path is reached."""
        return float(self.times(np.array([part]))[0, stride])

    def times(self, parts: Array) -> Array:
        """(len(parts), m) times at which each part (0..1) of each stride's path is reached."""
        took = np.diff(self.starts_s)
        done = np.tile(parts[:, None], (1, len(took)))
        s = np.linspace(0, 1, 401)
        done[:, 0] = np.interp(parts, easing_in(s)[0], s)
        done[:, -1] = np.interp(parts, 1 - easing_in(1 - s)[0], s)
        return self.starts_s[:-1] + done * took


def easing_in(s: Array) -> tuple[Array, Array, Array]:
    """Path done after part ``s`` of the first stride's time, and its two derivatives.

    It starts at rest and ends at the pace of the next stride.
    """
    a, b = 3 - FIRST, FIRST - 2
    return a * s**2 + b * s**3, 2 * a * s + 3 * b * s**2, 2 * a + 6 * b * s


def plan(
    count: int,
    stride_s: float,
    length_m: float,
    tilt_scale: float,
    variation: Variation,
    turns: Sequence[Turn],
    stumbles: Sequence[Stumble],
    buckles: Sequence[Buckle],
    first: Side,
    start_s: float,
    rng: np.random.Generator,
) -> dict[Side, Strides]:
    """Plan ``count`` strides of each leg in antiphase, ``first`` leading out of standing at ``start_s``.

    The first leg begins with half a stride and the other ends with one, so that both cover the same distance.
    Raises ValueError for fewer than 2 strides.
    """
    if count < 2:
        raise ValueError(f"a walk needs at least 2 strides of each leg, got {count}")
    at = start_s + _steps(count, stride_s, variation, stumbles, buckles, first, rng)
    pace, turn = _course(count, turns)
    legs: dict[Side, Strides] = {}
    for side in (first, *(s for s in SIDES if s != first)):
        leading = side == first
        lengths = length_m * pace * (1 + variation.length_pct / 100 * rng.standard_normal(count))
        lengths[0 if leading else -1] *= 0.5
        lift = 1 + variation.lift_pct / 100 * rng.standard_normal(count)
        for s in stumbles:
            if s.side == side:
                lengths[s.at_stride] *= 0.75 if s.recovery == "lowering" else 0.95
                lift[s.at_stride] *= 1.0 if s.recovery == "lowering" else 1.6
        legs[side] = Strides(
            starts_s=at[0::2] if leading else at[1::2],
            lengths_m=lengths,
            tilt=tilt_scale * pace**0.25 * (1 + variation.tilt_pct / 100 * rng.standard_normal(count)),
            lift=lift,
            turn_rad=turn,
            impact=np.exp(variation.impact_pct / 100 * rng.standard_normal(count)),
            impact_delay_s=variation.impact_ms / 1000 * rng.standard_normal(count),
            drag=np.zeros(count),
            unsteady_at=int(rng.integers(1 << 30)),
        )
        legs[side].tilt[0 if leading else -1] *= 0.75
    return legs


def _steps(
    count: int,
    stride_s: float,
    variation: Variation,
    stumbles: Sequence[Stumble],
    buckles: Sequence[Buckle],
    first: Side,
    rng: np.random.Generator,
) -> Array:
    """When each leg in turn reaches mid-stance, in seconds from the start."""
    spread = variation.time_pct / 100 * _STEP_SPREAD
    steps = stride_s / 2 * (1 + spread * rng.standard_normal(2 * count + 1))
    steps[:2] *= FIRST
    steps[-2:] *= FIRST
    for s in stumbles:  # put down early, and the other foot hurries after it; or lifted over, which takes longer
        step = 2 * s.at_stride + (s.side != first)
        steps[step : step + 2] *= 0.87 if s.recovery == "lowering" else 1.1
    for b in buckles:
        if b.at_stride is None or b.outcome == "fall":
            continue
        step = 2 * b.at_stride + (b.side != first)
        if b.outcome == "rescue":  # the other foot comes down early
            steps[step : step + 2] *= RESCUE
        else:  # the step after a giving way takes as long as getting up from it
            steps[step] += 0.6 * b.falling_s + 0.1
    return np.concatenate([[0.0], np.cumsum(np.maximum(steps, 0.6 * stride_s / 2))])


def _course(count: int, turns: Sequence[Turn]) -> tuple[Array, Array]:
    """Length of each stride against the usual, shorter at both ends and in turns, and its change of heading."""
    pace, turn = np.ones(count), np.zeros(count)
    pace[:2], pace[-1] = (0.85, 0.95), 0.85
    for each in turns:
        during = slice(each.at_stride, min(each.at_stride + each.strides, count))
        turn[during] += np.deg2rad(each.degrees) / max(during.stop - during.start, 1)
        pace[during] *= 1 - min(abs(each.degrees) / each.strides / 120, 0.5)
    return pace, turn
