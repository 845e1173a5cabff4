"""Paper: a report as a web page of its own, or as an accessible PDF of A4 pages."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from surefoot.web.drawing import drawing
from surefoot.web.language import _, spoken
from surefoot.web.report import Report
from surefoot.web.retold import marked_up, untold
from surefoot.web.speaking import fit

TEMPLATES = Path(__file__).parent / "templates"
SIZES_PT = ("7.5", "7", "6.5", "6")  # of the letters: the first with which two pages hold it


def html(report: Report) -> str:
    """One file that needs nothing else, neither scripts nor the internet; prints on two A4 pages."""
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    fit(pages)
    drawn = [(chart, Markup(_inline(drawing(chart.figure), number))) for number, chart in enumerate(report.charts)]
    return marked_up(pages.get_template("report.html").render(report=report, drawn=drawn))


def pdf(report: Report) -> bytes:
    """PDF/UA-1: tagged, with headings, tables and a sentence for each picture. Needs typst."""
    import typst

    with TemporaryDirectory(prefix="surefoot-report-") as folder:
        room = Path(folder)
        for number, chart in enumerate(report.charts):
            (room / f"{number}.svg").write_text(drawing(chart.figure), encoding="utf-8")
        (room / "report.json").write_text(untold(json.dumps(_plain(report), ensure_ascii=False)), encoding="utf-8")
        (room / "report.typ").write_text((TEMPLATES / "report.typ").read_text("utf-8"), encoding="utf-8")
        printer = typst.Compiler(room / "report.typ", root=room, font_paths=[Path(str(_fonts()))])
        fits = (size for size in SIZES_PT if len(_pages(printer.compile(format="svg", sys_inputs={"size": size}))) <= 2)
        size = next(fits, SIZES_PT[-1])
        return bytes(printer.compile(format="pdf", pdf_standards=["ua-1"], sys_inputs={"size": size}))


def _pages(made: object) -> list[object]:
    return made if isinstance(made, list) else [made]


def _inline(svg: str, number: int) -> str:
    """Without its head, and with names of its own: several pictures stand in one page."""
    body = svg[svg.index("<svg") :]
    for name in ('id="', "url(#", 'xlink:href="#'):
        body = body.replace(name, f"{name}c{number}-")
    return body


def _fonts() -> object:
    """DejaVu, as matplotlib brings it: Latin, Greek and Cyrillic; other scripts take what the computer has."""
    return files("matplotlib") / "mpl-data" / "fonts" / "ttf"


def _plain(report: Report) -> dict[str, object]:
    return {
        "title": report.title,
        "patient": report.patient,
        "home": _("Home {name}.", name=report.home[:8]),
        "made": report.made,
        "sentence": report.sentence,
        "coverage": report.coverage,
        "charts": [{"title": one.title, "says": one.says} for one in report.charts],
        "tables": [
            {"title": one.title, "columns": one.columns, "rows": one.rows, "empty": one.empty, "more": one.more}
            for one in report.tables
        ],
        "limits": report.limits,
        "language": spoken(),
        "words": {
            "no_alarm": _("Not a diagnosis, not an emergency alarm."),
            "page": _("page {k} of {n}", k="\x00", n="\x01"),
            "trends": _("Trends against own normal"),
            "legend": _(
                "Left: solid line, circles. Right: dashed line, squares. The pale band is this patient's own normal. "
                "Below: hours worn; hatched days do not count."
            ),
            "nothing": _("No day with numbers has arrived in this range: there is nothing to draw."),
            "limits": _("What this cannot tell"),
        },
        "wide": {
            _("What"): 4, _("Answer"): 4, _("The patient says"): 2, _("Number"): 2, _("Result"): 2,
            _("Own normal ± spread"): 1.6, _("First day"): 1.4, _("Last day"): 1.4,
        },
    }  # fmt: skip
