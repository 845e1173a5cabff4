"""The reads of /api/v1 about what happened: incidents, and alerts with their lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Query, Request

from surefoot.alerts.alertlife import Channel
from surefoot.pipeline.store import Store, StoredAlert
from surefoot.records import Incident, IncidentKind
from surefoot.web.apihappened import AlertOf, Alerts, Event, IncidentOf, Incidents
from surefoot.web.apipaging import After, Limit, paged
from surefoot.web.apireads import PatientId, allowed, trend

Moment = Annotated[float | None, Query(allow_inf_nan=False, description="Seconds since 1970, UTC.")]


class Recent:
    """One method per route; they block, and run in FastAPI's threads."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    def incidents(
        self,
        request: Request,
        patient_id: PatientId,
        since_s: Moment = None,
        until_s: Moment = None,
        kind: Annotated[IncidentKind | None, Query(description="Only of this kind.")] = None,
        limit: Limit = 500,
        after: After = None,
    ) -> Incidents:
        """Foot drop, giving way, stumbles and falls, as they looked at the ankle; exploratory.

        By when they began: from `since_s` on, before `until_s`.
        """
        allowed(self._store, request.state.token, patient_id)
        low, high = (float("-inf") if since_s is None else since_s), (float("inf") if until_s is None else until_s)
        heads = [one for one in self._store.lists.incident_heads(patient_id) if low <= one.start_s < high]
        found = [one for one in heads if kind is None or one.kind == kind]
        items, more = paged(found, lambda one: (float(one.start_s), one.kind, one.side or ""), limit, after)
        return Incidents(items=self._told(patient_id, items), next=more)

    def alerts_of(
        self,
        request: Request,
        patient_id: PatientId,
        since_s: Moment = None,
        channel: Annotated[Channel | None, Query(description="Only clinical or technical ones.")] = None,
        limit: Limit = 200,
        after: After = None,
    ) -> Alerts:
        """The alerts of one patient and what happened to them, those that changed longest ago first.

        `since_s`: only those of which anything happened at that time or later.
        """
        allowed(self._store, request.state.token, patient_id)
        return self._alerts(self._store.alerts(patient_id), since_s, channel, limit, after)

    def alerts(
        self,
        request: Request,
        since_s: Moment = None,
        channel: Annotated[Channel | None, Query(description="Only clinical or technical ones.")] = None,
        limit: Limit = 200,
        after: After = None,
    ) -> Alerts:
        """The alerts of all patients that the token may read of, those that changed longest ago first.

        `since_s`: only those of which anything happened at that time or later.
        """
        found = [one for one in self._store.alerts() if request.state.token.sees(one.gateway)]
        return self._alerts(found, since_s, channel, limit, after)

    def _told(self, patient_id: str, found: Sequence[Incident]) -> tuple[IncidentOf, ...]:
        """With what was said of them last."""
        said = {(one.kind, one.side, one.start_s): one.answer for one in self._store.answers(patient_id)}
        judged = {
            (one.kind, one.side, one.start_s): one.verdict for _, one in self._store.judgements.standing(patient_id)
        }
        return tuple(
            IncidentOf(
                kind=one.kind,
                side=one.side,
                start_s=one.start_s,
                end_s=one.end_s,
                certainty=one.certainty,
                evidence=dict(one.evidence),
                answer=said.get((one.kind, one.side, one.start_s)),
                verdict=judged.get((one.kind, one.side, one.start_s)),
            )
            for one in found
        )

    def _alerts(
        self,
        stored: Sequence[StoredAlert],
        since_s: float | None,
        channel: Channel | None,
        limit: int,
        after: str | None,
    ) -> Alerts:
        now_s = self._clock()
        told = [_alert(one, now_s) for one in stored if channel is None or one.life.channel == channel]
        found = [one for one in told if since_s is None or one.changed_s >= since_s]
        items, more = paged(found, lambda one: (one.changed_s, one.patient_id, one.alert_id), limit, after)
        return Alerts(items=items, next=more)


def _alert(stored: StoredAlert, now_s: float) -> AlertOf:
    alert, life = stored.alert, stored.life
    events = tuple(
        Event(what=e.what, tier=e.tier, at_s=e.at_s, who=e.who, to=e.to, until_s=e.until_s) for e in life.events
    )
    taken, over = life.acknowledged, life.resolved
    return AlertOf(
        patient_id=stored.gateway,
        alert_id=alert.alert_id,
        channel=life.channel,
        kind=alert.kind,
        tier=life.tier,
        home_tier=alert.tier,
        side=alert.side,
        day=alert.day,
        raised_s=alert.raised_s,
        stored_s=stored.stored_s,
        changed_s=float(max([stored.stored_s, *(e.at_s for e in events)])),
        sentence=alert.sentence,
        not_this=alert.not_this,
        limit=alert.limit,
        evidence=tuple(map(trend, alert.evidence)),
        open=life.is_open,
        state=life.state(now_s),
        acknowledged_s=taken.at_s if taken else None,
        acknowledged_by=taken.who if taken else None,
        resolved_s=over.at_s if over else None,
        events=events,
    )
