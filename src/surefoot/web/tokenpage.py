"""Read tokens on a page: which programs may read the records; one made, shown this once, or taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from surefoot.pipeline.login import Wait
from surefoot.pipeline.store import Patient, Store
from surefoot.pipeline.tokens import LONGEST_NAME, SCOPES, Scope, Token
from surefoot.web.acting import visitor
from surefoot.web.deeds import Field, name_of
from surefoot.web.desk import Refused, clean
from surefoot.web.language import N_, _, _n, day_words
from surefoot.web.pages import Pages
from surefoot.web.roles import may
from surefoot.web.words import local, local_day

SCOPE_WORDS: dict[Scope, str] = {
    "patients:read": N_("who is a patient, by name, and who needs a look"),
    "days:read": N_("days, coverage, numbers, courses, trends"),
    "incidents:read": N_("foot drop, giving way, stumbles, falls, and what was said of them"),
    "alerts:read": N_("alerts and what happened to them"),
    "exports:read": N_("everything of a patient as files"),
}
LASTS_DAYS = (30, 90, 365, 730)
USUAL_DAYS = 365
HEADER = "Authorization: Bearer"
SHORTEST = 8  # letters of a home's name that must be given: as many as the pages show
NONE_MADE = N_("No token was made.")


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token as the page tells it."""

    id: str
    name: str
    scopes: tuple[str, ...]
    of: str
    made: str
    used: str
    stands: str
    is_valid: bool


