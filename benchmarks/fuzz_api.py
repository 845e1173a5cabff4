"""Anything at all to every route of /api/v1, as schemathesis makes it from the API's own document.

    python benchmarks/fuzz_api.py [--cases 300] [--seed 1]

``--cases`` requests that fit and as many that do not, for each route; half of them name a patient and a number that
there are. Each is sent once with a token and once without.

A fault is: an answer that the document does not promise (status, headers, shape of the body), which an answer of 500 is
not; a patient's name or number without a token; a log of who did what that no longer verifies.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from surefoot.alerts.bodies import AlertBody, DayBody, IncidentBody
from surefoot.alerts.messages import UpMessage, read_up, up_payload, up_topic
from surefoot.pipeline.store import Store, open_store
from surefoot.pipeline.tokens import SCOPES
from surefoot.records import Alert, DayMetric, DaySummary, Incident
from surefoot.web.app import make_app

HOST = "127.0.0.1:8420"
NOW_S = 1_769_677_920.0
GATEWAY, NAME = "1a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d", "Mrs. Rosa Unmistakable"
THERE = {"patient_id": GATEWAY, "metric": "speed_mps", "form": "csv"}
NOT_ASKED = [
    ignored_auth,  # the token is ours, not made up by it
    negative_data_rejection,  # a parameter that nobody knows is passed over; and what is put there fits
    positive_data_acceptance,  # a place to read on from is any text by the document, and only those given out are good
]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


@dataclass
class Told:
    """What came of the requests."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)  # route and status
    faults: list[str] = field(default_factory=list)


class Clinic:
    """The pages on a store in memory with one patient; the clock moves on, so that nobody asks too often."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or open_store("sqlite://")
        for seq, (kind, body) in enumerate(_bodies(), 1):
            self.store.ingest([_message(seq, kind, body)], NOW_S)
        self.store.label_patient(GATEWAY, NAME)
        _, self.text = self.store.office.tokens.create("fuzz", SCOPES, None, 1e5, "fuzz", NOW_S)
        self._now_s = NOW_S
        self.app = make_app(self.store, self._clock)

    def ask(self, case: Any, told: Told) -> None:
        """Send it with the token and without, and say what is wrong with what comes back."""
        given_ = {"host": HOST, "authorization": f"Bearer {self.text}"}
        answer = case.call(headers=given_)
        told.statuses[case.operation.path, answer.status_code] += 1
        try:
            case.validate_response(answer, excluded_checks=NOT_ASKED)
        except BaseExceptionGroup as group:
            told.faults += [f"{case.operation.path}: {one}" for one in group.exceptions]
        stranger = case.call(headers={"host": HOST, "authorization": "Bearer x"})
        if stranger.status_code not in (400, 401) or NAME in stranger.text or GATEWAY in stranger.text:
            told.faults.append(f"{case.operation.path}: told without a token ({stranger.status_code})")

    def ends(self, told: Told) -> None:
        """What must hold after all of it."""
        verdict = self.store.office.audit.verify()
        if verdict.wrong is not None:
            told.faults.append(f"the log of who did what fails at {verdict.wrong}: {verdict.why}")
        self.store.close()

    def _clock(self) -> float:
        self._now_s += 10.0
        return self._now_s


def by_schema(clinic: Clinic, cases: int, number: int) -> Told:
    """Requests for every route, those that fit and those that do not."""
    told = Told()
    document = schemathesis.openapi.from_asgi("/api/v1/openapi.json", clinic.app, headers={"host": HOST})
    for found in document.get_all_operations():
        operation = found.ok()
        takes = bool(operation.query) or bool(operation.path_parameters)
        for mode in MODES if takes else MODES[:1]:
            _try_all(clinic, told, operation.as_strategy(generation_mode=mode), cases, number)
    clinic.ends(told)
    return told


def _try_all(clinic: Clinic, told: Told, strategy: Any, cases: int, number: int) -> None:
    calm = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck), "phases": [Phase.generate]}

    @settings(max_examples=cases, **calm)
    @seed(number)
    @given(strategy, st.booleans())
    def each(case: Any, there: bool) -> None:
        if there:
            case.headers.clear()
            case.path_parameters |= {name: value for name, value in THERE.items() if name in case.path_parameters}
        clinic.ask(case, told)

    each()


def _bodies() -> list[tuple[str, Any]]:
    day = DaySummary(
        "2026-01-28", NOW_S - 2e5, NOW_S - 1e5, 9.0, 8.5, 60.0, 20, (("left", 900), ("right", 905)), (),
        (DayMetric("left", "speed_mps", 1.02, 900), DayMetric("right", "speed_mps", None, 3, "too few strides")),
    )  # fmt: skip
    alert = Alert("a", "T3", "clinical", "weakness", "left", NOW_S - 60, "2026-01-28", "Weaker.", "Not a diagnosis.")
    incident = Incident("giving_way", "left", 1000.0, 1001.0, "probable", (("drop_dps", 210.5),))
    return [("day", DayBody.of_day(day, ())), ("alert", AlertBody.of(alert)), ("incident", IncidentBody.of(incident))]


def _message(seq: int, kind: Any, body: Any) -> UpMessage:
    read = read_up(up_topic(GATEWAY, kind), up_payload(GATEWAY, seq, kind, body.json_text()))
    assert isinstance(read, UpMessage), read
    return read


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=300, help="for each route and kind")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began_s = time.monotonic()
    told = by_schema(Clinic(), asked.cases, asked.seed)
    for (path, status), count in sorted(told.statuses.items()):
        print(f"{count:7,}  {status}  {path}")
    seconds, many = time.monotonic() - began_s, told.statuses.total()
    print(f"{many:,} requests, each with and without a token, in {seconds:.0f} s: {len(told.faults)} faults")
    print(*told.faults[:5], sep="\n")
    return int(bool(told.faults))


if __name__ == "__main__":
    sys.exit(main())
