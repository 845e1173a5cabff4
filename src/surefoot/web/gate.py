"""The gate before every page: who asks, whether they may, whether a form is one of ours, who signs it, and that it is
written down before anything is shown.

It stands before the routes, so it covers those that are added later. What it does not know is let in too little rather
than too much (`surefoot.web.roles`).
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from urllib.parse import parse_qsl, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from surefoot.records import SurefootError
from surefoot.web.acting import Visitor, visited_by
from surefoot.web.door import OVER, Door
from surefoot.web.guard import SAFE, Refusal
from surefoot.web.language import N_, _
from surefoot.web.rate import Crowd
from surefoot.web.retold import retold
from surefoot.web.roles import in_words, is_open, may, whom
from surefoot.web.trail import Entry, entry

Note = Callable[[str, str, str, str], None]  # who, what, about, told

LARGEST_FORM = 65_536  # bytes
NOTED = {*range(200, 400), 403}  # what was shown or done, and what somebody tried that they may not
UNNOTED = N_("Nothing is shown as long as that is so; what was stored before is intact.")
FORM = "application/x-www-form-urlencoded"
SIGNED = "who"  # the field that names who acts
PART = "of"  # the parameter of a page that asks for news of itself (static/lists.js): nobody used it
SHOWN = 10_000  # pages that are remembered to be written down


class Gate:
    """ASGI middleware. Within, `surefoot.web.acting.visitor` says who is asking."""

    def __init__(self, app: ASGIApp, door: Door, refuse: Refusal, note: Note, crowd: Crowd) -> None:
        self._app = app
        self._door = door
        self._refuse = refuse
        self._note = note
        self._crowd = crowd
        self._shown: dict[tuple[str, str], None] = {}  # by whose session which page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # there are none, and one that nobody guards must not come to be
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            by_itself = _is_by_itself(scope)
            cookie = Request(scope).cookies.get(self._door.cookie)
            who = await run_in_threadpool(self._door.visitor, cookie, used=not by_itself)
        except SurefootError as error:
            await self._refuse(503, *map(retold, (error.what, error.meaning, error.remedy)))(scope, receive, send)
            return
        visited_by(who)
        if too_many := self._too_many(who, scope):
            await too_many(scope, receive, send)
            return
        given: bytes | None = b""
        refused = self._check(who, scope)
        if refused is None and scope["method"] not in SAFE:
            given = await _body(receive)
            refused = self._check_form(who, Headers(scope=scope), given)
            receive = _again(b"" if given is None else _signed(who, given), receive)
            scope = dict(scope) | {"headers": _measured(scope, who, given or b"")}
        made = entry(who, scope["method"], scope["path"], dict(_fields(given or b"")), refused is not None)
        again = by_itself and (who.csrf, scope["path"]) in self._shown
        if made is not None and not again and (refused is None or refused.status_code == 403):
            send = self._noted(made, who, scope, receive, send)
        await (refused or self._app)(scope, receive, send)

    def _too_many(self, who: Visitor, scope: Scope) -> Response | None:
        """Not of this clinic's own computer, where nobody has to log in."""
        known = who.csrf if who.person else ""
        return self._crowd.too_many(known, (scope.get("client") or ("",))[0]) if who.needs_login else None

    def _noted(self, made: Entry, who: Visitor, scope: Scope, receive: Receive, send: Send) -> Send:
        """What is answered, once it stands in the log; where that cannot be written, nothing is shown."""
        failed = False

        async def noted(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start" and message["status"] in NOTED:
                try:
                    await run_in_threadpool(self._note, *made)
                    self._remember(who, scope, message["status"])
                except SurefootError as error:
                    failed = True
                    told = retold(error.what), _(UNNOTED), retold(error.remedy)
                    await self._refuse(503, *told)(scope, receive, send)
            if not failed:
                await send(message)

        return noted

    def _remember(self, who: Visitor, scope: Scope, status: int) -> None:
        """A page that was written down is not written down again each time it asks for its own news."""
        if scope["method"] in SAFE and status == 200:
            self._shown[who.csrf, scope["path"]] = None
            while len(self._shown) > SHOWN:
                del self._shown[next(iter(self._shown))]

    def _check(self, who: Visitor, scope: Scope) -> Response | None:
        method, path = scope["method"], scope["path"]
        if not who.needs_login or is_open(path):
            return None
        if who.person is None:
            if method in SAFE:
                asked = quote(path) + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
                return RedirectResponse(
                    f"/login?{urlencode({'back': asked, 'told': 'over' if path != '/' else ''})}", 303
                )
            return self._refuse(401, _(OVER), _("Nothing was stored."), _("Log in and do it again."))
        if not may(who.person, method, path):
            what = _("This is for: {whom}.", whom=whom(method, path))
            meaning = _(
                "You are {who} ({roles}). Nothing was shown or stored.",
                who=who.person.name,
                roles=in_words(who.person.roles),
            )
            remedy = _("Ask one of them, or whoever gives out logins for another role.")
            return self._refuse(403, what, meaning, remedy)
        return None

    def _check_form(self, who: Visitor, headers: Headers, given: bytes | None) -> Response | None:
        if given is None:
            what = _("This is too much for a form: {most} bytes at most.", most=LARGEST_FORM)
            return self._refuse(413, what, _("Nothing was stored."), _("Go back and shorten it."))
        kind = headers.get("content-type", FORM).partition(";")[0].strip().lower()
        if given and kind != FORM:
            return self._refuse(
                415, _("This is not a form of these pages."), _("Nothing was stored."), _("Use the pages.")
            )
        if not who.needs_login:
            return None
        brought = headers.get("x-csrf") or dict(_fields(given)).get("csrf", "")
        if not who.csrf or not compare_digest(brought.encode(), who.csrf.encode()):
            what = _("This form was made for another login, or for none.")
            return self._refuse(403, what, _("Nothing was stored."), _("Reload the page and do it again."))
        return None


def _signed(who: Visitor, given: bytes) -> bytes:
    """What was sent, signed by whoever is logged in: nobody acts in another's name, whatever they typed."""
    if who.person is None:
        return given
    kept = [(name, value) for name, value in _fields(given) if name not in (SIGNED, "csrf")]
    return urlencode([*kept, (SIGNED, who.person.name)]).encode()


def _is_by_itself(scope: Scope) -> bool:
    """Whether a page asks for news, or for what has changed on it: no sign that somebody is there."""
    asked = dict(_fields(scope["query_string"]))
    return scope["method"] in SAFE and (scope["path"] == "/live" or PART in asked)


def _fields(given: bytes) -> list[tuple[str, str]]:
    return parse_qsl(given.decode("utf-8", "replace"), keep_blank_values=True)


def _measured(scope: Scope, who: Visitor, given: bytes) -> list[tuple[bytes, bytes]]:
    """The headers, with the length that the body has now."""
    kept = [(name, value) for name, value in scope["headers"] if name not in (b"content-length", b"transfer-encoding")]
    return [*kept, (b"content-length", str(len(_signed(who, given))).encode())]


async def _body(receive: Receive) -> bytes | None:
    """All that was sent, or None where it is too much."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":  # whoever asked has gone
            break
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > LARGEST_FORM:
            return None
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, to be read once more; then whatever else comes."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return left.pop() if left else await receive()

    return replayed
