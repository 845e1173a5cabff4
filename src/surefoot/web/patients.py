"""The patient list: who needs a look first, and who is not monitored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from surefoot.alerts.technical import CLOCKS, SWAPPED
from surefoot.pipeline.monitored import MonitorParams, begun_by, is_silent, thin_days
from surefoot.pipeline.store import Patient
from surefoot.pipeline.tested import only_tests
from surefoot.records import SIDES, WORSE, Bout, DaySummary, Side, Trend, TrendState
from surefoot.web.language import N_, _, _n, day_words
from surefoot.web.naming import alike
from surefoot.web.retold import retold
from surefoot.web.words import CHARTS, END_ISOLATE, ISOLATE, ago, number, span

FAULTS = {  # kinds of technical alerts while which nothing can be said about a leg
    SWAPPED: N_("the sensors are on the wrong legs"),
    CLOCKS: N_("the clocks of the two sensors stand apart"),
}


@dataclass(frozen=True, slots=True)
class WatchParams:
    """When a patient counts as not monitored."""

    monitor: MonitorParams = field(default_factory=MonitorParams)
    unworn_h: float = 48.0  # since the end of the last day that counts (P)


@dataclass(frozen=True, slots=True)
class Watch:
    """Whether this patient is watched at all: ``gap`` says why not, and is empty when so."""

    gap: str
    heard: str
    worn_day: str | None
    worn_h: float | None
    walked: str = ""  # in the last day, by what has arrived

    @property
    def worn(self) -> str:
        if self.worn_day is None:
            return _("on no day that counts yet")
        return _("{hours} on {day}", hours=number(self.worn_h, 1, "h"), day=day_words(self.worn_day))


ARROWS: dict[TrendState, tuple[str, str]] = {  # never colour or shape alone
    "much_worse": ("\u21ca", N_("much weaker")),
    "worse": ("\u2193", N_("weaker")),
    "watch": ("\u2198", N_("being watched")),
    "quiet": ("\u2192", N_("as usual")),
    "cannot_say": ("?", N_("cannot say")),
}


@dataclass(frozen=True, slots=True)
class Course:
    """Where one root pattern of one leg stands."""

    root: str
    side: Side
    arrow: str
    word: str
    look: bool
    state: TrendState


@dataclass(frozen=True, slots=True)
class Row:
    """One patient in the list."""

    patient: Patient
    watch: Watch
    verdict: str  # in words; never an empty or green "0"
    needs_look: bool
    compared: bool  # at least one number of the newest day could be judged
    courses: tuple[Course, ...] = ()

    @property
    def place(self) -> str:
        """Grows down the list."""
        worst = 9 - int((self.patient.worst_tier or "T-1")[1:])
        technical = max(0, 9999 - self.patient.open_technical)
        label = self.patient.label.casefold()
        return f"{worst:02d} {not self.watch.gap:d} {technical:04d} {self.compared:d} {label} {self.patient.gateway}"


def watch(
    patient: Patient,
    days: Sequence[DaySummary],
    now_s: float,
    params: WatchParams | None = None,
    bouts: Sequence[Bout] | None = None,
) -> Watch:
    """What is known of the wear; ``days`` and ``bouts``, those of the last day, oldest first."""
    p, days = params or WatchParams(), begun_by(days, now_s)
    worn = next((day for day in reversed(days) if not day.missing), None)
    heard = _("never") if patient.last_seen_s is None else ago(patient.last_seen_s, now_s)
    silent_s = None if patient.last_seen_s is None else now_s - patient.last_seen_s
    gap, thin = "", thin_days(days, p.monitor)
    faults = [_(FAULTS[kind]) for kind in FAULTS if kind in patient.technical]
    if silent_s is not None and is_silent(patient.last_seen_s, now_s, p.monitor):
        gap = _("nothing heard from the home for {time}", time=span(silent_s))
    elif faults:
        gap = "; ".join(faults)
    elif worn is None:
        newest = days[-1] if days else None
        gap = _("no day of wear has arrived yet")
        if newest:
            gap = _("no day that counts yet ({why})", why=retold(newest.missing))
    elif now_s - worn.end_s >= p.unworn_h * 3600:
        gap = _("no day that counts for {time}", time=span(now_s - worn.end_s))
        gap += f" ({retold(days[-1].missing)})" if days[-1].missing else ""
    elif thin:
        hours = [_("{hours} on {day}", hours=number(day.worn_h, 1, "h"), day=day_words(day.day)) for day in thin[-2:]]
        gap = _("hardly worn: {hours}", hours=", ".join(hours))
    return Watch(gap, heard, worn.day if worn else None, worn.worn_h if worn else None, _walked(bouts, now_s))


def _walked(bouts: Sequence[Bout] | None, now_s: float) -> str:
    """A day is told when it is over; that the sensors are worn today is seen by the walking of today."""
    if not bouts:
        return _("no walking has arrived")
    time = span(sum(one.duration_s for one in bouts))
    return _("{time}, last {ago}", time=time, ago=ago(max(one.end_s for one in bouts), now_s))


def last_lived(days: Sequence[DaySummary]) -> DaySummary | None:
    """The newest day: one of which nothing but a guided test has come yet does not push the one before aside."""
    return next((day for day in reversed(days) if not only_tests(day)), days[-1] if days else None)


def is_named(patient: Patient, asked: str) -> bool:
    """Whether a search means this patient: part of the label, or the beginning of the home's name."""
    words = alike(asked.strip().strip(ISOLATE + END_ISOLATE))  # these come along when a name is copied from a page
    return words in alike(patient.label) or patient.gateway.startswith(words)


