"""The plan page: a therapist sets this patient's limits, has normal learned anew, logs treatments, asks the patient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from surefoot.alerts.limits import RANGES, faults
from surefoot.alerts.orders import FEWEST_DAYS, MOST_DAYS, OrderError
from surefoot.pipeline.asking import ABOUT
from surefoot.pipeline.plan import USUAL, Plan
from surefoot.pipeline.rulebook import WouldHave, would_have
from surefoot.pipeline.store import Store
from surefoot.pipeline.told import Told
from surefoot.records import Learning, Limits, Ordered, Question, Side, TestKind, Treatment, TreatmentKind
from surefoot.web.changes import changed
from surefoot.web.deeds import Field, name_of
from surefoot.web.desk import LONGEST_NOTE, Refused, clean, known_patient
from surefoot.web.language import N_, _, day_words
from surefoot.web.ordered import TREATMENTS, asked, in_short, limit_rows
from surefoot.web.pages import Pages
from surefoot.web.profilewords import said, stands
from surefoot.web.retold import retold
from surefoot.web.words import TESTS, local_day

TRIED_DAYS = 60
SET = {  # after a form: what the page says on top
    "set": N_("Stored, with your name. It is sent to the home until the home confirms it: see the history below."),
}
INCIDENTS_ASKED = 5  # newest unanswered ones that can be asked about


class Planning:
    """One method per form; each writes one order, which the clinic's program sends."""

    def __init__(self, store: Store, clock: Callable[[], float], pages: Pages) -> None:
        self._store, self._clock, self._pages = store, clock, pages

    def plan(self, gateway: str, told: str = "") -> HTMLResponse:
        return self._page(gateway, told=_(SET[told]) if told in SET else "")

    def try_limits(self, request: Request, gateway: str) -> HTMLResponse:
        """How often the rules would have fired with these limits, beside the usual ones; nothing is set."""
        limits = limits_of(dict(request.query_params))
        if against := faults(limits, USUAL):
            what = " ".join(map(retold, against))
            raise Refused(400, what, _("Nothing was tried."), _("Go back and correct it."))
        days = self._store.days(gateway)
        tried, usual = (would_have(days, self._told(gateway, plan), TRIED_DAYS) for plan in (Plan(limits), Plan()))
        return self._page(gateway, limits=limits, tried=list(zip(tried, usual, strict=True)))

    async def set_limits(self, request: Request, gateway: str) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        limits = Limits() if form.get("back_to_usual") else limits_of(form)
        return await run_in_threadpool(self._order, gateway, limits, form.get("who", ""), form.get("note", ""))

    def learn(
        self,
        gateway: str,
        days: Annotated[int, Form()],
        first_day: Field = "",
        who: Field = "",
        note: Field = "",
    ) -> Response:
        """Anew from a day on; without one, the first baseline from more days."""
        return self._order(gateway, Learning(first_day, days), who, note)

    def treat(
        self,
        gateway: str,
        kind: Annotated[TreatmentKind, Form()],
        day: Field,
        who: Field = "",
        note: Field = "",
        withdrawn: Field = "",
    ) -> Response:
        return self._order(gateway, Treatment(kind, day, bool(withdrawn)), who, note)

    def ask(
        self,
        gateway: str,
        about: Field,
        who: Field = "",
        note: Field = "",
    ) -> Response:
        """``about``: "check_in", "shoes", a test's kind, or an incident as its kind, side and start."""
        return self._order(gateway, self._question(gateway, about), who, note)

    def _question(self, gateway: str, about: str) -> Question:
        if about == "check_in":
            return Question("check_in")
        if about == "shoes":
            return Question("shoes")
        if about in TESTS:
            test: TestKind = about  # type: ignore[assignment]  # one of them
            return Question("test", test)
        for one in self._store.incidents(gateway):
            if about == incident_key(one.kind, one.side, one.start_s):
                return Question("incident", None, one.kind, one.side, one.start_s)
        what = _("There is nothing of this kind to ask.")
        raise Refused(400, what, _("Nothing was sent."), _("Reload the page."))

    def _order(self, gateway: str, what: Ordered, who: str, note: str) -> Response:
        who, note, now_s = name_of(who), clean(note, _("the note"), LONGEST_NOTE), self._clock()
        known_patient(self._store.patients(days_too=False), gateway)
        try:
            self._store.orders.give(gateway, what, who, now_s, local_day(now_s, self._pages.zone), note)
        except OrderError as error:
            raise Refused(400, retold(error.what), retold(error.meaning), retold(error.remedy)) from error
        return RedirectResponse(f"/patients/{quote(gateway)}/plan?told=set", 303)

    def _page(
        self,
        gateway: str,
        told: str = "",
        limits: Limits | None = None,
        tried: list[tuple[WouldHave, WouldHave]] | None = None,
    ) -> HTMLResponse:
        now_s, patients = self._clock(), self._store.patients(days_too=False)
        patient, zone = known_patient(patients, gateway), self._pages.zone
        plan = self._store.orders.plan(gateway)
        content: dict[str, Any] = {
            "patient": patient,
            "told": told,
            "limits": limit_rows(plan.limits if limits is None else limits),
            "own": in_short(plan),
            "affected": plan.affected,
            "profile": said(stands(self._store, gateway)),
            "today": local_day(now_s, zone),
            "fewest": FEWEST_DAYS,
            "most": MOST_DAYS,
            "treatments": self._store.diary.treatments(gateway),
            "words": TREATMENTS,
            "tests": TESTS,
            "asked": self._unanswered(gateway),
            "tried": [(one.rule, one.looked, fired(one), fired(usual)) for one, usual in tried or ()],
            "history": changed(self._store, gateway, zone),
        }
        return self._pages.page("plan.html", now_s, patients, **content)

    def _unanswered(self, gateway: str) -> list[tuple[str, str]]:
        said = {(one.kind, one.side, one.start_s) for one in self._store.answers(gateway)}
        known = [one for one in self._store.incidents(gateway) if one.kind in ABOUT]
        still = [one for one in known if (one.kind, one.side, one.start_s) not in said]
        questions = [Question("incident", None, one.kind, one.side, one.start_s) for one in still[-INCIDENTS_ASKED:]]
        return [
            (incident_key(str(one.kind), one.side, one.start_s or 0.0), asked(one, self._pages.zone))
            for one in reversed(questions)
        ]

    def _told(self, gateway: str, plan: Plan) -> Told:
        """What this clinic knows of the patient beside the days, under that plan."""
        store = self._store
        return Told(
            lambda start_s, end_s: store.incidents(gateway, start_s, end_s),
            lambda: store.answers(gateway),
            lambda: store.diary.treatments(gateway),
            plan=lambda: plan,
        )


