"""Guided tests on the patient's page: which ones, how to do them, the beat, and what came of the readings."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated, Any, get_args

from fastapi import FastAPI, Form
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from surefoot.pipeline.asking import open_questions
from surefoot.pipeline.guidedwindow import Recorded, in_words, is_there, judged, needs_foot, one_legged
from surefoot.pipeline.kepttest import keep_test
from surefoot.pipeline.nexttest import NextTest, next_tests
from surefoot.pipeline.ownpage import Window
from surefoot.pipeline.store import Store
from surefoot.records import SIDES, Side, SurefootError, TestKind, TestResult
from surefoot.web.homenow import HomeNow
from surefoot.web.homework import SAFETY, TITLES, steps_on_page
from surefoot.web.language import N_, _, day_words
from surefoot.web.retold import retold
from surefoot.web.words import TESTS, leg, local_day, which_leg

KINDS: tuple[TestKind, ...] = get_args(TestKind)
SHORTEST_S, LONGEST_S = 2.0, 600.0
LATELY_S = 7 * 86_400.0  # of trends, for what has moved since the last test
OLDEST_S = 3600.0  # a page that is sent so much later is not taken for a test


AWAY: dict[Side, str] = {
    "left": N_(
        "The left sensor does not send at the moment, so a test cannot be judged. See your page for what to do."
    ),
    "right": N_(
        "The right sensor does not send at the moment, so a test cannot be judged. See your page for what to do."
    ),
}


class WrongTest(SurefootError):
    """A test that the page does not know, or a time that cannot be."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How the page leads through a test: ``seconds`` of doing (0: until Stop), ``beats`` a minute (0: none)."""

    seconds: int = 0
    beats: int = 0


LATER_S = 3  # what is counted begins with the first move: who begins late must not be stopped early (P)
TIMINGS: dict[TestKind, Timing] = {
    "chair_stand_30s": Timing(seconds=30 + LATER_S),
    "toe_tap": Timing(seconds=10 + LATER_S),
    "heel_rise": Timing(beats=60),  # up on one, down on the next (facts/clinical.md 5.3)
}


