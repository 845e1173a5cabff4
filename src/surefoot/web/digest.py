"""The digest in words: one paragraph for each patient, what is worth reading first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from fastapi import FastAPI
from starlette.responses import HTMLResponse

from surefoot.alerts.redflags import FLAGS
from surefoot.pipeline.digest import DigestParams, Week, weeks
from surefoot.pipeline.store import Patient, Store
from surefoot.web.language import _, _n, day_words, numerals
from surefoot.web.ordered import TREATMENTS, said
from surefoot.web.pages import Pages
from surefoot.web.patients import last_lived
from surefoot.web.recovering import STATES, percent
from surefoot.web.retold import retold
from surefoot.web.words import CHARTS, TIERS, local_day, metric_words, number, side, whole_leg, within


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


def digest(
    store: Store, last_day: str, params: DigestParams | None = None, patients: Sequence[Patient] | None = None
) -> list[Paragraph]:
    """Of all ``patients``, the week that ends with ``last_day``; what is worth reading first, then by name."""
    everybody = store.patients(days_too=False) if patients is None else patients
    found = [paragraph(one) for one in weeks(store, everybody, last_day, params)]
    return sorted(found, key=lambda one: (not one.worth_reading, one.label.casefold()))


def paragraph(of: Week) -> Paragraph:
    return Paragraph(of.patient.gateway, of.patient.label, of.worth_reading, tuple(_sentences(of)))


def summary(paragraphs: Sequence[Paragraph]) -> str:
    """All of it in a sentence."""
    worth = sum(one.worth_reading for one in paragraphs)
    return _n(
        "{n} patient, {worth} with something to read.",
        "{n} patients, {worth} with something to read.",
        len(paragraphs),
        worth=worth,
    )


def _sentences(of: Week) -> Iterator[str]:
    yield _worn(of)
    yield from _alerts(of)
    for trend in of.watched:
        yield _(
            "Nearing its limit (T1, {day}): {leg}, {chart}, shift {shift} standard errors.",
            day=day_words(trend.day),
            leg=whole_leg(trend.side),
            chart=_root(trend.metric),
            shift=number(trend.shift or 0.0, 1),
        )
    for one in of.moved:
        told = {"leg": whole_leg(one.side), "chart": _root(one.metric)}
        told |= {"now": numerals(f"{one.now:+.1f}"), "before": numerals(f"{one.before:+.1f}")}
        if one.now > one.before:
            yield _(
                "{leg}, {chart}, went worse: {now} spreads from own normal, {before} the week before (+ is worse).",
                **told,
            )
        else:
            yield _(
                "{leg}, {chart}, went better: {now} spreads from own normal, {before} the week before (+ is worse).",
                **told,
            )
    if not of.moved and of.monitored:
        moved = numerals(f"{DigestParams().moved:g}")
        moved = _("No root's chart moved by {moved} spreads or more against the week before.", moved=moved)
        yield moved if of.compared else _("Not compared with own normal yet.")
    for which, many in of.probable.items():
        yield _n("{n} giving-way-like event ({leg}).", "{n} giving-way-like events ({leg}).", many, leg=side(which))
    for which, many in of.possible.items():
        yield _n(
            "{n} event that may have been giving way, unanswered ({leg}; T1).",
            "{n} events that may have been giving way, unanswered ({leg}; T1).",
            many,
            leg=side(which),
        )
    yield from _told(of)
    yield from _recoveries(of)
    for treatment in of.treatments:
        yield _("{what} since {day}.", what=_(TREATMENTS[treatment.kind]), day=day_words(treatment.day))
    for order in of.unheard:
        what, word = said(order.order.what, None), order.confirmation
        if word is None:
            yield _("Not yet confirmed by the home: {what}.", what=what)
        else:
            yield _("Refused by the home: {what} ({why}).", what=what, why=retold(word.reason))


def _root(metric: str) -> str:
    return within(_(CHARTS[metric][0]))


def _worn(of: Week) -> str:
    good = [day for day in of.days if not day.missing]
    if not good:
        last = last_lived(of.days)
        why = f" ({retold(last.missing)})" if last is not None and last.missing else ""
        return _("NOT MONITORED from {first} to {last}: no day counts{why}.", **_range(of), why=why)
    return _n(
        "{first} to {last}: {n} day of {all} counted, worn {hours} a day, {strides} strides.",
        "{first} to {last}: {n} days of {all} counted, worn {hours} a day, {strides} strides.",
        len(good),
        **_range(of),
        all=DigestParams().days,
        hours=number(fmean(day.worn_h for day in good), 1, "h"),
        strides=numerals(f"{sum(many for day in good for _side, many in day.strides):,}"),
    )


def _range(of: Week) -> dict[str, str]:
    return {"first": day_words(of.first_day), "last": day_words(of.last_day)}


def _alerts(of: Week) -> Iterator[str]:
    for one in of.open_alerts:
        yield _(
            "OPEN {tier} ({word}) since {day}: {sentence}",
            tier=one.life.tier,
            word=_(TIERS[one.life.tier][1]),
            day=day_words(one.alert.day),
            sentence=retold(one.alert.sentence),
        )
    if of.closed:
        yield _n("{n} alert of this week closed by somebody.", "{n} alerts of this week closed by somebody.", of.closed)
    if not of.open_alerts:
        yield _("No open alert.")


def _told(of: Week) -> Iterator[str]:
    pain = [one.pain for one in of.check_ins if one.pain is not None]
    if pain:
        spread = _("{least} to {most}", least=min(pain), most=max(pain)) if min(pain) < max(pain) else f"{pain[0]}"
        yield _n("Pain {pain} of 10 in {n} check-in.", "Pain {pain} of 10 in {n} check-ins.", len(pain), pain=spread)
    else:
        yield _("No pain was told.")
    flags = dict.fromkeys(retold(FLAGS[flag]) for one in of.check_ins for flag in one.flags)
    if flags:
        yield _("RED FLAGS told: {flags}.", flags="; ".join(flags))


def _recoveries(of: Week) -> Iterator[str]:
    for metric, one in of.recoveries:
        state = _(STATES[one.state])
        if one.now_pct is not None:
            state = _("{state}, {percent} behind the other leg", state=state, percent=percent(one.now_pct))
        yield _("Recovery, {number}: {state}.", number=within(metric_words(metric).title), state=state)
        for finding in one.findings:
            yield _("FINDING: {finding}.", finding=retold(finding))


def add_digest(app: FastAPI, store: Store, pages: Pages, clock: Callable[[], float]) -> None:
    """The page of the last seven whole days, or of those up to ``to``."""

    def page(to: str = "") -> HTMLResponse:
        now_s = clock()
        last = _day(to) or yesterday(local_day(now_s, pages.zone))
        patients = store.patients(days_too=False)
        found = digest(store, last, patients=patients)
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
