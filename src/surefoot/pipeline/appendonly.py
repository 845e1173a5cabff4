"""Append-only tables: the database itself refuses to change or delete their rows, but for what says why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Table

_MADE = {
    "sqlite": tuple(
        f"CREATE TRIGGER IF NOT EXISTS {{table}}_no_{verb} BEFORE {verb} ON {{table}} "
        "BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
        for verb in ("update", "delete")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '{table} are append-only'; END $$",
        "CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
    ),
}
_TAKEN_AWAY = {
    "sqlite": ("DROP TRIGGER IF EXISTS {table}_no_update", "DROP TRIGGER IF EXISTS {table}_no_delete"),
    "postgresql": ("DROP TRIGGER IF EXISTS {table}_append_only ON {table}",),
}


def make_append_only(connection: Connection, table: Table) -> None:
    """The database itself refuses to change or delete its rows."""
    _run(connection, _MADE, table)


@contextmanager
def lifted(connection: Connection, table: Table) -> Iterator[None]:
    """Within, rows may be deleted, or sealed anew. Nobody else sees the table open: it is one transaction."""
    _run(connection, _TAKEN_AWAY, table)
    yield
    make_append_only(connection, table)


def _run(connection: Connection, statements: dict[str, tuple[str, ...]], table: Table) -> None:
    for statement in statements[connection.dialect.name]:
        connection.exec_driver_sql(statement.format(table=table.name))
