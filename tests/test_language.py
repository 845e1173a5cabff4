"""The catalogues: every text of the pages is in them, translated, with the same fields; and templates hold no other."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import Environment

from foreign import HOW
from surefoot.web.language import FOLDER, languages

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "src" / "surefoot" / "web" / "templates"
KEYWORDS: Any = {"_": None, "N_": None, "_n": (1, 2), "_p": ((1, "c"), 2), "gettext": None, "ngettext": (1, 2)}
OTHERS = [code for code in languages() if code != "en"]
SPOKEN_ATTRIBUTES = re.compile(r'\b(?:aria-label|title|alt|placeholder|data-is)="([^"]*)"')
FIELD = re.compile(r"\{\w*\}|%\(\w+\)s|%%")


@cache
def extracted() -> dict[tuple[str, ...], str]:
    """Every text of the code, its plural with it, and the file it stands in; as `make languages` takes them out."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(one["pattern"], one["method"]) for one in mappings]
    options = {one["pattern"]: one for one in mappings}
    found = extract_from_dir(
        ROOT / "src" / "surefoot", method_map=methods, options_map=options, keywords=KEYWORDS, strip_comment_tags=True
    )
    texts = ((context or "", (text,) if isinstance(text, str) else text, file) for file, _, text, _, context in found)
    return {(context, *text): file for context, text, file in texts if text}


def catalogue(code: str) -> Catalog:
    with (FOLDER / code / "LC_MESSAGES" / "surefoot.po").open("rb") as file:
        return read_po(file, locale=code)


def texts(message: Message) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ids, said = ((one,) if isinstance(one, str) else tuple(one) for one in (message.id, message.string))
    return (message.context or "", *ids), said


def messages(code: str) -> Iterator[Message]:
    return (one for one in catalogue(code) if one.id)


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_of_the_pages_is_in_the_catalogue(code: str) -> None:
    known = {texts(one)[0] for one in messages(code)}
    lacking = {text: file for text, file in extracted().items() if text not in known}
    assert not lacking, f"not in the {code} catalogue yet. Take them over with `make languages`, then translate them."
    assert not (known - set(extracted())), f"no page says these any more: `make languages` takes them out of {code}"


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated_with_the_same_fields(code: str) -> None:
    empty, guessed, other = [], [], []
    for one in messages(code):
        (_, *ids), said = texts(one)
        empty += [ids[0]] if not all(said) else []
        guessed += [ids[0]] if one.fuzzy else []
        fields = {tuple(sorted(set(FIELD.findall(text)))) for text in (*ids, *said)}
        other += [ids[0]] if all(said) and len(fields) > 1 and not _only_the_number_is_left_out(ids, said) else []
    where = f"src/surefoot/web/locale/{code}/LC_MESSAGES/surefoot.po"
    assert not empty, f"write what they are in {code} into {where}"
    assert not guessed, f"look at these and take the word fuzzy away, in {where}"
    assert not other, f"their {{fields}} must be those of the English text, in {where}"


def _only_the_number_is_left_out(ids: list[str], said: tuple[str, ...]) -> bool:
    """Of one and of several: one may go without its number."""
    per_text = [set(FIELD.findall(text)) - {"{n}", "%(n)s"} for text in (*ids, *said)]
    return len(ids) > 1 and all(one == per_text[0] for one in per_text)


@pytest.mark.parametrize("code", OTHERS)
def test_spaces_and_ends_are_those_of_the_english_text(code: str) -> None:
    """A text that is put before or behind another one."""
    wrong = []
    for one in messages(code):
        (_, *ids), said = texts(one)
        for text in said:
            same = (text[:1] == " ") == (ids[0][:1] == " ") and (text[-1:] == " ") == (ids[0][-1:] == " ")
            ends = [whole.rstrip().endswith((".", "?", "!")) for whole in (ids[0], text)]
            wrong += [] if same and (ends[0] == ends[1] or "{" in ids[0][-2:]) else [(ids[0], text)]
    assert not wrong


# ---- templates


def unspoken(source: str) -> Iterator[str]:
    """Words of a template that stand outside of ``_("...")`` and ``{% trans %}``."""
    html, translated = [], False
    for _, kind, value in Environment().lex(source):
        if kind == "name" and value in ("trans", "endtrans"):
            translated = value == "trans"
        elif kind == "data" and not translated:
            html.append(value)
        elif kind in ("variable_begin", "block_begin"):
            html.append("\x00")
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", "".join(html), flags=re.DOTALL)
    yield from (one for one in SPOKEN_ATTRIBUTES.findall(page) if re.search(r"[^\W\d_]{2,}", one))
    for text in re.split(r"<[^>]*>|\x00", page):
        if re.search(r"[^\W\d_]{2,}", text):
            yield " ".join(text.split())


SAME = re.compile(r"(- )?surefoot$|PDF$|PIN$|data-[a-z]+")  # in every language; and what a block puts into a tag
ENGLISH = ("apidocs.html",)  # for programmers; its addresses are answered in English only


@pytest.mark.parametrize(
    "template", sorted(one for one in TEMPLATES.glob("*.html") if one.name not in ENGLISH), ids=lambda path: path.name
)
def test_a_template_says_nothing_that_cannot_be_translated(template: Path) -> None:
    said = [text for text in unspoken(template.read_text()) if not SAME.match(text)]
    assert not said, f"{template.name}: {HOW}"


def test_what_a_template_says_is_found() -> None:
    assert list(unspoken('<p title="Read me">Hello {{ _("x") }} <b>{% trans %}you{% endtrans %}</b> there</p>')) == [
        "Read me",
        "Hello",
        "there",
    ]
    assert list(unspoken('<p class="old {{ x }}">{{ _("x") }}</p><style>p { color: red }</style>')) == []
