"""Problems: what /api/v1 answers when it cannot: one shape, kinds that stay, what to do (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from surefoot.records import SurefootError
from surefoot.web.apimodels import Problem

MEDIA_TYPE = "application/problem+json"
KINDS: dict[str, tuple[int, str]] = {  # kind: its status and title
    "bad-request": (400, "The request cannot be understood"),
    "bad-cursor": (400, "This is no place to read on from"),
    "token-in-url": (400, "A token stands in the address"),
    "token-missing": (401, "A token is missing"),
    "token-unknown": (401, "This token is none of this clinic's"),
    "token-revoked": (401, "This token was taken back"),
    "token-expired": (401, "This token has ended"),
    "scope-missing": (403, "This token may not read this"),
    "no-such-patient": (404, "There is no such patient, or not for this token"),
    "no-such-metric": (404, "This patient has no such number"),
    "no-such-route": (404, "There is nothing here"),
    "read-only": (405, "Nothing can be changed here"),
    "too-many-requests": (429, "Too many requests"),
    "failed": (500, "This should not have happened"),
    "not-installed": (501, "Something this needs is not installed"),
    "records-unreadable": (503, "The records cannot be read"),
}


class ProblemError(SurefootError):
    """A request that cannot be answered, with the kind of problem it is."""

    def __init__(
        self, kind: str, detail: str, remedy: str, headers: Mapping[str, str] | None = None, meaning: str = ""
    ) -> None:
        super().__init__(detail, meaning, remedy)
        self.kind = kind
        self.headers = dict(headers or {})

    def response(self) -> Response:
        status, title = KINDS[self.kind]
        detail = " ".join(part for part in (self.what, self.meaning) if part)
        told = Problem(
            type=f"urn:surefoot:problem:{self.kind}", title=title, status=status, detail=detail, remedy=self.remedy
        )
        return Response(told.model_dump_json(), status, self.headers, MEDIA_TYPE)
