"""The tables of what a patient tells and does (answers, check-ins, treatments, tests, aids), and of what is ordered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, String, Table, Text

from surefoot.pipeline.sealed import Sealed
from surefoot.pipeline.tables import Number, content, gateway_key, metadata, record

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
judgements = Table(
    "judgements",
    metadata,
    Column("id", Number, primary_key=True),
    Column("gateway", ForeignKey("gateways.gateway"), nullable=False),
    Column("kind", String(20), nullable=False, comment="kind, side and start_s name the incident"),
    Column("side", String(8), nullable=False, comment="left, right or both"),
    Column("start_s", Double, nullable=False),
    Column("certainty", String(10), nullable=False, comment="the incident was told with"),
    Column("verdict", String(10), nullable=False),
    Column("who", Text, nullable=False),
    Column("at_s", Double, nullable=False, comment="by the clinic's clock"),
    Column("note", Sealed("note on an incident"), nullable=False),
    Index("judgements_of", "gateway", "kind", "side", "start_s"),
    sqlite_autoincrement=True,
    comment="what people at the clinic say of incidents, append-only: the last one stands",
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
orders = Table(
    "orders",
    metadata,
    gateway_key(),
    Column("order_id", String(80), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("given_s", Double, nullable=False, comment="by the clinic's clock; grows from order to order of a home"),
    Column("who", Text, nullable=False, comment="empty at home: no name leaves the clinic"),
    Column("note", Sealed("note on an order"), nullable=False),
    record(),
    comment="what the clinic decided, append-only: the database itself refuses to change or delete a row",
)
confirmations = Table(
    "confirmations",
    metadata,
    gateway_key(),
    Column("order_id", String(80), primary_key=True),
    *content(),
    comment="what the home did with each order",
)
digests = Table(
    "digests",
    metadata,
    Column("week", String(10), primary_key=True, comment="its Monday"),
    Column("at_s", Double, nullable=False),
    Column("told", Text, nullable=False, comment="who was told that it can be read, one a line"),
)
profiles = Table(
    "profiles",
    metadata,
    Column("id", Number, primary_key=True),
    Column("gateway", ForeignKey("gateways.gateway"), nullable=False, index=True),
    Column("at_s", Double, nullable=False, comment="by the clinic's clock"),
    Column("who", Text, nullable=False),
    Column("note", Sealed("note on a profile"), nullable=False),
    Column("body", Sealed("patient's profile"), nullable=False),
    sqlite_autoincrement=True,
    comment="what a clinic knows of a patient's sciatica, append-only: the last one stands",
)
home_settings = Table(
    "home_settings",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    comment="what the patient set on their own page; it stays at home",
)
test_windows = Table(
    "test_windows",
    metadata,
    Column("start_s", Double, primary_key=True),
    Column("end_s", Double, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("side", String(8), nullable=False, comment="left, right or both"),
    comment="guided tests done on the patient's page whose readings have not been judged yet; they stay at home",
)
