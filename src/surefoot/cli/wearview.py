"""The view of a gateway at work: a live picture where a person watches, lines for a log elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, Self

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from surefoot.cli.board import COLUMNS, Board
from surefoot.records import SensorStatus

LINE_S = 60.0  # between two lines of status
PICTURE_S = 1.0  # between two pictures


class View(Protocol):
    """What the gateway tells. ``say`` may be called from any thread."""

    def say(self, sentence: str) -> None: ...
    def take_status(self, status: SensorStatus) -> None: ...
    async def show(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...


class _Telling:
    """What both views share."""

    def __init__(self, board: Board, now_s: Callable[[], float]) -> None:
        self._board, self._now_s = board, now_s

    def take_status(self, status: SensorStatus) -> None:
        if told := self._board.take_status(status):
            self.say(told)

    def say(self, sentence: str) -> None:
        raise NotImplementedError  # each view says it in its own way

    def _at(self) -> str:
        return datetime.fromtimestamp(self._now_s(), self._board.zone).strftime("%Y-%m-%d %H:%M:%S")


class Lines(_Telling):
    """A line for each thing that happens, and one a minute for how things stand."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def say(self, sentence: str) -> None:
        click.echo(f"{self._at()} {sentence}")

    async def show(self) -> None:
        while True:
            await asyncio.sleep(LINE_S)
            self.say(self._board.line(self._now_s()))


class Picture(_Telling):
    """A table that stays in its place; what happens scrolls by above it."""

    def __init__(self, board: Board, now_s: Callable[[], float]) -> None:
        super().__init__(board, now_s)
        self._live = Live(console=Console(highlight=False), auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def say(self, sentence: str) -> None:
        self._live.console.print(Text(f"{self._at()} {sentence}"))

    async def show(self) -> None:
        while True:
            self._live.update(self._picture(), refresh=True)
            await asyncio.sleep(PICTURE_S)

    def _picture(self) -> Group:
        now_s = self._now_s()
        table = Table(title=self._at(), title_justify="left", header_style="bold", box=None, pad_edge=False)
        for k, column in enumerate(COLUMNS):
            table.add_column(column, justify="right" if k > 1 else "left")
        for row in self._board.rows(now_s):
            table.add_row(*map(Text, row))
        return Group(Text(), table, *(Text(note) for note in self._board.notes()))
