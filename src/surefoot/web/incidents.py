"""Incidents: what happened to the patient, and the raw signal of both legs around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from urllib.parse import quote

import numpy as np

from surefoot.records import SIDES, Answer, Incident, Judgement, Samples, Side, Teller
from surefoot.web.figure import Json
from surefoot.web.language import N_, _, _n, numerals
from surefoot.web.retold import retold
from surefoot.web.words import ANSWERS, INCIDENTS, VERDICTS, leg, local, number, side

PANELS = (("gyr", N_("turning, °/s")), ("acc", N_("acceleration, m/s²")))
CONTACTS = (("initial", N_("foot comes down"), "triangle-down"), ("final", N_("foot leaves"), "triangle-up-open"))
CERTAINTIES = {"possible": N_("possible"), "probable": N_("probable")}
TOLD_BY: dict[Teller, str] = {
    "patient": N_("told by the patient {when}"),
    "companion": N_("told by the companion {when}"),
}
AXES = (("x", "#0060a8", "solid"), ("y", "#c2410c", "dash"), ("z", "#3f3f46", "dot"))


@dataclass(frozen=True, slots=True)
class Line:
    """One incident in words."""

    kind: str
    leg: str
    when: str
    certainty: str
    probable: bool
    lasted: str
    evidence: tuple[tuple[str, str], ...]
    link: str  # its own page, below the patient's


@dataclass(frozen=True, slots=True)
class Snippet:
    """The raw signal of both legs around an incident: the picture and what it holds."""

    figure: Json
    rows: tuple[tuple[str, ...], ...]  # leg, from, to, readings, rate, most turning, most acceleration, contacts


def line(incident: Incident, zone: tzinfo | None) -> Line:
    return Line(
        kind=_(INCIDENTS[incident.kind]),
        leg=side(incident.side),
        when=local(incident.start_s, zone),
        certainty=_(CERTAINTIES[incident.certainty]),
        probable=incident.certainty == "probable",
        lasted=number(incident.end_s - incident.start_s, 2, "s"),
        evidence=tuple((_plain(name), numerals(f"{value:.4g}")) for name, value in incident.evidence),
        link=quote(f"incidents/{incident.kind}/{incident.side or 'both'}/{incident.start_s!r}"),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """One answer of the patient in words."""

    said: str
    by: str  # and when


def said(answers: Sequence[Answer], zone: tzinfo | None) -> list[Said]:
    """The answers about one incident, given oldest first; the one that stands first."""
    return [Said(_(ANSWERS[one.answer]), _(TOLD_BY[one.by], when=local(one.at_s, zone))) for one in reversed(answers)]


@dataclass(frozen=True, slots=True)
class Judged:
    """What somebody at the clinic said of an incident, in words."""

    verdict: str
    by: str  # and when
    note: str


def judged(judgements: Sequence[Judgement], zone: tzinfo | None) -> list[Judged]:
    """Given oldest first; the one that stands first."""
    return [
        Judged(_(VERDICTS[one.verdict]), _("says {who} {when}", who=one.who, when=local(one.at_s, zone)), one.note)
        for one in reversed(judgements)
    ]


def pick(incidents: Sequence[Incident], kind: str, of: str) -> Incident | None:
    """The incident of this kind and leg."""
    return next((one for one in incidents if one.kind == kind and (one.side or "both") == of), None)


def moment(start: str) -> tuple[float, float] | None:
    """The shortest time that holds a start as it stands in a link; None for what is no time."""
    try:
        start_s = float(start)
    except ValueError:
        return None
    return (start_s, math.nextafter(start_s, math.inf)) if math.isfinite(start_s) else None


def snippet(incident: Incident) -> Snippet:
    """The raw signal, each sensor in its own axes, in seconds from the incident's start."""
    blocks = {of: [one for one in incident.snippet if one.side == of and len(one)] for of in SIDES}
    panels = [(of, kind, words) for kind, words in PANELS for of in SIDES if blocks[of]]
    traces: list[Json] = []
    layout: Json = {
        "height": 130 + 170 * len(panels), "margin": {"l": 64, "r": 12, "t": 40, "b": 48}, "font": {"size": 14},
        "legend": {"orientation": "h", "y": 1, "yanchor": "bottom"}, "dragmode": False, "paper_bgcolor": "#fff",
        "plot_bgcolor": "#fff", "shapes": [], "annotations": [],
        "xaxis": {"title": {"text": _("seconds from its start")}, "gridcolor": "#e4e4e7",
                  "anchor": "y" + _axis(len(panels))},
    }  # fmt: skip
    for k, (of, kind, words) in enumerate(panels, 1):
        traces += _traces(blocks[of], kind, "y" + _axis(k), incident.start_s, first=k == 1)
        traces += _contacts(incident, of, "y" + _axis(k), first=k == 1)
        top = 1 - (k - 1) / len(panels)
        low, high = top - 0.78 / len(panels), top - 0.1 / len(panels)
        layout["yaxis" + _axis(k)] = {"domain": [low, high], "gridcolor": "#e4e4e7"}
        layout["annotations"].append(
            {"text": f"{leg(of)}: {_(words)}", "xref": "paper", "yref": "paper", "x": 0, "y": high,
             "xanchor": "left", "yanchor": "bottom", "showarrow": False}
        )  # fmt: skip
    layout["shapes"].append(
        {"type": "rect", "layer": "below", "xref": "x", "yref": "paper", "x0": 0, "y0": 0.22 / max(1, len(panels)),
         "y1": 1,
         "x1": max(incident.end_s - incident.start_s, 0.02), "fillcolor": "#fef08a", "line": {"dash": "dot"}}
    )  # fmt: skip
    return Snippet({"data": traces, "layout": layout}, tuple(_row(of, blocks[of], incident) for of in SIDES))


