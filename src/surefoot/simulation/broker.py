"""A broker inside the process, for the demo: nothing to install beside Python, nothing kept, MQTT 3.1.1 only."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from surefoot.records import SurefootError

HANG_UP_S = 0.2  # connections it has let go of are closed by the loop, which must not end before


class BrokerError(SurefootError):
    """The demo's broker cannot be started."""


@asynccontextmanager
async def small_broker(port: int | None = None) -> AsyncIterator[str]:
    """Run a broker on 127.0.0.1 for anybody on this machine; yields its URL. Use ``Link(url, ..., protocol="3.1.1")``.

    Raise BrokerError when amqtt is not installed or the port is taken.
    """
    try:
        from amqtt.broker import Broker
        from amqtt.errors import BrokerError as StartError
    except ModuleNotFoundError as error:
        what = f"The demo's own broker needs amqtt ({error.name} is missing)."
        raise BrokerError(what, "Nothing was started.", 'Install it: python -m pip install "surefoot[demo]"') from None
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.ERROR)  # it tells every connection and packet as a warning
    port = port or _free_port()
    listener = {"type": "tcp", "bind": f"127.0.0.1:{port}"}
    anonymous = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    lines: set[asyncio.StreamWriter] = set()

    class Counting(Broker):  # type: ignore[misc]  # amqtt, where it is not installed, is Any
        """Knows its connections: one that came while it was shut down is left open by it."""

        async def stream_connected(
            self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
        ) -> None:
            lines.add(writer)
            try:
                await super().stream_connected(reader, writer, listener_name)
            finally:
                lines.discard(writer)

    broker = Counting({"listeners": {"default": listener}, "plugins": anonymous})
    try:
        await broker.start()
    except StartError as error:
        what = f"The demo's broker cannot listen on port {port} ({error})."
        raise BrokerError(what, "Nothing was started.", "Choose another port.") from None
    try:
        yield f"mqtt://127.0.0.1:{port}"
    finally:
        await broker.shutdown()
        for line in lines:
            line.close()
        await asyncio.sleep(HANG_UP_S)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
