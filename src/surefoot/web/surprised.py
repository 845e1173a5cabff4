"""Surprised: a fault that nobody thought of, as a page."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from surefoot.web.guard import SAFE, Refusal
from surefoot.web.language import _

log = logging.getLogger(__name__)


class Surprised:
    """ASGI middleware: a fault that nobody thought of is a page too. ``remedy``: what to do then."""

    def __init__(self, app: ASGIApp, refuse: Refusal, remedy: str) -> None:
        self._app, self._refuse, self._remedy = app, refuse, remedy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            log.exception("The page %s failed.", scope["path"])
            what = _("This should not have happened ({error}).", error=type(error).__name__)
            meaning = _("What is stored is safe; this page cannot be shown.")
            if scope["method"] not in SAFE:
                meaning = _("What you sent may not be stored: look whether it stands there.")
            await self._refuse(500, what, meaning, _(self._remedy))(scope, receive, send)
