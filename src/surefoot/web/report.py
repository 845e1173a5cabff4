"""The report: one patient's days from a first to a last, in words and tables, from the same rows as the charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

import surefoot
from surefoot.pipeline.monitored import begun_by
from surefoot.pipeline.store import Patient, Store
from surefoot.records import SIDES, DaySummary, SurefootError
from surefoot.web import reporttables as tables
from surefoot.web.annotations import annotations
from surefoot.web.charts import Chart, charts
from surefoot.web.headline import headline
from surefoot.web.language import N_, _, _n, day_words
from surefoot.web.patients import watch
from surefoot.web.reporttables import day_of
from surefoot.web.series import WINDOW_DAYS
from surefoot.web.words import CHARTS, label, local, number

USUAL_DAYS = 28
PICTURED = (*CHARTS, "speed_mps")
LIMITS = N_(
    "Surefoot sees how the lower leg moves, not why. It is not a diagnosis, not an emergency alarm and no measure of "
    "muscle strength; it has not been clinically validated. Pain, shoes, a brace or a stick change a gait as weakness "
    "does. Giving way and foot drop from the ankle alone are exploratory. It cannot see bladder, bowel or saddle "
    "symptoms: ask. A day that does not count says nothing about that day, and no alert does not mean no disease."
)


class NoReport(SurefootError):
    """A report that cannot be made: what, why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the two pages say."""

    patient: str
    home: str
    first_day: str
    last_day: str
    generated: str
    version: str
    sentence: str
    coverage: str
    charts: tuple[Chart, ...]
    tables: tuple[tables.Table, ...]
    limits: str

    @property
    def title(self) -> str:
        first, last = day_words(self.first_day), day_words(self.last_day)
        return _("Leg strength report: {patient}, {first} to {last}", patient=self.patient, first=first, last=last)

    @property
    def made(self) -> str:
        return _("Made {when} by surefoot {version}", when=self.generated, version=self.version)


def report(
    store: Store, patient: Patient, first_day: str | None, last_day: str | None, now_s: float, zone: tzinfo | None
) -> Report:
    """Of the days from ``first_day`` to ``last_day``, both included; None: the last 28 days up to the newest one.

    NoReport when the range is none, or longer than the charts reach back.
    """
    days, trends, alerts = store.days(patient.gateway), store.trends(patient.gateway), store.alerts(patient.gateway)
    first, last = _range(first_day, last_day, days, now_s, zone)
    then_s = _seen_from(days, last, now_s)
    days = [day for day in days if first <= day.day <= last]
    trends = [trend for trend in trends if first <= trend.day <= last]
    alerts = [one for one in alerts if first <= one.alert.day <= last]
    incidents = [one for one in store.incidents(patient.gateway) if first <= day_of(one.start_s, zone) <= last]
    marks = annotations(store, patient.gateway, days, alerts, zone)
    newest = [trend for trend in trends if trend.day == max(t.day for t in trends)]
    top = headline(alerts, watch(patient, days, then_s), days, newest)
    return Report(
        patient=label(patient.label),
        home=patient.gateway,
        first_day=first,
        last_day=last,
        generated=local(now_s, zone),
        version=surefoot.__version__,
        sentence=top.sentence if days else _("No day of this range has arrived: nothing can be said about it."),
        coverage=_coverage(days, first, last),
        charts=tuple(one for one in charts(days, trends, marks) if one.name in PICTURED),
        tables=(
            tables.measured(days, trends),
            tables.alerts([one for one in alerts if one.alert.channel == "clinical"]),
            tables.incidents(incidents, store.answers(patient.gateway)),
            tables.tests(
                [one for one in store.tests(patient.gateway) if first <= day_of(one.start_s, zone) <= last], zone
            ),
            tables.told(
                [one for one in store.diary.check_ins(patient.gateway) if first <= one.day <= last],
                [one for one in store.diary.treatments(patient.gateway) if one.day <= last],
            ),
        ),
        limits=_(LIMITS),
    )


def _range(
    first: str | None, last: str | None, days: Sequence[DaySummary], now_s: float, zone: tzinfo | None
) -> tuple[str, str]:
    begun = begun_by(days, now_s)
    last = last or (begun[-1].day if begun else day_of(now_s, zone))
    first = first or (date.fromisoformat(last) - timedelta(days=USUAL_DAYS - 1)).isoformat()
    length = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    if length < 1:
        what = _("{first} is after {last}.", first=day_words(first), last=day_words(last))
        raise NoReport(what, _("No report was made."), _("Give the earlier day first."))
    if length > WINDOW_DAYS:
        what = _(
            "From {first} to {last} are {n} days; a report holds {most} at most.",
            first=day_words(first),
            last=day_words(last),
            n=length,
            most=WINDOW_DAYS,
        )
        remedy = _("Make one for each half year, or export the days as a table.")
        raise NoReport(what, _("No report was made."), remedy)
    return first, last


def _seen_from(days: Sequence[DaySummary], last: str, now_s: float) -> float:
    """Whether somebody was monitored is asked of the end of the range, unless nothing newer has arrived since."""
    end_s = max((day.end_s for day in days if day.day <= last), default=now_s)
    return min(end_s, now_s) if days and days[-1].day > last else now_s


def _coverage(days: Sequence[DaySummary], first: str, last: str) -> str:
    """How much wear it all rests on; days of which nothing came are told too."""
    length = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    good = [day for day in days if not day.missing]
    told = _n("{good} of {n} day count", "{good} of {n} days count", length, good=len(good))
    if good:
        left, right = (sum(dict(day.strides).get(of, 0) for day in good) for of in SIDES)
        hours = number(sum(day.worn_h for day in good) / len(good), 1, "h")
        walked = _("{left} left and {right} right straight level strides", left=left, right=right)
        told = _("{told}: worn {hours} a day, {walked}", told=told, hours=hours, walked=walked)
    thin, silent = len(days) - len(good), length - len(days)
    parts = [
        _n("{n} had too little wear", "{n} had too little wear", thin) if thin else "",
        _n("of {n} nothing has arrived", "of {n} nothing has arrived", silent) if silent else "",
    ]
    return f"{'; '.join([told, *filter(None, parts)])}."
