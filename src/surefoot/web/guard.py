"""The guard before the pages: who may ask, and what a browser may do with the answer.

Pages are asked for under this machine's own names, and those it was given. A foreign web page in the same browser must
neither read (its name made to point here: DNS rebinding) nor post (cross-site request forgery).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from surefoot.web.language import _

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# Styles are allowed inline where plotly.js draws, which sets them on its shapes; scripts never are.
DRAWING = {"Content-Security-Policy": POLICY.format(styles=" 'unsafe-inline'")}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # not no-referrer: that makes a browser send "Origin: null" with our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SAFE = {"GET", "HEAD"}

Refusal = Callable[[int, str, str, str], Response]  # status, what, meaning, remedy -> a page


class Guard:
    """ASGI middleware: refuses foreign hosts and origins, and puts ``HEADERS`` on every answer."""

    def __init__(self, app: ASGIApp, refuse: Refusal, names: Collection[str] = (), secure: bool = False) -> None:
        self._app = app
        self._refuse = refuse
        self._names = {name.casefold() for name in names}
        self._always = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._always)
                headers.setdefault("Content-Security-Policy", POLICY.format(styles=""))
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refused = self._check(scope["method"], Headers(scope=scope))
        if refused is None and not scope["query_string"].isascii():  # what is within would take it for text, and fail
            refused = self._refuse(
                400, _("There is no such page."), _("Nothing was changed."), _("Type the address anew.")
            )
        await (refused or self._app)(scope, receive, with_headers)

    def _check(self, method: str, headers: Headers) -> Response | None:
        host = headers.get("host", "")
        if not is_loopback(name_of(host)) and name_of(host).casefold() not in self._names:
            what = _("This page was asked for under a name that is none of this clinic's.")
            return self._refuse(421, what, _("Nothing was shown."), _("Use the address that surefoot printed."))
        if method in SAFE:
            return None
        site, origin = headers.get("sec-fetch-site", "same-origin"), headers.get("origin")
        if site not in ("same-origin", "none") or (origin is not None and urlsplit(origin).netloc != host):
            what = _("This came from another web page than surefoot's own.")
            return self._refuse(403, what, _("Nothing was stored."), _("Open the page here and do it again."))
        return None


def name_of(host: str) -> str:
    """The name or address in a Host header, without its port; empty for one that cannot be read."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Whether a host can only be this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
