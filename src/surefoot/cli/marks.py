"""Marks: two taps on the ankle that has just given way are the patient's yes to "did your leg give way?".

A mark says nothing by itself: hours of daily life hold a pair of knocks that nobody meant (docs/gateway.md). Only an
incident of that leg, seen within minutes before it and not answered about, is answered by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from surefoot.cli.homekeeper import HomeKeeper, Say
from surefoot.pipeline.incidentwatch import answered
from surefoot.pipeline.resumed import told_of
from surefoot.pipeline.store import Store
from surefoot.pipeline.told import standing
from surefoot.records import Answer, Gap, Incident, IncidentKind, Samples, Side
from surefoot.sensors.bluetooth.taps import TapParams, TapWatch
from surefoot.web.words import INCIDENTS
from surefoot.web.words import side as leg

AGAIN_S = 1.0  # taps of the same moment: those of a day that is told anew (P)
ASKED: tuple[IncidentKind, ...] = ("giving_way", "stumble", "fall")


@dataclass(frozen=True, slots=True)
class MarkParams:
    """All P."""

    within_s: float = 300.0  # from what happened to the taps
    settled_s: float = 60.0  # after the taps all that was before them is found
    taps: TapParams = field(default_factory=TapParams)


class Marks:
    """Readings in, as they are understood; answers into the store. With one leg worn there are none.

    One sensor alone hears knocks that the other one's stillness would have told apart.
    """

    def __init__(
        self,
        store: Store,
        keeper: HomeKeeper,
        zone: ZoneInfo,
        sides: Sequence[Side],
        say: Say,
        params: MarkParams = MarkParams(),
    ) -> None:
        self._store, self._keeper, self._zone, self._say, self._params = store, keeper, zone, say, params
        self._watch = TapWatch(sides, params.taps) if len(sides) > 1 else None
        self._marks: list[tuple[Side, float]] = []  # that wait

    def update(self, item: Samples | Gap) -> None:
        if self._watch is None:
            return
        if isinstance(item, Samples):
            self._marks += self._watch.update(item.side, item)
        if self._marks and item.end_s > self._marks[0][1] + self._params.settled_s:
            self._answer(*self._marks.pop(0))

    def _answer(self, side: Side, at_s: float) -> None:
        gateway = self._store.gateway()
        before = self._store.incidents(gateway, at_s - self._params.within_s, at_s)
        known = self._store.answers(gateway)
        if any(abs(one.at_s - at_s) < AGAIN_S for one in known):
            return
        asked = [one for one in before if one.kind in ASKED and one.side in (side, None)]
        asked = [one for one in asked if standing(known, one) is None]
        if asked:
            self._keep(max(asked, key=lambda one: one.start_s), at_s)

    def _keep(self, about: Incident, at_s: float) -> None:
        self._keeper.keep_answer(Answer(about.kind, about.side, about.start_s, "gave_way", "patient", at_s))
        when, now = (datetime.fromtimestamp(moment_s, self._zone) for moment_s in (about.start_s, at_s))
        what = f"{INCIDENTS[about.kind]} at {when:%H:%M:%S} ({leg(about.side)})"
        self._say(f"two taps: the leg gave way, says the patient of the {what}")
        days = self._store.days(self._store.gateway())
        for alert in answered(about, at_s, now.date().isoformat(), days, told_of(self._store, self._keeper.now_s)):
            self._keeper.keep_alert(alert)
