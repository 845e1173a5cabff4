"""docs/security.md: its numbers are the code's, and every verb, role, setting and test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click import Group

from surefoot.cli.clinic import clinic
from surefoot.cli.main import VERBS
from surefoot.config import Config
from surefoot.pipeline.login import LoginParams
from surefoot.pipeline.passwords import SHORTEST
from surefoot.pipeline.staff import ROLES

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
CONSTANTS = re.findall(r"`LoginParams\.(\w+)` = ([\d.]*\d)", PAGE)


@pytest.mark.parametrize(("field", "value"), CONSTANTS)
def test_its_numbers_are_the_codes(field: str, value: str) -> None:
    assert getattr(LoginParams(), field) == float(value)


def test_the_limits_of_a_login_are_on_it() -> None:
    assert {"free_account", "free_address", "longest_wait_s", "idle_s", "longest_s"} <= {name for name, _ in CONSTANTS}
    assert f"at least {SHORTEST} characters" in PAGE
    for role in ROLES:
        assert re.search(rf"^\| {role} \|", PAGE, re.M)


def test_every_command_on_it_exists() -> None:
    for words in re.findall(r"surefoot ([a-z]+(?: [a-z]+){0,2})", PAGE):
        verb, *rest = words.split()
        assert verb in VERBS, words
        if verb == "clinic" and rest:
            command = clinic.commands.get(rest[0])
            assert command is not None, words
            if isinstance(command, Group) and len(rest) > 1:
                assert rest[1] in command.commands, words


def test_every_file_and_setting_on_it_exists() -> None:
    for path in re.findall(r"`((?:tests|benchmarks)/\w+\.py)`", PAGE):
        assert (ROOT / path).exists(), path
    for path in re.findall(r"`((?:web|pipeline|cli)/\w+\.py)`", PAGE):
        assert (ROOT / "src" / "surefoot" / path).exists(), path
    assert {"retention_days", "seal_records", "keys"} <= set(Config.model_fields)
