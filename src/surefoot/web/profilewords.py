"""A patient's profile in words: which one stands, what it says, and what one has that another had not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from surefoot.pipeline.profiles import Cause, Profile
from surefoot.pipeline.store import Store
from surefoot.records import Affected, AidKind, Side
from surefoot.web.language import N_, _, day_words
from surefoot.web.words import sentence

CAUSE_WORDS: dict[Cause, str] = {
    "disc": N_("slipped disc"),
    "stenosis": N_("narrow canal (stenosis)"),
    "after_surgery": N_("after an operation of the spine"),
    "outside_spine": N_("from outside the spine (such as the deep gluteal region)"),
    "other": N_("other"),
    "": N_("not known"),
}
AID_WORDS: dict[AidKind, str] = {  # usually walked with: straps are no part of a profile
    "brace": N_("brace"),
    "stick": N_("stick or crutch"),
    "shoes": N_("special shoes"),
}
SIDE_WORDS = {"left": N_("left leg"), "right": N_("right leg"), "both": N_("both legs"), "": N_("not known")}


CHANGED = {
    "side": N_("affected: {now} (was {was})"),
    "cause": N_("type: {now} (was {was})"),
    "roots": N_("roots: {now} (was {was})"),
    "aids": N_("walks with: {now} (was {was})"),
    "since": N_("since: {now} (was {was})"),
    "remark": N_("remark: {now} (was {was})"),
}


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
        return _("Nothing is known yet of this patient's sciatica.")
    legs = _("{leg} affected", leg=_(SIDE_WORDS[profile.side])) if profile.side else _("affected leg not known")
    roots = _("roots {roots}", roots=_(" and ").join(profile.roots)) if profile.roots else _("roots not known")
    cause = _("type: {cause}", cause=_(CAUSE_WORDS[profile.cause]))
    since = _("since {day}", day=day_words(profile.since)) if profile.since else _("since when not known")
    aids = _("walks with no aid")
    if profile.aids:
        aids = _("walks with {aids}", aids=_(" and ").join(_(AID_WORDS[aid]) for aid in profile.aids))
    text = sentence(", ".join((legs, roots, cause, since, aids)))
    return f"{text}.{f' {profile.remark}' if profile.remark else ''}"


def changes(before: Profile, after: Profile) -> str:
    """What one has that the other had not, in words."""
    told = []
    for name, words in (("side", SIDE_WORDS), ("cause", CAUSE_WORDS)):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            told.append(_(CHANGED[name], now=_(words[now]), was=_(words[was])))  # type: ignore[index]
    for name in ("roots", "aids", "since", "remark"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            told.append(_(CHANGED[name], now=_listed(name, now), was=_listed(name, was)))
    return _("Profile: {changes}", changes="; ".join(told) or _("as before"))


def _listed(name: str, value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return day_words(value) if name == "since" and value else value or _("not known")
    return ", ".join(_(AID_WORDS[one]) if name == "aids" else one for one in value) or _("not known")  # type: ignore[index]


def affected_in(profile: Profile) -> Affected | None:
    """What the home needs of it: a recovery is one leg's against the other."""
    sided = profile.side in get_args(Side) and profile.since
    return Affected(profile.side, profile.since) if sided else None  # type: ignore[arg-type]  # one of them
