"""The fuzzing of /api/v1 in short: every answer is one that its document promises, and what is planted is found."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from surefoot.pipeline.store import Store
from surefoot.web.apigate import ApiGate


def loaded() -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "benchmarks" / "fuzz_api.py"
    spec = importlib.util.spec_from_file_location("benchmark_fuzz_api", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


FUZZ = loaded()


def test_every_answer_is_one_that_the_document_promises() -> None:
    told = FUZZ.by_schema(FUZZ.Clinic(), 4, 3)
    assert told.faults == []
    for path in ("/api/v1/patients", "/api/v1/alerts", "/api/v1/patients/{patient_id}/trends"):
        assert told.statuses[path, 200] > 0, path
    assert told.statuses["/api/v1/patients/{patient_id}", 404] > 0
    assert {status for _, status in told.statuses} <= {200, 400, 401, 404}


def test_a_failure_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(Store, "days", fails)
    clinic = FUZZ.Clinic()
    monkeypatch.setattr(clinic.store, "patients", fails)
    assert any("Server error" in fault for fault in FUZZ.by_schema(clinic, 1, 3).faults)


def test_a_gate_that_stands_open_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = FUZZ.Clinic()
    known = clinic.store.office.tokens.known(clinic.text, FUZZ.NOW_S)

    async def anybody(*_: object) -> object:
        return known

    monkeypatch.setattr(ApiGate, "_asking", anybody)
    assert any("told without a token (200)" in fault for fault in FUZZ.by_schema(clinic, 1, 3).faults)
