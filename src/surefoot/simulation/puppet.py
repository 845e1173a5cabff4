"""A puppet: a simulated person with two sensors who does at once what is asked: stands, taps an ankle, walks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from surefoot.records import SIDES, Samples, Side
from surefoot.simulation.motion import Motion
from surefoot.simulation.person import Walker, draw_walker
from surefoot.simulation.scene import Bump
from surefoot.simulation.script import Script
from surefoot.simulation.sensor import noise_tape, put_on
from surefoot.simulation.walker import simulate_walk

RATE_HZ = 104.0
BLOCK_S = 0.25  # how soon it obeys
STANDS_S, WALKS_STRIDES = 20.0, 60
TAPS_S, TAP_SIZE = (0.6, 0.95), 2.0  # after it was asked, as a bump of this size
Doing = Literal["stand", "tap_left", "tap_right", "walk"]
Tape = Mapping[Side, Samples]


class Puppet:
    """``doing`` may be set at any time; a tap is done once, and standing follows. ``worn`` exchanges the sensors."""

    def __init__(self, seed: int = 1, exchanged: bool = False, walker: Walker | None = None) -> None:
        rng = np.random.default_rng(seed)
        walker = walker or draw_walker(rng)
        sensors = {side: put_on(rng, noise_tape(rng)) for side in SIDES}
        walk, _ = simulate_walk(walker, rng, strides=WALKS_STRIDES, rate_hz=RATE_HZ, sensors=sensors)
        self.doing: Doing = "stand"
        self._exchanged = exchanged
        self._tapes: dict[Doing, Tape] = {"walk": walk}
        for doing in ("stand", "tap_left", "tap_right"):
            script = Script(walker, 0.0)
            script.sway(STANDS_S, rng)
            script.spend("stand", STANDS_S)
            scene = script.scene()
            side: Side = "left" if doing == "tap_left" else "right"
            if doing != "stand":
                scene = replace(scene, bumps={side: tuple(Bump(at_s, TAP_SIZE) for at_s in TAPS_S)})
            read = {s: scene.readings(s, "shank", sensors[s], RATE_HZ, int(rng.integers(1 << 30))) for s in SIDES}
            self._tapes[doing] = read  # type: ignore[index]  # of the tuple above

    def motions(self) -> dict[Side, Motion]:
        """What the sensors feel from now on. With ``exchanged`` each sits on the other leg than its name says."""
        feed = _Feed(self)
        return {
            side: Motion(feed.of("right" if (side == "left") == self._exchanged else "left"), 0.0) for side in SIDES
        }

    def next_piece(self, doing: Doing, first: int, count: int) -> Tape:
        """So many readings of what it does, from number ``first`` of the tape on, round and round."""
        tape = self._tapes[doing]
        rows = np.arange(first, first + count) % len(tape["left"])
        return {side: replace(tape[side], acc=tape[side].acc[rows], gyr=tape[side].gyr[rows]) for side in SIDES}


class _Feed:
    """Both legs' blocks, cut when the first leg needs one."""

    def __init__(self, puppet: Puppet) -> None:
        self._puppet = puppet
        self._count = round(BLOCK_S * RATE_HZ)
        self._blocks: list[Tape] = []
        self._doing: Doing = "stand"
        self._position = 0

    def of(self, side: Side) -> Iterator[Samples]:
        number = 0
        while True:
            if number == len(self._blocks):
                self._blocks.append(self._cut(number))
            yield self._blocks[number][side]
            number += 1

    def _cut(self, number: int) -> Tape:
        if self._puppet.doing != self._doing:
            self._doing, self._position = self._puppet.doing, 0
        piece = self._puppet.next_piece(self._doing, self._position, self._count)
        self._position += self._count
        if self._doing.startswith("tap") and self._position > (TAPS_S[-1] + 1.0) * RATE_HZ:
            self._puppet.doing = "stand"
        start_s = number * self._count / RATE_HZ
        return {side: replace(block, start_s=start_s) for side, block in piece.items()}
