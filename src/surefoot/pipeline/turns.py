"""Turns: who writes one after another, where the database does not see to it by itself.

SQLite has one writer at a time. In PostgreSQL two may read the same and both write what follows from it, unless they
take turns; a turn ends with its transaction.
"""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import Connection, func, select


class Turn(IntEnum):
    """What is done in turns; the numbers are PostgreSQL's advisory locks."""

    AUDIT = 7_370_715
    PATIENTS = 7_370_716
    LOGIN = 7_370_717


def take_turn(connection: Connection, turn: Turn) -> None:
    """Wait until nobody else is at it."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(int(turn))))


def share_turn(connection: Connection, turn: Turn) -> None:
    """Wait until nobody has taken it; others may share it."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(int(turn))))
