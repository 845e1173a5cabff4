"""A drawing: a chart's picture as SVG for paper, from the very figure that the browser is given."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from surefoot.web.figure import Json
from surefoot.web.language import OWN, numerals, short_day, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_IN, HEIGHT_IN = 3.65, 2.2
MARGINS = {"left": 0.13, "right": 0.99, "top": 0.92, "bottom": 0.17, "hspace": 0.12}
DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}
SYMBOLS = {"circle": "o", "square": "s", "diamond-open": "D", "x-thin-open": "x"}


def drawing(figure: Json) -> str:
    """The SVG of a figure of ``web.figure``: the number above, the hours worn below. Needs matplotlib."""
    import matplotlib
    from matplotlib.figure import Figure

    style = {"font.size": 7, "svg.fonttype": "none", "svg.hashsalt": "surefoot", "axes.linewidth": 0.6}
    with matplotlib.rc_context(style):
        paper = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
        above, below = paper.subplots(2, 1, sharex=True, height_ratios=(3, 1), gridspec_kw=MARGINS)
        axes = {"y": above, "y2": below}
        for trace in figure["data"]:
            if trace.get("yaxis") == "y3":  # for pointing at: on paper the lines' own words say it
                continue
            _draw(axes[trace.get("yaxis", "y")], trace)
        for place, shape in enumerate(figure["layout"]["shapes"]):
            _mark(above, shape, place)
        for text in figure["layout"].get("annotations", ()):
            above.text(0.5, 0.5, text["text"], transform=above.transAxes, ha="center", va="center", fontsize=9)
        _dress(above, below, figure)
        told = io.StringIO()
        paper.savefig(told, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return told.getvalue()


def _days(names: Sequence[str]) -> list[date]:
    return [date.fromisoformat(name) for name in names]


def _draw(axes: Axes, trace: Json) -> None:
    days, marker = _days(trace["x"]), trace.get("marker", {})
    values = [float("nan") if value is None else value for value in trace["y"]]
    if trace["type"] == "bar":
        hatches = ["////" if shape else "" for shape in marker["pattern"]["shape"]]
        axes.bar(days, values, color=marker["color"], hatch=hatches, edgecolor="#3f3f46", linewidth=0.3)  # type: ignore[arg-type]
    elif "fill" in trace:
        axes.fill(days, values, color=trace["line"]["color"], alpha=0.12, linewidth=0)  # type: ignore[arg-type]
    else:
        line = trace.get("line", {})
        symbol = SYMBOLS[marker["symbol"]] if marker else None
        open_mark = bool(marker) and "open" in marker["symbol"]
        axes.plot(
            days,  # type: ignore[arg-type]
            values,
            color=line.get("color", marker.get("color")),
            linestyle=DASHES[line.get("dash", "solid")] if "lines" in trace["mode"] else "none",
            linewidth=0.5 * line.get("width", 1),
            marker=symbol,
            markersize=marker.get("size", 0) * 0.35,
            markerfacecolor="none" if open_mark else None,
            label=trace["name"] if trace.get("showlegend", True) else None,
        )


def _mark(axes: Axes, shape: Json, place: int) -> None:
    """``place`` staggers the words of neighbours."""
    ends: list[Any] = _days([shape["x0"], shape["x1"]])
    words, top = shape.get("name", shape["label"]["text"]), shape["type"] == "line"
    if top:
        axes.axvline(ends[0], color="#18181b", linewidth=0.7, linestyle=DASHES[shape["line"]["dash"]])
    else:
        axes.axvspan(*ends, color="#71717a", alpha=0.10, linewidth=0)
    xy, away = ((ends[0], 1.0), (-2, -7 - 7 * (place % 3))) if top else ((ends[0], 0.0), (2, 2))
    frame, left = ("data", "axes fraction"), "right" if top else "left"
    axes.annotate(words, xy, xycoords=frame, xytext=away, textcoords="offset points", ha=left, fontsize=6)


def _dress(above: Axes, below: Axes, figure: Json) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date

    layout = figure["layout"]
    above.set_ylabel(layout["yaxis"]["title"]["text"])
    below.set_ylabel(layout["yaxis2"]["title"]["text"])
    below.set_ylim(*layout["yaxis2"]["range"])
    below.set_yticks(layout["yaxis2"]["tickvals"])
    locator = AutoDateLocator(minticks=3, maxticks=7)
    below.xaxis.set_major_locator(locator)
    below.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    if spoken() != OWN:
        below.xaxis.set_major_formatter(lambda at, _place: short_day(num2date(at).date().isoformat()))
        above.yaxis.set_major_formatter(lambda value, _place: numerals(f"{value:g}"))
    for axes in (above, below):
        axes.grid(color="#e4e4e7", linewidth=0.5)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_axisbelow(True)
    if above.get_legend_handles_labels()[1]:
        above.legend(
            loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, borderpad=0, handlelength=2.4, fontsize=6
        )
