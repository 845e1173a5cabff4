"""The terminal: tables for people, one JSON object a line for programs, a progress bar where somebody watches."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from surefoot.records import Activity, Alert, Bout, DaySummary, Incident, Minute, Rise, Stride, TestResult, Trend

TYPES: dict[type, str] = {
    Stride: "stride",
    Bout: "bout",
    Incident: "incident",
    Rise: "rise",
    Activity: "activity",
    Minute: "minute",
    TestResult: "test",
    DaySummary: "day",
    Trend: "trend",
    Alert: "alert",
}
NOT_KNOWN = "-"


def json_line(record: object) -> str:
    """A record as one JSON object with its ``type``; what is not known is null, raw signal is left out."""
    return json.dumps({"type": TYPES[type(record)], **_object(record)}, allow_nan=False, ensure_ascii=False)


def _object(record: object) -> dict[str, object]:
    named = {f.name: _value(getattr(record, f.name)) for f in fields(record) if f.name != "snippet"}  # type: ignore[arg-type]  # any record
    if isinstance(record, Incident):
        named["evidence"] = dict(record.evidence)
    if isinstance(record, TestResult):
        named["details"] = dict(record.details)
    return named


def _value(value: object) -> object:
    if is_dataclass(value):
        return _object(value)
    return [_value(item) for item in value] if isinstance(value, tuple) else value


def number(value: float | None, digits: int = 2) -> str:
    return NOT_KNOWN if value is None else f"{value:.{digits}f}"


def length(hours: float) -> str:
    """A length of time in the unit that fits it."""
    for size_h, unit, digits in ((1.0, "h", 1), (1 / 60, "min", 0)):
        if hours >= size_h:
            return f"{hours / size_h:.{digits}f} {unit}"
    return f"{hours * 3600:.0f} s"


def clock_time(at_s: float, zone: ZoneInfo, wall_clock: bool) -> str:
    """A time of a source as its people read it: the wall clock, or minutes and seconds from its zero."""
    if wall_clock:
        return datetime.fromtimestamp(at_s, zone).strftime("%Y-%m-%d %H:%M:%S")
    minutes, seconds = divmod(at_s, 60)
    return f"{int(minutes)}:{seconds:05.2f}"


class Terminal:
    """Standard output for results. ``wide`` enough for a table also where nobody watches."""

    def __init__(self) -> None:
        watched = sys.stdout.isatty()
        self._console = Console(soft_wrap=not watched, highlight=False, width=None if watched else 160)

    def table(
        self, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[str] = ()
    ) -> None:
        """A table; the first column names the row, the others are right-aligned, except those of ``words``."""
        table = Table(
            title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False
        )
        for k, column in enumerate(columns):
            table.add_column(column, justify="right" if k and column not in words else "left")
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)
        self._console.print()

    def say(self, sentence: str = "") -> None:
        self._console.print(Text(sentence))


def note(sentence: str) -> None:
    """Something the reader should know beside the results: to standard error, so that results can be piped."""
    click.echo(f"note: {sentence}", err=True)


@contextmanager
def progress(label: str, total: float) -> Iterator[Callable[[float], None]]:
    """A bar on standard error while work goes on, only where it is a terminal; call what it gives with each advance."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda step: bar.advance(task, step)


def unix_s(start: str | None, zone: ZoneInfo) -> float:
    """A time given on the command line as seconds since 1970, in this zone where it names none; 0 where none is."""
    if start is None:
        return 0.0
    try:
        told = datetime.fromisoformat(start)
    except ValueError as error:
        raise click.BadParameter(f"{start!r} is no time such as 2026-05-01T09:30.", param_hint="--start") from error
    return (told if told.tzinfo else told.replace(tzinfo=zone)).timestamp()


def has_screen() -> bool:
    """A browser of the terminal would take the terminal away, so none is opened without a screen."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
