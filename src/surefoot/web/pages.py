"""Pages: templates filled in, with what every page tells: whose data, from when, and what surefoot is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from surefoot.pipeline.store import Patient
from surefoot.web.acting import visitor
from surefoot.web.guard import DRAWING
from surefoot.web.language import _, numerals
from surefoot.web.line import Line
from surefoot.web.retold import marked_up
from surefoot.web.roles import in_words, may, whom
from surefoot.web.speaking import fit
from surefoot.web.words import INCIDENTS, ago, count, local, number, side

HERE = Path(__file__).parent
STATIC = HERE / "static"
_FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>')
PLOTLY_URL = f"/static/plotly-{version('plotly')}.min.js"


def plotly_script() -> Path:
    """The browser script inside the installed plotly package."""
    return Path(str(files("plotly") / "package_data" / "plotly.min.js"))


Troubles = tuple[tuple[str, str, str], ...]  # what, since, what it means


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page."""

    title: str
    generated_s: float
    generated: str
    source: str
    troubles: Troubles
    open_clinical: int
    open_technical: int
    urgent: int  # of the open ones


class Pages:
    """Renders the templates. Everything that came from outside is escaped."""

    def __init__(self, title: str, zone: tzinfo | None, line: Line | None) -> None:
        self.zone = zone
        self._title = title
        self._line = line
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        fit(self._templates)
        self._templates.filters |= {"number": number, "numerals": numerals, "side": side}
        self._templates.filters |= {"incident": lambda kind: _(INCIDENTS.get(kind, kind.replace("_", " ")))}
        self._templates.globals |= {
            "plotly_url": PLOTLY_URL,
            "static": {path.name: with_digest(path) for path in STATIC.iterdir()},
            "me": visitor,
            "may": lambda method, path: may(visitor().person, method, path),
            "for_whom": whom,
            "in_words": in_words,
        }

    def page(self, template: str, now_s: float, patients: Sequence[Patient], **content: Any) -> HTMLResponse:
        return self._answer(template, frame=self._frame(now_s, patients), **content)

    def plain(self, template: str, **content: Any) -> HTMLResponse:
        """A page that is about nobody."""
        return self._answer(template, frame=None, **content)

    def login(self, csrf: str, status: int = 200, *, back: str, told: str) -> HTMLResponse:
        return self._answer("login.html", status, frame=None, csrf=csrf, back=back, told=told)

    def refusal(self, status: int, what: str, meaning: str, remedy: str) -> HTMLResponse:
        """A page that says what went wrong; it reads nothing, so it can always be shown."""
        told = {"what": what, "meaning": meaning, "remedy": remedy}
        return self._answer("refusal.html", status, frame=None, **told)

    def _answer(self, template: str, status: int = 200, **content: Any) -> HTMLResponse:
        """Whatever form stands on it brings back whose login it was made for; only what draws may set styles."""
        text = self._templates.get_template(template).render(**content)
        if visitor().csrf and visitor().person is not None:
            text = _FORM.sub(rf'\g<0><input type="hidden" name="csrf" value="{visitor().csrf}">', text)
        return HTMLResponse(marked_up(text), status, headers=DRAWING if PLOTLY_URL in text else None)

    def _frame(self, now_s: float, patients: Sequence[Patient]) -> Frame:
        heard = [one.last_seen_s for one in patients if one.last_seen_s is not None]
        told = {"title": self._title, "patients": count(len(patients), "patient")}
        if heard:
            told |= {"ago": ago(max(heard), now_s), "when": local(max(heard), self.zone)}
        return Frame(
            title=self._title,
            generated_s=now_s,
            generated=local(now_s, self.zone),
            source=_("{title}: {patients}, newest message {ago} ({when})", **told)
            if heard
            else _("{title}: {patients}, no message yet", **told),
            troubles=self.troubles(now_s),
            open_clinical=sum(one.open_alerts for one in patients),
            open_technical=sum(one.open_technical for one in patients),
            urgent=sum(one.urgent for one in patients),
        )

    def troubles(self, now_s: float) -> Troubles:
        """What stands between the homes and this clinic's records."""
        found = self._line.troubles(now_s) if self._line else []
        since = [_("Since {since}.", since=local(one.since_s, self.zone)) for one in found]
        return tuple((one.what, at, one.meaning) for one, at in zip(found, since, strict=True))


def with_digest(path: Path) -> str:
    """A file's URL, another one whenever its content is another."""
    return f"/static/{path.name}?{sha256(path.read_bytes()).hexdigest()[:12]}"
