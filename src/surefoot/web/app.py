"""The app: the pages of a clinic on one store, as something a server can serve."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import tzinfo

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.sse import EventSourceResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, Response

from surefoot.alerts.escalation import EscalationParams
from surefoot.pipeline.store import Store
from surefoot.records import SurefootError
from surefoot.web.api import make_api
from surefoot.web.apigate import ApiGate
from surefoot.web.bulletin import Bulletin
from surefoot.web.deeds import Deeds
from surefoot.web.desk import Desk, Refused
from surefoot.web.digest import add_digest
from surefoot.web.door import Door, new_token
from surefoot.web.gate import Gate
from surefoot.web.guard import Guard
from surefoot.web.judging import Judging
from surefoot.web.language import N_, _
from surefoot.web.line import Line
from surefoot.web.live import Live
from surefoot.web.pages import PLOTLY_URL, STATIC, Pages, plotly_script
from surefoot.web.planning import Planning, add_planning
from surefoot.web.printing import Printing
from surefoot.web.profile import ProfilePage, add_profile
from surefoot.web.rate import USUAL, Crowd, RateParams
from surefoot.web.retold import retold
from surefoot.web.speaking import Speaking
from surefoot.web.surprised import Surprised
from surefoot.web.tokenpage import TokenPage, add_tokens

FOREVER = "public, max-age=31536000, immutable"  # for a name that holds its version
COMPRESSED = 5  # of 9: beyond it a page costs more time than it saves
SAME = "no-cache"  # kept, but asked about each time
REPORT = N_("Please report it, with what surefoot clinic printed at this time.")


def make_app(
    store: Store,
    clock: Callable[[], float] = time.time,
    title: str = "Clinic",
    *,
    zone: tzinfo | None = None,
    line: Line | None = None,
    names: Sequence[str] = (),
    language: str = "",
    people: EscalationParams | None = None,
    rates: RateParams = USUAL,
) -> FastAPI:
    """The clinic's pages on ``store``.

    ``clock`` gives Unix seconds, ``title`` says whose data it is, ``zone`` is that of the times shown (None: this
    machine's), ``line`` tells whether messages come in (None: nothing is said about it).

    ``names``: under which others reach these pages, over HTTPS; nobody gets in without a login then. Without names they
    are this computer's own, and a login is needed as soon as somebody has one. ``language``: that of who has
    chosen none ("": as their browser asks). ``people``: who is told of an alert, one after another.
    ``rates``: how often one may ask.
    """
    app = FastAPI(title="surefoot", docs_url=None, redoc_url=None, openapi_url=None)  # its documents load from a CDN
    pages, outside = Pages(title, zone, line), bool(names)
    door = Door(store, clock, pages, always=outside, secure=outside)
    bulletin = Bulletin(store, new_token()[:8])
    door.edition = bulletin.name
    app.state.live = Live(bulletin, door, clock, pages.troubles)
    app.get("/live", response_class=EventSourceResponse)(app.state.live.stream)
    _add_pages(app, Desk(store, clock, pages, line))
    _add_deeds(app, Deeds(store, clock, people or EscalationParams()))
    _add_judging(app, Judging(store, clock, pages))
    _add_printing(app, Printing(store, clock, zone))
    _add_door(app, door)
    add_planning(app, Planning(store, clock, pages))
    add_profile(app, ProfilePage(store, clock, pages))
    add_digest(app, store, pages, clock)
    add_tokens(app, TokenPage(store, clock, pages))
    add_files(app)
    _add_refusals(app, pages)

    def note(who: str, what: str, about: str, told: str) -> None:
        store.office.audit.add(clock(), who, what, about, told)

    app.add_middleware(Surprised, refuse=pages.refusal, remedy=REPORT)
    app.add_middleware(GZipMiddleware, compresslevel=COMPRESSED)
    crowd = Crowd(clock, pages.refusal, rates)
    app.add_middleware(Gate, door=door, refuse=pages.refusal, note=note, crowd=crowd)
    api = make_api(store, clock, pages)
    app.add_middleware(ApiGate, api=api, tokens=store.office.tokens, clock=clock, note=note)
    app.add_middleware(Guard, refuse=pages.refusal, names=names, secure=outside)
    app.add_middleware(Speaking, usual=language)
    return app


def _add_pages(app: FastAPI, desk: Desk) -> None:
    found: dict[str, Callable[..., Response]] = {
        "/": desk.list_patients,
        "/patients/{gateway}": desk.patient,
        "/patients/{gateway}/incidents/{kind}/{side}/{start}": desk.incident,
        "/alerts": desk.clinical_alerts,
        "/alerts/technical": desk.technical_alerts,
        "/healthz": desk.health,
    }
    for path, page in found.items():
        app.get(path, response_model=None)(page)
    app.post("/acknowledge", response_model=None)(desk.acknowledge)
    app.post("/label", response_model=None)(desk.label)


def _add_deeds(app: FastAPI, deeds: Deeds) -> None:
    for deed in (deeds.snooze, deeds.wake, deeds.escalate, deeds.resolve, deeds.seen):
        app.post(f"/{deed.__name__}", response_model=None)(deed)


def _add_judging(app: FastAPI, judging: Judging) -> None:
    app.post("/judge", response_model=None)(judging.judge)
    app.get("/precision", response_model=None)(judging.precision)


def _add_printing(app: FastAPI, printing: Printing) -> None:
    app.get("/patients/{gateway}/report", response_model=None)(printing.page)
    app.get("/patients/{gateway}/report.pdf", response_model=None)(printing.pdf)


def _add_door(app: FastAPI, door: Door) -> None:
    app.get("/login", response_model=None)(door.form)
    app.post("/login", response_model=None)(door.enter)
    app.post("/logout", response_model=None)(door.leave)


def add_files(app: FastAPI) -> None:
    @app.get(PLOTLY_URL)
    def plotly() -> FileResponse:
        return FileResponse(plotly_script(), media_type="text/javascript", headers={"Cache-Control": FOREVER})

    app.mount("/static", _Files(directory=STATIC))


class _Files(StaticFiles):
    """Our own few files."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response: Response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = SAME
        return response


def _add_refusals(app: FastAPI, pages: Pages) -> None:
    """Whatever goes wrong is told on a page: what happened, what it means, what to do."""

    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        return pages.refusal(error.status, error.what, error.meaning, error.remedy)

    @app.exception_handler(SurefootError)
    def unreadable(request: Request, error: SurefootError) -> Response:
        return pages.refusal(503, retold(error.what), retold(error.meaning), retold(error.remedy))

    @app.exception_handler(RequestValidationError)
    def incomplete(request: Request, error: RequestValidationError) -> Response:
        what = _("This form is not one of this page's.")
        return pages.refusal(400, what, _("Nothing was stored."), _("Reload the page and fill it in again."))

    @app.exception_handler(HTTPException)
    def no_page(request: Request, error: HTTPException) -> Response:
        lost = error.status_code == 404
        what = _("There is no such page.") if lost else _("This cannot be done ({why}).", why=retold(error.detail))
        return pages.refusal(error.status_code, what, _("Nothing was changed."), _("Go back to the list of patients."))
