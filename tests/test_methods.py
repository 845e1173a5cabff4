"""docs/methods.md: every detector is in it, every picture is there, every constant is the code's."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from surefoot.signal import contacts

ROOT = Path(__file__).resolve().parent.parent
SIGNAL = ROOT / "src" / "surefoot" / "signal"
PAGE = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
PICTURES = ROOT / "docs" / "pictures"
LARGEST_BYTES = 150_000
PLUMBING = {
    "__init__",
    "blocks",
    "performance",
    "leg",
    "ring",
    "snippets",
    "table",
    "told",
    "track",
    "walk",
}  # carry what others detect
ROOMS = [
    importlib.import_module(".".join(("surefoot", *path.relative_to(SIGNAL.parent).with_suffix("").parts)))
    for folder in (SIGNAL, SIGNAL.parent / "pipeline", SIGNAL.parent / "alerts")
    for path in sorted(folder.rglob("*.py"))
]
FILES = {p.stem for p in SIGNAL.rglob("*.py")}
CONSTANTS = re.findall(r"`(\w+Params)\.(\w+)`\s+=\s+(-?[\d.]*\d)", PAGE)


@pytest.mark.parametrize("file", sorted(FILES - PLUMBING))
def test_every_file_that_detects_something_is_explained(file: str) -> None:
    assert f"`{file}.py`" in PAGE


def test_no_file_is_explained_that_is_gone() -> None:
    named = set(re.findall(r"`(\w+)\.py`", PAGE))
    assert named - FILES == set()


def test_its_pictures_are_there_and_small_and_no_other() -> None:
    named = set(re.findall(r"\(pictures/(method-[\w-]+\.png)\)", PAGE))
    there = {p.name: p.stat().st_size for p in PICTURES.glob("method-*.png")}
    assert named == set(there)
    assert {name for name, size in there.items() if size > LARGEST_BYTES} == set()


def test_a_command_makes_every_picture() -> None:
    script = (ROOT / "benchmarks" / "pictures.py").read_text(encoding="utf-8")
    made = {f"method-{name}.png" for name in re.findall(r'^\s+"([\w-]+)": lambda', script, re.M)}
    assert made == {p.name for p in PICTURES.glob("method-*.png")}


def test_every_command_it_names_exists() -> None:
    for script in re.findall(r"python (benchmarks/\w+\.py)", PAGE):
        assert (ROOT / script).is_file(), script


def test_it_tells_many_constants() -> None:
    assert len(CONSTANTS) > 40


@pytest.mark.parametrize(("owner", "name", "value"), CONSTANTS)
def test_every_constant_is_that_of_the_code(owner: str, name: str, value: str) -> None:
    found = next(getattr(room, owner) for room in ROOMS if hasattr(room, owner))
    assert getattr(found(), name) == pytest.approx(float(value))


def test_the_offsets_of_the_foot_are_those_of_the_code() -> None:
    foot = contacts.contact_params("foot")
    assert f"foot {foot.strike_offset_s:g} and {foot.final_offset_s:g}." in PAGE
    assert f"(foot {foot.least_peak_share:g})" in PAGE
