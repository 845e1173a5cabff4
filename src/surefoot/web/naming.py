"""Naming: patients' labels as people type them, in whatever script; what looks alike is the same."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # within words of many scripts, and within emoji
TAGS = range(0xE0020, 0xE0080)  # of which some flags are made


def tidy(label: str) -> str:
    """Composed, on one line, without what is not seen or turns the line around; empty when there is nothing to see."""
    words = " ".join(unicodedata.normalize("NFC", label).split())
    kept = "".join(one for one in words if not _is_unseen(one))
    return kept if any(unicodedata.category(one)[0] in "LNSP" for one in kept) else ""


def alike(text: str) -> str:
    """The same for whatever a reader takes for the same: composed or not, wide or narrow, large or small."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _is_unseen(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cf") and one not in JOINERS and ord(one) not in TAGS
