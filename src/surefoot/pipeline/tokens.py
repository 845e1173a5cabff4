"""Read tokens: what lets a program read, of which patients, until when; kept so that the table lets nobody in."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Engine, Row, select

from surefoot.pipeline.engine import StoreError, plain_words, writing
from surefoot.pipeline.stafftables import token_patients, tokens

Scope = Literal["patients:read", "days:read", "incidents:read", "alerts:read", "exports:read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
TokenState = Literal["valid", "expired", "revoked"]

PREFIX = "surefoot_"  # by which people and programs that look for lost secrets know one
LOOKS_LIKE = re.compile(rf"{PREFIX}[A-Za-z0-9]{{8}}_[A-Za-z0-9_-]{{20,}}")
_WHOLE = re.compile(rf"{PREFIX}([A-Za-z0-9]{{8}})_[A-Za-z0-9_-]{{43}}")
LONGEST_NAME = 80
NOTED_S = 60.0  # that a token is used is written at most so often
DAY_S = 86_400.0
_NONE = "No token was made."


@dataclass(frozen=True, slots=True)
class Token:
    """What one token may. ``patients``: gateways; None: all, also those that come later."""

    id: str
    name: str
    scopes: tuple[Scope, ...]
    patients: tuple[str, ...] | None
    made_s: float
    made_by: str
    expires_s: float
    used_s: float | None
    revoked_s: float | None

    def state(self, now_s: float) -> TokenState:
        if self.revoked_s is not None:
            return "revoked"
        return "valid" if now_s < self.expires_s else "expired"

    def sees(self, gateway: str) -> bool:
        return self.patients is None or gateway in self.patients


class Tokens:
    """Of one clinic. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(
        self, name: str, scopes: Sequence[Scope], patients: Sequence[str] | None, days: float, by: str, now_s: float
    ) -> tuple[Token, str]:
        """The token and its text, which is told this once: only a digest of it is kept."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise StoreError(f"A token's name has 1 to {LONGEST_NAME} characters.", _NONE, "Give another one.")
        unknown = [one for one in scopes if one not in SCOPES]
        if unknown or not scopes:
            told = f"There is no scope {unknown[0]}." if unknown else "A scope is missing."
            raise StoreError(told, _NONE, f"Scopes are: {', '.join(SCOPES)}.")
        public = secrets.token_hex(4)
        text = f"{PREFIX}{public}_{secrets.token_urlsafe(32)}"
        row = {
            "id": public, "name": name, "digest": _digest(text), "scopes": "\n".join(s for s in SCOPES if s in scopes),
            "everybody": patients is None, "made_s": now_s, "made_by": by, "expires_s": now_s + days * DAY_S,
        }  # fmt: skip
        with plain_words("The tokens cannot be written"), writing(self._engine) as connection:
            if connection.scalar(select(tokens.c.id).where(tokens.c.name == name)) is not None:
                raise StoreError(f"There is, or was, a token called {name}.", _NONE, "Give this one another name.")
            connection.execute(tokens.insert().values(row))
            for gateway in dict.fromkeys(patients or ()):
                connection.execute(token_patients.insert().values(id=public, gateway=gateway))
            made = connection.execute(select(tokens).where(tokens.c.id == public)).one()
            return _token(connection, made), text

    def all(self) -> list[Token]:
        """By name, also those that let nobody in any more."""
        with plain_words("The tokens cannot be read"), self._engine.begin() as connection:
            return [_token(connection, row) for row in connection.execute(select(tokens).order_by(tokens.c.name)).all()]

    def revoke(self, name: str, now_s: float) -> Token:
        """It lets nobody in from now on; by its name or id."""
        mine = (tokens.c.name == " ".join(name.split())) | (tokens.c.id == name)
        with plain_words("The tokens cannot be written"), writing(self._engine) as connection:
            row = connection.execute(select(tokens).where(mine)).first()
            if row is None or row.revoked_s is not None:
                told = f"There is no token {name}." if row is None else f"The token {row.name} was revoked before."
                raise StoreError(told, "Nothing was changed.", "See which: surefoot clinic token list.")
            connection.execute(tokens.update().where(tokens.c.id == row.id).values(revoked_s=now_s))
            return _token(connection, connection.execute(select(tokens).where(tokens.c.id == row.id)).one())

    def known(self, text: str, now_s: float) -> Token | None:
        """The token of a text, whatever its state; None: it is none of this clinic's. That it is used is noted."""
        shape = _WHOLE.fullmatch(text)
        if shape is None:
            return None
        with plain_words("The tokens cannot be read"), self._engine.begin() as connection:
            row = connection.execute(select(tokens).where(tokens.c.id == shape[1])).first()
            if row is None or not compare_digest(row.digest, _digest(text)):
                return None
            found = _token(connection, row)
        if found.state(now_s) == "valid" and (found.used_s is None or abs(now_s - found.used_s) >= NOTED_S):
            with plain_words("The tokens cannot be written"), writing(self._engine) as connection:
                connection.execute(tokens.update().where(tokens.c.id == found.id).values(used_s=now_s))
        return found


def _token(connection: Connection, row: Row[Any]) -> Token:
    theirs = select(token_patients.c.gateway).where(token_patients.c.id == row.id).order_by(token_patients.c.gateway)
    scopes = tuple(one for one in SCOPES if one in row.scopes.split("\n"))
    patients = None if row.everybody else tuple(connection.scalars(theirs))
    return Token(row.id, row.name, scopes, patients, row.made_s, row.made_by, row.expires_s, row.used_s, row.revoked_s)


def _digest(text: str) -> str:
    """Of 256 random bits: there is nothing to guess, so nothing slow is needed."""
    return hashlib.sha256(text.encode()).hexdigest()
