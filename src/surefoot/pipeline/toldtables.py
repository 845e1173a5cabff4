"""The tables of what a patient tells and does: answers, check-ins, treatments, guided tests, aids."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, String, Table

from surefoot.pipeline.tables import content, gateway_key, metadata, record

answers = Table(
    "answers",
    metadata,
    gateway_key(),
    Column("kind", String(20), primary_key=True, comment="kind, side and start_s name the incident"),
    Column("side", String(8), primary_key=True, comment="left, right or both"),
    Column("start_s", Double, primary_key=True),
    Column("at_s", Double, primary_key=True),
    Column("answer", String(20), primary_key=True),
    Column("told_by", String(20), primary_key=True),
    *content(),
    comment="append-only, as acknowledgements: the last answer by at_s stands",
)
tests = Table(
    "tests",
    metadata,
    gateway_key(),
    Column("kind", String(20), primary_key=True),
    Column("side", String(8), primary_key=True, comment="left, right or both"),
    Column("start_s", Double, primary_key=True),
    *content(),
)
aids = Table(
    "aids",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("start_day", String(10), primary_key=True),
    Column("end_day", String(10)),
    comment="what a home's patient logged as walking with; the clinic hears of it with each day",
)
check_ins = Table(
    "check_ins",
    metadata,
    gateway_key(),
    Column("day", String(10), primary_key=True),
    Column("at_s", Double, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("seq", BigInteger),
    record(),
    comment="append-only, as answers",
)
treatments = Table(
    "treatments",
    metadata,
    gateway_key(),
    Column("kind", String(20), primary_key=True),
    Column("day", String(10), primary_key=True),
    *content(),
)