class HomeTests:
    """One method per page and form; they block, and run in FastAPI's threads."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        zone: tzinfo,
        now: Callable[[], HomeNow | None],
        recorded: Recorded | None,
        page: Callable[..., HTMLResponse],
    ) -> None:
        self._store, self._clock, self._zone = store, clock, zone
        self._now, self._recorded, self._page = now, recorded, page
        self._judging = threading.Lock()  # one at a time, each window once

    def list_(self) -> Response:
        self.judge_waiting()
        rows = [(kind, retold(TITLES[kind]), self.lacks(kind)) for kind in KINDS]
        return self._page("hometests.html", kinds=rows, due=due(self._store, self._clock(), self._zone))

    def show(self, kind: str, side: str = "") -> Response:
        test = _kind(kind)
        which: Side | None = side if side in SIDES else None  # type: ignore[assignment]  # one of them
        content: dict[str, Any] = {
            "kind": test,
            "title": retold(TITLES[test]),
            "steps": [retold(step) for step in steps_on_page(test)],
            "safety": retold(SAFETY),
            "sides": [(one, leg(one)) for one in SIDES] if one_legged(test) else (),
            "side": which,
            "timing": TIMINGS.get(test, Timing()),
            "lacks": self.lacks(test, which),
        }
        return self._page("hometest.html", **content)

    def clock(self) -> Response:
        """What time it is where readings are dated: a phone's own clock may differ."""
        return JSONResponse({"now_s": self._clock()})

    def done(
        self,
        kind: str,
        start_s: Annotated[float, Form()],
        end_s: Annotated[float, Form()],
        side: Annotated[str, Form()] = "",
    ) -> Response:
        """The window is kept first; judging it may have to wait for readings."""
        test, now_s = _kind(kind), self._clock()
        if one_legged(test) != (side in SIDES):
            what = _("This form is not one of this page's.")
            raise WrongTest(what, _("Nothing was kept."), _("Go back to your page."))
        possible = math.isfinite(start_s) and math.isfinite(end_s) and SHORTEST_S <= end_s - start_s <= LONGEST_S
        if not possible or not -OLDEST_S <= end_s - now_s <= 5.0:
            what = _("The test was too short, too long, or too long ago.")
            raise WrongTest(what, _("Nothing was kept."), _("Go back and do it again."))
        which: Side | None = side if side in SIDES else None  # type: ignore[assignment]  # one of them
        self._store.office.own_page.keep_window(Window(test, which, start_s, end_s))
        return RedirectResponse(f"/tests/result?start={start_s!r}", 303)

    def result(self, start: float) -> Response:
        self.judge_waiting()
        window = next((one for one in self._store.office.own_page.windows() if one.start_s == start), None)
        if window is not None:
            title = retold(TITLES[window.kind])
            return self._page("hometestresult.html", title=title, waiting=True, told="", usable=False)
        results = self._store.tests(self._store.gateway())
        found = next((one for one in results if start <= one.start_s < start + LONGEST_S), None)
        if found is None:
            raise WrongTest(_("This test is not known."), _("Nothing is shown."), _("Go back to your page."))
        before = [one.value for one in results if _same(one, found) and one.start_s < found.start_s and one.value]
        told, title = retold(in_words(found, before[-1] if before else None)), retold(TITLES[found.kind])
        usable = found.value is not None
        return self._page("hometestresult.html", title=title, waiting=False, told=told, usable=usable)

    def judge_waiting(self) -> None:
        """Whatever window can be judged by now."""
        if self._recorded is None:
            return
        with self._judging:
            for window in self._store.office.own_page.windows():
                if is_there(window, self._recorded, now_s := self._clock()):
                    keep_test(self._store, judged(window, self._recorded, self._store), self._zone, now_s)
                    self._store.office.own_page.drop_window(window)

    def lacks(self, kind: TestKind, side: Side | None = None) -> str:
        """Why a test could not be judged if it were done now; empty where it can."""
        place = "foot" if needs_foot(kind) else "shank"
        worn = [one for one in self._store.worn_sensors() if one.placement == place]
        if not worn and place == "foot":
            return _("This test needs a sensor on each foot, and none is paired: yours cannot see it.")
        now = self._now()
        if self._recorded is None or now is None:
            return _(
                "Nothing is recorded at the moment: the program that listens to your sensors (surefoot wear) does not "
                "run. A test cannot be judged now."
            )
        mine = [one for one in now.sensors if one.placement == place and side in (None, one.side)]
        away = [one for one in mine if one.state != "streaming"]
        if not mine or away:
            if len(away) != 1:
                return _(
                    "Your sensors do not send at the moment, so a test cannot be judged. See your page for what to do."
                )
            return _(AWAY[away[0].side])
        return ""


def add_tests(app: FastAPI, tests: HomeTests) -> None:
    app.get("/tests", response_model=None)(tests.list_)
    app.get("/tests/result", response_model=None)(tests.result)
    app.get("/clock", response_model=None)(tests.clock)
    app.get("/tests/{kind}", response_model=None)(tests.show)
    app.post("/tests/{kind}", response_model=None)(tests.done)


def due(store: Store, now_s: float, zone: tzinfo) -> list[tuple[str, TestKind, Side | None]]:
    """What is to be done next: in words, and where it leads."""
    asked = [one.test for one in open_questions(store, now_s).tests if one.test is not None]
    today, gateway = local_day(now_s, zone), store.gateway()
    lately = store.trends(gateway, since=local_day(now_s - LATELY_S, zone))
    found = next_tests(list(dict.fromkeys(asked)), store.tests(gateway), lately, now_s, zone)
    return [(_due(one, today), one.kind, one.side) for one in found]


def _due(one: NextTest, today: str) -> str:
    name = _(TESTS[one.kind]) + (f", {which_leg(one.side)}" if one.side else "")
    if one.why == "asked":
        return _("{test}: your care team asks for it", test=name)
    if one.why == "moved":
        day = day_words(one.since)
        return _("{test}: today, because your walking has been a little different since {day}", test=name, day=day)
    if one.day <= today:
        return _("{test}: today", test=name)
    return _("{test}: from {day} on", test=name, day=day_words(one.day))


def _kind(kind: str) -> TestKind:
    if kind not in KINDS:
        raise WrongTest(_("There is no such test."), _("Nothing was kept."), _("Go back to your page."))
    return kind


def _same(one: TestResult, other: TestResult) -> bool:
    return (one.kind, one.side) == (other.kind, other.side)