def _traces(blocks: Sequence[Samples], kind: str, axis: str, zero_s: float, first: bool) -> list[Json]:
    times: list[float | None] = []
    values: list[list[float | None]] = [[], [], []]
    for block in sorted(blocks, key=lambda one: one.start_s):
        if times:  # between blocks there is nothing, and no line is drawn across it
            times.append(None)
            for column in values:
                column.append(None)
        times += np.round(block.start_s - zero_s + np.arange(len(block)) / block.rate_hz, 4).tolist()
        for column, numbers in zip(values, np.round(getattr(block, kind), 3).T.tolist(), strict=True):
            column += numbers
    return [
        {"type": "scatter", "mode": "lines", "x": times, "y": column, "yaxis": axis, "connectgaps": False, "name": name,
         "legendgroup": name, "showlegend": first, "line": {"color": colour, "dash": dash, "width": 1.5}}
        for column, (name, colour, dash) in zip(values, AXES, strict=True)
    ]  # fmt: skip


def _contacts(incident: Incident, of: Side, axis: str, first: bool) -> list[Json]:
    """When that foot came down and left the ground, on the zero line of its panels."""
    made = []
    for what, words, symbol in CONTACTS:
        mine = [at_s for side, kind, at_s in incident.contacts if (side, kind) == (of, what)]
        times = [round(at_s - incident.start_s, 3) for at_s in mine]
        made.append(
            {"type": "scatter", "mode": "markers", "x": times, "y": [0.0] * len(times), "yaxis": axis, "name": _(words),
             "legendgroup": what, "showlegend": first and any(one[1] == what for one in incident.contacts),
             "marker": {"symbol": symbol, "size": 11, "color": "#18181b"}, "hovertemplate": "%{x} s: " + _(words)}
        )  # fmt: skip
    return [one for one in made if one["x"] or one["showlegend"]]


def _row(of: Side, blocks: Sequence[Samples], incident: Incident) -> tuple[str, ...]:
    if not blocks:
        return (leg(of), *[_("no raw signal")] * 7)
    most = [max(float(np.linalg.norm(getattr(one, kind), axis=1).max()) for one in blocks) for kind, _words in PANELS]
    return (
        leg(of),
        number(min(one.start_s for one in blocks) - incident.start_s, 2, "s"),
        number(max(one.end_s for one in blocks) - incident.start_s, 2, "s"),
        str(sum(map(len, blocks))),
        number(blocks[0].rate_hz, 1, "Hz"),
        number(most[0], 0, "°/s"),
        number(most[1], 1, "m/s²"),
        _n("{n} time", "{n} times", sum((side, kind) == (of, "initial") for side, kind, _at in incident.contacts)),
    )


def _axis(k: int) -> str:
    return "" if k == 1 else str(k)


def _plain(name: str) -> str:
    """A number's name with its unit in brackets, as far as the name tells it."""
    units = {"dps": "°/s", "deg": "°", "mps2": "m/s²", "mps": "m/s", "s": "s", "m": "m", "pct": "%", "g": "g"}
    words = name.split("_")
    unit = units.get(words[-1]) if len(words) > 1 else None
    told = retold(" ".join(words[:-1] if unit else words))
    return f"{told} ({unit})" if unit else told
