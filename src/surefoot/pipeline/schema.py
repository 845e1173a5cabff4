"""The tables of a home and of a clinic, and the numbered steps that bring an older database up to them.

What is asked for is a column; the rest of a row is ``body``, the JSON text of ``surefoot.alerts.bodies``. ``sha256`` is
the digest of the whole content, so that an unchanged row is known without reading it. ``seq`` is the number under which
the row travelled: the home's outbox number, on both sides.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    literal,
    select,
)

from surefoot.pipeline.appendonly import make_append_only as _make_append_only
from surefoot.pipeline.holes import make_tables as _make_holes
from surefoot.pipeline.sealed import Sealed
from surefoot.pipeline.stafftables import audit, failures, forgotten, people, sessions, token_patients, tokens
from surefoot.pipeline.tables import Number, content, gateway_key, metadata, record
from surefoot.pipeline.toldtables import (
    aids,
    answers,
    check_ins,
    confirmations,
    digests,
    home_settings,
    judgements,
    orders,
    profiles,
    test_windows,
    tests,
    treatments,
)

about = Table(
    "about",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
    comment="this database: its schema number, and at home the gateway's name",
)
gateways = Table(
    "gateways",
    metadata,
    Column("gateway", String(36), primary_key=True),
    Column("label", Sealed("patient's name")),
    Column("first_seen_s", Double, comment="by the clinic's clock"),
    Column("last_seen_s", Double, comment="by the clinic's clock"),
    Column("link", String(8), comment="what the last status message said: up or down"),
    Column("pending", BigInteger, comment="rows waiting in the home's outbox, by its last status message"),
)
days = Table("days", metadata, gateway_key(), Column("day", String(10), primary_key=True), *content())
trends = Table(
    "trends",
    metadata,
    gateway_key(),
    Column("day", String(10), primary_key=True),
    Column("side", String(8), primary_key=True, comment="left, right or both"),
    Column("metric", String(80), primary_key=True),
    record(),
)
bouts = Table(
    "bouts",
    metadata,
    gateway_key(),
    Column("start_s", Double, primary_key=True),
    *content(),
)
incidents = Table(
    "incidents",
    metadata,
    gateway_key(),
    Column("kind", String(20), primary_key=True),
    Column("side", String(8), primary_key=True, comment="left, right or both"),
    Column("start_s", Double, primary_key=True),
    *content(),
)
alerts = Table(
    "alerts",
    metadata,
    gateway_key(),
    Column("alert_id", String(80), primary_key=True),
    Column("tier", String(2), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("raised_s", Double, nullable=False),
    Column("stored_s", Double, nullable=False),
    *content(),
)
alert_events = Table(
    "alert_events",
    metadata,
    Column("id", Number, primary_key=True),
    Column("gateway", ForeignKey("gateways.gateway"), nullable=False),
    Column("alert_id", String(80), nullable=False),
    Column("tier", String(2), nullable=False, comment="as it was then: a worse one begins anew"),
    Column("what", String(16), nullable=False),
    Column("number", Integer, nullable=False, comment="the first, second, ... of its kind: two cannot both write it"),
    Column("at_s", Double, nullable=False, comment="by the clinic's clock"),
    Column("who", Text, nullable=False, comment="empty: surefoot itself"),
    Column("told", Text, nullable=False, comment="who is told, one a line"),
    Column("until_s", Double),
    Column("note", Sealed("note on an alert"), nullable=False),
    UniqueConstraint("gateway", "alert_id", "tier", "what", "number"),
    sqlite_autoincrement=True,
    comment="what happened to alerts, append-only: the database itself refuses to change or delete a row",
)
received = Table(
    "received",
    metadata,
    gateway_key(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("received_s", Double, nullable=False),
)
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Number, primary_key=True),
    Column("gateway", String(36)),
    Column("seq", BigInteger),
    Column("topic", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("received_s", Double, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("payload", LargeBinary, nullable=False, comment="its first 64 kB"),
    UniqueConstraint("topic", "sha256"),
    sqlite_autoincrement=True,
)
strides = Table(
    "strides",
    metadata,
    Column("side", String(8), primary_key=True),
    Column("start_s", Double, primary_key=True),
    record(),
)
worn_sensors = Table(
    "worn_sensors",
    metadata,
    Column("side", String(8), primary_key=True),
    Column("placement", String(8), primary_key=True),
    Column("address", String(64), nullable=False, unique=True, comment="one sensor is worn in one place"),
    Column("body", Text, nullable=False),
    comment="the sensors that were paired; they stay at home, as donnings do",
)
donnings = Table(
    "donnings",
    metadata,
    Column("start_s", Double, primary_key=True),
    Column("body", Text, nullable=False),
    comment="how the sensors sat each time they were put on",
)
outbox = Table(
    "outbox",
    metadata,
    Column("seq", Number, primary_key=True),
    Column("urgency", Integer, nullable=False, comment="0 goes first"),
    Column("kind", String(20), nullable=False),
    record(),
    Index("outbox_order", "urgency", "seq"),
    sqlite_autoincrement=True,  # a number is never used twice, even after its row has left
)
set_aside = Table(
    "set_aside",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    record(),
    Column("reason", Text, nullable=False),
    comment="rows the clinic rejected, or too large to send: kept with the reason, never sent again",
)

APPEND_ONLY = (alert_events, answers, audit, check_ins, judgements, orders, profiles)

Migration = tuple[int, str, Callable[[Connection], None]]


def upgrade(connection: Connection, steps: tuple[Migration, ...] | None = None) -> int:
    """Run the steps this database has not seen, inside the caller's transaction; return the number it is at now.

    Raise ValueError when the database is newer than this program.
    """
    steps = MIGRATIONS if steps is None else steps
    about.create(connection, checkfirst=True)
    is_schema = about.c.name == "schema"
    stored = connection.scalar(select(about.c.value).where(is_schema))
    now, newest = int(stored or "0"), steps[-1][0]
    if now > newest:
        raise ValueError(f"the database has schema {now}, this surefoot knows up to {newest}")
    for number, _, step in steps:
        if number > now:
            step(connection)
    if stored is None:
        connection.execute(about.insert().values(name="schema", value=str(newest)))
    elif now < newest:
        connection.execute(about.update().where(is_schema).values(value=str(newest)))
    return newest


def _first_tables(connection: Connection) -> None:
    metadata.create_all(connection)
    _make_append_only(connection, alert_events)


def _new(*made: Table, append_only: Table | None = None) -> Callable[[Connection], None]:
    """A step that only makes tables."""

    def step(connection: Connection) -> None:
        for table in made:
            table.create(connection, checkfirst=True)
        if append_only is not None:
            _make_append_only(connection, append_only)

    return step


def _lives_of_alerts(connection: Connection) -> None:
    """Acknowledgements become the first events of their alerts."""
    if not inspect(connection).has_table("acknowledgements"):
        return
    alert_events.create(connection, checkfirst=True)
    _make_append_only(connection, alert_events)
    old = Table("acknowledgements", MetaData(), autoload_with=connection)
    taken = select(
        *(old.c[name] for name in ("gateway", "alert_id", "tier", "at_s", "who", "note")),
        *(literal(value) for value in ("acknowledged", 1, "")),
    )
    names = ("gateway", "alert_id", "tier", "at_s", "who", "note", "what", "number", "told")
    connection.execute(alert_events.insert().from_select(names, taken.order_by(old.c.id)))
    old.drop(connection)


# A table that changes later gets a step here that changes databases made before; step 1 makes today's tables, so a
# later step first looks whether its work is already done.
MIGRATIONS: tuple[Migration, ...] = (
    (1, "the first tables", _first_tables),
    (2, "answers, guided tests, aids", _new(answers, tests, aids, append_only=answers)),
    (3, "paired sensors, donnings", _new(worn_sensors, donnings)),
    (4, "what happened to alerts", _lives_of_alerts),
    (5, "check-ins, treatments", _new(check_ins, treatments, append_only=check_ins)),
    (6, "what people say of incidents", _new(judgements, append_only=judgements)),
    (7, "logins", _new(people, sessions, failures)),
    (8, "orders of the clinic, digests", _new(orders, confirmations, digests, append_only=orders)),
    (9, "numbers that have not arrived", _make_holes),
    (10, "the log of who did what, deleted patients", _new(audit, forgotten, append_only=audit)),
    (12, "programs that may read", _new(tokens, token_patients)),
    (
        14,
        "profiles; settings and tests of the patient's page",
        _new(profiles, home_settings, test_windows, append_only=profiles),
    ),
)
