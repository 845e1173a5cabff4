"""One direction of one link: what is under way on air, in order, and when it arrives."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from bumble.controller import Connection

SOON_S = 1e-9  # times that differ by less are the same


class Way:
    """Things put in come out in the same order, each not before its time; none while it is held."""

    def __init__(self, connection: Connection, phase_s: float) -> None:
        self.connection = connection  # the receiver's
        self.phase_s = phase_s  # of the connection's events
        self.turn_s = 0.0  # the link's next, where it has them by chance
        self.kept_back: Callable[[], None] | None = None  # one notification, that the next will overtake
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._timer: asyncio.Handle | None = None
        self._last_s = 0.0
        self._held = False

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def held(self) -> bool:
        return self._held

    def put(self, at_s: float, arrive: Callable[[], None]) -> None:
        self._last_s = max(at_s, self._last_s)
        self._waiting.append((self._last_s, arrive))
        self._arm()

    def hold(self) -> None:
        self._held = True
        self._disarm()

    def release(self) -> None:
        self._held = False
        self._arm()

    def close(self) -> None:
        self._waiting.clear()
        self.kept_back = None
        self._disarm()

    def _arm(self) -> None:
        if self._held or self._timer is not None or not self._waiting:
            return
        at_s = self._waiting[0][0]
        if at_s <= self._loop.time():
            self._timer = self._loop.call_soon(self._run)
        else:
            self._timer = self._loop.call_at(at_s, self._run)

    def _run(self) -> None:
        self._timer = None
        while self._waiting and not self._held and self._waiting[0][0] <= self._loop.time() + SOON_S:
            self._waiting.popleft()[1]()
        self._arm()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
