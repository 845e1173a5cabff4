"""What tables share: where they are registered, the gateway they belong to, and the content of a row."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String

from surefoot.pipeline.sealed import Sealed

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite


def gateway_key() -> Column[str]:
    return Column("gateway", ForeignKey("gateways.gateway"), primary_key=True)


def content() -> tuple[Column[int], Column[str], Column[str]]:
    return (
        Column("seq", BigInteger),
        Column("sha256", String(64), nullable=False),
        record(),
    )


def record() -> Column[str]:
    """A record as JSON text, sealed where the database's keys are for that."""
    return Column("body", Sealed("record", payload=True), nullable=False)
