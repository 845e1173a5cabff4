"""The desk: what each page asks of the store, and what its forms write there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated
from urllib.parse import quote

from fastapi import Form, Query
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from surefoot.alerts.alertlife import Channel
from surefoot.pipeline.monitored import begun_by
from surefoot.pipeline.store import Patient, Store
from surefoot.records import SurefootError, Tier
from surefoot.web import incidents as happened
from surefoot.web.acting import visitor
from surefoot.web.annotations import annotations
from surefoot.web.beside import beside
from surefoot.web.charts import charts
from surefoot.web.headline import headline
from surefoot.web.inbox import SHOWN_CLOSED, anchor, card, in_order, outage
from surefoot.web.language import N_, _, _n, day_words
from surefoot.web.line import Line
from surefoot.web.listing import rows_of
from surefoot.web.naming import alike, tidy
from surefoot.web.pages import Pages
from surefoot.web.patients import is_named, last_lived, watch
from surefoot.web.profilewords import said, stands
from surefoot.web.series import WINDOW_DAYS, first_shown
from surefoot.web.tests import tests
from surefoot.web.treated import COLUMNS as TREATED
from surefoot.web.treated import choices, treated
from surefoot.web.words import TIERS, VERDICTS, local_day

LONGEST_NAME, LONGEST_NOTE = 80, 1000
SHOWN_INCIDENTS = 50
MANY_PATIENTS = (
    50  # of more, each has its label's form on a list of its own: browsers take seconds over hundreds of forms
)
TOLD = {  # after a form: what its page says on top
    "stored": N_("Acknowledged. It is stored below with your name and the time."),
    "late": N_("Somebody had acknowledged this alert before. The first acknowledgement stands; it is shown below."),
    "worse": N_("Not acknowledged: this alert has become worse since your page was made. Read it again below."),
    "named": N_("The patient's label is stored."),
    "snoozed": N_("Snoozed. It stays open and on this page, and the next person is told in time all the same."),
    "woken": N_("The snooze has ended."),
    "passed": N_("The next person is told as well. It stays open, and yours until somebody acknowledges it."),
    "nobody": N_("Nobody more can be told: everybody has been, or the alert is not as your page showed it."),
    "resolved": N_("Resolved. It is stored below with your name and why."),
    "unchanged": N_("Nothing was changed: somebody was sooner, or the alert is not as your page showed it. See below."),
    "judged": N_("Stored below with your name and the time."),
    "profile": N_("The profile is stored with your name."),
    "same": N_("Nothing was changed: the profile is as it was."),
}
EVERY = "all"
Of = Annotated[Sequence[str], Query(max_length=100)]  # the homes of which a page wants to know anew
BACK = {"clinical": "/alerts", "technical": "/alerts/technical"}


class Refused(SurefootError):
    """A request that cannot be fulfilled, with the status it is answered with."""

    def __init__(self, status: int, what: str, meaning: str, remedy: str) -> None:
        super().__init__(what, meaning, remedy)
        self.status = status


class Desk:
    """One method per page and form; they block, and run in FastAPI's threads."""

    def __init__(self, store: Store, clock: Callable[[], float], pages: Pages, line: Line | None) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages
        self._line = line

    def list_patients(self, told: str = "", q: str = "", of: Of = ()) -> HTMLResponse:
        now_s, patients = self._clock(), self._store.patients()
        named = [one for one in patients if is_named(one, q)]
        rows = rows_of(self._store, [one for one in named if is_asked(one.gateway, of)], now_s)
        shown = {"rows": rows, "tiers": TIERS, "told": say(told), "longest": LONGEST_NAME}
        shown |= {"q": q, "all": len(patients), "found": len(named), "many": MANY_PATIENTS}
        return self._pages.page("patients.html", now_s, patients, **shown)

    def patient(self, gateway: str, told: str = "", around: str = "", of: Of = ()) -> HTMLResponse:
        """``of``: what changes while it is open, without what it is read for once (static/lists.js)."""
        now_s, patients = self._clock(), self._store.patients(days_too=False)
        one = known_patient(patients, gateway)
        days = begun_by(self._store.days(gateway, newest=WINDOW_DAYS), now_s)
        alerts = self._store.alerts(gateway)
        seen = watch(one, days, now_s)
        lived = last_lived(days)
        since = lived.day if of and lived else first_shown(days)
        trends = self._store.trends(gateway, since=since)
        newest = [trend for trend in trends if lived and trend.day == lived.day]
        content = {
            "patient": one,
            "watch": seen,
            "headline": headline(alerts, seen, days, newest),
            "cards": [card(a, now_s, self._pages.zone) for a in sorted(alerts, key=lambda a: not a.life.is_open)],
            "told": say(told),
        }
        if of:
            return self._pages.page("patientnews.html", now_s, patients, **content)
        marks = annotations(self._store, gateway, days, alerts, self._pages.zone)
        found = [happened.line(i, self._pages.zone) for i in reversed(self._store.lists.incident_heads(gateway))]
        content |= {
            "charts": charts(days, trends, marks),
            "marks": [one for one in marks if not days or one.day >= days[0].day],
            "choices": choices(marks),
            "treated": treated(around, marks, days, trends),
            "treated_columns": [_(one) for one in TREATED],
            "days": days[::-1],
            "tests": tests(self._store.tests(gateway), self._pages.zone),
            "incidents": [i for i in found if i.probable][:SHOWN_INCIDENTS],
            "possible": [i for i in found if not i.probable][:SHOWN_INCIDENTS],
            "found": _n("{n} incident stored.", "{n} incidents stored.", len(found)),
            "profile": said(stands(self._store, gateway)),
            **beside(self._store, gateway, days, self._pages.zone),
        }
        return self._pages.page("patient.html", now_s, patients, **content)

    def incident(self, gateway: str, kind: str, side: str, start: str, told: str = "") -> HTMLResponse:
        now_s, patients = self._clock(), self._store.patients(days_too=False)
        one, when = known_patient(patients, gateway), happened.moment(start)
        found = happened.pick(self._store.incidents(gateway, *when), kind, side) if when else None
        if found is None:
            what = _("There is no such incident.")
            raise Refused(404, what, _("Nothing was changed."), _("Go back to the patient's page."))
        content = {
            "patient": one,
            "incident": happened.line(found, self._pages.zone),
            "day": day_words(local_day(found.start_s, self._pages.zone)),
            "snippet": happened.snippet(found),
            "judged": happened.judged(self._store.judgements.of(gateway, found), self._pages.zone),
            "verdicts": {name: _(words) for name, words in VERDICTS.items()},
            "link": {"kind": kind, "side": side, "start": start},
            "told": say(told),
            "answers": happened.said(self._store.answers(gateway, found), self._pages.zone),
        }
        return self._pages.page("incident.html", now_s, patients, **content)

    def clinical_alerts(self, told: str = "", of: Of = ()) -> HTMLResponse:
        return self._alerts("clinical", told, of)

    def technical_alerts(self, told: str = "", of: Of = ()) -> HTMLResponse:
        return self._alerts("technical", told, of)

    def acknowledge(
        self,
        gateway: Annotated[str, Form()],
        alert_id: Annotated[str, Form()],
        tier: Annotated[Tier, Form()],
        who: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        """Store that a person took notice of what their page showed: a worse alert needs its own notice."""
        who = clean(who, _("your name"), LONGEST_NAME)
        if not who:
            what = _("The name is missing.")
            raise Refused(400, what, _("Nothing was acknowledged."), _("Go back and say who you are."))
        note, now_s = clean(note, _("the note"), LONGEST_NOTE), self._clock()
        if not self._store.alert_log.named(gateway, [alert_id]):
            what = _("There is no such alert.")
            raise Refused(404, what, _("Nothing was acknowledged."), _("Reload the page."))
        taken = self._store.acknowledge(alert_id, who, now_s, note, gateway, seen=tier).acknowledged
        told = "worse" if taken is None else "stored" if (taken.who, taken.at_s) == (who, now_s) else "late"
        page = BACK.get(back, f"/patients/{quote(gateway)}")
        return RedirectResponse(f"{page}?told={told}#{anchor(gateway, alert_id)}", 303)

    def label(self, gateway: Annotated[str, Form()], label: Annotated[str, Form()] = "") -> Response:
        """Name a patient. Two patients of one name would be taken for each other, so that is refused."""
        label, patients = tidy(clean(label, _("the label"), LONGEST_NAME)), self._store.patients(days_too=False)
        known_patient(patients, gateway)
        if label and any(alike(p.label) == alike(label) and p.gateway != gateway for p in patients):
            what = _("Another patient has the label {label}.", label=label)
            raise Refused(409, what, _("Nothing was changed."), _("Go back and choose a label that tells them apart."))
        self._store.label_patient(gateway, label)
        return RedirectResponse("/?told=named", 303)

    def health(self) -> Response:
        """For programs that watch this one: 200 while the records can be read."""
        patients = self._store.homes()
        broker = "not used" if self._line is None else "connected" if self._line.is_up else "not reachable"
        told = {"status": "ok", "broker": broker, "patients": len(patients), "time_s": self._clock()}
        if visitor().needs_login:  # how many there are is nothing for who has not logged in
            del told["patients"]
        return JSONResponse(told)

    def _alerts(self, channel: Channel, told: str, of: Of) -> HTMLResponse:
        now_s, patients = self._clock(), self._store.patients(days_too=False)
        open_ones, done = in_order(self._store.alert_log.shown(channel, SHOWN_CLOSED))
        waiting, silent = outage(open_ones)
        content = {"channel": channel, "open": len(open_ones), "closed": len(done), "told": say(told)}
        for name, shown in (("waiting", waiting), ("done", done)):
            asked = [one for one in shown if is_asked(one.gateway, of)]
            content[name] = [card(one, now_s, self._pages.zone) for one in asked]
        content["silent"] = [card(one, now_s, self._pages.zone) for one in silent]
        return self._pages.page("alerts.html", now_s, patients, **content)


def is_asked(gateway: str, of: Sequence[str]) -> bool:
    """Whether a page shows this one: every page all, unless it asks for what has changed on it."""
    return not of or EVERY in of or gateway in of


def say(told: str) -> str:
    """What came of a form, by its name in the address."""
    return _(TOLD[told]) if told in TOLD else ""


def known_patient(patients: list[Patient], gateway: str) -> Patient:
    found = next((one for one in patients if one.gateway == gateway), None)
    if found is None:
        what = _("There is no such patient.")
        raise Refused(404, what, _("Nothing was changed."), _("Go back to the list of patients."))
    return found


def clean(given: str, name: str, longest: int) -> str:
    """What was typed, fit to be stored; Refused when it is too long."""
    text = given.replace("\r\n", "\n").strip()
    if len(text) > longest or "\x00" in text:
        what = _("This cannot be stored as {name}: {most} characters at most.", name=name, most=longest)
        raise Refused(400, what, _("Nothing was changed."), _("Go back and shorten it."))
    return text
