"""The roles: what each may see and do. What is not named here is for those who treat patients."""

from __future__ import annotations

from collections.abc import Sequence

from surefoot.pipeline.staff import SCREEN, Person, Role
from surefoot.web.language import N_, _

ROLE_WORDS: dict[Role, str] = {
    "therapist": N_("therapist"),
    "care-team": N_("care team"),
    "admin": N_("administrator"),
    "wall-screen": N_("wall screen"),
}

OPEN = ("/login", "/healthz", "/static")  # asked for before anybody is known
EVERYBODY: tuple[Role, ...] = ("therapist", "care-team", "admin")
ALSO_SCREENS: tuple[Role, ...] = ("therapist", "care-team", "wall-screen")
CARE: tuple[Role, ...] = ("therapist", "care-team")
THERAPIST: tuple[Role, ...] = ("therapist",)
ADMIN: tuple[Role, ...] = ("admin",)

SEE: dict[str, tuple[Role, ...]] = {  # other pages: CARE
    "/": ALSO_SCREENS,
    "/alerts": ALSO_SCREENS,
    "/alerts/technical": (*EVERYBODY, "wall-screen"),
    "/live": (*EVERYBODY, "wall-screen"),
    "/tokens": ADMIN,
}
DO: dict[str, tuple[Role, ...]] = {  # other forms: THERAPIST, so that one nobody thought of here lets in too few
    "/login": (*EVERYBODY, "wall-screen"),
    "/logout": (*EVERYBODY, "wall-screen"),
    "/acknowledge": CARE,
    "/snooze": CARE,
    "/wake": CARE,
    "/escalate": CARE,
    "/resolve": CARE,
    "/seen": EVERYBODY,
    "/tokens": ADMIN,
    "/tokens/revoke": ADMIN,
}


def is_open(path: str) -> bool:
    """Whether this may be asked for without a login."""
    return any(path == one or path.startswith(f"{one}/") for one in OPEN)


def allowed(method: str, path: str) -> tuple[Role, ...]:
    """The roles that may do this."""
    if method in ("GET", "HEAD"):
        return SEE.get(path, CARE)
    return DO.get(path, THERAPIST)


def may(person: Person | None, method: str, path: str) -> bool:
    """None stands for somebody at the clinic's own computer, before anybody has a login: they may all of it."""
    return person is None or any(role in person.roles for role in allowed(method, path))


def whom(method: str, path: str) -> str:
    """Those people of whom somebody can ask it."""
    return in_words([role for role in allowed(method, path) if role != SCREEN])


def in_words(roles: Sequence[Role]) -> str:
    return _(" and ").join(_(ROLE_WORDS[role]) for role in roles)


def start_page(person: Person) -> str:
    return "/" if may(person, "GET", "/") else "/alerts/technical"
