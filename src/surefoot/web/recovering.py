"""Recovery on a page: how far the affected leg stands behind the other, in words, beside the band that is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surefoot.pipeline.recovery import NUMBERS, Deficit, Recovery, RecoveryParams, deficits, expected_pct, recovery
from surefoot.records import Affected, DaySummary
from surefoot.web.figure import COLOURS, DASHES, SYMBOLS, Json
from surefoot.web.language import N_, _, _p, day_words
from surefoot.web.retold import retold
from surefoot.web.series import is_day
from surefoot.web.words import NOT_KNOWN, leg, metric_words, number, whole_leg

STATES = {
    "improving": N_("improving"),
    "plateau": N_("plateau: three weeks without a change"),
    "worse": N_("worse"),
    "even": N_("even with the other leg"),
    "cannot_say": N_("cannot say"),
}
COLUMNS = (N_("Day"), N_("Behind the other leg"), N_("Expected, mild to moderate"), N_("Expected, severe"))


@dataclass(frozen=True, slots=True)
class Recovering:
    """One number's recovery as it is shown."""

    title: str
    state: str
    says: str
    findings: tuple[str, ...]
    figure: Json
    rows: tuple[tuple[str, ...], ...]


def recoveries(days: Sequence[DaySummary], affected: Affected | None) -> list[Recovering]:
    """Of each number that both legs have since then; none while the affected leg is not known."""
    if affected is None:
        return []
    found, lived = [], [day for day in days if day.day >= affected.since and is_day(day.day)]
    for metric in NUMBERS:
        course = deficits(lived, affected.side, metric)
        if course:
            found.append(_recovering(metric, affected, course))
    return found


def _recovering(metric: str, affected: Affected, course: list[Deficit]) -> Recovering:
    start = course[0].day  # what came before the first day worn is not known
    now = recovery(course, start)
    title = metric_words(metric).title
    return Recovering(
        title=title,
        state=_(STATES[now.state]),
        says=_says(now, affected, start),
        findings=tuple(map(retold, now.findings)),
        figure=_figure(course, start, now, affected),
        rows=tuple(_row(one, start, now) for one in reversed(course)),
    )


def _says(now: Recovery, affected: Affected, start: str) -> str:
    told = _(STATES[now.state]) + (f" ({retold(now.reason)})" if now.reason else "")
    words = [_("{leg}: {told}.", leg=whole_leg(affected.side), told=told)]
    if now.began_pct is not None and now.now_pct is not None and now.mdc_pct is not None:
        words.append(
            _(
                "{began} in the week from {day} on, {now} now (week {week}; noise reaches {noise}).",
                began=_behind(now.began_pct),
                day=day_words(start),
                now=_behind(now.now_pct),
                week=f"{now.week:.0f}",
                noise=percent(now.mdc_pct),
            )
        )
    if now.mild_pct is not None and now.severe_pct is not None:
        words.append(
            _(
                "Expected by now: {mild} for a mild to moderate weakness, {severe} for a severe one.",
                mild=percent(now.mild_pct),
                severe=percent(now.severe_pct),
            )
        )
    return " ".join(words)


def percent(pct: float) -> str:
    """In a sentence, apart from its number."""
    return f"{pct:.0f} %"


def _behind(pct: float) -> str:
    ahead = _("{percent} ahead of the other leg", percent=percent(-pct))
    return _("{percent} behind the other leg", percent=percent(pct)) if pct >= 0 else ahead


def _row(one: Deficit, start: str, now: Recovery) -> tuple[str, ...]:
    band = _band(now, start, one.day)
    said = (_(NOT_KNOWN), _(NOT_KNOWN)) if band is None else (percent(band[0]), percent(band[1]))
    return (day_words(one.day), number(one.pct, 0, "%"), *said)


def _band(now: Recovery, start: str, day: str) -> tuple[float, float] | None:
    if now.mild_pct is None or now.began_pct is None:
        return None
    return expected_pct(now.began_pct, (date.fromisoformat(day) - date.fromisoformat(start)).days / 7)


def _figure(course: Sequence[Deficit], start: str, now: Recovery, affected: Affected) -> Json:
    first, last = date.fromisoformat(start), date.fromisoformat(course[-1].day)
    weeks = max((last - first).days, 7 * int(RecoveryParams().plateau_weeks))
    axis = [(first + timedelta(days=k)).isoformat() for k in range(weeks + 1)]
    traces: list[Json] = []
    if now.mild_pct is not None:
        bands = [_band(now, start, day) or (0.0, 0.0) for day in axis]
        low, high = [round(b[0], 2) for b in bands], [round(b[1], 2) for b in bands]
        edge = {"width": 1, "color": "#3f3f46"}
        traces.append(
            {"type": "scatter", "mode": "lines", "x": axis, "y": high, "name": _("expected, severe"),
             "line": edge | {"dash": "dash"}, "hovertemplate": "%{y:.0f} %<extra>" + _("severe") + "</extra>"}
        )  # fmt: skip
        traces.append(
            {"type": "scatter", "mode": "lines", "x": axis, "y": low, "name": _("expected, mild to moderate"),
             "line": edge | {"dash": "dot"}, "fill": "tonexty", "fillcolor": "rgba(113,113,122,0.15)",
             "hovertemplate": "%{y:.0f} %<extra>" + _("mild to moderate") + "</extra>"}
        )  # fmt: skip
    colour = COLOURS[affected.side]
    traces.append(
        {"type": "scatter", "mode": "lines+markers", "x": [one.day for one in course], "name": leg(affected.side),
         "y": [round(one.pct, 2) for one in course], "hovertemplate": "%{y:.0f} %<extra>" + _("behind") + "</extra>",
         "line": {"color": colour, "width": 2.5, "dash": DASHES[affected.side]},
         "marker": {"color": colour, "size": 8, "symbol": SYMBOLS[affected.side]}}
    )  # fmt: skip
    layout: Json = {
        "height": 360, "margin": {"l": 64, "r": 12, "t": 8, "b": 40}, "font": {"size": 14, "color": "#18181b"},
        "paper_bgcolor": "#fff", "plot_bgcolor": "#fff", "hovermode": "x unified", "dragmode": False,
        "legend": {"orientation": "h", "y": 1.06, "yanchor": "bottom", "x": 0},
        "xaxis": {"type": "date", "tickformat": _p("axis of days", "%-d %b"),
                  "gridcolor": "#e4e4e7", "fixedrange": True},
        "yaxis": {"title": {"text": _("% behind the other leg")}, "gridcolor": "#e4e4e7", "fixedrange": True,
                  "zerolinecolor": "#3f3f46"},
    }  # fmt: skip
    return {"data": traces, "layout": layout}
