"""The server of the pages: a port of this machine, taken before anything else starts, and uvicorn behind it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from surefoot.records import SurefootError
from surefoot.web.guard import is_loopback

LINGER_S = 2  # for answers under way when it ends
LOOK_S = 60.0  # between two looks at whether the certificate was renewed

log = logging.getLogger(__name__)


class PortError(SurefootError):
    """The pages cannot be served at this address."""


@dataclass(frozen=True, slots=True)
class Outside:
    """How others reach the pages: under which names; with which certificate, unless something in front has it."""

    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None


def take_port(host: str, port: int, outside: Outside | None = None, *, login: bool = False) -> socket.socket:
    """Listen on a port (0: any free one). Raise PortError when that may or can not be.

    Beyond this machine only behind a ``login`` that somebody has, under a name, and over TLS.
    """
    if not is_loopback(host) and (lacks := _lacks(outside or Outside(), login)):
        raise PortError(f"The pages cannot be served at {host}: {lacks[0]}", "Nothing was started.", lacks[1])
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


def _lacks(outside: Outside, login: bool) -> tuple[str, str] | None:
    """What is missing before other machines may ask, and what to do."""
    if not login:
        remedy = "Give somebody a login (surefoot clinic user add), or leave --host away and use an SSH tunnel."
        return "nobody has a login yet, so anybody there could read them.", remedy
    if not outside.names:
        return "it is not known by which name others will ask for them.", "Name it: --name clinic.example"
    if outside.certificate is None or outside.key is None:
        remedy = "Give --certificate and --key, or leave --host away and let a proxy on this machine speak HTTPS."
        return "without a certificate passwords and patients' data could be read on the way.", remedy
    return None


def address_of(listener: socket.socket, outside: Outside | None = None) -> str:
    """The pages' URL."""
    host, port = listener.getsockname()[:2]
    if outside is not None and outside.certificate is not None:
        return f"https://{outside.names[0] if outside.names else 'localhost'}:{port}/"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def serve_pages(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 8420,
    *,
    listener: socket.socket | None = None,
    outside: Outside | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until cancelled; answers under way are finished first. Signals stay with the caller.

    ``outside``: how others reach the pages. With names and no certificate a proxy on this machine is believed when it
    says from where it was asked. A certificate that is renewed meanwhile is shown to whoever asks from then on.
    ``listener``: a port already taken with `take_port`. ``on_ready`` is told the URL once pages can be fetched.
    Raise PortError when the port cannot be had.
    """
    taken, reached = listener or take_port(host, port), outside or Outside()
    behind_proxy = bool(reached.names) and reached.certificate is None
    settings = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1",
        ssl_certfile=reached.certificate,
        ssl_keyfile=reached.key,
        timeout_graceful_shutdown=LINGER_S,
    )
    server = _Server(settings)
    serving, following = asyncio.create_task(server.serve(sockets=[taken])), asyncio.create_task(asyncio.sleep(0))
    try:
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if on_ready is not None and not serving.done():
            on_ready(address_of(taken, reached))
        following = asyncio.create_task(_follow(settings.ssl, reached))
        await asyncio.shield(serving)
    finally:
        following.cancel()
        server.should_exit = True
        await asyncio.wait({serving})
        taken.close()


async def _follow(shown: ssl.SSLContext | None, reached: Outside) -> None:
    """Certificates of others last for weeks, and this program for months."""
    if shown is None or reached.certificate is None or reached.key is None:
        return
    known = _written(reached.certificate, reached.key)
    while True:
        await asyncio.sleep(LOOK_S)
        now = _written(reached.certificate, reached.key)
        if now == known:
            continue
        try:  # apart from the one that is shown: half of a pair would end that; a sealed key would be asked about
            for context in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), shown):
                context.load_cert_chain(reached.certificate, reached.key, password="")
        except (OSError, ssl.SSLError) as error:
            log.warning(
                "the renewed certificate %s cannot be used yet (%s): the old one is shown", reached.certificate, error
            )
            continue
        known = now
        log.info("the renewed certificate %s is shown from now on", reached.certificate)


def _written(*paths: Path) -> tuple[int, ...]:
    """When they were; 0 for one that cannot be looked at."""
    return tuple(map(_written_ns, paths))


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: whoever runs the loop decides when it ends. Live lines end first."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        live = getattr(getattr(self.config.app, "state", None), "live", None)
        if live is not None:
            live.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


_EXCLUSIVE: int = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
