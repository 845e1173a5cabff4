"""The line as the pages tell it: whether messages can come in just now, and since when not."""

from __future__ import annotations

from dataclasses import dataclass

from surefoot.web.language import _
from surefoot.web.retold import retold

STORE_TOLD_S = 300.0  # so long a failed write of the database is told after its last time


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands between the homes and this clinic's records."""

    what: str
    since_s: float
    meaning: str


class Line:
    """Set by whoever ingests, read by the pages (in other threads: each change is one assignment)."""

    def __init__(self, now_s: float) -> None:
        self._up = False
        self._down: tuple[str, float] = ("The broker has not answered yet.", now_s)
        self._failed: tuple[str, float] | None = None

    @property
    def is_up(self) -> bool:
        return self._up

    def up(self) -> None:
        """The broker answers and sends what homes publish."""
        self._up = True

    def down(self, what: str, now_s: float) -> None:
        """No line to the broker, for the reason ``what``; the first time counts until it is up again."""
        since_s = now_s if self._up else self._down[1]
        self._down = (what, since_s)
        self._up = False

    def store_failed(self, what: str, now_s: float) -> None:
        """A batch could not be stored; the homes keep theirs and send again."""
        self._failed = (what, now_s)

    def troubles(self, now_s: float) -> list[Trouble]:
        found = []
        if not self._up:
            what, since_s = self._down
            told = _("Broker not reachable. {what}", what=retold(what))
            found.append(Trouble(told, since_s, _("Data on this page may be old.")))
        if self._failed and now_s - self._failed[1] < STORE_TOLD_S:
            what, at_s = self._failed
            found.append(Trouble(retold(what), at_s, _("Homes keep what they sent and send it again.")))
        return found
