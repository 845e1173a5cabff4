"""The link: one worn sensor, found, connected and started again whenever it is lost, for as long as it is worn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from surefoot.records import Gap, Held, LinkState, Samples, SensorStatus, SurefootError, WornSensor
from surefoot.sensors.bluetooth.ble import BleParams, Bluetooth, Found, Line, RadioError
from surefoot.sensors.bluetooth.intake import QUEUE, Intake
from surefoot.sensors.bluetooth.ownlog import OnLate, OwnLog
from surefoot.sensors.clock.stream import StreamParams
from surefoot.sensors.makers.product import Product, ProductError, need_mtu

log = logging.getLogger(__name__)

AWAY = "not heard of: out of range, switched off, or its battery is empty"


@dataclass(frozen=True, slots=True)
class LinkParams:
    """How a link is kept alive. All P, so that a sensor is back within 10 s of coming back."""

    ble: BleParams = field(default_factory=BleParams)
    queue: int = QUEUE
    stream: StreamParams = field(default_factory=StreamParams)
    away_s: float = 30.0  # not heard of for so long: out of range or switched off
    good_s: float = 10.0  # a connection that streamed for so long was a good one: the next failure is the first again
    wait_first_s: float = 0.25  # before the second attempt; doubled with each
    wait_most_s: float = 4.0
    wait_person_s: float = 15.0  # where trying again alone will not help
    battery_s: float = 600.0  # between two questions for the charge


class Finder(Protocol):
    """Whoever looks for sensors; ``trouble``: why it cannot."""

    trouble: RadioError | None

    async def find(self, address: str) -> Found: ...


class Link:
    """One sensor. ``keep`` runs until it is cancelled; ``take`` gives what came since it was asked last."""

    def __init__(
        self,
        worn: WornSensor,
        product: Product,
        bluetooth: Bluetooth,
        finder: Finder,
        now_s: Callable[[], float],
        chance: Callable[[], float],
        params: LinkParams | None = None,
        on_status: Callable[[SensorStatus], None] | None = None,
        on_late: OnLate | None = None,
    ) -> None:
        self.worn = worn
        self._product, self._traits = product, product.traits
        self._bluetooth, self._finder = bluetooth, finder
        self._now_s, self._chance = now_s, chance
        self._params = params or LinkParams()
        self._on_status = on_status
        self._intake = Intake(worn, product, self._params.queue, self._params.stream)
        book = product.logbook() if on_late and product.traits.log else None
        self._own = OwnLog(worn, product, book, self._intake.gateway_s, on_late) if book and on_late else None
        self._status = SensorStatus(worn.side, worn.placement, now_s(), "searching")
        self._since_s = now_s()  # of this state
        self._looking = self._no_radio = False

    def take(self, now_s: float) -> list[Samples | Gap]:
        """The readings and gaps since the last time."""
        return self._intake.take(now_s)

    def held(self) -> Held:
        """What waits until its times are known, and was not told of here before."""
        return self._intake.held()

    def status(self, now_s: float) -> SensorStatus:
        """How it fares now."""
        if self._looking:
            self._judge_search(now_s)
        return replace(self._intake.counted(self._status), at_s=now_s)

    async def keep(self) -> None:
        """Find, connect, start, listen; again and again."""
        failures = 0
        while True:
            streamed_s, lasting = 0.0, False
            try:
                streamed_s = await self._once()
            except SurefootError as trouble:
                lasting = isinstance(trouble, ProductError) or (
                    isinstance(trouble, RadioError) and trouble.needs_person
                )
                self._say("failed" if lasting else "searching", str(trouble))
            except Exception as error:  # one leg's trouble must not end the other's: it is told, and tried again
                log.exception("The link to the %s %s sensor failed", self.worn.side, self.worn.placement)
                lasting = True
                self._say("failed", f"this should not have happened ({type(error).__name__}: {error})")
            failures = 1 if streamed_s > self._params.good_s else failures + 1
            await asyncio.sleep(self._pause_s(failures, lasting))

    def _pause_s(self, failures: int, lasting: bool) -> float:
        p = self._params
        longest_s = p.wait_person_s if lasting else min(p.wait_most_s, p.wait_first_s * 2 ** min(failures - 1, 16))
        return longest_s * (1 + self._chance()) / 2

    # ---- one connection

    async def _once(self) -> float:
        """From being looked for to being lost; for how long it streamed."""
        found = await self._find()
        self._status = replace(self._status, signal_dbm=found.signal_dbm)
        self._say("connecting")
        self._intake.connect()
        line = await self._bluetooth.connect(found, lambda uuid, data: self._intake.hear(self._now_s(), uuid, data))
        reason = "the gateway was stopped"
        try:
            await self._start(line)
            self._status = replace(self._status, connections=self._status.connections + 1)
            self._say("streaming")
            began_s = self._now_s()
            self._intake.start(began_s)
            reason = await self._listen(line)
            self._say("searching", reason)
            return self._now_s() - began_s
        except SurefootError as trouble:
            reason = str(trouble)
            raise
        finally:
            self._intake.part(self._now_s(), reason)
            await self._leave(line)

    async def _find(self) -> Found:
        self._looking = True
        try:
            return await self._finder.find(self.worn.address)
        finally:
            self._looking = self._no_radio = False

    async def _start(self, line: Line) -> None:
        if self._product.service not in line.services:
            what = f"The sensor that answers is no {self._product.name}."
            raise RadioError(what, "It was left alone.", "Pair the sensors anew: surefoot pair.", needs_person=True)
        if self._traits.streams_on:
            await line.perform(self._product.stop())
        if self._own is not None:
            await self._own.fetch(line, self._intake.missed(self._now_s()), self._now_s())
        await line.perform(self._product.start(self.worn.rate_hz))
        if self._own is not None:
            await self._own.keep_running(line, self._now_s())
        await self._ask_battery(line)

    async def _listen(self, line: Line) -> str:
        """Until it is over; why."""
        ask_s = self._now_s() + self._params.battery_s
        while not line.gone.is_set():
            now_s = self._now_s()
            if self._intake.stopped is not None:
                return f"the sensor ended the stream: {self._intake.stopped}"
            if self._intake.silent_s(now_s) > self._traits.silence_s:
                self._say("silent")
                return self._silence(line)
            if now_s > ask_s:
                ask_s = now_s + self._params.battery_s
                await self._ask_battery(line)
                if self._own is not None:
                    await self._own.renew(line, now_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._traits.silence_s / 4):
                    await line.gone.wait()
        return "the connection was lost"

    def _silence(self, line: Line) -> str:
        """What a silent line means; raise ProductError where that is known."""
        if self._intake.only_malformed:
            need_mtu(self._product, line.mtu)  # only now: not every computer tells the true one
            return "nothing that came could be read"
        return f"connected, but no readings for {self._traits.silence_s:g} s"

    async def _ask_battery(self, line: Line) -> None:
        """Its charge. That it does not say is no reason to end a stream."""
        script = self._product.battery()
        if script is None:
            return
        try:
            percent = await line.perform(script)
        except SurefootError as trouble:
            log.info("The %s %s sensor does not tell its charge: %s", self.worn.side, self.worn.placement, trouble)
            return
        if percent is not None:
            self._intake.battery_pct = percent

    async def _leave(self, line: Line) -> None:
        if self._traits.streams_on and not line.gone.is_set():
            with suppress(SurefootError, TimeoutError):
                async with asyncio.timeout(self._params.ble.part_s):
                    await line.perform(self._product.stop())
        await line.close()

    # ---- what is told

    def _judge_search(self, now_s: float) -> None:
        trouble = self._finder.trouble
        if trouble is not None:
            self._no_radio = True
            self._say("failed", str(trouble))
        elif self._no_radio:
            self._no_radio = False
            self._say("searching")
        elif self._status.state == "searching" and now_s - self._since_s > self._params.away_s:
            self._say("away", AWAY)

    def _say(self, state: LinkState, reason: str = "") -> None:
        if (state, reason) == (self._status.state, self._status.reason):
            return
        if state != self._status.state:
            self._since_s = self._now_s()
        self._status = replace(self._status, state=state, reason=reason)
        if self._on_status is not None:
            self._on_status(replace(self._intake.counted(self._status), at_s=self._now_s()))


def _needs_person(trouble: SurefootError) -> bool:
    """Trying again alone will not help."""
    return isinstance(trouble, ProductError) or (isinstance(trouble, RadioError) and trouble.needs_person)
