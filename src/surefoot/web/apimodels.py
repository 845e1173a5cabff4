"""What /api/v1 answers with: models whose names carry units and whose fields say what they mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from surefoot.pipeline.tokens import Scope
from surefoot.records import IncidentKind, Side, Tier, TrendState

_NEXT = "Give it as `after` to read on; null: this is the end."
Leg = Annotated[Side | None, Field(description="Leg; null: both together.")]
Day = Annotated[str, Field(description="The patient's local day, YYYY-MM-DD.")]
PatientId = Annotated[str, Field(description="The random number of the patient's home. It is in no way a name.")]
Unix = Annotated[float, Field(description="Seconds since 1970, UTC.")]
Unit = Annotated[str, Field(description='Of the values: m/s, s, m, /min, deg, deg/s, m/s2, %, ...; "": a count.')]


class Model(BaseModel):
    """Made from records; nothing is added later to a version but further fields."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Problem(Model):
    """An answer that is an error, as RFC 9457 has it (application/problem+json)."""

    type: str = Field(description="Which error: urn:surefoot:problem:... It does not change within /api/v1.")
    title: str = Field(description="What happened, in short.")
    status: int = Field(description="The HTTP status once more.")
    detail: str = Field(description="What happened and what it means.")
    remedy: str = Field(description="What to do.")


class Grant(Model):
    """What the token that asks may read."""

    name: str
    id: str = Field(description="The part of the token that is no secret.")
    scopes: tuple[Scope, ...]
    patients: tuple[str, ...] | None = Field(description="Only these patients; null: all.")
    expires_s: Unix


class Root(Model):
    """Where the pattern of one nerve root stands on one leg. A pattern, never a diagnosis."""

    root: Literal["L4", "L5", "S1"]
    side: Side
    state: TrendState


class Patient(Model):
    """One patient, as in the list of the pages."""

    patient_id: PatientId
    label: str = Field(description="What the clinic calls the patient.")
    place: int = Field(description="In the list of the pages, of those this token may read of; 1: needs a look first.")
    needs_look: bool
    verdict: str = Field(description="The list's sentence.")
    not_monitored: str = Field(description='Why nothing can be said at present; "": the patient is monitored.')
    last_heard_s: Unix | None = Field(description="When the home was heard last; null: never.")
    last_worn_day: str | None = Field(description="Last day that counts; null: none yet.")
    last_worn_h: float | None = Field(description="Hours both sensors were worn on it.")
    open_alerts: int = Field(description="Clinical ones that nobody has acknowledged.")
    worst_tier: Tier | None = Field(description="Of those.")
    open_technical: int = Field(description="Open alerts about sensors or lines.")
    missing_rows: int = Field(description="Rows of the home that have not arrived and will not.")
    roots: tuple[Root, ...] = Field(description="As far as any can be judged.")


class Patients(Model):
    """A page of patients, in the order of their ids."""

    items: tuple[Patient, ...]
    next: str | None = Field(description=_NEXT)


class Happened(Model):
    """How many incidents of a kind a day had."""

    kind: IncidentKind
    side: Leg
    count: int


class Number(Model):
    """One number of one day and leg."""

    measure: str = Field(description="See /measures.")
    side: Leg
    value: float | None = Field(description="In the measure's unit; null: the day does not support it.")
    unit: Unit
    strides: int = Field(description="It rests on.")
    reason: str = Field(description="Why there is no value, or what must be known with it.")


class DayOf(Model):
    """One day of wear. One that does not count is no day of zeros."""

    day: Day
    start_s: Unix
    end_s: Unix
    counts: bool = Field(description="Whether it was worn long enough to stand for the day.")
    missing: str = Field(description="Why it does not count.")
    recorded_h: float = Field(description="Hours with readings, of the best sensor.")
    worn_h: float = Field(description="Hours both sensors were on a moving leg.")
    walking_min: float | None = Field(description="Minutes in walking bouts; null where the day does not count.")
    bouts: int | None = Field(description="Walking bouts; null where the day does not count.")
    strides_left: int | None = Field(description="Valid straight level strides; null: no sensor on that leg.")
    strides_right: int | None = Field(description="Likewise.")
    incidents: tuple[Happened, ...]
    aids: tuple[str, ...] = Field(description="Brace, stick or shoes as logged.")
    late_min: float = Field(description="Minutes of its readings that came late, from a sensor's own memory.")
    numbers: tuple[Number, ...] | None = Field(description="With `numbers=true`; else null.")


class Days(Model):
    """A page of days, oldest first."""

    items: tuple[DayOf, ...]
    next: str | None = Field(description=_NEXT)


class CoverageDay(Model):
    """How much one calendar day rests on."""

    day: Day
    heard: bool = Field(description="Whether anything of it has arrived.")
    counts: bool
    worn_h: float | None = Field(description="Hours; null: nothing of that day has arrived.")
    recorded_h: float | None = Field(description="Hours; null likewise.")
    missing: str = Field(description="Why it does not count.")


class Coverage(Model):
    """Every calendar day from the first to the last, also those of which nothing has arrived."""

    patient_id: PatientId
    days: int = Field(description="Calendar days told.")
    days_that_count: int = Field(description="Worn long enough to stand for the day.")
    worn_h: float = Field(description="Hours in all.")
    items: tuple[CoverageDay, ...]


class BaselineOf(Model):
    """What is normal for this patient."""

    centre: float = Field(description="In the measure's unit.")
    spread: float = Field(description="In the measure's unit.")
    days: int = Field(description="It rests on.")
    first_day: str
    last_day: str
    provisional: bool = Field(description="Still being learnt.")


class TrendOf(Model):
    """Where one number of one leg stood on one day against the patient's own past."""

    day: Day
    side: Leg
    metric: str = Field(description="A measure, or a root's pattern: l4_composite, l5_composite, s1_composite.")
    unit: Unit
    state: TrendState = Field(description="cannot_say carries its reason.")
    value: float | None = Field(description="As it was judged, in the unit.")
    baseline: BaselineOf | None
    z: float | None = Field(description="In spreads of the baseline; positive is worse.")
    shift: float | None = Field(description="Of the last days against those before, in standard errors.")
    change: float | None = Field(description="Recent days against the baseline, in the unit; positive is worse.")
    mdc: float | None = Field(description="Smallest change that can be told from noise, in the unit.")
    worse_days: int = Field(description="Worn days in a row on the worse side of the spread.")
    strides: int
    worn_h: float | None
    reason: str


class Trends(Model):
    """A page of trends, oldest first."""

    items: tuple[TrendOf, ...]
    next: str | None = Field(description=_NEXT)


class Point(Model):
    """One day of a course."""

    day: Day
    value: float | None = Field(description="In the unit; null: see the reason, or the day has none.")
    strides: int | None
    worse: bool = Field(description="It was judged worse on that day.")
    reason: str


class Course(Model):
    """One leg's course."""

    side: Leg
    baseline: BaselineOf | None = Field(description="The newest there is.")
    points: tuple[Point, ...]


class Series(Model):
    """One number by day, of all legs that have it: what the chart of the pages draws."""

    patient_id: PatientId
    metric: str
    words: str
    unit: Unit
    legs: tuple[Course, ...]


class Measure(Model):
    """One number that days are told in, or the pattern of a nerve root."""

    metric: str
    words: str
    unit: Unit
    worse: Literal["higher", "lower", "neither"]
    per_side: bool
    note: str


class Measures(Model):
    items: tuple[Measure, ...]
