"""A stage: a puppet with a sensor on each ankle, on the simulated air, for whoever pairs sensors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, Side
from surefoot.sensors.ble import BleakKit
from surefoot.simulation.air import Air, Faults
from surefoot.simulation.ankle import Ankle, Cell
from surefoot.simulation.ankles import firmware
from surefoot.simulation.backend import bleak_kit
from surefoot.simulation.puppet import Puppet

LOSSES = Faults(lost=0.005, jitter_s=0.05)  # as radios are (P)
CELLS = (Cell(82.0, 40.0), Cell(64.0, 40.0))


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Who stands there, what a computer needs to hear the sensors, and the sensor of each leg."""

    puppet: Puppet
    kit: BleakKit
    ankles: dict[Side, Ankle]


@asynccontextmanager
async def stage(
    products: Sequence[str] = ("open", "open"), seed: int = 1, exchanged: bool = False, faults: Faults = LOSSES
) -> AsyncIterator[Stage]:
    """``products`` of the left and the right sensor; fewer: fewer sensors. ``exchanged``: see the puppet."""
    air = Air(np.random.default_rng([seed, 2]), faults)
    kit = bleak_kit(air)
    puppet = Puppet(seed, exchanged)
    felt, ankles = puppet.motions(), {}
    for number, (side, product) in enumerate(zip(SIDES, products, strict=False)):
        address, how = f"C0:FF:EE:00:00:0{number + 1}", {"on_for_s": 30.0 * number, "battery": CELLS[number]}
        ankles[side] = Ankle(air, firmware(product), felt[side], address, keep=False, **how)
        await ankles[side].start()
    try:
        yield Stage(puppet, kit, ankles)
    finally:
        for ankle in ankles.values():
            await ankle.stop()
