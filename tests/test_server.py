"""The server of the pages: a certificate that is renewed while it runs is shown, and half of one is not."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography import x509
from starlette.applications import Starlette

from surefoot.alerts.identity import Identity, issue, new_authority
from surefoot.cli.authority import now_utc
from surefoot.web import server
from surefoot.web.server import Outside, serve_pages

NOW = now_utc(time.time())


def certificate(days: int) -> Identity:
    return issue(new_authority("a town's authority", NOW), "clinic.example", NOW, days, ["localhost"])


def write(folder: Path, one: Identity) -> None:
    (folder / "key.pem").write_bytes(one.key)
    (folder / "certificate.pem").write_bytes(one.certificate)


def shown(port: int) -> int:
    """The number of the certificate that a newcomer is shown."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), 30) as line,
        trusting.wrap_socket(line, server_hostname="localhost") as secure,
    ):
        found = secure.getpeercert(binary_form=True)
    assert found is not None
    return x509.load_der_x509_certificate(found).serial_number


def fails(path: Path, **_: object) -> None:
    raise PermissionError(13, "Permission denied", str(path))


@asynccontextmanager
async def served(folder: Path) -> AsyncIterator[int]:
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    outside = Outside(("localhost",), folder / "certificate.pem", folder / "key.pem")
    serving = asyncio.create_task(serve_pages(Starlette(), port=0, outside=outside, on_ready=url.set_result))
    yield int((await url).rstrip("/").rpartition(":")[2])
    serving.cancel()
    await asyncio.wait({serving})


async def until_shown(port: int, serial: int) -> None:
    async with asyncio.timeout(60):
        while await asyncio.to_thread(shown, port) != serial:
            await asyncio.sleep(0.05)


def test_a_renewed_certificate_is_shown_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "LOOK_S", 0.05)
    first, second, third = (certificate(days) for days in (1, 2, 3))
    write(tmp_path, first)

    async def story() -> None:
        async with served(tmp_path) as port:
            assert await asyncio.to_thread(shown, port) == first.serial
            write(tmp_path, second)
            await until_shown(port, second.serial)
            (tmp_path / "certificate.pem").write_bytes(third.certificate)  # its key has not been written yet
            while "cannot be used yet" not in caplog.text:
                await asyncio.sleep(0.05)
            assert await asyncio.to_thread(shown, port) == second.serial
            (tmp_path / "key.pem").unlink()
            await asyncio.sleep(0.2)
            assert await asyncio.to_thread(shown, port) == second.serial
            with monkeypatch.context() as closed:  # or a file that goes while it is looked at
                closed.setattr(Path, "stat", fails)
                await asyncio.sleep(0.2)
            write(tmp_path, third)
            await until_shown(port, third.serial)

    asyncio.run(story())
