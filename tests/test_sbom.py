"""The bill of materials: whole, true, and as CycloneDX wants it."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from surefoot.cli import sbom as module
from surefoot.cli.sbom import bill, sbom

BILL = bill(1_750_000_000.0)
BY_NAME = {one["name"].lower(): one for one in BILL["components"]}


def test_it_is_what_cyclonedx_wants() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(BILL)) is None
    broken = BILL | {"components": [{"name": "without a type"}]}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(broken)) is not None


def test_every_requirement_is_in_it_and_theirs_and_no_other() -> None:
    direct = {module._plain(r.name) for r in module._requirements(metadata.distribution("surefoot")) if not r.marker}
    plain = {module._plain(name) for name in BY_NAME}
    assert direct <= plain and len(direct) > 12
    assert {"starlette", "pydantic-core", "argon2-cffi", "cffi"} & plain == {
        "starlette",
        "pydantic-core",
        "argon2-cffi",
        "cffi",
    }
    assert not {"pytest", "ruff", "hypothesis", "pip"} & plain, "developers' tools are no part of it"
    for name, one in BY_NAME.items():
        if one["type"] == "library":
            assert one["version"] == metadata.version(name) and one["purl"].endswith(f"@{one['version']}")


def test_who_needs_what_is_told() -> None:
    needs = {one["ref"].partition("@")[0]: one["dependsOn"] for one in BILL["dependencies"]}
    assert any(one.startswith("pkg:pypi/starlette@") for one in needs["pkg:pypi/fastapi"])
    assert any(one.startswith("pkg:pypi/fastapi@") for one in needs["pkg:pypi/surefoot"])
    refs = {one["bom-ref"] for one in BILL["components"]} | {BILL["metadata"]["component"]["bom-ref"]}
    assert {one for told in needs.values() for one in told} <= refs
    assert BY_NAME["numpy"]["licenses"] and BY_NAME["fastapi"]["licenses"]


def test_the_same_packages_make_the_same_bill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1750000000")
    printed = CliRunner().invoke(sbom, []).output
    assert json.loads(printed) == BILL
    assert CliRunner().invoke(sbom, ["--output", str(tmp_path / "bill.json")]).exit_code == 0
    assert (tmp_path / "bill.json").read_text() == printed
