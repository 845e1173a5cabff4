"""Pages served for a browser: on a free port, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from surefoot.web.server import serve_pages


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    """Their URL, without a slash at its end."""
    loop, up = asyncio.new_event_loop(), threading.Event()
    found: list[str] = []

    def tell(url: str) -> None:
        found.append(url)
        up.set()

    task = loop.create_task(serve_pages(app, "127.0.0.1", port, on_ready=tell))
    task.add_done_callback(lambda _: up.set())  # also when it cannot be served
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait({task})))
    thread.start()
    up.wait()
    try:
        yield found[0].rstrip("/")
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