def courses(trends: Sequence[Trend]) -> tuple[Course, ...]:
    """Where each root pattern of each leg stands, as far as any can be judged."""
    found = {(one.metric, one.side): one for one in trends}
    made = []
    for name in CHARTS:
        for of in SIDES:
            trend = found.get((name, of))
            if trend is not None:
                arrow, word = ARROWS[trend.state]
                made.append(Course(name.split("_")[0].upper(), of, arrow, word, trend.state in WORSE, trend.state))
    return tuple(made) if any(trend.state != "cannot_say" for trend in found.values()) else ()


def row(patient: Patient, seen: Watch, trends: Sequence[Trend]) -> Row:
    """One line of the list; ``trends`` are those of the patient's newest day."""
    known = judged(trends)
    if patient.open_alerts:
        verdict = _n("{n} open alert", "{n} open alerts", patient.open_alerts)
    elif seen.gap:
        verdict = _("No open alert, but not monitored: nothing can be said")
    elif not known:
        verdict = _("No open alert, but cannot say yet: {why}", why=reason(trends))
    else:
        worse = sum(trend.state in WORSE for trend in known)
        told = _n("{n} of them judged worse", "{n} of them judged worse", worse) if worse else _("none judged worse")
        verdict = _n(
            "No open alert: {n} number compared with own normal, {judged}",
            "No open alert: {n} numbers compared with own normal, {judged}",
            len(known),
            judged=told,
        )
    look = bool(patient.open_alerts or seen.gap or patient.open_technical)
    return Row(patient, seen, verdict, look, bool(known), courses(trends))


def judged(trends: Sequence[Trend]) -> list[Trend]:
    """Those that could be judged: there is a baseline, and one way is worse."""
    return [trend for trend in trends if trend.state != "cannot_say" and trend.z is not None]


def reason(trends: Sequence[Trend]) -> str:
    """Why nothing can be said: the reason most trends give."""
    given = [trend.reason for trend in trends if trend.reason]
    return retold(max(given, key=given.count)) if given else _("no day has been compared with a baseline")


def in_order(rows: Sequence[Row]) -> list[Row]:
    """Needs a look first: worst open alert, not monitored, technical alerts, not yet comparable; then by name."""
    return sorted(rows, key=lambda one: one.place)
