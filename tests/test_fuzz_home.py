"""The fuzzing of the patient's own page in short: nothing fails, and it finds what is planted."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse

from surefoot.pipeline import passwords

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import fuzz_home as fuzz


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", passwords._HASHER)  # what the home there sets is put back


@pytest.mark.parametrize("pin", [False, True])
def test_any_form_is_answered(pin: bool) -> None:
    told = fuzz.by_chance(500, [3], pin)
    assert told.faults == [] and told.inputs == 500
    kept = {route for route, status in told.statuses if route.startswith("POST") and status == 303}
    assert {"POST /checkin", "POST /answer", "POST /aid", "POST /sudden", "POST /breaks", "POST /tests/{kind}"} <= kept


def test_what_is_planted_is_found() -> None:
    home = fuzz.Home(pin=True)
    home.app.get("/echo")(lambda: HTMLResponse(fuzz.SCRIPT))
    home.app.get("/fails", response_model=None)(lambda: 1 / 0)
    home.app.get("/pin/leak")(lambda: HTMLResponse("a page"))
    for path, who, fault in (
        ("/echo", fuzz.KNOWN, "a script comes back"),
        ("/echo", "", ""),
        ("/pin/leak", "", "somebody without the PIN gets past it"),
        ("/fails", fuzz.KNOWN, "it fails"),
        ("/", "", ""),
    ):
        told = fuzz.Told()
        home.ask(fuzz.Ask("GET", path, path.encode(), who=who), told)
        assert bool(told.faults) is bool(fault) and fault in "".join(told.faults), (path, told.faults)
