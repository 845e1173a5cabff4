"""A stage: a puppet with its sensors on the simulated air, for whoever pairs sensors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from surefoot.sensors.bluetooth.ble import BleakKit
from surefoot.simulation.air import Air, Faults
from surefoot.simulation.ankle import Ankle, Cell
from surefoot.simulation.ankles import firmware
from surefoot.simulation.backend import bleak_kit
from surefoot.simulation.puppet import ANKLES, Place, Puppet

LOSSES = Faults(lost=0.005, jitter_s=0.05)  # as radios are (P)
CHARGES = (82.0, 64.0, 91.0, 55.0)


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Who stands there, what a computer needs to hear the sensors, and the sensors, in the order of their addresses."""

    puppet: Puppet
    kit: BleakKit
    air: Air
    ankles: list[Ankle]


@asynccontextmanager
async def stage(
    products: Sequence[str] = ("open", "open"),
    places: Sequence[Place] = ANKLES,
    seed: int = 1,
    faults: Faults = LOSSES,
) -> AsyncIterator[Stage]:
    """Sensor k, of ``products[k]``, is worn at ``places[k]``; fewer products: fewer sensors."""
    air = Air(np.random.default_rng([seed, 2]), faults)
    puppet = Puppet(seed, places)
    felt, ankles = puppet.motions(), []
    for number, (product, place) in enumerate(zip(products, places, strict=False)):
        how = {"on_for_s": 30.0 * number, "battery": Cell(CHARGES[number], 40.0), "keep": False}
        ankles.append(Ankle(air, firmware(product), felt[place], f"C0:FF:EE:00:00:0{number + 1}", **how))
        await ankles[-1].start()
    try:
        yield Stage(puppet, bleak_kit(air), air, ankles)
    finally:
        for ankle in ankles:
            await ankle.stop()
