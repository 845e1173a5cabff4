"""A pastime: somebody who is up and about for hours, with two sensors on the simulated air."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from surefoot.records import SIDES, WornSensor
from surefoot.sensors.bluetooth.ble import BleakKit
from surefoot.simulation.air import Air, Faults
from surefoot.simulation.ankle import Ankle, Cell
from surefoot.simulation.ankles import firmware
from surefoot.simulation.backend import bleak_kit
from surefoot.simulation.day import Habits
from surefoot.simulation.life import LifeDay, LifeHabits, life_day
from surefoot.simulation.motion import motions
from surefoot.simulation.person import draw_walker

RATE_HZ = 104.0
LIVELY = LifeHabits(
    worn_h=12.0,
    walking=Habits(strides=15000, bout_s=(10.0, 90.0)),
    outings=(70, 90),
    removals=(0, 0),
    rides=(0, 0),
    lyings=(0, 0),
)
SEATED_S = 5.0  # before the first walk
OFTEN_LOST = Faults(lost=0.005, jitter_s=0.05)  # as radios are (P)
SENSORS = {"left": "C0:FF:EE:00:00:01", "right": "C0:FF:EE:00:00:02"}
CLOCKS_PPM = {"left": 31.0, "right": -22.0}
CELLS = {"left": Cell(87.0, 40.0), "right": Cell(64.0, 40.0)}


@dataclass(frozen=True, slots=True, eq=False)
class Pastime:
    """Who is simulated, with what: what a gateway needs, and the sensors to do things to."""

    worn: list[WornSensor]
    kit: BleakKit
    air: Air
    ankles: dict[str, Ankle]
    day: LifeDay


@asynccontextmanager
async def pastime(
    product: str = "open", seed: int = 1, paired_s: float = 0.0, habits: LifeHabits = LIVELY
) -> AsyncIterator[Pastime]:
    """A person who sits, rises, walks, climbs stairs and sits down again, lively, for twelve hours from now on.

    Behind the time that ``habits`` has them worn, the sensors lie where they were put down.
    """
    air = Air(np.random.default_rng([seed, 1]), OFTEN_LOST)
    kit = bleak_kit(air)
    day = life_day(draw_walker(np.random.default_rng(seed)), seed, habits=habits, rate_hz=RATE_HZ)
    first_rise_s = next(context.start_s for context in day.context if context.kind != "sit")
    felt = motions(day.blocks(), first_rise_s - SEATED_S)
    ankles, worn = {}, []
    for number, side in enumerate(SIDES):
        address = SENSORS[side]
        sensor = firmware(product)
        how = {"clock_ppm": CLOCKS_PPM[side], "on_for_s": 60.0 * number, "battery": CELLS[side], "keep": False}
        ankles[side] = Ankle(air, sensor, felt[side], address, **how)
        await ankles[side].start()
        rate_hz = sensor.product.traits.usual_rate_hz
        worn.append(WornSensor(side, "shank", product, address, sensor.advert.name, rate_hz, paired_s))
    try:
        yield Pastime(worn, kit, air, ankles, day)
    finally:
        for ankle in ankles.values():
            await ankle.stop()
