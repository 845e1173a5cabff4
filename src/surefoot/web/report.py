"""The report: one patient's days from a first to a last, in words and tables, from the same rows as the charts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import median

import surefoot
from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.pipeline.store import Patient, Store, StoredAlert
from surefoot.records import SIDES, Answer, CheckIn, DaySummary, Incident, SurefootError, TestResult, Trend
from surefoot.web.annotations import annotations
from surefoot.web.charts import Chart, charts
from surefoot.web.headline import headline
from surefoot.web.inbox import HOW
from surefoot.web.patients import watch
from surefoot.web.series import WINDOW_DAYS, series_of
from surefoot.web.words import (
    ANSWERS,
    CHARTS,
    INCIDENTS,
    NOT_KNOWN,
    TESTS,
    TIERS,
    count,
    digits,
    leg,
    local,
    metric_words,
    normal,
    number,
    side,
)

Row = tuple[str, ...]

USUAL_DAYS = 28
PICTURED = (*CHARTS, "speed_mps")
MOST_ALERTS, MOST_TESTS, MOST_TREATMENTS = 6, 8, 10  # so that two pages hold it; how many more there are is said
LIMITS = (
    "Surefoot sees how the lower leg moves, not why. It is not a diagnosis, not an emergency alarm and no measure of "
    "muscle strength; it has not been clinically validated. Pain, shoes, a brace or a stick change a gait as weakness "
    "does. Giving way and foot drop from the ankle alone are exploratory. It cannot see bladder, bowel or saddle "
    "symptoms: ask. A day that does not count says nothing about that day, and no alert does not mean no disease."
)


class NoReport(SurefootError):
    """A report that cannot be made: what, why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report; ``more`` says what was left out of it."""

    title: str
    columns: Row
    rows: tuple[Row, ...]
    empty: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that the two pages say."""

    patient: str
    home: str
    first_day: str
    last_day: str
    generated: str
    version: str
    sentence: str
    coverage: str
    charts: tuple[Chart, ...]
    tables: tuple[Table, ...]
    limits: str = LIMITS

    @property
    def title(self) -> str:
        return f"Leg strength report: {self.patient}, {self.first_day} to {self.last_day}"


def report(
    store: Store, patient: Patient, first_day: str | None, last_day: str | None, now_s: float, zone: tzinfo | None
) -> Report:
    """Of the days from ``first_day`` to ``last_day``, both included; None: the last 28 days up to the newest one.

    NoReport when the range is none, or longer than the charts reach back.
    """
    days, trends, alerts = store.days(patient.gateway), store.trends(patient.gateway), store.alerts(patient.gateway)
    first, last = _range(first_day, last_day, days, now_s, zone)
    then_s = _seen_from(days, last, now_s)
    days = [day for day in days if first <= day.day <= last]
    trends = [trend for trend in trends if first <= trend.day <= last]
    alerts = [one for one in alerts if first <= one.alert.day <= last]
    incidents = [one for one in store.incidents(patient.gateway) if first <= _day(one.start_s, zone) <= last]
    marks = annotations(store, patient.gateway, days, alerts, zone)
    newest = [trend for trend in trends if trend.day == max(t.day for t in trends)]
    top = headline(alerts, watch(patient, days, then_s), days, newest)
    return Report(
        patient=patient.label,
        home=patient.gateway,
        first_day=first,
        last_day=last,
        generated=local(now_s, zone),
        version=surefoot.__version__,
        sentence=top.sentence if days else "No day of this range has arrived: nothing can be said about it.",
        coverage=_coverage(days, first, last),
        charts=tuple(one for one in charts(days, trends, marks) if one.name in PICTURED),
        tables=(
            _measured(days, trends),
            _alerts([one for one in alerts if one.alert.channel == "clinical"]),
            _incidents(incidents, store.answers(patient.gateway)),
            _tests([one for one in store.tests(patient.gateway) if first <= _day(one.start_s, zone) <= last], zone),
            _told(
                [one for one in store.diary.check_ins(patient.gateway) if first <= one.day <= last],
                [f"{one.kind} from {one.day}" for one in store.diary.treatments(patient.gateway) if one.day <= last],
            ),
        ),
    )


def _range(
    first: str | None, last: str | None, days: Sequence[DaySummary], now_s: float, zone: tzinfo | None
) -> tuple[str, str]:
    last = last or (days[-1].day if days else _day(now_s, zone))
    first = first or (date.fromisoformat(last) - timedelta(days=USUAL_DAYS - 1)).isoformat()
    length = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    if length < 1:
        raise NoReport(f"{first} is after {last}.", "No report was made.", "Give the earlier day first.")
    if length > WINDOW_DAYS:
        what = f"From {first} to {last} are {length} days; a report holds {WINDOW_DAYS} at most."
        raise NoReport(what, "No report was made.", "Make one for each half year, or export the days as a table.")
    return first, last


def _seen_from(days: Sequence[DaySummary], last: str, now_s: float) -> float:
    """Whether somebody was monitored is asked of the end of the range, unless nothing newer has arrived since."""
    end_s = max((day.end_s for day in days if day.day <= last), default=now_s)
    return min(end_s, now_s) if days and days[-1].day > last else now_s


def _day(at_s: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone).date().isoformat()


