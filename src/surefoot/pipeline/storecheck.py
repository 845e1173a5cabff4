"""The check of a store: whether its file is whole and of which age, without changing a byte of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, inspect, select
from sqlalchemy.exc import OperationalError

from surefoot.pipeline import wardrobe
from surefoot.pipeline.engine import plain_words
from surefoot.pipeline.schema import MIGRATIONS, about, worn_sensors
from surefoot.records import WornSensor

STEPS_BETWEEN = 20_000  # of SQLite's machine, a few milliseconds, between two looks at the time


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """``schema``: the number it is at, None where it holds none; ``faults``: what quick_check found."""

    schema: int | None
    newest: int
    faults: tuple[str, ...]
    finished: bool  # False: the file is too large to be looked through in the time given
    sensors: tuple[WornSensor, ...]


def look_at(path: str, too_late: Callable[[], bool]) -> StoreHealth:
    """Look through a SQLite file, read only. Raise StoreError, with the remedy, when it is none or cannot be read."""
    address = URL.create("sqlite", database=f"file:{quote(path)}", query={"mode": "ro", "uri": "true"})
    engine = create_engine(address)
    try:
        with plain_words(f"{path} cannot be read"), engine.connect() as connection:
            here = set(inspect(connection).get_table_names())
            schema = _schema(connection) if about.name in here else None
            sensors = wardrobe.sensors(connection) if worn_sensors.name in here else []
            faults, finished = _faults(connection, too_late)
    finally:
        engine.dispose()
    return StoreHealth(schema, MIGRATIONS[-1][0], faults, finished, tuple(sensors))


def _schema(connection: Connection) -> int | None:
    stored = connection.scalar(select(about.c.value).where(about.c.name == "schema"))
    return None if stored is None else int(stored)


def _faults(connection: Connection, too_late: Callable[[], bool]) -> tuple[tuple[str, ...], bool]:
    stopped = False

    def stop() -> bool:
        nonlocal stopped
        stopped = too_late()
        return stopped

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(stop, STEPS_BETWEEN)
    try:
        told = connection.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
    except OperationalError:
        if not stopped:
            raise
        return (), False
    finally:
        driver.set_progress_handler(None, 0)
    return tuple(text for text in told if text != "ok"), True
