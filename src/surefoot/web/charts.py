"""Charts: each metric's course over days, both legs in one look: the picture, a sentence, the table behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.pipeline.calibration import on_scale_of
from surefoot.pipeline.measures import DAY_MEASURES
from surefoot.records import SIDES, DaySummary, Trend
from surefoot.web.annotations import Annotation, by_day
from surefoot.web.figure import BAND, Json, coverage, figure
from surefoot.web.language import _, day_words
from surefoot.web.patients import last_lived
from surefoot.web.retold import retold
from surefoot.web.series import Series, series_of, whole_calendar
from surefoot.web.words import CHARTS, MetricWords, leg, metric_words, normal, number

LATELY_DAYS = 14
FIRST = (*CHARTS, "speed_mps")  # whatever they say


@dataclass(frozen=True, slots=True)
class Chart:
    """One metric: its picture, the sentence that says the same, and the table behind it."""

    name: str
    title: str
    hint: str
    says: str
    figure: Json
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    quiet: bool  # nothing in it was judged worse lately: it is looked at by whoever wants to know more


def charts(days: Sequence[DaySummary], trends: Sequence[Trend], happened: Sequence[Annotation] = ()) -> list[Chart]:
    """All charts of a patient, root patterns first; what ``happened`` is marked on the time axis and in the tables."""
    lived = last_lived(days)
    days = [on_scale_of(day, lived) for day in days] if lived else []
    calendar = whole_calendar([day.day for day in days])
    known = {metric.name for day in days for metric in day.metrics} | {trend.metric for trend in trends}
    order = [*CHARTS, *(measure.name for measure in DAY_MEASURES)]
    names = [name for name in order if name in known] + sorted(known - set(order))
    shared = _Shared(calendar, days, happened)
    of = defaultdict(list)
    for trend in trends:
        of[trend.metric].append(trend)
    return [_chart(name, shared, of[name]) for name in names]


class _Shared:
    """What all charts of a patient tell alike, put in words once."""

    def __init__(self, calendar: list[str], days: Sequence[DaySummary], happened: Sequence[Annotation]) -> None:
        shown, lived = set(calendar), {day.day: day for day in days}
        self.calendar, self.days = calendar, days
        self.strip = coverage(calendar, lived)
        self.happened = [one for one in happened if one.day in shown]
        self.said = by_day(self.happened)
        self.missing = {
            day: retold(lived[day].missing) if day in lived else _("no data of this day") for day in calendar
        }
        self.aids = {
            day: _("with {what}", what=retold(" and ".join(one.aids))) for day, one in lived.items() if one.aids
        }
        self.worn = {day: number(lived[day].worn_h if day in lived else None, 1, "h") for day in calendar}


def _chart(name: str, shared: _Shared, trends: list[Trend]) -> Chart:
    words = metric_words(name)
    days, calendar = shared.days, shared.calendar
    legs = [one for of in (*SIDES, None) if (one := series_of(name, of, days, trends)) is not None]
    columns = (_("Day"), *(leg(one.side) for one in legs), _("Worn"), _("Strides"), _("Note"))
    return Chart(
        name=name,
        title=words.title,
        hint=words.hint,
        says=" ".join(_newest(one, words) for one in legs),
        figure=figure(words, calendar, shared.strip, legs, shared.happened),
        columns=columns,
        rows=tuple(_row(day, legs, words, shared) for day in reversed(calendar)),
        quiet=name not in FIRST and not any(one.worse.intersection(calendar[-LATELY_DAYS:]) for one in legs),
    )


def _newest(series: Series, words: MetricWords) -> str:
    """The chart in a sentence per leg."""
    if not series.values:
        why = next(map(retold, reversed(series.reasons.values())), _("no day has this number"))
        return _("{leg}: cannot say ({why}).", leg=leg(series.side), why=why)
    newest = max(series.values)
    value = words.say(series.values[newest])
    told = {"leg": leg(series.side), "value": value, "day": day_words(newest)}
    if words.name in CHARTS and series.values[newest] > BAND:
        return _("{leg}: {value} worse than own normal on {day}.", **told)
    if words.name in CHARTS:
        return _("{leg}: within own normal or better ({value}) on {day}.", **told)
    baseline = normal(series.newest.baseline if series.newest else None, words)
    return _("{leg}: {value} on {day}; own normal: {normal}.", **told, normal=baseline)


def _row(day: str, legs: Sequence[Series], words: MetricWords, shared: _Shared) -> tuple[str, ...]:
    values = [words.say(one.values.get(day)) for one in legs]
    strides = " / ".join(str(one.strides.get(day, 0) or _("none")) for one in legs)
    notes = [shared.missing[day], shared.aids.get(day, "")]
    notes += [f"{leg(one.side)}: {retold(one.reasons[day])}" for one in legs if day in one.reasons and not notes[0]]
    notes += [_("{leg}: judged worse", leg=leg(one.side)) for one in legs if day in one.worse]
    notes += shared.said.get(day, ())
    return (day_words(day), *values, shared.worn[day], strides, "; ".join(note for note in notes if note))
