"""The ground that is walked on: level, a ramp or stairs, and what a stride looks like there.

Stairs have curves of their own. Their rates were set by hand at what one sensor at the lower leg shows on the stairs
of the public terrain recordings (four healthy people; docs/simulation.md); the ankle's way follows from rise and run.
Grade P, as is how a ramp changes the level stride.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from surefoot.records import Array, Side
from surefoot.simulation import gait
from surefoot.simulation.gait import Cycle, Leg, Manner, own_shape
from surefoot.simulation.shapes import POINTS, bell, hump, mid_stance_index, phase, slope, terms

GroundKind = Literal["walk", "stairs_up", "stairs_down", "ramp_up", "ramp_down"]

_STRIDE_S = {"stairs_up": 1.10, "stairs_down": 1.02, "ramp_up": 1.04, "ramp_down": 0.98}  # against level walking
_FINAL_CONTACT = {"stairs_up": 0.66, "stairs_down": 0.64}
_HEEL_STRIKE = {"stairs_up": 0.25, "stairs_down": 0.9}
_REFERENCE_S = 1.1


@dataclass(frozen=True, slots=True)
class Ground:
    """What is walked on. ``rise_m`` and ``run_m`` of one stair; ``slope`` of a ramp, height over length.

    ``alternating``: each foot on every second stair; else both feet on each. ``vigour`` scales the shank's turning.
    """

    kind: GroundKind = "walk"
    rise_m: float = 0.17
    run_m: float = 0.28
    alternating: bool = True
    slope: float = 0.08
    vigour: float = 1.0

    @property
    def stairs(self) -> bool:
        return self.kind in ("stairs_up", "stairs_down")

    @property
    def stride_time_factor(self) -> float:
        return _STRIDE_S.get(self.kind, 1.0)

    def length_m(self, level_m: float) -> float:
        """Of a stride, where it is ``level_m`` on level ground."""
        return self.run_m * (2 if self.alternating else 1) if self.stairs else level_m

    def climb_m(self, level_m: float) -> float:
        """How much higher a stride ends than it began."""
        if self.kind == "walk":
            return 0.0
        down = -1.0 if self.kind in ("stairs_down", "ramp_down") else 1.0
        return down * (self.rise_m * (2 if self.alternating else 1) if self.stairs else self.slope * level_m)

    def cycle(self, side: Side, leg: Leg, manner: Manner, speed_mps: float, stride_s: float) -> Cycle:
        """The stride of one leg on this ground; speed and stride time as on level ground."""
        about = round(speed_mps, 1), round(stride_s, 1)
        climb_m = round(self.climb_m(speed_mps * stride_s), 3)
        if self.stairs:
            return _stair_cycle(self.kind, side, leg, manner, climb_m, self.vigour)
        return gait.cycle(side, leg, manner, *about, climb_m)


LEVEL = Ground()


@lru_cache(maxsize=64)
def _stair_cycle(kind: GroundKind, side: Side, leg: Leg, manner: Manner, climb_m: float, vigour: float) -> Cycle:
    q, up = phase(), kind == "stairs_up"
    rate = _rate_up(q, leg, manner) if up else _rate_down(q, manner)
    rate -= rate.mean()
    tilt = (
        -_REFERENCE_S
        * vigour
        * (1 + manner.range_pct / 100)
        * (np.cumsum(rate) - np.cumsum(rate)[mid_stance_index()])
        / POINTS
    )
    standing = gait.cycle(side, leg, manner, 1.0, 1.1).shank[gait.TILT, 0]
    span = (0.50, 1.02)
    forward = terms(q, (1.0,), *span)
    lifted = terms(q, (1.0,), *((0.50, 0.92) if up else (0.66, 1.02)))
    clearance = (0.045 + 0.03 * leg.dorsi * (1 - leg.circ)) * (hump(q, 0.58, 1.02) if up else hump(q, 0.52, 0.92))
    toes = -35 * bell(q, 0.62, 0.06) + ((8 - 20 * leg.dorsi) if up else -18) * bell(q, 0.93, 0.035)
    return gait.assemble(
        side,
        manner,
        tilt_rad=np.deg2rad(tilt + own_shape(q, manner) + manner.tilt_deg * bell(q, 0.7, 0.08)) + standing,
        forward=forward / forward.mean(),
        up=climb_m * lifted / lifted.mean() + slope(clearance),
        outward_m=(0.08 * leg.dorsi * leg.circ - 0.02) * hump(q, *span),
        pitch_rad=np.deg2rad(toes),
        free=hump(q, *span),
        q=q,
        final_contact=_FINAL_CONTACT[kind],
        foot_pitch_at_contact_deg=float(np.interp(1.0, q, toes)),
        heel_strike=_HEEL_STRIKE[kind],
        slap=0.0,
        foot_flat_s=0.06,
        rise_m=climb_m,
    )


def _rate_up(q: Array, leg: Leg, manner: Manner) -> Array:
    """deg/s, positive in swing: the shank is pulled upright over the stair, then pushes off and swings short."""
    push = 1 - 0.4 * leg.push + manner.push_off_pct / 100
    pull = 33 * (1 - 0.5 * leg.quad) * bell(q, 0.18, 0.10)
    return 219 * bell(q, 0.85, 0.06) + pull - 196 * push * bell(q, 0.61, 0.085)


def _rate_down(q: Array, manner: Manner) -> Array:
    """The body is let down over a foot that stays: the shank leans forward all through stance."""
    landing = -130 * (1 + manner.loading_pct / 100) * bell(q, 0.06, 0.05) - 85 * bell(q, 0.17, 0.10)
    return 387 * bell(q, 0.84, 0.09) + landing - 205 * bell(q, 0.56, 0.10)
