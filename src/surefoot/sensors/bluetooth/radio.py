"""The radio: all worn sensors of one person as one source of ``Samples`` and ``Gap``, and how each of them fares."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from surefoot.records import Gap, Held, Samples, SensorStatus, WornSensor
from surefoot.sensors.bluetooth.ble import BleakKit, Bluetooth, Found, RadioError
from surefoot.sensors.bluetooth.link import Link, LinkParams
from surefoot.sensors.bluetooth.ownlog import OnLate
from surefoot.sensors.makers.product import Product
from surefoot.sensors.makers.products import product

OnHeld = Callable[[WornSensor, Held], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RadioParams:
    """How often things are done (P)."""

    link: LinkParams = field(default_factory=LinkParams)
    beat_s: float = 0.5  # readings are handed on in blocks of this length
    status_s: float = 10.0  # a sensor's status is told this often, and at once when its state changes
    scan_s: float = 10.0  # one scan; BlueZ at times hears nothing in one, and everything in the next
    rest_s: float = 3.0  # between scans: the other sensor streams meanwhile, and a scan takes air time from it
    trouble_s: float = 5.0  # between attempts where there is no radio to scan with


class Radio:
    """Keeps every worn sensor connected, and hands on what they send.

    Times are gateway time: the event loop's clock plus ``unix_offset_s``, taken once by whoever may read the clock, so
    that a step of the wall clock bends nothing. ``chance`` spreads the attempts of several homes and sensors.
    ``on_late``: sensors that can are to record by themselves; what they recorded of an absence of a minute and more is
    fetched when they are back, before they stream again, and given to it: those readings are not among the items. It
    answers whether they are safely kept; only then the sensor forgets them. ``on_held`` is given, at each beat, the
    readings that came and wait until their times are known; when they do no more, all were among the items before.
    """

    def __init__(
        self,
        worn: Sequence[WornSensor],
        *,
        on_status: Callable[[SensorStatus], None] | None = None,
        on_late: OnLate | None = None,
        on_held: OnHeld | None = None,
        params: RadioParams | None = None,
        bleak: BleakKit | None = None,
        unix_offset_s: float = 0.0,
        chance: Callable[[], float] = random.random,
        products: Callable[[str], Product] = product,
    ) -> None:
        self._worn = tuple(worn)
        self._on_status, self._on_late, self._on_held = on_status, on_late, on_held
        self._params = params or RadioParams()
        self._kit = bleak
        self._unix_offset_s = unix_offset_s
        self._chance = chance
        self._products = {sensor.product: products(sensor.product) for sensor in worn}

    async def items(self) -> AsyncIterator[Samples | Gap]:
        """What the sensors send, until it is closed or cancelled; then the sensors are stopped and let go."""
        loop = asyncio.get_running_loop()

        def now_s() -> float:
            return loop.time() + self._unix_offset_s

        bluetooth = Bluetooth(self._kit, self._params.link.ble)
        finder = OneFinder(bluetooth, [p.service for p in self._products.values()], self._params, self._chance)
        shared = (bluetooth, finder, now_s, self._chance, self._params.link, self._on_status, self._on_late)
        links = [Link(worn, self._products[worn.product], *shared) for worn in self._worn]
        tasks = [loop.create_task(work) for work in (finder.run(), *(link.keep() for link in links))]
        tell_s, holds = now_s(), dict[Link, int]()
        try:
            while True:
                await asyncio.sleep(self._params.beat_s)
                for task in tasks:
                    if task.done():
                        task.result()  # neither ends by itself: this raises
                at_s = now_s()
                for link in links:
                    for item in link.take(at_s):
                        yield item
                    held, before = link.held(), holds.get(link, 0)
                    if self._on_held is not None and (held.parts or held.hold != before):
                        holds[link] = held.hold
                        await self._on_held(link.worn, held)
                if at_s >= tell_s and self._on_status is not None:
                    tell_s = at_s + self._params.status_s
                    for link in links:
                        self._on_status(link.status(at_s))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # those that failed were raised above


class OneFinder:
    """One scan for all who look for a sensor; ``trouble`` is why it cannot, as long as that lasts."""

    def __init__(
        self, bluetooth: Bluetooth, services: Sequence[str], params: RadioParams, chance: Callable[[], float]
    ) -> None:
        self.trouble: RadioError | None = None
        self._bluetooth, self._services = bluetooth, services
        self._params, self._chance = params, chance
        self._wanted: dict[str, asyncio.Future[Found]] = {}
        self._wish = asyncio.Event()

    async def find(self, address: str) -> Found:
        """Wait until the sensor with this address is heard."""
        heard = self._wanted[address.lower()] = asyncio.get_running_loop().create_future()
        self._wish.set()
        try:
            return await heard
        finally:
            self._wanted.pop(address.lower(), None)

    async def run(self) -> None:
        """Scan while somebody is looking, until cancelled."""
        while True:
            if not self._wanted:
                self._wish.clear()
            await self._wish.wait()
            looked_for = len(self._wanted)
            try:
                await self._bluetooth.look(self._params.scan_s, self._is_wanted, self._services)
                self.trouble = None
                pause_s = 0.0 if len(self._wanted) < looked_for else self._params.rest_s
            except RadioError as trouble:
                self.trouble = trouble
                pause_s = self._params.trouble_s
            await asyncio.sleep(pause_s * (1 + self._chance()) / 2)  # even 0 lets whoever was found connect first

    def _is_wanted(self, found: Found) -> bool:
        heard = self._wanted.pop(found.address.lower(), None)
        if heard is not None and not heard.done():
            heard.set_result(found)
        return heard is not None
