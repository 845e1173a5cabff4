"""The keeper of a home: the store as the pipeline writes to it, and what a person is told of what is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from surefoot.alerts.alike import KIND as ALIKE
from surefoot.alerts.givingway import GivingWayLimitParams
from surefoot.alerts.redflags import EMERGENCY, FALLEN, MEANWHILE
from surefoot.cli.board import Board
from surefoot.pipeline.incidentwatch import too_often
from surefoot.pipeline.resumed import told_of
from surefoot.pipeline.shoes import overdue
from surefoot.pipeline.store import Store, StoreError
from surefoot.pipeline.telling import day_of
from surefoot.records import Alert, Answer, Bout, DaySummary, Donning, Incident, Stride, Trend

GATHER_S = 2.0  # strides are committed together: each commit waits for the disk, and wears out a memory card
ANSWER_S = GivingWayLimitParams().ask_s
ASKED_S = 3600.0  # between two looks at questions about shoes that nobody answers
BEGUN_S = 600.0  # before the first: what was recorded is understood by then, mostly (P)
RETRY_S = 5.0  # between two attempts to write what could not be written
ASK_WAY = {"left": "did your left leg", "right": "did your right leg", None: "did a leg"}
SAY_SO = "Say so on your page, or with: surefoot log answer --help"
Say = Callable[[str], None]


class HomeKeeper:
    """Works in the worker's thread: a full disk is waited out, not died of.

    Alerts are committed at once. Strides are gathered for ``GATHER_S``, and until what they belong to is kept; what a
    kill takes of them is worked out again from the recording.

    ``make_room``: whether there is room again, where the disk is full; ``waits`` hears each time that it has to wait.
    ``anew_until_s``: what happened before may have been told already, and takes the place of what was told.
    """

    def __init__(
        self,
        store: Store,
        board: Board,
        now_s: Callable[[], float],
        say: Say,
        stopping: threading.Event,
        make_room: Callable[[], bool],
        waits: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._board, self._now_s, self._say, self._stopping = store, board, now_s, say, stopping
        self._make_room, self._waits = make_room, waits
        self.anew_until_s = float("-inf")
        self._gathered: list[Stride] = []
        self._flushed_s = float("-inf")
        self._due_s: tuple[float, ...] = ()  # when answers are waited for no more
        self._asked_due_s: float | None = None  # the next look at questions about shoes
        self._unread = ""  # why the store cannot be read for that

    def now_s(self) -> float:
        """Gateway time."""
        return self._now_s()

    def keep_strides(self, strides: Sequence[Stride]) -> None:
        self._gathered += strides
        self._board.take_strides(strides, self._now_s())
        if not 0 <= self._now_s() - self._flushed_s < GATHER_S:
            self.flush()

    def flush(self) -> None:
        """Commit the strides gathered so far."""
        strides, self._gathered, self._flushed_s = self._gathered, [], self._now_s()
        again = [stride for stride in strides if stride.start_s < self.anew_until_s]
        fresh = [stride for stride in strides if stride.start_s >= self.anew_until_s]
        if again:
            self._kept(lambda: self._store.keep_strides(again, anew=True))
        if fresh:
            self._kept(lambda: self._store.keep_strides(fresh))

    def keep_bout(self, bout: Bout) -> None:
        self.flush()
        self._kept(lambda: self._store.keep_bout(bout, anew=bout.start_s < self.anew_until_s))

    def keep_incident(self, incident: Incident) -> None:
        self.flush()
        self._kept(lambda: self._store.keep_incident(incident))
        self._board.take_incident(incident)
        if (incident.kind, incident.certainty) != ("giving_way", "probable"):
            return
        self._due_s = (*self._due_s, self._now_s() + ANSWER_S)
        if incident.start_s >= self.anew_until_s:
            at = datetime.fromtimestamp(incident.start_s, self._board.zone)
            self._say(f"{ASK_WAY[incident.side]} give way at {at:%H:%M}? {SAY_SO}")

    def tell_unanswered(self) -> None:
        """What is told because nobody has answered, by the clock: sensors that are off by now hold nothing back."""
        now_s, alerts = self._now_s(), list[Alert]()
        if self._asked_due_s is None:
            self._asked_due_s = now_s + BEGUN_S
        looks = not 0.0 < self._asked_due_s - now_s <= ASKED_S and not self._board.phase
        try:
            if min(self._due_s, default=now_s + 1) <= now_s:
                told, days = told_of(self._store, self._now_s), self._store.days(self._store.gateway())
                alerts += too_often(now_s, day_of(now_s, self._board.zone), days, told, told.alerts())
            alerts += overdue(self._store, now_s) if looks else []
        except StoreError as trouble:
            if trouble.trouble == "damaged":
                raise
            if trouble.what != self._unread:
                self._say(f"{trouble} What nobody has answered cannot be told meanwhile; it is tried again.")
            self._unread = trouble.what
            return
        self._unread = ""
        self._due_s = tuple(at_s for at_s in self._due_s if at_s > now_s)
        self._asked_due_s = now_s + ASKED_S if looks else self._asked_due_s
        for alert in alerts:
            self.keep_alert(alert)

    def keep_day(self, day: DaySummary, trends: Sequence[Trend]) -> None:
        self.flush()
        self._kept(lambda: self._store.keep_day(day, trends))

    def keep_alert(self, alert: Alert) -> None:
        if alert.tier == "T4":  # before anything that could fail or wait
            for line in (FALLEN if alert.kind == "fall_not_up" else EMERGENCY).splitlines():
                self._say(line)
        self._kept(lambda: self._store.keep_alert(alert))
        over = " This is over." if alert.resolved_s is not None else ""
        self._say(f"ALERT {alert.tier}: {alert.sentence}{over}")
        if alert.tier == "T3" and not over:
            self._say(MEANWHILE)
        if alert.kind == ALIKE and not over:
            self._say("Did you walk in other shoes? Say so on your page, or with: surefoot log shoes --help")

    def keep_answer(self, answer: Answer) -> None:
        self._kept(lambda: self._store.keep_answer(answer))

    def keep_clock(self, address: str, ppm: float, within_s: float | None) -> None:
        self._kept(lambda: self._store.keep_clock(address, ppm, within_s))

    def keep_donning(self, donning: Donning) -> None:
        self._kept(lambda: self._store.keep_donning(donning))
        self._board.mounting = donning.words
        self._say(donning.words)

    def _kept(self, keep: Callable[[], None]) -> None:
        while True:
            try:
                keep()
            except StoreError as trouble:
                if trouble.trouble == "damaged":  # trying again will not mend it: whoever opened it begins anew
                    raise
                if trouble.trouble == "full" and self._make_room():
                    continue
                if self._board.note_fault("store_failing", f"nothing can be kept: {trouble.what}"):
                    self._say(f"{trouble} It is tried again; readings are recorded meanwhile.")
                self._waits()
                if self._stopping.wait(RETRY_S):
                    raise
            else:
                if self._board.note_fault("store_failing", ""):
                    self._say("findings are kept again")
                return
