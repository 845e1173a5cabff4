"""The pages under docs/: every word of the records is explained, every verb and file named exists."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args

import pytest

from surefoot import records
from surefoot.cli.main import VERBS

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
WORDS = (ROOT / "docs" / "words.md").read_text(encoding="utf-8")
EXPLAINED = {name for row in re.findall(r"^\|([^|]*)\|", WORDS, re.M) for name in re.findall(r"`(\w+)`", row)}
RECORDS = [
    r
    for _, r in inspect.getmembers(records, inspect.isclass)
    if is_dataclass(r) and r.__module__.startswith(records.__name__)
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_of_every_record_is_in_the_glossary(record: type) -> None:
    assert {field.name for field in fields(record)} - EXPLAINED == set()


def test_the_glossary_explains_no_field_that_is_gone() -> None:
    assert EXPLAINED - {field.name for record in RECORDS for field in fields(record)} == set()


@pytest.mark.parametrize("kind", get_args(records.IncidentKind) + get_args(records.Tier) + get_args(records.Placement))
def test_every_kind_is_in_the_glossary(kind: str) -> None:
    assert re.search(rf"\b{kind}\b", WORDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_verb_a_page_names_exists(page: Path) -> None:
    assert set(re.findall(r"`surefoot ([a-z]+)", page.read_text(encoding="utf-8"))) <= set(VERBS)


def test_the_license_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text
