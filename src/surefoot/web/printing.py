"""Printing: the report of a patient as a page to print and as a PDF, for the days the reader chooses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, tzinfo
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from surefoot.pipeline.store import Store
from surefoot.web import paper
from surefoot.web.desk import Refused
from surefoot.web.guard import DRAWING
from surefoot.web.language import _
from surefoot.web.report import NoReport, Report, report
from surefoot.web.words import END_ISOLATE, ISOLATE


class Printing:
    """Its methods block, and run in FastAPI's threads."""

    def __init__(self, store: Store, clock: Callable[[], float], zone: tzinfo | None) -> None:
        self._store = store
        self._clock = clock
        self._zone = zone

    def page(self, gateway: str, first: str = "", last: str = "") -> Response:
        return HTMLResponse(paper.html(self._report(gateway, first, last)), headers=DRAWING)

    def pdf(self, gateway: str, first: str = "", last: str = "") -> Response:
        made = self._report(gateway, first, last)
        try:
            content = paper.pdf(made)
        except ModuleNotFoundError as error:
            what = _("This clinic cannot make PDFs: a part is not installed.")
            remedy = _("Print the report page from the browser, or install the part: pip install 'surefoot[report]'.")
            raise Refused(503, what, _("Nothing was changed."), remedy) from error
        name = quote(
            f"surefoot-{made.patient.strip(ISOLATE + END_ISOLATE)}-{made.first_day}-{made.last_day}.pdf", safe=""
        )
        headers = {"Content-Disposition": f"inline; filename*=UTF-8''{name}"}
        return Response(content, media_type="application/pdf", headers=headers)

    def _report(self, gateway: str, first: str, last: str) -> Report:
        found = next((one for one in self._store.patients() if one.gateway == gateway), None)
        if found is None:
            what = _("There is no such patient.")
            raise Refused(404, what, _("Nothing was made."), _("Go back to the list of patients."))
        try:
            return report(self._store, found, _day(first), _day(last), self._clock(), self._zone)
        except NoReport as error:
            raise Refused(400, error.what, error.meaning, error.remedy) from error


def _day(given: str) -> str | None:
    try:
        return date.fromisoformat(given).isoformat() if given else None
    except ValueError as error:
        what = _("{given} is no day such as 2026-05-01.", given=repr(given))
        raise Refused(400, what, _("No report was made."), _("Go back and give the days again.")) from error
