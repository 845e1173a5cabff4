"""What /api/v1 answers with about what happened: incidents and alerts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from surefoot.alerts.alertlife import Channel, State, What
from surefoot.records import AnswerWord, IncidentKind, Tier, Verdict
from surefoot.web.apimodels import Day, Leg, Model, PatientId, TrendOf, Unix

_NEXT = "Give it as `after` to read on; null: this is the end."


class IncidentOf(Model):
    """Something that looked like this at the ankle; not what it was."""

    kind: IncidentKind
    side: Leg
    start_s: Unix
    end_s: Unix
    certainty: Literal["possible", "probable"]
    evidence: dict[str, float] = Field(description="The numbers behind it; their names carry their units.")
    answer: AnswerWord | None = Field(description="What the patient last said about it; null: nothing.")
    verdict: Verdict | None = Field(description="What the clinic last said after a look at the raw signal.")


class Incidents(Model):
    """A page of incidents, oldest first."""

    items: tuple[IncidentOf, ...]
    next: str | None = Field(description=_NEXT)


class Event(Model):
    """Something that happened to an alert."""

    what: What
    tier: Tier = Field(description="As the alert was then.")
    at_s: Unix
    who: str = Field(description='Whose doing it was; "": surefoot itself.')
    to: tuple[str, ...] = Field(description="Who was told.")
    until_s: Unix | None = Field(description="Of a snooze.")


class AlertOf(Model):
    """An alert and its life. What people wrote beside it is not told."""

    patient_id: PatientId
    alert_id: str = Field(description="Its home's name for it; unique together with patient_id.")
    channel: Channel
    kind: str = Field(description="Which rule.")
    tier: Tier = Field(description="As it stands at the clinic: it does not become less until somebody takes notice.")
    home_tier: Tier = Field(description="As its home calls it by now.")
    side: Leg
    day: Day
    raised_s: Unix
    stored_s: Unix = Field(description="When the clinic stored it first.")
    changed_s: Unix = Field(description="When anything last happened to it: read on from here with `since_s`.")
    sentence: str
    not_this: str = Field(description="What it is not.")
    limit: str = Field(description="The limit that it passed.")
    evidence: tuple[TrendOf, ...]
    open: bool = Field(description="Nobody has acknowledged it yet, and it has not ended by itself.")
    state: State
    acknowledged_s: Unix | None
    acknowledged_by: str | None
    resolved_s: Unix | None
    events: tuple[Event, ...] = Field(description="Oldest first; those that count at its tier.")


class Alerts(Model):
    """A page of alerts, those that changed longest ago first."""

    items: tuple[AlertOf, ...]
    next: str | None = Field(description=_NEXT)
