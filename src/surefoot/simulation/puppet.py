"""A puppet: a simulated person who does at once what is asked: stands, taps a sensor, walks. With sensors anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from surefoot.records import SIDES, Placement, Samples, Side
from surefoot.simulation.motion import Motion
from surefoot.simulation.person import Walker, draw_walker
from surefoot.simulation.scene import Bump, Scene
from surefoot.simulation.script import Script
from surefoot.simulation.sensor import Sensor, noise_tape, put_on
from surefoot.simulation.walker import simulate_walk

RATE_HZ = 104.0
BLOCK_S = 0.25  # how soon it obeys
STANDS_S, WALKS_STRIDES = 20.0, 60
TAPS_S, TAP_SIZE = (0.6, 0.95), 2.0  # after it was asked, as a bump of this size
Place = tuple[Side, Placement]
Tape = Mapping[Place, Samples]
ANKLES: tuple[Place, ...] = (("left", "shank"), ("right", "shank"))
ANKLES_AND_FEET: tuple[Place, ...] = (*ANKLES, ("left", "foot"), ("right", "foot"))


class Puppet:
    """``doing``: "stand", "walk" or the place to tap, set at any time; a tap is done once, and standing follows."""

    def __init__(self, seed: int = 1, places: Sequence[Place] = ANKLES, walker: Walker | None = None) -> None:
        rng = np.random.default_rng(seed)
        walker = walker or draw_walker(rng)
        self.doing: Literal["stand", "walk"] | Place = "stand"
        self._places = tuple(places)
        self._sensors = {place: put_on(rng, noise_tape(rng)) for place in places}
        self._tapes: dict[object, Tape] = {"walk": self._walk(walker, seed)}
        script = Script(walker, 0.0)
        script.sway(STANDS_S, rng)
        script.spend("stand", STANDS_S)
        for tapped in (None, *places):
            self._tapes[tapped or "stand"] = self._stand(script.scene(), tapped, rng)

    def motions(self) -> dict[Place, Motion]:
        """What the sensor in each place feels from now on."""
        feed = _Feed(self)
        return {place: Motion(feed.of(place), 0.0) for place in self._places}

    def next_piece(self, doing: object, first: int, count: int) -> Tape:
        """So many readings of what it does, from number ``first`` of the tape on, round and round."""
        tape = self._tapes[doing]
        rows = np.arange(first, first + count) % min(len(block) for block in tape.values())
        return {place: replace(block, acc=block.acc[rows], gyr=block.gyr[rows]) for place, block in tape.items()}

    def _walk(self, walker: Walker, seed: int) -> Tape:
        tape: dict[Place, Samples] = {}
        for placement in dict.fromkeys(placement for _, placement in self._places):
            worn = {side: self._sensors[side, on] for side, on in self._places if on == placement}
            sensors = {side: worn.get(side, Sensor()) for side in SIDES}
            rng = np.random.default_rng(seed)  # the same walk at ankles and feet
            how = {"strides": WALKS_STRIDES, "placement": placement, "rate_hz": RATE_HZ, "sensors": sensors}
            walk, _ = simulate_walk(walker, rng, **how)
            tape |= {(side, placement): walk[side] for side in worn}
        return tape

    def _stand(self, scene: Scene, tapped: Place | None, rng: np.random.Generator) -> Tape:
        tape = {}
        for place in self._places:
            side, placement = place
            bumps = {side: tuple(Bump(at_s, TAP_SIZE) for at_s in TAPS_S)} if place == tapped else {}
            offset = int(rng.integers(1 << 30))
            still = replace(scene, bumps=bumps)
            tape[place] = still.readings(side, placement, self._sensors[place], RATE_HZ, offset)
        return tape


class _Feed:
    """All places' blocks, cut when the first sensor needs one."""

    def __init__(self, puppet: Puppet) -> None:
        self._puppet = puppet
        self._count = round(BLOCK_S * RATE_HZ)
        self._blocks: list[Tape] = []
        self._doing: object = "stand"
        self._position = 0

    def of(self, place: Place) -> Iterator[Samples]:
        number = 0
        while True:
            if number == len(self._blocks):
                self._blocks.append(self._cut(number))
            yield self._blocks[number][place]
            number += 1

    def _cut(self, number: int) -> Tape:
        if self._puppet.doing != self._doing:
            self._doing, self._position = self._puppet.doing, 0
        piece = self._puppet.next_piece(self._doing, self._position, self._count)
        self._position += self._count
        if self._doing not in ("stand", "walk") and self._position > (TAPS_S[-1] + 1.0) * RATE_HZ:
            self._puppet.doing = "stand"
        start_s = number * self._count / RATE_HZ
        return {place: replace(block, start_s=start_s) for place, block in piece.items()}
