"""The findings of a replay: kept while they come, forwarded to a store, told as tables or JSON lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from zoneinfo import ZoneInfo

import click
import numpy as np

from surefoot.cli.console import NOT_KNOWN, Terminal, clock_time, json_line, length, number
from surefoot.pipeline.live import Keeper
from surefoot.records import SIDES, Activity, Alert, Bout, DaySummary, Incident, Rise, Stride, Trend
from surefoot.web.words import INCIDENTS

MOST_ROWS = 25
SCREEN = "foot_drop_walks_pct"  # with a reason beside its value, the pattern was seen


class Findings:
    """Stands where a store stands: remembers what is kept, and hands it on to the store behind it if there is one."""

    def __init__(self, store: Keeper | None = None, as_json: bool = False) -> None:
        self.strides: list[Stride] = []
        self.bouts: list[Bout] = []
        self.incidents: list[Incident] = []
        self.doing: list[Activity] = []
        self.rises: list[Rise] = []
        self.days: list[DaySummary] = []
        self.trends: list[Trend] = []  # of the newest day
        self.alerts: list[Alert] = []
        self._untold: list[Alert] = []  # until their day is told
        self._store = store
        self._tell: Callable[[object], None] = (lambda record: click.echo(json_line(record))) if as_json else _silent

    def keep_strides(self, strides: Sequence[Stride]) -> None:
        self.strides += strides
        for stride in strides:
            self._tell(stride)
        if self._store:
            self._store.keep_strides(strides)

    def keep_bout(self, bout: Bout) -> None:
        self.bouts.append(bout)
        self._tell(bout)
        if self._store:
            self._store.keep_bout(bout)

    def keep_incident(self, incident: Incident) -> None:
        self.incidents.append(incident)
        self._tell(incident)
        if self._store:
            self._store.keep_incident(incident)

    def keep_doing(self, done: Activity | Rise) -> None:
        """What the person did: told, and summed by the day; a store keeps the sums only."""
        if isinstance(done, Rise):
            self.rises.append(done)
        else:
            self.doing.append(done)
        self._tell(done)

    def keep_day(self, day: DaySummary, trends: Sequence[Trend] = ()) -> None:
        self.days.append(day)
        self.trends = list(trends)
        for record in (day, *trends, *self._untold):
            self._tell(record)
        self._untold = []
        if self._store:
            self._store.keep_day(day, trends)

    def keep_alert(self, alert: Alert) -> None:
        """Kept at once, for it comes before its day; told behind it, as people read it."""
        self.alerts = [*(one for one in self.alerts if one.alert_id != alert.alert_id), alert]  # over, by now
        self._untold.append(alert)
        if self._store:
            self._store.keep_alert(alert)


def _silent(_: object) -> None:
    return None


def tables(findings: Findings, terminal: Terminal, zone: ZoneInfo, wall_clock: bool) -> None:
    """Everything a replay found, for people."""

    def when(at_s: float) -> str:
        return clock_time(at_s, zone, wall_clock)

    if findings.strides:
        title = "Strides (medians of the valid ones: whole, straight, not on stairs)"
        terminal.table(title, *_strides(findings.strides))
    else:
        terminal.say("Strides: none\n")
    if findings.bouts:
        rows = [_bout(bout, when(bout.start_s)) for bout in findings.bouts]
        columns = ("start", "seconds", "left strides", "right strides", "cadence spm", "speed m/s")
        terminal.table(f"Walking bouts: {len(rows)}", columns, _some(rows))
    _doing(findings, terminal)
    _incidents(findings.incidents, terminal, when)
    _days(findings, terminal, wall_clock)
    for alert in findings.alerts:
        terminal.say(f"ALERT {alert.tier} ({alert.day}): {alert.sentence}")
        terminal.say(f"  {alert.not_this}")


_OF_A_STRIDE = (  # what a stride table shows: its words, the field, digits
    ("stride time, s", "stride_time_s", 3),
    ("stance, s", "stance_s", 3),
    ("speed, m/s", "speed_mps", 2),
    ("stride length, m", "stride_length_m", 2),
    ("swing height, m", "swing_height_m", 3),
    ("greatest shank tilt, deg", "shank_tilt_max_deg", 1),
    ("mid-swing rate, deg/s", "mid_swing_rate_dps", 0),
    ("push-off rate, deg/s", "push_off_rate_dps", 0),
    ("foot pitch at contact, deg", "foot_pitch_at_contact_deg", 1),
)


def _strides(strides: Sequence[Stride]) -> tuple[list[str], list[list[str]]]:
    """A column for each leg."""
    sides = [side for side in SIDES if any(stride.side == side for stride in strides)]
    words = ["strides", "valid", "cadence, steps/min", "no heel strike, %", *(word for word, _, _ in _OF_A_STRIDE)]
    columns = [_of_leg([stride for stride in strides if stride.side == side]) for side in sides]
    rows = [list(row) for row in zip(words, *columns, strict=True)]
    return ["", *sides], [row for row in rows if set(row[1:]) != {NOT_KNOWN}]


def _of_leg(strides: Sequence[Stride]) -> list[str]:
    valid = [stride for stride in strides if stride.valid]
    medians = [number(_median(getattr(s, name) for s in valid), digits) for _, name, digits in _OF_A_STRIDE]
    time_s = _median(stride.stride_time_s for stride in valid)
    flat = number(100 * sum(s.no_heel_strike for s in valid) / len(valid), 0) if valid else NOT_KNOWN
    return [str(len(strides)), str(len(valid)), number(120 / time_s if time_s else None, 0), flat, *medians]


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


DONE = {  # activities in words, in the order they are shown in
    "walking": "walking",
    "stairs_up": "stairs up",
    "stairs_down": "stairs down",
    "standing": "standing",
    "sitting": "sitting",
    "lying": "lying",
    "vehicle": "in a vehicle",
    "not_worn": "sensors not worn",
    "unknown": "cannot be told",
}
FEET_TELL = ("walking", "stairs_up", "stairs_down")  # a foot on the floor is as still in a queue as under a chair


def _doing(findings: Findings, terminal: Terminal) -> None:
    """How long of what; rising and sitting down count with what they lead to."""
    seconds = {kind: sum(a.end_s - a.start_s for a in findings.doing if a.kind == kind) for kind in DONE}
    feet = any(stride.placement == "foot" for stride in findings.strides[:1])
    kinds = [kind for kind in (FEET_TELL if feet else DONE) if seconds[kind] > 0]
    rows = [(DONE[kind], length(seconds[kind] / 3600)) for kind in kinds]
    if rows and feet:
        terminal.table("What was done, as far as sensors on the feet tell", ("", "time"), rows)
    elif rows:
        rises = f"rises from a chair, or what looks like one: {len(findings.rises)}"
        terminal.table(f"What was done, as far as ankles tell ({rises})", ("", "time"), rows)


def _incidents(incidents: Sequence[Incident], terminal: Terminal, when: Callable[[float], str]) -> None:
    if not incidents:
        terminal.say("Incidents: none\n")
        return
    rows = []
    for i in incidents:
        evidence = ", ".join(f"{name} {value:.3g}" for name, value in i.evidence)
        rows.append((when(i.start_s), INCIDENTS.get(i.kind, i.kind), i.side or "both", i.certainty, evidence))
    words = ("kind", "side", "certainty", "evidence")
    terminal.table(f"Incidents: {len(rows)}", ("time", *words), _some(rows), words)
    terminal.say("Incidents are exploratory: what the ankle did looked like this. Not a diagnosis.\n")


def _days(findings: Findings, terminal: Terminal, wall_clock: bool) -> None:
    def name(day: DaySummary, undated: str = "(no date)") -> str:
        return day.day if wall_clock else undated

    rows = []
    for day in findings.days:
        strides = dict(day.strides)
        counts = [str(strides.get(side, NOT_KNOWN)) for side in SIDES]
        times = [length(day.recorded_h), length(day.worn_h), length(day.walking_min / 60)]
        rows.append((name(day), *times, str(day.bouts), *counts))
    columns = ("day", "recorded", "worn", "walking", "bouts", "left valid", "right valid")
    if rows:
        terminal.table("Days", columns, _some(rows))
    thin = [f"{name(day, 'The day')} does not count for trends: {day.missing}" for day in findings.days if day.missing]
    for told in thin[-MOST_ROWS:]:
        terminal.say(told)
    for day in [day for day in findings.days if day.late_min][-MOST_ROWS:]:
        terminal.say(f"{name(day, 'The day')}: {day.late_min:.0f} min came late, from a sensor's own memory.")
    seen = [(day, metric) for day in findings.days for metric in day.metrics if metric.name == SCREEN and metric.reason]
    for day, metric in [(day, metric) for day, metric in seen if metric.value is not None][-MOST_ROWS:]:
        terminal.say(f"{name(day, 'The day')}, {metric.side} leg: {metric.reason}")
    judged = [trend for trend in findings.trends if trend.state != "cannot_say"]
    if judged:
        rows = [_trend(trend) for trend in judged]
        columns = ("metric", "side", "state", "value", "baseline", "change", "noise", "z")
        terminal.table(f"Trends on {findings.days[-1].day}", columns, rows)
    elif findings.trends and not findings.days[-1].missing:
        terminal.say(f"Trends: cannot say yet ({findings.trends[0].reason})")


def _bout(bout: Bout, start: str) -> tuple[str, ...]:
    counts = (str(bout.left_strides), str(bout.right_strides))
    return (start, number(bout.duration_s, 1), *counts, number(bout.cadence_spm, 0), number(bout.speed_mps))


def _trend(trend: Trend) -> tuple[str, ...]:
    normal = trend.baseline.centre if trend.baseline else None
    numbers = (number(trend.value), number(normal), number(trend.change), number(trend.mdc), number(trend.z, 1))
    return (trend.metric, trend.side or "both", trend.state, *numbers)


def _some(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The newest rows; says how many came before."""
    if len(rows) <= MOST_ROWS:
        return rows
    earlier = (f"... {len(rows) - MOST_ROWS} before",) + ("",) * (len(rows[0]) - 1)
    return [earlier, *rows[-MOST_ROWS:]]
