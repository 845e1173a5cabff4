"""Logging in: a name, a password and an address become a session; whoever guesses waits longer each time."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select

from surefoot.pipeline.engine import plain_words, writing
from surefoot.pipeline.passwords import fits, hashed, is_weak_by_now
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.staff import LONGEST_NAME, SCREEN, Person, key_of, person_of
from surefoot.pipeline.stafftables import failures, people, sessions
from surefoot.pipeline.turns import Turn, take_turn


@dataclass(frozen=True, slots=True)
class LoginParams:
    """How long a session lasts, and how guessing is slowed down. Engineering choices (P)."""

    idle_s: float = 1800.0  # a page nobody asks anything of for so long is logged out
    longest_s: float = 43_200.0  # a shift; then the password again
    screen_s: float = 2_592_000.0  # of a wall screen, used or not: it reads the list and the alerts, and does nothing
    noted_s: float = 60.0  # that a session is used is written at most so often
    free_account: int = 5  # wrong passwords of one name before each further try has to wait,
    free_address: int = 20  # and from one address: a clinic may have one for everybody
    first_wait_s: float = 2.0  # doubled with every further one,
    longest_wait_s: float = 300.0  # up to this: nobody is locked out for good by somebody else's guesses
    forgotten_s: float = 3600.0  # without a wrong one for so long, counting begins anew


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong passwords: nothing was looked at."""

    seconds: float


class Logins:
    """Sessions of a clinic's pages, kept in its store: they survive a restart, and a removed person has none."""

    def __init__(self, engine: Engine, params: LoginParams | None = None) -> None:
        self._engine = engine
        self.params = params or LoginParams()

    def log_in(self, name: str, password: str, address: str, token: str, now_s: float) -> Person | Wait | None:
        """A session named ``token``, which the caller has made up; None: name or password is wrong."""
        found = self._confirmed(name, password, address, now_s)
        if found is None or isinstance(found, Wait):
            return found
        key, stored = found
        with plain_words("The login cannot be written"), writing(self._engine) as connection:
            take_turn(connection, Turn.LOGIN)
            person = _still(connection, key, stored)
            if person is None:
                return None
            row = {"token": hidden(token), "key": key, "made_s": now_s, "used_s": now_s}
            screens = sessions.c.key.in_(select(people.c.key).where(people.c.roles == SCREEN))
            over = sessions.c.made_s < now_s - self.params.longest_s
            over |= sessions.c.used_s < now_s - self.params.idle_s
            connection.execute(delete(sessions).where(over & ~screens))
            connection.execute(sessions.insert().values(row))
        return person

    def confirm(self, name: str, password: str, address: str, now_s: float) -> Person | Wait | None:
        """Whose name and password these are, without a session."""
        found = self._confirmed(name, password, address, now_s)
        if found is None or isinstance(found, Wait):
            return found
        with plain_words("The login cannot be read"), self._engine.begin() as connection:
            return _still(connection, *found)

    def who(self, token: str, now_s: float, *, used: bool = True) -> Person | None:
        """Whose session it is; None when it is none, or over. ``used``: by a person, so that it goes on."""
        row = self._sessions([token]).get(token)
        if row is None or self._is_over(row, now_s):
            return None
        if used and now_s - row.used_s >= self.params.noted_s:
            with plain_words("The login cannot be written"), writing(self._engine) as connection:
                used = sessions.update().where(sessions.c.token == hidden(token)).values(used_s=now_s)
                connection.execute(used)
        return person_of(row)

    def still(self, tokens: Collection[str], now_s: float) -> dict[str, Person]:
        """Of these tokens those whose sessions go on, and whose they are. To ask is no use of them."""
        rows = self._sessions(tokens)
        return {token: person_of(row) for token, row in rows.items() if not self._is_over(row, now_s)}

    def log_out(self, token: str) -> None:
        with plain_words("The login cannot be written"), writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.token == hidden(token)))

    def _confirmed(self, name: str, password: str, address: str, now_s: float) -> tuple[str, str] | Wait | None:
        """Whose they are, as a key, and the password as it is stored.

        The try is counted before the password is looked at, so that many at once do not get past the limit.
        """
        account, place = _digest("account", key_of(name)), _digest("address", network(address))
        with plain_words("The login cannot be written"), writing(self._engine) as connection:
            take_turn(connection, Turn.LOGIN)
            wait_s = max(self._wait_s(connection, account, now_s), self._wait_s(connection, place, now_s))
            if wait_s > 0:
                return Wait(wait_s)
            for of in (account, place):
                self._count(connection, of, now_s)
            known = connection.execute(select(people).where(people.c.key == key_of(name[:LONGEST_NAME]))).first()
        if not fits(known.password if known else None, password) or known is None:
            return None
        stored = hashed(password) if is_weak_by_now(known.password) else known.password
        with plain_words("The login cannot be written"), writing(self._engine) as connection:
            take_turn(connection, Turn.LOGIN)
            connection.execute(delete(failures).where(failures.c.of == account))
            self._count(connection, place, now_s, -1)
            if stored != known.password:  # renewed, unless it has been changed meanwhile
                same = (people.c.key == known.key) & (people.c.password == known.password)
                connection.execute(people.update().where(same).values(password=stored))
        return known.key, stored

    def _sessions(self, tokens: Collection[str]) -> dict[str, Row[Any]]:
        of = {hidden(token): token for token in tokens}
        query = select(people, sessions.c.token, sessions.c.made_s.label("began_s"), sessions.c.used_s).join(sessions)
        with plain_words("The login cannot be read"), self._engine.begin() as connection:
            return {of[row.token]: row for row in connection.execute(query.where(sessions.c.token.in_(of)))}

    def _is_over(self, row: Row[Any], now_s: float) -> bool:
        p = self.params
        if row.password is None:
            return True
        if person_of(row).roles == (SCREEN,):
            return bool(now_s - row.began_s >= p.screen_s)
        return bool(now_s - row.began_s >= p.longest_s or now_s - row.used_s >= p.idle_s)

    def _wait_s(self, connection: Connection, of: str, now_s: float) -> float:
        p = self.params
        row = connection.execute(select(failures).where(failures.c.of == of)).first()
        if row is None or now_s - row.last_s >= p.forgotten_s:
            return 0.0
        free = p.free_account if of.startswith("account") else p.free_address
        if row.count < free:
            return 0.0
        wait_s = min(p.longest_wait_s, p.first_wait_s * 2.0 ** min(row.count - free, 20))
        return min(p.longest_wait_s, row.last_s + wait_s - now_s)  # whatever the clock has done since

    def _count(self, connection: Connection, of: str, now_s: float, step: int = 1) -> None:
        connection.execute(delete(failures).where(failures.c.last_s < now_s - self.params.forgotten_s))
        before = connection.scalar(select(failures.c.count).where(failures.c.of == of)) or 0
        upsert(connection, failures, {"of": of, "count": max(0, before + step), "last_s": now_s})


def _still(connection: Connection, key: str, stored: str) -> Person | None:
    """Whose password it is by now; None: it was changed while it was looked at, which ends every session of theirs."""
    row = connection.execute(select(people).where(people.c.key == key, people.c.password == stored)).first()
    return None if row is None else person_of(row)


def hidden(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _digest(kind: str, of: str) -> str:
    return f"{kind} {hashlib.sha256(of.encode()).hexdigest()}"


def network(address: str) -> str:
    """Whoever has one address of IPv6 has all of its last half; but for those of IPv4 that are written as one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        return str(known.ipv4_mapped or ipaddress.ip_network(f"{address}/64", strict=False))
    return address
