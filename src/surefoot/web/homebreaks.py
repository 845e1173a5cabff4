"""Sit breaks on the patient's page: what is set, the hint, and its pause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from typing import Annotated

from fastapi import FastAPI, Form
from starlette.responses import JSONResponse, RedirectResponse, Response

from surefoot.pipeline.sitbreaks import (
    AFTER_MIN,
    MOST,
    SETTING,
    SitBreakParams,
    SitBreaks,
    breaks_text,
    hint,
    read_breaks,
)
from surefoot.pipeline.store import Store
from surefoot.records import SurefootError
from surefoot.web.homenow import HomeNow
from surefoot.web.language import _


class WrongBreaks(SurefootError):
    """A setting that the page does not offer."""


class HomeBreaks:
    """Its methods block, and run in FastAPI's threads."""

    def __init__(
        self, store: Store, clock: Callable[[], float], zone: tzinfo, now: Callable[[], HomeNow | None]
    ) -> None:
        self._store, self._clock, self._zone, self._now = store, clock, zone, now

    def setting(self) -> SitBreaks:
        return read_breaks(self._store.office.own_page.setting(SETTING))

    def set(
        self,
        after_min: Annotated[int, Form()],
        quiet_from_h: Annotated[int, Form()],
        quiet_to_h: Annotated[int, Form()],
        most: Annotated[int, Form()],
        on: Annotated[str, Form()] = "",
    ) -> Response:
        hours = range(24)
        if after_min not in AFTER_MIN or most not in MOST or quiet_from_h not in hours or quiet_to_h not in hours:
            what = _("This form is not one of this page's.")
            raise WrongBreaks(what, _("Nothing was kept."), _("Go back to your page."))
        wanted = replace(self.setting(), on=bool(on), after_min=after_min, most=most, paused_until_s=0.0)
        self._keep(replace(wanted, quiet_from_h=quiet_from_h, quiet_to_h=quiet_to_h))
        return RedirectResponse("/?told=breaks#breaks", 303)

    def pause(self) -> Response:
        self._keep(replace(self.setting(), paused_until_s=self._clock() + SitBreakParams().pause_s))
        return RedirectResponse("/?told=paused#breaks", 303)

    def hint(self) -> Response:
        """Whether a hint stands now, for the page that is open."""
        before, now = self.setting(), self._now()
        if now is None:
            return JSONResponse({"hint": False})
        shown, after = hint(before, now.doing, now.doing_s, now.seated_min, self._clock(), self._zone)
        if after != before:
            self._keep(after)
        return JSONResponse({"hint": shown})

    def _keep(self, breaks: SitBreaks) -> None:
        self._store.office.own_page.set(SETTING, breaks_text(breaks))


def add_breaks(app: FastAPI, breaks: HomeBreaks) -> None:
    app.post("/breaks", response_model=None)(breaks.set)
    app.post("/breaks/pause", response_model=None)(breaks.pause)
    app.get("/breaks/hint", response_model=None)(breaks.hint)
