"""The view of a pairing: large words on a terminal, plain lines elsewhere; always beside the results, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from surefoot.cli.wish import Doing, Heard

BARS = ((-60, "||||"), (-70, "|||."), (-80, "||.."), (-90, "|..."))  # dBm


@dataclass(slots=True)
class PairView:
    """``obey`` hears what is asked: a simulated person does it."""

    watched: bool
    obey: Callable[[Doing], None] | None = None
    _shown: int = 0
    _counted: str = ""

    def say(self, sentence: str) -> None:
        self._end_count()
        click.echo(sentence, err=True)

    def ask(self, sentence: str, doing: Doing) -> None:
        self._end_count()
        if self.watched:
            text = Text(sentence.upper(), justify="center", style="bold")
            Console(stderr=True, highlight=False).print(Panel(text, padding=(1, 4)))
        else:
            click.echo(f"\n>>> {sentence}", err=True)
        if self.obey is not None:
            self.obey(doing)

    def heard(self, sensors: Sequence[Heard], left_s: float) -> None:
        for one in sensors[self._shown :]:
            self.say(f"Found: {one.product.name} {one.found.name or ''} ({one.found.address}) {bars(one)}")
        self._shown = max(self._shown, len(sensors))
        if left_s > 0:
            self.count(f"looking for sensors, {left_s:.0f} s left; {len(sensors)} found")

    def count(self, told: str) -> None:
        if self.watched and told != self._counted:
            click.echo(f"\r  {told:60}", nl=False, err=True)
            self._counted = told

    def _end_count(self) -> None:
        if self._counted:
            click.echo("", err=True)
            self._counted = ""


def bars(one: Heard) -> str:
    """How loud it is heard, as bars."""
    if one.found.signal_dbm is None:
        return "connected already"
    return next((shown for least, shown in BARS if one.found.signal_dbm >= least), "....")
