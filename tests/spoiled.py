"""A database that refuses: a trigger of either kind of database, put there behind the store's back."""

from __future__ import annotations

from surefoot.pipeline.store import Store

_SQLITE = "CREATE TRIGGER spoiled BEFORE INSERT ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{words}'); END"
_POSTGRES = (
    "CREATE FUNCTION spoiled() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = '{words}'; END $$",
    "CREATE TRIGGER spoiled BEFORE INSERT ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION spoiled()",
)


def spoil(store: Store, table: str, words: str, when: str = "NEW.body IS NOT NULL") -> None:
    """From now on the table takes no row of which ``when`` is true."""
    with store._write() as connection:
        statements = (_SQLITE,) if connection.dialect.name == "sqlite" else _POSTGRES
        for statement in statements:
            connection.exec_driver_sql(statement.format(table=table, when=when, words=words))
