"""What tables share: where they are registered, the gateway they belong to, and the content of a row."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String, Text

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite


def gateway_key() -> Column[str]:
    return Column("gateway", ForeignKey("gateways.gateway"), primary_key=True)


def content() -> tuple[Column[int], Column[str], Column[str]]:
    return (
        Column("seq", BigInteger),
        Column("sha256", String(64), nullable=False),
        Column("body", Text, nullable=False),
    )
