"""The reads of /api/v1 about patients and their days: the store's rows as models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Annotated

from fastapi import Path, Query, Request

from surefoot.exports.tables import unit_of
from surefoot.pipeline.calibration import on_scale_of
from surefoot.pipeline.measures import MEASURES
from surefoot.pipeline.store import Store
from surefoot.pipeline.tokens import Token
from surefoot.records import SIDES, DaySummary, Side, Trend
from surefoot.web.apimodels import (
    BaselineOf,
    Course,
    Coverage,
    CoverageDay,
    DayOf,
    Days,
    Grant,
    Happened,
    Measure,
    Measures,
    Number,
    Patient,
    Patients,
    Point,
    Root,
    Series,
    TrendOf,
    Trends,
)
from surefoot.web.apipaging import After, Limit, Since, Until, in_span, paged
from surefoot.web.listing import rows_of
from surefoot.web.patients import Row, last_lived
from surefoot.web.problems import ProblemError
from surefoot.web.series import Series as SeriesFound
from surefoot.web.series import is_day, series_of
from surefoot.web.words import CHARTS, metric_words

PatientId = Annotated[str, Path(max_length=36, description="As /patients gives it.")]
METRIC = r"^[a-z0-9_]{1,80}$"
LONGEST_DAYS = 1000
WORSE = {1: "higher", -1: "lower", 0: "neither"}


class Reads:
    """One method per route; they block, and run in FastAPI's threads."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def grant(self, request: Request) -> Grant:
        """What this token may read."""
        return Grant.model_validate(request.state.token)

    def measures(self) -> Measures:
        """The numbers that days are told in, with units and which way is worse."""
        roots = [
            Measure(metric=name, words=words.title, unit="spreads", worse="higher", per_side=True, note=words.hint)
            for name in CHARTS
            for words in [metric_words(name)]
        ]
        numbers = [
            Measure(metric=one.name, words=one.words, unit=one.unit, worse=WORSE[one.worse], per_side=one.per_side,
                    note=one.note)
            for one in MEASURES.values()
        ]  # fmt: skip
        return Measures(items=(*roots, *numbers))

    def patients(
        self,
        request: Request,
        search: Annotated[str, Query(max_length=80, description="Part of the label.")] = "",
        limit: Limit = 500,
        after: After = None,
    ) -> Patients:
        """The patients, with what the list of the pages says of each."""
        rows = self._rows(request.state.token)
        found = [one for one in rows if search.strip().casefold() in one.label.casefold()]
        items, more = paged(found, lambda one: (one.patient_id,), limit, after)
        return Patients(items=items, next=more)

    def patient(self, request: Request, patient_id: PatientId) -> Patient:
        """One patient, as the list says it."""
        allowed(self._store, request.state.token, patient_id)
        return next(one for one in self._rows(request.state.token) if one.patient_id == patient_id)

    def days(
        self,
        request: Request,
        patient_id: PatientId,
        since: Since = None,
        until: Until = None,
        numbers: Annotated[bool, Query(description="With the numbers of each day.")] = False,
        limit: Limit = 400,
        after: After = None,
    ) -> Days:
        """The days of a patient: how much each rests on and, if asked for, its numbers.

        Numbers stand as the home told them. Where a later 20 m walk has put lengths and speeds right, the courses of
        /series are on the scale of the newest day, as the charts are.
        """
        found = [one for one in self._days(request.state.token, patient_id) if in_span(one.day, since, until)]
        items, more = paged(found, lambda one: (one.day,), limit, after)
        return Days(items=tuple(_day(one, numbers) for one in items), next=more)

    def coverage(
        self, request: Request, patient_id: PatientId, since: Since = None, until: Until = None
    ) -> Coverage:  # fmt: skip
        """How much each calendar day rests on, also those of which nothing has arrived.

        At most 1000 days, the last ones.
        """
        known = {one.day: one for one in self._days(request.state.token, patient_id) if is_day(one.day)}
        span = _calendar([*known, *(one for one in (since, until) if one is not None and is_day(one))])
        items = tuple(_covered(day, known.get(day)) for day in span if in_span(day, since, until))
        return Coverage(
            patient_id=patient_id,
            days=len(items),
            days_that_count=sum(one.counts for one in items),
            worn_h=sum(one.worn_h or 0.0 for one in items),
            items=items,
        )

    def trends(
        self,
        request: Request,
        patient_id: PatientId,
        since: Since = None,
        until: Until = None,
        metric: Annotated[str | None, Query(pattern=METRIC, description="Only of this number or pattern.")] = None,
        limit: Limit = 1000,
        after: After = None,
    ) -> Trends:
        """Where each number, and the pattern of each root, stood day by day against the patient's own past."""
        allowed(self._store, request.state.token, patient_id)
        read = self._store.trends(patient_id, metric, since=since)
        found = [one for one in read if in_span(one.day, None, until)]
        items, more = paged(found, lambda one: (one.day, one.metric, one.side or ""), limit, after)
        return Trends(items=tuple(map(trend, items)), next=more)

    def series(
        self,
        request: Request,
        patient_id: PatientId,
        metric: Annotated[str, Path(pattern=METRIC, description="As /measures gives it, such as l5_composite.")],
        since: Since = None,
        until: Until = None,
    ) -> Series:
        """One number, or the pattern of one root, by day and leg: what the chart of the pages draws."""
        days = self._days(request.state.token, patient_id)
        lived = last_lived(days)
        scaled = [on_scale_of(day, lived) for day in days] if lived else []
        judged = self._store.trends(patient_id, metric)
        legs = [one for of in (*SIDES, None) if (one := series_of(metric, of, scaled, judged)) is not None]
        if not legs:
            what = f"No day of this patient has {metric}."
            raise ProblemError("no-such-metric", what, "See /api/v1/measures for what there may be.")
        words = metric_words(metric)
        courses = tuple(_course(one, since, until) for one in legs)
        return Series(
            patient_id=patient_id, metric=metric, words=words.title, unit=unit_of(metric), legs=courses
        )  # fmt: skip

    def _rows(self, token: Token) -> list[Patient]:
        """Of the patients it may read of; their places, too, tell of no other."""
        mine = [one for one in self._store.patients() if token.sees(one.gateway)]
        rows = rows_of(self._store, mine, self._clock())
        return [_patient(one, place) for place, one in enumerate(rows, 1)]

    def _days(self, token: Token, patient_id: str) -> list[DaySummary]:
        allowed(self._store, token, patient_id)
        return self._store.days(patient_id)