class TokenPage:
    """The page and its two forms; they block, and run in FastAPI's threads."""

    def __init__(self, store: Store, clock: Callable[[], float], pages: Pages) -> None:
        self._store, self._clock, self._pages = store, clock, pages

    def show(self, told: str = "") -> HTMLResponse:
        says = {"revoked": _("The token is taken back: it lets nobody in from now on.")}
        return self._page(told=says.get(told, ""))

    def make(
        self,
        request: Request,
        name: Field = "",
        scopes: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
        homes: Field = "",
        days: Annotated[int, Form()] = USUAL_DAYS,
        password: Field = "",
        who: Field = "",
    ) -> Response:
        """The token is on the page that answers, and nowhere afterwards: so it is no page to come back to."""
        who, name, now_s = name_of(who), " ".join(clean(name, _("the name"), LONGEST_NAME).split()), self._clock()
        chosen = [one for one in SCOPES if one in scopes]
        if not name or not name.isprintable() or days not in LASTS_DAYS:
            raise Refused(
                400, _("The name is missing, or no name."), _(NONE_MADE), _("Go back and say for which program.")
            )
        if not chosen:
            raise Refused(400, _("What it may read is missing."), _(NONE_MADE), _("Go back and tick what it needs."))
        if any(one.name == name for one in self._store.office.tokens.all()):
            what = _("There is, or was, a token called {name}.", name=name)
            raise Refused(409, what, _(NONE_MADE), _("Go back and give this one another name."))
        only = self._homes(homes)
        self._confirm(request, password, now_s)
        made, text = self._store.office.tokens.create(name, chosen, only, days, who, now_s)
        told = f"{made.id}, {', '.join(made.scopes)}, {' '.join(only) if only else 'all patients'}"
        self._store.office.audit.add(now_s, who, "made a token", made.name, told)
        return self._page(made=self._row(made, self._store.patients(days_too=False), now_s), text=text)

    def revoke(self, id: Field = "", who: Field = "") -> Response:
        who, now_s = name_of(who), self._clock()
        found = next((one for one in self._store.office.tokens.all() if one.id == id), None)
        if found is None or found.revoked_s is not None:
            what = _("There is no such token, or it was taken back before.")
            raise Refused(404, what, _("Nothing was changed."), _("Reload the page."))
        gone = self._store.office.tokens.revoke(found.id, now_s)
        self._store.office.audit.add(now_s, who, "revoked a token", gone.name, gone.id)
        return RedirectResponse("/tokens?told=revoked", 303)

    def _page(self, **content: Any) -> HTMLResponse:
        now_s, patients = self._clock(), self._store.patients(days_too=False)
        rows = [self._row(one, patients, now_s) for one in self._store.office.tokens.all()]
        shown: dict[str, Any] = {"told": "", "made": None, "text": "", "longest": LONGEST_NAME, "shortest": SHORTEST}
        shown |= {"valid": [one for one in rows if one.is_valid], "over": [one for one in rows if not one.is_valid]}
        shown |= {"scopes": {name: _(words) for name, words in SCOPE_WORDS.items()}}
        shown |= {"header": HEADER, "lasts": LASTS_DAYS, "usual": USUAL_DAYS}
        return self._pages.page("tokens.html", now_s, patients, **shown | content)

    def _row(self, one: Token, patients: Sequence[Patient], now_s: float) -> TokenRow:
        def day(at_s: float) -> str:
            return day_words(local_day(at_s, self._pages.zone))

        state, by = one.state(now_s), {"day": day(one.made_s), "who": one.made_by}
        stands = {
            "valid": _("until {day}", day=day(one.expires_s)),
            "expired": _("ended {day}", day=day(one.expires_s)),
            "revoked": _("taken back {day}", day=day(one.revoked_s or 0.0)),
        }[state]
        used = _("never") if one.used_s is None else local(one.used_s, self._pages.zone)
        made = _("{day} by {who}", **by)
        return TokenRow(one.id, one.name, one.scopes, _of_whom(one, patients), made, used, stands, state == "valid")

    def _homes(self, typed: str) -> list[str] | None:
        """The homes that were typed, each by the beginning of its name; None: all. No label is looked for:
        whoever gives out tokens need not know who is a patient."""
        wished = typed.replace(",", " ").casefold().split()
        known = [one.gateway for one in self._store.patients(days_too=False)]
        found = {one: [home for home in known if home.startswith(one)] for one in wished}
        for one, homes in found.items():
            if len(homes) != 1 or len(one) < SHORTEST:
                what = _("There is not one home called {name}.", name=one[:LONGEST_NAME])
                remedy = _(
                    "Go back and give the first eight letters of its name, as they stand beside the patient's label."
                )
                raise Refused(400, what, _(NONE_MADE), remedy)
        return [homes[0] for homes in found.values()] or None

    def _confirm(self, request: Request, password: str, now_s: float) -> None:
        """The password once more: a screen left open must not give away all records for two years."""
        if (person := visitor().person) is None:
            return
        address = request.client.host if request.client else ""
        found = self._store.office.logins.confirm(person.name, password, address, now_s)
        if isinstance(found, Wait):
            what = _n(
                "Too many wrong passwords. Wait {n} second, then try again; nothing was looked at.",
                "Too many wrong passwords. Wait {n} seconds, then try again; nothing was looked at.",
                ceil(found.seconds),
            )
            raise Refused(429, what, _(NONE_MADE), _("Go back and try again then."))
        if found is None:
            self._store.office.audit.add(now_s, person.name, "gave a wrong password", "", f"from {address}")
            raise Refused(403, _("This is not your password."), _(NONE_MADE), _("Go back and type it again."))


def add_tokens(app: FastAPI, page: TokenPage) -> None:
    app.get("/tokens", response_model=None)(page.show)
    app.post("/tokens", response_model=None)(page.make)
    app.post("/tokens/revoke", response_model=None)(page.revoke)


def _of_whom(one: Token, patients: Sequence[Patient]) -> str:
    """By label for those who see patients, else by the beginning of each home's name."""
    if one.patients is None:
        return _("all patients, also those to come")
    labels = {p.gateway: p.label for p in patients} if may(visitor().person, "GET", "/") else {}
    return ", ".join(labels.get(home) or home[:SHORTEST] for home in one.patients) or _("none left")
