"""The live line: an open page hears what changed, so that it can ask for it; nothing about a patient is said on it.

Server-sent events. One look at the store every half second serves everybody who listens, and one question in it whether
they still may: whose login has ended is told so before anything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.sse import ServerSentEvent

from surefoot.pipeline.store import StoreError
from surefoot.web.acting import Visitor, visitor
from surefoot.web.bulletin import Bulletin, Edition
from surefoot.web.door import Door
from surefoot.web.pages import Troubles
from surefoot.web.roles import may

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LiveParams:
    """How soon news is told. Engineering choices (P)."""

    look_s: float = 0.5  # between two looks, while somebody listens
    beat_s: float = 15.0  # so often at least a listener hears that the line is alive: a page is stale after 120 s
    retry_ms: int = 2000  # before a browser that lost the line asks again


class _Listener:
    def __init__(self, cookie: str, who: Visitor) -> None:
        self.cookie = cookie
        self.who: Visitor | None = who


class Live:
    """Everybody who listens. ``close`` ends their lines: a server that ends would wait for them."""

    def __init__(
        self,
        bulletin: Bulletin,
        door: Door,
        clock: Callable[[], float],
        troubles: Callable[[float], Troubles],
        params: LiveParams | None = None,
    ) -> None:
        self._bulletin = bulletin
        self._door = door
        self._clock = clock
        self._troubles = troubles
        self._params = params or LiveParams()
        self._listeners: set[_Listener] = set()
        self._turn = asyncio.Event()  # set once a look has succeeded, and then another one takes its place
        self._watching: asyncio.Task[None] | None = None
        self._ended = False

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    async def stream(self, request: Request, since: str = "") -> AsyncIterator[ServerSentEvent]:
        """What one page hears: the state at once, then each edition; nothing but a beat while there is no news."""
        listener = _Listener(request.cookies.get(self._door.cookie, ""), visitor())
        at = self._bulletin.number_of(request.headers.get("last-event-id") or since)
        told_s, loop = -self._params.beat_s, asyncio.get_running_loop()
        self._listeners.add(listener)
        self._watch()
        try:
            while not self._ended:
                await self._turn.wait()
                if self._ended:
                    return
                if listener.who is None:
                    yield ServerSentEvent(event="over", data={})
                    return
                number, now_s = self._bulletin.number, loop.time()
                if number != at or now_s - told_s >= self._params.beat_s:
                    told = self._told(listener.who, self._bulletin.since(at)) | {"from": self._bulletin.named(at)}
                    yield ServerSentEvent(data=told, id=self._bulletin.named(number), retry=self._params.retry_ms)
                    at, told_s = number, now_s
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """To be called in the server's loop."""
        self._ended = True
        self._next_turn()
        if self._watching is not None:
            self._watching.cancel()

    def _watch(self) -> None:
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._keep_watching())

    async def _keep_watching(self) -> None:
        while self._listeners and not self._ended:
            asked = list(self._listeners)
            try:
                await asyncio.to_thread(self._bulletin.look)
                let_in = await asyncio.to_thread(self._door.still, {one.cookie for one in asked})
            except StoreError as error:  # nobody hears anything, and their pages say how old they are
                log.warning("The pages hear no news: %s", error)
            else:
                for one in asked:
                    one.who = let_in.get(one.cookie)
                self._next_turn()
            await asyncio.sleep(self._params.look_s)

    def _next_turn(self) -> None:
        self._turn.set()
        self._turn = asyncio.Event()

    def _told(self, who: Visitor, news: Edition) -> dict[str, Any]:
        """To whoever sees no patients: of technical alerts only."""
        treats, waiting = may(who.person, "GET", "/alerts"), self._bulletin.waiting
        heard = {gateway: news if treats else news & {"technical"} for gateway, news in news.changed.items()}
        told: dict[str, Any] = {
            "everything": news.everything,
            "changed": {gateway: sorted(news) for gateway, news in heard.items() if news},
            "open": {"technical": waiting.technical},
            "urgent": 0,
            "raised": [],
            "troubles": self._troubles(self._clock()),
        }
        if treats:
            told["open"] |= {"clinical": waiting.clinical}
            told |= {"urgent": waiting.urgent, "raised": news.raised}
        return told
