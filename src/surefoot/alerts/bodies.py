"""What a message says: one strict model per kind, each the wire form of a record.

Fields that hold their default (no value, no reason) are left out of the JSON. Sizes and ranges are limits of the wire,
not of medicine: they keep a broken or hostile sender from filling the clinic's disk.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from surefoot.alerts.homefaults import HomeFaults
from surefoot.alerts.snippet import SampleBlock, window
from surefoot.records import (
    Alert,
    Answer,
    AnswerWord,
    Baseline,
    Bout,
    CheckIn,
    Confirmation,
    ContactKind,
    DayMetric,
    DaySummary,
    Incident,
    IncidentKind,
    RedFlag,
    Side,
    Teller,
    TestKind,
    TestResult,
    Tier,
    Treatment,
    TreatmentKind,
    Trend,
    TrendState,
)

_TEXT = r"^[^\x00]*$"  # PostgreSQL stores no NUL
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=_TEXT)]
Reason = Annotated[str, Field(max_length=400, pattern=_TEXT)]
Sentence = Annotated[str, Field(max_length=1200, pattern=_TEXT)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Count = Annotated[int, Field(ge=0, le=10**9)]
MOST_ASKED = 8  # alerts that a sign of life asks about


class Wire(BaseModel):
    """A value on the wire: nothing extra, nothing guessed from another type, no NaN, no infinity."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @classmethod
    def of(cls, record: Any) -> Self:
        """The wire form of a record; numpy numbers become plain ones. Raise ValueError for what may not travel."""
        return cls.model_validate(record, from_attributes=True, strict=False)

    def json_text(self) -> str:
        """The one spelling of this value: equal values give equal text."""
        return self.model_dump_json(exclude_defaults=True)

    def _fields(self) -> dict[str, Any]:
        return dict(self)


class BoutBody(Wire):
    """A walking bout."""

    start_s: float
    end_s: float
    left_strides: Count
    right_strides: Count
    cadence_spm: float | None = None
    speed_mps: float | None = None

    def record(self) -> Bout:
        return Bout(**self._fields())


class IncidentBody(Wire):
    """Something that happened, with the raw signal around it (shortened around its middle when it would not fit)."""

    kind: IncidentKind
    side: Side | None
    start_s: float
    end_s: float
    certainty: Literal["possible", "probable"]
    evidence: Annotated[tuple[tuple[Name, float], ...], Field(max_length=64)]
    snippet: Annotated[tuple[SampleBlock, ...], Field(max_length=64)] = ()
    contacts: Annotated[tuple[tuple[Side, ContactKind, float], ...], Field(max_length=256)] = ()

    @classmethod
    def of(cls, record: Incident) -> Self:
        return cls.model_validate(
            {
                **{name: getattr(record, name) for name in cls.model_fields},
                "snippet": tuple(SampleBlock.of(block) for block in record.snippet if len(block)),
            },
            strict=False,
        )

    def record(self) -> Incident:
        return Incident(**self._fields() | {"snippet": tuple(block.samples() for block in self.snippet)})

    def shortened(self, seconds: float) -> Self:
        """The same incident with at most so many seconds of raw signal around its middle."""
        middle_s = (self.start_s + self.end_s) / 2
        blocks = tuple(block.samples() for block in self.snippet)
        kept = window(blocks, middle_s - seconds / 2, middle_s + seconds / 2)
        return self.model_copy(update={"snippet": tuple(SampleBlock.of(block) for block in kept)})


class AnswerBody(Wire):
    """What was said to "did your leg give way?" about the incident of this kind, side and start."""

    kind: IncidentKind
    side: Side | None
    start_s: float
    answer: AnswerWord
    by: Teller
    at_s: float

    def record(self) -> Answer:
        return Answer(**self._fields())


class CheckInBody(Wire):
    """The day's pain and red flags."""

    day: Day
    at_s: float
    by: Teller
    pain: Annotated[int, Field(ge=0, le=10)] | None = None
    flags: Annotated[tuple[RedFlag, ...], Field(max_length=8)] = ()
    ruled_out: Annotated[tuple[RedFlag, ...], Field(max_length=8)] = ()

    def record(self) -> CheckIn:
        return CheckIn(**self._fields())


class TreatmentBody(Wire):
    """A treatment, by its first day."""

    kind: TreatmentKind
    day: Day
    withdrawn: bool = False

    def record(self) -> Treatment:
        return Treatment(**self._fields())


