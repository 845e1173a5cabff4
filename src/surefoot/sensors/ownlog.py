"""A sensor's own log, while it is worn: kept running, and fetched when it is back from where the radio did not reach.

The readings come late: the live walk has gone on without them. Fetching takes the place of streaming for as long as it
lasts, so it is done only after an absence that is worth it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from surefoot.records import Gap, Samples, SurefootError, WornSensor
from surefoot.sensors.ble import Line
from surefoot.sensors.late import LogFetch, late_samples
from surefoot.sensors.product import Logbook, Product

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OwnLogParams:
    """When a log is fetched (P)."""

    least_s: float = 60.0  # of absence; a shorter one costs more readings than it brings
    most_s: float = 600.0  # of fetching at once; the rest the next time


class OwnLog:
    """One sensor's. ``gateway_s`` tells when a tick of its clock was; ``on_late`` takes what was fetched."""

    def __init__(
        self,
        worn: WornSensor,
        product: Product,
        book: Logbook,
        gateway_s: Callable[[float], float],
        on_late: Callable[[Samples], None],
        params: OwnLogParams | None = None,
    ) -> None:
        self._worn, self._product, self._book = worn, product, book
        self._gateway_s, self._on_late = gateway_s, on_late
        self._params = params or OwnLogParams()
        self._since_s: float | None = None  # it records
        self._fetch: LogFetch | None = None  # one that was begun and not ended

    async def keep_running(self, line: Line, now_s: float) -> None:
        """Have it record beside the stream; where it cannot, that is said and the stream goes on."""
        if self._since_s is not None:
            return
        try:
            await line.perform(self._book.start(round(now_s)))
            self._since_s = now_s
        except SurefootError as trouble:
            log.info("The %s %s sensor does not record by itself: %s", self._worn.side, self._worn.placement, trouble)

    async def fetch(self, line: Line, gaps: Iterable[Gap], now_s: float) -> None:
        """Bring what it recorded in these gaps, if that is worth it. Raise RadioError when the line breaks."""
        missed = [gap for gap in gaps if self._since_s is not None and gap.end_s > self._since_s]
        if not self._fetch and not any(gap.end_s - gap.start_s >= self._params.least_s for gap in missed):
            return
        self._fetch = self._fetch or LogFetch(self._book, self._worn.rate_hz)
        try:
            async with asyncio.timeout(self._params.most_s):
                await line.perform(self._fetch.script())
        except TimeoutError:
            log.info("The %s sensor's own log is long: the rest is fetched another time", self._worn.side)
            return
        for logged, packets in self._fetch.packets():
            traits, rate_hz = self._product.traits, self._worn.rate_hz
            for block in late_samples(packets, logged, missed, self._gateway_s, traits, rate_hz):
                self._on_late(block)
        await line.perform(self._book.erase(round(now_s)))
        self._fetch = self._since_s = None
