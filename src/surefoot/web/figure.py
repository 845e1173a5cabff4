"""The picture of a chart, as data for plotly.

Legs differ by line and shape as well as colour; a day without a number is a gap, and the strip below tells how long
the sensors were worn that day. What happened beside the numbers is a line on its day, each kind with its own dashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from surefoot.records import DaySummary, Side
from surefoot.web.annotations import Annotation, Happened
from surefoot.web.language import _, _p
from surefoot.web.retold import retold, untold
from surefoot.web.series import Series
from surefoot.web.words import CHARTS, MetricWords, leg, number, unit_words

Json = dict[str, Any]

COLOURS: dict[Side | None, str] = {"left": "#0060a8", "right": "#c2410c", None: "#3f3f46"}
FILLS: dict[Side | None, str] = {"left": "rgba(0,96,168,0.12)", "right": "rgba(194,65,12,0.10)", None: "#ececee"}
SYMBOLS = {"left": "circle", "right": "square", None: "circle"}
DASHES = {"left": "solid", "right": "dash", None: "solid"}
BAND = 2.0  # spreads around the centre, either way
LINES: dict[Happened, str] = {"alert": "dashdot", "treatment": "solid", "aid": "dash", "fall": "dot", "strap": "dot"}
STEPS = 5  # heights that the words of neighbours are put at


def figure(
    words: MetricWords,
    calendar: list[str],
    strip: Sequence[Json],
    legs: Sequence[Series],
    happened: Sequence[Annotation],
) -> Json:
    """``strip``: the `coverage` of the days, which all pictures share; ``happened``: on days of the calendar."""
    traces: list[Json] = []
    for one in legs if words.name not in CHARTS else legs[:1]:
        traces += _band(one, calendar, words)
    for one in legs:
        traces += _line(one, calendar, words)
    if any(one.worse for one in legs):
        traces.append(_worse_marks(legs, set(calendar)))
    traces += strip
    traces += _happened(happened)
    layout = _layout(words, [*_baseline_days(legs, calendar), *_marks(happened)])
    if not any(one.values for one in legs):
        middle = {"xref": "paper", "yref": "y domain", "x": 0.5, "y": 0.5, "showarrow": False, "font": {"size": 16}}
        layout["annotations"] = [{"text": _("cannot say yet"), **middle}]
    return {"data": traces, "layout": layout}


def _band(series: Series, calendar: list[str], words: MetricWords) -> list[Json]:
    baseline = series.newest.baseline if series.newest else None
    if baseline is None or not calendar:
        return []
    shared = words.name in CHARTS
    centre, spread = (0.0, 1.0) if shared else (baseline.centre, baseline.spread)
    low, high, ends = centre - BAND * spread, centre + BAND * spread, (calendar[0], calendar[-1])
    of: Side | None = None if shared else series.side
    name = _("own normal") if of is None else _("{leg}: own normal", leg=leg(of))
    band = {
        "type": "scatter", "mode": "lines", "x": [*ends, *reversed(ends), ends[0]], "y": [low, low, high, high, low],
        "fill": "toself", "fillcolor": FILLS[of], "hoverinfo": "skip", "name": name, "showlegend": shared,
        "line": {"width": 1, "color": COLOURS[of], "dash": DASHES[of]},
    }  # fmt: skip
    middle = {
        "type": "scatter", "mode": "lines", "x": list(ends), "y": [centre, centre], "hoverinfo": "skip",
        "line": {"color": COLOURS[of], "width": 1, "dash": "dot"}, "showlegend": False,
    }  # fmt: skip
    return [band, middle]


def _line(series: Series, calendar: list[str], words: MetricWords) -> list[Json]:
    colour, said = COLOURS[series.side], [words.say(series.values.get(day)) for day in calendar]
    return [
        {
            "type": "scatter", "mode": "lines+markers", "connectgaps": False, "name": leg(series.side),
            "x": calendar, "y": [series.values.get(day) for day in calendar], "text": said,
            "line": {"color": colour, "width": 2.5, "dash": DASHES[series.side]},
            "marker": {"color": colour, "size": 8, "symbol": SYMBOLS[series.side]},
            "hovertemplate": "%{text}<extra>" + leg(series.side) + "</extra>",
        }
    ]  # fmt: skip


def _worse_marks(legs: Sequence[Series], shown: set[str]) -> Json:
    points = [(day, one.values[day]) for one in legs for day in sorted(one.worse & shown) if day in one.values]
    return {
        "type": "scatter", "mode": "markers", "name": _("judged worse"), "hoverinfo": "skip",
        "x": [day for day, _ in points], "y": [value for _, value in points],
        "marker": {"symbol": "diamond-open", "size": 16, "color": "#18181b", "line": {"width": 2}},
    }  # fmt: skip


def coverage(calendar: list[str], by_day: dict[str, DaySummary]) -> list[Json]:
    """Hours worn: whole bars for days that count, hatched ones for days that do not, a cross where there is nothing."""
    here = [by_day.get(day) for day in calendar]
    empty = [day for day, one in zip(calendar, here, strict=True) if one is None or not one.worn_h]
    text = [
        _("{hours} worn", hours=number(one.worn_h, 1, "h"))
        + (f": {escape(untold(retold(one.missing)))}" if one.missing else "")
        if one
        else ""
        for one in here
    ]
    bars = {
        "type": "bar", "yaxis": "y2", "showlegend": False, "x": calendar, "text": text, "textposition": "none",
        "y": [one.worn_h if one else None for one in here], "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "color": ["#71717a" if one and not one.missing else "#d4d4d8" for one in here],
            "pattern": {"shape": ["" if one and not one.missing else "x" for one in here], "fgcolor": "#3f3f46"},
        },
    }  # fmt: skip
    crosses = {
        "type": "scatter", "mode": "markers", "yaxis": "y2", "name": _("not worn"), "showlegend": False,
        "x": empty, "y": [1.5] * len(empty), "hovertemplate": "%{x}: " + _("nothing worn") + "<extra></extra>",
        "marker": {"symbol": "x-thin-open", "size": 8, "color": "#18181b", "line": {"width": 2}},
    }  # fmt: skip
    return [bars, crosses]


def _baseline_days(legs: Sequence[Series], calendar: list[str]) -> list[Json]:
    known = [one.newest.baseline for one in legs if one.newest and one.newest.baseline]
    if not known or not calendar or max(b.last_day for b in known) < calendar[0]:
        return []
    first, last = max(min(b.first_day for b in known), calendar[0]), max(b.last_day for b in known)
    label = _("baseline days (provisional)") if any(b.provisional for b in known) else _("baseline days")
    return [
        {
            "type": "rect", "layer": "above", "xref": "x", "yref": "y domain", "x0": first, "x1": last, "y0": 0,
            "y1": 1,
            "fillcolor": "rgba(113,113,122,0.10)", "line": {"width": 1, "dash": "dot", "color": "#71717a"},
            "label": {"text": label, "textposition": "bottom left", "font": {"size": 12, "color": "#3f3f46"}},
        }
    ]  # fmt: skip


def _marks(happened: Sequence[Annotation]) -> list[Json]:
    """A line for each, the next one higher: its words, to its left, lie above the line before."""
    return [
        {
            "type": "line", "xref": "x", "yref": "y domain", "x0": one.day, "x1": one.day, "y0": 0,
            "y1": 1 - 0.09 * (STEPS - 1 - k % STEPS),
            "line": {"width": 1.5, "dash": LINES[one.kind], "color": "#18181b"},
            "label": {
                "text": f"{escape(one.short)} ", "textposition": "end", "textangle": 0, "xanchor": "right",
                "font": {"size": 12},
            },
        }
        for k, one in enumerate(happened)
    ]  # fmt: skip


def _happened(happened: Sequence[Annotation]) -> list[Json]:
    """What the lines tell, for whoever points at their days."""
    if not happened:
        return []
    return [
        {
            "type": "scatter", "mode": "markers", "yaxis": "y3", "name": _("happened"), "showlegend": False,
            "x": [one.day for one in happened], "y": [0.0] * len(happened),
            "text": [escape(one.words) for one in happened], "hovertemplate": "%{text}<extra></extra>",
            "marker": {"symbol": "triangle-up", "size": 9, "color": "#18181b"},
        }
    ]  # fmt: skip


def _layout(words: MetricWords, marks: list[Json]) -> Json:
    return {
        "height": 400, "margin": {"l": 64, "r": 12, "t": 8, "b": 40}, "font": {"size": 14, "color": "#18181b"},
        "paper_bgcolor": "#fff", "plot_bgcolor": "#fff", "hovermode": "x unified", "dragmode": False, "shapes": marks,
        "legend": {"orientation": "h", "y": 1.06, "yanchor": "bottom", "x": 0},
        "xaxis": {"type": "date", "anchor": "y2", "tickformat": _p("axis of days", "%-d %b"), "gridcolor": "#e4e4e7"},
        "yaxis": {
            "domain": [0.3, 1], "title": {"text": unit_words(words.unit)}, "gridcolor": "#e4e4e7", "zeroline": False,
            "fixedrange": True,
        },
        "yaxis2": {
            "domain": [0, 0.2], "title": {"text": _("h worn")}, "range": [0, 18], "tickvals": [0, 6, 12],
            "gridcolor": "#e4e4e7", "fixedrange": True,
        },
        "yaxis3": {"domain": [0.3, 1], "range": [0, 1], "overlaying": "y", "visible": False, "fixedrange": True},
    }  # fmt: skip
