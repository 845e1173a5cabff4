"""Surprised: a fault on the patient's page that nobody thought of, as a page."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from surefoot.web.guard import Refusal
from surefoot.web.language import _

log = logging.getLogger(__name__)


class Surprised:
    """ASGI middleware: a fault that nobody thought of is a page too, with what to do in an emergency."""

    def __init__(self, app: ASGIApp, refuse: Refusal) -> None:
        self._app, self._refuse = app, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if begun:
                raise
            log.exception("The page %s failed.", scope["path"])
            what = _("This should not have happened ({error}).", error=type(error).__name__)
            meaning = _("What is stored is safe; this page cannot be shown.")
            remedy = _("Go back to your page; if it comes again, tell your care team.")
            await self._refuse(500, what, meaning, remedy)(scope, receive, send)
