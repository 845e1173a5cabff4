"""The tables of a clinic's staff: people with a login, their sessions, what they did, whom they deleted; programs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, String, Table, Text

from surefoot.pipeline.tables import Number, metadata

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
audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),
    Column("at_s", Double, nullable=False, comment="by the clinic's clock"),
    Column("who", Text, nullable=False),
    Column("what", String(80), nullable=False),
    Column("about", String(80), nullable=False, index=True, comment="a gateway's id or a person's name"),
    Column("told", Text, nullable=False),
    Column("key", String(12), nullable=False, comment="the key of the digest; empty: made without one"),
    Column("chain", String(64), nullable=False, comment="digest of this entry and of the one before"),
    comment="who saw and did what, append-only as alert_events; each entry vouches for those before it",
)
forgotten = Table(
    "forgotten",
    metadata,
    Column("gateway", String(36), primary_key=True),
    Column("at_s", Double, nullable=False),
    comment="gateways whose patient was deleted: nothing of theirs is stored again",
)
tokens = Table(
    "read_tokens",
    metadata,
    Column("id", String(12), primary_key=True, comment="the part of a token that anybody may know"),
    Column("name", String(80), nullable=False, unique=True, comment="what it was made for"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of the whole token, which is random"),
    Column("scopes", Text, nullable=False, comment="one a line"),
    Column("everybody", Boolean, nullable=False, comment="false: only patients of read_token_patients, be it none"),
    Column("made_s", Double, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("expires_s", Double, nullable=False),
    Column("used_s", Double),
    Column("revoked_s", Double),
    comment="programs that may read, and what",
)
token_patients = Table(
    "read_token_patients",
    metadata,
    Column("id", ForeignKey("read_tokens.id"), primary_key=True),
    Column("gateway", String(36), primary_key=True),
)
