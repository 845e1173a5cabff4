"""A language for tests: every text of the catalogue in brackets; what stands outside was never translated."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.messages.pofile import read_po

from surefoot.web import language

CODE = "eo"  # a language that babel knows and nobody has translated to
HOW = "Wrap it in _() (docs/languages.md, 'How to write a text that can be translated'), then: make languages"
FIELD = re.compile(r"(\{\w+\}|%\(\w+\)s|%%)")
SPOKEN = (
    "aria-label",
    "title",
    "alt",
    "placeholder",
    "data-is",
    "data-minutes",
    "data-again",
    "data-urgent",
    "data-now",
)
SPOKEN += ("data-to", "data-moved", "data-on", "data-off", "data-trying", "data-held", "data-range")
DRAWN = ("text", "name", "title", "label", "hovertemplate")  # what a chart's figure says


class Brackets(NullTranslations):
    """``Seen by {who}`` becomes ``⟦Seen by ⟧{who}``: a value that was not translated stays outside."""

    def gettext(self, message: str) -> str:
        return bracketed(message) if message in known() else message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


def bracketed(message: str) -> str:
    return "".join(part if FIELD.fullmatch(part) or not part else f"⟦{part}⟧" for part in FIELD.split(message))


@cache
def known() -> frozenset[str]:
    """Every text that stands in the German catalogue."""
    with (language.FOLDER / "de" / "LC_MESSAGES" / "surefoot.po").open("rb") as file:
        ids = [message.id for message in read_po(file) if message.id]
    return frozenset(text for one in ids for text in ((one,) if isinstance(one, str) else one))


def speak_foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the language to those that can be spoken."""
    real = language.catalogue
    monkeypatch.setattr(language, "catalogue", lambda code: Brackets() if code == CODE else real(code))
    monkeypatch.setattr(language, "languages", lambda: {"en": "English", "de": "Deutsch", CODE: "Esperanto"})
    monkeypatch.setattr("surefoot.web.speaking.languages", language.languages)


class Page(HTMLParser):
    """What a page says: its text, what it tells those who do not see it, and its charts. Not what is marked English."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.english: list[str] = []
        self._within: list[str] = []
        self._english = 0
        self._json: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.said += [str(told[name]) for name in SPOKEN if told.get(name)]
        self.said += json.loads(str(told.get("data-words") or "{}")).values()
        if tag == "script" and told.get("type") == "application/json" and told.get("id") != "chart-words":
            self._json.append("")
        if tag == "span" and (self._english or told.get("lang") == "en"):
            self._english += 1
        if tag in ("script", "style", "a") and (tag != "a" or told.get("lang")):
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()
        if tag == "span" and self._english:
            self._english -= 1
        if tag == "script" and self._json:
            self.said += drawn(json.loads(self._json.pop()))

    def handle_data(self, data: str) -> None:
        if self._json:
            self._json[-1] += data
        elif self._english:
            self.english.append(data)
        elif not self._within:
            self.said.append(data)


def drawn(figure: Any) -> list[str]:
    """Every text of a figure."""
    if isinstance(figure, dict):
        texts = [value for name, value in figure.items() if name in DRAWN and isinstance(value, str)]
        rows = [
            str(one) for name, value in figure.items() if name == "text" and isinstance(value, list) for one in value
        ]
        return texts + rows + [text for value in figure.values() for text in drawn(value)]
    return [text for one in figure for text in drawn(one)] if isinstance(figure, list) else []


def left_over(html: str, data: re.Pattern[str]) -> Iterator[str]:
    """Words outside of brackets that are no ``data``: texts that nobody can translate."""
    page = Page(html)
    whole = re.sub(r"⟦[^⟦⟧]*⟧", " ", "\n".join(page.said))
    whole = re.sub(r"%?\{[^}]*\}|<extra>|</extra>|%-d %b", " ", whole)
    for line in whole.splitlines():
        rest = " ".join(data.sub(" ", line).split())
        if re.search(r"[^\W\d_]{2,}", rest):
            yield f"{rest!r} in {' '.join(line.split())[:160]!r}"
