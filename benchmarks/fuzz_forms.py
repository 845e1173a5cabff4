"""Fuzzing: anything at all to every page and form of the clinic; nothing may fail, leak or be signed by another.

    python benchmarks/fuzz_forms.py [--inputs 200000] [--cases 300] [--seed 1] [--workers 2]

Two sources. Schemathesis makes, from what the app says of its own routes (OpenAPI), requests that fit and requests that
do not, ``--cases`` of either kind for each route. Beside them ``--inputs`` requests made here: forms as a page would
send them; fields with real and wrong gateways, alerts and tiers, texts of every kind, doubled or missing; bodies cut,
spliced and changed byte by byte; other content types, hosts and origins; with a session, another's, or none.

A fault is: an exception; an answer of 500 or more; an answer without the security headers; a script that comes back as
a script; a patient's name shown to somebody without a login; anything but a refusal or the login for them; an event
signed by somebody who was not logged in; a log of who did what that no longer verifies.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

import numpy as np
from argon2 import PasswordHasher
from fastapi import FastAPI
from fuzz_fits import GATEWAY, NOW_S, OTHER, UNDECLARED, fitting
from hypothesis import HealthCheck, Phase, given, seed, settings
from rich.console import Console
from rich.table import Table

from surefoot.alerts.bodies import AlertBody, IncidentBody
from surefoot.alerts.messages import UpMessage, read_up, up_payload, up_topic
from surefoot.pipeline import passwords
from surefoot.pipeline.store import Store, open_store
from surefoot.records import Alert, Incident
from surefoot.web.app import make_app
from surefoot.web.door import csrf_of
from surefoot.web.guard import HEADERS
from surefoot.web.rate import RateParams
from surefoot.web.roles import is_open

HOST = "127.0.0.1:8420"
NAME = "Mrs. Rosa Unmistakable"
SCRIPT = "<script>alert(1)</script>"
PASSWORD = "correct horse battery"
STAFF = {"Dr. Ada": ("therapist", "admin"), "Nurse Bo": ("care-team",)}
CHUNK = 2000
PLACES = {  # what stands between braces in a route
    "gateway": (GATEWAY, OTHER, "nobody", "..", "%00", GATEWAY.upper(), "a" * 300),
    "kind": ("giving_way", "fall", "x", "%2e%2e", "sit_to_stand_5", "heel_rise"),
    "side": ("left", "both", "x"),
    "start": ("1000.0", "nan", "inf", "-1e308", "1e999", "x", "1000", "0x1"),
}
VALUES = (
    *(GATEWAY, OTHER, "a", "b", "T0", "T2", "T3", "T4", "T9", "60", "0", "-1", "121", "1e9", "nan", ""),
    *(" ", "clinical", "technical", "//evil.example", "\x00", "\ud7ff", "\u202e", "x" * 81, "x" * 1001, SCRIPT),
    *("'; DROP TABLE audit; --", "{{ 7 * 7 }}", "%s%n", "../../etc/passwd", "é" * 40, "Dr. Ada", "1" * 400, "\r\nX: y"),
)
UNLIMITED = RateParams(1e12, 1e12, 1e12, 1e12)  # else all but the first are told to wait
EXTRA = ("csrf", "who", "back", "told", "name", "password", "note", "label", "__proto__", "")
KINDS = ("text/plain", "application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded;")
ENDS = ("/", "//", "%2f", "/..", ";x", "\x00")


@dataclass
class Told:
    """What came of the requests."""

    inputs: int = 0
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)  # route and status
    faults: list[str] = field(default_factory=list)

    def add(self, other: Told) -> None:
        self.inputs += other.inputs
        self.statuses += other.statuses
        self.faults += other.faults


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    method: str
    route: str
    path: bytes
    query: bytes = b""
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    who: str = ""  # whose session; empty: none


class Clinic:
    """The pages on a store in memory, with patients, alerts, staff, and a session for each of them."""

    def __init__(self, app: FastAPI | None = None, store: Store | None = None) -> None:
        passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # as many as possible
        self.store = store or open_store("sqlite://")
        for gateway, label in ((GATEWAY, NAME), (OTHER, "Mr. Other")):
            rows = AlertBody.of(_alert("a")), AlertBody.of(_alert("b")), IncidentBody.of(_incident())
            self.store.ingest([_message(gateway, k, one) for k, one in enumerate(rows, 1)], NOW_S)
            self.store.label_patient(gateway, label)
        for name, roles in STAFF.items():
            self.store.office.staff.add(name, roles, PASSWORD, NOW_S)
        self.app = app or make_app(self.store, lambda: NOW_S, "Clinic", rates=UNLIMITED)
        if app is None:
            self.app.state.live.close()  # else whoever asks for the live line hears it for ever
        self.cookies = {"": "made-up", **{name: self._log_in(name) for name in STAFF}}

    def ask(self, one: Ask, told: Told) -> None:
        """Send it, and say what is wrong with what comes back."""
        cookie, token = self.cookies[one.who].encode(), csrf_of(self.cookies[one.who]).encode()
        headers = {b"host": HOST.encode(), b"origin": b"http://" + HOST.encode(), b"x-csrf": token}
        headers |= {b"content-type": b"application/x-www-form-urlencoded", b"cookie": b"surefoot=" + cookie}
        answer = answered(self.app, one, headers, told)
        if answer is None:
            return
        told.faults += [f"{one}: {fault} ({answer[0]})" for fault in self._faults(one, *answer)]
        if one.who and self.store.office.logins.who(self.cookies[one.who], NOW_S) is None:  # it logged out
            self.cookies[one.who] = self._log_in(one.who)

    def ends(self, told: Told) -> None:
        """What must hold after all of it."""
        signed = {event.who for gateway in (GATEWAY, OTHER) for a in "ab" for event in self._events(gateway, a)}
        if strangers := signed - {"", *STAFF}:
            told.faults.append(f"events are signed by {strangers}")
        verdict = self.store.office.audit.verify()
        if verdict.wrong is not None:
            told.faults.append(f"the log of who did what fails at {verdict.wrong}: {verdict.why}")
        self.store.close()

    def _events(self, gateway: str, alert_id: str) -> list[Any]:
        return self.store.alert_log.events(gateway, alert_id)

    def _faults(self, one: Ask, status: int, headers: dict[str, str], text: str) -> list[str]:
        found = []
        if status >= 500 or "This should not have happened" in text:
            found.append("it fails")
        if "content-security-policy" not in headers or any(name.lower() not in headers for name in HEADERS):
            found.append("security headers are missing")
        if SCRIPT in text:
            found.append("a script comes back as a script")
        if not one.who and not is_open(one.path.decode("latin-1")):
            if NAME in text:
                found.append("a name is shown to somebody without a login")
            if status < 300 or (300 <= status < 400 and not headers.get("location", "").startswith("/login")):
                found.append("somebody without a login gets past it")
        return found

    def _log_in(self, name: str) -> str:
        token = f"session-{time.monotonic_ns()}"
        assert self.store.office.logins.log_in(name, PASSWORD, "fuzz", token, NOW_S)
        return token


def answered(app: FastAPI, one: Ask, headers: dict[bytes, bytes], told: Told) -> tuple[int, dict[str, str], str] | None:
    """Send it, with these headers beside its own: status, headers and page; None where it raises, which is a fault."""
    told.inputs += 1
    try:
        answer = _loop().run(_sent(app, one, [*({**headers, **dict(one.headers)}).items()]))
    except Exception:  # noqa: BLE001 - whatever it raises is the finding
        told.faults.append(f"{one} raises\n{traceback.format_exc()}")
        return None
    told.statuses[f"{one.method} {one.route}", answer[0]] += 1
    return answer


@cache
def _loop() -> asyncio.Runner:
    """One for all requests of a program: a loop of its own for each begins new threads each time."""
    return asyncio.Runner()


async def _sent(app: FastAPI, one: Ask, headers: list[tuple[bytes, bytes]]) -> tuple[int, dict[str, str], str]:
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": one.method}
    scope |= {"scheme": "http", "path": one.path.decode("utf-8", "replace"), "raw_path": one.path, "root_path": ""}
    scope |= {"query_string": one.query, "headers": headers, "client": ("127.0.0.1", 5)}
    scope |= {"server": ("127.0.0.1", 8420)}
    waiting, got = [{"type": "http.request", "body": one.body, "more_body": False}], []

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        got.append(message)

    await app(scope, receive, send)
    found = {name.decode().lower(): value.decode("latin-1") for name, value in got[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in got[1:])
    readable = "text/html" in found.get("content-type", "")
    return got[0]["status"], found, body.decode("utf-8", "replace") if readable else ""


def forms(app: FastAPI) -> dict[tuple[str, str], list[str]]:
    """Every route (method, path) and the fields it knows, by the app's own word."""
    schema = app.openapi()
    found = {}
    for path, methods in schema["paths"].items():
        for method, one in methods.items():
            names = [*UNDECLARED.get(path, ())]
            names += [p["name"] for p in one.get("parameters", ()) if p["in"] == "query"]
            for content in one.get("requestBody", {}).get("content", {}).values():
                names += schema["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]["properties"]
            found[method.upper(), path] = names
    return found


def made(routes: dict[tuple[str, str], list[str]], rng: np.random.Generator) -> Ask:
    """One request of chance."""
    method, route = list(routes)[rng.integers(len(routes))]
    names = [*routes[method, route], *rng.choice(EXTRA, rng.integers(3))]
    fields = [(str(name), str(rng.choice(VALUES))) for name in names if rng.random() > 0.1]
    if "alert_id" in names and rng.random() < 0.5:  # as a page would send it
        fields += [("gateway", GATEWAY), ("alert_id", "a"), ("tier", "T3"), ("minutes", "15")]
    filled = route
    for name, values in PLACES.items():
        filled = filled.replace(f"{{{name}}}", str(rng.choice(values)))
    path = (
        filled if rng.random() > 0.03 else filled + str(rng.choice(("/", "//", "%2f", "/..", ";x", "\x00")))
    ).encode()
    fits = rng.random() < 0.3
    text = fitting(route, routes[method, route], rng) if fits else urlencode(fields, errors="replace").encode()
    kind = KINDS[rng.integers(len(KINDS))].encode()
    headers: tuple[tuple[bytes, bytes], ...] = ((b"content-type", kind),) if rng.random() < 0.15 else ()
    if rng.random() < 0.05:
        odd = ((b"x-csrf", b"x"), (b"origin", b"http://evil.example"), (b"host", b"evil.example"), (b"host", b"["))
        headers += (odd[rng.integers(len(odd))],)
    if rng.random() < 0.02:
        method = str(rng.choice(("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "POST", "GET")))
    who = str(rng.choice(("", *STAFF), p=(0.2, 0.4, 0.4)))
    sent = text if fits and rng.random() < 0.7 else _spoiled(text, rng)
    if method in ("GET", "HEAD"):
        return Ask(method, route, path, sent, b"", headers, who)
    return Ask(method, route, path, b"", sent, headers, who)


def _spoiled(text: bytes, rng: np.random.Generator) -> bytes:
    """As it is, or cut off, grown, spliced with itself, changed byte by byte, or chance alone."""
    how = rng.integers(10)
    if how < 5:
        return text
    raw = bytearray(text)
    if how == 5:
        return bytes(raw[: rng.integers(len(raw) + 1)])
    if how == 6:
        return rng.bytes(int(rng.integers(400)))
    if how == 7:
        return bytes(raw) + b"&" + bytes(raw[rng.integers(len(raw) + 1) :])
    if how == 8 and rng.random() < 0.02:
        return bytes(raw) + b"&note=" + b"x" * int(rng.integers(60_000, 70_000))
    for _ in range(rng.integers(1, 6)):
        if raw:
            raw[rng.integers(len(raw))] = rng.integers(256)
    return bytes(raw)


def by_chance(inputs: int, of: list[int]) -> Told:
    """So many requests made here, to one clinic."""
    clinic, told, rng = Clinic(), Told(), np.random.default_rng(of)
    routes = forms(clinic.app)
    for _ in range(inputs):
        clinic.ask(made(routes, rng), told)
    clinic.ends(told)
    return told


def by_schema(cases: int, number: int) -> Told:
    """Schemathesis' requests, those that fit and those that do not, for every route."""
    import schemathesis  # heavy

    clinic, told = Clinic(), Told()
    for found in schemathesis.openapi.from_dict(clinic.app.openapi()).get_all_operations():
        operation = found.ok()
        takes = bool(operation.query) or bool(operation.path_parameters) or bool(operation.body)
        for mode in schemathesis.GenerationMode if takes else [schemathesis.GenerationMode.POSITIVE]:
            _try_all(clinic, told, operation.as_strategy(generation_mode=mode), cases, number)
    clinic.ends(told)
    return told


def _try_all(clinic: Clinic, told: Told, strategy: Any, cases: int, number: int) -> None:
    calm = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck), "phases": [Phase.generate]}

    @settings(max_examples=cases, **calm)
    @seed(number)
    @given(strategy)
    def each(case: Any) -> None:
        made = case.as_transport_kwargs(base_url=f"http://{HOST}")
        path = made["url"].removeprefix(f"http://{HOST}").encode()
        query = urlencode(made.get("params") or {}, doseq=True, errors="replace").encode()
        data = made.get("data") or b""
        body = data if isinstance(data, bytes) else urlencode(data, doseq=True, errors="replace").encode()
        for who in ("", *STAFF):
            clinic.ask(Ask(made["method"], case.operation.path, path, query, body, who=who), told)

    try:
        each()
    except Exception as error:
        if type(error).__name__ != "Unsatisfiable":
            raise


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=200_000, help="requests made here")
    parser.add_argument("--cases", type=int, default=300, help="of schemathesis, for each route and kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    given_ = parser.parse_args()
    began_s, told = time.monotonic(), Told()
    with ProcessPoolExecutor(given_.workers) as pool:
        jobs = [pool.submit(by_schema, given_.cases, given_.seed)]
        starts = range(0, given_.inputs, CHUNK)
        jobs += [pool.submit(by_chance, min(CHUNK, given_.inputs - k), [given_.seed, k]) for k in starts]
        for job in as_completed(jobs):
            told.add(job.result())
            print(f"{told.inputs:,} requests so far, {len(told.faults)} faults", file=sys.stderr, flush=True)
    show(told, time.monotonic() - began_s)
    print(*told.faults[:5], sep="\n")
    return int(bool(told.faults))


def show(told: Told, seconds: float) -> None:
    table = Table(title=f"{told.inputs:,} requests in {seconds:.0f} s, {len(told.faults)} faults")
    for column in ("route", "requests", "shown", "led on", "refused", "failed"):
        table.add_column(column, justify="left" if column == "route" else "right")
    rows: dict[str, Counter[int]] = {}
    for (route, status), count in told.statuses.items():
        name = route if route.startswith(("GET ", "POST ")) else "other methods"
        rows.setdefault(name, Counter())[status // 100] += count
    for name, kinds in sorted(rows.items()):
        table.add_row(name, *(f"{n:,}" for n in (kinds.total(), kinds[2], kinds[3], kinds[4], kinds[5])))
    Console().print(table)


def _alert(name: str) -> Alert:
    words = "2026-01-28", "Left leg weaker.", "Not a diagnosis."
    return Alert(name, "T3", "clinical", "weakness", "left", NOW_S - 60, *words)


def _incident() -> Incident:
    return Incident("giving_way", "left", 1000.0, 1001.0, "probable", (("drop_dps", 210.5),))


def _message(gateway: str, seq: int, body: Any) -> UpMessage:
    kind = "alert" if isinstance(body, AlertBody) else "incident"
    read = read_up(up_topic(gateway, kind), up_payload(gateway, seq, kind, body.json_text()))
    assert not hasattr(read, "reason"), read
    return read


if __name__ == "__main__":
    sys.exit(main())
