"""A patient's profile in words: which one stands, what it says, and what one has that another had not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from surefoot.pipeline.profiles import Cause, Profile
from surefoot.pipeline.store import Store
from surefoot.records import Affected, AidKind, Side

CAUSE_WORDS: dict[Cause, str] = {
    "disc": "slipped disc",
    "stenosis": "narrow canal (stenosis)",
    "after_surgery": "after an operation of the spine",
    "outside_spine": "from outside the spine (such as the deep gluteal region)",
    "other": "other",
    "": "not known",
}
AID_WORDS: dict[AidKind, str] = {"brace": "brace", "stick": "stick or crutch", "shoes": "special shoes"}
SIDE_WORDS = {"left": "left leg", "right": "right leg", "both": "both legs", "": "not known"}


def stands(store: Store, gateway: str) -> Profile:
    """The last one, with the leg and day of an order that was given later without it, from the command line."""
    known, given = store.office.profiles.of(gateway), store.orders.given(gateway)
    last = known[-1].profile if known else Profile()
    ordered = next(((one.order.given_s, one.order.what) for one in given if isinstance(one.order.what, Affected)), None)
    if ordered is not None and (not known or ordered[0] > known[-1].at_s) and isinstance(ordered[1], Affected):
        return replace(last, side=ordered[1].side, since=ordered[1].since)
    return last


def said(profile: Profile) -> str:
    """A profile in one line; what is not known is said to be that."""
    if profile == Profile():
        return "Nothing is known yet of this patient's sciatica."
    side = "affected leg not known" if not profile.side else f"{SIDE_WORDS[profile.side]} affected"
    roots = f"roots {' and '.join(profile.roots)}" if profile.roots else "roots not known"
    cause = f"type: {CAUSE_WORDS[profile.cause]}"
    since = f"since {profile.since}" if profile.since else "since when not known"
    aids = "walks with " + (" and ".join(AID_WORDS[aid] for aid in profile.aids) if profile.aids else "no aid")
    text = ", ".join((side, roots, cause, since, aids))
    return f"{text[0].upper()}{text[1:]}.{f' {profile.remark}' if profile.remark else ''}"


def changes(before: Profile, after: Profile) -> str:
    """What one has that the other had not, in words."""
    told = []
    for name, words in (("side", SIDE_WORDS), ("cause", CAUSE_WORDS)):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            told.append(f"{'affected' if name == 'side' else 'type'}: {words[now]} (was {words[was]})")  # type: ignore[index]
    for name, called in (("roots", "roots"), ("aids", "walks with"), ("since", "since"), ("remark", "remark")):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            told.append(f"{called}: {_listed(now)} (was {_listed(was)})")
    return "Profile: " + ("; ".join(told) or "as before")


def _listed(value: str | Sequence[str]) -> str:
    return (value if isinstance(value, str) else ", ".join(value)) or "not known"


def affected_in(profile: Profile) -> Affected | None:
    """What the home needs of it: a recovery is one leg's against the other."""
    sided = profile.side in get_args(Side) and profile.since
    return Affected(profile.side, profile.since) if sided else None  # type: ignore[arg-type]  # one of them
