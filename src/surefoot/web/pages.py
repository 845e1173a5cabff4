"""Pages: templates filled in, with what every page tells: whose data, from when, and what surefoot is not."""

from __future__ import annotations

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
from surefoot.web.line import Line
from surefoot.web.words import ago, count, local, number

HERE = Path(__file__).parent
STATIC = HERE / "static"
PLOTLY_URL = f"/static/plotly-{version('plotly')}.min.js"


def plotly_script() -> Path:
    """The browser script inside the installed plotly package."""
    return Path(str(files("plotly") / "package_data" / "plotly.min.js"))


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page."""

    title: str
    generated_s: float
    generated: str
    source: str
    troubles: tuple[tuple[str, str, str], ...]  # what, since, what it means
    open_clinical: int
    open_technical: int


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
        self._templates.filters |= {"number": number, "count": count}
        self._templates.globals |= {
            "plotly_url": PLOTLY_URL,
            "static": {path.name: with_digest(path) for path in STATIC.iterdir()},
        }

    def page(self, template: str, now_s: float, patients: Sequence[Patient], **content: Any) -> HTMLResponse:
        frame = self._frame(now_s, patients)
        return HTMLResponse(self._templates.get_template(template).render(frame=frame, **content))

    def refusal(self, status: int, what: str, meaning: str, remedy: str) -> HTMLResponse:
        """A page that says what went wrong; it reads nothing, so it can always be shown."""
        told = {"status": status, "what": what, "meaning": meaning, "remedy": remedy}
        return HTMLResponse(self._templates.get_template("refusal.html").render(frame=None, **told), status)

    def _frame(self, now_s: float, patients: Sequence[Patient]) -> Frame:
        heard = [one.last_seen_s for one in patients if one.last_seen_s is not None]
        newest = (
            f"newest message {ago(max(heard), now_s)} ({local(max(heard), self.zone)})" if heard else "no message yet"
        )
        troubles = self._line.troubles(now_s) if self._line else []
        return Frame(
            title=self._title,
            generated_s=now_s,
            generated=local(now_s, self.zone),
            source=f"{self._title}: {count(len(patients), 'patient')}, {newest}",
            troubles=tuple((one.what, local(one.since_s, self.zone), one.meaning) for one in troubles),
            open_clinical=sum(one.open_alerts for one in patients),
            open_technical=sum(one.open_technical for one in patients),
        )


def with_digest(path: Path) -> str:
    """A file's URL, another one whenever its content is another."""
    return f"/static/{path.name}?{sha256(path.read_bytes()).hexdigest()[:12]}"
