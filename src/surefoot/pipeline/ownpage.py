"""What the patient's own page keeps at home: settings, and guided tests whose readings have not been judged yet."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from surefoot.pipeline.engine import plain_words, writing
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.toldtables import home_settings, test_windows
from surefoot.records import Side, TestKind


@dataclass(frozen=True, slots=True)
class Window:
    """A guided test as it was done: which one, of which leg, and from when to when its readings are."""

    kind: TestKind
    side: Side | None
    start_s: float
    end_s: float


class OwnPage:
    """Of one home. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def setting(self, name: str) -> str | None:
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return connection.scalar(select(home_settings.c.value).where(home_settings.c.name == name))

    def set(self, name: str, value: str) -> None:
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            upsert(connection, home_settings, {"name": name, "value": value})

    def keep_window(self, window: Window) -> None:
        """Named by its start; kept until its result is."""
        row = {"kind": window.kind, "side": window.side or "both", "start_s": window.start_s, "end_s": window.end_s}
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            upsert(connection, test_windows, row)

    def drop_window(self, window: Window) -> None:
        with plain_words("The records cannot be written"), writing(self._engine) as connection:
            connection.execute(test_windows.delete().where(test_windows.c.start_s == window.start_s))

    def windows(self) -> list[Window]:
        """Those that wait, oldest first."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            rows = connection.execute(select(test_windows).order_by(test_windows.c.start_s)).all()
        return [Window(row.kind, None if row.side == "both" else row.side, row.start_s, row.end_s) for row in rows]
