"""The door: the page where people log in, and how they leave."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Collection
from hashlib import sha256
from math import ceil
from typing import Annotated

from fastapi import Form, Request
from starlette.responses import RedirectResponse, Response

from surefoot.pipeline.login import Wait
from surefoot.pipeline.store import Store
from surefoot.web.acting import Visitor, visitor
from surefoot.web.language import N_, _, _n
from surefoot.web.pages import Pages
from surefoot.web.roles import is_open, start_page

WRONG = N_("This name and password do not belong together.")
LEFT = N_("You are logged out.")
OVER = N_("You are not logged in, or your login has ended: after half an hour without use, or at the end of a shift.")


class Door:
    """Who somebody is, by their cookie.

    ``always``: nobody gets in without a login. Else one is needed as soon as somebody has one: until then the pages
    are open to this clinic's own computer. ``secure``: the pages are asked for over HTTPS only.
    """

    def __init__(
        self, store: Store, clock: Callable[[], float], pages: Pages, *, always: bool = False, secure: bool = False
    ) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages
        self._always = always
        self._secure = secure
        self.cookie = "__Host-surefoot" if secure else "surefoot"
        self.edition: Callable[[], str] = str  # of the news, taken before anything is read

    def visitor(self, cookie: str | None, *, used: bool = True) -> Visitor:
        """By the session that a cookie names. A cookie without one is a visitor's who has not logged in yet.

        ``used``: by a person, not by a page that looks for news by itself.
        """
        edition = self.edition()
        if not self._is_locked():
            return Visitor(edition=edition)
        person = self._store.office.logins.who(cookie, self._clock(), used=used) if cookie else None
        return Visitor(person, csrf_of(cookie) if cookie else "", needs_login=True, edition=edition)

    def still(self, cookies: Collection[str]) -> dict[str, Visitor]:
        """Who of these is let in by now, in one question; who is not named is not."""
        if not self._is_locked():
            return dict.fromkeys(cookies, Visitor())
        people = self._store.office.logins.still(cookies, self._clock())
        return {cookie: Visitor(person, csrf_of(cookie), needs_login=True) for cookie, person in people.items()}

    def _is_locked(self) -> bool:
        return self._always or self._store.office.staff.is_there()

    def form(self, request: Request, back: str = "", told: str = "") -> Response:
        """Whoever comes without a cookie is given one, so that even this form cannot be filled in by another page."""
        if not visitor().needs_login or visitor().person is not None:
            return RedirectResponse(_inside(back) or "/", 303)
        cookie = request.cookies.get(self.cookie) or new_token()
        says = {"left": _(LEFT), "over": _(OVER)}.get(told, "")
        page = self._pages.login(csrf_of(cookie), back=_inside(back), told=says)
        self._give(page, cookie)
        return page

    def enter(
        self,
        request: Request,
        name: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        """A new session under a new cookie: what was known of the old one is worth nothing."""
        token, address = new_token(), request.client.host if request.client else ""
        found = self._store.office.logins.log_in(name, password, address, token, self._clock())
        if isinstance(found, Wait):
            self._note(name, "guessed on", address)
            wait_s = ceil(found.seconds)
            told = _n(
                "Too many wrong passwords. Wait {n} second, then try again; nothing was looked at.",
                "Too many wrong passwords. Wait {n} seconds, then try again; nothing was looked at.",
                wait_s,
            )
            page = self._pages.login(visitor().csrf, 429, back=_inside(back), told=told)
            page.headers["Retry-After"] = str(wait_s)
            return page
        if found is None:
            self._note(name, "gave a wrong password", address)
            return self._pages.login(visitor().csrf, 403, back=_inside(back), told=_(WRONG))
        self._note(found.name, "logged in", address)
        answer = RedirectResponse(_inside(back) or start_page(found), 303)
        self._give(answer, token)
        return answer

    def leave(self, request: Request) -> Response:
        self._store.office.logins.log_out(request.cookies.get(self.cookie, ""))
        if (person := visitor().person) is not None:
            self._note(person.name, "logged out", request.client.host if request.client else "")
        answer = RedirectResponse("/login?told=left", 303)
        answer.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="lax")
        return answer

    def _note(self, name: str, what: str, address: str) -> None:
        """Of a name that nobody has only that it was tried: people type their password there by mistake."""
        known = self._store.office.staff.known_as(name) or "a name nobody has"
        self._store.office.audit.add(self._clock(), known, what, "", f"from {address}")

    def _give(self, answer: Response, token: str) -> None:
        """Lax, not strict: a link in a notice must lead to its alert."""
        answer.set_cookie(self.cookie, token, path="/", secure=self._secure, httponly=True, samesite="lax")


def csrf_of(cookie: str) -> str:
    """What forms bring back: it follows from the cookie, which no other page can read, and does not tell it."""
    return hmac.new(cookie.encode(), b"surefoot form", sha256).hexdigest()


def new_token() -> str:
    return secrets.token_urlsafe(32)


def _inside(back: str) -> str:
    """A page of this clinic's own, or nothing: a login must not lead elsewhere."""
    plain = back.startswith("/") and not back.startswith(("//", "/\\")) and back.isprintable() and "\\" not in back
    return back if plain and not is_open(back.partition("?")[0]) else ""
