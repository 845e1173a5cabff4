"""The board of a gateway: how each sensor fares, what was found today, what waits for the clinic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from surefoot.alerts.homefaults import HomeFault
from surefoot.cli.alignment import aligned
from surefoot.cli.console import NOT_KNOWN
from surefoot.pipeline.activities import SittingWatch
from surefoot.pipeline.suddenask import SuddenQuestion
from surefoot.pipeline.wear import WearParams, recorded_and_worn_h
from surefoot.records import (
    Activity,
    Incident,
    IncidentKind,
    Minute,
    Placement,
    Rise,
    SensorStatus,
    Side,
    Stride,
    WornSensor,
)
from surefoot.signal.clocks import ClockOffset, OffsetNotKnown
from surefoot.web.words import INCIDENTS
from surefoot.web.words import side as leg

Key = tuple[Side, Placement]
SOON_S = 3.0  # readings that wait no longer for their times need no word (P)
STATES = {
    "searching": "searching",
    "connecting": "connecting",
    "streaming": "streaming",
    "silent": "connected, but silent",
    "away": "away",
    "failed": "needs help",
}
PLACES = {"shank": "ankle", "foot": "foot"}
COLUMNS = ("sensor", "link", "battery", "signal", "readings/s", "lost", "clock", "strides today")


def analysed(worn: Sequence[WornSensor]) -> Placement:
    """Where the sensors sit that are understood: at the ankles, where there are any; those of feet are recorded."""
    return "shank" if any(sensor.placement == "shank" for sensor in worn) else "foot"


class Board:
    """What is known now. Written from the event loop and from the worker's thread: each write is one assignment."""

    def __init__(self, worn: Sequence[WornSensor], analysed: Placement, zone: ZoneInfo, now_s: float) -> None:
        self.worn, self.analysed, self.zone = tuple(worn), analysed, zone
        self.phase = ""  # what the gateway is busy with beside listening
        self.clinic = ""  # how it stands with the clinic's broker; empty where nothing is sent
        self.waiting = 0  # rows in the outbox
        self.last_incident = ""
        self.evicted = 0  # rows that gave way in the outbox: they stay at home, and the clinic lacks them
        self.aside = 0  # rows that will not be sent: turned down by the clinic, too large, or spoilt on the disk
        self.faults: dict[HomeFault, str] = {}  # what keeps this home from its work, in words; "" where it is over
        self.mounting = ""  # how the sensors sit, in the patient's words
        self.asked: tuple[SuddenQuestion, ...] = ()  # today, answered or not
        self.walked: ClockOffset | OffsetNotKnown | None = None  # how far the legs' clocks stand apart, by walking
        self.statuses = {(s.side, s.placement): SensorStatus(s.side, s.placement, now_s, "searching") for s in worn}
        self._rates: dict[Key, float | None] = dict.fromkeys(self.statuses)
        self._counted: dict[Key, SensorStatus] = dict(self.statuses)  # with which the rate was measured last
        self.minutes: Sequence[Minute] = ()  # of the walk that is under way, as far as they are kept
        self._day, self._strides = "", Counter[Side]()
        self._happened: list[Incident] = []  # lately, without raw signal
        self.doing: Activity | None = None  # the last that is known; minutes pass until one is
        self._sitting = SittingWatch()

    def sides(self) -> list[Side]:
        """The legs whose sensors are understood."""
        return [sensor.side for sensor in self.worn if sensor.placement == self.analysed]

    def take_status(self, status: SensorStatus) -> str | None:
        """Note it; return a sentence where its state or reason changed."""
        key = (status.side, status.placement)
        before, self.statuses[key] = self.statuses[key], status
        since = self._counted[key]
        if status.state != "streaming" or before.state != "streaming":
            self._rates[key], self._counted[key] = None, status
        elif status.at_s - since.at_s > 1.0:
            self._rates[key] = (status.readings - since.readings) / (status.at_s - since.at_s)
            self._counted[key] = status
        if (before.state, before.reason) == (status.state, status.reason):
            return None
        why = f" ({status.reason.rstrip('.')})" if status.reason else ""
        return f"{self.name(key)}: {STATES[status.state]}{why}"

    def take_strides(self, strides: Iterable[Stride], now_s: float) -> None:
        day = self._date(now_s)
        counts = Counter(self._strides if day == self._day else ())
        counts.update(stride.side for stride in strides if self._date(stride.start_s) == day)
        self._day, self._strides = day, counts

    def take_doing(self, done: Activity | Rise) -> None:
        """What the person did."""
        if isinstance(done, Activity):
            self.doing = done
            self._sitting.update(done)

    @property
    def seated_min(self) -> float:
        """Without a break."""
        return self._sitting.seated_min

    def begin_anew(self) -> None:
        """All of today is told from the beginning."""
        self._day, self._strides = "", Counter()
        self._happened, self.minutes, self._sitting = [], (), SittingWatch()
        self.asked = ()

    def strides_today(self, now_s: float) -> dict[Side, int]:
        """Of each leg that is understood."""
        today = self._strides if self._day == self._date(now_s) else Counter[Side]()
        return {key[0]: today[key[0]] for key in self.statuses if key[1] == self.analysed}

    def happened_today(self, kind: IncidentKind, now_s: float) -> dict[Side, int]:
        """How often on each leg that is understood."""
        today = [one for one in tuple(self._happened) if self._date(one.start_s) == self._date(now_s)]
        many = Counter(one.side for one in today if one.kind == kind)
        return {key[0]: many[key[0]] for key in self.statuses if key[1] == self.analysed}

    def worn_today_h(self, now_s: float) -> float:
        """So far, in hours with all sensors that are understood on a moving leg."""
        minutes = [one for one in list(self.minutes) if self._date(one.start_s) == self._date(now_s)]
        sides = [key[0] for key in self.statuses if key[1] == self.analysed]
        return recorded_and_worn_h(minutes, sides, WearParams())[1]

    def take_incident(self, incident: Incident) -> None:
        day = self._date(incident.start_s)
        kept = [one for one in self._happened if self._date(one.start_s) >= day]
        self._happened = [*kept, replace(incident, snippet=(), contacts=())]
        at = datetime.fromtimestamp(incident.start_s, self.zone).strftime("%H:%M:%S")
        self.last_incident = f"{INCIDENTS[incident.kind]}, {leg(incident.side)}, {at} ({incident.certainty})"

    def note_fault(self, fault: HomeFault, told: str) -> bool:
        """What is wrong now, "" where nothing is; whether that is news."""
        news = self.faults.get(fault, "") != told
        self.faults[fault] = told
        return news

    def open_faults(self) -> tuple[HomeFault, ...]:
        return tuple(fault for fault, told in tuple(self.faults.items()) if told)

    def name(self, key: Key) -> str:
        return f"{key[0]} {PLACES[key[1]]}"

    def rows(self, now_s: float) -> list[tuple[str, ...]]:
        """One row of ``COLUMNS`` for each sensor."""
        return [self._row(key, status, now_s) for key, status in self.statuses.items()]

    def line(self, now_s: float) -> str:
        """Everything in one line, for a log."""
        return "; ".join(part.rstrip(".") for part in [*self.sensor_lines(now_s), *self.notes()])

    def sensor_lines(self, now_s: float) -> list[str]:
        """How each sensor fares, in a line."""
        told = []
        for row in self.rows(now_s):
            cells = dict(zip(COLUMNS, row, strict=True))
            known = [f"{name} {cells[name]}" for name in COLUMNS[2:] if cells[name] != NOT_KNOWN]
            told.append(", ".join([f"{cells['sensor']}: {cells['link']}", *known]))
        return told

    def notes(self) -> list[str]:
        """Sentences about everything but the sensors."""
        waiting = f"{self.waiting} row{'s' * (self.waiting != 1)} wait{'s' * (self.waiting == 1)} for the clinic"
        clinic = [f"{waiting}: {self.clinic}" if self.clinic else "findings stay at home (no broker is set)"]
        incident = [f"last incident (exploratory): {self.last_incident}"] if self.last_incident else []
        legs = aligned(self.statuses, self.analysed, self.walked)
        now = [told for told in (*tuple(self.faults.values()), self.phase, self.mounting, *self._held(), legs) if told]
        if self.evicted:
            now.append(f"{self.evicted} findings found no room in the outbox: they stay at home, the clinic lacks them")
        if self.aside:
            now.append(f"{self.aside} findings were put aside: the clinic turned them down, or they cannot be sent")
        return [*now, *incident, *clinic]

    def _held(self) -> list[str]:
        """Of which sensors nothing is understood yet, and why."""
        held = {self.name(key): one.held_s for key, one in self.statuses.items() if one.held_s > SOON_S}
        if not held:
            return []
        many = "sensors' readings" if len(held) > 1 else "sensor's readings"
        told = f"the {' and '.join(held)} {many} of the last {max(held.values()):.0f} s are kept and wait"
        return [f"{told} to be understood until it is known when they were taken: the link delays each by itself"]

    def _row(self, key: Key, status: SensorStatus, now_s: float) -> tuple[str, ...]:
        rate = self._rates[key]
        today = self._strides[key[0]] if self._day == self._date(now_s) else 0
        return (
            self.name(key),
            STATES[status.state],
            _told(status.battery_pct, "{} %"),
            _told(status.signal_dbm, "{} dBm"),
            _told(rate, "{:.1f}"),
            str(status.lost),
            _told(status.clock_ppm, "{:+.0f} ppm"),
            str(today) if key[1] == self.analysed else "recorded only",
        )

    def _date(self, at_s: float) -> str:
        return datetime.fromtimestamp(at_s, self.zone).date().isoformat()


def _told(value: float | None, form: str) -> str:
    return NOT_KNOWN if value is None else form.format(value)
