"""The digest in words: one paragraph for each patient, what is worth reading first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from surefoot.alerts.redflags import FLAGS
from surefoot.pipeline.digest import DigestParams, Week, week
from surefoot.pipeline.store import Store
from surefoot.web.ordered import TREATMENTS, said
from surefoot.web.pages import Pages
from surefoot.web.patients import last_lived
from surefoot.web.recovering import STATES
from surefoot.web.words import CHARTS, TIERS, count, leg, local_day, metric_words, side


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One patient's week. ``worth_reading``: something is told that is not there every week."""

    gateway: str
    label: str
    worth_reading: bool
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def digest(store: Store, last_day: str, params: DigestParams | None = None) -> list[Paragraph]:
    """Of all patients, the week that ends with ``last_day``; what is worth reading first, then by name."""
    found = [paragraph(week(store, patient, last_day, params)) for patient in store.patients()]
    return sorted(found, key=lambda one: (not one.worth_reading, one.label.casefold()))


def paragraph(of: Week) -> Paragraph:
    return Paragraph(of.patient.gateway, of.patient.label, of.worth_reading, tuple(_sentences(of)))


def summary(paragraphs: Sequence[Paragraph]) -> str:
    """All of it in a sentence."""
    worth = sum(one.worth_reading for one in paragraphs)
    return f"{count(len(paragraphs), 'patient')}, {worth} with something to read."


def _sentences(of: Week) -> Iterator[str]:
    yield _worn(of)
    yield from _alerts(of)
    for trend in of.watched:
        yield (
            f"Nearing its limit (T1, {trend.day}): {side(trend.side)} leg, {_root(trend.metric)}, shift "
            f"{trend.shift or 0:.1f} standard errors."
        )
    for one in of.moved:
        way = "worse" if one.now > one.before else "better"
        yield (
            f"{leg(one.side)} leg, {_root(one.metric)}, went {way}: {one.now:+.1f} spreads from own normal, "
            f"{one.before:+.1f} the week before (+ is worse)."
        )
    if not of.moved and of.monitored:
        moved = f"No root's chart moved by {DigestParams().moved:g} spreads or more against the week before."
        yield moved if of.compared else "Not compared with own normal yet."
    for which, many in of.probable.items():
        yield f"{count(many, 'giving-way-like event')} ({side(which)})."
    for which, many in of.possible.items():
        yield f"{count(many, 'event')} that may have been giving way, unanswered ({side(which)}; T1)."
    yield from _told(of)
    yield from _recoveries(of)
    for treatment in of.treatments:
        yield f"{TREATMENTS[treatment.kind]} since {treatment.day}."
    for order in of.unheard:
        what, word = said(order.order.what, None), order.confirmation
        yield (
            f"Not yet confirmed by the home: {what}."
            if word is None
            else f"Refused by the home: {what} ({word.reason})."
        )


def _root(metric: str) -> str:
    title = CHARTS[metric][0]
    return title[0].lower() + title[1:]


def _worn(of: Week) -> str:
    good = [day for day in of.days if not day.missing]
    if not good:
        last = last_lived(of.days)
        why = f" ({last.missing})" if last is not None and last.missing else ""
        return f"NOT MONITORED from {of.first_day} to {of.last_day}: no day counts{why}."
    hours, strides = fmean(day.worn_h for day in good), sum(many for day in good for _, many in day.strides)
    counted = f"{count(len(good), 'day')} of {DigestParams().days} counted"
    return f"{of.first_day} to {of.last_day}: {counted}, worn {hours:.1f} h a day, {strides:,} strides."


def _alerts(of: Week) -> Iterator[str]:
    for one in of.open_alerts:
        yield f"OPEN {one.life.tier} ({TIERS[one.life.tier][1]}) since {one.alert.day}: {one.alert.sentence}"
    if of.closed:
        yield f"{count(of.closed, 'alert')} of this week closed by somebody."
    if not of.open_alerts:
        yield "No open alert."


def _told(of: Week) -> Iterator[str]:
    pain = [one.pain for one in of.check_ins if one.pain is not None]
    if pain:
        spread = f"{min(pain)} to {max(pain)}" if min(pain) < max(pain) else f"{pain[0]}"
        yield f"Pain {spread} of 10 in {count(len(pain), 'check-in')}."
    else:
        yield "No pain was told."
    flags = dict.fromkeys(FLAGS[flag] for one in of.check_ins for flag in one.flags)
    if flags:
        yield f"RED FLAGS told: {'; '.join(flags)}."


def _recoveries(of: Week) -> Iterator[str]:
    for metric, one in of.recoveries:
        behind = "" if one.now_pct is None else f", {one.now_pct:.0f} % behind the other leg"
        yield f"Recovery, {metric_words(metric).title.lower()}: {STATES[one.state]}{behind}."
        for finding in one.findings:
            yield f"FINDING: {finding}."


def add_digest(app: FastAPI, store: Store, pages: Pages, clock: Callable[[], float]) -> None:
    """The page of the last seven whole days, or of those up to ``to``."""

    def page(to: str = "") -> HTMLResponse:
        now_s = clock()
        last = _day(to) or yesterday(local_day(now_s, pages.zone))
        patients, found = store.patients(), digest(store, last)
        shown = {"paragraphs": found, "summary": summary(found), "last": last, "earlier": _back(last)}
        return pages.page("digest.html", now_s, patients, **shown)

    app.get("/digest", response_model=None)(page)


def yesterday(today: str) -> str:
    return (date.fromisoformat(today) - timedelta(days=1)).isoformat()


def _back(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=DigestParams().days)).isoformat()


def _day(given: str) -> str | None:
    try:
        return date.fromisoformat(given).isoformat() if given else None
    except ValueError:
        return None
