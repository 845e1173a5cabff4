"""The fuzzing of pages and forms in short: nothing fails, and it finds what is planted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse

from surefoot.pipeline import passwords

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import fuzz_forms as FUZZ


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", passwords._HASHER)  # what the clinic there sets is put back


def test_any_form_is_answered() -> None:
    told = FUZZ.by_chance(600, [5])
    assert told.faults == [] and told.inputs == 600
    assert told.statuses["POST /acknowledge", 303] > 3 and told.statuses["GET /alerts", 200] > 3, "behind the gate"
    asked = {route for route, _ in told.statuses}
    assert {"POST /acknowledge", "POST /label", "POST /login", "GET /patients/{gateway}"} <= asked


def test_any_request_of_schemathesis_is_answered() -> None:
    told = FUZZ.by_schema(1, 1)
    assert told.faults == [] and told.inputs > 30


def test_what_is_planted_is_found() -> None:
    clinic = FUZZ.Clinic()

    def fails() -> None:
        raise ValueError("planted")

    clinic.app.get("/fails")(fails)
    clinic.app.get("/echo")(lambda: HTMLResponse(FUZZ.SCRIPT))
    clinic.app.get("/login/leak")(lambda: HTMLResponse(FUZZ.NAME))
    for path, who, fault in (
        ("/fails", "Dr. Ada", "it fails"),
        ("/echo", "Dr. Ada", "a script comes back"),
        ("/echo", "", ""),
        ("/alerts", "Dr. Ada", ""),
    ):
        told = FUZZ.Told()
        clinic.ask(FUZZ.Ask("GET", path, path.encode(), who=who), told)
        assert bool(told.faults) is bool(fault) and fault in "".join(told.faults)


def test_an_address_that_is_no_text_is_refused() -> None:
    """Found here: the router takes a query for UTF-8 when a slash is too many, and failed."""
    clinic, told = FUZZ.Clinic(), FUZZ.Told()
    for path in (b"/alerts", b"/alerts/", b"/patients/x//"):
        clinic.ask(FUZZ.Ask("GET", "/alerts", path, b"\xf6\xf5=1", who="Dr. Ada"), told)
    assert told.faults == [] and told.statuses["GET /alerts", 400] == 3


def test_a_gate_that_stands_open_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surefoot.web.gate.is_open", lambda path: True)
    clinic, told = FUZZ.Clinic(), FUZZ.Told()
    clinic.ask(FUZZ.Ask("GET", "/", b"/"), told)
    assert "a name is shown to somebody without a login" in "".join(told.faults)
    assert "gets past it" in "".join(told.faults)


def test_a_stranger_and_a_log_that_fails_are_found() -> None:
    clinic, told = FUZZ.Clinic(), FUZZ.Told()
    clinic.store.acknowledge("a", "Nobody", FUZZ.NOW_S, "", FUZZ.GATEWAY)
    with clinic.store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE about SET value = 'x' WHERE name = 'audit'")
    clinic.store.office.audit.add(1.0, "x", "x")
    with clinic.store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM about WHERE name = 'audit'")
    clinic.ends(told)
    assert "signed by {'Nobody'}" in told.faults[0] and "the log of who did what fails" in told.faults[1]
