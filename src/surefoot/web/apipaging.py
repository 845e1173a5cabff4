"""Paging: how much one answer of /api/v1 holds, and where the next one begins."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from surefoot.web.problems import ProblemError

T = TypeVar("T")
Key = tuple[str | float, ...]

Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many in one answer.")]
After = Annotated[str | None, Query(max_length=600, description="The `next` of the answer before.")]
Since = Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$", description="First day, YYYY-MM-DD.")]
Until = Annotated[str | None, Query(pattern=r"^\d{4}-\d\d-\d\d$", description="Last day, YYYY-MM-DD.")]


def paged(
    found: Sequence[T], key: Callable[[T], Key], limit: int, after: str | None
) -> tuple[tuple[T, ...], str | None]:
    """Those behind the place ``after``, in the order of their keys, and the place to read on from.

    A place is a key, so nothing is told twice or left out when something comes in between.
    """
    ordered = sorted(found, key=key)
    if after is not None:
        place = _place(after, key(ordered[0])) if ordered else ()
        ordered = [one for one in ordered if key(one) > place]
    told = tuple(ordered[:limit])
    return told, _cursor(key(told[-1])) if len(ordered) > limit else None


def in_span(day: str, since: str | None, until: str | None) -> bool:
    return (since is None or day >= since) and (until is None or day <= until)


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _place(text: str, like: Key) -> Key:
    try:
        given = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        given = None
    kinds = [(float, int) if isinstance(part, float) else type(part) for part in like]
    is_one = isinstance(given, list) and len(given) == len(like)
    if not is_one or not all(isinstance(part, kind) for part, kind in zip(given, kinds, strict=True)):
        raise ProblemError("bad-cursor", "It is none that was given out for this list.", "Begin without `after`.")
    return tuple(given)
