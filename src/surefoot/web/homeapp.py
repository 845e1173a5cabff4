"""The home's app: the patient's own page on this home's store, as something a server can serve."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, tzinfo
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.exceptions import RequestValidationError
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from surefoot.alerts.redflags import EMERGENCY, FALLEN, FLAGS, MEANWHILE, PAIN, QUESTIONS
from surefoot.pipeline.aids import aids_on
from surefoot.pipeline.guidedwindow import Recorded
from surefoot.pipeline.shoes import ShoeWord, asked_shoes, keep_shoes
from surefoot.pipeline.sitbreaks import AFTER_MIN, MOST, SETTING, read_breaks
from surefoot.pipeline.store import Store, StoreError
from surefoot.pipeline.suddenask import deny, still_open
from surefoot.pipeline.telling import day_of, keep_answer, keep_check_in, told_check_in
from surefoot.records import Aid, AidKind, AnswerWord, CheckIn, Incident, RedFlag, SurefootError, Teller
from surefoot.web.app import add_files
from surefoot.web.guard import Guard
from surefoot.web.homebreaks import HomeBreaks, WrongBreaks, add_breaks
from surefoot.web.homeday import Today, today
from surefoot.web.homedoor import HomeDoor, HomeGate, add_door
from surefoot.web.homenow import HomeNow
from surefoot.web.hometests import HomeTests, WrongTest, add_tests
from surefoot.web.incidents import moment, pick
from surefoot.web.language import N_, _
from surefoot.web.pages import HERE, STATIC, with_digest
from surefoot.web.rate import USUAL, Crowd, RateParams
from surefoot.web.retold import marked_up, retold
from surefoot.web.speaking import Speaking, fit
from surefoot.web.surprised import Surprised
from surefoot.web.words import ANSWERS, local

TOLD = {
    "kept": N_("Thank you. Your answers are kept and go to your care team."),
    "nothing": N_("Nothing was answered, so nothing was kept."),
    "answered": N_("Thank you. Your answer is kept and goes to your care team."),
    "alerted": N_("Thank you. Your care team is told at once."),
    "logged": N_("Logged for today: today is compared only with days with the same."),
    "taken_back": N_("Taken back."),
    "breaks": N_("Set. It stays at home."),
    "paused": N_("No hint for the next two hours."),
}
AGAIN = N_("Go back to your page; if it comes again, tell your care team.")
log = logging.getLogger(__name__)
_HERE_GOES_WHAT_CAME_OF_IT = "\x00"


class _Wrong(SurefootError):
    """A form about something that is not there."""


def _closed_question() -> _Wrong:
    return _Wrong(_("This question is not open any more."), _("Nothing was kept."), _("Go back to your page."))


class _ToTheEnd(StreamingResponse):
    """Pieces that are all made, also where whoever asked has gone meanwhile: a red flag is told all the same."""

    def __init__(self, pieces: Iterator[str], **how: Any) -> None:
        super().__init__(pieces, **how)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(list, self._pieces)


class HomePage:
    """One page, and a form for each thing that only the patient can tell."""

    def __init__(
        self, store: Store, clock: Callable[[], float], zone: tzinfo, live: Callable[[], HomeNow | None] = lambda: None
    ) -> None:
        self._store, self._clock, self._zone, self._live = store, clock, zone, live
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        fit(self._templates)
        self._templates.globals |= {"static": {path.name: with_digest(path) for path in STATIC.iterdir()}}
        self._templates.globals |= {"emergency": EMERGENCY.splitlines(), "fallen": FALLEN.splitlines()[:1]}
        self._templates.globals |= {
            "questions": QUESTIONS,
            "flags": FLAGS,
            "pain": PAIN,
            "meanwhile": MEANWHILE,
            "answers": ANSWERS,
        }

    def show(self, told: str = "") -> HTMLResponse:
        now_s = self._clock()
        content: Today = today(self._store, now_s, self._zone, self._live())
        breaks = read_breaks(self._store.office.own_page.setting(SETTING))
        rest = {"made": local(now_s, self._zone), "breaks": breaks, "paused": now_s < breaks.paused_until_s}
        rest |= {"told": _(TOLD[told]) if told in TOLD else ""}
        return self.page("home.html", today=content, after=AFTER_MIN, most=MOST, **rest)

    async def check_in(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        said: dict[RedFlag, bool] = {
            flag: form[f"flag_{flag}"] == "yes" for flag in QUESTIONS if form.get(f"flag_{flag}") in ("yes", "no")
        }
        pain = int(form["pain"]) if form.get("pain") in {str(k) for k in range(11)} else None
        if pain is None and not said:
            return RedirectResponse("/?told=nothing", 303)
        by: Teller = "companion" if form.get("by") == "companion" else "patient"
        told = told_check_in(self._clock(), self._zone, pain, said, by)
        if told.flags:  # what to do goes out first; whether it can be kept is seen behind it
            return _ToTheEnd(self._emergency(told), media_type="text/html; charset=utf-8")
        await run_in_threadpool(keep_check_in, self._store, told)
        return RedirectResponse("/?told=kept", 303)

    def answer(
        self,
        kind: Annotated[str, Form()],
        side: Annotated[str, Form()],
        start: Annotated[str, Form()],
        word: Annotated[AnswerWord, Form()],
        by: Annotated[Teller, Form()] = "patient",
    ) -> Response:
        """To "did your leg give way?"."""
        about = self._incident(kind, side, start)
        alerts = keep_answer(self._store, about, word, by, self._clock(), self._zone)
        return RedirectResponse(f"/?told={quote('alerted' if alerts else 'answered')}", 303)

    def aid(self, kind: Annotated[AidKind, Form()]) -> Response:
        """Walks with it today, or does not after all. What is logged for longer is left as it is."""
        day = day_of(self._clock(), self._zone)
        today_only = Aid(kind, day, day)
        if today_only in self._store.diary.aids():
            self._store.diary.drop_aid(today_only)
            return RedirectResponse("/?told=taken_back", 303)
        self._log_aid(today_only)
        return RedirectResponse("/?told=logged", 303)

    def sudden(self, word: Annotated[AidKind | Literal["no"], Form()]) -> Response:
        """To "is it because of a brace, a stick or other shoes?". A second tap takes nothing back."""
        now_s, now = self._clock(), self._live()
        asked = still_open(self._store, now.asked if now else (), now_s)
        if word != "no":
            for day in {one.day for one in asked} or {day_of(now_s, self._zone)}:
                self._log_aid(Aid(word, day, day))
            return RedirectResponse("/?told=logged", 303)
        if not asked:
            raise _closed_question()
        deny(self._store, asked, now_s)
        return RedirectResponse("/?told=alerted", 303)

    def _log_aid(self, aid: Aid) -> None:
        """Unless it is logged for that day already."""
        if not any(name.startswith(aid.kind) for name in aids_on(aid.start_day, self._store.diary.aids())):
            self._store.diary.keep_aid(aid)

    def shoes(self, word: Annotated[ShoeWord, Form()]) -> Response:
        """To "did you walk in other shoes?"."""
        now_s = self._clock()
        asked = asked_shoes(self._store, now_s)
        if asked is None:
            raise _closed_question()
        alerts = keep_shoes(self._store, asked, word, now_s)
        return RedirectResponse(f"/?told={'alerted' if alerts else 'answered'}", 303)

    def refusal(self, status: int, what: str, meaning: str, remedy: str) -> Response:
        """What went wrong; the emergency text stands on it too, for whoever was about to tell of a red flag."""
        page = self._templates.get_template("homewrong.html").render(what=what, meaning=meaning, remedy=remedy)
        return HTMLResponse(marked_up(page), status)

    def _emergency(self, told: CheckIn) -> Iterator[str]:
        """The text, and only then the store; a store that cannot write does not take it back."""
        words = [FLAGS[flag] for flag in told.flags]
        page = self._templates.get_template("homeemergency.html").render(words=words, mark=_HERE_GOES_WHAT_CAME_OF_IT)
        before, after = marked_up(page).split(_HERE_GOES_WHAT_CAME_OF_IT)
        yield before
        outcome = _(
            "Your answer could NOT be kept here, so your care team does not know of it. Call all the same, now."
        )
        try:
            keep_check_in(self._store, told)
            outcome = _("Your answer is kept, and a message to your care team goes out before everything else.")
        except Exception:  # whatever it was, the patient must know that nobody has heard
            log.exception("A red flag cannot be kept.")
        yield outcome
        yield after

    def _incident(self, kind: str, side: str, start: str) -> Incident:
        when, store = moment(start), self._store
        found = pick(store.incidents(store.gateway(), *when), kind, side) if when else None
        if found is None:
            what = _("This question is not known any more.")
            raise _Wrong(what, _("Nothing was kept."), _("Go back to your page."))
        return found

    def page(self, template: str, **content: object) -> HTMLResponse:
        return HTMLResponse(marked_up(self._templates.get_template(template).render(**content)))


def make_home_app(
    store: Store,
    clock: Callable[[], float] = time.time,
    zone: tzinfo | None = None,
    *,
    live: Callable[[], HomeNow | None] = lambda: None,
    recorded: Recorded | None = None,
    names: Sequence[str] = (),
    secure: bool = False,
    language: str = "",
    rates: RateParams = USUAL,
) -> FastAPI:
    """The patient's own page. ``clock`` gives Unix seconds; ``zone`` is where the patient's day begins.

    ``live``: what a running gateway knows just now; ``recorded``: its raw readings (None: no test can be judged).
    ``names``: under which other machines ask for it, ``secure``: over HTTPS only. With a PIN nobody gets in without it.
    ``language``: that of who has chosen none ("": as their browser asks). ``rates``: how often one may ask.
    """
    app = FastAPI(title="surefoot", docs_url=None, redoc_url=None, openapi_url=None)
    page = HomePage(store, clock, zone or UTC, live)
    add_tests(app, HomeTests(store, clock, zone or UTC, live, recorded, page.page))
    add_breaks(app, HomeBreaks(store, clock, zone or UTC, live))
    app.get("/", response_model=None)(page.show)
    app.post("/checkin", response_model=None)(page.check_in)
    app.post("/answer", response_model=None)(page.answer)
    app.post("/aid", response_model=None)(page.aid)
    app.post("/shoes", response_model=None)(page.shoes)
    app.post("/sudden", response_model=None)(page.sudden)
    add_files(app)
    _add_problems(app, page)
    door = HomeDoor(store, clock, page.page, always=bool(names), secure=secure)
    add_door(app, door)
    app.add_middleware(Surprised, refuse=page.refusal, remedy=AGAIN)
    crowd = Crowd(clock, page.refusal, rates) if names else None
    app.add_middleware(HomeGate, door=door, refuse=page.refusal, crowd=crowd)
    app.add_middleware(Guard, refuse=page.refusal, names=names)
    app.add_middleware(Speaking, usual=language)
    return app


def _add_problems(app: FastAPI, page: HomePage) -> None:
    @app.exception_handler(_Wrong)
    @app.exception_handler(WrongTest)
    @app.exception_handler(WrongBreaks)
    def wrong(request: Request, error: SurefootError) -> Response:
        return page.refusal(404, error.what, error.meaning, error.remedy)

    @app.exception_handler(StoreError)
    def unwritten(request: Request, error: StoreError) -> Response:
        return page.refusal(503, retold(error.what), retold(error.meaning), retold(error.remedy))

    @app.exception_handler(RequestValidationError)
    def incomplete(request: Request, error: RequestValidationError) -> Response:
        what = _("This form is not one of this page's.")
        return page.refusal(400, what, _("Nothing was kept."), _("Go back to your page."))

    @app.exception_handler(HTTPException)
    def no_page(request: Request, error: HTTPException) -> Response:
        what = _("There is no such page.")
        return page.refusal(error.status_code, what, _("Nothing was kept."), _("Go back to your page."))
