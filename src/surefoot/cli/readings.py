"""The readings that are to be understood: what was recorded so far, then what is received, without a break."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from surefoot.cli.backlog import Backlog, Reading, unread
from surefoot.cli.board import Board
from surefoot.cli.pulse import Pulse
from surefoot.pipeline.ring import Ring
from surefoot.records import Side
from surefoot.sensors.bluetooth.joining import joined

REPLAYED_S = 20.0  # of the recording at once: well below what pipeline.silence takes for a loss


class Readings:
    """Of the sensors that are understood. ``in_ring`` calls what waits for the ring's disk, one call at a time."""

    def __init__(
        self, ring: Ring, in_ring: Callable[..., Any], board: Board, pulse: Pulse, now_s: Callable[[], float]
    ) -> None:
        self._ring, self._in_ring, self._board, self._pulse, self._now_s = ring, in_ring, board, pulse, now_s

    async def of(
        self, fresh: Backlog, begin_s: float, until_s: float, took: Callable[[float], None]
    ) -> AsyncIterator[Reading]:
        """What was recorded from ``begin_s`` on, then what is received; ``took`` hears how long the first took."""
        began_s = self._now_s()
        reached_s: dict[Side, float] = {}  # up to when what was recorded has been told
        told_s: dict[Side, float] = {}
        self._board.phase = "working through what was recorded of today"
        async for item in self._recorded(begin_s, until_s, reached_s):
            yield item
        self._board.phase = ""
        took(self._now_s() - began_s)
        while (item := await fresh.get()) is not None:
            self._pulse.beat("understanding")
            if isinstance(item, str):  # more waited than is held: the ring has it
                reached_s |= {side: max(at_s, reached_s.get(side, at_s)) for side, at_s in told_s.items()}
                await self._in_ring(self._ring.flush)
                since_s = min((reached_s.get(side, begin_s) for side in self._board.sides()), default=begin_s)
                async for missed in self._recorded(since_s, fresh.received_s, reached_s):
                    yield missed
            elif item.placement == self._board.analysed and item.end_s > reached_s.get(item.side, begin_s):
                told_s[item.side] = max(item.end_s, told_s.get(item.side, item.end_s))
                yield item

    async def _recorded(self, begin_s: float, until_s: float, reached_s: dict[Side, float]) -> AsyncIterator[Reading]:
        """What the ring has behind what each sensor has ``reached_s``, which goes on."""
        before = dict(reached_s)
        kept = (item for item in self._ring.items(begin_s, until_s) if item.placement == self._board.analysed)
        new = (part for item in kept if (part := unread(item, before.get(item.side, float("-inf")))) is not None)
        recorded = joined(new, REPLAYED_S)
        while (item := await self._in_ring(next, recorded, None)) is not None:
            self._pulse.beat("understanding")
            reached_s[item.side] = max(item.end_s, reached_s.get(item.side, item.end_s))
            yield item
