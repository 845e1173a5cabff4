"""A line that is kept: to the first of several brokers that answers, again and again, and back to the first."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Protocol, TypeVar

from surefoot.alerts.broker import LinkError, LinkParams, next_attempt, wait_s

log = logging.getLogger(__name__)
S = TypeVar("S")
Given = TypeVar("Given", covariant=True)


class Way(Protocol[Given]):
    """The way to one broker."""

    @property
    def params(self) -> LinkParams: ...
    def connect(self) -> AbstractAsyncContextManager[Given]: ...


async def keep(
    ways: Sequence[Way[S]],
    talk: Callable[[S], Awaitable[None]],
    on_trouble: Callable[[LinkError], None] | None = None,
    chance: Callable[[], float] = random.random,
) -> None:
    """Connect and ``talk``, again and again whenever the line is lost, until ``talk`` returns.

    A line that is lost, or that does not come about, is followed by the next way at once; only when none is left is
    waited. On another way than the first, the first is tried now and then, and gone back to. Each LinkError is handed
    to ``on_trouble`` (default: the log) before the next try; raising there gives up.
    """
    turn, attempt, clock = 0, 0, asyncio.get_running_loop().time
    while True:
        began_s: float | None = None
        way = ways[turn]
        try:
            async with way.connect() as session:
                began_s = clock()
                talking = talk(session)
                if turn == 0:
                    await talking
                    return
                if not await _first_is_back(ways[0], talking):
                    return
            turn = 0
            continue
        except* LinkError as group:
            trouble = first(group)
        (on_trouble or _log)(trouble)
        lasted_s = None if began_s is None else clock() - began_s
        turn = (turn + 1) % len(ways)
        if turn == 0 or lasted_s is not None:
            attempt = next_attempt(attempt, lasted_s, way.params)
        if turn == 0:
            await asyncio.sleep(wait_s(attempt, chance(), way.params))


def first(group: BaseExceptionGroup[LinkError]) -> LinkError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, LinkError)
    return error


async def _first_is_back(first_way: Way[S], talk: Awaitable[None]) -> bool:
    """Talk on; whether that was left because the first way is open again, else because all is said."""
    talking = asyncio.ensure_future(talk)
    back = asyncio.ensure_future(_until_open(first_way))
    try:
        await asyncio.wait({talking, back}, return_when=asyncio.FIRST_COMPLETED)
        if talking.done():
            talking.result()
            return False
        return True
    finally:
        for task in (talking, back):
            task.cancel()
        await asyncio.wait({talking, back})


async def _until_open(way: Way[S]) -> None:
    while True:
        await asyncio.sleep(way.params.return_s)
        with suppress(LinkError):
            async with way.connect():
                return


def _log(trouble: LinkError) -> None:
    log.warning("%s", trouble)
