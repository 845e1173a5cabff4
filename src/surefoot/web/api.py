"""The API of /api/v1: what programs may read, route by route, each behind the scope that its row names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import Depends, FastAPI, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer, SecurityScopes
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from surefoot import __version__
from surefoot.pipeline.store import Store
from surefoot.pipeline.tokens import Scope
from surefoot.records import SurefootError
from surefoot.web import apihappened, apimodels
from surefoot.web.apidocs import reference
from surefoot.web.apiexports import Exports
from surefoot.web.apimodels import Problem
from surefoot.web.apireads import Reads
from surefoot.web.apirecent import Recent
from surefoot.web.pages import Pages
from surefoot.web.problems import MEDIA_TYPE, ProblemError
from surefoot.web.tagged import Tagged

BASE = "/api/v1"
SCHEMA = f"{BASE}/openapi.json"
ABOUT = """Read what a surefoot clinic holds. Nothing can be changed here.

Each request carries a token: `Authorization: Bearer surefoot_...` (`surefoot clinic token create`). Times end in `_s`:
seconds since 1970, UTC; days are the patient's own. null means that it cannot be said, never zero. An answer's `ETag`
sent back as `If-None-Match` is answered with 304 as long as nothing has changed. Errors are `application/problem+json`.
Within v1 nothing is taken away or renamed; fields may be added."""
ERRORS: dict[int | str, str] = {
    400: "The request cannot be understood, or a token stands in its address.",
    401: "No token, or one that lets nobody in (any more).",
    403: "The token may not read this.",
    404: "No such patient, or not for this token; no such number.",
    429: "Too many requests: see Retry-After.",
    503: "The records cannot be read.",
    "default": "Any other error.",
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    code: {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for code, words in ERRORS.items()
}
ZIPPED = {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}

log = logging.getLogger(__name__)
bearer = HTTPBearer(auto_error=False, scheme_name="token", description="surefoot clinic token create")


def make_api(store: Store, clock: Callable[[], float], pages: Pages) -> Tagged:
    """The API on ``store``, for a gate that says which token asks (``request.state.token``)."""
    app = FastAPI(
        title="surefoot", version=f"v1 ({__version__})", description=ABOUT, docs_url=None, redoc_url=None,
        openapi_url=SCHEMA,
    )  # fmt: skip
    reads, recent = Reads(store, clock), Recent(store, clock)
    rows: tuple[tuple[str, Scope | None, Callable[..., Any], Any], ...] = (
        ("/token", None, reads.grant, apimodels.Grant),
        ("/measures", "days:read", reads.measures, apimodels.Measures),
        ("/patients", "patients:read", reads.patients, apimodels.Patients),
        ("/patients/{patient_id}", "patients:read", reads.patient, apimodels.Patient),
        ("/patients/{patient_id}/days", "days:read", reads.days, apimodels.Days),
        ("/patients/{patient_id}/coverage", "days:read", reads.coverage, apimodels.Coverage),
        ("/patients/{patient_id}/trends", "days:read", reads.trends, apimodels.Trends),
        ("/patients/{patient_id}/series/{metric}", "days:read", reads.series, apimodels.Series),
        ("/patients/{patient_id}/incidents", "incidents:read", recent.incidents, apihappened.Incidents),
        ("/patients/{patient_id}/alerts", "alerts:read", recent.alerts_of, apihappened.Alerts),
        ("/alerts", "alerts:read", recent.alerts, apihappened.Alerts),
        ("/patients/{patient_id}/exports/{form}", "exports:read", Exports(store, clock).export, None),
    )
    for path, scope, handler, model in rows:
        app.get(
            f"{BASE}{path}",
            response_model=model,
            response_class=JSONResponse if model else Response,
            dependencies=[Security(_allowed, scopes=[scope] if scope else [])],
            responses={**ANSWERS, "default": ANSWERS["default"] | {"model": Problem}, **({} if model else ZIPPED)},
            operation_id=handler.__name__,
            summary=(handler.__doc__ or "").strip().partition("\n")[0],
            description=(handler.__doc__ or "").strip().partition("\n")[2].strip() or None,
        )(handler)
    app.get(f"{BASE}/docs", include_in_schema=False)(lambda: pages.plain("apidocs.html", **reference(app.openapi())))
    _add_problems(app)
    return Tagged(app)


def _allowed(request: Request, needed: SecurityScopes, _: object = Depends(bearer)) -> None:
    lacks = [one for one in needed.scopes if one not in request.state.token.scopes]
    if lacks:
        what = f"It needs {lacks[0]}; the token may {', '.join(request.state.token.scopes)}."
        raise ProblemError("scope-missing", what, "Ask the clinic for a token with that scope.")


def _add_problems(app: FastAPI) -> None:
    @app.exception_handler(ProblemError)
    def told(_: Request, error: ProblemError) -> Response:
        return error.response()

    @app.exception_handler(SurefootError)
    def unreadable(_: Request, error: SurefootError) -> Response:
        return ProblemError("records-unreadable", error.what, error.remedy, meaning=error.meaning).response()

    @app.exception_handler(RequestValidationError)
    def wrong(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        what = f"{first['loc'][-1]}: {first['msg']}."
        return ProblemError("bad-request", what, f"See {BASE}/docs.").response()

    @app.exception_handler(HTTPException)
    def nothing(_: Request, error: HTTPException) -> Response:
        kind = "no-such-route" if error.status_code == 404 else "read-only"
        return ProblemError(kind, "Nothing was told.", f"See {BASE}/docs.").response()

    @app.middleware("http")
    async def surprised(request: Request, call_next: Callable[[Request], Any]) -> Response:
        try:
            return await call_next(request)  # type: ignore[no-any-return]
        except Exception as error:
            log.exception("%s failed.", request.scope["path"])
            remedy = "Please report it, with what surefoot clinic printed at this time."
            return ProblemError("failed", f"{type(error).__name__}.", remedy).response()
