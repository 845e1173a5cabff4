"""The log of who saw and did what: added to, never changed, and each entry vouches for all before it.

An entry holds a digest of itself and of the digest before it, made with the clinic's key where it has one: whoever
changes, adds or takes away an entry would have to make all later ones anew, and cannot without that key. Which entry is
the last is kept beside them in the same way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from surefoot.pipeline.engine import of_one_moment, plain_words, writing
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.schema import about as about_table
from surefoot.pipeline.schema import audit
from surefoot.pipeline.sealed import keys_of
from surefoot.pipeline.sealing import Keyring
from surefoot.pipeline.turns import Turn, take_turn

BEGINNING = "0" * 64
LONGEST = 1000
_HEAD = "audit"  # in the table about


@dataclass(frozen=True, slots=True)
class Entry:
    """``about``: a gateway's id or a person's name; ``told``: what else must be known, never a patient's name."""

    number: int
    at_s: float
    who: str
    what: str
    about: str
    told: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look through the whole log found: ``wrong`` is the first entry that is not as it was written."""

    entries: int
    wrong: int | None
    why: str
    head: str  # number:digest of the last entry: noted elsewhere, it vouches for all up to it
    unkeyed: int  # entries of before there was a key: whoever may write the database could have made them anew


class AuditLog:
    """One clinic's log. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, at_s: float, who: str, what: str, about: str = "", told: str = "") -> None:
        with plain_words("The log of who did what cannot be written"), writing(self._engine) as connection:
            note(connection, at_s, who, what, about, told)

    def entries(self, newest: int | None = None, about: str = "", who: str = "") -> list[Entry]:
        """Oldest first; the ``newest`` so many; of one patient or person, by one person."""
        query = select(audit).order_by(audit.c.id.desc()).limit(newest)
        if about:
            query = query.where(audit.c.about == about)
        if who:
            query = query.where(audit.c.who == who)
        with plain_words("The log cannot be read"), self._engine.begin() as connection:
            return [_entry(row) for row in connection.execute(query)][::-1]

    def verify(self, noted: str = "") -> Verdict:
        """Look through all of it. ``noted``: a head that was written down elsewhere, which must be in it still."""
        with plain_words("The log cannot be read"), of_one_moment(self._engine) as connection:
            head = connection.scalar(select(about_table.c.value).where(about_table.c.name == _HEAD)) or ""
            query = select(audit).order_by(audit.c.id).execution_options(yield_per=1000)
            with connection.execute(query) as rows:
                return _verdict(rows, head, noted, keys_of(self._engine.dialect))


def note(connection: Connection, at_s: float, who: str, what: str, about: str = "", told: str = "") -> None:
    """Add an entry, inside the caller's transaction."""
    take_turn(connection, Turn.AUDIT)
    last = connection.execute(select(audit.c.id, audit.c.chain).order_by(audit.c.id.desc()).limit(1)).first()
    keys = keys_of(connection.dialect)
    texts = {"who": who, "what": what[:80], "about": about[:80], "told": told[:LONGEST]}
    row: dict[str, Any] = {name: text.replace("\x00", "?") for name, text in texts.items()}
    row |= {"id": 1 + (last.id if last else 0), "at_s": at_s, "key": keys.newest if keys else ""}
    row["chain"] = _digest(row, last.chain if last else BEGINNING, keys)
    connection.execute(audit.insert().values(row))
    upsert(connection, about_table, {"name": _HEAD, "value": _head(row, keys)})


def _verdict(rows: Iterable[Row[Any]], head: str, noted: str, keys: Keyring | None) -> Verdict:
    count, unkeyed, chain, found, last = 0, 0, BEGINNING, not noted, None
    for last in rows:
        count, unkeyed = count + 1, unkeyed + (not last.key)
        if why := _fault(last, count, chain, unkeyed, keys):
            return Verdict(count, last.id, why, "", unkeyed)
        chain = last.chain
        found = found or noted == f"{last.id}:{chain}"
    why = _fault_of_the_end(last, head, keys)
    if not why and not found:
        why = f"the entry noted as {noted} is not in this log"
    return Verdict(count, (last.id if last else 0) if why else None, why, f"{last.id}:{chain}" if last else "", unkeyed)


def _fault(row: Row[Any], number: int, before: str, unkeyed: int, keys: Keyring | None) -> str:
    if row.id != number:
        return f"entry {number} is missing before it"
    if not row.key and unkeyed < number:
        return "it was written without the key, after others had been written with it"
    if row.key and (keys is None or row.key not in keys):
        return f"it can only be checked with the key {row.key}, which is not here"
    return "" if row.chain == _digest(row._mapping, before, keys) else "it is not as it was written"


def _fault_of_the_end(last: Row[Any] | None, head: str, keys: Keyring | None) -> str:
    """Making the first key is an entry, so there is one with it from then on."""
    if last is not None and keys is not None and not last.key:
        return "it was written without the key"
    if head != ("" if last is None else _head(last._mapping, keys)):
        return "entries after it were taken away"
    return ""


def _digest(row: Any, before: str, keys: Keyring | None) -> str:
    names = ("id", "at_s", "who", "what", "about", "told", "key")
    return _made(row["key"], json.dumps([*(row[name] for name in names), before]).encode(), keys)


def _head(row: Any, keys: Keyring | None) -> str:
    """Which entry is the last, so that those who take away the last ones are found, too."""
    content = f"last {row['id']} {row['chain']}"
    return f"{row['id']}:{_made(row['key'], content.encode(), keys)}"


def _made(key: str, content: bytes, keys: Keyring | None) -> str:
    return keys.digest(key, content) if key and keys else hashlib.sha256(content).hexdigest()


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.at_s, row.who, row.what, row.about, row.told)
