"""Ankle sensors on the simulated air, and a computer that hears them, in time that need not be waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from surefoot.records import SIDES, Array, Gap, Samples, SensorStatus, Side, WornSensor
from surefoot.sensors.bluetooth.ble import BleakKit
from surefoot.sensors.bluetooth.radio import Radio, RadioParams
from surefoot.sensors.makers.products import product
from surefoot.simulation.air import Air, Faults
from surefoot.simulation.ankle import Ankle
from surefoot.simulation.ankles import firmware
from surefoot.simulation.backend import bleak_kit
from surefoot.simulation.motion import Motion
from surefoot.simulation.warp import VirtualLoop

T = TypeVar("T")
ZERO_S = 1_788_134_400.0  # gateway time when the loop's clock shows 0


def in_virtual_time(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


@dataclass(frozen=True, slots=True, eq=False)
class Aired:
    """Two sensors of one product, switched on, and the computer's way to them."""

    air: Air
    kit: BleakKit
    ankles: dict[Side, Ankle]
    worn: list[WornSensor]


async def aired(
    key: str = "open",
    *,
    seed: int = 1,
    faults: Faults | None = None,
    clock_ppm: tuple[float, float] = (80.0, -80.0),
    settings: dict[str, Any] | None = None,
    sides: tuple[Side, ...] = SIDES,
    felt: Mapping[Side, Motion] | None = None,
    **how: Any,
) -> Aired:
    """``felt``: what the legs do; by default they are restless."""
    rng = np.random.default_rng(seed)
    air = Air(np.random.default_rng([seed, 1]), faults)
    kit = bleak_kit(air)
    ankles, worn = {}, []
    rate_hz = product(key).traits.usual_rate_hz
    for side in sides:
        number = SIDES.index(side)
        address = f"C0:00:00:00:00:0{number + 1}"
        made = Ankle(
            air,
            firmware(key, **(settings or {})),
            felt[side] if felt else Motion(_restless(side, rng)),
            address,
            **{"clock_ppm": clock_ppm[number], "on_for_s": 30.0 + number, **how},
        )
        await made.start()
        ankles[side] = made
        worn.append(WornSensor(side, "shank", key, address, f"{key} {side}", rate_hz, 0.0))
    return Aired(air, kit, ankles, worn)


def _restless(side: Side, rng: np.random.Generator) -> Any:
    """Blocks without end in which hardly two readings are alike, finer than any sensor takes them."""
    k = 0
    while True:
        yield Samples(side, "shank", 4.0 * k, 500.0, rng.normal(0, 8, (2000, 3)), rng.normal(0, 150, (2000, 3)))
        k += 1


class Listener:
    """A gateway that only listens: everything the radio gave, and every status it told."""

    def __init__(self, there: Aired, params: RadioParams | None = None, **how: Any) -> None:
        self.items: list[Samples | Gap] = []
        self.told: list[SensorStatus] = []
        self.radio = Radio(
            there.worn,
            on_status=self.told.append,
            params=params or RadioParams(),
            bleak=there.kit,
            unix_offset_s=ZERO_S,
            chance=np.random.default_rng(9).random,
            **how,
        )
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Listener:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.result()

    async def _listen(self) -> None:
        async for item in self.radio.items():
            self.items.append(item)

    def of(self, side: Side) -> list[Samples | Gap]:
        return [item for item in self.items if item.side == side]

    def samples(self, side: Side) -> list[Samples]:
        return [item for item in self.items if isinstance(item, Samples) and item.side == side]

    def states(self, side: Side) -> list[str]:
        """One after the other, without those that last."""
        states = [status.state for status in self.told if status.side == side]
        return [state for k, state in enumerate(states) if k == 0 or state != states[k - 1]]

    def last(self, side: Side) -> SensorStatus:
        return [status for status in self.told if status.side == side][-1]

    async def until(self, side: Side, state: str, within_s: float = 60.0) -> SensorStatus:
        """Wait until a sensor comes into this state; "streaming": on a connection made from now on."""
        before = [status.connections for status in self.told if status.side == side][-1:] or [0]
        seen = len(self.told)

        def reached(status: SensorStatus) -> bool:
            fresh = state != "streaming" or status.connections > before[0]
            return status.side == side and status.state == state and fresh

        async with asyncio.timeout(within_s):
            while not any(map(reached, self.told[seen:])):
                await asyncio.sleep(0.05)
        return self.last(side)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What was told of one sensor, held against what it sent: ``number`` (n,) of each reading told, by its value.

    ``error_s`` (n,): how much later than true each was told to be taken. ``untold``: readings that are missing between
    the first and the last told, and in no gap. ``unknown``: readings told that were never sent.
    """

    number: Array
    at_s: Array
    error_s: Array
    missing: int
    untold: int
    unknown: int


def compared(ankle: Ankle, items: list[Samples | Gap]) -> Compared:
    """Readings are found again by their values: hardly two are alike."""
    sent = on_grid(ankle)
    where = {row.tobytes(): k for k, row in enumerate(counts_of(ankle, sent))}
    blocks = [item for item in items if isinstance(item, Samples)]
    rows = np.vstack([np.empty((0, 6)), *(np.hstack([block.acc, block.gyr]) for block in blocks)])
    told_s = np.concatenate([np.empty(0), *(block.start_s + np.arange(len(block)) / block.rate_hz for block in blocks)])
    found = np.array([where.get(row.tobytes(), -1) for row in counts_of(ankle, rows)], int)
    known = found >= 0
    number = found[known]
    true_s = ankle.sent.at_s + ZERO_S
    missing = np.setdiff1d(np.arange(number[0], number[-1] + 1), number)
    error_s = told_s[known] - true_s[number]
    would_be_s = true_s[missing] + np.interp(missing, number, error_s)
    in_gap = np.zeros(len(missing), bool)
    for gap in (item for item in items if isinstance(item, Gap)):
        in_gap |= (would_be_s >= gap.start_s - 0.03) & (would_be_s <= gap.end_s + 0.03)
    return Compared(number, true_s[number], error_s, len(missing), int((~in_gap).sum()), int((~known).sum()))


def counts_of(ankle: Ankle, rows: Array) -> Array:
    """Readings (n, 6) as numbers on the product's grid."""
    traits = ankle.firmware.product.traits
    return np.rint(rows / np.repeat([traits.acc_step_mps2, traits.gyr_step_dps], 3)).astype(np.int64)


def on_grid(ankle: Ankle) -> Array:
    """What it handed to packets, (n, 6), as far as its packets can tell it."""
    traits = ankle.firmware.product.traits
    sent = np.hstack([ankle.sent.acc, ankle.sent.gyr])
    limits = np.repeat([traits.acc_range_mps2, traits.gyr_range_dps], 3)
    return np.clip(sent, -limits, limits)


def apart_s(left: Compared, right: Compared) -> Array:
    """By how much the legs' times are wrong against each other, at each reading of the left told."""
    return left.error_s - np.interp(left.at_s, right.at_s, right.error_s)
