"""The backlog: what was received and is not understood yet. Whoever receives never waits for whoever understands.

All of it is in the ring as well. So when more waits than memory should hold, as while the disk of the store is full, it
is let go here, and whoever understands is told to read on in the ring.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final, Literal

from surefoot.pipeline.backfill import later_part
from surefoot.records import Gap, Samples

Reading = Samples | Gap
BEHIND: Final = "behind"
MOST = 5000  # blocks: twenty minutes of two sensors


class Backlog:
    """Readings in and out in their order, in one event loop; None is behind the last one.

    ``received_s``: up to when any were; what a ring has behind that was recorded while a clock stood ahead.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._waiting: deque[Reading | None] = deque()
        self._came = asyncio.Event()
        self._is_behind = False
        self.received_s = float("-inf")

    def put(self, item: Reading | None) -> None:
        """What the ring has by now."""
        if item is not None and len(self._waiting) >= self._most:
            self._waiting.clear()
            self._is_behind = True
        self._waiting.append(item)
        self.received_s = self.received_s if item is None else max(self.received_s, item.end_s)
        self._came.set()

    async def get(self) -> Reading | Literal["behind"] | None:
        """The next one; "behind": what comes next is in the ring, before what is got from here after this."""
        while not self._waiting:
            self._came.clear()
            await self._came.wait()
        if self._is_behind:
            self._is_behind = False
            return BEHIND
        return self._waiting.popleft()

    def is_empty(self) -> bool:
        return not self._waiting


def unread(item: Reading, reached_s: float) -> Reading | None:
    """What of an item lies behind the time up to which its sensor is understood."""
    if item.end_s <= reached_s:
        return None
    if isinstance(item, Gap):
        return replace(item, start_s=max(item.start_s, reached_s))
    return later_part(item, reached_s)
