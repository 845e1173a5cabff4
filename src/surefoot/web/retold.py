"""Retelling: what was composed in English where nobody knows who will read it, said in the language spoken.

Alerts, reasons and refusals come as whole sentences, from other rooms and from stores that may be years old. Each is
known again by its shape, a text of the catalogue with {fields}: ``{n}``, ``{n2}`` hold numbers, ``{day}`` a day,
``{name...}`` anything, left as it is; what any other field holds is retold in turn. What no shape fits stays in English
between two marks, which the page turns into ``<span lang="en">``: never half a translation, never a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

from surefoot.web import language
from surefoot.web.alertshapes import ALERTS
from surefoot.web.dayshapes import DAYS
from surefoot.web.homeshapes import HOMES
from surefoot.web.language import OWN, day_words, numerals, spoken
from surefoot.web.testshapes import TESTS
from surefoot.web.workshapes import WORK

FOREIGN, END = "\ufdd0", "\ufdd1"  # no characters: Unicode leaves them to programs, and no text holds them
SEPARATORS = ("; ", ", ", " and ")  # between things that are told in a row, the widest first
_FIELD = re.compile(r"\{(\w+)\}")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z])")
_TAG_OR_MARK = re.compile(f"<script\\b.*?</script>|<title>.*?</title>|<[^>]*>|{FOREIGN}|{END}", re.DOTALL)
_NUMBER = r"[-+\N{MINUS SIGN}]?\d[\d.,]*"
_DAY = r"\d{4}-\d\d-\d\d"


def retold(text: str) -> str:
    """``text`` in the language spoken; where it is not known, as it is, marked as English."""
    if spoken() == OWN or not text.strip():
        return text
    found = _said(spoken(), text)
    return f"{FOREIGN}{text}{END}" if found is None else found


def untold(text: str) -> str:
    """Without the marks: for places that cannot say which language a part is in."""
    return text.replace(FOREIGN, "").replace(END, "")


def marked_up(page: str) -> str:
    """The marks of a page as tags; within tags and scripts they only go."""
    if FOREIGN not in page:
        return page
    tags = {FOREIGN: f'<span lang="{OWN}">', END: "</span>"}
    return _TAG_OR_MARK.sub(lambda found: tags.get(found[0]) or untold(found[0]), page)


@lru_cache(maxsize=16_384)
def _said(_language: str, text: str) -> str | None:
    """Kept, for pages say much alike; and so that no sentence, however long, is tried twice in its parts."""
    return _whole(text) or _by_sentences(text) or _in_a_row(text)


def _whole(text: str) -> str | None:
    """As one text of the catalogue, with or without fields."""
    known = shapes()
    if text in known or language._(text) != text:
        return language._(text)
    for shape, pattern in known.items():
        match = pattern.fullmatch(text) if pattern else None
        if match is not None:
            said = {name: _field(name, given) for name, given in match.groupdict().items()}
            if None not in said.values():
                return language._(shape, **said)
    return None


def _by_sentences(text: str) -> str | None:
    parts = _BETWEEN_SENTENCES.split(text)
    for many in range(min(_most_sentences(), len(parts) - 1), 0, -1):
        first = _whole(" ".join(parts[:many]))
        rest = _said(spoken(), " ".join(parts[many:])) if first is not None else None
        if first is not None and rest is not None:
            return f"{first} {rest}"
    return None


def _in_a_row(text: str) -> str | None:
    for separator in SEPARATORS:
        if separator in text:
            parts = [_said(spoken(), part) for part in text.split(separator)]
            if None not in parts:
                return (language._(" and ") if separator == " and " else separator).join(str(part) for part in parts)
    return None


def _field(name: str, given: str) -> str | None:
    kind = _kind(name)
    return _said(spoken(), given) if kind is None else kind[1](given)


def _kind(name: str) -> tuple[str, Callable[[str], str]] | None:
    """What a field of this name holds, and how that is said; None: words."""
    if re.fullmatch(r"n\d?", name):
        return _NUMBER, numerals
    return (_DAY, day_words) if re.fullmatch(r"day\d?", name) else (r".+?", str) if name.startswith("name") else None


@cache
def shapes() -> dict[str, re.Pattern[str] | None]:
    """Every shape with its pattern; the longest first, for it says most."""
    every = sorted({*ALERTS, *DAYS, *HOMES, *TESTS, *WORK}, key=lambda shape: (-len(_FIELD.sub("", shape)), shape))
    return {shape: re.compile("".join(_pattern(shape)), re.DOTALL) if _FIELD.search(shape) else None for shape in every}


@cache
def _most_sentences() -> int:
    """That one shape holds: more need not be tried together."""
    return max(len(_BETWEEN_SENTENCES.split(shape)) for shape in shapes())


def _pattern(shape: str) -> Iterator[str]:
    for k, part in enumerate(_FIELD.split(shape)):
        if k % 2:
            yield f"(?P<{part}>{(_kind(part) or ('.+?',))[0]})"
        else:
            yield re.escape(part)
