"""The server of the pages: a port of this machine, taken before anything else starts, and uvicorn behind it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from surefoot.records import SurefootError
from surefoot.web.guard import is_loopback

LINGER_S = 2  # for answers under way when it ends


class PortError(SurefootError):
    """The pages cannot be served at this address."""


def take_port(host: str, port: int) -> socket.socket:
    """Listen on a port of this machine (0: any free one). Raise PortError when that may or can not be."""
    if not is_loopback(host):
        raise PortError(
            f"The pages cannot be served at {host}: they have no login yet, so anybody there could read them.",
            "Nothing was started.",
            "Leave --host away (127.0.0.1); from another computer use an SSH tunnel to it.",
        )
    if host == "localhost":
        host = "127.0.0.1"
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    # On Windows the same option would let two programs share a port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR if os.name == "posix" else _EXCLUSIVE, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        told = f"Port {port} of {host} cannot be used: {getattr(error, 'strerror', None) or error}."
        remedy = "Stop the program that uses it (another surefoot clinic?), or choose another with --port."
        raise PortError(told, "Nothing was started.", remedy) from None
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> str:
    """The pages' URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def serve_pages(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 8420,
    *,
    listener: socket.socket | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until cancelled; answers under way are finished first. Signals stay with the caller.

    ``listener``: a port already taken with `take_port`. ``on_ready`` is told the URL once pages can be fetched.
    Raise PortError when the port cannot be had.
    """
    taken = listener or take_port(host, port)
    settings = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=LINGER_S,
    )
    server = _Server(settings)
    serving = asyncio.create_task(server.serve(sockets=[taken]))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if on_ready is not None and not serving.done():
            on_ready(address_of(taken))
        await asyncio.shield(serving)
    finally:
        server.should_exit = True
        await asyncio.wait({serving})
        taken.close()


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: whoever runs the loop decides when it ends."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


_EXCLUSIVE: int = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