def allowed(store: Store, token: Token, patient_id: str) -> None:
    """ProblemError where there is no such patient, or not for this token: it cannot be told which."""
    if not token.sees(patient_id) or patient_id not in store.homes():
        raise ProblemError("no-such-patient", "Nothing was told.", "Ask /api/v1/patients which there are.")


def trend(one: Trend) -> TrendOf:
    return TrendOf.model_validate({name: getattr(one, name, None) for name in TrendOf.model_fields} | {
        "unit": unit_of(one.metric), "baseline": BaselineOf.model_validate(one.baseline) if one.baseline else None,
    })  # fmt: skip


def _patient(one: Row, place: int) -> Patient:
    return Patient(
        patient_id=one.patient.gateway,
        label=one.patient.label,
        place=place,
        needs_look=one.needs_look,
        verdict=one.verdict,
        not_monitored=one.watch.gap,
        last_heard_s=one.patient.last_seen_s,
        last_worn_day=one.watch.worn_day,
        last_worn_h=one.watch.worn_h,
        open_alerts=one.patient.open_alerts,
        worst_tier=one.patient.worst_tier,
        open_technical=one.patient.open_technical,
        missing_rows=one.patient.missing,
        roots=tuple(Root(root=of.root, side=of.side, state=of.state) for of in one.courses),  # type: ignore[arg-type]
    )


def _day(one: DaySummary, numbers: bool) -> DayOf:
    strides: dict[Side, int] = dict(one.strides)
    told = [
        Number(measure=m.name, side=m.side, value=m.value, unit=unit_of(m.name), strides=m.strides, reason=m.reason)
        for m in one.metrics
    ]
    counts = not one.missing
    return DayOf(
        day=one.day,
        start_s=one.start_s,
        end_s=one.end_s,
        counts=counts,
        missing=one.missing,
        recorded_h=one.recorded_h,
        worn_h=one.worn_h,
        walking_min=one.walking_min if counts else None,
        bouts=one.bouts if counts else None,
        strides_left=strides.get("left"),
        strides_right=strides.get("right"),
        incidents=tuple(Happened(kind=kind, side=side, count=many) for side, kind, many in one.incidents),
        aids=one.aids,
        late_min=one.late_min,
        numbers=tuple(told) if numbers else None,
    )


def _covered(day: str, one: DaySummary | None) -> CoverageDay:
    if one is None:
        missing = "nothing of this day has arrived"
        return CoverageDay(day=day, heard=False, counts=False, worn_h=None, recorded_h=None, missing=missing)
    return CoverageDay(
        day=day, heard=True, counts=not one.missing, worn_h=one.worn_h, recorded_h=one.recorded_h, missing=one.missing
    )


def _calendar(days: Sequence[str]) -> list[str]:
    """Every day from the first to the last, at most the last ``LONGEST_DAYS``."""
    if not days:
        return []
    last = date.fromisoformat(max(days))
    length = min((last - date.fromisoformat(min(days))).days, LONGEST_DAYS - 1)
    return [(last - timedelta(days=back)).isoformat() for back in range(length, -1, -1)]


def _course(one: SeriesFound, since: str | None, until: str | None) -> Course:
    days = sorted({*one.values, *one.reasons, *one.strides})
    points = [
        Point(day=day, value=one.values.get(day), strides=one.strides.get(day), worse=day in one.worse,
              reason=one.reasons.get(day, ""))
        for day in days
        if in_span(day, since, until)
    ]  # fmt: skip
    base = one.newest.baseline if one.newest else None
    return Course(side=one.side, baseline=BaselineOf.model_validate(base) if base else None, points=tuple(points))
