"""``surefoot sbom``: the bill of materials: every package this installation runs on, as CycloneDX JSON."""

from __future__ import annotations

import json
import os
import platform
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from typing import Any

import click
from packaging.requirements import Requirement

from surefoot import __version__

OURS = "surefoot"
Json = dict[str, Any]


@click.command()
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it there instead of printing it."
)
def sbom(output: Path | None) -> None:
    """Print the software bill of materials: each package with its version, licence, and what needs it.

    It is what is installed here, right now: surefoot's own requirements and theirs, with the optional parts that are
    installed. CycloneDX 1.6, JSON, for tools that look packages up in lists of known faults:

    \b
      surefoot sbom --output surefoot.cdx.json

    Not in it: what is not a Python package (the broker, PostgreSQL, the operating system), and what a package carries
    inside (OpenSSL in cryptography, SQLite in Python).
    """
    text = json.dumps(bill(_now()), indent=1, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        click.echo(f"Written to {output}.")


def bill(now_s: float) -> Json:
    """The bill as CycloneDX wants it; the same packages have the same serial number."""
    found, needs = _closure()
    ours = found.pop(OURS, None)
    components = [_component(one) for _, one in sorted(found.items())]
    python = {
        "type": "platform",
        "bom-ref": "python",
        "name": platform.python_implementation(),
        "version": platform.python_version(),
    }
    refs = {name: _purl(one) for name, one in found.items()} | {OURS: f"pkg:pypi/{OURS}@{__version__}"}
    content = json.dumps([__version__, components], sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(now_s, UTC).isoformat(timespec="seconds"),
            "tools": {"components": [{"type": "application", "name": "surefoot sbom", "version": __version__}]},
            "component": {
                "type": "application",
                "bom-ref": refs[OURS],
                "name": OURS,
                "version": __version__,
                "purl": refs[OURS],
                "licenses": _licenses(ours) if ours else [],
            },
        },
        "components": [*components, python],
        "dependencies": [
            {"ref": refs[name], "dependsOn": sorted({refs[one] for one in needs[name] if one in refs})}
            for name in sorted(refs)
            if name in needs
        ],
    }


def _closure() -> tuple[dict[str, Distribution], dict[str, set[str]]]:
    """All packages that surefoot needs here, by their plain names, and which each of them needs."""
    found: dict[str, Distribution] = {}
    needs: dict[str, set[str]] = {}
    asked: set[tuple[str, str]] = set()
    todo = [(OURS, extra) for extra in ("", *_installed_extras())]
    while todo:
        name, extra = todo.pop()
        one = _installed(name)
        if (name, extra) in asked or one is None:
            continue
        asked.add((name, extra))
        found[name] = one
        wanted = [r for r in _requirements(one) if r.marker is None or r.marker.evaluate({"extra": extra})]
        needs.setdefault(name, set()).update(_plain(r.name) for r in wanted)
        todo += [(_plain(r.name), extra) for r in wanted for extra in ("", *r.extras)]
    return found, needs


def _installed_extras() -> Iterator[str]:
    """The optional parts of surefoot that are here whole; what developers need is none of them."""
    ours = _installed(OURS)
    for extra in (ours.metadata.get_all("Provides-Extra") or []) if ours else []:
        wanted = [r for r in _requirements(ours) if r.marker and r.marker.evaluate({"extra": extra})] if ours else []
        if extra != "dev" and wanted and all(_installed(_plain(r.name)) for r in wanted):
            yield extra


def _requirements(one: Distribution) -> list[Requirement]:
    return [Requirement(text) for text in one.requires or []]


def _installed(name: str) -> Distribution | None:
    try:
        return metadata.distribution(name)
    except PackageNotFoundError:
        return None


def _component(one: Distribution) -> Json:
    about = one.metadata
    found: Json = {
        "type": "library",
        "bom-ref": _purl(one),
        "name": about["Name"],
        "version": one.version,
        "purl": _purl(one),
        "licenses": _licenses(one),
    }
    supplier = (
        about.get("Author") or about.get("Author-email") or about.get("Maintainer") or about.get("Maintainer-email")
    )
    return found | ({"supplier": {"name": " ".join(supplier.split())}} if supplier else {})


def _licenses(one: Distribution) -> list[Json]:
    """As the package states it: an expression, else names; none where it states none."""
    if expression := one.metadata.get("License-Expression"):
        return [{"expression": expression}]
    classifiers = one.metadata.get_all("Classifier") or []
    names = [text.rpartition(" :: ")[2] for text in classifiers if text.startswith("License :: ")]
    stated = (one.metadata.get("License") or "").strip()
    names = names or ([stated] if stated and len(stated) <= 80 and "\n" not in stated else [])
    return [{"license": {"name": name}} for name in names]


def _purl(one: Distribution) -> str:
    return f"pkg:pypi/{_plain(one.metadata['Name'])}@{one.version}"


def _plain(name: str) -> str:
    """One spelling of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _now() -> float:
    """The time of a reproducible build, where one is set."""
    return float(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