class TestBody(Wire):
    """One guided strength test."""

    __test__ = False  # pytest would take the name for a test of its own

    kind: TestKind
    side: Side | None
    start_s: float
    end_s: float
    value: float | None
    unit: Annotated[str, Field(max_length=20, pattern=_TEXT)]
    quality: float = 0.0
    reason: Reason = ""
    details: Annotated[tuple[tuple[Name, float], ...], Field(max_length=128)] = ()

    def record(self) -> TestResult:
        return TestResult(**self._fields())


class BaselineBody(Wire):
    """What is normal for this patient."""

    centre: float
    spread: float
    days: Count
    first_day: Day
    last_day: Day
    provisional: bool


class TrendBody(Wire):
    """Where one metric of one leg stands against the patient's own baseline."""

    day: Day
    side: Side | None
    metric: Name
    state: TrendState
    value: float | None = None
    baseline: BaselineBody | None = None
    z: float | None = None
    shift: float | None = None
    change: float | None = None
    mdc: float | None = None
    worse_days: Count = 0
    strides: Count = 0
    worn_h: float | None = None
    reason: Reason = ""

    def record(self) -> Trend:
        baseline = Baseline(**dict(self.baseline)) if self.baseline else None
        return Trend(**self._fields() | {"baseline": baseline})


class DayMetricBody(Wire):
    """One number of one day and leg."""

    side: Side | None
    name: Name
    value: float | None
    strides: Count
    reason: Reason = ""


class DaySummaryBody(Wire):
    """One day of wear."""

    day: Day
    start_s: float
    end_s: float
    recorded_h: float
    worn_h: float
    walking_min: float
    bouts: Count
    strides: Annotated[tuple[tuple[Side, Count], ...], Field(max_length=8)]
    incidents: Annotated[tuple[tuple[Side | None, IncidentKind, Count], ...], Field(max_length=32)]
    metrics: Annotated[tuple[DayMetricBody, ...], Field(max_length=200)]
    missing: Reason = ""
    aids: Annotated[tuple[Name, ...], Field(max_length=8)] = ()
    length_factors: Annotated[tuple[tuple[Side, Annotated[float, Field(gt=0)]], ...], Field(max_length=8)] = ()
    late_min: Annotated[float, Field(ge=0)] = 0.0
    slipped: Annotated[tuple[Side, ...], Field(max_length=2)] = ()

    def record(self) -> DaySummary:
        metrics = tuple(DayMetric(**dict(metric)) for metric in self.metrics)
        return DaySummary(**self._fields() | {"metrics": metrics})


class DayBody(Wire):
    """A day with the trends judged on it: they are stored, sent and replaced together."""

    summary: DaySummaryBody
    trends: Annotated[tuple[TrendBody, ...], Field(max_length=200)] = ()

    @classmethod
    def of_day(cls, day: DaySummary, trends: tuple[Trend, ...]) -> Self:
        return cls(summary=DaySummaryBody.of(day), trends=tuple(TrendBody.of(trend) for trend in trends))


class AlertBody(Wire):
    """A finding that a person must see, with its evidence."""

    alert_id: Name
    tier: Tier
    channel: Literal["clinical", "technical"]
    kind: Name
    side: Side | None
    raised_s: float
    day: Day
    sentence: Sentence
    not_this: Sentence
    evidence: Annotated[tuple[TrendBody, ...], Field(max_length=64)] = ()
    resolved_s: float | None = None
    limit: Reason = ""

    def record(self) -> Alert:
        return Alert(**self._fields() | {"evidence": tuple(trend.record() for trend in self.evidence)})


class ConfirmationBody(Wire):
    """What the home did with an order of the clinic."""

    order_id: Name
    verdict: Literal["applied", "refused"]
    at_s: float
    reason: Reason = ""

    def record(self) -> Confirmation:
        return Confirmation(**self._fields())


class StatusBody(Wire):
    """A sign of life of the home. ``link`` "down" is the broker's word after the home vanished (its last will)."""

    link: Literal["up", "down"]
    pending: Count | None = None  # rows waiting in the home's outbox,
    oldest: Count | None = None  # the lowest of their numbers: what is missing below it will not come
    newest: Count | None = None  # the highest number this home has used
    at_s: float | None = None  # now, by the home's clock
    faults: HomeFaults = ()  # what keeps the home from its work
    asks: Annotated[tuple[Name, ...], Field(max_length=MOST_ASKED)] = ()  # alerts: has anybody taken them on?


ToldBody = AnswerBody | CheckInBody | TreatmentBody | ConfirmationBody
Body = BoutBody | IncidentBody | ToldBody | TestBody | DayBody | AlertBody
