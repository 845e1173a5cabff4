"""Tagged answers: each carries a digest of itself, and whoever has that already is told so instead of it (ETag)."""

from __future__ import annotations

from hashlib import sha256

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Tagged:
    """ASGI middleware for JSON: 304 without a body where ``If-None-Match`` names what would be answered."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = {one.strip().removeprefix("W/") for one in Headers(scope=scope).get("if-none-match", "").split(",")}
        held: Message | None = None
        parts: list[bytes] = []

        async def tagged(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                kind = Headers(raw=message["headers"]).get("content-type", "")
                if message["status"] == 200 and kind.startswith("application/json"):
                    held = message
                    return
            if held is None:
                await send(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await _answer(held, b"".join(parts), asked, send)

        await self._app(scope, receive, tagged)


async def _answer(start: Message, body: bytes, asked: set[str], send: Send) -> None:
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = MutableHeaders(raw=list(start["headers"]))
    headers["ETag"] = tag
    headers["Cache-Control"] = "private, no-cache"  # kept by whoever asked, and asked about each time
    known = tag in asked
    if known:
        del headers["content-length"]
    await send({"type": "http.response.start", "status": 304 if known else start["status"], "headers": headers.raw})
    await send({"type": "http.response.body", "body": b"" if known else body})
