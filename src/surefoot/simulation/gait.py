"""One gait cycle of one leg: how shank and foot tilt and where the ankle goes, as smooth functions of phase.

Phase 0 is the initial contact. Frames (facts: docs/axes.md): x forward, y left, z up; shank tilt is positive when the
knee is in front of the ankle, so the sagittal rate of the field (positive in swing) is minus its slope; foot pitch is
positive toe up.

The healthy shape has eight harmonics for the shank tilt, eight raised-cosine terms for each ankle velocity and six
for the heel-rise of the foot. They were fitted once, by linear least squares, to the median shank and foot stride of
the public Marpino walking recordings (19 recordings, own speed, median 1.2 s per stride); docs/simulation.md says how
well they do. No recorded sample is stored here. What impairments change follows facts/clinical.md 9.2 (grade P).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from surefoot.records import Array, Side
from surefoot.simulation.shapes import (
    MID_STANCE,
    POINTS,
    bell,
    ease,
    from_mid_stance,
    hump,
    mid_stance_index,
    phase,
    slope,
    terms,
)  # fmt: skip

REFERENCE_SPEED_MPS = 0.82  # of the fitted median stride
REFERENCE_STRIDE_S = 1.2
FINAL_CONTACT = 0.605  # phase, of the fitted median stride (stance 60-62 %, E1)

# degrees: mean, then cosine and sine terms of the shank tilt
_TILT_MEAN = 11.0
_TILT_COS = (-24.873, -8.639, 1.749, -0.038, 0.566, 0.474, 0.343, 0.214)
_TILT_SIN = (-16.542, 11.791, 2.959, 0.769, 0.698, 0.107, 0.188, -0.025)
# ankle velocity over the moving part of the cycle: forward per stride length, upward in metres per cycle
_MOVING = (0.36, 1.08)
_FORWARD = (2.257, 0.273, -1.042, 1.129, -0.772, 0.89, -0.019, 0.293)
_UPWARD = (-0.391, 1.9494, -0.7808, 0.4811, -0.8319, 0.6123, -0.2584, 0.1553)
# degrees: foot pitch while the heel rises and the foot swings
_HEEL_RISE_SPAN = (0.36, 0.88)
_HEEL_RISE = (-53.51, 46.33, -2.36, -3.52, -11.99, -1.09)

# degrees, of a left leg: cosine, sine of harmonics 1, 2 in the frontal plane and about the shank (fitted likewise)
ROLL_DEG = (2.4, -3.8, -0.2, -0.6)
TWIST_DEG = (-0.4, -5.0, -0.5, -0.9)

# rows of Cycle.table
(TILT, TILT_1, TILT_2, FORWARD_1, FORWARD_2, UP_1, UP_2, SIDE_2, ROLL, ROLL_1, TWIST, TWIST_1, FREE) = range(13)


@dataclass(frozen=True, slots=True)
class Leg:
    """How weak one leg is, each 0 (healthy) .. 1 (gone): facts/clinical.md 9.2, grade P.

    ``dorsi``: dorsiflexors (L5): foot pitch at contact 20 -> -10 deg, ankle lifted up to 4 cm more (swung round instead
    by the share ``circ``), heel-strike transient lost, slap in between. ``push``: plantarflexors (S1): push-off rate
    -40 %, strides shorter. ``quad``: knee extensors (L4): loading-response rate -50 %; giving way is drawn elsewhere.
    """

    dorsi: float = 0.0
    push: float = 0.0
    quad: float = 0.0
    circ: float = 0.0


@dataclass(frozen=True, slots=True)
class Manner:
    """Small departures of one leg from the median stride: a person's own gait, or today's form."""

    lift_m: float = 0.0
    tilt_deg: float = 0.0  # further forward tilt at its maximum
    range_pct: float = field(default=0.0, kw_only=True)  # of the shank's tilt
    stance: float = field(default=0.0, kw_only=True)  # later final contact, in parts of the stride
    shape_deg: tuple[float, ...] = field(default=(), kw_only=True)  # of the tilt: cosine, sine of harmonics 2, 3, ...
    way_m: tuple[float, ...] = field(default=(), kw_only=True)  # the ankle ahead in early, late swing; higher likewise
    foot_pitch_deg: float = 0.0
    push_off_pct: float = 0.0
    loading_pct: float = 0.0
    roll_deg: tuple[float, ...] = ROLL_DEG
    twist_deg: tuple[float, ...] = TWIST_DEG


@dataclass(frozen=True, slots=True, eq=False)
class Cycle:
    """Tables over one cycle from mid-stance to mid-stance, (13, POINTS + 1) each: radians, metres, per cycle.

    The last row, FREE, is 0 while the foot stands and 1 at most while it does not.
    """

    shank: Array
    foot: Array
    initial_contact: float  # fraction of the way from mid-stance to mid-stance
    final_contact: float
    foot_pitch_at_contact_deg: float
    swing_height_m: float
    push_off_deg_per_cycle: float  # largest backward turn rate of the shank before the foot leaves
    heel_strike: float  # size of the impact transient, healthy = 1
    slap: float  # size of the forefoot slap that follows it
    foot_flat_s: float  # initial contact to foot flat
    rise_m: float  # how much higher a stride ends than it began


@lru_cache(maxsize=256)
def cycle(side: Side, leg: Leg, manner: Manner, speed_mps: float, stride_s: float, rise_m: float = 0.0) -> Cycle:
    """The tables of one leg at about this speed (m/s) and stride time (s), each stride ending ``rise_m`` higher."""
    q, pace = _warped(_final_contact(leg, manner, speed_mps))
    flat_s = 0.08 - 0.05 * min(leg.dorsi, 1.0)
    forward, up = _ankle(q, pace, leg, manner)
    pitch_deg = 20.0 * (1 - leg.dorsi) - 10.0 * leg.dorsi + manner.foot_pitch_deg
    climbing = 0.7 * bell(q, 0.5, 0.2) + 0.4 * bell(q, 0.0, 0.1)  # stands as on level ground
    uphill = rise_m / max(speed_mps * stride_s, 0.3)
    return assemble(
        side,
        manner,
        tilt_rad=_tilt(q, leg, manner) + uphill * (climbing - climbing[mid_stance_index()]),
        forward=forward,
        up=up + rise_m * forward,
        outward_m=(0.08 * leg.dorsi * leg.circ - 0.02) * hump(q, 0.5, 1.04),  # past the other ankle, or round it
        pitch_rad=_pitch(q, pitch_deg, leg, manner, flat_s / stride_s, speed_mps),
        free=hump(q, *_MOVING),
        q=q,
        final_contact=_final_contact(leg, manner, speed_mps),
        foot_pitch_at_contact_deg=pitch_deg,
        heel_strike=1.0 - min(leg.dorsi / 0.8, 1.0),
        slap=max(0.0, min(leg.dorsi / 0.5, (0.8 - leg.dorsi) / 0.3)),
        foot_flat_s=flat_s,
        rise_m=rise_m,
    )


def assemble(
    side: Side,
    manner: Manner,
    *,
    tilt_rad: Array,
    forward: Array,
    up: Array,
    outward_m: Array,
    pitch_rad: Array,
    free: Array,
    q: Array,
    final_contact: float,
    foot_pitch_at_contact_deg: float,
    heel_strike: float,
    slap: float,
    foot_flat_s: float,
    rise_m: float,
) -> Cycle:
    """Tables from curves over one cycle that begins at the initial contact; ``forward`` and ``up`` are velocities."""
    lateral = slope(slope((1.0 if side == "left" else -1.0) * outward_m))
    roll, twist = _off_plane(q, side, manner.roll_deg), _off_plane(q, side, manner.twist_deg)
    path = [forward, slope(forward), up, slope(up), lateral]
    shank = [tilt_rad, slope(tilt_rad), slope(slope(tilt_rad)), *path, roll, slope(roll), twist, slope(twist), free]
    aside = [free * roll, slope(free * roll), free * twist, slope(free * twist), free]
    foot = [-pitch_rad, -slope(pitch_rad), -slope(slope(pitch_rad)), *path, *aside]
    before = phase() < final_contact + 0.02
    return Cycle(
        shank=from_mid_stance(np.array(shank)),
        foot=from_mid_stance(np.array(foot)),
        initial_contact=1.0 - MID_STANCE,
        final_contact=final_contact - MID_STANCE,
        foot_pitch_at_contact_deg=foot_pitch_at_contact_deg,
        swing_height_m=float(np.ptp(np.cumsum(up)) / POINTS),
        push_off_deg_per_cycle=float(np.rad2deg(slope(tilt_rad)[before & (phase() > 0.35)].max())),
        heel_strike=heel_strike,
        slap=slap,
        foot_flat_s=foot_flat_s,
        rise_m=rise_m,
    )


def tilt_scale(speed_mps: float) -> float:
    """Range of shank tilt against speed: about 52 deg at 0.4 m/s, 85 deg at 1.6 m/s in the treadmill recordings."""
    part = speed_mps / REFERENCE_SPEED_MPS
    return part ** (0.4 if part < 1 else 0.2)


def _tilt(q: Array, leg: Leg, manner: Manner) -> Array:
    turn = 2 * np.pi * np.arange(1, 9)[:, None] * q
    healthy = np.array(_TILT_COS) @ np.cos(turn) + np.array(_TILT_SIN) @ np.sin(turn) + _TILT_MEAN
    healthy += manner.range_pct / 100 * (healthy - healthy[mid_stance_index()]) + own_shape(q, manner)
    push_off = 0.40 * leg.push - manner.push_off_pct / 100
    loading = 0.50 * leg.quad - manner.loading_pct / 100
    scale = REFERENCE_STRIDE_S  # the rates below are deg/s of the reference stride, the table is per cycle
    rate = 205 * push_off * bell(q, 0.575, 0.065) - 205 * push_off * 0.8 * bell(q, 0.79, 0.08)
    rate += 120 * loading * (bell(q, 0.03, 0.06) - 0.5 * bell(q, 0.25, 0.11))
    # a forefoot landing lacks the trough of the rate after swing, as the stroke recordings with low strike angles do
    flat = 75 * bell(q, -0.01, 0.035) + 30 * bell(q, 0.09, 0.04)
    rate += leg.dorsi * (flat - 23 * bell(q, 0.86, 0.08) - 25 * bell(q, 0.24, 0.08))
    rate -= rate.mean()
    tilt = healthy - scale * (np.cumsum(rate) - np.cumsum(rate)[mid_stance_index()]) / POINTS
    tilt += (12.0 * leg.dorsi + manner.tilt_deg) * bell(q, 0.67, 0.09)
    return np.deg2rad(tilt)


def _ankle(q: Array, pace: Array, leg: Leg, manner: Manner) -> tuple[Array, Array]:
    """Forward velocity per stride length and upward velocity in metres, both per cycle; still while the foot is."""
    forward = terms(q, _FORWARD, *_MOVING) * pace
    up = terms(q, _UPWARD, *_MOVING) * pace
    forward -= slope(0.03 * leg.push * hump(q, 0.42, 0.92))  # a weak push-off lets the ankle lag
    up += slope((0.049 * leg.dorsi * (1 - leg.circ) + manner.lift_m) * hump(q, 0.52, 1.02))
    for ahead, higher, part in zip(manner.way_m[:2], manner.way_m[2:], ((0.45, 0.85), (0.65, 1.04)), strict=False):
        forward += slope(ahead * hump(q, *part))
        up += slope(higher * hump(q, *part))
    window = hump(q, *_MOVING)
    return forward / forward.mean(), up - up.mean() * window / window.mean()


def _pitch(q: Array, contact_deg: float, leg: Leg, manner: Manner, flat: float, speed_mps: float) -> Array:
    push = 1 - 0.25 * leg.push + 0.5 * manner.push_off_pct / 100
    rise = terms(q, _HEEL_RISE, *_HEEL_RISE_SPAN) * push * (speed_mps / REFERENCE_SPEED_MPS) ** 0.2
    back = (q + 0.5) % 1 - 0.5  # -0.5 .. 0.5 around the contact
    landing = 1 - ease(back / flat)
    toes_up = 20.0 * ease((back + 0.18) / 0.15) * landing
    hanging = (contact_deg - 20.0) * ease((back + 0.36) / 0.18) * landing
    return np.deg2rad(rise + toes_up + hanging)


def _final_contact(leg: Leg, manner: Manner, speed_mps: float) -> float:
    """Slower: longer stance (E2); a dropped foot swings 8 % longer (P)."""
    later = float(np.clip(0.2 * (REFERENCE_SPEED_MPS - speed_mps), -0.01, 0.09))
    return FINAL_CONTACT + later + manner.stance - 0.020 * leg.dorsi


def _warped(final_contact: float) -> tuple[Array, Array]:
    """Phase of the median stride at each table point, and its slope, with the final contact moved there."""
    p = phase()
    by = (final_contact - FINAL_CONTACT) / np.sin(np.pi * FINAL_CONTACT) ** 2
    q = p.copy()
    for _ in range(30):
        q = p - by * np.sin(np.pi * q) ** 2
    return q, 1 / (1 + by * np.pi * np.sin(2 * np.pi * q))


def own_shape(q: Array, manner: Manner) -> Array:
    """Degrees by which a person's tilt departs from everybody's, none at mid-stance."""
    if not manner.shape_deg:
        return np.zeros(len(q))
    cosines, sines = np.array(manner.shape_deg).reshape(-1, 2).T
    turn = 2 * np.pi * np.arange(2, 2 + len(sines))[:, None] * q
    shape: Array = cosines @ np.cos(turn) + sines @ np.sin(turn)
    return shape - shape[mid_stance_index()]


def _off_plane(q: Array, side: Side, harmonics_deg: tuple[float, ...]) -> Array:
    mirror = 1.0 if side == "left" else -1.0
    c1, s1, c2, s2 = harmonics_deg
    a = 2 * np.pi * q
    return mirror * np.deg2rad(c1 * np.cos(a) + s1 * np.sin(a) + c2 * np.cos(2 * a) + s2 * np.sin(2 * a))
