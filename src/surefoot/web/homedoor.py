"""The door of the patient's page: with a PIN nobody sees anything without it, but for what to do in an emergency."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Annotated

from fastapi import FastAPI, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from surefoot.pipeline.login import Wait
from surefoot.pipeline.store import Store
from surefoot.records import SurefootError
from surefoot.web.door import new_token
from surefoot.web.guard import Refusal
from surefoot.web.language import N_, _, _n
from surefoot.web.rate import Crowd
from surefoot.web.retold import retold

OPEN = ("/pin", "/static")
WRONG = N_("This is not the PIN.")
MONTHS_S = 180 * 86400


class HomeDoor:
    """The page that asks for the PIN, and the cookie of who gave it.

    ``always``: nobody gets in without one, not even when it is taken away meanwhile; else only where there is one.
    ``secure``: the page is asked for over HTTPS only.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        page: Callable[..., HTMLResponse],
        *,
        always: bool = False,
        secure: bool = False,
    ) -> None:
        self._pin, self._clock, self._page = store.office.pin, clock, page
        self._always, self._secure = always, secure
        self.cookie = "__Host-surefoot-home" if secure else "surefoot-home"

    def lets_in(self, cookie: str | None) -> bool:
        if not self._pin.is_set():
            return not self._always
        return cookie is not None and self._pin.knows(cookie, self._clock())

    def form(self, told: str = "") -> Response:
        return self._page("homepin.html", told=_(WRONG) if told == "wrong" else "")

    def enter(self, request: Request, pin: Annotated[str, Form()] = "") -> Response:
        token, address = new_token(), request.client.host if request.client else ""
        entered = self._pin.enter(pin.strip(), address, token, self._clock())
        if isinstance(entered, Wait):
            told = _n(
                "Too many wrong PINs. Wait {n} second, then try again.",
                "Too many wrong PINs. Wait {n} seconds, then try again.",
                ceil(entered.seconds),
            )
            page = self._page("homepin.html", told=told)
            page.status_code = 429
            return page
        if not entered:
            return RedirectResponse("/pin?told=wrong", 303)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self.cookie, token, max_age=MONTHS_S, path="/", secure=self._secure, httponly=True, samesite="strict"
        )
        return answer


class HomeGate:
    """ASGI middleware: whoever has not given the PIN is led to where it is asked for.

    ``crowd``: for who asks too often; None where only this computer is served.
    """

    def __init__(self, app: ASGIApp, door: HomeDoor, refuse: Refusal, crowd: Crowd | None) -> None:
        self._app, self._door, self._refuse, self._crowd = app, door, refuse, crowd

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # there are none, and one that nobody guards must not come to be
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, cookie = scope["path"], Request(scope).cookies.get(self._door.cookie)
        is_open = path == "/pin" or any(path.startswith(f"{one}/") for one in OPEN)
        try:
            known = not is_open and await run_in_threadpool(self._door.lets_in, cookie)
        except SurefootError as error:
            await self._refuse(503, *map(retold, (error.what, error.meaning, error.remedy)))(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        too_many = self._crowd and self._crowd.too_many(cookie or "" if known else "", address)
        inside = self._app if known or is_open else RedirectResponse("/pin", 303)
        await (too_many or inside)(scope, receive, send)


def add_door(app: FastAPI, door: HomeDoor) -> None:
    app.get("/pin", response_model=None)(door.form)
    app.post("/pin", response_model=None)(door.enter)
