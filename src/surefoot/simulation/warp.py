"""A clock that need not be waited for: event loops whose time jumps to the next timer, or runs faster than ours.

Everything that asks its loop for the time and for nothing else lives in that time: timeouts are exact, and a night
passes in seconds.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time stands still while there is something to do, and jumps to the next timer when there is not.

    It begins at ``start_s``. While a thread works (``asyncio.to_thread``) time does not move. Sockets and child
    processes are served, but the time of whoever answers them is not ours: use ScaledLoop with those.
    """

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s
        self._threads = 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._now_s

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        self._threads += 1
        try:
            future = super().run_in_executor(executor, func, *args)
        except BaseException:
            self._threads -= 1
            raise
        future.add_done_callback(self._thread_done)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """However long its threads take: they do so in real time."""
        self._threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._threads -= 1

    @property
    def waits_for_threads(self) -> bool:
        return self._threads > 0

    def pass_time(self, seconds: float) -> None:
        self._now_s += seconds

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self._threads -= 1


class ScaledLoop(asyncio.SelectorEventLoop):
    """Time runs ``times`` as fast as ours: with real sockets, files and child processes."""

    def __init__(self, times: float) -> None:
        self._times = times
        super().__init__(_Hurried(times))

    def time(self) -> float:
        return self._times * super().time()


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self._loop.waits_for_threads:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self._loop.pass_time(timeout)
        return ready


class _Hurried(selectors.DefaultSelector):
    def __init__(self, times: float) -> None:
        super().__init__()
        self._times = times

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout if timeout is None else timeout / self._times)
