"""The office of a clinic: staff and logins, the log of who did what, profiles, and the custody of what is stored."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from surefoot.pipeline import forgetting, sealedstore
from surefoot.pipeline.auditlog import AuditLog
from surefoot.pipeline.engine import fold_journal, plain_words
from surefoot.pipeline.login import Logins
from surefoot.pipeline.ownpage import OwnPage
from surefoot.pipeline.pin import Pin
from surefoot.pipeline.profiles import Profiles
from surefoot.pipeline.staff import Staff
from surefoot.pipeline.tokens import Tokens


class Office:
    """What a store knows beside patients' records: a clinic's staff and what they write; at home the own page's."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.staff = Staff(engine)
        self.logins = Logins(engine)
        self.audit = AuditLog(engine)
        self.tokens = Tokens(engine)
        self.profiles = Profiles(engine)
        self.own_page = OwnPage(engine)
        self.pin = Pin(engine)

    def held(self, gateway: str) -> dict[str, int]:
        """How many rows of each table are a patient's."""
        return forgetting.held(self._engine, gateway)

    def forget(self, gateway: str, now_s: float, who: str) -> dict[str, int]:
        """Delete a patient; how many rows of each table. What comes of theirs later is rejected (``inbox``)."""
        return forgetting.forget(self._engine, gateway, now_s, who)

    def forgotten(self) -> set[str]:
        """Gateways whose patient was deleted."""
        return forgetting.deleted(self._engine)

    def forget_older(self, before_s: float, now_s: float) -> dict[str, int]:
        """Delete records from before a time, by days of UTC; how many rows of each table."""
        day = datetime.fromtimestamp(before_s, UTC).date().isoformat()
        return forgetting.forget_older(self._engine, before_s, day, now_s)

    def sealed_with(self) -> str | None:
        """The id of the key the store is sealed with; None: it is not sealed."""
        with plain_words("The records cannot be read"), self._engine.begin() as connection:
            return sealedstore.sealed_with(connection)

    def seal_anew(self) -> int:
        """Seal with the newest key what is not yet; how many texts that were."""
        with plain_words("The records cannot be sealed"):
            return sealedstore.seal_anew(self._engine)

    def clear_journal(self) -> bool:
        """See that nothing of what was deleted or sealed stands in SQLite's journal, or in its file as it was before.

        False where another program reads just now.
        """
        return fold_journal(self._engine)
