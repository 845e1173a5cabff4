"""The profile of a patient on a page: shown, written by a therapist, and sent home as far as the home needs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from surefoot.alerts.orders import OrderError, day_faults
from surefoot.pipeline.profiles import CAUSES, LONGEST_REMARK, ROOTS, Profile, Root
from surefoot.pipeline.store import Store
from surefoot.records import Affected, AidKind
from surefoot.web.deeds import Field, name_of
from surefoot.web.desk import LONGEST_NOTE, Refused, clean, known_patient
from surefoot.web.language import _
from surefoot.web.pages import Pages
from surefoot.web.profilewords import AID_WORDS, CAUSE_WORDS, SIDE_WORDS, affected_in, stands
from surefoot.web.retold import retold
from surefoot.web.words import local_day

Many = Annotated[list[str], Form()]


class ProfilePage:
    """The page and its form; they block, and run in FastAPI's threads."""

    def __init__(self, store: Store, clock: Callable[[], float], pages: Pages) -> None:
        self._store, self._clock, self._pages = store, clock, pages

    def show(self, gateway: str) -> HTMLResponse:
        now_s, patients = self._clock(), self._store.patients(days_too=False)
        content = {
            "patient": known_patient(patients, gateway),
            "profile": stands(self._store, gateway),
            "today": local_day(now_s, self._pages.zone),
            "roots": ROOTS,
            "causes": {cause: CAUSE_WORDS[cause] for cause in ("", *CAUSES[:-1])},
            "aids": AID_WORDS,
            "sides": SIDE_WORDS,
            "longest": LONGEST_REMARK,
        }
        return self._pages.page("profile.html", now_s, patients, **content)

    def write(
        self,
        gateway: str,
        side: Field = "",
        since: Field = "",
        cause: Field = "",
        remark: Field = "",
        roots: Many = [],  # noqa: B006  # FastAPI copies it
        aids: Many = [],  # noqa: B006
        who: Field = "",
        note: Field = "",
    ) -> Response:
        """Both the profile and, where the affected leg or its day has changed, the order that tells the home."""
        who, note, now_s = name_of(who), clean(note, _("the note"), LONGEST_NOTE), self._clock()
        known_patient(self._store.patients(days_too=False), gateway)
        written = _profile(side, since, cause, clean(remark, _("the remark"), LONGEST_REMARK), roots, aids)
        today, before = local_day(now_s, self._pages.zone), stands(self._store, gateway)
        if written == before:
            return RedirectResponse(f"/patients/{quote(gateway)}?told=same", 303)
        affected = affected_in(written)
        if affected is None and since and (against := day_faults(Affected("left", since), today)):
            what = " ".join(map(retold, against))
            raise Refused(400, what, _("Nothing was set."), _("Go back and correct it."))
        if affected is not None and affected != affected_in(before):
            try:
                self._store.orders.give(gateway, affected, who, now_s, today, note)
            except OrderError as error:
                raise Refused(400, retold(error.what), retold(error.meaning), retold(error.remedy)) from error
        self._store.office.profiles.write(gateway, written, who, now_s, note)
        return RedirectResponse(f"/patients/{quote(gateway)}?told=profile", 303)


def add_profile(app: FastAPI, page: ProfilePage) -> None:
    at = "/patients/{gateway}/profile"
    app.get(at, response_model=None)(page.show)
    app.post(at, response_model=None)(page.write)


def _profile(side: str, since: str, cause: str, remark: str, roots: Sequence[str], aids: Sequence[str]) -> Profile:
    """As it was typed; Refused for what the form does not offer."""
    if side not in SIDE_WORDS or cause not in CAUSES or set(roots) - set(ROOTS) or set(aids) - set(AID_WORDS):
        what = _("This form is not one of this page's.")
        raise Refused(400, what, _("Nothing was stored."), _("Reload the page."))
    chosen: tuple[Root, ...] = tuple(root for root in ROOTS if root in roots)
    worn: tuple[AidKind, ...] = tuple(aid for aid in AID_WORDS if aid in aids)
    return Profile(side, chosen, cause, since.strip(), worn, remark)  # type: ignore[arg-type]  # one of them
