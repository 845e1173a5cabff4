"""The PIN of the patient's page: kept as argon2 in the home's store; whoever guesses waits longer each time."""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import Engine, delete, select

from surefoot.pipeline.engine import StoreError, plain_words, writing
from surefoot.pipeline.login import LoginParams, Logins, Wait
from surefoot.pipeline.passwords import hashed
from surefoot.pipeline.rows import upsert
from surefoot.pipeline.stafftables import people, sessions

NAME = "the patient's page"  # whose session it is; it has no role, so it opens nothing of a clinic's pages
SHORTEST, LONGEST = 6, 12
# A phone is its owner's: it stays known for a month without use, half a year at most. Engineering choices (P).
PARAMS = LoginParams(idle_s=30 * 86400.0, longest_s=180 * 86400.0, noted_s=3600.0, free_address=10)


class Pin:
    """Of one home. Safe to use from several threads and programs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._logins = Logins(engine, PARAMS)

    def is_set(self) -> bool:
        with plain_words("The login cannot be read"), self._engine.begin() as connection:
            query = select(people.c.password).where(people.c.key == NAME)
            return connection.scalar(query) is not None

    def set(self, pin: str, now_s: float) -> None:
        """Every phone has to give the new one. StoreError when it is no good."""
        if told := fault(pin):
            raise StoreError(f"This PIN cannot be used: {told}.", "Nothing was changed.", "Choose another one.")
        row = {"key": NAME, "name": NAME, "roles": "", "password": hashed(pin), "made_s": now_s, "changed_s": now_s}
        with plain_words("The login cannot be written"), writing(self._engine) as connection:
            upsert(connection, people, row)
            connection.execute(delete(sessions).where(sessions.c.key == NAME))

    def drop(self) -> None:
        """None is needed any more, and nobody is let in from elsewhere."""
        with plain_words("The login cannot be written"), writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.key == NAME))
            connection.execute(delete(people).where(people.c.key == NAME))

    def enter(self, pin: str, address: str, token: str, now_s: float) -> bool | Wait:
        """Whether it is the PIN; then ``token``, which the caller has made up, is known from here on."""
        found = self._logins.log_in(NAME, pin, address, token, now_s)
        return found if isinstance(found, Wait) else found is not None

    def knows(self, token: str, now_s: float) -> bool:
        return self._logins.who(token, now_s) is not None


def fault(pin: str) -> str:
    """Why a PIN is no good; empty: it is. Six digits take years to guess at the pace that guessing is let."""
    if not pin.isascii() or not pin.isdigit():
        return "it has something else than digits"
    if not SHORTEST <= len(pin) <= LONGEST:
        return f"it has {len(pin)} digits; {SHORTEST} to {LONGEST} are needed"
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, -1}:
        return "the digits follow on from each other"
    return ""
