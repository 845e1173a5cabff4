"""Passwords: argon2id, as its library sets it, two at a time; and what a password must be."""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
_AT_ONCE = BoundedSemaphore(2)  # each takes 64 MiB and a quarter of a second: a flood of logins waits here
_HASHER = PasswordHasher()


def fault(password: str, name: str) -> str:
    """Why a password is no good; empty: it is."""
    if len(password) < SHORTEST:
        return f"it has {len(password)} characters; at least {SHORTEST} are needed"
    if len(password) > LONGEST:
        return f"it has {len(password)} characters; at most {LONGEST} are taken"
    if len(set(password)) < 5:
        return "it is nearly one character again and again"
    if name.casefold() in password.casefold():
        return "the name is in it"
    return ""


def hashed(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(stored: str | None, password: str) -> bool:
    """Whether it is the password. ``stored`` is None for a name nobody has: that takes as long, and never fits."""
    if len(password) > LONGEST:
        return False
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or _nobodys(), password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_weak_by_now(stored: str) -> bool:
    """Whether it was made with settings that are no longer the library's."""
    return _HASHER.check_needs_rehash(stored)


@cache
def _nobodys() -> str:
    return _HASHER.hash("the password of a name that nobody has")