def add_planning(app: FastAPI, planning: Planning) -> None:
    at = "/patients/{gateway}/plan"
    app.get(at, response_model=None)(planning.plan)
    app.get(f"{at}/try", response_model=None)(planning.try_limits)
    app.post(f"{at}/limits", response_model=None)(planning.set_limits)
    for deed in (planning.learn, planning.treat, planning.ask):
        app.post(f"{at}/{deed.__name__}", response_model=None)(deed)


def limits_of(form: dict[str, str]) -> Limits:
    """The limits as they were typed: an empty field is as usual; what is no number is told so."""
    numbers: dict[str, float] = {}
    for one in RANGES:
        typed = form.get(one.name, "").strip().replace(",", ".")
        if not typed:
            continue
        try:
            numbers[one.name] = float(typed)
        except ValueError:
            what = _("{what}: {typed} is no number.", what=retold(one.words), typed=typed[:20])
            remedy = _("Go back and type a number, or leave it empty.")
            raise Refused(400, what, _("Nothing was set."), remedy) from None
    return Limits(**numbers)


def incident_key(kind: str, side: Side | None, start_s: float) -> str:
    return f"{kind}/{side or 'both'}/{start_s!r}"


def fired(one: WouldHave) -> str:
    """On which days, in words."""
    return ", ".join(f"{day_words(day)} {tier}" for day, tier in one.fired) or _("never")
