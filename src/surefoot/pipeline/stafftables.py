"""The tables of a clinic's staff: people with a login, their sessions, tries that failed."""

from __future__ import annotations

from sqlalchemy import Column, Double, ForeignKey, Integer, String, Table, Text

from surefoot.pipeline.tables import metadata

people = Table(
    "people",
    metadata,
    Column("key", String(80), primary_key=True, comment="the name, in one case: no two that differ by that alone"),
    Column("name", String(80), nullable=False),
    Column("roles", String(80), nullable=False, comment="one a line"),
    Column("password", Text, comment="argon2; null: may not log in any more, and the name stays taken"),
    Column("made_s", Double, nullable=False),
    Column("changed_s", Double, nullable=False, comment="the password"),
)
sessions = Table(
    "sessions",
    metadata,
    Column(
        "token", String(64), primary_key=True, comment="SHA-256 of the cookie: who reads this table gets in nowhere"
    ),
    Column("key", ForeignKey("people.key"), nullable=False, index=True),
    Column("made_s", Double, nullable=False),
    Column("used_s", Double, nullable=False),
)
failures = Table(
    "login_failures",
    metadata,
    Column("of", String(200), primary_key=True, comment="an account or an address, as a digest"),
    Column("count", Integer, nullable=False),
    Column("last_s", Double, nullable=False),
)
