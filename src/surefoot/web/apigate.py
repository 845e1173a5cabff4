"""The gate before /api: which program asks, by its token alone, how often it may, and that it is written down.

It stands beside the gate of the pages: no cookie opens it, and no token opens a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from surefoot.pipeline.login import network
from surefoot.pipeline.tokens import LOOKS_LIKE, Token, Tokens
from surefoot.records import SurefootError
from surefoot.web.gate import Note
from surefoot.web.problems import ProblemError
from surefoot.web.rate import Rate

ROOT = "/api/"
OPEN = ("/api/v1/openapi.json", "/api/v1/docs")  # what it can do; nothing of anybody


@dataclass(frozen=True, slots=True)
class ApiParams:
    """How often one may ask, by this program's own count. Engineering choices (P)."""

    per_minute: float = 120.0  # of one token, in the long run,
    at_once: float = 60.0  # and after a rest
    strangers_per_minute: float = 10.0  # of one address (in IPv6: a network) without a token that counts
    strangers_at_once: float = 20.0


class _DeadTokenError(ProblemError):
    """Somebody still uses a token that has ended or was taken back: that is written down."""

    def __init__(self, token: Token, kind: str, detail: str, remedy: str, headers: Mapping[str, str]) -> None:
        super().__init__(kind, detail, remedy, headers)
        self.token = token


class ApiGate:
    """ASGI middleware: what is below ``ROOT`` goes to ``api``, if its token may; all else to the pages."""

    def __init__(
        self, app: ASGIApp, api: ASGIApp, tokens: Tokens, clock: Callable[[], float], note: Note,
        params: ApiParams = ApiParams(),
    ) -> None:  # fmt: skip
        self._app, self._api, self._tokens, self._clock, self._note = app, api, tokens, clock, note
        self._rate = Rate(params.per_minute, params.at_once)
        self._strangers = Rate(params.strangers_per_minute, params.strangers_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(ROOT):
            await self._app(scope, receive, send)
            return
        try:
            if _is_open(scope):
                await self._api(scope, receive, send)
                return
            token = await self._asking(scope)
            scope = dict(scope) | {"state": {**scope.get("state", {}), "token": token}}
            await self._api(scope, receive, self._noted(token, scope, receive, send))
        except ProblemError as problem:
            await problem.response()(scope, receive, send)
        except SurefootError as error:
            await ProblemError("records-unreadable", error.what, error.remedy).response()(scope, receive, send)

    async def _asking(self, scope: Scope) -> Token:
        """The token that may ask now. ProblemError for any other request."""
        now_s, place = self._clock(), network((scope.get("client") or ("",))[0])
        if scope["method"] != "GET":
            what = "Programs may read here and nothing else."
            raise ProblemError("read-only", what, "Use GET.", {"Allow": "GET"})
        try:
            return await self._known(scope, now_s)
        except ProblemError as problem:  # whoever has a token that counts is heard, whatever others at this address do
            if problem.kind != "too-many-requests" and (wait_s := self._strangers.wait_s(place, now_s)):
                raise _too_many(wait_s) from problem
            if isinstance(problem, _DeadTokenError):
                note = _name(problem.token), f"was refused: {problem.kind}", "", _path(scope)
                await run_in_threadpool(self._note, *note)
            raise

    async def _known(self, scope: Scope, now_s: float) -> Token:
        address = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        if LOOKS_LIKE.search(unquote(address)) or "access_token=" in address:
            what = "Addresses end up in logs, so whoever reads those has this token now."
            raise ProblemError("token-in-url", what, "Revoke it, make another, and send that in the header.")
        kind, _, text = Headers(scope=scope).get("authorization", "").partition(" ")
        if kind.casefold() != "bearer" or not text.strip():
            what, remedy = "Nothing is told without one.", "Send the header Authorization: Bearer surefoot_..."
            raise ProblemError("token-missing", what, remedy, {"WWW-Authenticate": "Bearer"})
        token = await run_in_threadpool(self._tokens.known, text.strip(), now_s)
        if token is None or (state := token.state(now_s)) != "valid":
            what, remedy = "Nothing was told.", "Ask the clinic for another one: surefoot clinic token create."
            headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            if token is None:
                raise ProblemError("token-unknown", what, remedy, headers)
            raise _DeadTokenError(token, f"token-{state}", what, remedy, headers)
        if wait_s := self._rate.wait_s(token.id, now_s):
            raise _too_many(wait_s)
        return token

    def _noted(self, token: Token, scope: Scope, receive: Receive, send: Send) -> Send:
        """What is answered, once it stands in the log; where that cannot be written, nothing is told."""
        failed = False

        async def noted(message: Message) -> None:
            nonlocal failed
            if message["type"] == "http.response.start" and message["status"] in (200, 403):
                what = "read" if message["status"] == 200 else "was refused: read"
                about = scope.get("path_params", {}).get("patient_id", "") if message["status"] == 200 else ""
                try:
                    await run_in_threadpool(self._note, _name(token), what, about, _path(scope))
                except SurefootError as error:
                    failed = True
                    problem = ProblemError("records-unreadable", error.what, error.remedy)
                    await problem.response()(scope, receive, send)
            if not failed:
                await send(message)

        return noted


def _is_open(scope: Scope) -> bool:
    return scope["method"] in ("GET", "HEAD") and scope["path"] in OPEN


def _path(scope: Scope) -> str:
    """For the log: whoever asks may write anything there."""
    return "".join(one for one in scope["path"][:200] if one.isprintable())


def _name(token: Token) -> str:
    return f"{token.name} (token {token.id})"


def _too_many(wait_s: float) -> ProblemError:
    wait = str(max(1, ceil(wait_s)))
    return ProblemError("too-many-requests", "Nothing was looked at.", f"Wait {wait} s.", {"Retry-After": wait})