def _coverage(days: Sequence[DaySummary], first: str, last: str) -> str:
    """How much wear it all rests on; days of which nothing came are told too."""
    length = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    good = [day for day in days if not day.missing]
    told = f"{len(good)} of {count(length, 'day')} count"
    if good:
        strides = " and ".join(f"{sum(dict(day.strides).get(of, 0) for day in good)} {of}" for of in SIDES)
        hours = sum(day.worn_h for day in good) / len(good)
        told += f": worn {number(hours, 1, 'h')} a day, {strides} straight level strides"
    thin, silent = len(days) - len(good), length - len(days)
    parts = [f"{thin} had too little wear" if thin else "", f"of {silent} nothing has arrived" if silent else ""]
    return f"{'; '.join([told, *filter(None, parts)])}."


def _measured(days: Sequence[DaySummary], trends: Sequence[Trend]) -> Table:
    """One row a number and leg: own normal, the range's days at its beginning and end, and how it was judged."""
    rows = []
    for measure in DAY_MEASURES:
        if measure.how == "test" or not (measure.root or measure.name in ("speed_mps", "cadence_spm")):
            continue
        words, mine = metric_words(measure.name), [one for one in trends if one.metric == measure.name]
        for of in (*SIDES, None):
            found = series_of(measure.name, of, days, mine)
            if found is None or not found.values:
                continue
            known = sorted(found.values)
            judged = [one for one in mine if one.side == of]
            rows.append(
                (
                    words.title,
                    leg(of),
                    normal(found.newest.baseline if found.newest else None, words).split(" (")[0],
                    f"{words.say(found.values[known[0]])} ({known[0][5:]})",
                    f"{words.say(found.values[known[-1]])} ({known[-1][5:]})",
                    words.say(median(found.values.values())),
                    str(len(known)),
                    f"worse on {count(len(found.worse), 'day')}" if found.worse else _judged(judged),
                )
            )
    columns = ("Number", "Leg", "Own normal ± spread", "First day", "Last day", "Median", "Days", "Judged")
    return Table("Numbers of the days", columns, tuple(rows), "No day of this range has a number.")


def _judged(trends: Sequence[Trend]) -> str:
    if any(trend.state == "watch" for trend in trends):
        return "watched"
    return "not worse" if any(trend.state == "quiet" for trend in trends) else "cannot say"


def _alerts(alerts: Sequence[StoredAlert]) -> Table:
    rows = []
    for one in alerts[:MOST_ALERTS]:
        ended = one.life.resolved or one.life.acknowledged
        state = "Acknowledged" if ended and ended.what == "acknowledged" else "Resolved" if ended else HOW["raised"]
        by = f" by {ended.who}" if ended and ended.who else ""
        rows.append((one.alert.day, f"{one.alert.tier} {TIERS[one.alert.tier][1]}", one.alert.sentence, f"{state}{by}"))
    more = len(alerts) - len(rows)
    columns = ("Day", "Tier", "What", "State")
    left = f"and {count(more, 'older alert')}, on the patient's page" if more > 0 else ""
    return Table("Alerts about the patient", columns, tuple(rows), "None was raised in this range.", left)


def _incidents(incidents: Sequence[Incident], answers: Sequence[Answer]) -> Table:
    stands = {(one.kind, one.side, one.start_s): one.answer for one in answers}
    many = Counter((one.kind, one.side, one.certainty) for one in incidents)
    said = Counter(
        (one.kind, one.side, one.certainty, answer)
        for one in incidents
        if (answer := stands.get((one.kind, one.side, one.start_s))) is not None
    )
    rows = []
    for key in sorted(many, key=lambda key: (list(INCIDENTS).index(key[0]), key[1] or "", key[2] != "probable")):
        told = [f"{ANSWERS[word]}: {said[(*key, word)]}" for word in ANSWERS if said[(*key, word)]]  # type: ignore[index]
        words = "; ".join(told) or "not asked or not answered"
        rows.append((INCIDENTS[key[0]].capitalize(), side(key[1]), key[2], str(many[key]), words))
    columns = ("What it looked like", "Leg", "Certainty", "How many", "The patient says")
    return Table("Incidents", columns, tuple(rows), "None was told on the days that count; other days are not known.")


def _tests(tests: Sequence[TestResult], zone: tzinfo | None) -> Table:
    rows = [
        (
            local(one.start_s, zone)[:10],
            TESTS[one.kind],
            leg(one.side),
            number(one.value, digits(one.unit), one.unit)
            if one.value is not None
            else f"not usable: {one.reason or 'no reason was given'}",
        )
        for one in reversed(tests)
    ]
    more = len(rows) - MOST_TESTS
    left = f"and {count(more, 'earlier test')}, on the patient's page" if more > 0 else ""
    columns = ("Day", "Test", "Leg", "Result")
    return Table("Guided tests", columns, tuple(rows[:MOST_TESTS]), "None was done in this range.", left)


def _told(check_ins: Sequence[CheckIn], treatments: Sequence[str]) -> Table:
    pain = [one.pain for one in check_ins if one.pain is not None]
    flags = Counter(flag for one in check_ins for flag in one.flags)
    told = f"{min(pain)} to {max(pain)}, median {median(pain):g} ({count(len(pain), 'answer')})" if pain else NOT_KNOWN
    raised = ", ".join(f"{flag.replace('_', ' ')} {many} times" for flag, many in flags.items())
    older = len(treatments) - MOST_TREATMENTS
    earlier = [f"{count(older, 'earlier one')} on the patient's page"] if older > 0 else []
    asked = any(one.ruled_out for one in check_ins)
    rows: tuple[Row, ...] = (
        ("Pain, 0 to 10", told),
        ("Red flags answered yes", raised or ("none of those that were asked" if asked else "not asked")),
        ("Treatments logged", "; ".join([*treatments[-MOST_TREATMENTS:], *earlier]) or "none"),
    )
    return Table("Told by the patient", ("Question", "Answer"), rows, "")
