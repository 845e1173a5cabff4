"""Who is acting: the visitor whose request is being answered, known to pages and forms wherever they are."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from surefoot.pipeline.staff import Person
from surefoot.web.language import N_

NOBODY = N_("somebody at this clinic's own computer")  # no login is needed there as long as nobody has one


@dataclass(frozen=True, slots=True)
class Visitor:
    """``person``: who logged in; None where nobody has to. ``csrf``: what their forms must bring back.

    ``edition``: the news that what is shown to them now holds at least.
    """

    person: Person | None = None
    csrf: str = ""
    needs_login: bool = False
    edition: str = ""

    @property
    def name(self) -> str:
        return self.person.name if self.person else NOBODY


_VISITOR: ContextVar[Visitor] = ContextVar("visitor", default=Visitor())  # noqa: B039  # frozen


def visitor() -> Visitor:
    return _VISITOR.get()


def visited_by(one: Visitor) -> None:
    """From here on, in this task and the threads it starts."""
    _VISITOR.set(one)
