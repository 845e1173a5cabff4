"""The trail of a visit: what the clinic's log says about a request. No patient's name, no note, no password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from surefoot.web.acting import Visitor
from surefoot.web.guard import SAFE
from surefoot.web.roles import is_open

QUIET = ("/logout", "/live")  # what the door says better itself; what says nothing of a patient
_GATEWAY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORT = re.compile(r"[\w.:+-]{1,80}")  # a number, a choice, an alert's name: nothing that anybody wrote
_WRITTEN = {"csrf", "who", "back", "gateway", "label", "name", "note", "comment", "text", "password"}
_WRITTEN |= {"roots", "cause", "since", "aids", "remark"}  # of a profile: sealed where it is kept

Entry = tuple[str, str, str, str]  # who, what, about, told


def entry(who: Visitor, method: str, path: str, form: Mapping[str, str], refused: bool = False) -> Entry | None:
    """Who, what, about which patient, and what else; None for what nobody needs to know of."""
    if is_open(path) or path in QUIET:
        return None
    named = _GATEWAY.search(path)
    about = named[0] if named else form.get("gateway", "") if _GATEWAY.fullmatch(form.get("gateway", "")) else ""
    what = "saw" if method in SAFE else f"did {path.rpartition('/')[2] or 'something'}"
    told = [path] if method in SAFE or path.count("/") > 1 else []
    told += [f"{name}={value}" for name, value in form.items() if name not in _WRITTEN and _SHORT.fullmatch(value)]
    name = who.name
    if who.person is None and (given := " ".join(form.get("who", "").split())[:80]):
        name = f"{given} (no login)"
    return name, f"was refused: {what}" if refused else what, about, unquote(" ".join(told))
