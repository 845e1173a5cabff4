"""Recovery on a page: how far the affected leg stands behind the other, in words, beside the band that is expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from surefoot.pipeline.recovery import NUMBERS, Deficit, Recovery, RecoveryParams, deficits, expected_pct, recovery
from surefoot.records import Affected, DaySummary
from surefoot.web.figure import COLOURS, DASHES, SYMBOLS, Json
from surefoot.web.series import is_day
from surefoot.web.words import leg, metric_words, number

STATES = {
    "improving": "improving",
    "plateau": "plateau: three weeks without a change",
    "worse": "worse",
    "even": "even with the other leg",
    "cannot_say": "cannot say",
}
NOT_SET = "Which leg is affected, and since when, has not been set"
COLUMNS = ("Day", "Behind the other leg", "Expected, mild to moderate", "Expected, severe")


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
        state=STATES[now.state],
        says=_says(now, affected, start),
        findings=now.findings,
        figure=_figure(course, start, now, affected),
        rows=tuple(_row(one, start, now) for one in reversed(course)),
    )


def _says(now: Recovery, affected: Affected, start: str) -> str:
    told = STATES[now.state] + (f" ({now.reason})" if now.reason else "")
    words = f"{leg(affected.side)} leg: {told}."
    if now.began_pct is not None and now.now_pct is not None and now.mdc_pct is not None:
        words += f" {_behind(now.began_pct)} in the week from {start} on, {_behind(now.now_pct)} now"
        words += f" (week {now.week:.0f}; noise reaches {now.mdc_pct:.0f} %)."
    if now.mild_pct is not None and now.severe_pct is not None:
        words += f" Expected by now: {now.mild_pct:.0f} % for a mild to moderate weakness, "
        words += f"{now.severe_pct:.0f} % for a severe one."
    return words


def _behind(pct: float) -> str:
    return f"{pct:.0f} % behind the other leg" if pct >= 0 else f"{-pct:.0f} % ahead of the other leg"


def _row(one: Deficit, start: str, now: Recovery) -> tuple[str, ...]:
    band = _band(now, start, one.day)
    said = ("not known", "not known") if band is None else (f"{band[0]:.0f} %", f"{band[1]:.0f} %")
    return (one.day, number(one.pct, 0, "%"), *said)


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
            {"type": "scatter", "mode": "lines", "x": axis, "y": high, "name": "expected, severe",
             "line": edge | {"dash": "dash"}, "hovertemplate": "%{y:.0f} %<extra>severe</extra>"}
        )  # fmt: skip
        traces.append(
            {"type": "scatter", "mode": "lines", "x": axis, "y": low, "name": "expected, mild to moderate",
             "line": edge | {"dash": "dot"}, "fill": "tonexty", "fillcolor": "rgba(113,113,122,0.15)",
             "hovertemplate": "%{y:.0f} %<extra>mild to moderate</extra>"}
        )  # fmt: skip
    colour = COLOURS[affected.side]
    traces.append(
        {"type": "scatter", "mode": "lines+markers", "x": [one.day for one in course], "name": leg(affected.side),
         "y": [round(one.pct, 2) for one in course], "hovertemplate": "%{y:.0f} %<extra>behind</extra>",
         "line": {"color": colour, "width": 2.5, "dash": DASHES[affected.side]},
         "marker": {"color": colour, "size": 8, "symbol": SYMBOLS[affected.side]}}
    )  # fmt: skip
    layout: Json = {
        "height": 360, "margin": {"l": 64, "r": 12, "t": 8, "b": 40}, "font": {"size": 14, "color": "#18181b"},
        "paper_bgcolor": "#fff", "plot_bgcolor": "#fff", "hovermode": "x unified", "dragmode": False,
        "legend": {"orientation": "h", "y": 1.06, "yanchor": "bottom", "x": 0},
        "xaxis": {"type": "date", "tickformat": "%-d %b", "gridcolor": "#e4e4e7", "fixedrange": True},
        "yaxis": {"title": {"text": "% behind the other leg"}, "gridcolor": "#e4e4e7", "fixedrange": True,
                  "zerolinecolor": "#3f3f46"},
    }  # fmt: skip
    return {"data": traces, "layout": layout}
