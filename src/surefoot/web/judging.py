"""Judging: whether an incident was real, by whoever looked at it; and how often surefoot was right by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Form
from starlette.responses import HTMLResponse, RedirectResponse, Response

from surefoot.pipeline.store import Store
from surefoot.records import Judgement, Verdict
from surefoot.web import incidents as happened
from surefoot.web.desk import LONGEST_NAME, LONGEST_NOTE, Refused, clean
from surefoot.web.language import _
from surefoot.web.pages import Pages
from surefoot.web.words import INCIDENTS, VERDICTS, number

LEAST_JUDGED = 5  # below it a share is told as counts only


class Judging:
    """Its methods block, and run in FastAPI's threads."""

    def __init__(self, store: Store, clock: Callable[[], float], pages: Pages) -> None:
        self._store = store
        self._clock = clock
        self._pages = pages

    def judge(
        self,
        gateway: Annotated[str, Form()],
        kind: Annotated[str, Form()],
        side: Annotated[str, Form()],
        start: Annotated[str, Form()],
        verdict: Annotated[Verdict, Form()],
        who: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> Response:
        """Kept with the name and the time; another one later stands instead, and none is lost."""
        who, note = clean(who, _("your name"), LONGEST_NAME), clean(note, _("the note"), LONGEST_NOTE)
        if not who:
            raise Refused(400, _("The name is missing."), _("Nothing was stored."), _("Go back and say who you are."))
        when = happened.moment(start)
        found = happened.pick(self._store.incidents(gateway, *when), kind, side) if when else None
        if found is None:
            what = _("There is no such incident.")
            raise Refused(404, what, _("Nothing was stored."), _("Go back to the patient's page."))
        told = Judgement(found.kind, found.side, found.start_s, found.certainty, verdict, who, self._clock(), note)
        self._store.judgements.say(gateway, told)
        return RedirectResponse(f"/patients/{gateway}/{happened.line(found, None).link}?told=judged#judged", 303)

    def precision(self) -> HTMLResponse:
        """How often incidents that somebody judged were real, over all patients of this store."""
        rows = precision(self._store.judgements.standing())
        told = Counter(self._store.judgements.told())
        judged = Counter(one.kind for _home, one in self._store.judgements.standing())
        many = [(_(INCIDENTS[kind]), str(told[kind]), str(judged[kind])) for kind in INCIDENTS if told[kind]]
        patients = self._store.patients(days_too=False)
        return self._pages.page("precision.html", self._clock(), patients, rows=rows, many=many)


Row = tuple[str, ...]


def precision(standing: Sequence[tuple[str, Judgement]]) -> list[Row]:
    """By kind and certainty: real, not real, unsure, and the share that was real of those judged so or not so."""
    many = Counter((one.kind, one.certainty, one.verdict) for _home, one in standing)
    rows = []
    for kind in INCIDENTS:
        for certainty in ("probable", "possible"):
            counts = [many[kind, certainty, verdict] for verdict in VERDICTS]
            if sum(counts):
                rows.append(
                    (
                        _(INCIDENTS[kind]),
                        _(happened.CERTAINTIES[certainty]),
                        *map(str, counts),
                        _share(counts[0], counts[1]),
                    )
                )
    return rows


def _share(real: int, not_real: int) -> str:
    """With what chance leaves open: Wilson's interval, 95 %."""
    from scipy.stats import binomtest  # heavy, and only this page needs it

    judged = real + not_real
    if judged < LEAST_JUDGED:
        return _("cannot say: {judged} of at least {least} judged", judged=judged, least=LEAST_JUDGED)
    low, high = binomtest(real, judged).proportion_ci(method="wilson")
    return _(
        "{share} ({low} to {high})",
        share=number(100 * real / judged, 0, "%"),
        low=number(100 * low, 0),
        high=number(100 * high, 0, "%"),
    )
