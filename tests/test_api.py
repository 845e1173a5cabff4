"""/api/v1: who may read what, that every number is the store's, paging, what has not changed, and errors."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import httpx
import pytest

import story
from story import NEW, NOW_S, STEADY, WEAK
from surefoot.exports.tables import Range, tables
from surefoot.pipeline.store import Store, StoreError, open_store
from surefoot.pipeline.tokens import DAY_S, SCOPES
from surefoot.records import Judgement
from surefoot.web.api import BASE
from surefoot.web.apidocs import words
from surefoot.web.apigate import ApiParams
from surefoot.web.app import make_app
from surefoot.web.charts import charts
from surefoot.web.listing import rows_of
from surefoot.web.problems import KINDS
from visitors import Browser, hired, quick_passwords

ALL = list(SCOPES)
NEEDS = {  # route: the scope it needs; None: any token. Written down here once more, by hand
    "/token": None,
    "/measures": "days:read",
    "/patients": "patients:read",
    "/patients/{patient_id}": "patients:read",
    "/patients/{patient_id}/days": "days:read",
    "/patients/{patient_id}/coverage": "days:read",
    "/patients/{patient_id}/trends": "days:read",
    "/patients/{patient_id}/series/{metric}": "days:read",
    "/patients/{patient_id}/incidents": "incidents:read",
    "/patients/{patient_id}/alerts": "alerts:read",
    "/alerts": "alerts:read",
    "/patients/{patient_id}/exports/{form}": "exports:read",
}


class Program:
    """Asks with a token, and no cookie."""

    def __init__(self, store: Store, scopes: list[str] = ALL, only: list[str] | None = None, now_s: float = NOW_S):
        self.now_s = now_s
        self.store = store
        self.app = make_app(store, lambda: self.now_s)
        number = len(store.office.tokens.all())
        self.token, self.text = store.office.tokens.create(f"program {number}", scopes, only, 30, "Ada", NOW_S)  # type: ignore[arg-type]

    def get(self, path: str, text: str | None = None, **headers: str) -> httpx.Response:
        self.now_s += 1.0  # a program that does not ask too often
        return Browser(self.app).get(BASE + path, False, authorization=f"Bearer {text or self.text}", **headers)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def filled(path: str, patient: str = WEAK) -> str:
    return path.replace("{patient_id}", patient).replace("{metric}", "swing_height_m").replace("{form}", "csv")


def is_problem(answer: httpx.Response, kind: str) -> bool:
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["type"] == f"urn:surefoot:problem:{kind}" and told["status"] == answer.status_code == KINDS[kind][0]
    return bool(told["title"] and told["detail"] and told["remedy"])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = story.filled(tmp_path_factory.mktemp("clinic"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def program(store: Store) -> Program:
    return Program(store)


# ---- who may read


def test_every_route_and_scope(store: Store, program: Program) -> None:
    routes = {path.removeprefix(BASE) for path in program.get("/openapi.json").json()["paths"]}
    assert routes == set(NEEDS), "a route that nobody has thought of here"
    for scope in SCOPES:
        one = Program(store, [scope])
        for route, needed in NEEDS.items():
            answer = one.get(filled(route))
            if needed in (None, scope):
                assert answer.status_code == 200, (route, scope, answer.text)
            else:
                assert is_problem(answer, "scope-missing") and needed in answer.json()["detail"], (route, scope)


def test_the_document_says_which_scope_each_route_needs(program: Program) -> None:
    document = program.get("/openapi.json").json()
    for path, one in document["paths"].items():
        needed = NEEDS[path.removeprefix(BASE)]
        assert one["get"]["security"] == [{"token": [needed] if needed else []}] and set(one) == {"get"}


@pytest.mark.parametrize("route", NEEDS)
def test_nobody_reads_without_a_token_that_counts(store: Store, route: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_passwords(monkeypatch)
    for kind in ("missing", "unknown", "revoked", "expired"):
        one = Program(store)
        text = one.text if kind != "unknown" else one.text[:-4] + "AAAA"
        if kind == "revoked":
            store.office.tokens.revoke(one.token.name, NOW_S)
        one.now_s += 31 * DAY_S if kind == "expired" else 0.0
        headers = {} if kind == "missing" else {"authorization": f"Bearer {text}"}
        answer = Browser(one.app).get(BASE + filled(route), False, **headers)
        assert is_problem(answer, f"token-{kind}") and answer.headers["www-authenticate"].startswith("Bearer")
        assert "P-01" not in answer.text


def test_who_uses_a_dead_token_is_in_the_log(store: Store) -> None:
    one = Program(store)
    store.office.tokens.revoke(one.token.name, NOW_S)
    one.get("/alerts")
    last = store.office.audit.entries(1)[0]
    assert (last.who, last.what) == (f"{one.token.name} (token {one.token.id})", "was refused: token-revoked")
    before = last.number
    headers = {"authorization": f"Bearer {one.text}"}
    answers = [Browser(one.app).get(f"{BASE}/alerts", False, **headers).status_code for _ in range(60)]
    assert 429 in answers and store.office.audit.entries(1)[0].number - before <= ApiParams().strangers_at_once


def test_a_token_of_some_patients_sees_no_other(store: Store) -> None:
    one = Program(store, only=[WEAK, NEW])
    assert [p["patient_id"] for p in one.json("/patients")["items"]] == sorted([WEAK, NEW])
    assert one.json("/token")["patients"] == sorted([WEAK, NEW])
    assert {p["place"] for p in one.json("/patients")["items"]} == {1, 2}, "nor how many others there are"
    assert {a["patient_id"] for a in one.json("/alerts")["items"]} == {WEAK}
    others = Program(store, only=[STEADY])
    assert others.json(f"/patients/{STEADY}")["place"] == 1
    assert others.json("/alerts")["items"] == []
    for route in NEEDS:
        if "{patient_id}" in route:
            assert one.get(filled(route, WEAK)).status_code == 200
            foreign, none = one.get(filled(route, STEADY)), one.get(filled(route, "nobody"))
            assert is_problem(foreign, "no-such-patient") and foreign.json() == none.json(), "nor that there is one"


def test_a_token_in_the_address_is_refused(store: Store) -> None:
    one = Program(store)
    for path in (f"/alerts?token={one.text}", f"/patients/{one.text}", "/alerts?access_token=x"):
        assert is_problem(one.get(path), "token-in-url")
        assert is_problem(Browser(one.app).get(BASE + path, False), "token-in-url")
    assert one.text not in str(store.office.audit.entries())


def test_a_login_opens_no_route_and_a_token_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_passwords(monkeypatch)
    store = open_store(f"sqlite:///{tmp_path}/clinic.sqlite")
    story.Home(WEAK).sign_of_life(store, NOW_S)
    one = Program(hired(store, NOW_S))
    browser = Browser(one.app)
    browser.log_in("Dr. Ada")
    assert browser.get("/").status_code == 200
    assert is_problem(browser.get(f"{BASE}/patients", False), "token-missing")
    page = Browser(one.app).get("/", False, authorization=f"Bearer {one.text}")
    assert (page.status_code, page.headers["location"].partition("?")[0]) == (303, "/login")
    store.close()


def test_nothing_can_be_written(store: Store, program: Program) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        headers = {"authorization": f"Bearer {program.text}"}
        answer = Browser(program.app).ask(method, f"{BASE}/patients", headers=headers)
        assert is_problem(answer, "read-only") and answer.headers["allow"] == "GET"


def test_who_asks_too_often_waits(store: Store) -> None:
    one, p = Program(store), ApiParams()
    hurried = Browser(one.app)
    headers = {"authorization": f"Bearer {one.text}"}
    answers = [hurried.get(f"{BASE}/token", False, **headers) for _ in range(int(p.at_once) + 1)]
    assert [a.status_code for a in answers] == [200] * int(p.at_once) + [429]
    assert is_problem(answers[-1], "too-many-requests") and answers[-1].headers["retry-after"] == "1"
    one.now_s += 60 / p.per_minute + 0.01
    assert hurried.get(f"{BASE}/token", False, **headers).status_code == 200
    strangers = [Browser(one.app, "192.0.2.7").get(f"{BASE}/token", False) for _ in range(int(p.strangers_at_once) + 1)]
    assert [a.status_code for a in strangers] == [401] * int(p.strangers_at_once) + [429]
    assert Browser(one.app, "192.0.2.8").get(f"{BASE}/token", False).status_code == 401, "others are heard"
    network = [f"2001:db8::{k:x}" for k in range(int(p.strangers_at_once) + 1)]
    answers = [Browser(one.app, address).get(f"{BASE}/token", False).status_code for address in network]
    assert answers == [401] * int(p.strangers_at_once) + [429], "a network of IPv6 is one stranger"
    one.now_s += 1.0
    known = Browser(one.app, "192.0.2.7").get(f"{BASE}/token", False, **headers)
    assert known.status_code == 200, "and who has a token, whatever else comes from that address"


def test_each_reading_is_in_the_log_first(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Program(store)
    one.json(f"/patients/{WEAK}/days")
    one.json("/alerts")
    who = f"{one.token.name} (token {one.token.id})"
    last = [(e.who, e.what, e.about, e.told) for e in store.office.audit.entries(2)]
    assert last == [(who, "read", WEAK, f"{BASE}/patients/{WEAK}/days"), (who, "read", "", f"{BASE}/alerts")]

    def full(*_: object) -> None:
        raise StoreError("The disk is full.", "", "Make room.")

    monkeypatch.setattr(store.office.audit, "add", full)
    answer = one.get("/alerts")
    assert is_problem(answer, "records-unreadable") and "P-01" not in answer.text and WEAK not in answer.text


# ---- what is told is what the store holds


def test_patients_are_those_of_the_list(store: Store, program: Program) -> None:
    rows = rows_of(store, store.patients(), program.now_s + 1.0)
    told = {one["place"]: one for one in program.json("/patients")["items"]}
    assert len(told) == len(rows) == 5
    for place, row in enumerate(rows, 1):
        one, p = told[place], row.patient
        assert (one["patient_id"], one["label"], one["verdict"]) == (p.gateway, p.label, row.verdict)
        assert (one["needs_look"], one["not_monitored"]) == (row.needs_look, row.watch.gap)
        assert (one["open_alerts"], one["worst_tier"]) == (p.open_alerts, p.worst_tier)
        assert (one["last_heard_s"], one["last_worn_h"]) == (p.last_seen_s, row.watch.worn_h)
        assert [(r["root"], r["side"], r["state"]) for r in one["roots"]] == [
            (c.root, c.side, c.state) for c in row.courses
        ]
    assert any(one["roots"] for one in told.values())
    assert program.json(f"/patients/{WEAK}") == next(o for o in told.values() if o["patient_id"] == WEAK)
    assert [one["label"] for one in program.json("/patients?search=-02")["items"]] == ["P-02"]


def test_programs_are_answered_in_the_same_words_whatever_is_spoken(store: Store, program: Program) -> None:
    plain = program.json(f"/patients/{WEAK}")
    german = program.get(f"/patients/{WEAK}", accept_language="de", cookie="surefoot-language=de")
    assert german.json()["verdict"] == plain["verdict"] == "2 open alerts"
    page = Browser(program.app).get(f"{BASE}/docs", accept_language="de").text
    assert '<html lang="en"' in page and "The API for programs" in page


def test_days_are_the_stores(store: Store, program: Program) -> None:
    days, told = store.days(WEAK), program.json(f"/patients/{WEAK}/days?numbers=true")["items"]
    assert len(told) == len(days) == 28
    for day, one in zip(days, told, strict=True):
        assert (one["day"], one["worn_h"], one["recorded_h"]) == (day.day, day.worn_h, day.recorded_h)
        assert (one["counts"], one["missing"]) == (not day.missing, day.missing)
        walked = (None, None) if day.missing else (day.walking_min, day.bouts)
        assert (one["walking_min"], one["bouts"]) == walked, "a day that does not count is no day of zeros"
        assert [(n["measure"], n["side"], n["value"], n["strides"]) for n in one["numbers"]] == [
            (m.name, m.side, m.value, m.strides) for m in day.metrics
        ]
    assert sum(one["counts"] for one in told) == 26
    assert program.json(f"/patients/{WEAK}/days?since=2026-01-05&until=2026-01-06")["items"][0]["numbers"] is None


def test_coverage_has_every_calendar_day(store: Store, program: Program) -> None:
    told = program.json(f"/patients/{WEAK}/coverage?since=2025-12-30&until=2026-01-10")
    assert [one["day"] for one in told["items"]][:3] == ["2025-12-30", "2025-12-31", "2026-01-01"]
    assert told["days"] == 12 and told["days_that_count"] == 9
    first, worn, drawer = told["items"][0], told["items"][2], told["items"][-1]
    assert (first["heard"], first["worn_h"]) == (False, None) and not first["counts"]
    assert worn["worn_h"] == store.days(WEAK)[0].worn_h and worn["counts"]
    day = next(one for one in store.days(WEAK) if one.day == "2026-01-10")
    assert (drawer["worn_h"], drawer["counts"], drawer["missing"]) == (0.0, False, day.missing) and day.missing


def test_trends_are_the_stores_page_by_page(store: Store, program: Program) -> None:
    kept, told, after = store.trends(WEAK), [], ""
    while True:
        page = program.json(f"/patients/{WEAK}/trends?limit=300{after}")
        told += page["items"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    names = (
        "day",
        "side",
        "metric",
        "state",
        "value",
        "z",
        "shift",
        "change",
        "mdc",
        "worse_days",
        "strides",
        "reason",
    )
    kept.sort(key=lambda one: (one.day, one.metric, one.side or ""))
    assert len(told) > 600
    assert [[one[n] for n in names] for one in told] == [[getattr(one, n) for n in names] for one in kept]
    for one, trend in zip(told, kept, strict=True):
        assert (one["baseline"] and one["baseline"]["centre"]) == (trend.baseline and trend.baseline.centre)
    only = program.json(f"/patients/{WEAK}/trends?metric=l5_composite&since=2026-01-28")["items"]
    assert [(one["day"], one["metric"]) for one in only] == [("2026-01-28", "l5_composite")] * 2


def test_every_course_is_what_the_chart_draws(store: Store, program: Program) -> None:
    shown = charts(store.days(WEAK), store.trends(WEAK))
    assert len(shown) > 10
    for chart in shown:
        told = program.json(f"/patients/{WEAK}/series/{chart.name}")
        drawn = {(x, y) for trace in chart.figure["data"] for x, y in zip(trace["x"], trace["y"], strict=True)}
        points = [(p["day"], p["value"]) for leg in told["legs"] for p in leg["points"] if p["value"] is not None]
        assert points and set(points) <= drawn, chart.name
        assert told["words"] == chart.title
    assert is_problem(program.get(f"/patients/{WEAK}/series/no_such"), "no-such-metric")


def test_incidents_are_the_stores_with_what_was_said(store: Store, program: Program) -> None:
    heads = store.lists.incident_heads(WEAK)
    first = heads[0]
    store.judgements.say(
        WEAK, Judgement(first.kind, first.side, first.start_s, first.certainty, "not_real", "Ada", NOW_S)
    )
    told = program.json(f"/patients/{WEAK}/incidents")["items"]
    assert [(o["kind"], o["side"], o["start_s"], o["end_s"], o["certainty"]) for o in told] == [
        (h.kind, h.side, h.start_s, h.end_s, h.certainty) for h in heads
    ]
    assert told[0]["evidence"] == dict(first.evidence) and told[0]["verdict"] == "not_real"
    assert told[1]["verdict"] is None and told[1]["answer"] is None
    later = program.json(f"/patients/{WEAK}/incidents?since_s={heads[1].start_s}&until_s={heads[2].start_s}")["items"]
    assert [one["start_s"] for one in later] == [heads[1].start_s]


def test_alerts_have_their_lives_and_are_read_on_by_when_they_changed(tmp_path: Path) -> None:
    store = story.filled(tmp_path)
    program = Program(store)
    kept = {one.alert.alert_id: one for one in store.alerts()}
    told = program.json("/alerts")["items"]
    assert len(told) == len(kept) > 2 and [a["changed_s"] for a in told] == sorted(a["changed_s"] for a in told)
    for one in told:
        stored = kept[one["alert_id"]]
        assert (one["tier"], one["sentence"], one["stored_s"]) == (
            stored.life.tier, stored.alert.sentence, stored.stored_s,
        )  # fmt: skip
        assert one["open"] is True and one["acknowledged_by"] is None and one["state"] == stored.life.state(NOW_S)
        assert [t["z"] for t in one["evidence"]] == [t.z for t in stored.alert.evidence]
    seen_s = max(one["changed_s"] for one in told)
    mine = next(one for one in told if one["patient_id"] == WEAK)
    store.acknowledge(mine["alert_id"], "Dr. Ada", seen_s + 60, "a private note", WEAK)
    news = program.json(f"/alerts?since_s={seen_s + 1}")["items"]
    assert [(a["alert_id"], a["state"], a["acknowledged_by"]) for a in news] == [
        (mine["alert_id"], "acknowledged", "Dr. Ada")
    ]
    assert news[0]["acknowledged_s"] == seen_s + 60 and not news[0]["open"]
    assert "a private note" not in program.get("/alerts").text, "what people write to one another"
    assert {a["channel"] for a in program.json("/alerts?channel=technical")["items"]} == {"technical"}
    store.close()


@pytest.mark.parametrize("form", ["csv", "parquet", "fhir"])
def test_exports_are_the_files_of_the_command(store: Store, program: Program, form: str) -> None:
    answer = program.get(f"/patients/{WEAK}/exports/{form}?since=2026-01-03&until=2026-01-20")
    assert answer.headers["content-type"] == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    assert packed.testzip() is None and "P-01" not in str([packed.read(name) for name in packed.namelist()])
    if form == "csv":
        known = {one.name: one for one in tables(store, WEAK, Range("2026-01-03", "2026-01-20", None))}
        rows = list(csv.reader(io.StringIO(packed.read("days.csv").decode())))
        assert [row[0] for row in rows[1:]] == [row[0] for row in known["days"].rows] and len(rows) == 19
    if form == "fhir":
        assert json.loads(packed.read("bundle.json"))["resourceType"] == "Bundle"
    assert is_problem(program.get(f"/patients/{WEAK}/exports/bids"), "bad-request")


# ---- paging, what has not changed, errors


def test_pages_of_a_list_leave_nothing_out_and_tell_nothing_twice(program: Program) -> None:
    for path in ("/patients?", f"/patients/{WEAK}/days?", f"/patients/{WEAK}/incidents?", "/alerts?"):
        whole = program.json(path)["items"]
        found, after = [], ""
        for _ in range(len(whole) + 1):
            page = program.json(f"{path}limit=1{after}")
            found += page["items"]
            if page["next"] is None:
                break
            after = f"&after={page['next']}"
        assert found == whole and len(whole) > 2, path


@pytest.mark.parametrize("after", ["x", "bnVsbA", "WzFd", "W10", "eyJhIjoxfQ", "%00", "é", "WzEsMiwzXQ"])
def test_a_place_that_was_never_given_out_is_refused(program: Program, after: str) -> None:
    assert is_problem(program.get(f"/patients?after={after}"), "bad-cursor")


def test_what_has_not_changed_is_not_sent_again(store: Store) -> None:
    program = Program(store)
    first = program.get(f"/patients/{WEAK}/days")
    tag = first.headers["etag"]
    again = program.get(f"/patients/{WEAK}/days", if_none_match=f'W/"x", {tag}')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert first.headers["cache-control"] == "private, no-cache"
    other = program.get(f"/patients/{WEAK}/days?limit=3", if_none_match=tag)
    assert other.status_code == 200 and other.headers["etag"] != tag
    stranger = Browser(program.app).get(f"{BASE}/patients/{WEAK}/days", False, if_none_match=tag)
    assert stranger.status_code == 401


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/patients?limit=0", "bad-request"),
        ("/patients?limit=1001", "bad-request"),
        (f"/patients/{WEAK}/days?since=yesterday", "bad-request"),
        (f"/patients/{WEAK}/incidents?since_s=nan", "bad-request"),
        (f"/patients/{WEAK}/series/%00", "bad-request"),
        ("/nothing", "no-such-route"),
        ("/patients/nobody", "no-such-patient"),
        ("", "no-such-route"),
    ],
)
def test_errors_say_what_and_what_to_do(program: Program, path: str, kind: str) -> None:
    assert is_problem(program.get(path), kind)


def test_a_store_that_fails_and_a_fault_are_problems_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(store)
    for error, kind in (
        (StoreError("Damaged.", "", "Restore."), "records-unreadable"),
        (ZeroDivisionError(), "failed"),
    ):

        def fails(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(store, "alerts", fails)
        assert is_problem(program.get("/alerts"), kind)


def test_the_reference_is_a_page_without_anything_from_elsewhere(program: Program) -> None:
    page = Browser(program.app).get(f"{BASE}/docs")
    assert page.status_code == 200 and "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
    for route, scope in NEEDS.items():
        assert f"GET {BASE}{route}" in page.text and (scope is None or scope in page.text)
    document = program.get("/openapi.json").json()
    named = [name for name, one in document["components"]["schemas"].items() if name in page.text]
    assert {"Patient", "DayOf", "TrendOf", "AlertOf", "Problem"} <= set(named)
    links = set(re.findall(r'href="#(model-\w+)"', page.text))
    assert links <= set(re.findall(r'id="(model-\w+)"', page.text)) and len(links) > 8


def test_every_field_says_its_unit_or_what_it_is(program: Program) -> None:
    text = """name scopes needs_look items side days strides reason kind state tier channel worn_h missing counts
        provisional first_day last_day metric words per_side note worse root legs points certainty sentence what count
        baseline incidents evidence acknowledged_by"""
    plain = set(text.split())
    for name, one in program.get("/openapi.json").json()["components"]["schemas"].items():
        for field, schema in one.get("properties", {}).items():
            assert words(schema) or field in plain, f"{name}.{field}"


def test_the_numbers_on_the_page_about_it_are_the_codes() -> None:
    page = (Path(__file__).resolve().parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
    found = re.findall(r"`ApiParams\.(\w+)` = ([\d.]*\d)", page)
    assert dict(found).keys() == {one.name for one in fields(ApiParams)}
    assert all(getattr(ApiParams(), name) == float(value) for name, value in found)
    assert set(re.findall(r"^\| `(\w+:read)`", page, re.M)) == set(SCOPES)


def test_the_log_verifies_afterwards(store: Store) -> None:
    assert store.office.audit.verify().wrong is None
