"""A script: how a scene without striding is put together, movement after movement, and becomes a scene."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.simulation import pulses
from surefoot.simulation.person import Walker
from surefoot.simulation.pulses import Channel, Pulse
from surefoot.simulation.scene import Bump, Scene
from surefoot.simulation.truth import Context, ContextKind, TrueBuckle, TrueFall, Truth

OTHER: dict[Side, Side] = {"left": "right", "right": "left"}


class Script:
    """Written from ``start_s`` on; ``at_s`` is how far it has come.

    Both feet stand, shanks as this walker stands, unless ``posture`` says how else it begins: what each channel
    has been turned or moved already.
    """

    def __init__(self, walker: Walker, start_s: float) -> None:
        self.walker = walker
        self.start_s = self.at_s = start_s
        self.pulses: dict[Side, list[Pulse]] = {side: [] for side in SIDES}
        self.bumps: dict[Side, list[Bump]] = {side: [] for side in SIDES}
        self.context: list[Context] = []
        self.buckles: list[TrueBuckle] = []
        self.falls: list[TrueFall] = []

    def spend(self, kind: ContextKind, seconds: float) -> None:
        """Go on by so much time, in which the person does this; the movements are written before or after."""
        if seconds > 0:
            self.context.append(Context(kind, self.at_s, self.at_s + seconds))
            self.at_s += seconds

    def turn(
        self, side: Side, by: float, took_s: float, after_s: float = 0.0, channel: Channel = "tilt", foot: bool = False
    ) -> None:
        """A movement that stays: by so many degrees or metres, beginning ``after_s`` from now."""
        self.pulses[side].append(pulses.lasting(by, self.at_s + after_s, took_s, channel, foot))

    def swing(
        self,
        side: Side,
        by: float,
        times_s: tuple[float, float, float],
        after_s: float = 0.0,
        channel: Channel = "tilt",
        foot: bool = False,
    ) -> None:
        """A movement there (times: out, hold, back) and back again."""
        self.pulses[side].append(pulses.there_and_back(by, self.at_s + after_s, *times_s, channel, foot))

    def step(
        self,
        side: Side,
        rng: np.random.Generator,
        took_s: float,
        after_s: float = 0.0,
        *,
        heading_deg: float = 0.0,
        way_m: tuple[float, float, float] = (0.0, 0.0, 0.0),
        size: float = 1.0,
    ) -> None:
        """Lift this foot and put it down: turned to the left, and so far forward, to the left and up."""
        lift = (0.45 * took_s, 0.0, 0.45 * took_s)
        self.swing(side, size * rng.uniform(0.02, 0.05), lift, after_s, "up", foot=True)
        self.swing(side, size * rng.uniform(10, 24), (0.4 * took_s, 0.0, 0.5 * took_s), after_s)
        for channel, by in zip(("heading", "forward", "left", "up"), (heading_deg, *way_m), strict=True):
            if by:
                self.turn(side, by, 0.9 * took_s, after_s, channel, foot=True)
        self.bump(side, size * rng.uniform(0.15, 0.45), after_s + 0.92 * took_s)

    def bump(self, side: Side, size: float, after_s: float = 0.0) -> None:
        self.bumps[side].append(Bump(self.at_s + after_s, size))

    def sway(self, seconds: float, rng: np.random.Generator, sides: Iterable[Side] = SIDES) -> None:
        """The unrest of standing over the next seconds."""
        if seconds > 0.5:
            for side in sides:
                self.pulses[side].append(
                    pulses.swaying(self.at_s, self.at_s + seconds, float(rng.uniform(0.15, 0.4)), rng)
                )

    def scene(self) -> Scene:
        truth = Truth(
            start_s=self.start_s,
            end_s=self.at_s,
            legs={},
            buckles=tuple(self.buckles),
            context=tuple(self.context),
            falls=tuple(self.falls),
        )
        return Scene(
            truth,
            cycles={side: self.walker.cycle(side) for side in SIDES},
            pulses={side: tuple(p) for side, p in self.pulses.items()},
            bumps={side: tuple(b) for side, b in self.bumps.items()},
            impact=self.walker.impact,
        )
