"""Pulses: movements on top of whatever the leg does, such as giving way, catching a toe, rising, kneeling, fidgeting.

Each is one angle of the shank or one way of the ankle on a 1 kHz grid, at rest at both ends, so gyroscope and
accelerometer see the same movement. Where the ankle is not moved the foot stays on the floor.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from surefoot.records import Array, Side
from surefoot.simulation.shapes import ease
from surefoot.simulation.truth import Outcome, Recovery

GRID_HZ = 1000.0

Channel = Literal["tilt", "roll", "twist", "heading", "forward", "left", "up"]


@dataclass(frozen=True, slots=True, eq=False)
class Pulse:
    """An extra movement from ``start_s`` on, on the 1 kHz grid, whose last value stays.

    Angles in degrees: tilt forward (knee over the toes), roll to the right (knee to the right of the ankle), twist
    and heading to the left. Ways of the ankle in metres. ``foot``: the foot makes it too, else only the shank.
    """

    start_s: float
    course: Array
    channel: Channel = "tilt"
    foot: bool = False

    @property
    def end_s(self) -> float:
        return self.start_s + (len(self.course) - 1) / GRID_HZ


@dataclass(frozen=True, slots=True)
class Buckle:
    """One giving way (facts/clinical.md 4.3, grade P): the knee flexes while hip and trunk fall with ``fall_g`` of g.

    ``at_stride``: in early stance of that stride; None: in the quiet standing before the walk. ``outcome``: the knee
    is caught (arrested), the other foot comes down early and hard (rescue), or the person falls: in a walk as the
    last stance of it is loaded, where ``at_stride`` is how many strides are walked.
    """

    side: Side
    fall_g: float = 0.3  # 0.15 .. 0.6 g
    flexion_deg: float = 20.0  # 5 .. 30 deg
    at_stride: int | None = None
    outcome: Outcome = "arrested"

    @property
    def falling_s(self) -> float:
        """How long the knee takes to flex so far: two links of 0.43 m (clinical.md 4.3)."""
        drop_m = 0.86 * (1 - np.cos(np.deg2rad(self.flexion_deg) / 2))
        return float(np.sqrt(2 * drop_m / (self.fall_g * 9.81)))


@dataclass(frozen=True, slots=True)
class Stumble:
    """The swinging foot of ``at_stride`` catches: a short stop in swing, then an early contact or a higher lift."""

    side: Side
    at_stride: int
    recovery: Recovery = "lowering"


def buckling(buckle: Buckle, start_s: float) -> Pulse:
    """The shank leans forward by half the knee's flexion at near constant rate, is held, and is brought back.

    In a stride it is brought back within what is left of the stance. A fall takes over where the knee gives in.
    """
    lean = buckle.flexion_deg / 2
    ramp_s = min(0.03, buckle.falling_s / 2)
    falling = _trapezoid(lean, buckle.falling_s + ramp_s, ramp_s)
    if buckle.outcome == "fall":
        return Pulse(start_s, falling)
    back_s = 0.28 if buckle.at_stride is None else 0.20
    back = lean * (1 - ease(np.arange(1, _points(back_s)) / (_points(back_s) - 1)))
    return Pulse(start_s, np.concatenate([falling, np.full(_points(0.06), lean), back]))


def stumbling(start_s: float, recovery: Recovery) -> list[Pulse]:
    """Swing stopped for 80 ms (the shank, turning backwards in tilt, is held up by 11 deg), made up for afterwards.

    Lowering: in 160 ms. Elevating: the knee is drawn up first, so the shank stays forward until it is over.
    """
    caught = there_and_back(11.0, start_s, 0.08, 0.0, 0.16)
    return [caught] if recovery == "lowering" else [caught, there_and_back(14.0, start_s + 0.08, 0.12, 0.02, 0.2)]


def dragging(start_s: float, size: float) -> Pulse:
    """A toe that scrapes along holds the swing back a little."""
    return replace(there_and_back(4.0 * size, start_s, 0.08, 0.03, 0.12), foot=True)


def rising(start_s: float, lean_deg: float, took_s: float) -> Pulse:
    """Sit to stand, or the reverse: the shanks lean forward 8-20 deg and come back (clinical.md 5.3)."""
    return there_and_back(lean_deg, start_s, 0.4 * took_s, 0.1 * took_s, 0.5 * took_s)


def there_and_back(
    size: float, start_s: float, out_s: float, hold_s: float, back_s: float,
    channel: Channel = "tilt", foot: bool = False,
) -> Pulse:  # fmt: skip
    """A smooth movement by ``size``, a pause, and back."""
    out = size * ease(np.linspace(0, 1, _points(out_s)))
    back = size * ease(np.linspace(1, 0, _points(back_s)))
    return Pulse(start_s, np.concatenate([out, np.full(_points(hold_s), size), back]), channel, foot)


def lasting(by: float, start_s: float, took_s: float, channel: Channel = "tilt", foot: bool = False) -> Pulse:
    """A smooth movement that stays."""
    return Pulse(start_s, by * ease(np.linspace(0, 1, max(2, _points(took_s)))), channel, foot)


def swaying(start_s: float, end_s: float, size_deg: float, rng: np.random.Generator) -> Pulse:
    """Quiet standing is not still: a slow sway of the shank, calm at both ends."""
    count = max(2, _points(end_s - start_s))
    first = rng.integers(len(_wave()) // 2)
    swayed = size_deg * np.resize(_wave()[first:], count)
    edge = min(count // 2, round(0.5 * GRID_HZ))
    calm = np.linspace(0, 1, edge) ** 2
    swayed[:edge] *= calm
    swayed[count - edge :] *= calm[::-1]
    return Pulse(start_s, swayed)


@lru_cache(maxsize=1)
def _wave() -> Array:
    """Ten minutes of sway of about 1; its periods do not fit into one another, so no two stretches are alike."""
    t = np.arange(600 * int(GRID_HZ)) / GRID_HZ
    hz = np.array([0.23, 0.57, 1.1])
    return np.array([1.0, 0.5, 0.2]) @ np.sin(2 * np.pi * hz[:, None] * t)


def _trapezoid(turned_deg: float, took_s: float, ramp_s: float) -> Array:
    """Tilt turned at a constant rate with smooth beginning and end."""
    t = np.linspace(0, took_s, _points(took_s))
    rate = ease(np.minimum(1, np.minimum(t, took_s - t) / ramp_s))
    tilt = np.cumsum(rate)
    return turned_deg * (tilt - tilt[0]) / (tilt[-1] - tilt[0])


def _points(seconds: float) -> int:
    return max(0, round(seconds * GRID_HZ) + 1)
