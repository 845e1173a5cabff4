"""A sensor's own log, while it is worn: kept running, and fetched when it is back from where the radio did not reach.

The readings come late: the live walk has gone on without them. Fetching takes the place of streaming for as long as it
lasts, so it is done only after an absence that is worth it, and brings nothing older than that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass

from surefoot.records import Gap, Samples, SurefootError, WornSensor
from surefoot.sensors.bluetooth.ble import Line
from surefoot.sensors.bluetooth.late import LogFetch, late_samples
from surefoot.sensors.makers.product import Logbook, Product

log = logging.getLogger(__name__)
MISSED = 2000  # gaps remembered
OnLate = Callable[[Sequence[Samples]], Awaitable[bool]]  # takes what was fetched; whether it is safely kept


@dataclass(frozen=True, slots=True)
class OwnLogParams:
    """When a log is fetched (P)."""

    least_s: float = 60.0  # of absence; a shorter one costs more readings than it brings
    most_s: float = 600.0  # of fetching at once; the rest the next time
    renew_s: float = 1800.0  # begun anew when so old, so that there is room: the smallest memory holds 79 min


class OwnLog:
    """One sensor's. ``gateway_s`` tells when a tick of its clock was; ``on_late`` takes what was fetched."""

    def __init__(
        self,
        worn: WornSensor,
        product: Product,
        book: Logbook,
        gateway_s: Callable[[float], float],
        on_late: OnLate,
        params: OwnLogParams | None = None,
    ) -> None:
        self._worn, self._product, self._book = worn, product, book
        self._gateway_s, self._on_late = gateway_s, on_late
        self._params = params or OwnLogParams()
        self._since_s: float | None = None  # it records
        self._fetch: LogFetch | None = None  # one that was begun and not ended
        self._missed: list[Gap] = []  # what it is to bring

    async def keep_running(self, line: Line, now_s: float) -> None:
        """Have it record beside the stream; where it cannot, that is said and the stream goes on."""
        if self._since_s is not None:
            return
        try:
            await line.perform(self._book.start(round(now_s)))
            self._since_s = now_s
        except SurefootError as trouble:
            self._cannot("record by itself", trouble)

    async def renew(self, line: Line, now_s: float) -> None:
        """Forget what came on air as well, now and then, while all is well."""
        if self._since_s is None or self._fetch or now_s - self._since_s < self._params.renew_s:
            return
        try:
            await line.perform(self._book.stop())
            self._since_s = None
            await line.perform(self._book.erase(round(now_s)))
        except SurefootError as trouble:
            self._cannot("forget its recordings", trouble)
        await self.keep_running(line, now_s)

    async def fetch(self, line: Line, gaps: Iterable[Gap], now_s: float) -> None:
        """Bring what it recorded in these gaps, if that is worth it. Raise RadioError when the line breaks."""
        missed = [gap for gap in gaps if self._since_s is not None and gap.end_s > self._since_s]
        if not self._fetch and not any(gap.end_s - gap.start_s >= self._params.least_s for gap in missed):
            return
        self._missed = [*self._missed, *missed][-MISSED:]
        since_s = min(gap.start_s for gap in self._missed if gap.end_s - gap.start_s >= self._params.least_s)
        self._fetch = self._fetch or LogFetch(self._book, self._worn.rate_hz, since_s)
        try:
            async with asyncio.timeout(self._params.most_s):
                await line.perform(self._fetch.script())
        except TimeoutError:
            log.info("The %s sensor's own log is long: the rest is fetched another time", self._worn.side)
            self._since_s = None  # it was told to stop
            return
        kept = await self._on_late(self._late(self._fetch))
        self._fetch = self._since_s = None
        if kept:  # else it stays in the sensor, and comes with the next
            self._missed = []
            await line.perform(self._book.erase(round(now_s)))

    def _late(self, fetch: LogFetch) -> list[Samples]:
        traits, rate_hz = self._product.traits, self._worn.rate_hz
        found: list[Samples] = []
        for logged, packets in fetch.packets():
            found += late_samples(packets, logged, self._missed, self._gateway_s, traits, rate_hz)
        return found

    def _cannot(self, what: str, trouble: SurefootError) -> None:
        log.info("The %s %s sensor does not %s: %s", self._worn.side, self._worn.placement, what, trouble)
