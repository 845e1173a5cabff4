"""A virtual ankle sensor: a product's firmware in a sensor with a clock and a battery of its own, worn by a leg.

Its clock drifts, its battery dies, it can be out of range and reboot; what it sent is kept, to hold arrivals against.
"""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, replace

import numpy as np

from surefoot.records import Array
from surefoot.simulation.air import Air
from surefoot.simulation.firmware import Firmware, Sent
from surefoot.simulation.motion import Motion
from surefoot.simulation.peripheral import Peripheral

LAST_WORDS_S = 0.1  # from the last packet of an empty battery to silence


@dataclass(frozen=True, slots=True)
class Cell:
    """A battery: its charge now, and how long a full one lasts."""

    percent: float = 100.0
    full_h: float = 24.0


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """What was measured: ``at_s`` (n,) on the loop's clock, ``acc`` (n, 3) m/s^2, ``gyr`` (n, 3) deg/s."""

    at_s: Array
    acc: Array
    gyr: Array

    def __len__(self) -> int:
        return len(self.at_s)


class Ankle:
    """One sensor. ``firmware``: as freshly switched on; a reboot goes back to it.

    ``clock_ppm``: how much its clock runs fast. ``rate_ppm``: how much more often than asked for it takes readings, by
    that clock. ``on_for_s``: how long it has been on already. ``battery``: None lasts for ever. ``mtu``: the largest
    it agrees to. ``keep``: whether ``sent`` keeps what was handed to packets (an hour at 104 Hz: 21 MB).
    """

    def __init__(
        self,
        air: Air,
        firmware: Firmware,
        tape: Motion,
        address: str,
        *,
        clock_ppm: float = 0.0,
        rate_ppm: float = 0.0,
        on_for_s: float = 0.0,
        battery: Cell | None = None,
        advertise_s: float = 0.1,
        mtu: int = 517,
        keep: bool = True,
    ) -> None:
        self.air, self.address, self.firmware = air, address, firmware
        self.readings = 0  # handed to packets for somebody who listened
        self._fresh = copy.deepcopy(firmware)
        self._tape, self._battery, self._keep = tape, battery, keep
        self._clock, self._rate = 1 + clock_ppm * 1e-6, 1 + rate_ppm * 1e-6
        self._loop = asyncio.get_running_loop()
        self._booted_s = self._loop.time() - on_for_s / self._clock
        self._on = False
        self._rate_hz: float | None = None
        self._first_s, self._count = 0.0, 0  # of this stream: device time of its first reading; readings taken
        self._timer: asyncio.TimerHandle | None = None
        self._emptying: asyncio.TimerHandle | None = None
        self._rebooting: asyncio.TimerHandle | None = None
        self._returning: asyncio.TimerHandle | None = None
        self._gathered: list[Readings] = []
        self._sent: list[Readings] = []
        self.radio = Peripheral(
            air, address, firmware.advert, firmware.services, self, advertise_s=advertise_s, mtu=mtu
        )

    # ---- what is done to it

    async def start(self) -> None:
        """Switch it on for the first time."""
        self._on = True
        await self.radio.start()
        self._drain()

    async def stop(self) -> None:
        """Switch it off and throw it away."""
        self.switch_off()
        await self.radio.stop()

    def lose_link(self) -> None:
        """Its link breaks, and both ends know at once."""
        self.air.lose(self.address)

    def out_of_range(self, seconds: float) -> None:
        """From now on for so long, whatever was said before."""
        self.air.leave(self.address)
        if self._returning:
            self._returning.cancel()
        self._returning = self._loop.call_later(seconds, self.air.enter, self.address)

    def switch_off(self) -> None:
        """Without a word: whoever was connected finds out by its silence."""
        self._on = False
        self._pace()
        for timer in (self._emptying, self._rebooting):
            if timer:
                timer.cancel()
        self.radio.switch_off()

    def switch_on(self, battery: Cell | None = None) -> None:
        """As it was when fresh: nothing asked of it yet, its clock at zero. ``battery``: it was charged."""
        self.firmware = copy.deepcopy(self._fresh)
        self._booted_s = self._loop.time()
        self._on = True
        self._battery = battery or self._battery
        self.radio.switch_on()
        self._drain()

    def reboot(self, seconds: float = 1.0) -> None:
        """Off, and on again after so long."""
        self.switch_off()
        self._rebooting = self._loop.call_later(seconds, self.switch_on)

    # ---- what is seen of it

    @property
    def is_on(self) -> bool:
        return self._on

    @property
    def is_connected(self) -> bool:
        return self.radio.is_connected

    @property
    def percent(self) -> float | None:
        return self._battery.percent if self._battery else None

    @property
    def sent(self) -> Readings:
        """Every reading that was handed to a packet for somebody who listened, in order."""
        if len(self._sent) != 1:
            none = Readings(np.empty(0), np.empty((0, 3)), np.empty((0, 3)))
            self._sent = [_joined([none, *self._sent])]
        return self._sent[0]

    def clock_s(self, at_s: float) -> float:
        """What its own clock shows at this time of the loop."""
        return (at_s - self._booted_s) * self._clock

    # ---- what its radio asks

    def read(self, uuid: str) -> bytes:
        return self.firmware.read(uuid)

    def write(self, uuid: str, data: bytes) -> list[Sent]:
        answers = self.firmware.write(uuid, data)
        self._pace()
        return answers

    def listen(self, uuid: str, on: bool) -> list[Sent]:
        answers = self.firmware.listen(uuid, on)
        self._pace()
        return answers

    def part(self) -> None:
        self.firmware.part()
        self._pace()

    # ---- its readings

    def _pace(self) -> None:
        """Take readings at the rate the firmware wants now."""
        rate_hz = self.firmware.rate_hz if self._on else None
        if rate_hz == self._rate_hz:
            return
        self._rate_hz, self._count, self._gathered = rate_hz, 0, []
        if self._timer:
            self._timer.cancel()
        if rate_hz is not None:
            self._first_s = self.clock_s(self._loop.time()) + 1 / rate_hz
            self._wait()

    def _wait(self) -> None:
        """Until as many readings as usually share a packet have been taken."""
        self._timer = self._loop.call_at(self._taken_s(self._count + self._at_once - 1), self._measure)

    @property
    def _at_once(self) -> int:
        return max(1, self.firmware.product.traits.readings_per_packet)

    def _device_s(self, number: int) -> float:
        """When, on its own clock, the reading of this number of the stream is taken."""
        assert self._rate_hz is not None
        return self._first_s + number / (self._rate_hz * self._rate)

    def _taken_s(self, number: int) -> float:
        """The same, on the loop's clock."""
        return self._booted_s + self._device_s(number) / self._clock

    def _measure(self) -> None:
        first, n = self._count, self._at_once
        at_s = np.linspace(self._taken_s(first), self._taken_s(first + n - 1), n)
        rows = self._tape.at(at_s - self.air.began_s)
        acc, gyr = rows[:, :3], rows[:, 3:]
        self._gathered.append(Readings(at_s, acc, gyr))
        self._count += n
        if packets := self.firmware.measure(acc, gyr, self._device_s(first)):
            if self.radio.say(packets):
                self.readings += sum(len(block) for block in self._gathered)
                self._sent += self._gathered if self._keep else ()
            self._gathered = []
        before = self._timer
        self._pace()
        if self._rate_hz is not None and self._timer is before:
            self._wait()

    def _drain(self) -> None:
        """One percent after the other."""
        if self._battery is None or not self._on:
            return
        percent = self._battery.percent
        self.radio.say(self.firmware.drain(max(0, int(percent))))
        self._pace()
        if percent <= 0:
            self._loop.call_later(LAST_WORDS_S, self.switch_off)
            return
        self._battery = replace(self._battery, percent=percent - 1)
        self._emptying = self._loop.call_later(self._battery.full_h * 36.0, self._drain)


def _joined(blocks: list[Readings]) -> Readings:
    return Readings(*(np.concatenate([getattr(block, name) for block in blocks]) for name in ("at_s", "acc", "gyr")))
