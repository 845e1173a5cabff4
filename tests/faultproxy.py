"""A bad line: a TCP proxy in front of a broker that delays, cuts, falls silent, resets, dribbles or talks rubbish."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

CHUNK, SLOW_CHUNK = 65_536, 512
RUBBISH = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
NO_LINGER = struct.pack("ii", 1, 0)  # closing sends a reset


@dataclass
class Faults:
    """What is wrong with the line just now; may be changed while it is used."""

    latency_s: float = 0.0  # each way
    bytes_per_s: float = 0.0  # each way; 0: as fast as it goes
    silent: bool = False  # half-open: connected, and nothing passes any more
    refused: bool = False  # no connection is taken
    rubbish_to: str = ""  # "home" or "broker": this is what it reads first


@dataclass
class Proxy:
    """Passes bytes on to a broker, as well as the faults allow."""

    target_port: int
    faults: Faults = field(default_factory=Faults)
    port: int = 0
    taken: int = 0  # connections
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _jobs: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self, *, reset: bool = False) -> None:
        """End every connection at once, in peace or with a reset."""
        for writer in self._open:
            if reset and not writer.transport.is_closing():
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.taken += 1
        if self.faults.refused:
            writer.transport.abort()
            return
        with suppress(OSError):
            other_reader, other = await asyncio.open_connection("127.0.0.1", self.target_port)
            self._open |= {writer, other}
            for side, name in ((writer, "home"), (other, "broker")):
                if self.faults.rubbish_to == name:
                    side.write(RUBBISH)
            ways = [self._pass(reader, other), self._pass(other_reader, writer)]
            jobs = {asyncio.create_task(way) for way in ways}
            self._jobs |= jobs
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            for one in (writer, other):
                one.transport.abort()
            self._open -= {writer, other}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clock = asyncio.get_running_loop().time
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while data := (due := await on_the_way.get())[1]:
                await asyncio.sleep(max(0.0, due[0] - clock()))
                while self.faults.silent:
                    await asyncio.sleep(0.02)
                writer.write(data)
                await asyncio.sleep(len(data) / self.faults.bytes_per_s if self.faults.bytes_per_s else 0.0)

        async def leave() -> None:
            while data := await reader.read(SLOW_CHUNK if self.faults.bytes_per_s else CHUNK):
                on_the_way.put_nowait((clock() + self.faults.latency_s, data))
            on_the_way.put_nowait((0.0, b""))

        with suppress(OSError):
            await asyncio.gather(leave(), arrive())

    async def end(self) -> None:
        self.faults.silent = False
        self.cut()
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)


@asynccontextmanager
async def bad_line(target_port: int) -> AsyncIterator[Proxy]:
    """A proxy in front of a port of this machine."""
    proxy = Proxy(target_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
