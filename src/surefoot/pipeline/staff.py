"""The staff: who may log in at a clinic's pages, and as what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, Row, delete, select

from surefoot.pipeline.engine import StoreError, plain_words, writing
from surefoot.pipeline.passwords import fault, hashed
from surefoot.pipeline.stafftables import people, sessions

Role = Literal["therapist", "care-team", "admin", "wall-screen"]
ROLES: tuple[Role, ...] = get_args(Role)
SCREEN: Role = "wall-screen"  # nobody: a screen on a wall that the care team looks at
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login. A name is never given twice, not even after its owner has left."""

    name: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A person as the list of the staff shows them."""

    person: Person
    made_s: float
    changed_s: float  # the password
    may_log_in: bool


class Staff:
    """The people of one clinic. Whatever is changed about one of them ends their sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, roles: Sequence[Role], password: str, now_s: float) -> Person:
        """StoreError when the name is taken, or was, or the password is no good."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise StoreError(f"A name has 1 to {LONGEST_NAME} characters.", _NOBODY, "Give another one.")
        _refuse_weak(password, name)
        person = Person(name, _roles(roles))
        row = {"key": key_of(name), "name": name, "roles": "\n".join(person.roles), "password": hashed(password)}
        with plain_words("The staff cannot be written"), writing(self._engine) as connection:
            known = _find(connection, name)
            if known is not None:
                was = "is taken" if known.password else "belonged to somebody who has left: what they did keeps it"
                raise StoreError(f"The name {known.name} {was}.", _NOBODY, "Give another name.")
            connection.execute(people.insert().values(row | {"made_s": now_s, "changed_s": now_s}))
        return person

    def set_password(self, name: str, password: str, now_s: float) -> str:
        """The name as it is written."""
        _refuse_weak(password, name)
        return self._change(name, {"password": hashed(password), "changed_s": now_s})

    def set_roles(self, name: str, roles: Sequence[Role]) -> str:
        return self._change(name, {"roles": "\n".join(_roles(roles))})

    def remove(self, name: str) -> str:
        """They may log in no longer, at once. The name stays theirs."""
        return self._change(name, {"password": None})

    def everybody(self) -> list[Member]:
        """By name, also those who have left."""
        with plain_words("The staff cannot be read"), self._engine.begin() as connection:
            rows = connection.execute(select(people).order_by(people.c.key)).all()
        return [Member(person_of(row), row.made_s, row.changed_s, row.password is not None) for row in rows]

    def known_as(self, name: str) -> str | None:
        """How a name is written; None: nobody has or had it."""
        with plain_words("The staff cannot be read"), self._engine.begin() as connection:
            known = _find(connection, name)
        return None if known is None else str(known.name)

    def is_there(self) -> bool:
        """Whether anybody may log in."""
        query = select(people.c.key).where(people.c.password.is_not(None), people.c.roles != "").limit(1)
        with plain_words("The staff cannot be read"), self._engine.begin() as connection:
            return connection.scalar(query) is not None

    def _change(self, name: str, values: dict[str, object]) -> str:
        with plain_words("The staff cannot be written"), writing(self._engine) as connection:
            known = _find(connection, name)
            if known is None or known.password is None:
                raise StoreError(f"Nobody called {name} may log in.", "Nothing was changed.", "See who: user list.")
            connection.execute(people.update().where(people.c.key == known.key).values(values))
            connection.execute(delete(sessions).where(sessions.c.key == known.key))
        return str(known.name)


_NOBODY = "Nobody was added."


def key_of(name: str) -> str:
    return " ".join(name.split()).casefold()


def person_of(row: Row[Any]) -> Person:
    return Person(row.name, tuple(role for role in ROLES if role in row.roles.split("\n")))


def _find(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(people).where(people.c.key == key_of(name))).first()


def _roles(given: Sequence[Role]) -> tuple[Role, ...]:
    unknown = [role for role in given if role not in ROLES]
    if unknown or not given:
        told = f"There is no role {unknown[0]}." if unknown else "A role is missing."
        raise StoreError(told, "Nothing was changed.", f"Roles are: {', '.join(ROLES)}.")
    return tuple(role for role in ROLES if role in given)


def _refuse_weak(password: str, name: str) -> None:
    if told := fault(password, name):
        raise StoreError(f"This password cannot be used: {told}.", "Nothing was changed.", "Choose another one.")
