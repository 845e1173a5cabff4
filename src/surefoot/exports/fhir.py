"""FHIR R4: a patient's days as a bundle of observations, without a name: the home's number stands for the patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from surefoot import __version__
from surefoot.exports.codes import SYSTEM, UCUM, code_system, coding, ucum
from surefoot.exports.tables import Range, unit_of
from surefoot.pipeline.store import Store
from surefoot.records import DayMetric, DaySummary, Side, TestResult

Resource = dict[str, Any]

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
LOINC_STEPS = ("41950-7", "Number of steps in 24 hour Measured")


def bundle(store: Store, gateway: str, span: Range, now_s: float) -> Resource:
    """A collection: Patient, Device, an Observation for each number of a day and each guided test, Provenance.

    A number that cannot be said is there with its reason. Observations keep their ids from export to export.
    """
    found = [
        _steps(store, gateway, day, span) for day in store.days(gateway) if span.holds(day.day) and not day.missing
    ]
    found += [one for day in store.days(gateway) if span.holds(day.day) for one in _of_day(gateway, day, span)]
    found += [_test(gateway, one, span) for one in store.tests(gateway) if span.holds_moment(one.start_s)]
    resources = [_patient(gateway), _device(gateway), *found]
    resources.append(_provenance(gateway, resources, span.time(now_s)))
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": span.time(now_s),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }


def write_fhir(store: Store, gateway: str, span: Range, now_s: float, folder: Path) -> list[Path]:
    """The bundle, and beside it the code system that it speaks."""
    written = []
    for name, content in (
        ("bundle.json", bundle(store, gateway, span, now_s)),
        ("codesystem-surefoot-measures.json", code_system()),
    ):
        path = folder / name
        path.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _id(gateway: str, *of: object) -> str:
    return str(uuid5(NAMESPACE_URL, "/".join((SYSTEM, gateway, *map(str, of)))))


def _to(gateway: str, what: str) -> Resource:
    return {"reference": f"urn:uuid:{_id(gateway, what)}"}


def _patient(gateway: str) -> Resource:
    identifier = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{gateway}"}
    return {"resourceType": "Patient", "id": _id(gateway, "patient"), "identifier": [identifier]}


def _device(gateway: str) -> Resource:
    return {
        "resourceType": "Device",
        "id": _id(gateway, "device"),
        "deviceName": [{"name": "surefoot, two ankle-worn motion sensors", "type": "user-friendly-name"}],
        "version": [{"value": __version__}],
        "note": [{"text": "Software under development, not a certified medical device, not clinically validated."}],
    }


def _observation(gateway: str, name: tuple[object, ...], code: Resource, when: Resource) -> Resource:
    return {
        "resourceType": "Observation",
        "id": _id(gateway, *name),
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "activity"}]}],
        "code": code,
        "subject": _to(gateway, "patient"),
        "device": _to(gateway, "device"),
        **when,
    }


def _quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit or "1", "system": UCUM, "code": ucum(unit)}


def _valued(one: Resource, value: float | None, unit: str, reason: str) -> Resource:
    if value is None:
        one["dataAbsentReason"] = {"coding": [{"system": ABSENT, "code": "unknown"}], "text": reason or "not told"}
    else:
        one["valueQuantity"] = _quantity(value, unit)
        if reason:
            one["note"] = [{"text": reason}]
    return one


def _leg(one: Resource, side: Side | None) -> Resource:
    if side is not None:
        one["bodySite"] = {"text": f"{side} leg"}
    return one


def _of_day(gateway: str, day: DaySummary, span: Range) -> Iterator[Resource]:
    period = {"effectivePeriod": {"start": span.time(day.start_s), "end": span.time(day.end_s)}}
    worn = _observation(gateway, (day.day, "worn_time"), coding("worn_time"), period)
    worn = _valued(worn, day.worn_h, "h", "")
    if day.missing:
        worn["note"] = [{"text": f"This day does not count: {day.missing}"}]
    yield worn
    if not day.missing:
        for metric in day.metrics:
            yield _metric(gateway, day, metric, period)


def _metric(gateway: str, day: DaySummary, metric: DayMetric, period: Resource) -> Resource:
    one = _observation(gateway, (day.day, metric.side, metric.name), coding(metric.name), period)
    one = _leg(_valued(one, metric.value, unit_of(metric.name), metric.reason), metric.side)
    one["component"] = [{"code": coding("strides"), "valueQuantity": _quantity(metric.strides, "strides")}]
    return one


def _steps(store: Store, gateway: str, day: DaySummary, span: Range) -> Resource:
    bouts = store.bouts(gateway, day.start_s, day.end_s)
    code, words = LOINC_STEPS
    concept = {"coding": [{"system": "http://loinc.org", "code": code, "display": words}], "text": "Steps"}
    period = {"effectivePeriod": {"start": span.time(day.start_s), "end": span.time(day.end_s)}}
    one = _observation(gateway, (day.day, "steps"), concept, period)
    one["valueQuantity"] = _quantity(sum(b.left_strides + b.right_strides for b in bouts), "steps")
    one["note"] = [
        {"text": f"Steps of walking bouts while the sensors were worn ({day.worn_h:.1f} h): not all of the day's."}
    ]
    return one


def _test(gateway: str, test: TestResult, span: Range) -> Resource:
    when = {"effectivePeriod": {"start": span.time(test.start_s), "end": span.time(test.end_s)}}
    one = _observation(gateway, ("test", test.kind, test.side, test.start_s), coding(test.kind), when)
    one["category"][0]["coding"][0]["code"] = "exam"
    return _leg(_valued(one, test.value, test.unit, test.reason), test.side)


def _provenance(gateway: str, resources: list[Resource], made: str) -> Resource:
    return {
        "resourceType": "Provenance",
        "id": _id(gateway, "provenance", made),
        "target": [{"reference": f"urn:uuid:{one['id']}"} for one in resources],
        "recorded": made,
        "agent": [{"who": _to(gateway, "device")}],
    }
